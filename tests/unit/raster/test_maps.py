"""The COG of forest and its loss: classes that a GIS shows as meant, and its cells at the size of a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

from raster.forest_years import KEPT, OPEN, UNSEEN
from raster.grid import Window
from raster.loss import ForestRule
from raster.maps import GREEN, SAND, ground, write_forest_years, year_colour
from tests.unit.raster.pixels import COL, ROW, product
from tests.unit.raster.test_loss_patches import tiles

SIDE = 600


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory):
    cover, loss = np.full((SIDE, SIDE), 90, np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    cover[:, :100] = 5
    cover[:50, 300:] = 255
    loss[200:220, 200:240] = 21
    loss[400, 400] = 23
    loss[500, 500] = 9
    return tiles(tmp_path_factory.mktemp("tiles"), cover, loss, cuts=((310,), (250,)))


def write(layers, path: Path, last_year: int = 2022) -> Path:
    window = Window(ROW - 20, COL, SIDE + 20, SIDE)
    kept = write_forest_years(
        layers, path, window=window, product=product(), forest=ForestRule(30, "greater"), last_year=last_year
    )
    assert kept == Window(ROW, COL, SIDE, SIDE)
    return path


def test_the_cog_holds_codes_colours_and_names_and_the_same_bytes(layers, tmp_path: Path) -> None:
    path = write(layers, tmp_path / "one.tif")
    valid, errors, _ = cog_validate(path)
    assert (valid, errors) == (True, [])
    with rasterio.open(path) as dataset:
        codes, palette, tags = dataset.read(1), dataset.colormap(1), dataset.tags()
        assert dataset.nodata == UNSEEN
        assert dataset.overviews(1)
    assert codes[210, 210] == 21
    assert codes[400, 400] == KEPT  # lost after the last year that is shown
    assert codes[500, 500] == 9
    assert codes[0, 0] == OPEN
    assert codes[0, 400] == UNSEEN
    assert palette[OPEN][:3] == SAND
    assert palette[KEPT][:3] == GREEN
    assert palette[22][:3] == year_colour(21, 22)
    assert tags["CLASS_21"] == "Forest lost in 2021 / Bosque perdido en 2021"
    assert "CLASS_23" not in tags
    assert write(layers, tmp_path / "two.tif").read_bytes() == path.read_bytes()


def test_blocks_show_the_latest_loss_and_the_share_of_forest(layers, tmp_path: Path) -> None:
    base = ground(write(layers, tmp_path / "codes.tif", 2023), base_year=2000, width=60)
    assert base.forest.shape == (60, 60)
    assert base.block == SIDE // 60
    assert base.last[40, 40] == 23
    assert base.last[20, 20] == 21
    assert base.forest[40, 40] == pytest.approx(0.99)
    assert base.forest[30, 5] == 0
    assert base.unseen[2, 45]
    west, south, east, north = base.bounds
    assert (west, north) == pytest.approx((-77, -7))
    assert (east - west, north - south) == pytest.approx((SIDE * 0.00025, SIDE * 0.00025))


def test_a_tall_raster_is_cut_to_as_few_cells_as_a_wide_one(layers, tmp_path: Path) -> None:
    window = Window(ROW, COL + 200, SIDE, 100)
    cog = tmp_path / "tall.tif"
    write_forest_years(layers, cog, window=window, product=product(), forest=ForestRule(30, "greater"), last_year=2022)
    assert ground(cog, base_year=2000, width=60).forest.shape == (60, 10)
