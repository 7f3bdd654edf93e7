"""A small project over the corner of four tiles, with a sample, its map as arrays, and the command that draws it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

from mrv.cli import main
from tests.integration.four_tiles import (
    CORNER_LAT,
    CORNER_LON,
    PIXEL,
    SIDE,
    write_four_tile_project,
    write_tiles,
)

SAMPLE: dict[str, Any] = {
    "id": "cover",
    "period": "mp1",
    "folder": "samples/cover",
    "seed": 7,
    "size": 120,
    "allocation": {"floor": 10},
}
FIRST_YEAR, LAST_YEAR = 2022, 2023
"""Years of the template's period."""
ROW, COLUMN = round((80 - CORNER_LAT) / PIXEL) - SIDE, round((CORNER_LON + 180) / PIXEL) - SIDE
"""Row and column of the product's grid where the arrays begin."""


def forest_map() -> dict[str, np.ndarray]:
    """Forest with a strip of pasture, and squares of loss of 2015, 2022 and 2023; shape (2 * SIDE, 2 * SIDE)."""
    shape = (2 * SIDE, 2 * SIDE)
    cover, loss = np.full(shape, 80, dtype=np.uint8), np.zeros(shape, dtype=np.uint8)
    cover[:, 330:345] = 5
    for number, code in enumerate((15, 22, 23)):
        for place in range(20 + 15 * number, 2 * SIDE - 10, 60):
            loss[place : place + 6, :][:, place % 50 :: 70] = code
            loss[place : place + 6, :][:, place % 50 + 1 :: 70] = code
    return {"treecover2000": cover, "lossyear": loss}


def write_project(root: Path, /, **sample: Any) -> Path:
    """Write the project, its rasters beside it, and its sample; every pixel over 30 % is forest."""
    folder = write_four_tile_project(root / "project")
    write_tiles(root / "rasters", forest_map())
    edit(folder, lambda content: content["forest_definition"].update(min_area_ha=0))
    declare(folder, **sample)
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def declare(project: Path, /, **sample: Any) -> None:
    """Declare the sample with other values; a value of None takes the key out."""
    declared = {name: value for name, value in {**SAMPLE, **sample}.items() if value is not None}
    edit(project, lambda content: content.update(sampling=[declared]))


def draw(folder: Path, *options: str, monkeypatch: pytest.MonkeyPatch, home: str = "home", workers: int = 2) -> Result:
    """Run `mrv sample design`."""
    monkeypatch.setenv("MRV_HOME", str(folder.parent / home))
    monkeypatch.setenv("MRV_WORKERS", str(workers))
    monkeypatch.setenv("MRV_MIRRORS", json.dumps({"hansen": str(folder.parent / "rasters")}))
    return CliRunner().invoke(main, ["sample", "design", str(folder), *options])


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of the frozen design."""
    return {path.name: path.read_bytes() for path in sorted((folder / "samples" / "cover").iterdir())}


def rows(folder: Path, name: str = "units.csv") -> list[dict[str, str]]:
    with (folder / "samples" / "cover" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
