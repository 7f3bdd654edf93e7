"""Every row of the raster catalogue: whole, in both languages, with tiles and addresses as their publishers name them."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mrv.errors import ProjectError
from mrv.sources.product_layers import WHOLE, Layer
from mrv.sources.product_rows import Product
from mrv.sources.products import FOLDER, builtin, product
from mrv.sources.tiling import Tiling

ROWS = sorted(builtin().products.values(), key=lambda row: row.product)
EVERY = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.product)
PROJECT = (-77.5, -7.87, -76.626774, -6.615016)
POINT = (-77.0, -7.5, -76.9999, -7.4999)


def texts(row: Product) -> list[tuple[str, str]]:
    """(English, Spanish) of everything that people read in a row."""
    found = [row.name, *([row.note] if row.note else [])]
    for layer in row.layers:
        found.append(layer.name)
        if layer.classes != "from_rat":
            found += [text for item in layer.classes for text in (item.name, item.note) if text]
        if layer.year_codes:
            found.append(layer.year_codes.name)
    return [(text.en, text.es) for text in found]


def paths(row: Product, *, newest: bool = False) -> list[str]:
    """Every path that the row builds for the project's zones, of every version (or the newest), layer and year."""
    versions = (row.versions or (row.version("latest"),))[-1 if newest else 0 :]
    return [
        row.file_path(version=version.version, layer=layer.layer, year=year, tile=tile)
        for version in versions
        for layer in row.layers
        for year in ((version.all_years or (2024,)) if layer.annual else (None,))
        for tile in row.tile_parts(PROJECT)
    ]


@EVERY
def test_each_row_has_its_own_file(row) -> None:
    assert (FOLDER / f"{row.product}.yaml").is_file()


@EVERY
def test_both_languages_say_something_of_their_own(row) -> None:
    same = {"pasto", "salar"}
    for en, es in texts(row):
        assert en.strip()
        assert es.strip()
        assert en != es or en in same, en


@EVERY
def test_names_of_classes_are_distinct(row) -> None:
    for layer in row.layers:
        for version in row.versions:
            names = layer.class_names(version.last_year)
            assert len({name.en for name in names.values()}) == len(names)
            assert len({name.es for name in names.values()}) == len(names)
            assert not any("{" in name.en + name.es for name in names.values())


@EVERY
def test_codes_fit_their_pixels_and_are_not_nodata(row) -> None:
    for layer in row.layers:
        low, high = WHOLE.get(layer.dtype, (float("-inf"), float("inf")))
        for version in row.versions:
            codes = layer.class_names(version.last_year)
            assert all(low <= code <= high for code in codes)
            assert not set(codes) & set(layer.nodata)


@pytest.mark.parametrize("row", [row for row in ROWS if row.path], ids=lambda row: row.product)
def test_each_address_is_built_and_is_no_other_file_s(row) -> None:
    found = paths(row)
    # JRC TMF keeps one address for all versions: there the newest one's are told apart.
    newest = paths(row, newest=True)
    assert len(set(newest)) == len(newest)
    assert len(set(found)) == len(found if "{version}" in row.path else newest)
    assert not any(re.search(r"[{}\s]|None", path) for path in found)


@EVERY
def test_a_row_that_is_not_confirmed_says_what_is_not(row) -> None:
    assert row.confirmed or row.note is not None
    assert row.base_url is None or row.base_url.startswith("https://")


@pytest.mark.parametrize(
    ("name", "tiles"),
    [
        ("hansen_gfc", ["00N_080W"]),
        ("esa_cci_biomass", ["N00W080"]),
        ("esa_worldcover", ["S09W078"]),
        ("copernicus_dem_glo30", ["Copernicus_DSM_COG_10_S08_00_W077_00_DEM"]),
        ("radd_native", ["06S_078W"]),
        ("gfw_integrated_alerts", ["00N_080W"]),
        ("jrc_tmf", ["N0_W80"]),
        ("mapbiomas_peru", ["peru"]),
    ],
)
def test_the_tile_of_a_place(name, tiles) -> None:
    # Longitude -77, latitude -7.5: the place of oracle 23 of the method's list.
    assert product(name).tiles_for(POINT) == tiles


def test_the_place_of_the_published_oracle_in_its_tile() -> None:
    # Oracle 23: longitude -77, latitude -7.5 is row 30000, column 12000 of tile 00N_080W.
    row = product("hansen_gfc")
    (tile,) = row.tile_parts(POINT)
    lattice = row.lattice
    assert (
        (int(tile["top"]) - Fraction("-7.5")) / lattice.pixel_height,
        (-77 - int(tile["left"])) / lattice.pixel_width,
    ) == (
        30000,
        12000,
    )


