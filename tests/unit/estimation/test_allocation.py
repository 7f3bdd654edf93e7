"""Sample sizes and how they are shared: the published one, and sums that are exact within floor and pixels."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.errors import InputError, UsageError
from mrv.estimation.allocation import allocate, expected_se, sample_size, se_for_u90
from mrv.estimation.areas import class_areas
from mrv.estimation.sample import Stratum
from mrv.intervals import normal_z
from tests.unit.estimation.exact import Case, Unit

# Olofsson et al. 2014, 5.1.1: mapped areas as shares, expected user's accuracies, ten million pixels.
PAPER = tuple(
    Stratum(stratum_id=name, area=share * 1e7, pixel_count=round(share * 1e7))
    for name, share in (("deforestation", 0.02), ("gain", 0.015), ("forest", 0.32), ("other", 0.645))
)
EXPECTED = {"deforestation": 0.7, "gain": 0.6, "forest": 0.9, "other": 0.95}


def test_the_published_sample_size() -> None:
    # Methodology 3.2: Σ W S is 0.2531; 641, which the paper rounds to 640.
    assert sample_size(PAPER, expected=EXPECTED, target_se=0.01) == 641
    without_pixels = [Stratum(stratum_id=item.stratum_id, area=item.area) for item in PAPER]
    assert abs(sample_size(without_pixels, expected=EXPECTED, target_se=0.01) - 640) <= 1


def test_the_size_gives_the_error_it_was_made_for() -> None:
    n = sample_size(PAPER, expected=EXPECTED, target_se=0.01)
    optimal = allocate(PAPER, size=n, rule="optimal", expected=EXPECTED)
    assert expected_se(PAPER, expected=EXPECTED, counts=optimal) == pytest.approx(0.01, rel=2e-3)
    other = allocate(PAPER, size=n, rule="equal", expected=EXPECTED)
    assert expected_se(PAPER, expected=EXPECTED, counts=other) > 0.0125


def test_a_small_frame_needs_fewer_units() -> None:
    small = [Stratum(stratum_id="s", area=100, pixel_count=1000)]
    # 1/4 / (0.05² + 1/4 / 1000)
    assert sample_size(small, expected={"s": 0.5}, target_se=0.05) == 91
    assert sample_size([Stratum(stratum_id="s", area=100)], expected={"s": 0.5}, target_se=0.05) == 100


def test_the_size_for_an_interval_of_the_area_of_loss() -> None:
    strata = [Stratum(stratum_id="near", area=2000), Stratum(stratum_id="far", area=78_000)]
    expected = {"near": 0.5, "far": 0.001}
    target = se_for_u90(strata, expected=expected, u90=0.10, z90=normal_z(confidence=0.90))
    loss_share = (2000 * 0.5 + 78_000 * 0.001) / 80_000
    assert target == pytest.approx(0.10 * loss_share / 1.6448536)
    n = sample_size(strata, expected=expected, target_se=target)
    counts = allocate(strata, size=n, rule="optimal", expected=expected)
    assert 1.6448536 * expected_se(strata, expected=expected, counts=counts) / loss_share == pytest.approx(
        0.1, rel=1e-3
    )


def test_the_expected_error_is_that_of_such_a_sample() -> None:
    strata = (Stratum(stratum_id="s", area=80, pixel_count=10**6), Stratum(stratum_id="t", area=20, pixel_count=10**6))
    units = [Unit(f"s{n}", "s", "forest", "loss" if n < 5 else "forest") for n in range(100)]
    units += [Unit(f"t{n}", "t", "loss", "loss" if n < 60 else "forest") for n in range(100)]
    (loss,) = class_areas(Case(strata, tuple(units)).sample(), classes=["loss"])
    expected = expected_se(strata, expected={"s": 0.05, "t": 0.6}, counts={"s": 100, "t": 100})
    # The estimator divides by n − 1.
    assert loss.estimate.se == pytest.approx(100 * expected * math.sqrt(100 / 99))


def test_rare_classes_get_the_floor_and_the_others_share_the_rest() -> None:
    found = allocate(PAPER, size=641, rule="proportional", floor=75)
    assert found == {"deforestation": 75, "forest": 163, "gain": 75, "other": 328}
    assert allocate(PAPER, size=641, rule="equal") == {"deforestation": 161, "forest": 160, "gain": 160, "other": 160}


def test_the_rules_are_the_named_ones() -> None:
    strata = [
        Stratum(stratum_id=name, area=area, pixel_count=10**6) for name, area in (("a", 100), ("b", 400), ("c", 900))
    ]
    expected = {"a": 0.5, "b": 0.5, "c": 0.5}
    assert list(allocate(strata, size=600, rule="power", power=0.5).values()) == [100, 200, 300]
    assert list(allocate(strata, size=1400, rule="proportional").values()) == [100, 400, 900]
    assert list(allocate(strata, size=1400, rule="power", power=1.0).values()) == [100, 400, 900]
    assert list(allocate(strata, size=600, rule="power", power=0.0).values()) == [200, 200, 200]
    assert list(allocate(strata, size=1400, rule="optimal", expected=expected).values()) == [100, 400, 900]
    # 100 · 0.4 : 400 · 0.3 : 900 · 0
    spread = {"a": 0.2, "b": 0.1, "c": 0.0}
    assert list(allocate(strata, size=162, rule="optimal", expected=spread).values()) == [40, 120, 2]


RULES = st.sampled_from(["equal", "proportional", "power", "optimal"])


@settings(deadline=None)
@given(
    pixels=st.lists(st.integers(1, 5000), min_size=1, max_size=9),
    rule=RULES,
    floor=st.integers(2, 60),
    part=st.fractions(0, 1),
    seed=st.randoms(use_true_random=False),
)
def test_allocations_sum_within_floor_and_pixels(
    pixels: list[int], rule: Any, floor: int, part: Fraction, seed: Any
) -> None:
    strata = [Stratum(stratum_id=f"s{n}", area=count * 0.07, pixel_count=count) for n, count in enumerate(pixels)]
    least = sum(min(floor, count) for count in pixels)
    size = least + int(part * (sum(pixels) - least))
    expected = {stratum.stratum_id: 0.1 for stratum in strata}
    found = allocate(strata, size=size, rule=rule, floor=floor, expected=expected)
    assert sum(found.values()) == size
    for stratum in strata:
        assert stratum.pixel_count is not None
        assert min(floor, stratum.pixel_count) <= found[stratum.stratum_id] <= stratum.pixel_count
    mixed = strata.copy()
    seed.shuffle(mixed)
    assert allocate(mixed, size=size, rule=rule, floor=floor, expected=expected) == found


@settings(deadline=None)
@given(areas=st.lists(st.integers(1, 10**6), min_size=1, max_size=8), size=st.integers(0, 3000))
def test_units_are_within_one_of_their_share(areas: list[int], size: int) -> None:
    strata = [Stratum(stratum_id=f"s{n}", area=area) for n, area in enumerate(areas)]
    found = allocate(strata, size=size, rule="proportional", floor=0)
    for stratum in strata:
        assert abs(found[stratum.stratum_id] - Fraction(size * stratum.area) / sum(areas)) < 1


@pytest.mark.parametrize("size", [1, 7, 2001])
def test_a_size_that_does_not_fit_is_refused(size: int) -> None:
    strata = [Stratum(stratum_id=name, area=1, pixel_count=1000) for name in "ab"]
    with pytest.raises(InputError, match="cannot be shared") as caught:
        allocate(strata, size=size, rule="equal", floor=4)
    assert caught.value.expected == "8 to 2,000 units: 2 strata with at least 4 each"


def test_manual_counts_are_taken_as_they_are() -> None:
    strata = [Stratum(stratum_id=name, area=1, pixel_count=10) for name in "ba"]
    assert allocate(strata, size=12, rule="manual", counts={"b": 2, "a": 10}) == {"b": 2, "a": 10}


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"a": 3}, "do not fit the strata"),
        ({"a": 3, "b": 3, "c": 3}, "do not fit the strata"),
        ({"a": 3, "b": 1}, "cannot have so many"),
        ({"a": 3, "b": 11}, "cannot have so many"),
    ],
)
def test_manual_counts_that_do_not_fit_are_refused(counts: dict[str, int], message: str) -> None:
    strata = [Stratum(stratum_id=name, area=1, pixel_count=10) for name in "ab"]
    with pytest.raises(InputError, match=message):
        allocate(strata, size=6, rule="manual", counts=counts)


@pytest.mark.parametrize("share", [None, -0.1, 1.1, math.nan])
def test_expected_shares_are_needed_for_each_stratum(share: float | None) -> None:
    expected = {name: value for name, value in EXPECTED.items() if name != "gain"}
    if share is not None:
        expected["gain"] = share
    with pytest.raises(InputError, match="expected share") as caught:
        sample_size(PAPER, expected=expected, target_se=0.01)
    assert caught.value.where == "stratum gain"


def test_shares_without_spread_give_no_size() -> None:
    certain = dict.fromkeys(EXPECTED, 1.0)
    with pytest.raises(InputError, match="no sample size follows"):
        sample_size(PAPER, expected=certain, target_se=0.01)
    with pytest.raises(InputError, match="left over"):
        allocate(PAPER, size=100, rule="optimal", expected=certain)
    with pytest.raises(UsageError, match="needs expected shares"):
        allocate(PAPER, size=100, rule="optimal")
