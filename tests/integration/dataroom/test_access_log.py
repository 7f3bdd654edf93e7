"""The access log through the real server: who may read what of it, its export, and that vandals are named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from mrv.dataroom import access_chain, checkpoints
from mrv.dataroom.access_log import Act, append
from mrv.dataroom.database import Database
from mrv.dataroom.models import access_log, grants
from mrv.dataroom.permissions import Role
from mrv.package.keys import ensure_key
from mrv.settings import Settings

pytestmark = pytest.mark.integration
LOG = "/projects/sample/access-log"


def write(room, *acts: Act) -> None:
    database = Database(room.database_url)
    with database.writing() as connection:
        for act in acts:
            append(connection, act)
    database.close()


def act(action: str, what: str, **values: str) -> Act:
    return Act(
        **{"user_id": None, "actor": "ana@example.org", "address": "192.0.2.1", "project": "sample", **values},
        action=action,
        object=what,
    )


def mrv(home: Path, database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MRV_HOME": str(home), "MRV_DATAROOM_URL": database_url}
    command = [sys.executable, "-m", "mrv.cli", "access-log", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_a_verifier_filters_the_log_by_person_act_and_day(room):
    write(
        room,
        act("download", "file-of-ana"),
        act("query", "asked-by-ana"),
        act("download", "elsewhere", project="other"),
    )
    verifier = room.signed_in(Role.VERIFIER)
    page = verifier.get(LOG, params={"actor": "ana@example.org", "action": "download", "first": "2020-01-01"})
    assert page.status_code == 200
    assert "file-of-ana" in page.text
    assert "asked-by-ana" not in page.text
    assert "elsewhere" not in verifier.get(LOG).text
    assert "file-of-ana" not in verifier.get(LOG, params={"last": "2020-01-01"}).text
    listed = verifier.get(f"/api/v1{LOG}", params={"actor": "ana@example.org", "action": "query"}).json()
    assert {entry["object"] for entry in listed["entries"]} == {"asked-by-ana"}
    assert "ana@example.org" in verifier.get(f"{LOG}/people").text
    people = {one["actor"]: one for one in verifier.get(f"/api/v1{LOG}/people").json()}
    assert people["ana@example.org"]["download"] >= 1


@pytest.mark.parametrize("tail", ["", "/people"])
@pytest.mark.parametrize(
    ("role", "status"), [(Role.ANALYST, 403), (Role.REGISTRY_READER, 403), (None, 404), (Role.PREPARER, 200)]
)
def test_only_those_who_may_read_the_log(room, role, status, tail):
    client = room.signed_in(role)
    assert client.get(f"{LOG}{tail}").status_code == status
    assert client.get(f"/api/v1{LOG}{tail}").status_code == status


def test_a_refusal_is_in_the_log_once(room):
    user_id, secret = room.person(Role.ANALYST)
    for _ in range(3):
        assert room.client(secret).get(LOG).status_code == 403
    database = Database(room.database_url)
    with database.reading() as connection:
        rows = connection.execute(sa.select(access_log).where(access_log.c.user_id == user_id)).mappings().all()
    database.close()
    assert [(row["action"], row["object"], row["outcome"]) for row in rows] == [
        ("refused", "read_access_log", "refused")
    ]


def test_who_may_read_one_period_sees_nothing_of_the_others(room):
    user_id, secret = room.person(Role.VERIFIER)
    database = Database(room.database_url)
    with database.writing() as connection:
        connection.execute(grants.update().where(grants.c.user_id == user_id).values(period="mp4"))
    database.close()
    write(
        room,
        act("download", "of-mp4", period="mp4"),
        act("download", "of-mp3", period="mp3"),
        act("download", "of-none"),
    )
    text = room.client(secret).get(LOG).text
    assert "of-mp4" in text
    assert "of-mp3" not in text
    assert "of-none" not in text


def test_hostile_text_in_the_log_is_text(room):
    write(room, act("download", "<script>alert(1)</script>", actor="<b>x</b>"))
    page = room.signed_in(Role.VERIFIER).get(LOG).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_everybody_sees_their_own_accesses_and_administrators_all(room):
    user_id, secret = room.person(Role.ANALYST)
    write(room, act("download", "my-own-file", user_id=user_id), act("sign_in", "nobody-elses", user_id="x"))
    own = room.client(secret).get("/account/accesses").text
    assert "my-own-file" in own
    assert "nobody-elses" not in own
    assert room.client(secret).get("/api/v1/account/accesses").json()["count"] == 1
    assert room.client(secret).get("/admin/access-log").status_code == 403
    assert "nobody-elses" in room.signed_in(Role.ADMINISTRATOR).get("/admin/access-log").text
    assert room.client().get("/account/accesses").status_code == 303


@pytest.mark.parametrize("query", ["page=0", "page=x", f"actor={'a' * 400}"])
def test_what_is_no_page_or_person_is_refused(room, query):
    assert room.signed_in(Role.VERIFIER).get(f"/api/v1{LOG}?{query}").status_code == 422


def test_the_export_verifies_offline_and_shows_others_by_hash_only(room, tmp_path):
    key = ensure_key(Settings(home=room.home, _env_file=None).keys_dir, principal="publisher")
    write(room, act("download", "shown"), act("download", "of-another-project", project="other"))
    got = room.signed_in(Role.VERIFIER).get(f"/api/v1{LOG}/export")
    assert got.headers["content-type"] == "application/zip"
    (tmp_path / "log.zip").write_bytes(got.content)
    with zipfile.ZipFile(tmp_path / "log.zip") as archive:
        archive.extractall(tmp_path / "log")
    lines = tmp_path / "log/entries.ndjson"
    assert "of-another-project" not in lines.read_text()
    assert "shown" in lines.read_text()
    run = [sys.executable, "verify_access_log.py", "--fingerprint", key.fingerprint]

    def said() -> tuple[int, str]:
        done = subprocess.run(run, cwd=tmp_path / "log", capture_output=True, text=True)
        return done.returncode, done.stdout

    code, text = said()
    assert code == 0, text
    entries = lines.read_text().splitlines()
    place = next(number for number, line in enumerate(entries, start=1) if '"shown"' in line)
    lines.write_text("\n".join(entries).replace('"shown"', '"hidden"') + "\n")
    assert said() == (
        1,
        f"FAILED       entry {place} is not what was written, or does not follow the entry before it\n",
    )
    lines.write_text("\n".join(entries[: place - 1] + entries[place:]) + "\n")
    assert f"entry {place} is missing" in said()[1]
    lines.write_text("\n".join(entries[:-1]) + "\n")
    assert f"entries {len(entries)} to {len(entries)} were cut off" in said()[1]
    lines.write_text("\n".join(entries) + "\n")
    run[-1] = "SHA256:another"
    assert said()[0] == 1


def test_the_command_line_signs_verifies_and_names_the_first_bad_entry(tmp_path):
    home, url = tmp_path / "home", f"sqlite:///{tmp_path / 'room.sqlite'}"
    key = ensure_key(Settings(home=home, _env_file=None).keys_dir, principal="publisher")
    database = Database(url)
    database.migrate()
    assert "nothing to sign" in mrv(home, url, "checkpoint").stdout
    with database.writing() as connection:
        for number in range(5):
            append(connection, act("download", f"file {number}"))
    assert "signed entry 5" in mrv(home, url, "checkpoint").stdout
    whole = mrv(home, url, "verify")
    assert (whole.returncode, whole.stdout) == (0, "ok: 5 entries, 1 checkpoints hold\n")
    kept = checkpoints.folder_of(Settings(home=home, _env_file=None)) / "checkpoint-000000000005.txt"
    assert mrv(home, url, "verify", "--checkpoint", str(kept)).returncode == 0
    with database.writing() as connection:
        connection.execute(access_log.update().where(access_log.c.entry_no == 3).values(object="another"))
    bad = mrv(home, url, "verify", "--json")
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["fault"]["entry_no"] == 3
    assert "FAILED: entry 3 was edited" in mrv(home, url, "verify").stdout
    exported = mrv(home, url, "export", str(tmp_path / "log.zip"), "--project", "sample")
    assert "6 entries in full" in exported.stdout
    assert mrv(home, url, "verify", "--checkpoint", str(tmp_path / "none.txt")).returncode == 2
    assert key.fingerprint.startswith("SHA256:")
    database.close()


def test_eight_threads_leave_no_gap_and_an_edited_entry_is_named(room):
    """On each kind of database, while the server writes to the same log."""
    database = Database(room.database_url)
    client = room.signed_in(Role.ANALYST)

    def work(number: int) -> None:
        for step in range(10):
            with database.writing() as connection:
                append(connection, act("download", f"thread {number}, file {step}"))
        client.get("/projects/sample")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with database.reading() as connection:
        verdict = access_chain.verify(connection)
    assert verdict.fault is None
    assert verdict.entries == verdict.newest.entry_no >= 80
    bad = access_log.c.entry_no == verdict.newest.entry_no - 20
    with database.writing() as connection:
        before = connection.scalar(sa.select(access_log.c.object).where(bad))
        connection.execute(access_log.update().where(bad).values(object="another"))
    with database.reading() as connection:
        fault = access_chain.verify(connection).fault
    with database.writing() as connection:
        connection.execute(access_log.update().where(bad).values(object=before))
    database.close()
    assert (fault.entry_no, fault.kind) == (verdict.newest.entry_no - 20, "edited")