@pytest.mark.parametrize(
    ("name", "layer", "year", "address"),
    [
        ("hansen_gfc", "gain", None,
         "https://storage.googleapis.com/earthenginepartners-hansen/GFC-2025-v1.13/Hansen_GFC-2025-v1.13_gain_00N_080W.tif"),
        ("jrc_tmf", "annual_change", 2010,
         "https://ies-ows.jrc.ec.europa.eu/iforce/tmf_v1/download.py?type=tile&dataset=AnnualChange_2010&lat=N0&lon=W80"),
        ("mapbiomas_peru", "coverage", 2024,
         "https://storage.googleapis.com/mapbiomas-public/initiatives/peru/collection_3/LULC/"
         "peru_collection3_integration_v1-classification_2024.tif"),
        ("esa_cci_biomass", "agb_sd", 2020,
         "https://dap.ceda.ac.uk/neodc/esacci/biomass/data/agb/maps/v6.0/geotiff/2020/"
         "N00W080_ESACCI-BIOMASS-L4-AGB_SD-MERGED-100m-2020-fv6.0.tif"),
        ("esa_worldcover", "map", None,
         "https://esa-worldcover.s3.eu-central-1.amazonaws.com/v200/2021/map/ESA_WorldCover_10m_2021_v200_S09W078_Map.tif"),
    ],
)  # fmt: skip
def test_addresses_as_published(name, layer, year, address) -> None:
    row = product(name)
    (tile,) = row.tile_parts(POINT)
    version = row.versions[-1].version
    assert f"{row.base_url}/{row.file_path(version=version, layer=layer, year=year, tile=tile)}" == address


def test_pixels_of_elevation_lie_half_a_second_off_whole_degrees() -> None:
    row = product("copernicus_dem_glo30")
    half = 0.5 / 3600
    # A place in the last half second before a whole degree lies in the next tile.
    west_of_border, east_of_border = -77 - 1.01 * half, -77 - 0.99 * half
    assert [tile[-11:-7] for tile in row.tiles_for((west_of_border - 1e-6, -7.5, west_of_border, -7.49))] == ["W078"]
    assert [tile[-11:-7] for tile in row.tiles_for((east_of_border, -7.5, east_of_border + 1e-6, -7.49))] == ["W077"]


@pytest.mark.parametrize("name", [row.product for row in ROWS if isinstance(row.tiling, Tiling)])
@given(west=st.floats(-179, 178), south=st.floats(-29, 28), width=st.floats(0.001, 1), height=st.floats(0.001, 1))
def test_tiles_cover_the_bounds_of_every_product(name, west, south, width, height) -> None:
    row = product(name)
    assert isinstance(row.tiling, Tiling)
    side, (right, up) = row.tiling.tile_deg, row.lattice.offset(row.tiling.tile_deg)
    bounds = (west, south, west + width, south + height)
    corners = {(int(tile["top"]), int(tile["left"])) for tile in row.tile_parts(bounds)}
    for x in (bounds[0], bounds[2]):
        for y in (bounds[1], bounds[3]):
            assert any(
                left + right - 1e-9 <= x <= left + right + side + 1e-9
                and top + up - side - 1e-9 <= y <= top + up + 1e-9
                for top, left in corners
            )
    assert len(row.tiles_for(bounds)) == len(corners) <= 9


def test_classes_of_mapbiomas_and_the_bands_of_its_years() -> None:
    layer = product("mapbiomas_peru").layer("coverage")
    names = layer.class_names(None)
    assert {
        3,
        4,
        5,
        6,
        9,
        11,
        12,
        13,
        15,
        18,
        21,
        23,
        24,
        25,
        29,
        30,
        31,
        32,
        33,
        34,
        35,
        40,
        61,
        66,
        68,
        70,
        72,
    } == set(names)
    assert names[3].es == "bosque"
    assert layer.nodata == (0, 27)
    assert (layer.band(1985), layer.band(2024), layer.band(None)) == (1, 40, None)


def test_subtypes_of_tmf_are_named_by_the_version_s_last_year() -> None:
    row = product("jrc_tmf")
    assert "2016 to 2022" in row.class_names("subtypes", version="v1_2025")[33].en
    assert "2015 a 2021" in row.class_names("subtypes", version="v1_2024")[33].es
    years = row.class_names("deforestation_year", version="v1_2024")
    assert (years[0].en, years[2024].es, 2025 in years) == (
        "not deforested",
        "deforestado por primera vez en 2024",
        False,
    )


def test_loss_codes_of_hansen_end_with_the_version() -> None:
    row = product("hansen_gfc")
    assert row.class_names("lossyear", version="GFC-2025-v1.13")[25].en == "lost in 2025"
    assert 25 not in row.class_names("lossyear", version="GFC-2024-v1.12")
    assert row.class_names("lossyear", version="GFC-2015-v1.3").keys() == set(range(16))


@pytest.mark.parametrize(
    ("name", "layer", "version", "years", "found"),
    [
        ("mapbiomas_peru", "coverage", "3", (), "none"),
        ("mapbiomas_peru", "coverage", "2", (2022, 2023, 2024), "2023 to 2024"),
        ("mapbiomas_peru", "coverage", "3", (2000, 2000), "2000, 2000"),
        ("hansen_gfc", "lossyear", "GFC-2024-v1.12", (2020,), "2020"),
        ("esa_cci_biomass", "agb", "v6.0", (2008,), "2008"),
    ],
)
def test_years_that_do_not_hold_are_refused(name, layer, version, years, found) -> None:
    with pytest.raises(ProjectError, match="do not hold") as caught:
        product(name).check_years(version=version, layer=layer, years=years)
    assert caught.value.found == found


