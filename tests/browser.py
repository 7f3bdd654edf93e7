"""A real browser for tests: Debian's Chromium, driven by Playwright; faults that axe finds; pictures kept to be looked at."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from mrv.dataroom import sessions
from mrv.dataroom.rendering import LANGUAGE_COOKIE

GRAVE = ("serious", "critical")
# Software drawing, so that maps draw on machines without a graphics card.
_ARGUMENTS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium until the block ends; skip where the machine has none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield started
        started.close()


@contextlib.contextmanager
def opened(
    browser: Browser,
    url: str,
    *,
    secret: str | None = None,
    language: str = "en",
    dark: bool = False,
    narrow: bool = False,
) -> Iterator[Page]:
    """Open a page of a data room in a window of its own, signed in by a session's secret; errors of scripts fail the test."""
    context = browser.new_context(
        base_url=url,
        color_scheme="dark" if dark else "light",
        viewport={"width": 390 if narrow else 1200, "height": 844 if narrow else 900},
        locale="es-PE" if language == "es" else "en-GB",
        accept_downloads=True,
    )
    context.set_default_timeout(20_000)
    cookie = {"domain": "127.0.0.1", "path": "/"}
    context.add_cookies([{**cookie, "name": LANGUAGE_COOKIE, "value": language}])
    if secret is not None:
        context.add_cookies([{**cookie, "name": sessions.COOKIE, "value": secret, "secure": True, "httpOnly": True}])
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    try:
        yield page
    finally:
        context.close()
    assert errors == []


def faults(page: Page) -> list[str]:
    """Return the serious and critical faults that axe finds, and whether the page is wider than its window."""
    found = [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]
    too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return found + ([f"{too_wide} px wider than the window"] if too_wide > 0 else [])


def keep(page: Page, name: str) -> Path:
    """Keep a picture of the whole page, in MRV_TEST_ARTIFACTS or below the temporary folder."""
    folder = Path(os.environ.get("MRV_TEST_ARTIFACTS") or Path(tempfile.gettempdir()) / "mrv-screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path
