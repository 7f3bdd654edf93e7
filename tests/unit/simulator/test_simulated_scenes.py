"""The simulator's scenes: the same bytes from the same seed, items that the connector can read, clearings that show."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from mrv.boundaries import Zone
from mrv.files import hash_file
from mrv.project_scenes import Stac
from mrv.simulator.landscape import make_landscape
from mrv.simulator.scenes import IMAGES, ITEMS, write_scenes
from mrv.sources.stac_choice import choose
from mrv.sources.stac_items import read_item

SPEC = Stac.model_validate(
    {
        "connector": "stac",
        "name": "scenes",
        "url": "https://stac.invalid/v1",
        "collections": ["sentinel-2-l2a"],
        "composites": [
            {"id": "early", "start": "2012-07-01", "end": "2012-09-30"},
            {"id": "late", "start": "2024-07-01", "end": "2024-09-30"},
        ],
        "resolution_m": 100,
    }
)
ZONE = Zone("lb", "leakage_belt", "Belt", None, shapely.box(-77.1, -7.2, -77.0, -7.1), "1", False, "-", 1, "-")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = [tmp_path_factory.mktemp("scenes") for _ in range(2)]
    landscape = make_landscape(3, [ZONE])
    for folder in made:
        write_scenes(landscape, [ZONE], SPEC, crs="EPSG:32718", folder=folder)
    return made


def test_the_same_seed_gives_the_same_bytes(folders: list[Path]) -> None:
    one, other = (
        {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}
        for folder in folders
    )
    assert one == other and len(one) == 1 + 2 * 2 * 4


def test_every_used_item_can_be_read_and_has_its_images(folders: list[Path]) -> None:
    items = json.loads((folders[0] / ITEMS).read_text(encoding="utf-8"))["items"]
    scenes = [read_item(item) for item in items]
    assert [scene.problem for scene in scenes] == [None] * 6
    for composite in SPEC.composites:
        reasons = choose([scene for scene in scenes if scene.acquired_at.year == composite.start.year], SPEC, composite)
        used = [name for (_, name), reason in reasons.items() if reason is None]
        assert len(used) == 2 and len(reasons) == 3
        assert all((folders[0] / IMAGES / f"{name}_scl.tif").is_file() for name in used)


def test_clearings_show(folders: list[Path]) -> None:
    def mean_of_red(day: str) -> float:
        with rasterio.open(folders[0] / IMAGES / f"S2A_18MTS_{day}_0_L2A_red.tif") as dataset:
            values = dataset.read(1)
        return float(np.mean(values[values < 7000]))

    assert mean_of_red("20240710") > mean_of_red("20120710")
