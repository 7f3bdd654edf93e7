"""Areas and accuracies: the same as in fractions, whatever the order of the units, and sums that are exact."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.estimation.accuracy import error_matrix, map_accuracy
from mrv.estimation.areas import NOT_SEEN, class_areas
from mrv.estimation.sample import Stratum
from mrv.estimation.totals import Estimate
from tests.unit.estimation.cases import samples
from tests.unit.estimation.exact import CLASSES, Case, Unit, Value, ratio, total

FRAME_1 = Stratum(stratum_id="s", area=100, pixel_count=1000)


def units(stratum_id: str, labels: str) -> tuple[Unit, ...]:
    """Write pairs of map and reference class by the first letters: `lf` is loss on the map and forest in the reference."""
    by_letter = {name[0]: name for name in CLASSES}
    return tuple(
        Unit(f"{stratum_id}{number}", stratum_id, by_letter[pair[0]], by_letter[pair[1]])
        for number, pair in enumerate(labels.split())
    )


def same(found: Estimate, exact: tuple[Fraction, Fraction], *, scale: float = 1.0) -> None:
    value, variance = exact
    assert found.value == pytest.approx(float(value), rel=1e-12, abs=1e-12 * scale)
    # Where the units agree but for a rounding, the square root makes the rounding large.
    assert found.se == pytest.approx(math.sqrt(variance), rel=1e-9, abs=1e-9 * scale)
    assert found.ci90_half_width == pytest.approx(1.6448536269514722 * found.se)
    assert found.ci95_half_width == pytest.approx(1.959963984540054 * found.se)


@settings(deadline=None)
@given(case=samples())
def test_areas_are_those_of_slow_fractions(case: Case) -> None:
    scale = sum(stratum.area for stratum in case.strata)
    for zone in (None, "pa", "lb"):
        domain = {"zone_id": zone} if zone else {}
        for item in class_areas(case.sample(), classes=CLASSES, domain=domain):
            if item.estimate.value is None:
                assert not any(unit.zone_id == zone for unit in case.units)
                continue

            def inside(unit: Unit, label: Any = item.label, zone: str | None = zone) -> int:
                return unit.reference_class == label and zone in (None, unit.zone_id)

            same(item.estimate, total(case, inside), scale=scale)
            assert item.class_unit_count == sum(map(inside, case.units))


@settings(deadline=None)
@given(case=samples())
def test_areas_by_a_known_area_are_ratios_of_slow_fractions(case: Case) -> None:
    if not any(unit.zone_id == "pa" for unit in case.units):
        return
    for item in class_areas(case.sample(), classes=CLASSES, domain={"zone_id": "pa"}, known_area=7000.0):
        share, variance = ratio(
            case,
            lambda unit, label=item.label: unit.zone_id == "pa" and unit.reference_class == label,
            lambda unit: unit.zone_id == "pa",
        )
        same(item.estimate, (share * 7000, variance * 7000**2), scale=7000)


@settings(deadline=None)
@given(case=samples())
def test_accuracies_are_those_of_slow_fractions(case: Case) -> None:
    for item in map_accuracy(case.sample(), classes=CLASSES):
        y, x = accuracy_of(item.measure, str(item.label))
        assert item.estimate.unit_count == sum(map(x, case.units))
        if item.estimate.value is None:
            assert item.estimate.unit_count == 0
            assert item.estimate.reason
        else:
            same(item.estimate, ratio(case, y, x))
            assert 0 <= item.estimate.value <= 1 + 1e-15


def accuracy_of(measure: str, label: str) -> tuple[Value, Value]:
    def right(unit: Unit) -> int:
        return unit.map_class == unit.reference_class and label in ("*", unit.map_class)

    return right, {
        "overall": lambda unit: 1,
        "user": lambda unit: unit.map_class == label,
        "producer": lambda unit: unit.reference_class == label,
    }[measure]


@settings(deadline=None)
@given(case=samples(), seed=st.randoms(use_true_random=False), cut=st.integers(0, 32))
def test_order_and_batches_of_units_change_no_digit(case: Case, seed: Any, cut: int) -> None:
    mixed = list(case.units)
    seed.shuffle(mixed)
    one, other = case.sample(), case.sample([*mixed[cut:], *mixed[:cut]])
    domain = {"zone_id": "pa"}
    assert class_areas(one, classes=CLASSES) == class_areas(other, classes=CLASSES)
    assert class_areas(one, classes=CLASSES, domain=domain) == class_areas(other, classes=CLASSES, domain=domain)
    assert map_accuracy(one, classes=CLASSES) == map_accuracy(other, classes=CLASSES)
    assert error_matrix(one, classes=CLASSES) == error_matrix(other, classes=CLASSES)


@settings(deadline=None)
@given(case=samples(), seed=st.randoms(use_true_random=False))
def test_order_of_strata_and_unit_of_unit_areas_change_no_digit(case: Case, seed: Any) -> None:
    strata = list(case.strata)
    seed.shuffle(strata)
    turned = replace(
        case, strata=tuple(strata), units=tuple(replace(unit, area=unit.area * 1024) for unit in case.units)
    )
    assert class_areas(case.sample(), classes=CLASSES) == class_areas(turned.sample(), classes=CLASSES)


@settings(deadline=None)
@given(case=samples())
def test_classes_sum_to_the_area(case: Case) -> None:
    sample = case.sample()
    whole = class_areas(sample, classes=CLASSES)
    area = sum(stratum.area for stratum in case.strata)
    assert math.fsum(item.estimate.value or 0 for item in whole) == pytest.approx(area, rel=4e-16 * len(CLASSES))
    shares = [cell.area_share or 0 for cell in error_matrix(sample, classes=CLASSES)]
    assert math.fsum(shares) == pytest.approx(1, rel=1e-15 * len(shares))
    by_zone = [class_areas(sample, classes=CLASSES, domain={"zone_id": zone}) for zone in ("pa", "lb")]
    for item, *parts in zip(whole, *by_zone, strict=True):
        assert math.fsum(part.estimate.value or 0 for part in parts) == pytest.approx(item.estimate.value, rel=1e-14)


@settings(deadline=None)
@given(case=samples())
def test_rows_and_columns_of_the_error_matrix_are_areas(case: Case) -> None:
    sample = case.sample()
    cells = error_matrix(sample, classes=CLASSES)
    for item in class_areas(sample, classes=CLASSES):
        column = [cell for cell in cells if cell.reference_class == item.label]
        assert sum(cell.unit_count for cell in column) == item.class_unit_count
        share = math.fsum(cell.area_share or 0 for cell in column)
        assert share * sample.area == pytest.approx(item.estimate.value, rel=1e-12, abs=1e-9)


@settings(deadline=None)
@given(case=samples(estimators=("stratified",)))
def test_one_stratum_is_a_simple_sample(case: Case) -> None:
    first = case.strata[0]
    alone = Case((first,), tuple(unit for unit in case.units if unit.stratum_id == first.stratum_id), fpc=case.fpc)
    simple, post = replace(alone, estimator="simple"), replace(alone, estimator="post_stratified")
    expected = class_areas(alone.sample(), classes=CLASSES)
    assert class_areas(simple.sample(), classes=CLASSES) == expected
    for item, other in zip(expected, class_areas(post.sample(), classes=CLASSES), strict=True):
        assert other.estimate.value == item.estimate.value
        assert other.estimate.se == pytest.approx(item.estimate.se, rel=1e-14)


@settings(deadline=None)
@given(
    area=st.integers(1, 10**6),
    one=st.lists(st.booleans(), min_size=2, max_size=12),
    other=st.data(),
)
def test_merging_two_strata_of_equal_weight(area: int, one: list[bool], other: Any) -> None:
    n = len(one)
    two = other.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    apart = Case(
        (Stratum(stratum_id="a", area=area), Stratum(stratum_id="b", area=area)),
        units("a", " ".join("fl" if lost else "ff" for lost in one))
        + units("b", " ".join("fl" if lost else "ff" for lost in two)),
    )
    merged = Case(
        (Stratum(stratum_id="m", area=2 * area),), tuple(replace(unit, stratum_id="m") for unit in apart.units)
    )
    kept, joined = (class_areas(case.sample(), classes=["loss"])[0].estimate for case in (apart, merged))
    assert joined.value == pytest.approx(kept.value, rel=1e-15)
    # Within strata (2n − 2 degrees of freedom) and between the two (one more) make the variance of the merged one.
    p, q = Fraction(sum(one), n), Fraction(sum(two), n)
    within = n * p * (1 - p) + n * q * (1 - q)
    between = Fraction(n, 2) * (p - q) ** 2
    assert kept.se == pytest.approx(area * math.sqrt(within / (n - 1) / n), rel=1e-12)
    assert joined.se == pytest.approx(2 * area * math.sqrt((within + between) / (2 * n - 1) / (2 * n)), rel=1e-12)


def test_whole_strata_have_no_error_with_the_correction() -> None:
    case = Case((Stratum(stratum_id="s", area=40, pixel_count=4),), units("s", "ff fl ff ff"), fpc=True)
    (loss,) = class_areas(case.sample(), classes=["loss"])
    assert (loss.estimate.value, loss.estimate.se) == (10, 0)


def test_student_intervals_have_the_degrees_of_freedom_of_the_domain() -> None:
    strata = (FRAME_1, Stratum(stratum_id="t", area=50, pixel_count=500))
    far = tuple(replace(unit, zone_id="lb") for unit in units("t", "ff fl ff"))
    sample = Case(strata, units("s", "ll lf ff ff fl") + far).sample()
    (loss,) = class_areas(sample, classes=["loss"], interval="student")
    (in_zone,) = class_areas(sample, classes=["loss"], interval="student", domain={"zone_id": "pa"})
    assert (loss.estimate.degrees_of_freedom, in_zone.estimate.degrees_of_freedom) == (8 - 2, 5 - 1)
    # Tables of Student's t, two-sided 90 %.
    assert loss.estimate.two_sided_90 == pytest.approx(1.943180, abs=1e-6)
    assert in_zone.estimate.two_sided_90 == pytest.approx(2.131847, abs=1e-6)
    assert in_zone.estimate.ci90_half_width == pytest.approx(2.131847 * in_zone.estimate.se, rel=1e-6)


def test_strata_that_do_not_reach_a_domain_add_nothing_to_it() -> None:
    alone = Case((FRAME_1,), units("s", "ll lf ff ff fl"))
    far = tuple(replace(unit, zone_id="lb") for unit in units("t", "ff fl ff"))
    both = Case((FRAME_1, Stratum(stratum_id="t", area=50, pixel_count=500)), alone.units + far)
    inside = class_areas(both.sample(), classes=CLASSES, domain={"zone_id": "pa"}, interval="student")
    assert inside == class_areas(alone.sample(), classes=CLASSES, interval="student")


def test_a_class_never_seen_is_zero_and_told() -> None:
    _, gain = class_areas(Case((FRAME_1,), units("s", "ll lf ff")).sample(), classes=["loss", "gain"])
    assert (gain.estimate.value, gain.estimate.se, gain.class_unit_count) == (0, 0, 0)
    assert gain.estimate.reason == NOT_SEEN
    assert gain.estimate.u90_percent is None


def test_units_that_all_agree_are_no_certainty() -> None:
    sample = Case((FRAME_1,), units("s", "ff ff ff")).sample()
    (forest,) = class_areas(sample, classes=["forest"])
    assert (forest.estimate.value, forest.estimate.se) == (100, 0)
    assert "not certainty" in str(forest.estimate.reason)
    overall, *_ = map_accuracy(sample, classes=["forest"])
    assert (overall.estimate.value, overall.estimate.se) == (1, 0)
    assert "not certainty" in str(overall.estimate.reason)


def test_accuracy_of_a_class_without_units_is_null_with_its_reason() -> None:
    found = {
        (item.measure, item.label): item.estimate
        for item in map_accuracy(Case((FRAME_1,), units("s", "ll lf ff")).sample(), classes=CLASSES)
    }
    for measure, reason in (
        ("user", "no unit was mapped to this class"),
        ("producer", "no unit of this class was seen"),
    ):
        estimate = found[measure, "gain"]
        assert (estimate.value, estimate.se, estimate.ci90_half_width, estimate.reason) == (None, None, None, reason)


def test_a_domain_without_units_is_null_everywhere() -> None:
    sample = Case((FRAME_1,), units("s", "ll lf ff")).sample()
    nowhere = {"zone_id": "lb"}
    assert all(item.estimate.value is None for item in class_areas(sample, classes=CLASSES, domain=nowhere))
    assert all(item.estimate.value is None for item in map_accuracy(sample, classes=CLASSES, domain=nowhere))
    assert all(
        cell.area_share is None and cell.se is None for cell in error_matrix(sample, classes=CLASSES, domain=nowhere)
    )


def test_u90_is_in_per_cent_of_the_estimate() -> None:
    (loss,) = class_areas(Case((FRAME_1,), units("s", "fl ff ff ff")).sample(), classes=["loss"])
    # p 1/4 of 100 ha, SE 100 √(3/16 / 3) = 25 ha: the interval is z of the estimate.
    assert loss.estimate.se == pytest.approx(25)
    assert loss.estimate.u90_percent == pytest.approx(164.485363)


def test_many_strata_and_years_stay_the_same_in_numpy_integers() -> None:
    rng = np.random.default_rng(5)
    strata = [Stratum(stratum_id=f"s{number}", area=10.0 + number) for number in range(20)]
    drawn = [f"s{number}" for number in np.repeat(np.arange(20), 5)]
    years = rng.integers(2010, 2016, 100)
    from mrv.estimation.sample import Sample

    one = Sample.of(strata, unit_ids=[str(n) for n in range(100)], stratum_ids=drawn, columns={"year": years})
    other = Sample.of(
        strata, unit_ids=[str(n) for n in range(100)], stratum_ids=drawn, columns={"year": years.tolist()}
    )
    asked = list(range(2010, 2016))
    assert class_areas(one, classes=asked, column="year") == class_areas(other, classes=asked, column="year")
