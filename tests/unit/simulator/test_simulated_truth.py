"""The truth of the simulated landscape, and the people who look at it."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage
from shapely.geometry import Polygon, box

from mrv.boundaries import Zone
from mrv.simulator.interpreters import SHARE_CLOUDED, UNUSABLE, places, read, read_by_expert
from mrv.simulator.landscape import make_landscape
from mrv.simulator.truth import (
    CLASSES,
    LOSS,
    STABLE_FOREST,
    STABLE_NON_FOREST,
    Truth,
    make_truth,
    true_areas,
    uniform,
)
from raster.area import cell_area_m2

SPAN = {"first_year": 2016, "last_year": 2020}


def zone(zone_id: str, kind: str, geometry) -> Zone:
    return Zone(zone_id, kind, zone_id, None, geometry, "1", True, "none", 1, "0")


ZONES = [
    zone("lb", "leakage_belt", box(-77.2, -7.2, -77.0, -7.0)),
    zone(
        "pa",
        "project_area",
        Polygon([(-77.30013, -7.20007), (-77.20021, -7.21019), (-77.20033, -7.00011), (-77.25017, -7.03041)]),
    ),
]


@pytest.fixture(scope="module")
def landscape():
    return make_landscape(11, ZONES)


@pytest.fixture(scope="module")
def truth(landscape) -> Truth:
    return make_truth(landscape)


@pytest.fixture(scope="module")
def mapped(landscape) -> Truth:
    """What the map says, in the shape of a truth; the patch rule by a flood of its own."""
    forest = (landscape.tree_cover > 30) & (landscape.datamask == 1)
    labels, count = ndimage.label(forest, [[1, 1, 1]] * 3)
    for patch in range(1, count + 1) if count < 500 else ():
        if (labels == patch).sum() < 7:
            forest[labels == patch] = False
    return Truth(0, landscape.row, landscape.column, forest, np.where(forest, landscape.loss_year, 0).astype(np.uint8))


def everywhere(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Every pixel but those of the border."""
    rows, columns = truth.forest.shape
    row, column = np.meshgrid(np.arange(1, rows - 1), np.arange(1, columns - 1), indexing="ij")
    return (row + truth.row).ravel(), (column + truth.column).ravel()


def test_truth_is_decided_by_the_landscape(landscape, truth: Truth) -> None:
    again = make_truth(landscape)
    other = make_truth(make_landscape(12, ZONES))
    assert np.array_equal(truth.loss_year, again.loss_year)
    assert np.array_equal(truth.forest, again.forest)
    assert not np.array_equal(truth.loss_year, other.loss_year)


def test_the_map_is_wrong_as_often_as_it_says(truth: Truth, mapped: Truth) -> None:
    loss = mapped.loss_year > 0
    assert 0.09 < (truth.loss_year[loss] == 0).mean() < 0.11
    late = truth.loss_year[loss].astype(int) == mapped.loss_year[loss].astype(int) - 1
    assert 0.04 < late.mean() < 0.06
    assert (truth.loss_year.sum(where=loss) > 0) and not truth.loss_year[~truth.forest].any()
    more = (truth.loss_year > 0).sum() / loss.sum()
    assert 1.05 < more < 1.25


def test_missed_loss_lies_within_two_pixels_of_mapped_loss_of_its_year(truth: Truth, mapped: Truth) -> None:
    """But for a few pixels in ten thousand, far from all mapped loss."""
    missed = (truth.loss_year > 0) & (mapped.loss_year == 0)
    assert missed.sum() > 1000
    near_any = ndimage.binary_dilation(mapped.loss_year > 0, np.ones((5, 5)))
    for year in range(1, 25):
        near = ndimage.binary_dilation(mapped.loss_year == year, np.ones((5, 5)))
        assert near[missed & near_any & (truth.loss_year == year)].all()
    far = mapped.forest & ~near_any
    assert 0.0002 < (truth.loss_year[far] > 0).mean() < 0.0006
    assert set(np.unique(truth.loss_year[far])) == set(range(25))


def test_isolated_loss_can_be_more(landscape, truth: Truth) -> None:
    more = make_truth(landscape, isolated_share=0.004)
    added = (more.loss_year > 0) & (truth.loss_year == 0)
    assert not ((more.loss_year == 0) & (truth.loss_year > 0)).any()
    assert 0.002 < added.sum() / truth.forest.sum() < 0.004


def test_single_pixels_of_stable_classes_are_mistaken(landscape, truth: Truth, mapped: Truth) -> None:
    land = landscape.datamask == 1
    assert 0.002 < truth.forest[land & ~mapped.forest].mean() < 0.006
    assert 0.0005 < (~truth.forest[mapped.forest]).mean() < 0.0015
    assert not truth.forest[~land].any()


def test_classes_of_a_span_are_those_of_forest_and_year(truth: Truth) -> None:
    row, column = everywhere(truth)
    codes = truth.classes(row, column, **SPAN)
    years = truth.years(row, column)
    forest = truth.forest[row - truth.row, column - truth.column]
    for position in range(0, row.size, 997):
        year = years[position]
        if forest[position] and 2016 <= year <= 2020:
            expected = LOSS
        elif not forest[position] or 0 < year < 2016:
            expected = STABLE_NON_FOREST
        else:
            expected = STABLE_FOREST
        assert codes[position] == expected
    assert set(np.unique(codes)) == {LOSS, STABLE_FOREST, STABLE_NON_FOREST}


def test_pixels_outside_are_refused(truth: Truth) -> None:
    with pytest.raises(IndexError):
        truth.classes(np.array([truth.row - 1]), np.array([truth.column]), **SPAN)


