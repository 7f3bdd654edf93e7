"""Defaults of roots, dead wood and litter by climate, with the numbers of the catalogue of parameters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mrv.errors import InputError
from mrv.field.defaults import dead_matter_parameters, root_shoot_parameter
from mrv.parameters import load_parameters

VALUES = {row.name: row.value for row in load_parameters() if row.rule_set == "common" and row.value is not None}


@pytest.mark.parametrize(
    ("agb", "climate", "dead_wood_tc", "litter_tc"),
    [
        # Methodology 4.3: carbon of 1 or 100 t/ha above ground, by elevation and precipitation.
        (1, {"tropical": True, "elevation_m": 0, "precipitation_mm": 1}, "0.0094", "0.0148"),
        (100, {"tropical": True, "elevation_m": 0, "precipitation_mm": 1600}, "0.47", "0.37"),
        (100, {"tropical": True, "elevation_m": 0, "precipitation_mm": 1601}, "2.82", "0.37"),
        (100, {"tropical": True, "elevation_m": 2001, "precipitation_mm": 1601}, "3.29", "0.37"),
        (100, {"tropical": True, "elevation_m": 2001}, "3.29", "0.37"),
        (100, {"tropical": False}, "3.76", "1.48"),
        (100, {"tropical": True, "elevation_m": 2000, "precipitation_mm": 1000}, "0.94", "1.48"),
    ],
)
def test_dead_wood_and_litter_are_the_published_ones(
    agb: int, climate: dict[str, Any], dead_wood_tc: str, litter_tc: str
) -> None:
    dead_wood, litter = dead_matter_parameters(**climate)
    assert agb * VALUES[dead_wood] * VALUES["carbon_fraction"] == Decimal(dead_wood_tc)
    assert agb * VALUES[litter] * VALUES["carbon_fraction_litter"] == Decimal(litter_tc)


@pytest.mark.parametrize(
    ("zone", "agb", "ratio"),
    [
        ("rainforest", 50, "0.221"),
        ("rainforest", 300, "0.221"),
        ("mountain", 250, "0.284"),
        ("moist_forest", 100, "0.284"),
        ("dry_forest", 125, "0.341"),
        ("dry_forest", 125.1, "0.331"),
    ],
)
def test_root_to_shoot_ratios_are_the_tabled_ones(zone: Any, agb: float, ratio: str) -> None:
    assert VALUES[root_shoot_parameter(zone, agb_mg_ha=agb)] == Decimal(ratio)


def test_a_stock_of_250_has_its_roots() -> None:
    # Methodology 4.3.
    assert 250 * VALUES[root_shoot_parameter("rainforest", agb_mg_ha=250)] == Decimal("55.25")


@pytest.mark.parametrize("climate", [{}, {"elevation_m": 500}, {"precipitation_mm": 2000}])
def test_a_climate_that_is_not_told_is_refused(climate: dict[str, float]) -> None:
    with pytest.raises(InputError, match="elevation and precipitation"):
        dead_matter_parameters(tropical=True, **climate)
