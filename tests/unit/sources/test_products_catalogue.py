from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import ProjectError
from mrv.project import RasterTiles
from mrv.sources import raster_tiles
from mrv.sources.products import product, tiles_for


def test_the_tile_of_the_published_oracle() -> None:
    # Oracle 23 of the method's list: lon -77, lat -7.5 lies in tile 00N_080W.
    assert tiles_for((-77.0, -7.5, -76.9999, -7.4999)) == ["00N_080W"]


@pytest.mark.parametrize(
    ("bounds", "tiles"),
    [
        ((-80.0, -10.0, -70.0, 0.0), ["00N_080W"]),
        ((-72.0, 18.0, -71.0, 19.0), ["20N_080W"]),
        ((-70.1, -0.1, -69.9, 0.1), ["10N_080W", "10N_070W", "00N_080W", "00N_070W"]),
        ((179.5, -11.0, 180.0, -10.5), ["10S_170E"]),
        ((0.0, 0.0, 1.0, 1.0), ["10N_000E"]),
    ],
)
def test_tiles_of_bounds(bounds, tiles) -> None:
    assert tiles_for(bounds) == tiles


@given(west=st.floats(-180, 179), south=st.floats(-60, 79), width=st.floats(0.001, 1), height=st.floats(0.001, 1))
def test_tiles_cover_the_bounds(west: float, south: float, width: float, height: float) -> None:
    bounds = (west, south, min(180.0, west + width), min(80.0, south + height))
    corners = [(int(tile["top"]), int(tile["left"])) for tile in product("hansen_gfc").tile_parts(bounds)]
    assert min(left for _, left in corners) <= bounds[0]
    assert max(left + 10 for _, left in corners) >= bounds[2]
    assert min(top - 10 for top, _ in corners) <= bounds[1]
    assert max(top for top, _ in corners) >= bounds[3]
    assert len(corners) <= 4


@pytest.mark.parametrize("bounds", [(-77, -61, -76, -60), (-77, -7, -78, -6), (-190, 0, -180, 1)])
def test_bounds_beyond_the_product_are_refused(bounds) -> None:
    with pytest.raises(ProjectError, match="beyond product hansen_gfc"):
        tiles_for(bounds)


def test_each_version_ends_in_its_year() -> None:
    hansen = product("hansen_gfc")
    assert len(hansen.versions) == 11
    for item in hansen.versions:
        assert item.version.startswith(f"GFC-{item.last_year}-v1.")
    assert hansen.last_year("GFC-2024-v1.12") == 2024


def test_no_loss_is_no_nodata() -> None:
    assert product("hansen_gfc").layer("lossyear").nodata == ()
    assert product("hansen_gfc").layer("treecover2000").nodata == (255,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"product": "hansen"}, "no product hansen"),
        ({"version": "GFC-2030-v1.18"}, "no version GFC-2030-v1.18"),
        ({"layers": ("lossyear", "los_year")}, "no layer los_year"),
        ({"product": "gfw_gross_emissions", "layers": ("emissions",)}, "cannot be fetched"),
    ],
)
def test_what_the_catalogue_lacks_is_refused(request_, change, message) -> None:
    spec = {
        "connector": "raster_tiles",
        "name": "hansen",
        "product": "hansen_gfc",
        "version": "GFC-2024-v1.12",
        "layers": ("lossyear",),
    }
    with pytest.raises(ProjectError, match=message):
        raster_tiles.wanted(RasterTiles(**(spec | change)), request_)


def test_addresses_and_paths(request_) -> None:
    spec = RasterTiles(
        connector="raster_tiles", name="h", product="hansen_gfc", version="GFC-2024-v1.12", layers=("lossyear",)
    )
    (item,) = raster_tiles.wanted(spec, request_)
    assert item.address == "hansen_gfc/GFC-2024-v1.12/lossyear/00N_080W"
    assert item.path == "GFC-2024-v1.12/Hansen_GFC-2024-v1.12_lossyear_00N_080W.tif"
