"""Bands: what they are, that nothing about them changes a digit, and what zones take before a class is looked at."""

import pickle
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mrv.errors import ProjectError
from mrv.schemas import DATASETS
from mrv.units import um2_to_ha
from raster.columns import whole_numbers
from raster.coverage import fill_fractions
from raster.loss import LossLayers, Region, Shape, measure_loss
from raster.mosaic import Mosaic
from raster.parts import Threads, lay_out
from raster.spans import EVERY_ROW, Edges, fill_centres
from raster.zoning import CENTRES_MISS, SMALL_ZONE_PIXELS, lay_zones
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
    told,
    write_tile,
)
from tests.unit.raster.test_loss import landscapes
from tests.unit.raster.test_shapes_to_pixels import polygonal, stars, to_degrees


def split(folder, name, values, *, row_seam, col_seam):
    """Write four tiles."""
    rows, columns = (0, row_seam, values.shape[0]), (0, col_seam, values.shape[1])
    return [
        write_tile(
            folder / f"{name}{i}{j}.tif",
            values[rows[i] : rows[i + 1], columns[j] : columns[j + 1]],
            row=ROW + rows[i],
            col=COL + columns[j],
        )
        for i in range(2)
        for j in range(2)
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    landscapes(), st.sampled_from([1, 2, 8]), st.integers(1, 30), st.integers(1, 19), st.integers(1, 19), st.randoms()
)
def test_workers_windows_and_the_order_of_tiles_do_not_change_a_digit(
    tmp_path, landscape, workers, rows, row_seam, col_seam, random
):
    cover, loss, _, zones, strata, forest, pixel_rule = landscape
    common = {"zones": zones, "strata": strata, "forest": forest, "pixel_rule": pixel_rule}
    whole = measure(tmp_path, cover, loss, **common)
    tiles = []
    for name, values in (("cover", cover), ("loss", loss)):
        four = split(tmp_path, name, np.asarray(values).astype(np.uint8), row_seam=row_seam, col_seam=col_seam)
        random.shuffle(four)
        tiles.append(tuple(four))
    found = measure_loss(
        LossLayers(*tiles), **told(**common, product=product(), runner=Threads(workers), rows_per_band=rows)
    )
    assert found == whole
    assert whole.zone_pixels["area_um2"].to_pylist() == [
        sum(row["area_um2"] for row in whole.land_cover.to_pylist() if row["zone_id"] == zone.id)
        for zone in sorted(zones, key=lambda zone: zone.id)
    ]


@settings(max_examples=60, deadline=None)
@given(stars().filter(polygonal), st.lists(st.integers(ROW - 2, ROW + 26), min_size=1, max_size=4))
def test_rows_laid_apart_are_the_rows_laid_together(shape, cuts):
    edges = Edges.of([to_degrees(shape)], LATTICE)
    edges_at = [ROW - 5, *sorted(set(cuts)), ROW + 30]
    for fill in (fill_centres, fill_fractions):
        whole = fill(edges, EVERY_ROW)
        apart = [fill(edges, rows) for rows in pairwise(edges_at)]
        for name in whole.__dataclass_fields__:
            np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in apart]), getattr(whole, name))


