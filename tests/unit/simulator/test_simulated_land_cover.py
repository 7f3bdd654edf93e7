"""The simulated land cover and biomass are those of the landscape, on the grids of their products."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from mrv.files import hash_file
from mrv.simulator.landcover import (
    AGRICULTURE,
    FOREST,
    MOSAIC,
    NOT_OBSERVED,
    PASTURE,
    RIVER,
    biomass,
    land_cover,
    write_biomass,
    write_land_cover,
)
from mrv.simulator.landscape import BASE_YEAR, Landscape
from mrv.sources.products import product
from mrv.stages.rasters import lattice_of
from raster.reading import inspect_tile


@pytest.fixture(scope="module")
def small() -> Landscape:
    random = np.random.default_rng(1)
    shape = (400, 300)
    loss = random.integers(1, 25, shape, dtype=np.uint8)
    loss[random.random(shape) < 0.7] = 0
    mask = np.ones(shape, np.uint8)
    mask[:, 10:14] = 2
    cover = random.integers(0, 101, shape, dtype=np.uint8)
    return Landscape(5, 348_000, 412_000, cover, loss, mask, np.empty((0, 3), np.int64))


def test_classes_follow_loss_water_and_the_catalogue(small: Landscape) -> None:
    places = np.arange(400)[:, None], np.arange(300)[None, :]
    known = {item.value for item in product("mapbiomas_peru").layer("coverage").classes}
    for year in (2005, 2024):
        codes = land_cover(small, places, year=year)
        assert set(np.unique(codes)) <= {FOREST, PASTURE, AGRICULTURE, MOSAIC, RIVER, NOT_OBSERVED}
        assert set(np.unique(codes)) - {NOT_OBSERVED} <= known
        seen = codes != NOT_OBSERVED
        assert (codes[(small.datamask == 2) & seen] == RIVER).all()
        land = (small.datamask == 1) & seen
        stands = (small.tree_cover > 30) & ((small.loss_year == 0) | (small.loss_year > year - BASE_YEAR))
        assert (codes[stands & land] == FOREST).all()
        lost_now = small.loss_year == year - BASE_YEAR
        assert (codes[lost_now & land] != FOREST).all()


def test_files_lie_on_the_products_grids_and_are_the_same_each_time(small: Landscape, tmp_path: Path) -> None:
    hashes = []
    for run in ("one", "two"):
        cover = write_land_cover(small, version="3", years=(2010, 2024), folder=tmp_path / run / "cover")
        mass = write_biomass(
            small, version="v6.0", layers=("agb", "agb_sd"), years=(2020,), folder=tmp_path / run / "mass"
        )
        hashes.append([hash_file(path) for path in (*cover, *mass)])
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 4
    lattice = lattice_of(product("mapbiomas_peru").lattice, cover[:1])
    known = product("mapbiomas_peru").layer("coverage").nodata
    for path in cover:
        assert inspect_tile(path, lattice=lattice, kind="codes", known_nodata=known).window.row == 0
    layer = product("esa_cci_biomass").layer("agb")
    lattice = lattice_of(product("esa_cci_biomass").lattice)
    for path in mass:
        tile = inspect_tile(
            path, lattice=lattice, kind="values", known_nodata=(*layer.nodata, *layer.ignored_header_nodata)
        )
        assert (tile.dtype, tile.window.height) == (layer.dtype, 11_250)
    with rasterio.open(mass[0]) as dataset:
        assert dataset.read(1).max() > 0


def test_biomass_falls_where_forest_is_lost(small: Landscape) -> None:
    places = np.arange(400)[:, None], np.arange(300)[None, :]
    before, after = (biomass(small, places, layer="agb", year=year).astype(int) for year in (2005, 2020))
    lost = (small.loss_year > 5) & (small.loss_year <= 20) & (small.tree_cover > 60) & (small.datamask == 1)
    assert (after[lost] < before[lost]).all()
    assert (after[small.loss_year == 0] == before[small.loss_year == 0]).all()
