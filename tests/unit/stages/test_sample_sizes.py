"""Sizes of samples: from targets, by the published formula, and never less than what the target needs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.errors import InputError, ProjectError
from mrv.project_sampling import Allocation, Sampling, StratumClass, TargetError
from mrv.sources.sample_design_files import DesignStratum
from mrv.stages.sample_sizes import LARGEST_SAMPLE, expected_precision, planned_counts, refuse_too_many

OLOFSSON: dict[StratumClass, tuple[int, str]] = {
    "loss": (200_000, "0.7"),
    "gain": (150_000, "0.6"),
    "stable_forest": (3_200_000, "0.9"),
    "stable_non_forest": (6_450_000, "0.95"),
}
"""Pixels and expected user's accuracy of Olofsson et al. 2014, section 5.1.1."""


def strata(pixels: dict[StratumClass, int]) -> list[DesignStratum]:
    return [
        DesignStratum(
            stratum_id=name,
            stratum_class=name,
            map_class="stable_forest" if name == "loss_buffer" else name,
            zone_id=None,
            carbon_stratum_id=None,
            pixel_count=count,
            area_um2=count * 10**15,
            drawn_count=0,
        )
        for name, count in pixels.items()
    ]


def sample(**changes: Any) -> Sampling:
    return Sampling.model_validate({"id": "s", "period": "p", "folder": "f", "seed": 1, **changes})


FRAME = strata({name: pixels for name, (pixels, _) in OLOFSSON.items()})
EXPECTED = {name: Decimal(share) for name, (_, share) in OLOFSSON.items()}
TARGET = TargetError(measure="overall_accuracy", se=Decimal("0.01"), u90=None, expected=EXPECTED)


def test_the_published_example_gives_641_units() -> None:
    counts = planned_counts(sample(target=TARGET, allocation=Allocation(rule="optimal", floor=2)), FRAME)
    assert abs(sum(counts.values()) - 641) <= 1


@pytest.mark.parametrize("rule", ["equal", "proportional", "power", "optimal"])
def test_the_size_is_the_least_that_reaches_the_target(rule: str) -> None:
    spec = sample(target=TARGET, allocation=Allocation.model_validate({"rule": rule, "floor": 50}))
    counts = planned_counts(spec, FRAME)
    reached = expected_precision(spec, FRAME, counts)
    assert reached is not None
    assert reached.expected <= reached.wanted == 0.01
    fewer = planned_counts(
        sample(size=sum(counts.values()) - 3, allocation=Allocation.model_validate({"rule": rule, "floor": 50}))
        if rule != "optimal"
        else sample(target=TARGET.model_copy(update={"se": Decimal("0.0101")}), allocation=spec.allocation),
        FRAME,
    )
    before = expected_precision(spec, FRAME, fewer)
    assert before is not None
    assert before.expected > 0.01


def test_a_simple_random_sample_needs_more_than_a_stratified_one() -> None:
    spec = sample(target=TARGET, draw="simple_random")
    counts = planned_counts(spec, FRAME)
    right = sum(float(EXPECTED[item.stratum_class]) * item.pixel_count for item in FRAME) / 10_000_000
    assert counts == {"*": pytest.approx(right * (1 - right) / 0.01**2, abs=1)}
    told = expected_precision(spec, FRAME, {"loss": counts["*"]})
    assert told is not None
    assert told.expected == pytest.approx(0.01, rel=1e-3)
    assert planned_counts(sample(size=77, draw="simple_random"), FRAME) == {"*": 77}


ZONES: dict[str, dict[StratumClass, int]] = {
    "lb": {"loss": 60_000, "loss_buffer": 90_000, "stable_forest": 3_000_000, "stable_non_forest": 900_000},
    "pa": {"loss": 7_000, "loss_buffer": 15_000, "stable_forest": 3_000_000},
}
LOSS: dict[StratumClass, Decimal] = {
    "loss": Decimal("0.85"),
    "loss_buffer": Decimal("0.1"),
    "stable_forest": Decimal("0.0005"),
    "stable_non_forest": Decimal("0.0005"),
}


