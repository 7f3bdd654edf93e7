"""The frame of the pages in a real browser: no grave fault for anybody, in both lights and on a phone; tables that work."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from mrv.dataroom.permissions import Role
from tests.browser import faults, keep, opened
from tests.integration.dataroom.sites import PERIOD, PROJECT, Room

PACKAGE = f"/projects/{PROJECT}/periods/{PERIOD}/versions/2"
PAGES = {
    "projects": "/projects",
    "project": f"/projects/{PROJECT}",
    "period": f"/projects/{PROJECT}/periods/{PERIOD}",
    "package": PACKAGE,
    "unknown": "/projects/elsewhere",
}


@pytest.mark.parametrize(("dark", "narrow", "language"), [(False, False, "en"), (True, True, "es")])
def test_no_page_has_a_grave_fault(room: Room, browser: Browser, dark: bool, narrow: bool, language: str) -> None:
    _, secret = room.person(Role.VERIFIER)
    found = {}
    with opened(browser, room.url, secret=secret, dark=dark, narrow=narrow, language=language) as page:
        for name, path in PAGES.items():
            page.goto(path)
            keep(page, f"{name}-{'dark' if dark else 'light'}-{'phone' if narrow else 'desk'}-{language}")
            found[name] = faults(page)
    assert found == {name: [] for name in PAGES}


def test_a_table_sorts_by_its_raw_values(room: Room, browser: Browser) -> None:
    with opened(browser, room.url, secret=room.person(Role.VERIFIER)[1]) as page:
        page.goto(f"/projects/{PROJECT}")
        table = page.locator("table[data-name=versions]")
        head, first = table.locator("th", has_text="Version"), table.locator("tbody tr").first
        head.get_by_role("button").press("Enter")
        expect(head).to_have_attribute("aria-sort", "ascending")
        expect(first).to_contain_text("version 1")
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", "descending")
        expect(first).to_contain_text("version 2")


def test_a_table_is_filtered_and_downloaded_as_it_is_shown(room: Room, browser: Browser, tmp_path: Path) -> None:
    """Whoever filters gets what they see, with raw numbers, and nothing that a spreadsheet would run."""
    rows = "".join(f"<tr><td>fila {n}</td><td class='number' data-value='-{n}.50'>−{n},5</td></tr>" for n in range(9))
    rows += "<tr><td>=1+1, \"fila\"</td><td class='number' data-value=''>–</td></tr>"
    head = "<thead><tr><th data-type='text'>A</th><th data-type='number'>B</th></tr></thead>"
    table = f"<table class='data'>{head}<tbody>{rows}</tbody></table>"
    with opened(browser, room.url, secret=room.person(Role.VERIFIER)[1]) as page:
        page.goto("/projects")
        page.evaluate(
            """(html) => { const main = document.getElementById("main"); main.insertAdjacentHTML("beforeend", html);
            main.dispatchEvent(new Event("room:table", {bubbles: true})); }""",
            table,
        )
        page.get_by_role("button", name="B", exact=True).click()
        page.get_by_role("searchbox").fill("FÍLA")
        expect(page.get_by_role("status")).to_have_text("10 / 10")
        page.get_by_role("searchbox").fill("fila 3")
        with page.expect_download() as one:
            page.get_by_role("button", name="Download CSV").click()
        one.value.save_as(tmp_path / "one.csv")
        page.get_by_role("searchbox").fill("")
        with page.expect_download() as everything:
            page.get_by_role("button", name="Download CSV").click()
        everything.value.save_as(tmp_path / "all.csv")
    assert _rows(tmp_path / "one.csv") == [["A", "B"], ["fila 3", "-3.50"]]
    told = _rows(tmp_path / "all.csv")
    assert [row[1] for row in told[1:]] == [f"-{n}.50" for n in range(8, -1, -1)] + [""]
    assert told[-1][0] == '\'=1+1, "fila"'


def test_the_light_and_the_language_are_the_readers_choice(room: Room, browser: Browser) -> None:
    with opened(browser, room.url, secret=room.person(Role.VERIFIER)[1]) as page:
        page.goto(f"/projects/{PROJECT}?lang=en")
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.get_by_role("button", name="Use dark colours").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate(ground) != light
        page.goto(f"/projects/{PROJECT}")
        page.get_by_role("button", name="ES, Español").click()
        expect(page).to_have_url(f"{room.url}/projects/{PROJECT}")
        expect(page.locator("html")).to_have_attribute("lang", "es")


def _rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
