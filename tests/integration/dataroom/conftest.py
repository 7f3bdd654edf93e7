"""One data room for all tests of a process; those that change settings start their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.integration.dataroom.sites import Room, running, sample_home
from tests.integration.postgres_server import postgresql, programs


@pytest.fixture(scope="session")
def packaged_home(tmp_path_factory: pytest.TempPathFactory):
    """A home with two versions of the sample package; read-only for tests."""
    return sample_home(tmp_path_factory.mktemp("packaged") / "home")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses the data room on both databases; what looks at it with a browser or says so, on SQLite alone."""
    if "room" not in metafunc.fixturenames:
        return
    one = "browser" in metafunc.fixturenames or any(metafunc.definition.iter_markers("sqlite_only"))
    absent = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
    other = [] if one else [pytest.param("postgresql", marks=absent)]
    metafunc.parametrize("room", ["sqlite", *other], indirect=True, scope="session")


@pytest.fixture(scope="session")
def room(request: pytest.FixtureRequest, packaged_home) -> Iterator[Room]:
    """A running data room, on SQLite or on PostgreSQL."""
    if request.param == "sqlite":
        with running(packaged_home) as running_room:
            yield running_room
        return
    with postgresql() as server, running(packaged_home, database_url=f"{server}/postgres") as running_room:
        yield running_room


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser. Not for the whole session: while it runs, nothing else of this thread can run an event loop."""
    with chromium() as started:
        yield started