def test_true_areas_are_the_sums_over_pixels(truth: Truth) -> None:
    """Counted anew by points of the zone's interior and by the closed form of a pixel's area."""
    rows = {(row.zone_id, row.reference_class, row.loss_year): row for row in true_areas(truth, ZONES, **SPAN)}
    row, column = everywhere(truth)
    codes = truth.classes(row, column, **SPAN)
    for item in ZONES:
        west, south, east, north = item.geometry.bounds
        longitude, latitude = -180 + (column + 0.5) / 4000, 80 - (row + 0.5) / 4000
        ring = np.array(item.geometry.exterior.coords)
        inside = (longitude > west) & (longitude < east) & (latitude > south) & (latitude < north)
        crossings = np.zeros(row.size, dtype=int)
        for (x0, y0), (x1, y1) in pairwise(ring):
            if y0 != y1:
                across = (latitude > min(y0, y1)) & (latitude <= max(y0, y1))
                crossings += across & (longitude < x0 + (latitude - y0) * (x1 - x0) / (y1 - y0))
        inside &= crossings % 2 == 1
        for code, name in enumerate(CLASSES):
            found = rows[item.zone_id, name, None]
            here = inside & (codes == code)
            assert found.pixel_count == here.sum()
            lines, counts = np.unique(row[here], return_counts=True)
            area = sum(
                count
                * cell_area_m2(north=80 - Decimal(line) / 4000, south=80 - Decimal(line + 1) / 4000, width_deg=0.00025)
                for line, count in zip(lines.tolist(), counts.tolist(), strict=True)
            )
            assert found.area_um2 == pytest.approx(area * 1e12, rel=1e-9)
        years = [found for (zone_id, _, year), found in rows.items() if zone_id == item.zone_id and year]
        assert sum(found.area_um2 for found in years) == rows[item.zone_id, "loss", None].area_um2


def test_numbers_of_pixels_have_no_pattern() -> None:
    row, column = np.meshgrid(np.arange(300_000, 300_400), np.arange(400_000, 400_400), indexing="ij")
    one, other = uniform(3, "a", row, column), uniform(3, "b", row, column)
    assert one.min() >= 0
    assert one.max() < 1
    assert abs(one.mean() - 0.5) < 0.005
    assert abs(one.var() - 1 / 12) < 0.002
    for left, right in (
        (one, other),
        (one[1:], one[:-1]),
        (one[:, 1:], one[:, :-1]),
        (one, uniform(4, "a", row, column)),
    ):
        assert abs(np.corrcoef(left.ravel(), right.ravel())[0, 1]) < 0.01


# --- interpreters -----------------------------------------------------------------------------------------------------
def test_places_are_the_pixels_of_their_centres(truth: Truth) -> None:
    row, column = everywhere(truth)
    longitude, latitude = -180 + (column + 0.5) / 4000, 80 - (row + 0.5) / 4000
    found = places(np.round(longitude, 7), np.round(latitude, 7))
    assert np.array_equal(found[0], row)
    assert np.array_equal(found[1], column)


def test_an_interpreter_sees_a_unit_alike_whatever_else_is_asked(truth: Truth) -> None:
    row, column = everywhere(truth)
    whole = read(truth, row, column, seed=5, interpreter=1, **SPAN)
    part = read(truth, row[::-7], column[::-7], seed=5, interpreter=1, **SPAN)
    assert np.array_equal(whole.codes[::-7], part.codes)
    assert np.array_equal(whole.loss_years[::-7], part.loss_years)
    assert np.array_equal(whole.sure[::-7], part.sure)


def test_mistakes_are_few_and_mostly_each_persons_own(truth: Truth) -> None:
    row, column = everywhere(truth)
    true = truth.classes(row, column, **SPAN)
    edge = truth.at_an_edge(row, column, **SPAN)
    one, two = (read(truth, row, column, seed=5, interpreter=number, **SPAN).codes for number in (1, 2))
    seen = (one != UNUSABLE) & (two != UNUSABLE)
    wrong, wrong_too = (one != true) & seen, (two != true) & seen
    for where, low, high in (
        ((true == LOSS), 0.02, 0.05),
        ((true == STABLE_FOREST) & edge, 0.02, 0.04),
        ((true == STABLE_FOREST) & ~edge, 0.001, 0.006),
        ((true == STABLE_NON_FOREST), 0.01, 0.025),
    ):
        assert low < wrong[where].mean() < high
    both = (wrong & wrong_too).sum() / wrong.sum()
    assert 0.05 < both < 0.2, "about a tenth of the mistakes are shared"
    clouded = (one == UNUSABLE).mean()
    assert SHARE_CLOUDED < clouded < SHARE_CLOUDED + 0.004


def test_years_are_given_to_loss_only_and_lie_in_the_span(truth: Truth) -> None:
    row, column = everywhere(truth)
    seen = read(truth, row, column, seed=5, interpreter=1, **SPAN)
    lost = seen.codes == LOSS
    assert not seen.loss_years[~lost].any()
    assert set(np.unique(seen.loss_years[lost])) == set(range(2016, 2021))
    true = truth.classes(row, column, **SPAN) == LOSS
    right = (seen.loss_years == truth.years(row, column))[lost & true].mean()
    assert 0.9 < right < 0.97


def test_the_expert_is_right_and_clouds_stay_clouds(truth: Truth) -> None:
    row, column = everywhere(truth)
    settled = read_by_expert(truth, row, column, seed=5, **SPAN)
    clear = settled.codes != UNUSABLE
    assert np.array_equal(settled.codes[clear], truth.classes(row, column, **SPAN)[clear])
    assert np.array_equal(settled.loss_years[settled.codes == LOSS], truth.years(row, column)[settled.codes == LOSS])
    for number in (1, 2):
        assert (read(truth, row, column, seed=5, interpreter=number, **SPAN).codes[~clear] == UNUSABLE).all()
