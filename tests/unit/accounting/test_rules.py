"""Every rule of single rows: a sound row passes, one change is refused with its column and a remedy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mrv.accounting.rules import row_problems
from tests.unit.accounting.inputs import SOUND, row

D = Decimal
SHARE = {"method": "share", "unit": "1", "pool": "total", "base_state": "forest", "value": D("0.72")}
TRIANGLE = {"distribution": "triangular", "shape_a": D(50), "shape_b": D(100), "shape_c": D(150)}
NATURAL = {"category": "natural", "score": None, "loss_class": "5_25", "return_class": "10_25", "mitigation": D("0.5")}

BASELINE = {"scenario": "baseline", "baseline_version": "b1"}

SOUND_CHANGES: list[tuple[str, dict[str, Any]]] = [
    *((dataset, {}) for dataset in SOUND),
    ("account_stocks", SHARE),
    ("account_stocks", {"method": "biomass", "unit": "t d.m./ha", "carbon_fraction": D("0.47")}),
    ("account_stocks", {"pool": "below_ground", "method": "ratio", "unit": "t d.m./t d.m.", "value": D("0.333")}),
    ("account_stocks", {**SHARE, "distribution": "beta", "shape_a": D(10), "shape_b": D(4)}),
    ("account_activity", TRIANGLE),
    ("account_activity", {"distribution": "truncated_normal", "se_ha": D(20), "shape_a": D(0)}),
    ("account_activity", {"distribution": "fixed"}),
    ("account_emissions", {"component": "enhancement", "emissions_tco2e": D(-5)}),
    ("account_emissions", {"component": "outside_belt_leakage", "scope": "outside"}),
    ("account_activity", {"distribution": "fixed", "se_ha": D(0)}),
    ("risk_scores", NATURAL),
]


@pytest.mark.parametrize(("dataset", "changes"), SOUND_CHANGES)
def test_sound_rows(dataset: str, changes: dict[str, Any]) -> None:
    assert list(row_problems({dataset: [row(dataset, **changes)]})) == []


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("account_activity", {"area_ha": D(-1)}, "area_ha", "negative"),
    ("account_activity", {"area_ha": D(2 * 10**9)}, "area_ha", "larger than the tropics"),
    ("account_activity", {"scenario": "project"}, "scenario", "unknown scenario"),
    ("account_activity", {"scope": "belt"}, "scope", "unknown scope"),
    ("account_activity", {"activity": "logging"}, "activity", "unknown activity"),
    ("account_activity", {"baseline_version": None}, "baseline_version", "names its version"),
    ("account_activity", {"scenario": "monitored"}, "baseline_version", "a monitored row none"),
    ("account_activity", {"first_year": 1}, "first_year", "no calendar year"),
    ("account_activity", {"last_year": 2020}, "last_year", "reversed"),
    ("account_activity", {"to_state": "forest"}, "to_state", "to the same"),
    ("account_activity", {"se_ha": D(-1)}, "se_ha", "negative"),
    ("account_activity", {"distribution": "gamma"}, "distribution", "unknown distribution"),
    ("account_activity", {"distribution": "normal"}, "se_ha", "needs a standard error"),
    ("account_activity", {"distribution": "beta", "shape_a": D(1)}, "shape_b", "lacks shape_b"),
    ("account_activity", {"distribution": "beta", "shape_a": D(1), "shape_b": D(1)}, "distribution", "from 0 to 1"),
    ("account_activity", {"shape_a": D(1)}, "distribution", "without a distribution"),
    ("account_activity", {**TRIANGLE, "shape_b": D(160)}, "shape_b", "not ordered"),
    ("account_activity", {**TRIANGLE, "shape_a": D(120)}, "shape_b", "not ordered"),
    (
        "account_activity",
        {"distribution": "truncated_normal", "se_ha": D(1), "shape_a": D(9), "shape_b": D(3)},
        "shape_a",
        "not below the upper",
    ),
    (
        "account_activity",
        {"distribution": "truncated_normal", "se_ha": D(1), "shape_a": D(101)},
        "shape_a",
        "outside the limits",
    ),
    (
        "account_activity",
        {"distribution": "lognormal", "se_ha": D(1), "area_ha": D(0)},
        "distribution",
        "values above 0",
    ),
    ("account_stocks", {"pool": "roots"}, "pool", "unknown pool"),
    ("account_stocks", {"method": "guess"}, "method", "unknown method"),
    ("account_stocks", {"unit": "t d.m./ha"}, "unit", "does not go with method stock"),
    ("account_stocks", {"unit": "tC"}, "unit", "does not go with method stock"),
    ("account_stocks", {"value": D(-1)}, "value", "negative"),
    ("account_stocks", {**SHARE, "value": D(72)}, "value", "too large"),
    ("account_stocks", {**SHARE, "base_state": None}, "base_state", "names the state"),
    ("account_stocks", {"base_state": "forest"}, "base_state", "no other method"),
    ("account_stocks", {**SHARE, "pool": "litter"}, "pool", "whole state"),
    (
        "account_stocks",
        {"pool": "below_ground", "method": "ratio", "unit": "t d.m./t d.m.", "value": D("22.1")},
        "value",
        "too large",
    ),
    ("account_stocks", {"method": "ratio", "unit": "t d.m./t d.m.", "value": D("0.2")}, "method", "ratio of itself"),
    ("account_stocks", {"method": "biomass", "unit": "t d.m./ha", "value": D(250000)}, "value", "too large"),
    ("account_stocks", {"method": "biomass", "unit": "t d.m./ha", "pool": "total"}, "pool", "of one pool"),
    (
        "account_stocks",
        {"method": "biomass", "unit": "t d.m./ha", "carbon_fraction": D(47)},
        "carbon_fraction",
        "implausible",
    ),
    ("account_stocks", {"carbon_fraction": D("0.47")}, "carbon_fraction", "no carbon fraction"),
    ("account_activity", {"distribution": "fixed", "se_ha": D(50)}, "distribution", "a fixed value has no error"),
    ("account_activity", {**TRIANGLE, "shape_c": D(90), "shape_b": D(80)}, "shape_a", "outside the limits"),
    ("account_activity", {"scope": "outside"}, "scope", "no part of the account"),
    ("account_area_samples", {"scope": "outside"}, "scope", "no part of the account"),
    ("account_burnt_areas", {"scope": "outside"}, "scope", "no part of the account"),
    ("account_emissions", {"scope": "outside"}, "scope", "no part of the account"),
    *(
        ("account_emissions", {**BASELINE, "component": component}, "scenario", "not of its baseline")
        for component in ("market_leakage", "outside_belt_leakage", "leakage_prevention", "transferred")
    ),
    ("account_stocks", {"pool": "soil", "value": D(12000)}, "value", "a stock is too large"),
    ("account_emissions", {"component": "transport"}, "component", "unknown component"),
    ("account_emissions", {"emissions_tco2e": D(-1)}, "emissions_tco2e", "negative"),
    ("account_emissions", {"component": "enhancement"}, "emissions_tco2e", "removals by growth"),
    ("account_area_samples", {"unit_count": 1, "loss_count": 0}, "unit_count", "fewer than two"),
    ("account_area_samples", {"loss_count": 601}, "loss_count", "than there are"),
    ("account_area_samples", {"monitoring_years": D(12)}, "monitoring_years", "do not fit the span"),
    ("leakage_measures", {"quantity": D(-1)}, "quantity", "negative"),
    ("risk_scores", {"category": "political"}, "category", "unknown category"),
    ("risk_scores", {"score": None}, "score", "no score"),
    ("risk_scores", {"mitigation": D("0.5")}, "category", "only natural risks"),
    ("risk_scores", {**NATURAL, "mitigation": D("0.6")}, "mitigation", "unknown mitigation"),
    ("risk_scores", {**NATURAL, "return_class": None}, "score", "no score"),
    ("prior_vintages", {"vintage_end": date(2019, 12, 31)}, "vintage_end", "ends before it starts"),
    ("prior_vintages", {"vintage_end": date(2021, 3, 1)}, "vintage_year", "within its calendar year"),
    ("prior_vintages", {"leakage_tco2e": D(-1)}, "leakage_tco2e", "negative"),
    ("loss_events", {"notified_on": date(2021, 7, 1)}, "notified_on", "is before occurred_on"),
    ("loss_events", {"reported_on": date(2021, 8, 2)}, "reported_on", "is before notified_on"),
    ("loss_events", {"stock_loss_tco2e": D(-1)}, "stock_loss_tco2e", "negative"),
]


@pytest.mark.parametrize(("dataset", "changes", "column", "words"), REFUSED)
def test_refused(dataset: str, changes: dict[str, Any], column: str, words: str) -> None:
    found = list(row_problems({dataset: [row(dataset, 7, **changes)]}))
    told = [problem for problem in found if words in problem.message]
    assert told, [str(problem) for problem in found]
    assert told[0].where == f"{dataset}.csv, row 7, {column}"
    assert told[0].expected
    assert told[0].found is not None
    assert told[0].remedy