def test_a_band_pickles_small_and_lays_the_same(tmp_path):
    zones = [
        Shape(f"z{index:04}", box(index % 100, index // 100, index % 100 + 1, index // 100 + 1))
        for index in range(5000)
    ]
    mosaic = Mosaic.of(
        "cover", [write_tile(tmp_path / "a.tif", np.zeros((50, 100), np.uint8))], lattice=LATTICE, kind="classes"
    )
    layout = lay_out(**told(zones, rows_per_band=5), lattice=LATTICE, mosaics=[mosaic])
    assert len(layout.bands) == 10
    sent = [pickle.dumps(band) for band in layout.bands]
    assert max(map(len, sent)) < len(pickle.dumps(layout.bands[0].outline)) / 5
    for band, copy in zip(layout.bands, map(pickle.loads, sent), strict=True):
        one, other = band.spans(), copy.spans()
        assert len(one) == 500
        for name in one.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_array_equal(layout.places(band.groups(one)[0]), layout.places(copy.groups(other)[0]))


def test_a_zone_that_only_surrounds_a_tile_gives_it_no_band(tmp_path):
    tiles = [
        tuple(
            write_tile(tmp_path / f"{value}-{place}.tif", np.full((10, 10), value, np.uint8), col=COL + 10 * place)
            for place in range(3)
        )
        for value in (80, 0)
    ]
    ring = polygon((0, 0), (30, 0), (30, 10), (20, 10), (20, 0.2), (10, 0.2), (10, 10), (0, 10))
    result = measure_loss(LossLayers(*tiles), **told([Shape("z", ring)], product=product(), forest=ANY_COVER))
    assert result.zone_pixels["pixel_count"].to_pylist() == [200]


# --- by size -------------------------------------------------------------------------------------------------------
def test_small_zones_take_parts_and_large_ones_centres(tmp_path):
    side = 100
    zones = [
        Shape("large", box(0.3, 0.3, side + 0.3, side + 0.3)),
        Shape("small", box(0.3, 0.3, side + 0.2, side + 0.3)),
    ]
    assert side * side == SMALL_ZONE_PIXELS
    arguments = (tmp_path, np.full((side + 2, side + 2), 80), np.zeros((side + 2, side + 2)))
    mixed = measure(*arguments, zones=zones, pixel_rule="by_size")
    rules = dict(
        zip(mixed.zone_pixels["zone_id"].to_pylist(), mixed.zone_pixels["pixel_rule"].to_pylist(), strict=True)
    )
    assert rules == {"large": "centre", "small": "fraction"}
    for index, rule in enumerate(("centre", "fraction")):
        alone = measure(*arguments, zones=zones[index : index + 1], pixel_rule=rule).land_cover.to_pylist()
        assert [row for row in mixed.land_cover.to_pylist() if row["zone_id"] == zones[index].id] == alone
        assert {row["pixel_rule"] for row in alone} == {rule}


def test_a_plot_smaller_than_a_pixel_is_measured_by_size_only(tmp_path):
    zones = [Shape("plot", box(0.1, 0.1, 0.4, 0.4))]
    arguments = (tmp_path, [[80, 80]], [[0, 0]])
    with pytest.raises(ProjectError, match="takes no pixel") as caught:
        measure(*arguments, zones=zones)
    assert "by_size" in str(caught.value.remedy)
    [row] = measure(*arguments, zones=zones, pixel_rule="by_size").zone_pixels.to_pylist()
    [whole] = measure(*arguments, zones=[Shape("pixel", box(0, 0, 1, 1))]).zone_pixels.to_pylist()
    assert abs(int(row["area_um2"]) - 0.09 * int(whole["area_um2"])) / int(whole["area_um2"]) < 1e-8


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.2, 1.0))
def test_centres_of_a_zone_of_the_threshold_size_stay_within_the_zone_check(seed, flatness):
    """Areas by centres against parts, for irregular and elongated zones just above SMALL_ZONE_PIXELS."""
    rng = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = np.sqrt(SMALL_ZONE_PIXELS / np.pi / flatness) * (1.15 + 0.15 * rng.standard_normal(60).clip(-1, 1))
    ring = np.column_stack([radius * np.cos(angles), radius * np.sin(angles) * flatness]) + rng.random(2) + 400
    zones = [Shape("z", polygon(*ring))]
    laid = [
        lay_zones(Region(zones, default_stratum="", pixel_rule=rule), LATTICE).total_um2()
        for rule in ("centre", "fraction")
    ]
    assert abs(laid[0] - laid[1]) / laid[1] < 0.004


