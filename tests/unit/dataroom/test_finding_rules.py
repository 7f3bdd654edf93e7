"""Findings: every act in every state by every role, texts, names of files, and the columns that packages expect."""

from __future__ import annotations

from datetime import date

import pytest

from mrv.dataroom import attachments, finding_rows
from mrv.dataroom.attachments import Upload, safe_media_type, safe_name
from mrv.dataroom.finding_bounds import sections
from mrv.dataroom.finding_rules import Act, State, after, day_of, is_overdue, possible, text_of
from mrv.dataroom.findings import reach
from mrv.dataroom.language import phrases
from mrv.dataroom.permissions import ALLOWED, Role
from mrv.dataroom.phrased import Refused
from mrv.stages.findings import COLUMNS, STATUSES

PREPARER, VERIFIER = {Act.ANSWER, Act.COMMENT}, {Act.COMMENT, Act.CLOSE, Act.DUE}
TABLE = {
    (Role.PREPARER, State.OPEN): PREPARER,
    (Role.PREPARER, State.ANSWERED): PREPARER,
    (Role.VERIFIER, State.OPEN): VERIFIER,
    (Role.VERIFIER, State.ANSWERED): VERIFIER | {Act.REOPEN},
    (Role.VERIFIER, State.CLOSED): {Act.REOPEN},
}
"""Who may do what; what is not here, nobody may."""


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
def test_each_role_may_do_in_each_state_what_the_table_says(role, state):
    assert set(possible(state, ALLOWED[role])) == TABLE.get((role, state), set())


def test_acts_lead_to_states_or_are_refused_by_a_phrase_in_both_languages():
    refused = 0
    for state in State:
        for act in Act:
            try:
                after(state, act)
            except Refused as error:
                refused += 1
                assert set(phrases()[error.phrase]) == {"en", "es"}
    assert refused == 5
    assert after(State.OPEN, Act.ANSWER) is State.ANSWERED
    assert after(State.CLOSED, Act.REOPEN) is State.OPEN


@pytest.mark.parametrize("text", ["", " \n ", "x" * 11, "a\x00", "a\u202eb", "a\x1b[0m"])
def test_texts_that_are_empty_long_or_hide_something_are_refused(text):
    with pytest.raises(Refused):
        text_of(text, most=10)


def test_texts_keep_their_lines_and_letters():
    assert text_of(" e\u0301l\r\ndijo\t1 ", most=20) == "él\ndijo\t1"
    with pytest.raises(Refused):
        text_of("two\nlines", most=20, is_line=True)


def test_days_and_what_is_overdue():
    assert (day_of(""), day_of("2026-02-28")) == (None, "2026-02-28")
    with pytest.raises(Refused):
        day_of("2026-02-30")
    today = date(2026, 3, 1)
    assert [is_overdue(state, "2026-02-28", today) for state in State] == [True, True, False]
    assert not is_overdue("open", "2026-03-01", today)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\plan.PDF", "plan.PDF"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("\u202efdp.exe", "fdp.exe"),
        ("año <b>.csv", "año _b_.csv"),
        ("..", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_of_attachments_are_plain(name, safe):
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    "said", ["text/html", "image/svg+xml", "application/xhtml+xml", "x", "a/b\r\nc", "text/javascript"]
)
def test_media_types_that_a_browser_would_run_are_plain_bytes(said):
    assert safe_media_type(said) == "application/octet-stream"
    assert safe_media_type("Application/PDF; x=1") == "application/pdf"


def test_too_many_and_too_large_attachments_are_refused(monkeypatch):
    monkeypatch.setattr(attachments, "MAX_BYTES", 4)
    for uploads in ([Upload("a", "b", b"12345")], [Upload("a", "b", b"")], [Upload("a", "b", b"1")] * 11):
        with pytest.raises(Refused):
            attachments.require(uploads)
    attachments.require([Upload("a", "b", b"1234")])


def test_tables_begin_with_the_columns_and_states_that_packages_know():
    assert finding_rows.COLUMNS[: len(COLUMNS)] == COLUMNS
    assert set(finding_rows.STATUS.values()) <= STATUSES


def test_only_a_far_reaches_later_periods():
    known = {"mp1": "2018-01-01", "mp2": "2020-01-01", "mp3": "2022-01-01"}
    assert reach("FAR", "mp2", known) == ("mp2", "mp3")
    assert reach("CAR", "mp2", known) == ("mp2",)


def test_sections_are_those_of_the_report():
    assert {"1.1", "3.2", "7.3"} <= set(sections())
