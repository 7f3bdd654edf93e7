"""Every headline number twenty times: shuffled rows, files cut anew, one core and all of them. One distinct text each."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.files import write_parquet
from mrv.stages.reperform import remade
from mrv.warehouse.build import build
from mrv.warehouse.snapshot import export
from tests.e2e.demo_home import Demo

ROUNDS = 20


def shuffled(tables: Mapping[str, pa.Table], folder: Path, dice: random.Random) -> dict[str, list[Path]]:
    """Write tables with their rows in another order, cut into some files."""
    inputs: dict[str, list[Path]] = {}
    for name, table in tables.items():
        order = list(range(table.num_rows))
        dice.shuffle(order)
        ends = sorted(dice.choices(range(table.num_rows + 1), k=dice.randint(0, 3)))
        inputs[name] = []
        for number, (start, end) in enumerate(zip([0, *ends], [*ends, table.num_rows], strict=True)):
            path = folder / f"{name}-{number}.parquet"
            write_parquet(path, table.take(pa.array(order[start:end], pa.int64())))
            inputs[name].append(path)
    return inputs


@pytest.fixture(scope="module")
def tables(demo_home: Demo) -> Mapping[str, pa.Table]:
    with remade(demo_home.package, folders=[demo_home.home / "raw"]) as made:
        return dict(made.tables)


def test_every_headline_number_has_one_text(tables: Mapping[str, pa.Table], tmp_path: Path) -> None:
    cores = os.sched_getaffinity(0)
    texts: dict[str, set[str]] = defaultdict(set)
    try:
        for number in range(ROUNDS):
            os.sched_setaffinity(0, {min(cores)} if number % 2 else cores)
            folder = tmp_path / str(number)
            inputs = shuffled(tables, folder / "landed", random.Random(number))
            export(build(inputs, folder=folder / "build", parsed=tmp_path / "parsed"), folder / "snapshot")
            for row in pq.read_table(folder / "snapshot" / "marts" / "figures.parquet").to_pylist():
                texts[row["figure_id"]].add(str(row["value"]))
    finally:
        os.sched_setaffinity(0, cores)
    assert len(texts) > 1000
    assert {name: found for name, found in texts.items() if len(found) != 1} == {}
