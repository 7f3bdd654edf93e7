"""One data room for all tests of a process; those that change settings start their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.dataroom.sites import Room, running, sample_home


@pytest.fixture(scope="session")
def packaged_home(tmp_path_factory: pytest.TempPathFactory):
    """A home with two versions of the sample package; read-only for tests."""
    return sample_home(tmp_path_factory.mktemp("packaged") / "home")


@pytest.fixture(scope="session")
def room(packaged_home) -> Iterator[Room]:
    """A running data room on SQLite."""
    with running(packaged_home) as running_room:
        yield running_room