def test_a_large_zone_whose_area_centres_miss_takes_parts(tmp_path):
    """A field of 100.2 pixels a side along the grid, from 0.4 of a pixel: 101 x 101 centres."""
    field = Shape("field", box(0.4, 0.4, 100.6, 100.6))
    arguments = (tmp_path, np.full((102, 102), 80), np.zeros((102, 102)))
    centred, parted, mixed = (
        measure(*arguments, zones=[field], pixel_rule=rule).zone_pixels.to_pylist()[0]
        for rule in ("centre", "fraction", "by_size")
    )
    assert centred["pixel_count"] == 101 * 101
    assert mixed == parted
    assert mixed["pixel_rule"] == "fraction"
    assert abs(int(centred["area_um2"]) / int(parted["area_um2"]) - 1) > CENTRES_MISS
    for rows, workers in ((7, 1), (512, 4)):
        again = measure(
            *arguments, zones=[field], pixel_rule="by_size", rows_per_band=rows, runner=Threads(workers)
        ).zone_pixels.to_pylist()
        assert again == [mixed]


@settings(max_examples=60, deadline=None)
@given(st.lists(stars().filter(polygonal), min_size=1, max_size=4))
def test_centres_are_counted_as_they_are_filled(shapes):
    edges = Edges.of([to_degrees(shape) for shape in shapes], LATTICE)
    spans = fill_centres(edges)
    filled = np.bincount(spans.shape, spans.stop - spans.start, minlength=len(shapes))
    np.testing.assert_array_equal(edges.centres(len(shapes)), filled)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 1.0), st.floats(100.0, 140.0), st.floats(100.0, 140.0))
def test_by_size_keeps_every_zone_near_its_area(seed, turned, width, height):
    """Fields along the grid and turned ones."""
    offset = np.random.default_rng(seed).random(2) + 300
    field = shapely.affinity.rotate(shapely.box(0, 0, width, height), 0 if turned < 0.5 else 90 * turned)
    zones = [Shape("z", to_degrees(shapely.affinity.translate(field, *offset)))]
    laid = [
        lay_zones(Region(zones, default_stratum="", pixel_rule=rule), LATTICE).total_um2()
        for rule in ("by_size", "fraction")
    ]
    assert abs(laid[0] / laid[1] - 1) <= CENTRES_MISS * 1.01


# --- the outer border of strata ------------------------------------------------------------------------------------
BORDER = {"zones": [Shape("z", box(0.7, 0.7, 6.3, 4.3))], "pixel_rule": "fraction", "default_stratum": None}


def test_pixels_on_the_outer_border_go_to_the_stratum_that_covers_most(tmp_path):
    strata = [Shape("b", box(0.7, 0.7, 3.4, 4.3)), Shape("a", box(3.4, 0.7, 6.3, 4.3))]
    found = measure(tmp_path, np.full((6, 8), 80), np.zeros((6, 8)), strata=strata, **BORDER)
    # Column 3 is covered by b to 0.4 and by a to 0.6, in inner rows by centre and in the outermost by parts.
    assert counts(found) == {("z", "a", "forest", None): 4 * 5, ("z", "b", "forest", None): 3 * 5}


def test_of_equal_parts_the_first_id_counts_whatever_the_order(tmp_path):
    halves = [Shape("b", box(0.7, 0.7, 3.5, 4.3)), Shape("a", box(3.5, 0.7, 6.3, 4.3))]
    arguments = (tmp_path, np.full((6, 8), 80), np.zeros((6, 8)))
    one = measure(*arguments, strata=halves, **BORDER)
    assert measure(*arguments, strata=halves[::-1], **BORDER) == one
    names = [Shape("a", halves[0].geometry), Shape("b", halves[1].geometry)]
    other = counts(measure(*arguments, strata=names, **BORDER))
    # Three inner rows go by centre (a centre on the border goes east); rows 0 and 4, by the id.
    assert counts(one) == {("z", "a", "forest", None): 4 * 5, ("z", "b", "forest", None): 3 * 5}
    assert other == {("z", "a", "forest", None): 3 * 5 + 2, ("z", "b", "forest", None): 4 * 5 - 2}