LAYER = {
    "layer": "cover", "name": {"en": "Cover", "es": "Cobertura"}, "kind": "class", "dtype": "uint8", "unit": "class",
    "nodata": [0], "classes": [{"value": 1, "name": {"en": "forest", "es": "bosque"}}],
}  # fmt: skip
ALERT = {"kind": "alert", "classes": [], "encoding": "confidence_and_days"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": [LAYER["classes"][0]] * 2}, "stands twice"),
        ({"classes": [{"value": 256, "name": {"en": "a", "es": "b"}}]}, "outside the pixel type"),
        ({"classes": [{"value": 0, "name": {"en": "a", "es": "b"}}]}, "is nodata too"),
        ({"dtype": "float32"}, "whole numbers"),
        ({"classes": []}, "needs classes"),
        ({"kind": "measure", "classes": []}, "needs a step"),
        ({"step": "1"}, "only a measure has a step"),
        ({"encoding": "days"}, "an alert layer, and no other"),
        (ALERT | {"confidences": {2: "low"}}, "needs its epoch"),
        (ALERT | {"epoch": "2014-12-31"}, "needs its confidences"),
        (ALERT | {"encoding": "radd_yydoy"}, "names the layer of its confidence"),
        ({"band_of_year": {"first": 1985}}, "need `annual: true`"),
    ],
)
def test_a_layer_that_contradicts_itself_is_refused(change, message) -> None:
    Layer.model_validate(LAYER)
    with pytest.raises(ValidationError, match=message):
        Layer.model_validate(LAYER | change)


def test_nodata_is_always_declared() -> None:
    with pytest.raises(ValidationError, match="nodata"):
        Layer.model_validate({key: value for key, value in LAYER.items() if key != "nodata"})


ROW = {
    "product": "own", "name": {"en": "Own", "es": "Propio"}, "licence": "CC0-1.0", "citation": "Own",
    "lattice": {"crs": "EPSG:32718", "pixel_width": "30", "pixel_height": "30"}, "layers": [LAYER],
}  # fmt: skip
DEGREES = {"crs": "EPSG:4326", "west": "-180", "north": "80", "pixel_width": "0.001", "pixel_height": "0.001"}
SINGLE = {"scheme": "single", "name": "a"}
TILES = {
    "scheme": "degrees", "tile_deg": 10, "name": "{NS}{lat}{EW}{lon}", "named_by": "top_left", "north_deg": 80, "south_deg": -60,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "a.tif"}, "path and tiling together"),
        ({"base_url": "https://localhost"}, "needs path and tiling"),
        ({"path": "a.tif", "tiling": SINGLE, "layers": [LAYER | {"classes": "from_rat"}]}, "given as files"),
        ({"layers": [LAYER, LAYER]}, "a layer stands twice"),
        ({"versions": [{"version": "1"}, {"version": "1"}]}, "a version stands twice"),
        ({"confirmed": False}, "says in its note"),
        ({"layers": [LAYER | {"annual": True}], "versions": [{"version": "1"}]}, "has no years"),
        ({"layers": [LAYER | {"classes": [{"value": 1, "name": {"en": "in {last}", "es": "en {last}"}}]}]}, "with last_year"),
        ({"path": "a_{tiel}.tif", "tiling": TILES, "lattice": DEGREES}, "tiel"),
        ({"path": "a.tif", "tiling": TILES, "lattice": DEGREES}, "tell tiles apart"),
        ({"path": "a_{tile}.tif", "tiling": TILES | {"tile_pixels": 9000}, "lattice": DEGREES}, "do not make tile_deg"),
        ({"path": "{tile}", "tiling": TILES | {"name": "{lat}{lon}"}, "lattice": DEGREES}, "does not tell tiles apart"),
        ({"path": "{tile}", "tiling": TILES | {"north_deg": 75}, "lattice": DEGREES}, "multiples of tile_deg"),
        ({"path": "a.tif", "tiling": SINGLE, "layers": [LAYER | {"annual": True}]}, "tell the years"),
        ({"lattice": {"crs": "EPSG:32718", "pixel_width": 30, "pixel_height": "30"}}, "in quotes"),
        ({"lattice": {"crs": "EPSG:32718", "pixel_width": "-30", "pixel_height": "30"}}, "more than 0"),
        ({"lattice": {"crs": "UTM 18S", "pixel_width": "30", "pixel_height": "30"}}, "EPSG"),
        ({"lattice": DEGREES | {"west": None}}, "both west and north"),
    ],
)  # fmt: skip
def test_a_row_that_contradicts_itself_is_refused(change, message) -> None:
    Product.model_validate(ROW)
    with pytest.raises(ValidationError, match=message):
        Product.model_validate(ROW | change)
