"""Changes that a baseline expects and that nobody monitored: refused, since what is not named is not zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mrv.accounting.frame import Frame, Version
from mrv.accounting.unmonitored import unmonitored_problems
from tests.unit.accounting.inputs import FRAME, VERSION, frame, row

D = Decimal
MONITORED: dict[str, Any] = {"scenario": "monitored", "baseline_version": None}
REFERENCE = replace(VERSION, mode="reference_average", reference=(2015, 2019))
OLDER = Version("b0", "annual_table", date(2015, 1, 1), date(2019, 12, 31), None, "project.yaml, baseline (b0)")


def baseline(number: int = 2, **changes: Any) -> Any:
    return row("account_activity", number, **changes)


def monitored(number: int = 9, **changes: Any) -> Any:
    return row("account_activity", number, **MONITORED, **changes)


def told(*rows: Any, frame_: Frame = FRAME, **tables: Any) -> list[str]:
    problems = list(unmonitored_problems({"account_activity": list(rows), **tables}, frame_))
    for problem in problems:
        assert problem.where, problem
        assert problem.expected, problem
        assert problem.found, problem
        assert problem.remedy, problem
    return [f"{problem.message} | {problem.where}" for problem in problems]


SECOND = "no monitored row of deforestation from forest in stratum s2 of zone pa of 2021, 2022"


def test_a_stratum_that_the_monitoring_forgot() -> None:
    assert told(baseline(), baseline(3, stratum_id="s2"), monitored()) == [
        f"{SECOND} | account_activity.csv, row 3, stratum_id"
    ]
    assert (
        told(baseline(), baseline(3, stratum_id="s2"), monitored(), monitored(10, stratum_id="s2", area_ha=D(0))) == []
    )


@pytest.mark.parametrize(
    "expected",
    [
        {"stratum_id": "s2"},
        {"zone_id": "pb"},
        {"from_state": "degraded"},
        {"to_state": "pasture"},
    ],
)
def test_every_part_of_a_change_must_be_named(expected: dict[str, Any]) -> None:
    assert len(told(baseline(), baseline(3, **expected), monitored())) == 1
    assert told(baseline(), baseline(3, **expected, area_ha=D(0)), monitored()) == []
    assert told(baseline(), baseline(3, **expected), monitored(), monitored(10, **expected, area_ha=D(0))) == []


def test_a_year_that_the_monitoring_forgot() -> None:
    [message] = told(baseline(), monitored(last_year=2021))
    assert "in stratum s1 of zone pa of 2022 |" in message
    assert told(baseline(last_year=2021), monitored(last_year=2021)) == []


def test_a_mean_of_reference_years_is_of_every_year() -> None:
    given = [baseline(first_year=2015, last_year=2019), baseline(3, first_year=2015, last_year=2019, stratum_id="s2")]
    assert len(told(*given, monitored(), frame_=frame(versions=(REFERENCE,)))) == 1


def test_another_legend_of_what_follows_is_no_omission() -> None:
    given = [baseline(), baseline(3, to_state="pasture")]
    assert told(*given, monitored(to_state="cleared")) == []


def test_versions_that_are_not_in_force_and_growth_are_not_asked_for() -> None:
    older = baseline(3, baseline_version="b0", first_year=2015, last_year=2019, stratum_id="s2")
    assert told(baseline(), older, monitored(), frame_=frame(versions=(VERSION, OLDER))) == []
    growth = {"activity": "enhancement", "from_state": "pasture", "to_state": "forest"}
    given = [baseline(), baseline(3, **growth), baseline(4, **growth, stratum_id="s2")]
    assert told(*given, monitored(), monitored(10, **growth)) == []


def test_an_activity_without_any_monitored_area_is_left_to_the_ledger() -> None:
    assert told(baseline(), baseline(3, activity="degradation", to_state="degraded"), monitored()) == []
    assert told(baseline()) == []


def test_a_sample_and_declared_emissions_stand_for_areas() -> None:
    sample = row("account_area_samples", stratum_id="s2")
    assert told(baseline(), baseline(3, stratum_id="s2"), monitored(), account_area_samples=[sample]) == []
    declared = row("account_emissions", last_year=2022)
    assert told(baseline(), baseline(3, stratum_id="s2"), monitored(), account_emissions=[declared]) == []
