"""Findings in a running data room: threads by form and by JSON, who may what, files, exports, numbers under pressure."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from python_calamine import CalamineWorkbook

from mrv.dataroom.permissions import Role
from mrv.package.figures import read_figures
from tests.browser import faults, keep, opened
from tests.integration.dataroom.sites import PERIOD, PROJECT

pytestmark = pytest.mark.integration
VERSION = f"/projects/{PROJECT}/periods/{PERIOD}/versions/1"
LIST = f"/projects/{PROJECT}/findings"


def figure_of(room) -> str:
    """Return a figure of the sample package."""
    return next(iter(read_figures(next(room.home.glob("packages/*/*/VP-*-v1/data/tables/figures.parquet")))))


def raised(room, verifier, *, kind: str = "CAR", bound: tuple[str, str] = ("package", ""), **more: str) -> str:
    """Raise a finding by JSON and return its id."""
    form = {"type": kind, "bound_kind": bound[0], "bound_to": bound[1], "title": "Loss of 2023", "body": "=1+1\n\nWhy?"}
    answer = verifier.post(f"/api/v1{VERSION}/findings", data=form | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["finding_id"]


def test_a_thread_from_raised_to_closed_with_a_second_round(room):
    verifier, preparer = room.signed_in(Role.VERIFIER), room.signed_in(Role.PREPARER)
    figure = figure_of(room)
    form = {
        "type": "CAR",
        "bound_kind": "figure",
        "figure": figure,
        "title": "A <b>title</b>",
        "body": "<script>x</script>",
    }
    there = verifier.post(f"{VERSION}/findings", data=form, files={"files": ("../evil.html", b"<p>", "text/html")})
    assert there.status_code == 303, there.text
    address = there.headers["location"]
    shown = preparer.get(address).text
    assert "&lt;script&gt;x" in shown
    assert "<script>x" not in shown
    assert figure in shown
    file = re.search(r'href="([^"]+/attachments/[0-9a-f]+)"', shown)
    assert file is not None
    got = preparer.get(file.group(1))
    assert (got.content, got.headers["content-type"]) == (b"<p>", "application/octet-stream")
    assert got.headers["content-disposition"] == 'attachment; filename="evil.html"'
    assert preparer.post(f"{address}/answer", data={"body": "corrected", "linked_version": "2"}).status_code == 303
    assert verifier.post(f"{address}/reopen", data={"body": "not all"}).status_code == 303
    assert preparer.post(f"{address}/answer", data={"body": "now all"}).status_code == 303
    assert preparer.post(f"{address}/comment", data={"body": "see the map"}).status_code == 303
    assert verifier.post(f"{address}/due", data={"due_on": "2031-01-31"}).status_code == 303
    assert verifier.post(f"{address}/close", data={"body": "accepted"}).status_code == 303
    thread = verifier.get(f"/api/v1{address}").json()
    assert [entry["kind"] for entry in thread["entries"]] == [
        "raised", "answered", "reopened", "answered", "commented", "due", "closed",
    ]  # fmt: skip
    assert [entry["round"] for entry in thread["entries"]] == [1, 1, 2, 2, 2, 2, 2]
    assert (thread["state"], thread["resolved_version"], thread["due_on"]) == ("closed", 2, "2031-01-31")
    assert thread["may"] == ["reopened"]
    assert len(thread["manifest_sha512"]) == 128


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (Role.VERIFIER, {"answer": 403, "comment": 200, "due": 200, "close": 200}),
        (Role.PREPARER, {"answer": 200, "comment": 200, "due": 403, "close": 403}),
        (Role.REGISTRY_READER, {"answer": 403, "comment": 403, "due": 403, "close": 403}),
        (Role.ADMINISTRATOR, {"answer": 403, "comment": 403, "due": 403, "close": 403}),
        (Role.ANALYST, {"answer": 403, "comment": 403, "due": 403, "close": 403}),
        (None, {"answer": 404, "comment": 404, "due": 404, "close": 404}),
    ],
)
def test_each_role_may_do_its_part_and_nothing_else(room, role, statuses):
    finding_id = raised(room, room.signed_in(Role.VERIFIER), kind="CL")
    client = room.signed_in(role)
    found = {act: client.post(f"/api/v1{LIST}/{finding_id}/{act}", data={"body": "x"}).status_code for act in statuses}
    assert found == statuses


def test_what_does_not_hold_is_refused_with_a_reason(room):
    verifier, preparer = room.signed_in(Role.VERIFIER), room.signed_in(Role.PREPARER)
    for change in (
        {"bound_kind": "figure", "bound_to": "no.such"},
        {"bound_kind": "file", "bound_to": "0" * 16},
        {"bound_kind": "section", "bound_to": "99.1"},
        {"title": " "},
        {"title": "two\nlines"},
        {"body": "x" * 10_001},
        {"body": "a\u202eb"},
        {"body": "a\x00b"},
        {"due_on": "tomorrow"},
        {"type": "NIR"},
    ):
        form = {"type": "CL", "bound_kind": "package", "title": "t", "body": "b", **change}
        assert verifier.post(f"/api/v1{VERSION}/findings", data=form).status_code == 422, change
    finding_id = raised(room, verifier)
    one = f"/api/v1{LIST}/{finding_id}"
    for version in ("1", "3", "99999999999999999999", "two"):
        assert preparer.post(f"{one}/answer", data={"body": "b", "linked_version": version}).status_code == 422
    assert verifier.post(f"{one}/reopen", data={"body": "b"}).status_code == 422
    assert verifier.post(f"{one}/close", data={"body": "b"}).status_code == 200
    assert preparer.post(f"{one}/answer", data={"body": "b"}).status_code == 422
    page = preparer.post(f"{LIST}/{finding_id}/answer", data={"body": "b"})
    assert page.status_code == 422
    assert "A closed finding takes no answer" in page.text
    for unknown in ("0" * 32, "x", "%00"):
        assert verifier.get(f"/api/v1{LIST}/{unknown}").status_code == 404
    empty = verifier.post(f"{one}/reopen", data={"body": "b"}, files={"files": ("a.pdf", b"", "application/pdf")})
    assert empty.status_code == 422


def test_lists_filter_and_exports_hold_no_formula(room):
    verifier = room.signed_in(Role.VERIFIER)
    finding_id = raised(room, verifier, kind="observation", bound=("section", "7.3"), due_on="2001-01-01")
    wanted = {"type": "observation", "bound_kind": "section", "bound_to": "7.3", "overdue": "true"}
    assert finding_id in {one["finding_id"] for one in verifier.get(f"/api/v1{LIST}", params=wanted).json()}
    assert verifier.get(f"/api/v1{LIST}", params=wanted | {"state": "closed"}).json() == []
    assert verifier.get(LIST, params=wanted).status_code == 200
    book = verifier.get(f"/api/v1{LIST}/export.xlsx", params=wanted)
    head, first, *_ = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert first[head.index("finding")] == "=1+1\n\nWhy?"
    assert b"<f>" not in book.content
    assert "\"'=1+1" in verifier.get(f"/api/v1{LIST}/export.csv", params=wanted).text
    assert verifier.get(f"/api/v1{LIST}/export.json", params=wanted).json()[0]["finding"] == "=1+1\n\nWhy?"


def test_numbers_have_no_gap_and_no_double_when_many_raise_at_once(room):
    verifiers = [room.signed_in(Role.VERIFIER) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: raised(room, verifiers[number % 4], kind="FAR"), range(24)))
    listed = verifiers[0].get(f"/api/v1{LIST}", params={"type": "FAR"}).json()
    numbers = sorted(int(one["code"].removeprefix("FAR-")) for one in listed)
    assert len(made) == 24
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(("dark", "narrow", "language"), [(False, False, "en"), (True, True, "es")])
def test_pages_of_findings_are_fit_for_reading(room, browser, dark, narrow, language):
    secret = room.person(Role.VERIFIER)[1]
    finding_id = raised(room, room.client(secret), bound=("figure", figure_of(room)), due_on="2031-02-03")
    with opened(browser, room.url, secret=secret, dark=dark, narrow=narrow, language=language) as page:
        for name, path in (
            ("findings", LIST),
            ("finding", f"{LIST}/{finding_id}"),
            ("finding-new", f"{VERSION}/findings/new?section=7.3"),
        ):
            page.goto(path)
            keep(page, f"{name}-{language}")
            assert faults(page) == []
