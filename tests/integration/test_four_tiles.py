"""One bad tile of four, through the whole command: named, with what became of the others; exit code 3 where the source is at fault."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import rasterio
from click.testing import CliRunner, Result

from mrv.cli import main
from mrv.errors import InputError, SourceError
from mrv.settings import REPOSITORY
from mrv.simulator.faults import Fault
from tests.integration.four_tiles import TILES, VERSION, tile_path

pytestmark = pytest.mark.integration

TILE = "10S_070W"
BAD = f"hansen_gfc/{VERSION}/lossyear/{TILE}"
NAME = f"lossyear_{TILE}"


def command(four: Any, *words: str, **settings: str) -> Result:
    environment = {
        "MRV_HOME": str(four.home),
        "MRV_MIRRORS": json.dumps(dict(four.world.mirrors)),
        "MRV_HTTP_ATTEMPTS": "2",
        "MRV_HTTP_TIMEOUT_S": "1",
        **settings,
    }
    return CliRunner().invoke(main, [words[0], str(four.project), *words[1:]], env=environment)


def stored(four: Any) -> int:
    return len(list(four.settings.raw_dir.glob("??/*")))


def statuses(four: Any, name: str = "") -> list[int]:
    return [status for path, _, status in four.world.faults.requests if name in path]


FAULTS = {
    "absent": (Fault("page", status=404, body=b"NoSuchKey"), "status 404: NoSuchKey"),
    "expired key": (Fault("page", status=403, body=b"ExpiredToken"), "the key is missing, wrong or expired"),
    "unknown key": (Fault("page", status=401, body=b"no token"), "the key is missing, wrong or expired"),
    "hours": (Fault("page", status=429, headers={"Retry-After": "7200"}), "come back in 2:00:00"),
    "page": (Fault("page", status=200, body=b"<!DOCTYPE html><title>Sign in</title>"), "<!DOCTYPE html>"),
    "packed": (
        Fault("page", status=200, body=gzip.compress(b"II*\x00"), headers={"Content-Encoding": "gzip"}),
        "Content-Encoding: gzip",
    ),
    "circle": (Fault("page", status=302, headers={"Location": "?again"}), "TooManyRedirects"),
    "broken": (Fault("page", status=503), "in 2 attempt(s)"),
    "short": (Fault("truncate", after_bytes=9_000, digest=False), "cut short, though it has the length"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_of_four_tiles_is_named_and_the_others_are_kept(four: Any, name: str) -> None:
    fault, told = FAULTS[name]
    four.world.faults.add(NAME, fault, times=9)
    done = command(four, "pull")
    assert done.exit_code == 3, done.output
    assert f"1 of 8 file(s) did not come: {BAD}." in done.output
    assert told in done.output
    kept = done.output.partition("came whole, is kept and not used yet: ")[2]
    assert all(f"lossyear/{tile}" in kept for tile in TILES if tile != TILE)
    assert BAD not in kept
    assert stored(four) == 7
    assert not four.settings.landed_dir.exists()


def test_once_the_tile_is_there_only_it_is_fetched(four: Any) -> None:
    path = tile_path(four.world.folder / "rasters", "lossyear", TILE)
    content = path.read_bytes()
    path.unlink()
    assert command(four, "pull").exit_code == 3
    path.write_bytes(content)
    four.world.faults.requests.clear()
    done = command(four, "pull")
    assert done.exit_code == 0, done.output
    assert "8 file(s)" in done.output
    assert sorted(statuses(four)) == [200, *[304] * 7]
    assert statuses(four, NAME) == [200]


def test_a_tile_that_stalls_is_given_up_and_the_next_pull_goes_on_where_it_was(four: Any) -> None:
    name = f"treecover2000_{TILE}"
    four.world.faults.add(name, Fault("cut", after_bytes=70_000))
    four.world.faults.add(name, Fault("stall", seconds=3.0))
    done = command(four, "pull", MRV_HTTP_TIMEOUT_S="0.5")
    assert done.exit_code == 3, done.output
    assert "ReadTimeout" in done.output
    assert "what was received is kept, and the next run goes on from there" in done.output
    done = command(four, "pull")
    assert done.exit_code == 0, done.output
    size = tile_path(four.world.folder / "rasters", "treecover2000", TILE).stat().st_size
    assert f"treecover2000/{TILE}: going on at 64.0 KiB of {size / 1024:.1f} KiB" in done.output
    assert statuses(four, name)[-1] == 206


def test_an_interrupted_pull_ends_at_once_and_is_taken_up_again(four: Any) -> None:
    name = f"treecover2000_{TILE}"
    path = tile_path(four.world.folder / "rasters", "treecover2000", TILE)
    path.write_bytes(path.read_bytes() + bytes(4_000_000))
    # It would take half a minute.
    four.world.faults.add(name, Fault("drip", after_bytes=70_000, seconds=0.5))
    environment = {
        "MRV_HOME": str(four.home),
        "MRV_MIRRORS": json.dumps(dict(four.world.mirrors)),
        "PATH": os.environ["PATH"],
    }
    with subprocess.Popen(
        [sys.executable, "-m", "mrv.cli", "pull", str(four.project)],
        env=environment,
        cwd=REPOSITORY,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
    ) as process:
        deadline = time.monotonic() + 60
        while stored(four) < 7 or not any(four.settings.raw_dir.glob(".incoming/*.etag")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        output, _ = process.communicate(timeout=30)
        assert time.monotonic() - start < 10
    assert process.returncode == 1, output
    assert b"Aborted" in output
    assert stored(four) == 7
    four.world.faults.requests.clear()
    assert command(four, "pull").exit_code == 0
    assert statuses(four, name) == [206]


def test_a_short_wait_that_is_asked_for_is_kept(four: Any) -> None:
    four.world.faults.add(NAME, Fault("page", status=429, headers={"Retry-After": "1"}))
    done = command(four, "pull")
    assert done.exit_code == 0, done.output
    assert stored(four) == 8


def corrupt(path: Path) -> None:
    """Overwrite the middle of the pixels, as a bad disk at the source would; the length stays."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = b"\xff" * 400
    path.write_bytes(content)