def zoned() -> list[DesignStratum]:
    return [
        item.model_copy(update={"stratum_id": f"{zone}.{item.stratum_id}", "zone_id": zone})
        for zone, pixels in ZONES.items()
        for item in strata(pixels)
    ]


def loss_target(u90: str) -> TargetError:
    return TargetError(measure="loss_area", se=None, u90=Decimal(u90), expected=LOSS)


def u90_by_hand(frame: list[DesignStratum], counts: dict[str, int]) -> float:
    """Half-width at 90 % of the area of loss of these strata, as a share of it."""
    areas = {item.stratum_id: item.pixel_count for item in frame}
    shares = {item.stratum_id: float(LOSS[item.stratum_class]) for item in frame}
    variance = sum(area**2 * shares[name] * (1 - shares[name]) / counts[name] for name, area in areas.items())
    return 1.6448536269514722 * variance**0.5 / sum(area * shares[name] for name, area in areas.items())


@pytest.mark.parametrize("rule", ["equal", "proportional", "power", "optimal"])
@given(u90=st.integers(15, 60))
@settings(max_examples=15, deadline=None)
def test_a_target_for_loss_is_reached_in_each_zone(rule: str, u90: int) -> None:
    target = loss_target(f"0.{u90}")
    spec = sample(target=target, allocation=Allocation.model_validate({"rule": rule, "floor": 30}))
    frame = zoned()
    counts = planned_counts(spec, frame)
    told = expected_precision(spec, frame, counts)
    assert told is not None
    assert told.expected == pytest.approx(u90_by_hand(frame, counts), rel=1e-9)
    assert [zone.zone_id for zone in told.zones] == ["lb", "pa"]
    for zone in told.zones:
        part = [item for item in frame if item.zone_id == zone.zone_id]
        own = {item.stratum_id: counts[item.stratum_id] for item in part}
        assert zone.unit_count == sum(own.values())
        assert zone.expected == pytest.approx(u90_by_hand(part, own), rel=1e-9)
        assert zone.expected <= told.wanted
        assert min(own.values()) >= 30
        # As if the zone were a frame of its own.
        assert planned_counts(spec, part) == own
    assert told.expected <= max(zone.expected or 0 for zone in told.zones)


def test_the_target_of_each_zone_needs_the_least_units() -> None:
    frame = zoned()
    spec = sample(target=loss_target("0.25"), allocation=Allocation(rule="optimal", floor=2))
    counts = planned_counts(spec, frame)
    for zone, pixels in ZONES.items():
        part = [item for item in frame if item.zone_id == zone]
        areas = [pixels[item.stratum_class] for item in part]
        shares = [float(LOSS[item.stratum_class]) for item in part]
        # Neyman's allocation without finite population correction: n = (z Σ A S / (u L))².
        spread = sum(area * (q * (1 - q)) ** 0.5 for area, q in zip(areas, shares, strict=True))
        loss = sum(area * q for area, q in zip(areas, shares, strict=True))
        least = (1.6448536269514722 * spread / (0.25 * loss)) ** 2
        units = sum(counts[item.stratum_id] for item in part)
        assert least <= units <= least + len(part)


def test_zones_are_one_frame_where_strata_go_across_them() -> None:
    frame = strata(ZONES["lb"])
    spec = sample(target=loss_target("0.25"), by_zone=False, allocation=Allocation(rule="optimal", floor=30))
    told = expected_precision(spec, frame, planned_counts(spec, frame))
    assert told is not None
    assert told.zones == ()
    assert told.expected <= 0.25


