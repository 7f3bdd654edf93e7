"""Units that no estimate can stand on are refused by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mrv.errors import InputError
from mrv.estimation.areas import class_areas
from mrv.estimation.sample import Sample, Stratum

STRATA = (Stratum(stratum_id="a", area=10, pixel_count=100), Stratum(stratum_id="b", area=20, pixel_count=200))


def sample(strata: Any = STRATA, **changes: Any) -> Sample:
    base: dict[str, Any] = {
        "unit_ids": ["u1", "u2", "u3", "u4"],
        "stratum_ids": ["a", "a", "b", "b"],
        "columns": {"reference_class": ["loss", "forest", "loss", "forest"]},
        "legends": {"reference_class": ("loss", "forest")},
    }
    return Sample.of(strata, **(base | changes))


@pytest.mark.parametrize(
    ("changes", "message", "where"),
    [
        ({"unit_ids": ["u1", "u2", "u3", "u1"]}, "a unit stands twice", "unit u1"),
        ({"stratum_ids": ["a", "a", "b", "c"]}, "unknown stratum", "unit u4"),
        ({"stratum_ids": ["a"] * 4}, "a stratum has no sample", "stratum b"),
        ({"stratum_ids": ["a", "a", "a", "b"]}, "a stratum has a single unit", "stratum b"),
        ({"columns": {"reference_class": ["loss", "lost", "loss", "loss"]}}, "outside the legend", "unit u2"),
        ({"columns": {"reference_class": ["loss", None, "loss", "loss"]}}, "outside the legend", "unit u2"),
        ({"unit_areas": [1, 1, math.nan, 1]}, "a unit has no area", "unit u3"),
        ({"unit_areas": [1, 0, 1, 1]}, "a unit has no area", "unit u2"),
        ({"unit_areas": [1, 1, 1, math.inf]}, "a unit has no area", "unit u4"),
        ({"unit_areas": [1, 1, -1, 1]}, "a unit has no area", "unit u3"),
        ({"strata": (*STRATA, STRATA[0])}, "a stratum stands twice", "stratum a"),
        ({"strata": (STRATA[0], Stratum(stratum_id="b", area=math.nan))}, "a stratum has no area", "stratum b"),
        ({"strata": (STRATA[0], Stratum(stratum_id="b", area=0))}, "a stratum has no area", "stratum b"),
        ({"strata": (STRATA[0], Stratum(stratum_id="b", area=1e308))}, "a larger one than there is", "stratum b"),
        (
            {"strata": (STRATA[0], Stratum(stratum_id="b", area=1, pixel_count=1))},
            "more units than pixels",
            "stratum b",
        ),
        ({"strata": ()}, "there is no stratum", None),
    ],
)
def test_what_has_no_estimate_is_refused_by_name(changes: dict[str, Any], message: str, where: str | None) -> None:
    with pytest.raises(InputError, match=message) as caught:
        sample(**changes)
    assert caught.value.where == where
    assert caught.value.remedy


def test_the_single_unit_is_named() -> None:
    with pytest.raises(InputError) as caught:
        sample(stratum_ids=["a", "a", "a", "b"])
    assert caught.value.found == "unit u4"


@pytest.mark.parametrize(
    "changes", [{"stratum_ids": ["a"]}, {"columns": {"x": ["a"]}, "legends": {}}, {"unit_areas": [1.0]}]
)
def test_units_and_what_is_said_of_them_have_one_number(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="differ in number"):
        sample(**changes)


def test_a_single_unit_after_the_draw_can_be_joined() -> None:
    changes: dict[str, Any] = {"stratum_ids": ["a", "a", "a", "b"]}
    with pytest.raises(InputError, match="single unit") as caught:
        sample(**changes, estimator="post_stratified")
    assert "simple" in str(caught.value.remedy)
    simple = sample(**changes, estimator="simple")
    assert [stratum.area for stratum in simple.strata] == [30]
    with pytest.raises(InputError, match="no sample"):
        sample(unit_ids=[], stratum_ids=[], columns={}, legends={}, estimator="simple")


def test_the_correction_needs_pixel_counts() -> None:
    strata = (STRATA[0], Stratum(stratum_id="b", area=1))
    for estimator in ("stratified", "simple", "post_stratified"):
        with pytest.raises(InputError, match="finite population") as caught:
            sample(strata=strata, finite_population_correction=True, estimator=estimator)
        assert caught.value.remedy
    assert sample(strata=strata).area == 11


def test_unit_areas_weigh_units_within_their_stratum() -> None:
    weighted = sample(unit_areas=np.array([1.0, 3.0, 5.0, 5.0]))
    (loss,) = class_areas(weighted, classes=["loss"])
    assert loss.estimate.value == pytest.approx(10 / 4 + 20 / 2)


def test_cells_hold_every_unit_once() -> None:
    made = sample(columns={"reference_class": ["loss"] * 4, "zone_id": ["pa", None, "pa", "pa"]})
    assert made.cell_units.tolist() == [1, 1, 2]
    assert made.columns["zone_id"] == (None, "pa", "pa")
    assert made.cell_strata.tolist() == [0, 0, 1]
    assert made.unit_count(made.where({"zone_id": "pa"})) == 3
