"""Whatever is done to the access log, the walk over it names the first bad entry."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.dataroom.access_chain import Mark, rows, verify
from mrv.dataroom.access_log import FIRST, append, content_hash, entry_hash, is_noted
from mrv.dataroom.database import Database
from tests.unit.dataroom.access_logs import act, log_of, refill, rows_of

COUNT = 12


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, list[dict[str, object]]]:
    database = log_of(tmp_path_factory.mktemp("log") / "room.sqlite", COUNT)
    return database, rows_of(database)


def found(database: Database, entries: list[dict[str, object]], marks: list[Mark] | None = None):
    refill(database, entries)
    with database.reading() as connection:
        return verify(connection, marks or [])


def copies(entries: list[dict[str, object]]) -> list[dict[str, object]]:
    return [dict(row) for row in entries]


def mark(entries: list[dict[str, object]], number: int) -> Mark:
    return Mark(number, str(entries[number - 1]["entry_hash"]))


def rehashed(entries: list[dict[str, object]], start: int) -> list[dict[str, object]]:
    """Give every entry from a number on new hashes that fit, as a careful forger would."""
    before = str(entries[start - 2]["entry_hash"]) if start > 1 else FIRST
    for row in entries[start - 1 :]:
        row["previous_hash"] = before
        row["entry_hash"] = before = entry_hash(row)
    return entries


def test_an_untouched_log_holds(log):
    database, entries = log
    verdict = found(database, entries, [mark(entries, 5), mark(entries, COUNT)])
    assert (verdict.fault, verdict.entries, verdict.marks_met) == (None, COUNT, 2)
    assert verdict.newest == mark(entries, COUNT)


def test_an_empty_log_holds_and_is_cut_off_where_a_checkpoint_knows_better(log):
    database, entries = log
    assert found(database, []).fault is None
    fault = found(database, [], [mark(entries, 3)]).fault
    assert (fault.entry_no, fault.kind) == (1, "truncated")


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(1, COUNT),
    name=st.sampled_from(["at", "actor", "address", "action", "project", "object", "detail"]),
)
def test_an_edited_entry_is_named(log, number, name):
    database, entries = log
    changed = copies(entries)
    changed[number - 1][name] = f"{changed[number - 1][name]}x"
    fault = found(database, changed).fault
    assert (fault.entry_no, fault.kind) == (number, "edited")


@settings(max_examples=40, deadline=None)
@given(number=st.integers(1, COUNT - 1), many=st.integers(1, 4))
def test_a_missing_entry_is_named(log, number, many):
    database, entries = log
    fault = found(database, entries[: number - 1] + entries[min(number - 1 + many, COUNT - 1) :]).fault
    assert (fault.entry_no, fault.kind) == (number, "missing")


@settings(max_examples=40, deadline=None)
@given(number=st.integers(1, COUNT), careful=st.booleans())
def test_an_inserted_entry_is_named(log, number, careful):
    database, entries = log
    new = dict(entries[0], entry_no=number, object="never happened", previous_hash=entries[number - 2]["entry_hash"])
    new["previous_hash"] = entries[number - 2]["entry_hash"] if number > 1 else FIRST
    if careful:
        new["entry_hash"] = entry_hash(new)
    shifted = [dict(row, entry_no=int(row["entry_no"]) + 1) for row in entries[number - 1 :]]
    fault = found(database, [*copies(entries[: number - 1]), new, *shifted]).fault
    assert fault.entry_no == number
    assert fault.kind == ("inserted" if careful else "edited")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, COUNT), min_size=2, max_size=2, unique=True).map(sorted))
def test_entries_that_changed_places_are_named(log, pair):
    database, entries = log
    first, second = pair
    swapped = copies(entries)
    swapped[first - 1], swapped[second - 1] = (
        dict(entries[second - 1], entry_no=first),
        dict(entries[first - 1], entry_no=second),
    )
    fault = found(database, swapped).fault
    assert fault.entry_no == first
    assert fault.kind == "moved"
    assert f"written as entry {second}" in fault.text


@settings(max_examples=40, deadline=None)
@given(st.integers(0, COUNT - 1), st.integers(1, COUNT))
def test_a_log_that_was_cut_off_is_found_by_its_newest_checkpoint(log, kept, marked):
    database, entries = log
    fault = found(database, entries[:kept], [mark(entries, marked)]).fault
    assert (fault and (fault.entry_no, fault.kind)) == ((kept + 1, "truncated") if kept < marked else None)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, COUNT - 1))
def test_an_entry_with_a_new_hash_of_its_own_is_named(log, number):
    database, entries = log
    changed = copies(entries)
    changed[number - 1]["object"] = "another file"
    changed[number - 1]["entry_hash"] = entry_hash(changed[number - 1])
    fault = found(database, changed).fault
    assert (fault.entry_no, fault.kind) == (number, "rewritten")


@settings(max_examples=40, deadline=None)
@given(st.integers(1, COUNT), st.integers(1, COUNT), st.integers(1, COUNT))
def test_a_rewritten_rest_is_found_by_the_first_checkpoint_after_it(log, number, one, other):
    database, entries = log
    changed = copies(entries)
    changed[number - 1]["object"] = "another file"
    marks = sorted({one, other})
    fault = found(database, rehashed(changed, number), [mark(entries, at) for at in marks]).fault
    good = max((at for at in marks if at < number), default=0)
    expected = (good + 1, "rewritten") if any(at >= number for at in marks) else None
    assert (fault and (fault.entry_no, fault.kind)) == expected


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_random_vandals_are_always_found(log, data):
    database, entries = log
    number = data.draw(st.integers(1, COUNT - 1))
    changed = copies(entries)
    kind = data.draw(st.sampled_from(["edit", "delete", "swap", "renumber"]))
    if kind == "edit":
        changed[number - 1]["detail"] = data.draw(st.text(alphabet="abc{}:", max_size=5))
    elif kind == "delete":
        del changed[number - 1]
    elif kind == "swap":
        changed[number - 1]["object"], changed[number]["object"] = (
            changed[number]["object"],
            changed[number - 1]["object"],
        )
    else:
        del changed[number - 1]
        for row in changed[number - 1 :]:
            row["entry_no"] = int(row["entry_no"]) - 1
    assert found(database, changed, [mark(entries, COUNT)]).fault.entry_no == number


def test_long_logs_are_read_in_batches(log):
    database, entries = log
    refill(database, entries)
    with database.reading() as connection:
        assert [row["entry_no"] for row in rows(connection, batch=5)] == list(range(1, COUNT + 1))
        assert [row["entry_no"] for row in rows(connection, after=10, batch=2)] == [11, 12]


def test_an_entry_shown_by_its_hash_cannot_be_guessed(tmp_path):
    database = log_of(tmp_path / "room.sqlite", 2)
    first, second = rows_of(database)
    assert first["salt"] != second["salt"]
    assert content_hash(first) != content_hash({**first, "salt": second["salt"]})


def test_hostile_text_is_logged_and_still_holds(tmp_path):
    database = log_of(tmp_path / "room.sqlite", 0)
    with database.writing() as connection:
        append(connection, act(1, object="a\x00b\ud800", actor="é\n", detail={"x": "\ud800\x00"}))
    with database.reading() as connection:
        assert verify(connection).fault is None
    assert "\x00" not in str(rows_of(database)[0]["object"])


def test_what_is_read_again_is_noted_once_for_a_session(tmp_path):
    database = log_of(tmp_path / "room.sqlite", 1)
    with database.reading() as connection:
        assert is_noted(connection, act(1))
        others = [
            act(2),
            act(1, session_id="s2"),
            act(1, session_id=None),
            act(1, action="query"),
            act(1, project="other"),
        ]
        assert not any(is_noted(connection, other) for other in others)


def test_eight_threads_leave_no_gap(tmp_path):
    database = log_of(tmp_path / "room.sqlite", 0)

    def work() -> None:
        for number in range(10):
            with database.writing() as connection:
                append(connection, act(number))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        verdict = verify(connection)
    assert (verdict.fault, verdict.entries, verdict.newest.entry_no) == (None, 80, 80)