def declare_nodata(path: Path) -> None:
    with rasterio.open(path, "r+") as dataset:
        dataset.nodata = 7


@pytest.mark.parametrize(
    ("spoil", "said"), [(corrupt, "cut short or corrupt"), (declare_nodata, "undeclared nodata")], ids=lambda part: ""
)
def test_a_tile_that_its_source_spoiled_is_named_with_its_place(four: Any, spoil: Any, said: str) -> None:
    spoil(tile_path(four.world.folder / "rasters", "lossyear", TILE))
    with pytest.raises(SourceError, match=said) as caught:
        four.run()
    assert caught.value.exit_code == 3
    assert BAD in str(caught.value.where)
    assert ("rows" in str(caught.value.where)) == (spoil is corrupt)
    assert caught.value.remedy
    assert four.published() == []


def test_the_same_tile_in_a_folder_of_ours_is_our_fault(four: Any) -> None:
    rasters = four.world.folder / "rasters"
    corrupt(tile_path(rasters, "lossyear", TILE))
    four.world = type(four.world)(four.world.url, four.world.folder, {"hansen": str(rasters)}, four.world.faults)
    with pytest.raises(InputError, match="cut short or corrupt") as caught:
        four.run()
    assert caught.value.exit_code == 1
    assert BAD in str(caught.value.where)


def test_a_run_ends_with_the_same_exit_code(four: Any) -> None:
    corrupt(tile_path(four.world.folder / "rasters", "lossyear", TILE))
    done = command(four, "run", "--period", "mp1")
    assert done.exit_code == 3, done.output
    assert BAD in done.output
    assert "remedy:" in done.output
