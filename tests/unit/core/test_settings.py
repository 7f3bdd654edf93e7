"""Settings that are refused before anything is done with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mrv.cli import main
from mrv.settings import Settings

SCHEDULERS = [
    *("foo", "foo:abc", "http://127.0.0.1:8765", "tcp://host", "tcp://:8786", "tcp://host:abc", "tcp://host:99999"),
    *("tcp://host:8786/x", "tcp://user@host:8786", "tcp://[::1:8786", ""),
]


@pytest.mark.parametrize("address", SCHEDULERS)
def test_what_is_no_address_of_a_scheduler_ends_the_command_at_once(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MRV_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MRV_DASK_ADDRESS", address)
    done = CliRunner().invoke(main, ["run", "biocorredor_martin_sagrado", "--period", "mp4"])
    assert done.exit_code == 2
    assert "MRV_DASK_ADDRESS: " in done.output
    assert "tcp://host:8786" in done.output
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tls://dask.example.org:8786", "tcp://[::1]:8786"])
def test_addresses_of_schedulers(address: str) -> None:
    assert Settings(dask_address=address).dask_address == address
