"""What changed since the last visit, through the real server."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from mrv.dataroom.access_log import Act, append
from mrv.dataroom.database import Database, moment
from mrv.dataroom.models import finding_entries, findings, grants, visits
from mrv.dataroom.permissions import Role

pytestmark = pytest.mark.integration
SINCE = "/api/v1/projects/sample/since"


def raised(room, author: str, *, period: str = "mp4", number: int, due: date | None = None) -> str:
    finding_id = uuid.uuid4().hex
    database = Database(room.database_url)
    with database.writing() as connection:
        connection.execute(
            findings.insert().values(
                finding_id=finding_id,
                project="sample",
                number=number,
                type="CAR",
                period=period,
                version=1,
                manifest_sha512="0" * 128,
                bound_kind="package",
                bound_to="",
                title=f"title of {finding_id}",
                state="open",
                due_on=due.isoformat() if due else None,
                raised_by=author,
                raised_at=moment(),
            )
        )
        connection.execute(
            finding_entries.insert().values(
                entry_id=uuid.uuid4().hex,
                finding_id=finding_id,
                round=1,
                kind="raised",
                author=author,
                at=moment(),
                body="b",
            )
        )
    database.close()
    return finding_id


def go_back(room, user_id: str, **ago: int) -> None:
    """Let somebody's visit have been a while ago."""
    database = Database(room.database_url)
    with database.writing() as connection:
        past = moment(datetime.now(UTC) - timedelta(**ago))
        connection.execute(visits.update().where(visits.c.user_id == user_id).values(previous_at=None, last_at=past))
    database.close()


def test_a_second_visit_tells_what_happened_between(room):
    user_id, secret = room.person(Role.VERIFIER)
    other, _ = room.person(Role.PREPARER, email="new-preparer@example.org")
    client = room.client(secret)
    assert client.get(SINCE).json()["since"] is None
    go_back(room, user_id, days=9999)
    finding = raised(room, other, number=901, due=date.today() + timedelta(days=2))  # noqa: DTZ011 - a day
    hidden = raised(room, user_id, number=902)
    database = Database(room.database_url)
    with database.writing() as connection:
        append(
            connection,
            Act(other, "new-preparer@example.org", "192.0.2.1", "download", "f", project="sample", period="mp4"),
        )
    database.close()
    said = client.get(SINCE).json()
    assert said["since"].startswith("1999")
    assert {one["version"] for one in said["versions"]} == {1, 2}
    assert finding in {one["finding_id"] for one in said["findings"]}
    assert hidden not in {one["finding_id"] for one in said["findings"]}, "what one did oneself is no news"
    assert finding in {one["finding_id"] for one in said["due"]}
    assert "preparer" in {one["role"] for one in said["people"]}
    assert "download" in {one["act"] for one in said["visitors"]}
    page = client.get("/projects/sample").text
    assert f"title of {finding}" in page
    later = client.get(SINCE, params={"at": moment()}).json()
    assert (later["versions"], later["findings"], later["people"]) == ([], [], [])


def test_an_analyst_hears_nothing_of_findings_and_accesses(room):
    author, _ = room.person(Role.VERIFIER)
    user_id, secret = room.person(Role.ANALYST)
    room.client(secret).get(SINCE)
    go_back(room, user_id, days=1)
    raised(room, author, number=903, due=date.today())  # noqa: DTZ011 - a day
    said = room.client(secret).get(SINCE).json()
    assert (said["findings"], said["due"], said["people"], said["visitors"]) == ([], [], [], [])


def test_of_other_periods_nothing_is_told(room):
    author, _ = room.person(Role.VERIFIER)
    user_id, secret = room.person(Role.VERIFIER)
    database = Database(room.database_url)
    with database.writing() as connection:
        connection.execute(grants.update().where(grants.c.user_id == user_id).values(period="mp3"))
    database.close()
    room.client(secret).get(SINCE)
    go_back(room, user_id, days=9999)
    finding = raised(room, author, number=904, period="mp4")
    said = room.client(secret).get(SINCE).json()
    assert finding not in {one["finding_id"] for one in said["findings"]}
    assert said["versions"] == []
    assert {one["period"] for one in said["people"]} <= {"mp3"}


def test_pages_that_follow_one_another_write_nothing(room):
    user_id, secret = room.person(Role.ANALYST)
    database = Database(room.database_url)

    def noted() -> str | None:
        with database.reading() as connection:
            return connection.scalar(sa.select(visits.c.last_at).where(visits.c.user_id == user_id))

    room.client(secret).get(SINCE)
    first = noted()
    room.client(secret).get(SINCE)
    assert noted() == first is not None
    database.close()


@pytest.mark.parametrize("at", ["yesterday", "2026-01-01T00:00:00"])
def test_a_moment_without_its_zone_is_refused(room, at):
    assert room.signed_in(Role.ANALYST).get(SINCE, params={"at": at}).status_code == 422


def test_whoever_may_not_see_the_project_hears_nothing(room):
    assert room.signed_in(None).get(SINCE).status_code == 404
    assert room.client().get(SINCE).status_code == 401
