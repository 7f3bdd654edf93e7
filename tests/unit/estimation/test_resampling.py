"""Resampling of units and plots: the spread of a sample, in any order, and what cannot be drawn again."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mrv.estimation.resampling import resampled_multiples

DRAWS = 20_000


def rows(input_id: str, group_id: str, values: list[float], size: float = 1.0) -> list[dict[str, Any]]:
    return [
        {
            "project_id": "p",
            "input_id": input_id,
            "group_id": group_id,
            "group_size": size,
            "unit_id": f"{place:03d}",
            "weight": 1.0,
            "value": value,
        }
        for place, value in enumerate(values)
    ]


def drawn(units: list[dict[str, Any]], seed: int = 958) -> dict[str, Any]:
    found = resampled_multiples(pa.Table.from_pylist(units), seeds={"p": seed}, draws={"p": DRAWS})
    return found.get("p", {})


def test_rare_losses_have_the_standard_error_of_their_share() -> None:
    """The published case: 9 of 600 units of 80,000 ha: 1,200 ha with a standard error of 397.3199."""
    found = drawn(rows("areas", "s", [1.0] * 9 + [0.0] * 591, 80_000.0))["areas"] * 1200
    assert found.mean() == pytest.approx(1200, rel=0.01)
    assert found.std() == pytest.approx(397.3199, rel=0.02)
    # Skewed as counts are, which an interval of the normal distribution is not.
    assert ((found - found.mean()) ** 3).mean() > 0


def test_plots_have_the_standard_error_of_their_mean() -> None:
    values = [210.0, 250.0, 190.0, 260.0, 240.0, 230.0, 205.0, 215.0]
    found = drawn(rows("stock", "plots/s", values))["stock"] * np.mean(values)
    assert found.mean() == pytest.approx(np.mean(values), rel=1e-3)
    assert found.std() == pytest.approx(np.std(values, ddof=1) / len(values) ** 0.5, rel=0.02)


def test_strata_are_added_by_their_size() -> None:
    units = rows("areas", "a", [1.0, 0.0, 1.0, 0.0], 100.0) + rows("areas", "b", [1.0, 1.0, 1.0], 50.0)
    found = drawn(units)["areas"] * 100
    assert found.min() >= 50
    assert found.max() == pytest.approx(150)


def test_order_of_units_and_other_inputs_change_no_digit() -> None:
    units = rows("areas", "a", [1.0, 0.0, 1.0, 0.0, 0.0]) + rows("stock", "b", [3.0, 4.0, 5.0])
    first = drawn(units)
    random.Random(2).shuffle(units)
    assert all((drawn(units)[name] == values).all() for name, values in first.items())
    assert (drawn(rows("stock", "b", [3.0, 4.0, 5.0]))["stock"] == first["stock"]).all()
    assert not (drawn(units, seed=1)["stock"] == first["stock"]).all()


def test_what_was_not_found_cannot_be_found_less_often() -> None:
    assert drawn(rows("areas", "a", [0.0, 0.0, 0.0])) == {}


def test_one_unit_stays_as_it_is() -> None:
    assert (drawn(rows("stock", "a", [7.0]))["stock"] == 1).all()
