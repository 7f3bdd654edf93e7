"""The marts of communities, from rows that are counted by hand; and what they tell where nothing was written down."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mrv.warehouse.build import Build
from tests.integration.community_rows import END, START, batches, community_rows
from tests.integration.warehouse_inputs import build, e1_rows, project_rows, records, write_landed

pytestmark = pytest.mark.integration
YEARS = 1 + Fraction(184, 365)
DATED = {"activity_records": "started_on", "employment_records": "work_from", "planting_records": "planted_on"}


def built(folder: Path, people: Any, *, min_group: int) -> Build:
    overrides = {"ner_error": Decimal("0.18"), "buffer_rate": Decimal("0.14")}
    rows = e1_rows() | project_rows(START, END, rule_set="vm0007_v1_6", method="stock_change", overrides=overrides)
    rows["project"][0] |= {"min_group": min_group, "crediting_start": date(2020, 1, 1)}
    rows |= people | {"batches": batches(people)}
    return build(write_landed(rows, folder / "landed"), folder=folder / "build")


def only_later() -> Any:
    """Forms that came into use after the period, and no livelihoods at all."""
    rows = community_rows()
    for name, day in DATED.items():
        rows[name] = [row for row in rows[name] if row[day] > END]
    rows["activity_participants"] = [row for row in rows["activity_participants"] if row["activity_id"] == "after"]
    del rows["livelihood_records"]
    return rows


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Build]]:
    folder = tmp_path_factory.mktemp("communities")
    with ThreadPoolExecutor(2) as pool:
        whole = pool.submit(built, folder / "whole", community_rows(), min_group=1)
        later = pool.submit(built, folder / "later", only_later(), min_group=2)
        yield {"whole": whole.result(), "later": later.result()}


@pytest.fixture(scope="module")
def whole(worlds: dict[str, Build]) -> Path:
    return worlds["whole"].database


@pytest.fixture(scope="module")
def later(worlds: dict[str, Build]) -> Path:
    return worlds["later"].database


def one(database: Path, sql: str) -> dict[str, Any]:
    [row] = records(database, sql)
    return row


def metrics(database: Path, column: str = "value") -> dict[str, Any]:
    rows = records(database, f"select metric, {column} as told from marts.benefit_metrics")
    return {row["metric"]: row["told"] for row in rows}


def test_a_person_in_two_trainings_is_one_person_trained(whole: Path) -> None:
    row = one(whole, "select * from marts.training where topic = '*'")
    assert (row["training_count"], row["people"], row["women"], row["youth"]) == (3, 3, 2, 1)
    assert row["hours"] == Decimal("10.5")
    assert row["women_share_percent"] == Decimal("66.666667")
    by_topic = {row["topic"]: row["people"] for row in records(whole, "select * from marts.training")}
    assert by_topic == {"*": 3, "bees": 2, "fire": 2}


def test_people_who_are_not_named_are_person_events(whole: Path) -> None:
    """One unnamed man, and 1 + 12 + 8 of a training that only counts, a noted number notwithstanding."""
    assert one(whole, "select person_events from marts.training where topic = '*'") == {"person_events": 22}
    row = one(whole, "select people, person_events from marts.community_activities where activity_id = 't3'")
    assert (row["people"], row["person_events"]) == (None, 21)


def test_who_says_nothing_in_one_sheet_is_known_by_another(whole: Path) -> None:
    row = one(whole, "select people, women, youth from marts.community_activities where activity_id = 't2'")
    assert (row["people"], row["women"], row["youth"]) == (2, 2, 1)


def test_participants_by_gender_and_age_add_up(whole: Path) -> None:
    rows = records(whole, "select * from marts.activity_participation where activity_id = 't2'")
    told = {(row["gender"], row["age_group"]): (row["people"], row["person_events"]) for row in rows}
    assert told == {
        ("*", "*"): (2, 1),
        ("female", "15_29"): (1, 0),
        ("female", "30_59"): (1, 0),
        ("male", "30_59"): (0, 1),
    }


def test_activities_count_in_the_period_in_which_they_began(whole: Path) -> None:
    rows = records(whole, "select activity_id from marts.community_activities order by 1")
    assert [row["activity_id"] for row in rows] == ["a1", "b1", "t1", "t2", "t3"]


def test_meetings_name_the_community_and_its_decisions(whole: Path) -> None:
    row = one(whole, "select * from marts.governance_meetings")
    assert (row["meeting_id"], row["meeting_kind"], row["community_name"]) == ("a1", "assembly", "New name")
    assert (row["people"], row["decision_count"]) == (1, 3)


def test_full_time_years_over_the_years_of_the_period(whole: Path) -> None:
    """Full time all through: 1; 130 days: half a year; 26 days of which half lie before: 13; 26 days more."""
    rows = records(whole, "select * from marts.employment")
    told = {(row["community_id"], row["gender"]): row for row in rows}
    assert told[("c1", "female")]["fte"] == 1
    expected = {
        ("*", "female"): YEARS + Fraction(26, 260),
        ("*", "male"): Fraction(130, 260) + Fraction(13, 260),
        ("*", "*"): YEARS + Fraction(26 + 130 + 13, 260),
        ("c2", "*"): Fraction(26 + 13, 260),
    }
    for cell, years in expected.items():
        assert float(told[cell]["work_years"]) == pytest.approx(float(years), abs=2e-9)
        assert float(told[cell]["fte"]) == pytest.approx(float(years / YEARS), abs=2e-9)
    assert told[("*", "*")]["people"] == 2
    assert [told[("*", gender)]["people_over_full_time"] for gender in ("*", "female", "male")] == [1, 1, 0]


def test_a_household_counts_once_and_its_land_once(whole: Path) -> None:
    row = one(whole, "select * from marts.livelihoods where community_id = '*' and activity = '*'")
    assert (row["households"], row["households_in_groups"]) == (2, 12)
    assert (row["area_ha"], row["income_pen"], row["income_records"]) == (Decimal(22), Decimal("1300.50"), 2)


def test_production_counts_where_its_span_ends(whole: Path) -> None:
    rows = records(whole, "select * from marts.livelihood_production")
    told = {(row["measure"], row["product"], row["unit"]): row["quantity"] for row in rows}
    assert told == {("production", "cocoa", "kg"): 800, ("units", "honey", "hive"): 10}


def test_a_nursery_counts_spans_that_end_in_the_period(whole: Path) -> None:
    row = one(whole, "select * from marts.nursery_production")
    assert (row["produced_count"], row["sown_count"]) == (800, None)
    assert "lacks the number" in row["reason"]


def test_survival_is_that_of_the_last_count_after_the_last_planting(whole: Path) -> None:
    rows = records(whole, "select * from marts.planting")
    told = {(row["site_id"], row["scientific_name"]): row for row in rows}
    cedar = told[("s1", "Cedrela odorata")]
    assert (cedar["seedlings_planted_in_period"], cedar["seedlings_planted"]) == (0, 100)
    assert (cedar["last_checked_on"], cedar["survival_share"]) == (date(2023, 9, 1), Decimal("0.666666667"))
    assert cedar["surviving_estimate"] == Decimal("66.667")
    again = told[("s2", "Cedrela odorata")]
    assert again["survival_share"] is None
    assert again["reason"] == "planted again after the last count of 2023-09-01"
    assert told[("s3", "Inga edulis")]["reason"] == "not counted again since it was planted"


def test_a_site_has_its_area_once(whole: Path) -> None:
    rows = {row["site_id"]: row for row in records(whole, "select * from marts.restoration")}
    assert (rows["s1"]["area_ha"], rows["s1"]["species_count"]) == (1, 2)
    assert rows["s1"]["surviving_estimate"] == Decimal("266.667")
    assert rows["s2"]["surviving_estimate"] is None


def test_grievances_stand_as_on_the_last_day(whole: Path) -> None:
    rows = {row["grievance_id"]: row for row in records(whole, "select * from marts.grievances")}
    assert sorted(rows) == ["g1", "g2", "g4"]
    assert (rows["g1"]["days_to_acknowledge"], rows["g1"]["days_to_close"]) == (2, 30)
    assert (rows["g2"]["status"], rows["g2"]["days_to_close"], rows["g2"]["months_open"]) == ("open", None, 0)
    assert rows["g2"]["received_month"] == date(2023, 12, 1)
    assert rows["g2"]["outcome"] is None


def test_the_register_and_consent(whole: Path) -> None:
    rows = records(whole, "select * from marts.communities order by community_id, valid_from")
    assert [(row["community_id"], row["in_force_at_end"]) for row in rows] == [
        ("c1", False),
        ("c1", True),
        ("c2", True),
    ]
    assert (rows[1]["last_consent_step"], rows[2]["last_consent_step"]) == ("decision", None)
    steps = records(whole, "select * from marts.consent order by held_on")
    assert [(row["step"], row["in_period"], row["is_latest"]) for row in steps] == [
        ("information", False, False),
        ("decision", True, True),
    ]


def test_households_in_two_ways_count_once_in_all(whole: Path) -> None:
    rows = {row["basis"]: row for row in records(whole, "select * from marts.households_benefiting")}
    assert {basis: row["households"] for basis, row in rows.items()} == {
        "livelihoods": 2,
        "benefit_sharing": 2,
        "planting": 2,
        "*": 4,
    }
    assert (rows["*"]["registered_households"], rows["*"]["share_percent"]) == (50, Decimal(8))


def test_effort_by_field_and_by_driver(whole: Path) -> None:
    rows = {(row["field"], row["driver"]): row for row in records(whole, "select * from marts.activities")}
    assert {key[0]: row["people"] for key, row in rows.items() if key[1] == "*"} == {
        "*": 4,
        "production": 2,
        "protection": 2,
        "inclusion": 3,
    }
    assert (rows[("*", "agriculture")]["activity_count"], rows[("*", "mining")]["activity_count"]) == (1, 0)
    assert rows[("*", "*")]["hours"] is None
    assert rows[("*", "*")]["reason"] == "an activity has no hours"


def test_benefit_metrics_say_how_they_count(whole: Path) -> None:
    told, reasons = metrics(whole), metrics(whole, "reason")
    ledger = one(whole, "select sum(net_tco2e) as net from marts.emission_reductions")
    assert told["net_emission_reductions"] == ledger["net"]
    # Baseline less monitored: 700 ha of 2022 by 184 of 365 days, 735 ha of 2023.
    assert float(told["reduced_forest_loss"]) == pytest.approx(700 * 184 / 365 + 735, abs=1e-6)
    assert (told["people_trained"], told["women_trained"], told["training_person_events"]) == (3, 2, 22)
    assert float(told["people_employed_fte"]) == pytest.approx(1.432149362, abs=2e-9)
    assert told["improved_land_non_forest"] is None
    assert reasons["improved_land_non_forest"] == "1 of 3 planted sites have no area; the others have 1.5 ha"
    for metric in ("people_improved_livelihoods", "people_well_being", "people_water", "biodiversity_area"):
        assert told[metric] is None
        assert reasons[metric]
    for row in records(whole, "select * from marts.benefit_metrics"):
        assert row["rule_en"] and row["rule_es"] and row["label_es"]
        assert row["lifetime_value"] is None
        assert "own packages" in row["lifetime_reason"]


def test_metrics_are_figures_too(whole: Path) -> None:
    row = one(whole, "select label_en, value, row_key from marts.figures where figure_id = 'benefit.women_trained'")
    assert row == {"label_en": "People trained, of them women", "value": 2, "row_key": "metric=women_trained"}
    unknown = one(whole, "select value, reason from marts.figures where figure_id = 'benefit.people_water'")
    assert unknown == {"value": None, "reason": "water is not recorded"}


def test_what_nobody_wrote_down_is_no_zero(later: Path) -> None:
    told, reasons = metrics(later), metrics(later, "reason")
    assert told["people_trained"] is None
    assert reasons["people_trained"] == "the records of activities with people begin on 2024-01-01, after the period"
    assert told["people_employed_fte"] is None
    assert "no records of livelihoods were received" in reasons["households_benefiting"]
    unknown = one(later, "select people, fte, reason from marts.employment where community_id = '*' and gender = '*'")
    assert (unknown["people"], unknown["fte"]) == (None, None)
    assert one(later, "select * from marts.livelihoods")["households"] is None


def test_no_code_of_a_person_or_household_is_in_a_mart(whole: Path) -> None:
    columns = records(
        whole,
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'marts' and (column_name like '%person_key%' or column_name like '%household_key%')",
    )
    assert columns == []
