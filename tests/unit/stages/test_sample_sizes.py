"""Sizes of samples: from targets, by the published formula, and never less than what the target needs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
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
