"""`mrv user` and `mrv token` on the database of a data room."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from mrv.cli import main
from mrv.dataroom import doers, invitations
from mrv.dataroom.access_log import entry_hash
from mrv.dataroom.database import Database
from mrv.dataroom.models import access_log

pytestmark = pytest.mark.integration
EMAIL = "vera@example.org"


@pytest.fixture
def mrv(tmp_path, monkeypatch):
    monkeypatch.setenv("MRV_HOME", str(tmp_path))
    monkeypatch.delenv("MRV_DATAROOM_URL", raising=False)
    return lambda *words: CliRunner().invoke(main, words)


def accept(home, secret: str) -> None:
    database = Database(f"sqlite:///{home / 'dataroom' / 'dataroom.sqlite'}")
    with database.writing() as connection:
        row = invitations.opened(connection, secret)
        invitations.accept(connection, doers.System(), row, invitations.Answer("Vera", "", "hash"))
    database.close()


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_from_the_invitation_to_the_end(mrv, tmp_path):
    assert mrv("user", "invite", EMAIL, "--role", "verifier", "--project", "p").exit_code == 1  # no last day
    link = done(mrv("user", "invite", EMAIL, "--role", "verifier", "--project", "p", "--to", "2099-01-01"))
    accept(tmp_path, link.rpartition("/")[2])
    grant = done(mrv("user", "grant", EMAIL, "analyst", "p", "--period", "mp4"))
    listed = done(mrv("user", "list"))
    assert EMAIL in listed and "verifier of p" in listed and grant in listed
    token = done(mrv("token", "new", EMAIL, "--name", "copy", "--scope", "download"))
    beyond = mrv("token", "new", EMAIL, "--name", "copy", "--scope", "administer")
    assert beyond.exit_code == 1 and "cannot do more" in beyond.output
    assert mrv("token", "new", EMAIL, "--name", "copy", "--scope", "everything").exit_code == 2
    token_id = token.split("_")[1]
    assert token_id in done(mrv("token", "list", EMAIL)) and token.split("_", 2)[2] not in done(mrv("token", "list"))
    for words in (("token", "revoke", token_id), ("user", "revoke", grant), ("user", "disable", EMAIL)):
        done(mrv(*words))
        if words[1] == "revoke":
            assert mrv(*words).exit_code == 1
    assert mrv("token", "new", EMAIL, "--name", "copy", "--scope", "download").exit_code == 1
    done(mrv("user", "enable", EMAIL))
    done(mrv("user", "reset-second-factor", EMAIL))
    assert "/invitations/" in done(mrv("user", "reset-password", EMAIL))
    assert mrv("user", "reset-password", "nobody@example.org").exit_code == 1
    assert mrv("user", "disable", "nobody@example.org").exit_code == 1
    database = Database(f"sqlite:///{tmp_path / 'dataroom' / 'dataroom.sqlite'}")
    with database.reading() as connection:
        rows = connection.execute(access_log.select().order_by(access_log.c.entry_no)).mappings().all()
    database.close()
    assert {row["actor"] for row in rows} == {"system"}
    assert [row["action"] for row in rows] == [
        "invite", "accept_invitation", "grant", "new_token", "revoke_token", "revoke_grant", "disable_user",
        "enable_user", "remove_second_factor", "invite",
    ]  # fmt: skip
    assert all(row["entry_hash"] == entry_hash(row) for row in rows)


def test_a_mistyped_project_and_a_link_without_a_host_are_told(mrv, monkeypatch):
    words = ("user", "invite", EMAIL, "--role", "analyst", "--project", "nowhere")
    assert "nothing of 'nowhere' has been published yet" in mrv(*words).stderr
    assert "MRV_DATAROOM_BASE_URL" in mrv("user", "invite", "other@example.org", *words[3:]).stderr
    monkeypatch.setenv("MRV_DATAROOM_BASE_URL", "https://room.example.org")
    link = done(mrv("user", "invite", "third@example.org", *words[3:]))
    assert link.startswith("https://room.example.org/invitations/")
    assert "no findings of nowhere" in mrv("finding", "list", "nowhere").stderr
