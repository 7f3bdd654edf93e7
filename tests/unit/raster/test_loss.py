"""Tree cover and loss in zones and strata: the rules, the traps, and what must not change a digit."""

from contextlib import contextmanager
from decimal import Decimal
from itertools import product as combinations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrv.errors import InputError, ProjectError
from mrv.schemas import DATASETS
from mrv.units import UM2_PER_HA
from raster.area import row_areas_um2
from raster.coverage import fraction_spans
from raster.loss import ForestRule, LossLayers, Region, Shape, measure_loss, needed_window
from raster.parts import Threads
from raster.spans import centre_spans
from tests.unit.raster.pixels import (
    ANY_COVER,
    COL,
    LATTICE,
    ROW,
    box,
    counts,
    measure,
    polygon,
    product,
    spread,
    told,
    write_tile,
)


def test_classes_and_years(tmp_path):
    cover = [[0, 30, 31, 100], [255, 255, 50, 50]]
    loss = [[0, 5, 5, 0], [0, 7, 23, 1]]
    assert counts(measure(tmp_path, cover, loss)) == {
        ("z", "all", "non_forest", None): 1,
        ("z", "all", "non_forest", 2005): 1,
        ("z", "all", "forest", 2005): 1,
        ("z", "all", "forest", None): 1,
        ("z", "all", "nodata", None): 2,
        ("z", "all", "forest", 2023): 1,
        ("z", "all", "forest", 2001): 1,
    }


def test_the_minimum_itself(tmp_path):
    cover, loss = [[29, 30, 31]], [[0, 0, 0]]
    strict = measure(tmp_path, cover, loss, forest=ForestRule(30, "greater"))
    inclusive = measure(tmp_path, cover, loss, forest=ForestRule(30, "at_least"))
    assert counts(strict)["z", "all", "forest", None] == 1
    assert counts(inclusive)["z", "all", "forest", None] == 2


def test_rows_fit_the_landed_tables_in_their_order(tmp_path):
    result = measure(tmp_path, [[100, 100, 0, 255]], [[0, 1, 2, 3]], emissions=[[1, 2, 3, 4]])
    for name in ("land_cover_area", "pixel_emissions", "zone_pixels"):
        table = getattr(result, name.removesuffix("_area"))
        assert table.num_rows
        assert table.equals(DATASETS[name].table(table.to_pylist()))


def test_a_header_that_declares_zero_as_nodata_does_not_hide_what_was_not_lost(tmp_path):
    layers = LossLayers(
        (write_tile(tmp_path / "cover.tif", np.array([[0, 90]], np.uint8), nodata=0),),
        (write_tile(tmp_path / "loss.tif", np.array([[0, 0]], np.uint8), nodata=0),),
    )
    result = measure_loss(layers, **told([Shape("z", box(0, 0, 2, 1))], product=product(), forest=ANY_COVER))
    assert counts(result) == {("z", "all", "non_forest", None): 1, ("z", "all", "forest", None): 1}


def test_areas_are_row_areas_times_counts(tmp_path):
    height, width = 700, 3
    result = measure(tmp_path, np.full((height, width), 80), np.zeros((height, width)), rows_per_band=100)
    areas = row_areas_um2(LATTICE, row=ROW, height=height).tolist()
    assert result.zone_pixels["area_um2"].to_pylist() == [width * sum(areas)]
    assert result.land_cover["area_um2"].to_pylist() == [width * sum(areas)]


def test_a_sum_beyond_64_bits(tmp_path):
    side = 120
    result = measure(tmp_path, np.full((side, side), 80), np.ones((side, side)))
    expected = side * sum(row_areas_um2(LATTICE, row=ROW, height=side).tolist())
    assert expected > 2**63
    assert result.land_cover["area_um2"].to_pylist() == [expected]


# --- values that the product does not have -----------------------------------------------------------------------
def test_tree_cover_above_100_is_refused(tmp_path):
    with pytest.raises(InputError, match="tree_cover") as caught:
        measure(tmp_path, [[5, 101]], [[0, 0]])
    assert caught.value.found == "101"
    assert "row 0, column 1" in str(caught.value.where)


