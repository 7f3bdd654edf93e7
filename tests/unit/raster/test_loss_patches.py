"""Patches of loss, against scipy's labels; no seam of windows or tiles shows."""

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy import ndimage

from raster.area import WGS84, row_areas_um2
from raster.bands import Layers
from raster.distance import Features, pixel_sides
from raster.forest_years import KEPT, OPEN, UNSEEN, forest_years, joined, year_runs
from raster.grid import Window
from raster.loss import ForestRule, LossLayers, Shape, measure_loss
from raster.loss_patches import measure_patches
from raster.parts import Threads, Work
from tests.unit.raster.pixels import COL, LATTICE, ROW, box, product, to_degrees, told, write_tile

STRUCTURES = {4: ndimage.generate_binary_structure(2, 1), 8: ndimage.generate_binary_structure(2, 2)}
GEOD = Geod(ellps="WGS84")
PIXEL = int(row_areas_um2(LATTICE, row=ROW, height=1)[0])


def landscape(seed, height, width, years=4):
    rng = np.random.default_rng(seed)
    cover = np.where(rng.random((height, width)) < 0.8, 90, 5).astype(np.uint8)
    # Blocks of the same year, so that patches are more than single pixels.
    coarse = rng.integers(0, years + 1, (height // 2 + 1, width // 3 + 1))
    loss = np.kron(coarse, np.ones((2, 3), int))[:height, :width]
    loss[rng.random((height, width)) < 0.3] = 0
    return cover, loss.astype(np.uint8)


def tiles(folder, cover, loss, cuts=((), ())):
    """Write the layers as tiles cut at some rows and columns; return them with their order turned round."""
    rows, columns = ([0, *sorted(cut), size] for cut, size in zip(cuts, cover.shape, strict=True))
    paths = {"tree_cover": [], "loss_year": []}
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            for name, layer in (("tree_cover", cover), ("loss_year", loss)):
                path = folder / f"{name}-{top}-{left}-{bottom}-{right}.tif"
                write_tile(path, np.ascontiguousarray(layer[top:bottom, left:right]), row=ROW + top, col=COL + left)
                paths[name].insert(0, path)
    return LossLayers(tuple(paths["tree_cover"]), tuple(paths["loss_year"]))


def arguments(zones, **changes):
    own = {"product": product(), "forest": ForestRule(30, "greater"), "years": (2001, 2023), "earlier_within_m": 100.0}
    return told(zones, **(own | changes))


def table(found, zones):
    """Return the patches as plain rows, with everything that a window or tile could change."""
    parts = found.parts
    taken = {}
    for index in range(len(parts.patch)):
        key = (zones[parts.zone[index]].id, int(parts.stratum[index]))
        taken.setdefault(int(parts.patch[index]), []).append((*key, int(parts.pixels[index]), parts.area_um2[index]))
    return [
        (
            *(int(column[patch]) for column in (found.code, found.row, found.column, found.pixels, found.is_whole)),
            found.area_um2[patch],
            float(found.elongation[patch]),
            float(found.earlier_loss_m[patch]),
            taken[patch],
        )
        for patch in range(len(found.code))
    ]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_as_labels_say(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("tiles")
    seed, connectivity = data.draw(st.integers(0, 10**6)), data.draw(st.sampled_from([4, 8]))
    height, width = data.draw(st.integers(2, 14)), data.draw(st.integers(2, 14))
    cover, loss = landscape(seed, height, width)
    left = data.draw(st.integers(0, width - 1))
    zones = [Shape("left", box(0, 0, left + 1, height)), Shape("whole", box(0, 0, width, height))]
    found = measure_patches(
        tiles(folder, cover, loss),
        **arguments(zones, forest=ForestRule(30, "greater", connectivity=connectivity)),
    )
    areas = np.repeat(row_areas_um2(LATTICE, row=ROW, height=height)[:, None], width, axis=1)
    expected = []
    for code in range(1, 5):
        labels, count = ndimage.label((loss == code) & (cover > 30), STRUCTURES[connectivity])
        for label in range(1, count + 1):
            rows, columns = np.nonzero(labels == label)
            inside = columns <= left
            taken = [("whole", -1, len(rows), sum(areas[rows, columns].tolist()))]
            if inside.any():
                taken.insert(0, ("left", -1, int(inside.sum()), sum(areas[rows[inside], columns[inside]].tolist())))
            edge = (rows.min() > 0) & (rows.max() < height - 1) & (columns.min() > 0) & (columns.max() < width - 1)
            # The first pixel in the order of rows; nonzero gives them in this order.
            expected.append((code, ROW + rows[0], COL + columns[0], len(rows), int(edge), taken[-1][3], taken))
    expected.sort(key=lambda row: row[:3])
    assert [(*row[:6], row[8]) for row in table(found, zones)] == expected


@pytest.mark.parametrize("extent", ["landscape", "zone"])
@pytest.mark.parametrize("pixel_rule", ["centre", "fraction"])
def test_no_seam_shows_and_zones_add_up(extent, pixel_rule, tmp_path):
    cover, loss = landscape(7, 40, 50)
    slanted = to_degrees(shapely.Polygon([(3.3, 2.2), (44.1, 5.9), (38.7, 36.4), (8.8, 30.2)]))
    zones = [Shape("slanted", slanted), Shape("right", box(20, 4, 48, 39))]
    strata = [Shape("north", box(0, 0, 50, 17))]
    forest = ForestRule(30, "greater", min_area_um2=4 * PIXEL, patch_extent=extent)
    common = arguments(zones, forest=forest, pixel_rule=pixel_rule, strata=strata)
    one = tiles(tmp_path, cover, loss)
    four = tiles(tmp_path, cover, loss, cuts=((13,), (27,)))
    expected = table(measure_patches(one, **common), zones)
    assert len(expected) > 50
    for layers, rows, workers in ((one, 7, 1), (four, 512, 1), (four, 5, 3), (four, 1, 2)):
        found = measure_patches(layers, **(common | {"work": Work(Threads(workers), rows_per_band=rows)}))
        assert table(found, zones) == expected
    land = measure_loss(one, common["region"], product=product(), forest=forest).land_cover.to_pylist()
    lost, names = {}, {0: "north", -1: "all"}
    for code, *_, taken in expected:
        for zone, stratum, pixels, area in taken:
            cell = lost.setdefault((zone, names[stratum], 2000 + code), [0, 0])
            cell[0], cell[1] = cell[0] + pixels, cell[1] + area
    assert lost == {
        (row["zone_id"], row["stratum_id"], row["loss_year"]): [row["pixel_count"], row["area_um2"]]
        for row in land
        if row["cover_class"] == "forest" and row["loss_year"]
    }


def test_only_the_asked_years_but_all_earlier_ones_near(tmp_path):
    cover = np.full((9, 30), 90, np.uint8)
    loss = np.zeros((9, 30), np.uint8)
    loss[4, 10:12] = 3
    loss[4, 14] = 2  # earlier, two pixels away
    loss[4, 9] = 4  # later, touching
    loss[2, 25] = 3  # nothing earlier within reach
    loss[6, 12] = 1  # earlier, one row between: nearer than the other one
    layers, zones = tiles(tmp_path, cover, loss), [Shape("z", box(0, 0, 30, 9))]
    found = measure_patches(layers, **arguments(zones, years=(2003, 2003), earlier_within_m=120.0))
    assert [(int(row), int(column)) for row, column in zip(found.row, found.column, strict=True)] == [
        (ROW + 2, COL + 25),
        (ROW + 4, COL + 10),
    ]
    sides = pixel_sides(LATTICE, row=ROW + 4, height=1, earth=WGS84)
    assert found.earlier_loss_m[0] == math.inf
    assert found.earlier_loss_m[1] == pytest.approx(sides.height[0] / 1e6, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_distance_to_earlier_loss_as_brute_force_says(tmp_path_factory, seed):
    cover, loss = landscape(seed, 12, 16)
    loss[np.random.default_rng(seed).random(loss.shape) < 0.6] = 0
    layers = tiles(tmp_path_factory.mktemp("t"), cover, loss)
    zones = [Shape("z", box(0, 0, 16, 12))]
    found = measure_patches(layers, **arguments(zones, earlier_within_m=95.0))
    sides = pixel_sides(LATTICE, row=ROW, height=12, earth=WGS84)
    expected = []
    for code in range(1, 5):
        labels, count = ndimage.label((loss == code) & (cover > 30), STRUCTURES[8])
        earlier = np.argwhere((loss > 0) & (loss < code) & (cover > 30))
        for label in range(1, count + 1):
            best = math.inf
            for row, column in np.argwhere(labels == label):
                across, down = (sides.top[row] + sides.top[row + 1]) / 2e6, sides.height[row] / 1e6
                for other, at in earlier:
                    x, y = max(0, abs(at - column) - 1) * across, max(0, abs(other - row) - 1) * down
                    best = min(best, math.hypot(x, y))
            expected.append(best if best <= 95.0 else math.inf)
    assert sorted(found.earlier_loss_m.tolist()) == pytest.approx(sorted(expected), rel=1e-9)


def test_sides_are_geodesic_lengths():
    sides = pixel_sides(LATTICE, row=ROW, height=3, earth=WGS84)
    for index in range(3):
        north, south = float(LATTICE.y(ROW + index)), float(LATTICE.y(ROW + index + 1))
        assert sides.height[index] / 1e6 == pytest.approx(GEOD.inv(-77, north, -77, south)[2], abs=1e-6)
        assert sides.top[index] / 1e6 == pytest.approx(GEOD.inv(-77, north, -76.99975, north)[2], abs=1e-6)


def test_distances_to_features_are_geodesic_from_the_nearest_pixel_edge(tmp_path):
    cover, loss = np.full((60, 80), 90, np.uint8), np.zeros((60, 80), np.uint8)
    loss[10:13, 20:24] = 1
    loss[40, 60] = 2
    zones = [Shape("z", box(0, 0, 80, 60))]
    found = measure_patches(tiles(tmp_path, cover, loss), **arguments(zones))
    west, south, east, north = zones[0].geometry.bounds
    road = to_degrees(shapely.LineString([(22, 5), (22, 11.5), (22, 9), (70, 9)]))
    town = to_degrees(shapely.Point(60.5, 45))
    far = shapely.Point(-76.0, -7.3)
    runs = (found.runs, found.owner, len(found.code))
    touching = Features([road], (west, south, east, north)).distances(*runs, lattice=LATTICE)
    assert touching[0] == 0.0
    near = Features([town], (west, south, east, north)).distances(*runs, lattice=LATTICE)
    lon, lat = -77 + 60.5 * 0.00025, -7 - 45 * 0.00025
    assert near[1] == pytest.approx(GEOD.inv(lon, lat, lon, -7 - 41 * 0.00025)[2], abs=0.01)
    lake = to_degrees(shapely.Polygon([(15, 5), (30, 5), (30, 50), (15, 50)]))
    assert Features([lake], (west, south, east, north)).distances(*runs, lattice=LATTICE)[0] == 0.0  # within it
    shore = to_degrees(shapely.MultiPolygon([shapely.box(60, 43, 61, 44), shapely.box(0, 55, 80, 60)]))
    beside = Features([shore], (west, south, east, north)).distances(*runs, lattice=LATTICE)
    assert beside[1] == pytest.approx(GEOD.inv(lon, -7 - 43 * 0.00025, lon, -7 - 41 * 0.00025)[2], abs=0.01)
    # Far away, against the nearest of many points on the outlines of the pixels.
    away = Features([far], (west, south, east, north)).distances(*runs, lattice=LATTICE)
    corners = shapely.get_coordinates(shapely.segmentize(box(20, 10, 24, 13), 0.00001))
    least = min(GEOD.inv(far.x, far.y, x, y)[2] for x, y in corners)
    assert away[0] == pytest.approx(least, rel=1e-6)
    assert Features([], (west, south, east, north)).distances(*runs, lattice=LATTICE).tolist() == [math.inf] * 2


def test_shape_of_patches(tmp_path):
    cover, loss = np.full((40, 40), 90, np.uint8), np.zeros((40, 40), np.uint8)
    loss[3:7, 3:7] = 1  # as long as wide
    loss[12, 2:32] = 1  # a line
    for step in range(12):
        loss[20 + step, 5 + step] = 2  # a slanted line
    found = measure_patches(tiles(tmp_path, cover, loss), **arguments([Shape("z", box(0, 0, 40, 40))]))
    square, line, slanted = found.elongation
    sides = pixel_sides(LATTICE, row=ROW + 3, height=1, earth=WGS84)
    ratio = sides.height[0] / sides.top[0]
    assert square == pytest.approx(max(ratio, 1 / ratio), rel=1e-6)
    assert line == pytest.approx(30 * sides.top[0] / sides.height[0], rel=1e-3)
    assert 10 < slanted < 20


def test_what_is_not_forest_or_not_seen(tmp_path):
    cover = np.array([[90, 5, 255, 90, 90]], np.uint8)
    loss = np.array([[3, 3, 3, 0, 30]], np.uint8)
    rule = product(last_year=2023, loss_year_nodata=(30,))
    layers = Layers.open(tiles(tmp_path, cover, loss), rule, ForestRule(30, "greater"), WGS84)
    window = Window(ROW, COL, 1, 6)
    assert forest_years(layers, window).tolist() == [[3, OPEN, UNSEEN, KEPT, UNSEEN, UNSEEN]]


def test_a_run_cut_by_a_border_becomes_one_again():
    years = np.array([[0, 1, 1, 1, 2, 2], [1, 1, 0, 0, 0, 3]], np.uint8)
    whole = year_runs(years, Window(5, 7, 2, 6), last=3)
    left = year_runs(years[:, :3], Window(5, 7, 2, 3), last=3)
    right = year_runs(years[:, 3:], Window(5, 10, 2, 3), last=3)
    for one, other in zip(joined([right, left]), whole, strict=True):
        assert one.tolist() == other.tolist()
    assert len(joined([year_runs(years[:, :1], Window(0, 0, 2, 1), last=0)]).row) == 0
