"""One run of the demo for all tests of what it makes, whichever process they run in."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.e2e.demo_home import Demo, mrv


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo's home after `mrv demo`; the first process that asks makes it, the others wait."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    home, note = shared / "demo-home", shared / "demo.json"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            done = mrv(home, "demo")
            note.write_text(json.dumps([done.returncode, done.stdout, done.stderr]), encoding="utf-8")
    code, stdout, stderr = json.loads(note.read_text(encoding="utf-8"))
    assert code == 0, stderr
    return Demo(home, stdout)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser. Not for the whole session: while it runs, nothing else of this thread can run an event loop."""
    with chromium() as started:
        yield started