def test_a_target_for_accuracy_is_one_of_all_zones() -> None:
    right = {**EXPECTED, "loss_buffer": Decimal("0.8")}
    spec = sample(target=TARGET.model_copy(update={"expected": right}), allocation=Allocation(floor=2))
    frame = zoned()
    counts = planned_counts(spec, frame)
    told = expected_precision(spec, frame, counts)
    assert told is not None
    assert (told.zones, told.unseen) == ((), ())
    assert told.expected <= 0.01
    lb = [item for item in frame if item.zone_id == "lb"]
    alone = expected_precision(spec, lb, counts)
    assert alone is not None
    assert alone.expected > 0.01


def test_a_simple_random_sample_reaches_the_target_in_the_zone_with_the_least_loss() -> None:
    frame = zoned()
    spec = sample(target=loss_target("0.4"), draw="simple_random")
    count = planned_counts(spec, frame)["*"]
    pixels = sum(item.pixel_count for item in frame)
    spread = {item.stratum_id: round(count * item.pixel_count / pixels) for item in frame}
    told = expected_precision(spec, frame, spread)
    assert told is not None
    reached = {zone.zone_id: zone.expected for zone in told.zones}
    assert reached["pa"] == pytest.approx(0.4, rel=0.001)
    assert reached["lb"] is not None
    assert reached["lb"] < 0.4
    small = [item.model_copy(update={"pixel_count": item.pixel_count // 500}) for item in frame]
    assert planned_counts(spec, small)["*"] == pytest.approx(min(count, pixels // 500), rel=0.01)
    unlucky = expected_precision(spec, frame, {**spread, **{name: 0 for name in spread if name.startswith("pa.")}})
    assert unlucky is not None
    assert {zone.zone_id: zone.expected for zone in unlucky.zones}["pa"] is None


def test_strata_in_which_probably_no_loss_is_seen_are_named() -> None:
    counts = dict.fromkeys((item.stratum_id for item in zoned()), 100)
    told = expected_precision(sample(target=loss_target("0.25")), zoned(), {**counts, "pa.stable_forest": 1400})
    assert told is not None
    # 0.9995 ** 100 = 0.95; 0.9995 ** 1400 = 0.497.
    assert told.unseen == ("lb.stable_forest", "lb.stable_non_forest")


def test_a_zone_whose_target_cannot_be_sized_is_named() -> None:
    certain = {**LOSS, "stable_forest": Decimal(0), "stable_non_forest": Decimal(0)}
    frame = [item for item in zoned() if item.zone_id == "lb" or item.stratum_class == "stable_forest"]
    for draw in ("stratified_random", "simple_random"):
        spec = sample(target=loss_target("0.25").model_copy(update={"expected": certain}), draw=draw)
        with pytest.raises(InputError, match="no sample size follows") as refusal:
            planned_counts(spec, frame)
        assert refusal.value.where == "sampling (s), zone pa"


def test_nothing_is_told_where_nothing_is_expected() -> None:
    assert expected_precision(sample(size=100), FRAME, {"loss": 100}) is None


@given(st.integers(200, 5000), st.sampled_from(["equal", "proportional", "power"]), st.integers(2, 50))
def test_every_unit_of_the_size_is_shared(size: int, rule: str, floor: int) -> None:
    counts = planned_counts(sample(size=size, allocation={"rule": rule, "floor": floor}), FRAME)
    assert sum(counts.values()) == size
    assert min(counts.values()) >= floor


def test_what_cannot_be_shared_is_refused() -> None:
    with pytest.raises(ProjectError, match="too few pixels") as refusal:
        planned_counts(sample(size=100), strata({"loss": 1, "stable_forest": 100}))
    assert refusal.value.found == "loss"
    lacking = TARGET.model_copy(update={"expected": {"loss": Decimal("0.7")}})
    with pytest.raises(ProjectError, match="nobody says what to expect"):
        planned_counts(sample(target=lacking), FRAME)
    with pytest.raises(InputError, match="cannot be shared"):
        planned_counts(sample(size=150), FRAME)
    refuse_too_many(sample(size=100), LARGEST_SAMPLE)
    with pytest.raises(ProjectError, match="more units than can be labelled"):
        refuse_too_many(sample(size=100), LARGEST_SAMPLE + 1)
