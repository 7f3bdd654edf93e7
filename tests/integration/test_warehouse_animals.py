"""The dbt build with cameras, species records and visits: what is counted, where, under which category, and what is null."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mrv.warehouse.build import Build
from tests.integration.animal_rows import BATCHES, CAT, FROG, MONKEY, TAPIR, animal_rows
from tests.integration.warehouse_inputs import build, e1_rows, records, write_landed, zone

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("animals")
    rows = e1_rows()
    rows["zones"] += [zone("hcv1", "hcv", "100"), zone("hcv2", "hcv", "100")]
    landed = write_landed({**rows, **animal_rows(date(2022, 1, 1)), "batches": BATCHES}, folder / "landed")
    return build(landed, folder=folder / "build")


def _species(built: Build) -> dict[str, dict[str, Any]]:
    return {row["scientific_name"]: row for row in records(built.database, "select * from marts.species")}


def test_events_and_nights_give_the_index_of_each_zone(built: Build) -> None:
    rows = records(built.database, "select * from marts.detections")
    index = {(row["scientific_name"], row["zone_id"]): row for row in rows}
    everywhere, area, belt = (index[TAPIR, name] for name in ("*", "pa", "lb"))
    # 3 events in 65 nights; 2 in the 50 nights of the project area.
    assert (everywhere["event_count"], everywhere["camera_nights"]) == (3, 65)
    assert everywhere["events_per_100_nights"] == Decimal("4.615385")
    assert area["events_per_100_nights"] == 4
    assert (area["individual_count"], everywhere["individual_count"]) == (3, None)
    assert (area["detected_location_count"], area["location_count"]) == (1, 3)
    assert belt["events_per_100_nights"] is None
    assert belt["event_count"] is None
    # Two cameras in the area of high conservation value: where they hang is not narrowed down, nor that there are any.
    two = index[TAPIR, "hcv1"]
    assert (two["event_count"], two["camera_nights"], two["location_count"]) == (None, None, None)
    assert "fewer than 3 locations" in two["reason"] == belt["reason"]
    # Nothing seen by cameras that worked is a measured zero.
    assert index["Dasypus", "pa"]["event_count"] == 1
    assert {row["category"] for row in rows if row["scientific_name"] == "Dasypus"} == {None}


def test_species_have_the_category_of_the_day(built: Build) -> None:
    species = _species(built)
    tapir, monkey, frog, cat = (species[name] for name in (TAPIR, MONKEY, FROG, CAT))
    assert (tapir["category"], tapir["category_at_last_record"], tapir["is_threatened"]) == ("EN", "EN", True)
    assert (tapir["camera_event_count"], tapir["occurrence_count"]) == (3, 1)
    assert (tapir["first_recorded_on"], tapir["last_recorded_on"]) == (date(2022, 3, 1), date(2023, 6, 1))
    assert (monkey["category"], monkey["record_count"], monkey["undated_count"]) == ("CR", 2, 1)
    assert (frog["category"], frog["is_threatened"], frog["name_in_backbone"]) == ("NE", False, False)
    assert "not assessed" in frog["reason"]
    # The list's category ended before the period did: it is told as not evaluated, with the reason, and not carried on.
    assert (cat["category"], cat["category_at_last_record"]) == ("NE", "NE")
    assert "ended on 2021-12-31" in cat["reason"]
    assert "Dasypus" not in species
    assert (species["Tremarctos ornatus"]["record_count"], species["Tremarctos ornatus"]["category"]) == (0, "VU")


def test_few_records_of_a_sensitive_species_are_not_placed_in_the_project_area(built: Build) -> None:
    species = _species(built)
    monkey, frog, tapir = (species[name] for name in (MONKEY, FROG, TAPIR))
    assert (monkey["period_record_count"], monkey["period_project_record_count"]) == (1, None)
    assert "fewer than 3 records" in monkey["count_reason"]
    # Three events and records in it; and one of a frog that nobody looks for.
    assert (tapir["period_project_record_count"], tapir["count_reason"]) == (3, None)
    assert (frog["period_project_record_count"], frog["count_reason"]) == (1, None)


def test_what_is_no_sign_of_presence_does_not_count(built: Build) -> None:
    species = _species(built)
    # The fossil is left out; the obscured record counts, but in no zone.
    assert (species[CAT]["record_count"], species[CAT]["period_project_record_count"]) == (2, 0)
    # Neither the record of absence nor the one after the period.
    assert species[MONKEY]["occurrence_count"] == 2


def test_threatened_species_count_by_the_day_of_their_record(built: Build) -> None:
    rows = records(built.database, "select * from marts.threatened_species_benefiting")
    counts = {row["category"]: (row["species_count"], row["species"]) for row in rows}
    assert counts == {
        "CR": (1, MONKEY),
        "EN": (1, TAPIR),
        "VU": (0, None),
        "CR_EN": (2, f"{MONKEY}; {TAPIR}"),
    }
    assert {row["reason"] for row in rows} == {None}


def test_areas_have_the_condition_of_their_last_visit(built: Build) -> None:
    rows = records(built.database, "select * from marts.hcv_condition order by zone_id, hcv_class")
    first, second, unvisited = rows
    assert (first["hcv_class"], first["condition"], first["first_condition"]) == (1, "fair", "poor")
    assert (first["visit_count"], first["visits_with_threat_count"], first["reason"]) == (2, 1, None)
    assert (second["hcv_class"], second["condition"]) == (4, "good")
    assert (unvisited["zone_id"], unvisited["hcv_class"], unvisited["condition"]) == ("hcv2", None, None)
    assert "nobody visited" in unvisited["reason"]
    assert {row["threat_count"] for row in rows} == {None}
    assert {row["threat_reason"] for row in rows} == {"no events of patrols were landed"}
    # The period ends within 2024: the last whole year of it counts.
    assert {row["forest_year"] for row in rows} <= {2023, None}
