"""Patches below the minimum area, against scipy's labels and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mrv.errors import GridError
from raster.area import WGS84
from raster.grid import Window
from raster.loss import ForestRule
from raster.patches import Partial, patch_margin, remove_small_patches
from raster.rules import FOREST, NODATA, NON_FOREST, UNREAD
from tests.unit.raster.pixels import LATTICE, ROW

PIXEL = 763_734_295_862_135  # um2, the size of a pixel at 7 degrees south
STRUCTURES = {4: ndimage.generate_binary_structure(2, 1), 8: ndimage.generate_binary_structure(2, 2)}


def rule(minimum, at_least=True, connectivity=8):
    return ForestRule(30, "greater", minimum, "at_least" if at_least else "greater", connectivity)


def by_labels(codes, areas, minimum, at_least, connectivity):
    """Tell the rule again with scipy's labels and Python's integers."""
    labels, count = ndimage.label(codes == FOREST, STRUCTURES[connectivity])
    kept = codes.copy()
    for label in range(1, count + 1):
        area = sum(areas[labels == label].tolist())
        if area < minimum or (area == minimum and not at_least):
            kept[labels == label] = NON_FOREST
    return kept


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_as_labels_say(data):
    seed, share = data.draw(st.integers(0, 10**6)), data.draw(st.sampled_from([0.2, 0.45, 0.6, 0.8, 1.0]))
    height, width = data.draw(st.integers(1, 25)), data.draw(st.integers(1, 25))
    connectivity, at_least = data.draw(st.sampled_from([4, 8])), data.draw(st.booleans())
    rng = np.random.default_rng(seed)
    codes = np.where(rng.random((height, width)) < share, FOREST, rng.integers(0, 2, (height, width))).astype(np.uint8)
    rows = np.array([PIXEL - row for row in range(height)], dtype=np.int64)
    minimum = data.draw(st.integers(1, 30)) * PIXEL
    areas = np.repeat(rows[:, None], width, axis=1)
    # Some pixels count by a part only, as on the border of a zone.
    some = rng.random((height, width)) < data.draw(st.sampled_from([0.0, 0.3]))
    areas[some] //= 3
    line, column = np.nonzero(some)
    first = np.searchsorted(line, np.arange(height + 1)).astype(np.int64)
    expected = by_labels(codes, areas, minimum, at_least, connectivity)
    remove_small_patches(
        codes,
        row_area_um2=rows,
        forest=rule(minimum, at_least, connectivity),
        open_edges=False,
        partial=Partial(first, column.astype(np.int64), areas[some]),
    )
    np.testing.assert_array_equal(codes, expected)


@pytest.mark.parametrize(("at_least", "kept"), [(True, True), (False, False)])
def test_a_patch_of_exactly_the_minimum(at_least, kept):
    codes = np.full((1, 5), NON_FOREST, dtype=np.uint8)
    codes[0, 1:4] = FOREST
    remove_small_patches(codes, row_area_um2=np.array([PIXEL]), forest=rule(3 * PIXEL, at_least), open_edges=False)
    assert (codes == FOREST).any() == kept


@pytest.mark.parametrize(("connectivity", "kept"), [(8, True), (4, False)])
def test_corners(connectivity, kept):
    codes = np.full((4, 4), NODATA, dtype=np.uint8)
    codes[np.arange(4), np.arange(4)] = FOREST
    areas = np.full(4, PIXEL)
    remove_small_patches(codes, row_area_um2=areas, forest=rule(4 * PIXEL, connectivity=connectivity), open_edges=False)
    assert (codes == FOREST).any() == kept
    assert (codes == NODATA).sum() == 12


def test_areas_beyond_64_bits_do_not_wrap():
    side = 120
    codes = np.full((side, side), FOREST, dtype=np.uint8)
    minimum = side * side * PIXEL
    assert minimum > 2**63
    remove_small_patches(codes, row_area_um2=np.full(side, PIXEL), forest=rule(minimum), open_edges=False)
    assert (codes == FOREST).all()
    remove_small_patches(codes, row_area_um2=np.full(side, PIXEL), forest=rule(minimum + 1), open_edges=False)
    assert (codes == NON_FOREST).all()


def test_what_reaches_the_unknown_is_kept():
    codes = np.full((5, 7), NON_FOREST, dtype=np.uint8)
    codes[2, 2] = codes[2, 5] = FOREST
    codes[:, 6] = UNREAD
    remove_small_patches(codes, row_area_um2=np.full(5, PIXEL), forest=rule(9 * PIXEL), open_edges=False)
    assert codes[2, 2] == NON_FOREST
    assert codes[2, 5] == FOREST
    assert (codes[:, 6] == UNREAD).all()


@pytest.mark.parametrize("place", [(0, 2), (4, 2), (2, 0), (2, 4)])
def test_open_edges_keep_what_they_cut(place):
    codes = np.full((5, 5), NON_FOREST, dtype=np.uint8)
    codes[place] = codes[2, 2] = FOREST
    remove_small_patches(codes, row_area_um2=np.full(5, PIXEL), forest=rule(9 * PIXEL), open_edges=True)
    assert codes[place] == FOREST
    assert codes[2, 2] == NON_FOREST


@given(st.integers(1, 400 * 10**16))
def test_the_margin_holds_more_than_the_minimum(minimum):
    window = Window(ROW, 0, 10, 10)
    margin = patch_margin(window, lattice=LATTICE, forest=rule(minimum), earth=WGS84)
    assert margin * PIXEL * 0.9 > minimum * 0.85
    assert (margin - 2) * PIXEL * 0.95 <= minimum


def test_no_filter_needs_no_margin_and_a_huge_one_is_refused():
    window = Window(ROW, 0, 10, 10)
    assert patch_margin(window, lattice=LATTICE, forest=rule(0), earth=WGS84) == 0
    with pytest.raises(GridError):
        patch_margin(window, lattice=LATTICE, forest=rule(10**21), earth=WGS84)
