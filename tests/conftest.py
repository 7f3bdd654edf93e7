"""What every test shares: its environment is its own, and property tests draw the same examples each time in CI."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def environment_of_its_own() -> Iterator[None]:
    """A command that runs in this process sets variables for Prefect, which later tests and their processes must not inherit."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)