def test_a_loss_year_after_the_last_one_is_refused(tmp_path):
    with pytest.raises(InputError, match="loss_year") as caught:
        measure(tmp_path, [[50, 50], [50, 50]], [[0, 23], [24, 0]])
    assert caught.value.found == "24"
    assert "2023" in str(caught.value.expected)
    assert "row 1, column 0" in str(caught.value.where)


def test_a_loss_year_not_observed_is_nodata_where_the_product_says_so(tmp_path):
    arguments = (tmp_path, [[50, 0, 255]], [[255, 255, 255]])
    with pytest.raises(InputError):
        measure(*arguments)
    result = measure(*arguments, product=product(loss_year_nodata=(255,)))
    assert counts(result) == {("z", "all", "nodata", None): 3}


@pytest.mark.parametrize("forest", [ANY_COVER, ForestRule(30, "greater", 1)])
def test_faults_are_found_with_and_without_patches_and_only_in_zones(tmp_path, forest):
    zones = [Shape("z", box(0, 0, 1, 1))]
    assert counts(measure(tmp_path, [[50, 120]], [[0, 99]], zones=zones, forest=forest))
    with pytest.raises(InputError) as caught:
        measure(tmp_path, [[50, 120]], [[0, 99]], forest=forest)
    assert caught.value.found == "120"


@pytest.mark.parametrize(
    "changes",
    [
        {"last_year": 2000},
        {"last_year": 2255},
        {"tree_cover_nodata": (0,)},
        {"loss_year_nodata": (0,)},
        {"loss_year_nodata": (23,)},
    ],
)
def test_a_product_rule_that_contradicts_itself(changes):
    with pytest.raises(ProjectError):
        product(**changes)


def test_as_many_years_as_a_byte_holds(tmp_path):
    result = measure(tmp_path, [[50] * 255], [list(range(255))], product=product(last_year=2254))
    assert {row["loss_year"] for row in result.land_cover.to_pylist()} == {None, *range(2001, 2255)}


def test_water_and_not_observed_by_the_data_mask(tmp_path):
    result = measure(tmp_path, [[90, 90, 90, 0]], [[3, 3, 3, 0]], datamask=[[1, 2, 0, 1]])
    assert counts(result) == {
        ("z", "all", "forest", 2003): 1,
        ("z", "all", "non_forest", 2003): 1,
        ("z", "all", "nodata", None): 1,
        ("z", "all", "non_forest", None): 1,
    }


# --- zones and tiles ---------------------------------------------------------------------------------------------
def test_overlapping_zones_are_each_counted_whole(tmp_path):
    zones = [Shape("a", box(0, 0, 6, 4)), Shape("b", box(3, 0, 9, 4)), Shape("c", box(0, 0, 9, 4))]
    result = counts(measure(tmp_path, np.full((4, 9), 80), np.zeros((4, 9)), zones=zones))
    assert {zone: pixels for (zone, *_), pixels in result.items()} == {"a": 24, "b": 24, "c": 36}


