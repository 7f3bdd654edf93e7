"""What every test shares: its environment is its own, and property tests draw the same examples each time in CI.

Where tests run on several cores (`-n 2 --dist loadfile`), each file is run by one worker. Servers take any free port and homes
are folders of a test, so workers share nothing but what dbt parsed of the models, which is written whole or not at all.
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_configure(config: pytest.Config) -> None:
    """Let what tests start be interrupted, and say where workers and their commands keep what they would make anew."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So it is for what a shell starts in the background, and children would inherit it: they could not be interrupted.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        parsed = tempfile.TemporaryDirectory(prefix="mrv-parsed-")
        config.add_cleanup(parsed.cleanup)
        os.environ["MRV_PARSED_DIR"] = parsed.name
    else:
        # numba numbers the files of its cache by what it found there: two processes could give two kernels the same number.
        caches = Path(str(config.cache.mkdir(f"numba-{worker}"))) if config.cache else None
        if caches:
            os.environ["NUMBA_CACHE_DIR"] = str(caches)


@pytest.fixture(autouse=True)
def environment_of_its_own() -> Iterator[None]:
    """A command that runs in this process sets variables for Prefect, which later tests and their processes must not inherit."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)
