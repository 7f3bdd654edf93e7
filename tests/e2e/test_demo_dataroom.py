"""The demo's data room in a real browser, as its first people use it: a verifier and a preparer, a finding and its answer."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from mrv.dataroom import passwords
from mrv.dataroom.database import Database
from mrv.dataroom.models import users
from mrv.dataroom.permissions import Role
from tests.browser import faults, keep, opened
from tests.e2e.demo_home import PROJECT, Demo
from tests.integration.dataroom.sites import Room, running

PASSWORD = "un sendero entre helechos y niebla"
VERSION = f"/projects/{PROJECT}/periods/mp4/versions/1"
FIRST_PAGE_BYTES = 200_000
PACKAGE_PAGES = ("", "/figures", "/figures/er.net.total", "/checks", "/changes", "/files")
PROJECT_PAGES = ("", "/map", "/findings", "/sql", "/access-log")


@pytest.fixture(scope="module")
def demo_room(demo_home: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A data room on the demo's packages. The home is shared with other tests: it is linked, its databases are copied."""
    home = tmp_path_factory.mktemp("demo-room") / "home"
    for name in ("packages", "keys", "snapshots"):
        shutil.copytree(demo_home.home / name, home / name, copy_function=os.link)
    shutil.copy2(demo_home.home / "ledger.sqlite", home)
    with running(home) as room:
        yield room


def with_password(room: Room, role: Role, email: str) -> str:
    """Add somebody who signs in with the password."""
    user_id, _ = room.person(role, project=PROJECT, email=email)
    database = Database(room.database_url)
    with database.writing() as connection:
        hashed = passwords.hashed(PASSWORD)
        connection.execute(users.update().where(users.c.user_id == user_id).values(password_hash=hashed))
    database.close()
    return email


def sign_in(page: Page, email: str) -> None:
    """Sign in by the form, and set up the second factor where the role needs one."""
    page.goto("/projects")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    if "/second-factor" in page.url:
        seed = page.get_by_role("main").locator("code").inner_text()
        keep(page, "walk-second-factor")
        assert faults(page) == []
        page.locator("#code").fill(pyotp.TOTP(seed).now())
        page.get_by_role("main").get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/projects$"))


def test_a_verifier_asks_and_a_preparer_answers(demo_room: Room, browser: Browser, tmp_path: Path) -> None:
    verifier = with_password(demo_room, Role.VERIFIER, "verifier@example.org")
    preparer = with_password(demo_room, Role.PREPARER, "preparer@example.org")
    with opened(browser, demo_room.url) as asks, opened(browser, demo_room.url) as answers:
        sign_in(asks, verifier)
        asks.get_by_role("link", name="Biocorredor").click()
        asks.get_by_role("link", name="Open this version").click()
        expect(asks).to_have_url(re.compile(r"/periods/mp4/versions/\d+$"))
        version = asks.url
        _take_a_file(asks, tmp_path)
        finding = _raise(asks, version)
        sign_in(answers, preparer)
        answers.goto(finding)
        _says(answers, "answer", "The interval follows from 10,000 draws; see the workbook.")
        asks.goto(finding)
        expect(asks.get_by_role("main")).to_contain_text("10,000 draws")
        keep(asks, "walk-answered")
        _says(asks, "close", "The draws were repeated and agree.")
        expect(asks.get_by_role("main")).to_contain_text("agree")
        keep(asks, "walk-closed")
        _query(asks)
        asks.get_by_role("button", name="ES, Español").click()
        expect(asks.locator("html")).to_have_attribute("lang", "es")
        asks.goto(finding)
        keep(asks, "walk-closed-es")
        assert faults(asks) == []


def _take_a_file(page: Page, folder: Path) -> None:
    """Download the workbook by its link and check it against the hash of the page and of the package's manifest."""
    page.get_by_label("Of this version").get_by_role("link", name="Files").click()
    page.locator("#q").fill("emission_reductions.xlsx")
    page.locator("#q").press("Enter")
    row = page.locator("tr", has_text="emission_reductions.xlsx").first
    told = row.locator("[data-copy]").first.get_attribute("data-copy")
    keep(page, "walk-files")
    with page.expect_download() as taken:
        row.get_by_role("link", name="Download").click()
    path = folder / "workbook.xlsx"
    taken.value.save_as(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == told


def _raise(page: Page, version: str) -> str:
    """Raise a corrective action request about the net reductions and return the address of its page."""
    page.goto(f"{version}/findings/new?figure=er.net.total")
    keep(page, "walk-raise")
    assert faults(page) == []
    page.locator("#type").select_option("CAR")
    page.locator("#title").fill("Interval of the net reductions")
    page.locator("[name=body]").fill("Please show how the interval was drawn.")
    page.locator("form[action$='/findings'] button.primary").click()
    expect(page).to_have_url(re.compile(rf"/projects/{PROJECT}/findings/\w+$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("CAR-1")
    return page.url


def _says(page: Page, act: str, text: str) -> None:
    """Add to a finding's thread by the form of an act."""
    form = page.locator(f"form[action$='/{act}']")
    page.locator("details.act", has=form).locator("summary").click()
    form.locator("textarea").fill(text)
    form.locator("button.primary").click()
    expect(page.locator(".thread")).to_contain_text(text)


def _query(page: Page) -> None:
    page.get_by_label("Of this project").get_by_role("link", name="SQL").click()
    page.locator("#query").fill("select vintage_year, credits from emission_reductions where is_primary order by 1")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("table.sql-rows tbody tr")).to_have_count(3)
    keep(page, "walk-sql")


@pytest.mark.parametrize(("dark", "narrow", "language"), [(False, False, "en"), (True, True, "es")])
def test_no_page_of_the_demo_has_a_grave_fault(
    demo_room: Room, browser: Browser, dark: bool, narrow: bool, language: str
) -> None:
    _, secret = demo_room.person(Role.VERIFIER, project=PROJECT)
    paths = [
        *(f"/projects/{PROJECT}{tail}" for tail in PROJECT_PAGES),
        *(VERSION + tail for tail in PACKAGE_PAGES),
        "/account",
    ]
    found = {}
    with opened(browser, demo_room.url, secret=secret, dark=dark, narrow=narrow, language=language) as page:
        for path in paths:
            answer = page.goto(path)
            assert answer is not None
            name = path.removeprefix("/projects/").replace("/", "_")
            keep(page, f"{name}-{'dark' if dark else 'light'}-{'phone' if narrow else 'desk'}-{language}")
            found[path] = faults(page) if answer.status == 200 else [f"status {answer.status}"]
    assert found == {path: [] for path in paths}


def test_the_first_pages_are_light_for_a_slow_line(demo_room: Room, browser: Browser) -> None:
    """All that the browser loads for a page, from this server alone, without compression."""
    _, secret = demo_room.person(Role.VERIFIER, project=PROJECT)
    weights = {}
    for path in ("/projects", f"/projects/{PROJECT}", VERSION):
        with opened(browser, demo_room.url, secret=secret) as page:
            sizes: list[int] = []
            strangers: list[str] = []
            page.on("response", lambda answer, sizes=sizes: sizes.append(len(answer.body())))
            page.on(
                "request",
                lambda asked, strangers=strangers: (
                    None if asked.url.startswith(demo_room.url) else strangers.append(asked.url)
                ),
            )
            page.goto(path, wait_until="networkidle")
            weights[path] = sum(sizes)
            assert strangers == []
    assert {path: weight for path, weight in weights.items() if weight > FIRST_PAGE_BYTES} == {}
