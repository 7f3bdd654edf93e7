"""What of the access log is within sight, and what stands in a person's line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mrv.dataroom import access_report
from mrv.dataroom.access_log import append
from mrv.dataroom.access_report import PAGE, Chosen, Sight
from tests.unit.dataroom.access_logs import act, log_of, rows_of

ACTS = [
    act(1, period="mp4"),
    act(2, period="mp3"),
    act(3),
    act(4, project="other"),
    act(5, action="query", actor="eva@example.org", user_id="u2"),
    act(6, outcome="refused", actor="eva@example.org", user_id="u2"),
]


@pytest.fixture
def log(tmp_path):
    database = log_of(tmp_path / "room.sqlite", 0)
    with database.writing() as connection:
        for one in ACTS:
            append(connection, one)
    return database


@pytest.mark.parametrize(
    ("sight", "seen"),
    [
        (Sight("sample", None, "u9"), [1, 2, 3, 5, 6]),
        (Sight("sample", frozenset({"mp4"}), "u9"), [1]),
        (Sight("sample", frozenset({"mp4"}), "u2"), [1, 5, 6]),
        (Sight("sample", frozenset(), "u9"), []),
        (Sight(None, None, None), [1, 2, 3, 4, 5, 6]),
        (access_report.own_sight("u2"), [5, 6]),
    ],
)
def test_sight_is_the_same_in_a_query_and_for_an_entry(log, sight, seen):
    with log.reading() as connection:
        found = access_report.entries(connection, sight, Chosen())
        assert access_report.count(connection, sight, Chosen()) == len(seen)
    assert sorted(row["entry_no"] for row in found) == seen
    assert [row["entry_no"] for row in rows_of(log) if sight.holds(row)] == seen


def test_people_have_one_line_each(log):
    with log.reading() as connection:
        lines = {row["actor"]: row for row in access_report.people(connection, Sight("sample", None, None), Chosen())}
    assert (lines["ana@example.org"]["download"], lines["ana@example.org"]["entries"]) == (3, 3)
    eva = lines["eva@example.org"]
    assert (eva["query"], eva["download"], eva["refused"]) == (1, 0, 1)


def test_what_is_looked_for(log):
    today, sight = datetime.now(UTC).date(), Sight(None, None, None)
    yesterday = today - timedelta(days=1)
    with log.reading() as connection:
        assert access_report.count(connection, sight, Chosen("eva@example.org", "query")) == 1
        assert access_report.count(connection, sight, Chosen(first=today, last=today)) == len(ACTS)
        assert access_report.count(connection, sight, Chosen(last=yesterday)) == 0
        assert access_report.values(connection, sight, "action") == ["download", "query"]


def test_long_logs_come_in_pages(tmp_path):
    database = log_of(tmp_path / "room.sqlite", PAGE + 5)
    with database.reading() as connection:
        sight = Sight(None, None, None)
        assert [row["entry_no"] for row in access_report.entries(connection, sight, Chosen(), page=2)] == [
            5,
            4,
            3,
            2,
            1,
        ]
        assert access_report.entries(connection, sight, Chosen(), page=3) == []
