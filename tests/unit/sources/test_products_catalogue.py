from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import ProjectError, UsageError
from mrv.project_sources import Files, RasterFile, RasterTiles
from mrv.sources import files, raster_tiles
from mrv.sources.products import product


def test_the_tile_of_the_published_oracle() -> None:
    # Oracle 23 of the method's list: lon -77, lat -7.5 lies in tile 00N_080W.
    assert product("hansen_gfc").tiles_for((-77.0, -7.5, -76.9999, -7.4999)) == ["00N_080W"]


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
    assert product("hansen_gfc").tiles_for(bounds) == tiles


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
        product("hansen_gfc").tiles_for(bounds)


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


def annual(**changes: object) -> RasterTiles:
    values = {"name": "t", "product": "jrc_tmf", "version": "v1_2025", "layers": ("annual_change", "main_classes")}
    return RasterTiles(connector="raster_tiles", **(values | {"years": (1990, 2025)} | changes))


def test_annual_layers_are_asked_for_by_year_and_others_once(request_) -> None:
    found = [(item.address, item.layer, item.year, item.path) for item in raster_tiles.wanted(annual(), request_)]
    query = "download.py?type=tile&dataset={}&lat=N0&lon=W80"
    assert found == [
        ("jrc_tmf/v1_2025/annual_change/1990/N0_W80", "annual_change", 1990, query.format("AnnualChange_1990")),
        ("jrc_tmf/v1_2025/annual_change/2025/N0_W80", "annual_change", 2025, query.format("AnnualChange_2025")),
        ("jrc_tmf/v1_2025/main_classes/N0_W80", "main_classes", None, query.format("TransitionMap_MainClasses")),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"years": ()}, "years of layer annual_change"),
        ({"years": (2026,)}, "years of layer annual_change"),
        ({"layers": ("main_classes",)}, "years of layer main_classes"),
        ({"layers": ("main_classes", "main_classes"), "years": ()}, "named twice"),
    ],
)
def test_years_that_do_not_fit_the_layers_are_refused(request_, changes, message) -> None:
    with pytest.raises(ProjectError, match=message):
        raster_tiles.wanted(annual(**changes), request_)


def test_the_address_of_a_product_with_a_query_is_a_file_name_in_a_folder(request_, tmp_path) -> None:
    folder = tmp_path / "mirror"
    folder.mkdir()
    for item in raster_tiles.wanted(annual(), request_):
        (folder / item.path).write_bytes(b"II*\x00" + item.path.encode())
    settings = request_.settings.model_copy(update={"mirrors": {"t": str(folder)}})
    artifacts = raster_tiles.pull(annual(), replace(request_, settings=settings))
    assert [(item.layer, item.year) for item in artifacts] == [
        ("annual_change", 1990), ("annual_change", 2025), ("main_classes", None),
    ]  # fmt: skip
    kept = request_.ledger.last_retrieval("p", "jrc_tmf/v1_2025/annual_change/2025/N0_W80")
    assert (kept.year, kept.sha256) == (2025, artifacts[1].sha256)


def test_a_product_without_an_address_needs_a_mirror(request_) -> None:
    spec = annual(product="radd_native", version="2024", layers=("date", "alert"), years=())
    with pytest.raises(UsageError, match="nobody says where source t is") as caught:
        raster_tiles.pull(spec, request_)
    assert "MRV_MIRRORS" in (caught.value.remedy or "")


def test_one_file_with_a_band_for_each_year_is_an_input_of_each(request_) -> None:
    root = request_.project_folder / "data"
    root.mkdir(parents=True)
    (root / "peru.tif").write_bytes(b"II*\x00all years")
    rasters = tuple(
        RasterFile(
            path="peru.tif",
            product="mapbiomas_peru",
            version="3",
            layer="coverage",
            year=year,
            licence="-",
            citation="-",
        )
        for year in (1985, 2024)
    )
    spec = Files(connector="files", name="m", root="data", rasters=rasters)
    artifacts = files.pull(spec, request_)
    assert [(item.address, item.year) for item in artifacts] == [
        ("files/m/peru.tif@1985", 1985), ("files/m/peru.tif@2024", 2024),
    ]  # fmt: skip
    assert len({item.sha256 for item in artifacts}) == 1
