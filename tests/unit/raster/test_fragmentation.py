"""Core, edge and patches of forest, against plain re-tellings over the whole raster."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from raster.area import WGS84, row_areas_um2
from raster.distance import pixel_sides
from raster.fragmentation import measure_fragmentation
from raster.loss import ForestRule, Shape, measure_loss
from raster.parts import Threads, Work
from tests.unit.raster.pixels import LATTICE, ROW, box, product, to_degrees, told
from tests.unit.raster.test_loss_patches import PIXEL, STRUCTURES, landscape, tiles


def arguments(zones, **changes):
    own = {"product": product(), "forest": ForestRule(30, "greater"), "years": (2001, 2004), "edge_depth_m": 60.0}
    return told(zones, **(own | changes))


def retold(cover, loss, inside, code, *, depth_m, connectivity):
    """Measure one zone (a mask of whole pixels) at the end of one year by plain loops; 255 was not observed."""
    height, width = cover.shape
    areas = row_areas_um2(LATTICE, row=ROW, height=height)
    sides = pixel_sides(LATTICE, row=ROW, height=height, earth=WGS84)
    seen = cover <= 100
    forest = seen & (cover > 30) & ~((loss > 0) & (loss <= code))
    land = seen & ~forest
    core = edge = 0
    for row, column in np.argwhere(forest & inside):
        across, down = (sides.top[row] + sides.top[row + 1]) / 2e6, sides.height[row] / 1e6
        far = np.argwhere(land) - (row, column)
        near = (((far[:, 0] * down) ** 2 + (far[:, 1] * across) ** 2) <= depth_m**2).any()
        core += 0 if near else int(areas[row])
        for line, at, length in (
            (row - 1, column, sides.top[row]),
            (row + 1, column, sides.top[row + 1]),
            (row, column - 1, sides.height[row]),
            (row, column + 1, sides.height[row]),
        ):
            if 0 <= line < height and 0 <= at < width and land[line, at]:
                edge += int(length)
    labels, count = ndimage.label(forest & inside, STRUCTURES[connectivity])
    sizes = [sum(int(areas[row]) for row, _ in np.argwhere(labels == label)) for label in range(1, count + 1)]
    whole = sum(int(areas[row]) for row, _ in np.argwhere(forest & inside))
    # The rule has no minimum area: every piece reaches it.
    return whole, core, edge, count, count, 0, max(sizes, default=0)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_as_plain_loops_say(tmp_path_factory, data):
    seed, connectivity = data.draw(st.integers(0, 10**6)), data.draw(st.sampled_from([4, 8]))
    height, width = data.draw(st.integers(3, 16)), data.draw(st.integers(3, 16))
    depth_m = data.draw(st.sampled_from([0.0, 27.7, 60.0, 100.0]))
    cover, loss = landscape(seed, height, width)
    rng = np.random.default_rng(seed + 1)
    cover[rng.random(cover.shape) < data.draw(st.sampled_from([0.0, 0.1]))] = 255
    cover[(cover == 5) & (rng.random(cover.shape) < data.draw(st.sampled_from([0.0, 0.8])))] = 90
    left = data.draw(st.integers(0, width - 1))
    zones = [Shape("left", box(0, 0, left + 1, height)), Shape("whole", box(0, 0, width, height))]
    rows = data.draw(st.sampled_from([1, 2, 5, 512]))
    found = measure_fragmentation(
        tiles(tmp_path_factory.mktemp("t"), cover, loss),
        **arguments(
            zones, rows_per_band=rows, edge_depth_m=depth_m, forest=ForestRule(30, "greater", connectivity=connectivity)
        ),
    )
    masks = {"left": np.arange(width) <= left, "whole": np.ones(width, bool)}
    expected = [
        (
            name,
            2000 + code,
            *retold(
                cover,
                loss,
                np.broadcast_to(mask, cover.shape),
                code,
                depth_m=depth_m,
                connectivity=connectivity,
            ),
        )
        for name, mask in masks.items()
        for code in range(1, 5)
    ]
    assert [
        (
            item.zone_id,
            item.year,
            item.forest_um2,
            item.core_um2,
            item.edge_um,
            item.patches,
            item.patches_min_area,
            item.below_min_um2,
            item.largest_um2,
        )
        for item in found
    ] == expected


@pytest.mark.parametrize("extent", ["landscape", "zone"])
@pytest.mark.parametrize("pixel_rule", ["centre", "fraction"])
def test_no_seam_shows_and_forest_is_that_of_the_loss_table(extent, pixel_rule, tmp_path):
    cover, loss = landscape(3, 40, 50)
    slanted = to_degrees(shapely.Polygon([(3.3, 2.2), (44.1, 5.9), (38.7, 36.4), (8.8, 30.2)]))
    zones = [Shape("right", box(20, 4, 48, 39)), Shape("slanted", slanted)]
    forest = ForestRule(30, "greater", min_area_um2=4 * PIXEL, patch_extent=extent)
    common = arguments(zones, forest=forest, pixel_rule=pixel_rule, edge_depth_m=30.0)
    one, four = tiles(tmp_path, cover, loss), tiles(tmp_path, cover, loss, cuts=((13,), (27,)))
    expected = measure_fragmentation(one, **common)
    assert any(0 < item.core_um2 < item.forest_um2 for item in expected)
    # Small pieces beside large ones, else a piece that a seam cuts could not show.
    assert any(0 < item.patches_min_area < item.patches and item.below_min_um2 for item in expected)
    for layers, rows, workers in ((one, 7, 1), (four, 512, 2), (four, 3, 3), (four, 1, 1)):
        again = measure_fragmentation(layers, **(common | {"work": Work(Threads(workers), rows_per_band=rows)}))
        assert again == expected
    land = measure_loss(one, common["region"], product=product(), forest=forest).land_cover.to_pylist()
    for item in expected:
        rows = [row for row in land if row["zone_id"] == item.zone_id and row["cover_class"] == "forest"]
        assert item.forest_um2 == sum(
            row["area_um2"] for row in rows if row["loss_year"] is None or row["loss_year"] > item.year
        )


def test_the_border_of_a_zone_is_no_edge_but_open_land_beyond_it_is(tmp_path):
    cover, loss = np.full((12, 12), 90, np.uint8), np.zeros((12, 12), np.uint8)
    cover[:, 9] = 5
    zones = [Shape("inside", box(2, 2, 6, 6)), Shape("to_the_road", box(5, 2, 9, 6))]
    inside, beside = measure_fragmentation(
        tiles(tmp_path, cover, loss), **arguments(zones, years=(2004, 2004), edge_depth_m=30.0)
    )
    assert inside.edge_um == 0
    assert inside.core_um2 == inside.forest_um2
    sides = pixel_sides(LATTICE, row=ROW + 2, height=4, earth=WGS84)
    assert beside.edge_um == int(sides.height.sum())
    # One pixel of depth is 27.6 m: the column beside the open land is edge, the next one (two pixels away) is core.
    assert beside.core_um2 * 4 == beside.forest_um2 * 3


def test_a_zone_without_forest(tmp_path):
    cover, loss = np.full((6, 6), 5, np.uint8), np.zeros((6, 6), np.uint8)
    found = measure_fragmentation(tiles(tmp_path, cover, loss), **arguments([Shape("z", box(0, 0, 6, 6))]))
    assert {
        (item.forest_um2, item.core_um2, item.edge_um, item.patches, item.patches_min_area, item.largest_um2)
        for item in found
    } == {(0, 0, 0, 0, 0, 0)}


@pytest.mark.parametrize("rule", ["at_least", "greater"])
@pytest.mark.parametrize("rows", [1, 2, 512])
def test_the_minimum_area_is_asked_again_of_what_loss_left(rule, rows, tmp_path):
    """A block of twelve pixels loses its middle: eight and two stay forest, of which one reaches the minimum."""
    cover, loss = np.full((8, 10), 5, np.uint8), np.zeros((8, 10), np.uint8)
    cover[2:4, 1:7] = 90
    loss[2:4, 5] = 3
    areas = row_areas_um2(LATTICE, row=ROW, height=8)
    pair, eight = sum(map(int, areas[2:4])), 4 * sum(map(int, areas[2:4]))
    found = measure_fragmentation(
        tiles(tmp_path, cover, loss),
        **arguments(
            [Shape("z", box(0, 0, 10, 8))],
            rows_per_band=rows,
            years=(2002, 2003),
            # The larger piece has the minimum to the last square micrometre.
            forest=ForestRule(30, "greater", min_area_um2=eight, min_area_rule=rule),
        ),
    )
    assert [(item.patches, item.patches_min_area, item.below_min_um2) for item in found] == [
        (1, 1, 0),
        (2, 1, pair) if rule == "at_least" else (2, 0, pair + eight),
    ]
    assert found[1].forest_um2 == eight + pair


def test_without_a_minimum_every_piece_reaches_it(tmp_path):
    cover, loss = landscape(4, 20, 20)
    found = measure_fragmentation(tiles(tmp_path, cover, loss), **arguments([Shape("z", box(0, 0, 20, 20))]))
    assert max(item.patches for item in found) > 1
    assert all(item.patches_min_area == item.patches and item.below_min_um2 == 0 for item in found)
