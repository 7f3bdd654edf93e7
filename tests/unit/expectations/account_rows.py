"""Sound rows of the input tables of accounts, and what spoils them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

_PLACE = {"project_id": "p{n}", "scope": "project_area", "zone_id": "z", "stratum_id": "s"}
_YEARS = {"first_year": 2021, "last_year": 2022, "source": "table"}
_SHAPES = {"distribution": "normal", "shape_a": None, "shape_b": None, "shape_c": None}

SOUND: dict[str, dict[str, Any]] = {
    "account_activity": {
        **_PLACE,
        **_YEARS,
        **_SHAPES,
        "scenario": "monitored",
        "baseline_version": None,
        "activity": "deforestation",
        "from_state": "forest",
        "to_state": "cropland",
        "area_ha": Decimal(120),
        "se_ha": Decimal(12),
        "error_group": None,
    },
    "account_stocks": {
        **_SHAPES,
        "project_id": "p{n}",
        "stratum_id": "s",
        "state": "forest",
        "pool": "above_ground",
        "method": "biomass",
        "value": Decimal(250),
        "unit": "t d.m./ha",
        "carbon_fraction": Decimal("0.47"),
        "base_state": None,
        "se": Decimal(12),
        "carbon_fraction_se": None,
        "source": "table",
    },
    "account_emissions": {
        **_YEARS,
        "project_id": "p{n}",
        "scenario": "monitored",
        "baseline_version": None,
        "scope": "project_area",
        "component": "deforestation",
        "emissions_tco2e": Decimal(1000),
        "se_tco2e": Decimal(100),
    },
    "account_burnt_areas": {
        **_PLACE,
        "scenario": "monitored",
        "baseline_version": None,
        "year": 2021,
        "area_ha": Decimal(20),
        "source": "table",
    },
    "account_area_samples": {
        **_PLACE,
        **_YEARS,
        "sampling_stratum_id": "a",
        "monitoring_years": Decimal(2),
        "area_ha": Decimal(80000),
        "unit_count": 600,
        "loss_count": 9,
    },
    "leakage_measures": {
        "project_id": "p{n}",
        "year": 2021,
        "measure": "diesel",
        "quantity": Decimal(1500),
        "unit": "L",
        "source": "fuel book",
    },
    "risk_scores": {
        "project_id": "p{n}",
        "assessed_on": date(2022, 6, 1),
        "category": "natural",
        "item": "fire",
        "score": Decimal(2),
        "loss_class": None,
        "return_class": None,
        "mitigation": Decimal("0.5"),
        "source": "report",
    },
}

_SPAN = [
    ("first_year_plausible", {"first_year": 1}),
    ("last_year_plausible", {"last_year": 2}),
    ("span_in_order", {"last_year": 2020}),
]
_SIDES = [("scenario_known", {"scenario": "project"}), ("scope_known", {"scope": "belt"})]
_ERROR = ("error_not_negative", {"se": Decimal(-1)})
_DISTRIBUTION = ("distribution_known", {"distribution": "gamma"})

SPOILT: list[tuple[str, str, dict[str, Any]]] = [
    *(("account_activity", rule, change) for rule, change in (*_SPAN, *_SIDES, _DISTRIBUTION)),
    ("account_activity", "required_present", {"area_ha": None}),
    ("account_activity", "change_unique", {"project_id": "p1"}),
    ("account_activity", "activity_known", {"activity": "logging"}),
    ("account_activity", "area_not_negative", {"area_ha": Decimal(-1)}),
    ("account_activity", "error_not_negative", {"se_ha": Decimal(-1)}),
    *(("account_stocks", rule, change) for rule, change in (_ERROR, _DISTRIBUTION)),
    ("account_stocks", "required_present", {"unit": None}),
    ("account_stocks", "stock_unique", {"project_id": "p1"}),
    ("account_stocks", "pool_known", {"pool": "roots"}),
    ("account_stocks", "method_known", {"method": "guess"}),
    ("account_stocks", "unit_known", {"unit": "kg/m2"}),
    ("account_stocks", "stock_not_negative", {"value": Decimal(-1)}),
    ("account_stocks", "stock_not_negative", {"value": Decimal(250000)}),
    ("account_stocks", "carbon_fraction_plausible", {"carbon_fraction": Decimal(47)}),
    *(("account_emissions", rule, change) for rule, change in (*_SPAN, *_SIDES)),
    ("account_emissions", "required_present", {"emissions_tco2e": None}),
    ("account_emissions", "emission_unique", {"project_id": "p1"}),
    ("account_emissions", "component_known", {"component": "transport"}),
    ("account_emissions", "error_not_negative", {"se_tco2e": Decimal(-1)}),
    *(("account_burnt_areas", rule, change) for rule, change in _SIDES),
    ("account_burnt_areas", "required_present", {"area_ha": None}),
    ("account_burnt_areas", "burnt_unique", {"project_id": "p1"}),
    ("account_burnt_areas", "area_not_negative", {"area_ha": Decimal(-1)}),
    ("account_burnt_areas", "year_plausible", {"year": 1}),
    ("account_area_samples", "required_present", {"unit_count": None}),
    ("account_area_samples", "sample_unique", {"project_id": "p1"}),
    ("account_area_samples", "scope_known", {"scope": "belt"}),
    ("account_area_samples", "area_not_negative", {"area_ha": Decimal(-1)}),
    ("account_area_samples", "units_enough", {"unit_count": 1, "loss_count": 0}),
    ("account_area_samples", "losses_within_units", {"loss_count": 601}),
    ("account_area_samples", "losses_not_negative", {"loss_count": -1}),
    ("account_area_samples", "years_plausible", {"monitoring_years": Decimal(0)}),
    ("account_area_samples", "span_in_order", {"last_year": 2020}),
    ("leakage_measures", "required_present", {"unit": None}),
    ("leakage_measures", "measure_unique", {"project_id": "p1"}),
    ("leakage_measures", "quantity_not_negative", {"quantity": Decimal(-1)}),
    ("leakage_measures", "year_plausible", {"year": 1}),
    ("risk_scores", "required_present", {"source": None}),
    ("risk_scores", "item_unique", {"project_id": "p1"}),
    ("risk_scores", "category_known", {"category": "political"}),
    ("risk_scores", "score_plausible", {"score": Decimal(140)}),
    ("risk_scores", "mitigation_plausible", {"mitigation": Decimal(25)}),
]
