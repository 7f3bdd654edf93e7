"""What input tables must hold together: versions, years, strata, zones, stocks, earlier vintages and the rating."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mrv.accounting.across import across_problems
from mrv.accounting.frame import Frame, Version, frame_problems
from mrv.accounting.rating import rating_problems
from mrv.parameters import in_force, load_parameters
from tests.unit.accounting.inputs import FRAME, VERSION, frame, row, tables

D = Decimal
NEXT = Version("b2", "annual_table", date(2026, 1, 1), date(2031, 12, 31), None, "project.yaml, baseline (b2)")


def told(problems: Any) -> list[str]:
    listed = list(problems)
    for problem in listed:
        assert problem.where and problem.expected and problem.found and problem.remedy, str(problem)
    return [problem.message for problem in listed]


def test_sound_tables_have_no_problem() -> None:
    assert told(frame_problems(FRAME)) == []
    assert told(across_problems(tables(), FRAME)) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (frame(period_start=date(2019, 7, 1)), "starts before its crediting period"),
        (frame(crediting_end=date(2022, 6, 30)), "ends after its crediting period"),
        (frame(period_end=date(2020, 1, 1)), "the period ends before it starts"),
        (frame(versions=()), "no baseline of p holds"),
        (frame(versions=(replace(VERSION, valid_to=date(2022, 6, 30)),)), "no baseline of p holds"),
        (frame(versions=(VERSION, replace(NEXT, valid_from=date(2025, 1, 1)))), "hold on the same days"),
        (frame(versions=(VERSION, replace(VERSION, name="b2"))), "hold on the same days"),
        (frame(versions=(replace(VERSION, valid_to=date(2019, 1, 1)),)), "baseline version b1 ends before"),
        (frame(versions=(replace(VERSION, mode="guess"),)), "unknown mode"),
        (frame(versions=(replace(VERSION, mode="reference_average"),)), "names none"),
        (frame(versions=(replace(VERSION, reference=(2015, 2019)),)), "has no reference years"),
        (frame(versions=(replace(VERSION, mode="crediting_level", reference=(2019, 2015)),)), "reversed reference"),
    ],
)
def test_periods_and_versions(changed: Frame, words: str) -> None:
    messages = told(frame_problems(changed))
    assert any(words in message for message in messages), messages


MONITORED: dict[str, Any] = {"scenario": "monitored", "baseline_version": None}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("account_activity", baseline_version="b9")], "unknown baseline version b9"),
        ([row("account_activity", last_year=2026)], "lies outside its validity"),
        ([row("account_activity", first_year=2019)], "lies outside its validity"),
        ([row("account_activity"), row("account_activity", 3, **MONITORED, last_year=2023)], "that were monitored"),
        ([row("account_activity"), row("account_activity", 3, **MONITORED, first_year=2019)], "that were monitored"),
        (
            [row("account_activity"), row("account_activity", 3, **MONITORED, first_year=2020)],
            "begins before the period",
        ),
        ([row("account_activity"), row("account_activity", 3, first_year=2022)], "cover the same years"),
        ([row("account_activity"), row("account_activity", 3, **MONITORED, zone_id="lb")], "a place that the project"),
        ([row("account_activity", zone_id="xx")], "a place that the project"),
        ([row("account_activity", area_ha=D(20001))], "than it has land"),
        ([row("account_activity", to_state="pasture")], "carbon stock of state pasture"),
    ],
)
def test_changes(rows: Any, words: str) -> None:
    messages = told(across_problems(tables(account_activity=rows), FRAME))
    assert any(words in message for message in messages), messages


def test_a_stratum_that_the_baseline_does_not_name() -> None:
    rows = [row("account_activity"), row("account_activity", 3, **MONITORED, stratum_id="s2")]
    stocks = [*tables()["account_stocks"], *(replace_stratum(item) for item in tables()["account_stocks"])]
    messages = told(across_problems(tables(account_activity=rows, account_stocks=stocks), FRAME))
    assert "the baseline of zone pa does not name stratum s2" in messages
    rows.append(row("account_activity", 5, **MONITORED, area_ha=D(0)))
    zero = row("account_activity", 4, stratum_id="s2", area_ha=D(0))
    assert told(across_problems(tables(account_activity=[*rows, zero], account_stocks=stocks), FRAME)) == []


def replace_stratum(item: Any) -> Any:
    return row("account_stocks", 9, **{**item.values, "stratum_id": "s2"})


def test_a_sample_and_an_area_of_the_same_loss() -> None:
    messages = told(across_problems(tables(account_area_samples=[row("account_area_samples")]), FRAME))
    assert messages == ["the same loss is given as an area and as a sample"]


ROOTS = {"pool": "below_ground", "method": "ratio", "unit": "t d.m./t d.m."}
CO2E = {"pool": "litter", "unit": "tCO2e/ha", "value": D(9)}


def test_reference_rows_lie_in_the_reference_years() -> None:
    version = replace(VERSION, mode="reference_average", reference=(2015, 2019))
    rows = [row("account_activity", first_year=2015, last_year=2019)]
    assert told(across_problems(tables(account_activity=rows), frame(versions=(version,)))) == []
    rows = [row("account_activity", first_year=2014, last_year=2019)]
    [message] = told(across_problems(tables(account_activity=rows), frame(versions=(version,))))
    assert message == "a row of baseline version b1 lies outside its reference years"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        # 118 tC/ha said to be tCO2e/ha, and 118 tC/ha of carbon, which is 433 tCO2e/ha, said to be tC/ha.
        ([row("account_stocks", unit="tCO2e/ha", value=D(118))], "implausible in tCO2e/ha"),
        ([row("account_stocks", value=D(430))], "implausible in tC/ha"),
        ([row("account_stocks", value=D("432.67"))], "implausible in tC/ha"),
        ([row("account_stocks", method="biomass", unit="t d.m./ha", value=D(750))], "implausible in t d.m./ha"),
        ([row("account_stocks", pool="total", unit="tCO2e/ha", value=D(144))], "implausible in tCO2e/ha"),
        ([row("account_stocks", pool="total", value=D(430))], "implausible in tC/ha"),
        ([row("account_stocks", value=D(340)), row("account_stocks", 4, **ROOTS, value=D("0.3"))], "add up to more"),
        ([row("account_stocks"), row("account_stocks", 4, pool="soil", value=D(540))], "add up to more"),
        (
            [row("account_stocks", method="biomass", unit="t d.m./ha", value=D(250)), row("account_stocks", 4, **CO2E)],
            "in two units",
        ),
        ([row("account_stocks"), row("account_stocks", 4, **CO2E, stratum_id="*", state="pasture")], "in two units"),
        ([row("account_stocks"), row("account_stocks", 4, pool="litter", unit="tCO2e/ha", value=D(9))], "in two units"),
        ([row("account_stocks", pool="total", value=D(30))], "would gain carbon"),
        ([row("account_stocks"), row("account_stocks", 4, pool="total")], "a total and single pools"),
        (
            [row("account_stocks", pool="below_ground", method="ratio", unit="t d.m./t d.m.", value=D("0.2"))],
            "no above-ground stock",
        ),
        (
            [
                row("account_stocks"),
                row(
                    "account_stocks",
                    4,
                    state="deg",
                    method="share",
                    unit="1",
                    pool="total",
                    value=D("0.7"),
                    base_state="x",
                ),
            ],
            "no stock of its own",
        ),
        ([row("account_stocks"), row("account_stocks", 4, stratum_id="s9")], "a place that the project"),
    ],
)
def test_stocks(rows: Any, words: str) -> None:
    cropland = row("account_stocks", 3, state="cropland", pool="total", value=D(40 if "gain" in words else 5))
    messages = told(across_problems(tables(account_stocks=[*rows, cropland]), FRAME))
    assert any(words in message for message in messages), messages


def test_a_declared_range_lets_dry_forest_pass() -> None:
    rows = [row("account_stocks", value=D(18)), row("account_stocks", 3, state="cropland", pool="total", value=D(5))]
    assert "implausible" in told(across_problems(tables(account_stocks=rows), FRAME))[0]
    assert told(across_problems(tables(account_stocks=rows), frame(least_tc_ha=D(10)))) == []
    peat = [*tables()["account_stocks"], row("account_stocks", 4, pool="soil", value=D(900))]
    assert "add up to more" in told(across_problems(tables(account_stocks=peat), FRAME))[0]
    assert told(across_problems(tables(account_stocks=peat), frame(most_with_soil_tc_ha=D(2000)))) == []


def test_stocks_of_every_stratum_hold_where_a_stratum_has_none() -> None:
    rows = [row("account_stocks", number, **{**item.values, "stratum_id": "*"}) for number, item in enumerate(stocks())]
    assert told(across_problems(tables(account_stocks=rows), FRAME)) == []


def stocks() -> Any:
    return tables()["account_stocks"]


def test_growth_gains_carbon() -> None:
    rows = [row("account_activity", activity="enhancement")]
    [message] = told(across_problems(tables(account_activity=rows), FRAME))
    assert message == "enhancement from forest to cropland would lose carbon"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("prior_vintages", vintage_start=date(2019, 1, 1), vintage_year=2019)], "not before the period"),
        (
            [row("prior_vintages", vintage_start=date(2021, 1, 1), vintage_end=date(2021, 2, 1))],
            "not before the period",
        ),
        ([row("prior_vintages"), row("prior_vintages", 3, vintage_start=date(2020, 6, 1))], "share days"),
    ],
)
def test_earlier_vintages(rows: Any, words: str) -> None:
    [message] = told(across_problems(tables(prior_vintages=rows), FRAME))
    assert words in message


PARAMETERS = {
    item.name: item
    for item in in_force(load_parameters(), rule_set="vm0007_v1_6", start=date(2022, 1, 1), end=date(2022, 12, 31))
}


def scores(day: date = date(2022, 6, 1), **points: Any) -> list[Any]:
    given = {"internal": 8, "external": 4, "natural": 2, **points}
    return [
        row("risk_scores", at, assessed_on=day, category=category, item=category, score=D(score))
        for at, (category, score) in enumerate(given.items(), start=2)
    ]


def rated(rows: list[Any]) -> list[str]:
    return told(rating_problems({"risk_scores": rows}, parameters=PARAMETERS))


def test_a_rating_within_its_limits_passes() -> None:
    assert rated(scores()) == []
    assert rated([]) == []


def test_a_rating_over_its_limits_is_refused() -> None:
    assert rated(scores(internal=36)) == ["the internal risk is above its limit"]
    assert rated(scores(internal=30, external=20, natural=11)) == ["the non-permanence rating of 2022-06-01 fails"]
    assert rated(scores()[:2]) == ["the rating of 2022-06-01 lacks a category"]


def test_the_latest_assessment_counts_though_the_period_ended_before() -> None:
    verified = date(2023, 2, 1)
    assert rated([*scores(), *scores(verified, internal=36)]) == ["the internal risk is above its limit"]
    assert rated([*scores(internal=36), *scores(verified)]) == []


def test_natural_risks_by_their_classes() -> None:
    natural: dict[str, Any] = {"category": "natural", "item": "fire", "score": None, "mitigation": D("0.5")}
    known = row("risk_scores", 9, **natural, loss_class="5_25", return_class="10_25")
    assert rated([*scores(), known]) == []
    strange = row("risk_scores", 9, **natural, loss_class="much", return_class="often")
    assert rated([*scores(), strange]) == ["unknown classes of a natural risk"]
    fails = row("risk_scores", 9, **natural, loss_class="from_70", return_class="under_10")
    assert rated([*scores(), fails]) == ["a natural risk alone makes the rating fail"]