def test_pixels_that_no_stratum_touches_are_refused(tmp_path):
    arguments = (tmp_path, np.full((6, 8), 80), np.zeros((6, 8)))
    with pytest.raises(ProjectError, match="no stratum") as caught:
        measure(*arguments, strata=[Shape("a", box(0.7, 0.7, 5.9, 4.3))], **BORDER)
    [row] = measure(
        *arguments, zones=[Shape("z", box(6, 0.7, 6.3, 4.3))], pixel_rule="fraction"
    ).zone_pixels.to_pylist()
    assert f"{um2_to_ha(int(row['area_um2'])).quantize(Decimal('0.0001'))} ha" in str(caught.value.found)


def test_with_a_default_the_centre_decides(tmp_path):
    strata = [Shape("a", box(0.7, 0.7, 6.3, 4.3))]
    changes = BORDER | {"default_stratum": "rest"}
    found = measure(tmp_path, np.full((6, 8), 80), np.zeros((6, 8)), strata=strata, **changes)
    assert counts(found) == {("z", "a", "forest", None): 5 * 3, ("z", "rest", "forest", None): 7 * 5 - 5 * 3}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stars().filter(polygonal),
    st.floats(6.0, 18.0),
    st.sampled_from(["fraction", "by_size", "centre"]),
    st.integers(1, 30),
    st.integers(1, 23),
    st.integers(1, 23),
)
def test_strata_that_make_up_a_zone_hold_it_by_any_rule_tile_and_worker(
    tmp_path, star, divide, rule, rows, row_seam, col_seam
):
    """Two strata cut from the zone itself: nothing lies outside, and borders of tiles and bands change no digit."""
    west, east = star.intersection(shapely.box(-9, -9, divide, 40)), star.intersection(shapely.box(divide, -9, 40, 40))
    assume(polygonal(west) and polygonal(east))
    strata = [Shape("west", to_degrees(west)), Shape("east", to_degrees(east))]
    values = {"cover": np.full((24, 24), 80, np.uint8), "loss": np.zeros((24, 24), np.uint8)}
    common = {"zones": [Shape("z", to_degrees(star))], "strata": strata, "default_stratum": None, "pixel_rule": rule}
    try:
        whole = measure(tmp_path, *values.values(), **common)
    except ProjectError as error:
        assert rule == "centre" and "takes no pixel" in str(error)
        return
    layers = LossLayers(
        *(tuple(split(tmp_path, *item, row_seam=row_seam, col_seam=col_seam)) for item in values.items())
    )
    more = {"product": product(), "forest": ANY_COVER, "runner": Threads(4), "rows_per_band": rows}
    assert measure_loss(layers, **told(**common, **more)) == whole


# --- columns -------------------------------------------------------------------------------------------------------
@given(st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)), max_size=20))
def test_halves_become_exact_decimals(halves):
    high, low = (np.array([pair[side] for pair in halves], dtype=np.int64) for side in (0, 1))
    assert [int(value) for value in whole_numbers(high, low).to_pylist()] == [
        (one << 32) + other for one, other in halves
    ]


def test_no_zone_is_refused():
    with pytest.raises(ProjectError, match="no zone"):
        lay_zones(Region([]), LATTICE)


def test_columns_are_those_of_the_table():
    table = DATASETS["zone_pixels"].empty()
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    assert DATASETS["zone_pixels"].columns(columns).equals(table)
    with pytest.raises(Exception, match="columns of zone_pixels") as caught:
        DATASETS["zone_pixels"].columns({name: column for name, column in columns.items() if name != "area_um2"})
    assert caught.value.found == "area_um2"