def test_more_groups_than_a_byte_has_keys(tmp_path):
    zones = [Shape(f"z{i:03}", box(i % 20, i // 20, i % 20 + 1, i // 20 + 1)) for i in range(400)]
    loss = np.arange(400).reshape(20, 20) % 24
    result = counts(measure(tmp_path, np.full((20, 20), 80), loss, zones=zones))
    assert result == {(f"z{i:03}", "all", "forest", 2000 + i % 24 if i % 24 else None): 1 for i in range(400)}


def test_seams_of_tiles_are_not_counted_twice(tmp_path):
    rng = np.random.default_rng(3)
    cover = rng.integers(0, 101, (40, 50), dtype=np.uint8)
    loss = rng.integers(0, 24, (40, 50), dtype=np.uint8)
    (tmp_path / "whole").mkdir()
    zone = Shape("z", polygon((1.3, 2.1), (47.6, 5.9), (44.2, 38.8), (3.3, 30.1)))
    whole = measure(tmp_path / "whole", cover, loss, zones=[zone])
    pieces = {"cover": [], "loss": []}
    for (name, values), (top, left) in combinations(
        (("cover", cover), ("loss", loss)), ((0, 0), (0, 23), (17, 0), (17, 23))
    ):
        bottom, right = (17 if top == 0 else 40), (23 if left == 0 else 50)
        path = tmp_path / f"{name}{top}{left}.tif"
        pieces[name].append(write_tile(path, values[top:bottom, left:right], row=ROW + top, col=COL + left))
    layers = LossLayers(tuple(pieces["cover"]), tuple(reversed(pieces["loss"])))
    split = measure_loss(layers, **told([zone], product=product(), forest=ANY_COVER))
    assert split == whole


def test_a_zone_beyond_the_tiles_names_what_lacks(tmp_path):
    with pytest.raises(InputError, match="do not cover") as caught:
        measure(tmp_path, np.full((4, 4), 80), np.zeros((4, 4)), zones=[Shape("east", box(1, 1, 7, 3))])
    west, east = LATTICE.x(COL + 4), LATTICE.x(COL + 7)
    assert f"longitude {west} to {east}" in str(caught.value.expected)
    assert caught.value.where == "zone east"


def test_a_layer_that_covers_less_than_the_others(tmp_path):
    layers = LossLayers(
        (write_tile(tmp_path / "cover.tif", np.full((4, 4), 80, np.uint8)),),
        (write_tile(tmp_path / "loss.tif", np.zeros((3, 4), np.uint8)),),
    )
    with pytest.raises(InputError, match="loss_year do not cover"):
        measure_loss(layers, **told([Shape("z", box(0, 0, 4, 4))], product=product(), forest=ANY_COVER))


@pytest.mark.parametrize(
    "zones",
    [
        [],
        [Shape("tiny", box(0.1, 0.1, 0.2, 0.2))],
        [Shape("a", box(0, 0, 2, 2)), Shape("a", box(2, 0, 4, 2))],
        [Shape("line", shapely.LineString([(-77, -7), (-76.9, -7)]))],
        [Shape("bow-tie", polygon((0, 0), (3, 3), (3, 0), (0, 3)))],
    ],
)
def test_zones_that_cannot_be_measured(tmp_path, zones):
    path = write_tile(tmp_path / "a.tif", np.zeros((4, 4), np.uint8))
    with pytest.raises(ProjectError):
        measure_loss(LossLayers((path,), (path,)), **told(zones, product=product(), forest=ANY_COVER))


# --- strata ------------------------------------------------------------------------------------------------------
def test_strata_by_centre_and_the_default_elsewhere(tmp_path):
    strata = [Shape("wet", box(0, 0, 3.6, 2)), Shape("dry", box(3.6, 0, 6, 2)), Shape("far", box(50, 50, 60, 60))]
    result = measure(tmp_path, np.full((4, 8), 80), np.zeros((4, 8)), strata=strata)
    assert counts(result) == {
        ("z", "wet", "forest", None): 8,
        ("z", "dry", "forest", None): 4,
        ("z", "all", "forest", None): 20,
    }


def test_a_default_that_is_also_a_polygon_is_one_row(tmp_path):
    strata = [Shape("all", box(0, 0, 3, 4))]
    result = measure(tmp_path, np.full((4, 8), 80), np.zeros((4, 8)), strata=strata)
    assert counts(result) == {("z", "all", "forest", None): 32}


def test_a_part_without_stratum_is_refused_with_its_hectares(tmp_path):
    with pytest.raises(ProjectError, match="no stratum") as caught:
        measure(
            tmp_path,
            np.full((4, 8), 80),
            np.zeros((4, 8)),
            strata=[Shape("wet", box(0, 0, 8, 3))],
            default_stratum=None,
        )
    area = 8 * int(row_areas_um2(LATTICE, row=ROW + 3, height=1)[0])
    expected = (Decimal(area) / UM2_PER_HA).quantize(Decimal("0.0001"))
    assert f"{expected} ha" in str(caught.value.found)
    assert caught.value.where == "zone z"


def test_strata_that_overlap_are_refused(tmp_path):
    strata = [Shape("wet", box(0, 0, 5, 4)), Shape("dry", box(4, 0, 8, 4))]
    with pytest.raises(ProjectError, match="two strata overlap") as caught:
        measure(tmp_path, np.full((4, 8), 80), np.zeros((4, 8)), strata=strata)
    assert caught.value.where == "strata dry and wet"


# --- emissions ---------------------------------------------------------------------------------------------------
def test_emissions_of_lost_forest_only_in_whole_grams(tmp_path):
    emissions = [[10.5, 7, np.nan, 0.0000004, 3], [1, 1, 1, 2.0000016, 1]]
    result = measure(
        tmp_path, [[80, 80, 80, 80, 20], [80, 255, 80, 80, 80]], [[1, 0, 1, 2, 1], [0, 1, 3, 2, 0]], emissions=emissions
    )
    grams = round(float(np.float32(0.0000004)) * 1e6) + round(float(np.float32(2.0000016)) * 1e6)
    assert {
        row["loss_year"]: (row["pixel_count"], row["emissions_g"]) for row in result.pixel_emissions.to_pylist()
    } == {
        2001: (1, 10_500_000),  # the pixel without a value adds nothing
        2002: (2, grams),
        2003: (1, 1_000_000),
    }


def test_no_value_at_all_is_a_row_that_says_so(tmp_path):
    result = measure(tmp_path, [[80]], [[4]], emissions=[[np.nan]])
    assert [
        (row["loss_year"], row["pixel_count"], row["emissions_g"]) for row in result.pixel_emissions.to_pylist()
    ] == [(2004, 0, 0)]


def test_a_pixel_that_is_touched_emits_whole_in_each_zone(tmp_path):
    zones = [Shape("a", box(0, 0, 0.3, 1)), Shape("b", box(0.3, 0, 1, 1))]
    result = measure(
        tmp_path, [[80]], [[4]], emissions=[[5.0]], zones=zones, pixel_rule="fraction",
        product=product(emissions_product="gfw", emissions_version="v2"),
    )  # fmt: skip
    assert [(row["zone_id"], row["emissions_g"]) for row in result.pixel_emissions.to_pylist()] == [
        ("a", 5 * 10**6),
        ("b", 5 * 10**6),
    ]
    assert {(row["product"], row["product_version"]) for row in result.pixel_emissions.to_pylist()} == {("gfw", "v2")}


@pytest.mark.parametrize("value", [-1.0, np.inf, 1e30])
def test_an_emission_that_cannot_be_is_refused(tmp_path, value):
    with pytest.raises(InputError, match="emissions"):
        measure(tmp_path, [[80]], [[4]], emissions=[[value]])


def test_emissions_declared_nodata_add_nothing(tmp_path):
    cover, loss = (
        write_tile(tmp_path / f"{i}.tif", np.full((1, 3), value, np.uint8)) for i, value in enumerate((80, 4))
    )
    emissions = write_tile(tmp_path / "e.tif", np.array([[-9999, 2, 0]], np.float32), nodata=-9999)
    result = measure_loss(
        LossLayers((cover,), (loss,), (), (emissions,)),
        **told([Shape("z", box(0, 0, 3, 1))], product=product(), forest=ANY_COVER),
    )
    assert [(row["pixel_count"], row["emissions_g"]) for row in result.pixel_emissions.to_pylist()] == [(2, 2 * 10**6)]


# --- patches -----------------------------------------------------------------------------------------------------
def test_a_patch_goes_on_beyond_the_zone_in_the_landscape_only(tmp_path):
    cover = np.zeros((30, 30))
    cover[10, 8:22] = 80  # 14 pixels, over 1 ha, of which the zone holds 4
    zones = [Shape("z", box(18, 8, 28, 13))]
    common = {"min_area_um2": UM2_PER_HA, "min_area_rule": "greater"}
    whole = measure(tmp_path, cover, np.zeros((30, 30)), zones=zones, forest=ForestRule(30, "greater", **common))
    own = measure(
        tmp_path,
        cover,
        np.zeros((30, 30)),
        zones=zones,
        forest=ForestRule(30, "greater", **common, patch_extent="zone"),
    )
    assert counts(whole)["z", "all", "forest", None] == 4
    assert ("z", "all", "forest", None) not in counts(own)


def test_a_loss_in_a_dropped_patch_is_not_forest_loss(tmp_path):
    result = measure(
        tmp_path, np.pad([[80, 80]], 20), np.pad([[5, 0]], 20), emissions=np.ones((41, 42)),
        forest=ForestRule(30, "greater", UM2_PER_HA),
    )  # fmt: skip
    assert counts(result)["z", "all", "non_forest", 2005] == 1
    assert result.pixel_emissions.num_rows == 0


def test_a_patch_by_zone_is_measured_by_covered_parts(tmp_path):
    pixel = int(row_areas_um2(LATTICE, row=ROW + 1, height=1)[0])
    forest = ForestRule(30, "greater", 5 * pixel // 2, "at_least", 4, "zone")
    for width, kept in ((1.46, False), (1.48, True)):  # times a height of 1.7: 2.482 or 2.516 pixels
        zones = [Shape("z", box(1, 1, 1 + width, 2.7))]
        result = counts(
            measure(tmp_path, np.full((4, 6), 80), np.zeros((4, 6)), zones=zones, pixel_rule="fraction", forest=forest)
        )
        assert (("z", "all", "forest", None) in result) == kept


def test_a_zone_too_large_for_patches_by_zone_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("raster.bands.MAX_ZONE_PIXELS", 99)
    arguments = {"forest": ForestRule(30, "greater", UM2_PER_HA, patch_extent="zone")}
    measure(tmp_path, np.full((9, 11), 80), np.zeros((9, 11)), **arguments)
    with pytest.raises(ProjectError, match="too large for patches by zone"):
        measure(tmp_path, np.full((10, 10), 80), np.zeros((10, 10)), **arguments)


# --- threads -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("workers", [1, 4])
def test_of_several_faults_the_northernmost_is_told(tmp_path, workers):
    loss = np.zeros((60, 5))
    loss[[11, 33, 57], 2] = 99
    with pytest.raises(InputError, match="loss_year") as caught:
        measure(tmp_path, np.full((60, 5), 80), loss, runner=Threads(workers), rows_per_band=3)
    assert "row 11, column 2" in str(caught.value.where)


def test_progress_is_told_of_every_part(tmp_path):
    told = []

    class Listener:
        @contextmanager
        def task(self, label, total):
            told.append((label, total))
            yield told.append

    measure(tmp_path, np.full((60, 5), 80), np.zeros((60, 5)), rows_per_band=20, progress=Listener())
    assert told == [("measure loss", 3), 1, 1, 1]


# --- nothing else changes a digit ----------------------------------------------------------------------------------
@st.composite
def landscapes(draw):
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    height, width = draw(st.integers(20, 70)), draw(st.integers(20, 70))
    cover = np.where(rng.random((height, width)) < 0.55, rng.integers(31, 101, (height, width)), 10)
    cover[rng.random((height, width)) < 0.02] = 255
    loss = np.where(rng.random((height, width)) < 0.2, rng.integers(1, 24, (height, width)), 0)
    emissions = rng.random((height, width)) * 40
    emissions[rng.random((height, width)) < 0.3] = np.nan
    zones = []
    for number in range(draw(st.integers(1, 4))):
        # At least 3 pixels wide and high, so that each holds a pixel's centre.
        x, y = np.sort(rng.random((2, 2)) * [[width - 4], [height - 4]], axis=1)
        x[1], y[1] = x[1] + 3, y[1] + 3
        zones.append(
            Shape(f"z{number}", polygon((x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0] + (x[1] - x[0]) / 3, y[1])))
        )
    strata = [Shape("left", box(0, 0, width / 2, height))] if draw(st.booleans()) else []
    forest = ForestRule(
        30, "greater", draw(st.sampled_from([0, UM2_PER_HA, 3 * UM2_PER_HA])), "greater",
        draw(st.sampled_from([4, 8])), draw(st.sampled_from(["landscape", "zone"])),
    )  # fmt: skip
    return cover, loss, emissions, zones, strata, forest, draw(st.sampled_from(["centre", "fraction"]))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(landscapes(), st.integers(1, 40), st.integers(2, 5), st.integers(1, 19))
def test_bands_threads_tiles_and_blocks_do_not_change_a_digit(tmp_path, landscape, rows, workers, seam):
    cover, loss, emissions, zones, strata, forest, pixel_rule = landscape
    common = {"zones": zones, "strata": strata, "forest": forest, "pixel_rule": pixel_rule}
    whole = measure(tmp_path, cover, loss, emissions=emissions, **common)
    pieces = {}
    for name, values, dtype in (
        ("cover", cover, np.uint8),
        ("loss", loss, np.uint8),
        ("emissions", emissions, np.float32),
    ):
        values = np.asarray(values).astype(dtype)
        lower = write_tile(
            tmp_path / f"{name}1.tif", values[seam:], row=ROW + seam, tiled=True, blockxsize=16, blockysize=16
        )
        pieces[name] = (lower, write_tile(tmp_path / f"{name}0.tif", values[:seam]))
    parts = measure_loss(
        LossLayers(pieces["cover"], pieces["loss"][::-1], (), pieces["emissions"]),
        **told(**common, product=product(), runner=Threads(workers), rows_per_band=rows),
    )
    assert parts == whole
    assert measure(tmp_path, cover, loss, emissions=emissions, **(common | {"zones": zones[::-1]})) == whole


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(landscapes())
def test_as_told_pixel_by_pixel(tmp_path, landscape):
    cover, loss, _, zones, strata, _, pixel_rule = landscape
    result = measure(tmp_path, cover, loss, zones=zones, strata=strata, pixel_rule=pixel_rule)
    lay = centre_spans if pixel_rule == "centre" else fraction_spans
    spans = lay([zone.geometry for zone in zones], LATTICE)
    areas = row_areas_um2(LATTICE, row=ROW, height=cover.shape[0])
    split = [np.arange(cover.shape[1]) + 0.5 < cover.shape[1] / 2] if strata else []
    expected = {}
    for index, zone in enumerate(zones):
        for (row, column), part in np.ndenumerate(spread(spans, index, *cover.shape)):
            if part:
                value, code = cover[row, column], loss[row, column]
                kind = "nodata" if value == 255 else "forest" if value > 30 else "non_forest"
                year = 2000 + int(code) if code and kind != "nodata" else None
                stratum = "left" if strata and split[0][column] else "all"
                cell = expected.setdefault((zone.id, stratum, kind, year), [0, 0])
                cell[0] += 1
                cell[1] += int(np.rint(part * areas[row])) if part < 1 else int(areas[row])
    measured = {
        (row["zone_id"], row["stratum_id"], row["cover_class"], row["loss_year"]): [row["pixel_count"], row["area_um2"]]
        for row in result.land_cover.to_pylist()
    }
    assert measured == expected
    assert dict(zip(*(result.zone_pixels[name].to_pylist() for name in ("zone_id", "area_um2")), strict=True)) == {
        zone.id: sum(area for (name, *_), (_, area) in expected.items() if name == zone.id) for zone in zones
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(landscapes())
def test_the_needed_window_decides_everything(tmp_path, landscape):
    cover, loss, _, zones, strata, forest, pixel_rule = landscape
    common = {
        "strata": strata,
        "forest": forest,
        "pixel_rule": pixel_rule,
        "product": product(),
    }
    whole = measure(tmp_path, cover, loss, zones=zones[:1], **common)
    window = needed_window(Region(zones[:1]), product=product(), forest=forest)
    top, left = max(0, window.row - ROW), max(0, window.col - COL)
    cut = np.s_[top : window.row_stop - ROW, left : window.col_stop - COL]
    layers = LossLayers(
        *(
            (write_tile(tmp_path / f"cut{i}.tif", values.astype(np.uint8)[cut], row=ROW + top, col=COL + left),)
            for i, values in enumerate((cover, loss))
        )
    )
    assert measure_loss(layers, **told(zones[:1], **common)) == whole
