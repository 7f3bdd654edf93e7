"""Checkpoints of the access log: when they are made, what they are worth, and that ssh-keygen agrees."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from mrv.dataroom import checkpoints
from mrv.dataroom.access_chain import verify
from mrv.dataroom.access_log import append
from mrv.dataroom.models import checkpoints as table
from mrv.errors import DataRoomError, PackageError
from mrv.package.keys import ensure_key, new_key, revoke
from mrv.settings import Settings
from tests.unit.dataroom.access_logs import act, log_of, refill, rows_of


@pytest.fixture
def place(tmp_path):
    """A home with a signing key and a log of three entries."""
    settings = Settings(home=tmp_path / "home", _env_file=None)
    key = ensure_key(settings.keys_dir, principal="publisher")
    return settings, key, log_of(tmp_path / "room.sqlite", 3)


def test_a_checkpoint_vouches_for_the_newest_entry_once(place):
    settings, key, database = place
    made = checkpoints.make(database, key, checkpoints.folder_of(settings))
    assert made == checkpoints.make(database, key, checkpoints.folder_of(settings))
    assert made.entry_no == 3
    with database.reading() as connection:
        known = checkpoints.all_known(connection, settings)
        assert known == [made] == checkpoints.stored(connection)
        marks = checkpoints.vouched(known, checkpoints.signers(settings))
        assert verify(connection, marks).fault is None


def test_ssh_keygen_accepts_a_checkpoint(place):
    settings, key, database = place
    folder = checkpoints.folder_of(settings)
    made = checkpoints.make(database, key, folder)
    (folder / "allowed").write_text(checkpoints.allowed_signers(checkpoints.signers(settings)))
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", checkpoints.SIGNER, "-n", checkpoints.NAMESPACE]
    done = subprocess.run([*command, "-s", f"{made.name}.sig"], cwd=folder, input=made.text, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_an_empty_log_has_none(tmp_path):
    settings = Settings(home=tmp_path / "home", _env_file=None)
    key = ensure_key(settings.keys_dir, principal="publisher")
    database = log_of(tmp_path / "room.sqlite", 0)
    assert checkpoints.make(database, key, tmp_path / "out") is None
    with database.reading() as connection:
        assert not checkpoints.is_due(connection, datetime.now(UTC))


def test_one_is_due_after_an_hour_with_entries_or_many_entries(place, monkeypatch):
    settings, key, database = place
    now = datetime.now(UTC)

    def due(at: datetime) -> bool:
        with database.reading() as connection:
            return checkpoints.is_due(connection, at)

    assert due(now)
    checkpoints.make(database, key, checkpoints.folder_of(settings))
    assert not due(now + timedelta(days=1)), "nothing has happened since"
    with database.writing() as connection:
        append(connection, act(4))
    assert not due(now)
    assert due(now + timedelta(hours=2))
    monkeypatch.setattr(checkpoints, "EVERY_ENTRIES", 1)
    assert due(now)


def test_without_the_rows_the_files_still_tell_that_entries_were_cut_off(place):
    settings, key, database = place
    checkpoints.make(database, key, checkpoints.folder_of(settings))
    refill(database, rows_of(database)[:1])
    with database.writing() as connection:
        connection.execute(sa.delete(table))
    with database.reading() as connection:
        known = checkpoints.all_known(connection, settings)
        fault = verify(connection, checkpoints.vouched(known, checkpoints.signers(settings))).fault
    assert (fault.entry_no, fault.kind) == (2, "truncated")


@pytest.mark.parametrize(
    "change", [{"entry_no": 2}, {"entry_hash": "0" * 64}, {"at": "2020-01-01T00:00:00.000000Z"}, {"signature": "x"}]
)
def test_a_checkpoint_that_was_changed_is_refused(place, change):
    settings, key, database = place
    made = replace(checkpoints.make(database, key, checkpoints.folder_of(settings)), **change)
    with pytest.raises(DataRoomError, match="not what was signed"):
        checkpoints.vouched([made], checkpoints.signers(settings))


def test_a_checkpoint_of_a_stranger_or_of_a_revoked_key_is_refused(place, tmp_path):
    settings, key, database = place
    stranger = checkpoints.make(database, new_key(tmp_path / "other"), tmp_path / "out")
    with pytest.raises(DataRoomError, match="signed by SHA256"):
        checkpoints.vouched([stranger], checkpoints.signers(settings))
    revoke(settings.keys_dir / "revoked_keys", public=key.public)
    assert checkpoints.signers(settings) == ()
    with pytest.raises(PackageError, match="revoked"):
        checkpoints.signing_key(settings)


@pytest.mark.parametrize(
    "text", ["", "redd-access-log 1\nentry 0\n", "redd-access-log 1\nentry 3\nsha256 xyz\nat 2026Z\n"]
)
def test_a_file_that_is_no_checkpoint_is_refused(place, text):
    settings, key, database = place
    folder = checkpoints.folder_of(settings)
    made = checkpoints.make(database, key, folder)
    (folder / made.name).write_text(text)
    with database.reading() as connection, pytest.raises(DataRoomError, match="cannot be read"):
        checkpoints.all_known(connection, settings)


def test_a_checkpoint_without_its_signature_is_refused(place):
    settings, key, database = place
    made = checkpoints.make(database, key, checkpoints.folder_of(settings))
    (checkpoints.folder_of(settings) / f"{made.name}.sig").unlink()
    with pytest.raises(DataRoomError, match="cannot be read"):
        checkpoints.read_file(checkpoints.folder_of(settings) / made.name)


def test_the_background_signs_when_due_and_says_once_that_there_is_no_key(place, tmp_path, caplog):
    settings, _, database = place
    checkpoints.WhenDue(database, settings)()
    checkpoints.WhenDue(database, settings)()
    with database.reading() as connection:
        assert [one.entry_no for one in checkpoints.stored(connection)] == [3]
    keyless = checkpoints.WhenDue(
        log_of(tmp_path / "other.sqlite", 1), Settings(home=tmp_path / "none", _env_file=None)
    )
    keyless()
    keyless()
    assert caplog.text.count("the access log is not signed") == 1
