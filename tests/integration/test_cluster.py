"""Tiles on a Dask cluster of real processes: the same tables, also when a worker is killed in the middle."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.tiles import through_prefect
from mrv.errors import InputError, UsageError
from mrv.scaffold import scaffold
from mrv.settings import Settings
from mrv.stages.cluster import Cluster, do_job, refuse_silence, through_client
from mrv.stages.context import open_context
from mrv.stages.pipeline import run_period
from mrv.stages.watch import watch
from mrv.units import UM2_PER_HA
from raster.bands import BandPart
from raster.loss import ForestRule, LossLayers, LossMeasurement, Region, Shape, measure_loss
from raster.parts import Runner, Threads, Work
from tests.integration.dask_cluster import cluster
from tests.unit.raster.pixels import COL, ROW, polygon, product, write_tile

pytestmark = pytest.mark.integration
SIDE, ACROSS, DOWN = 160, 4, 3


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("dask")) as (address, _):
        yield address


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> LossLayers:
    """Twelve tiles a layer."""
    folder = tmp_path_factory.mktemp("tiles")
    rng = np.random.default_rng(3)
    cover, loss = [], []
    for down in range(DOWN):
        for across in range(ACROSS):
            place = {"row": ROW + down * SIDE, "col": COL + across * SIDE}
            percent = rng.integers(0, 101, (SIDE, SIDE)).astype(np.uint8)
            years = np.where(rng.random((SIDE, SIDE)) < 0.1, rng.integers(1, 24, (SIDE, SIDE)), 0).astype(np.uint8)
            cover.append(write_tile(folder / f"cover{down}{across}.tif", percent, **place))
            loss.append(write_tile(folder / f"loss{down}{across}.tif", years, **place))
    return LossLayers(tuple(cover), tuple(reversed(loss)))


ZONES = [
    Shape("whole", polygon((3, 3), (SIDE * ACROSS - 3, 9), (SIDE * ACROSS - 9, SIDE * DOWN - 3), (5, SIDE * DOWN - 9))),
    Shape("seam", polygon((SIDE - 20, SIDE - 20), (SIDE + 20.5, SIDE - 15), (SIDE + 15, SIDE + 20))),
]


REGION = Region(
    ZONES,
    [Shape("left", polygon((0, 0), (SIDE * 1.5, 0), (SIDE * 1.5, SIDE * DOWN), (0, SIDE * DOWN)))],
    default_stratum="all",
    pixel_rule="by_size",
)


def measure(layers: LossLayers, runner: Runner, **changes: Any) -> LossMeasurement:
    forest = ForestRule(30, "greater", UM2_PER_HA, "at_least")
    work = Work(runner, rows_per_band=50)
    return measure_loss(layers, replace(REGION, **changes), product=product(), forest=forest, work=work)


@dataclass(frozen=True)
class Killing(BandPart):
    """A part that waits until it was seen at work, so that its worker can be killed in the middle."""

    marks: Path = Path()

    def run(self):  # type: ignore[no-untyped-def]
        (self.marks / f"{os.getpid()}-{time.monotonic_ns()}").touch()
        time.sleep(0.05)
        return super().run()


def test_a_cluster_gives_the_same_tables_also_when_a_worker_is_killed(
    layers: LossLayers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = measure(layers, Threads())
    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setattr("raster.loss.BandPart", lambda band, cells: Killing(band, cells, marks))
    sent = []

    def spread(address: str, jobs: list[bytes]) -> Iterator[bytes]:
        sent.extend(jobs)
        answers = through_client(address, jobs)
        yield next(answers)
        pids = {int(path.name.split("-")[0]) for path in marks.iterdir()}
        victim = next(process for process in workers if process.pid in pids)
        os.kill(victim.pid, signal.SIGKILL)
        yield from answers

    with cluster(tmp_path) as (address, workers):
        found = measure(layers, Cluster(address, 1, spread))
        assert sorted(process.poll() is None for process in workers) == [False, True]
    assert len(sent) == ACROSS * DOWN, "one job a tile"
    assert found == expected
    done = {path.name.split("-")[0] for path in marks.iterdir()}
    assert len(done) == 2, "both workers had tiles"


def test_a_refusal_comes_back_as_it_was(layers: LossLayers, running: str, tmp_path: Path) -> None:
    bad = np.full((SIDE, SIDE), 101, np.uint8)
    tile = write_tile(tmp_path / "bad.tif", bad, row=ROW + SIDE, col=COL + SIDE)
    cover = tuple(path for path in layers.tree_cover if path.name != "cover11.tif")
    with pytest.raises(InputError, match="tree_cover") as caught:
        measure(LossLayers((*cover, tile), layers.loss_year), Cluster(running, 1, through_client))
    assert caught.value.found == "101"
    assert str(tile) in str(caught.value.where)


def test_a_worker_that_cannot_see_a_file_says_so(layers: LossLayers, running: str, tmp_path: Path) -> None:
    moved = tuple(
        path.rename(tmp_path / path.name) for path in [write_tile(tmp_path / "x.tif", np.ones((SIDE, SIDE), np.uint8))]
    )

    def spread(address: str, jobs: list[bytes]) -> Iterator[bytes]:
        moved[0].unlink()
        return through_client(address, jobs)

    zones = [Shape("z", polygon((1, 1), (9, 1), (9, 9)))]
    with pytest.raises(InputError, match="cannot be seen") as caught:
        measure(LossLayers(moved, moved), Cluster(running, 1, spread), zones=zones)
    assert socket.gethostname() in str(caught.value.found)
    assert "MRV_HOME" in str(caught.value.remedy)


def test_no_scheduler(layers: LossLayers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mrv.stages.cluster.CONNECT_S", 1)
    with socket.socket() as taken, pytest.raises(UsageError, match="no Dask scheduler"):
        taken.bind(("127.0.0.1", 0))
        measure(layers, Cluster(f"tcp://127.0.0.1:{taken.getsockname()[1]}", 1, through_client))


def nobody_at() -> str:
    """Return an address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def test_nothing_is_fetched_for_a_scheduler_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mrv.stages.cluster.ANSWER_S", 1)
    folder = tmp_path / "project"
    scaffold(folder)
    settings = Settings(home=tmp_path / "home", dask_address=nobody_at())
    with open_context(str(folder), "mp1", settings) as context:
        with pytest.raises(UsageError, match="no Dask scheduler"):
            run_period(context)
        with pytest.raises(UsageError, match="no Dask scheduler"):
            watch(context, measure=True)
        assert context.ledger.history(context.definition.id) == []


@pytest.mark.parametrize("way", [through_client, through_prefect])
def test_a_cluster_without_workers_is_said_and_given_up(
    way: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mrv.stages.cluster.SAY_S", 0.3)
    monkeypatch.setattr("mrv.stages.cluster.NO_WORKER_S", 5)
    with cluster(tmp_path, workers=0) as (address, _):
        refuse_silence(address)
        with pytest.raises(UsageError, match="has no worker") as caught:
            list(way(address, [pickle.dumps([])]))
    assert f"no worker at {address}, waiting" in caplog.text
    assert address in str(caught.value.remedy)


def test_jobs_travel_through_plain_pickle(layers: LossLayers) -> None:
    seen = []

    def spread(address: str, jobs: list[bytes]) -> Iterator[bytes]:
        seen.extend(jobs)
        return map(do_job, jobs)

    assert measure(layers, Cluster("none", 1, spread)) == measure(layers, Threads())
    assert all(len(job) < 100_000 and pickle.loads(job) for job in seen)  # noqa: S301
