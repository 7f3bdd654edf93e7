"""Mail about findings goes out through a real server, in each reader's language, and none is lost or twice."""

from __future__ import annotations

import shutil
import time

import pytest
import sqlalchemy as sa

from mrv.dataroom import mail
from mrv.dataroom.database import Database, moment
from mrv.dataroom.models import mails, users
from mrv.dataroom.permissions import Role
from mrv.settings import Settings
from tests.integration.dataroom.mail_server import PASSWORD, USER, mail_server
from tests.integration.dataroom.sites import running
from tests.integration.dataroom.test_findings import LIST, raised

pytestmark = pytest.mark.integration


def settings_of(tmp_path, port: int, password: str = PASSWORD) -> Settings:
    return Settings(
        home=tmp_path,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        smtp_user=USER,
        smtp_password=password,
        smtp_sender="mrv@example.org",
    )


def database_of(tmp_path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'room.sqlite'}")
    made.migrate()
    return made


def test_a_finding_tells_preparer_and_verifier_in_their_languages(packaged_home, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(packaged_home / "packages", home / "packages")
    with mail_server() as server:
        environment = {
            "MRV_SMTP_HOST": "127.0.0.1",
            "MRV_SMTP_PORT": str(server.port),
            "MRV_SMTP_SECURITY": "none",
            "MRV_SMTP_USER": USER,
            "MRV_SMTP_PASSWORD": PASSWORD,
            "MRV_SMTP_SENDER": "mrv@example.org",
        }
        with running(home, **environment) as room:
            verifier = room.signed_in(Role.VERIFIER, email="v@example.org")
            preparer = room.signed_in(Role.PREPARER, email="p@example.org")
            room.signed_in(Role.ANALYST, email="a@example.org")
            database = Database(room.database_url)
            with database.writing() as connection:
                connection.execute(users.update().where(users.c.email == "p@example.org").values(language="es"))
            database.close()
            finding_id = raised(room, verifier, body="the confidential text")
            assert preparer.post(f"/api/v1{LIST}/{finding_id}/answer", data={"body": "secret"}).status_code == 200
            end = time.monotonic() + 30
            while len(server.mails) < 2 and time.monotonic() < end:
                time.sleep(0.2)
        log = room.log.read_text(encoding="utf-8", errors="replace")
    told = [(one["To"], one["Subject"], one.get_content()) for one in server.mails]
    assert [(to, subject) for to, subject, _ in told] == [
        ("p@example.org", "CAR-1, sample"),
        ("v@example.org", "CAR-1, sample"),
    ]
    assert "Un verificador planteó CAR-1" in told[0][2]
    assert "was answered" in told[1][2]
    assert "confidential" not in told[0][2] + told[1][2]
    assert PASSWORD not in log
    folder = home / "findings" / "sample" / "mp4"
    assert {path.name for path in folder.iterdir()} == {"data_room_mp4.csv", "data_room_CAR-1.md"}
    assert "(preparer)" in (folder / "data_room_CAR-1.md").read_text(encoding="utf-8")


def test_a_mail_that_is_refused_waits_and_goes_out_once(tmp_path):
    database = database_of(tmp_path)
    with mail_server(refusals=1) as server:
        settings = settings_of(tmp_path, server.port)
        with database.writing() as connection:
            mail.queue(connection, "p@example.org", "CAR-1\r\nBcc: x@example.org", "ñandú\n")
        assert mail.send_due(database, settings) == 0
        with database.writing() as connection:
            row = connection.execute(sa.select(mails)).mappings().one()
            assert (row["failures"], row["last_error"], row["sent_at"]) == (1, "SMTPDataError 451", None)
            assert row["next_at"] > moment()
            connection.execute(mails.update().values(next_at=moment()))
        assert [mail.send_due(database, settings) for _ in range(2)] == [1, 0]
    (got,) = server.mails
    assert (got["Subject"], got["Bcc"], got.get_content()) == ("CAR-1 Bcc: x@example.org", None, "ñandú\r\n")
    database.close()


def test_a_wrong_password_and_an_absent_server_are_told_without_the_password(tmp_path, caplog):
    database = database_of(tmp_path)
    with database.writing() as connection:
        mail.queue(connection, "p@example.org", "s", "b")
    with mail_server() as server:
        assert mail.send_due(database, settings_of(tmp_path, server.port, "wrong password")) == 0
        closed = server.port
    with database.writing() as connection:
        connection.execute(mails.update().values(next_at=None))
    assert mail.send_due(database, settings_of(tmp_path, closed)) == 0
    assert "SMTPAuthenticationError 535" in caplog.text
    assert "ConnectionRefusedError" in caplog.text
    assert "wrong password" not in caplog.text
    assert "p@example.org" not in caplog.text
    assert mail.send_due(database, Settings(home=tmp_path)) == 0
    database.close()
