"""The made-up communities of the demo: what their forms give, and that each planted mistake is found by its rule."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import shapely

from expectations.runner import check
from mrv.boundaries import Zone
from mrv.periods import Span
from mrv.simulator.form_answers import MAKERS
from mrv.simulator.people import COMMUNITIES
from mrv.sources.form_definition import load_form
from mrv.sources.form_records import Submission, parse_submissions
from mrv.sources.kobo import REFUSED

WINDOW = Span(date(2010, 1, 1), date(2024, 6, 30))
BOUNDS = (-77.5, -7.9, -76.6, -6.6)
FORMS = ("community_activity", "employment", "grievance", "consent", "livelihoods", "nursery_and_planting")


def _zone(kind: str, west: float) -> Zone:
    return Zone(
        zone_id=kind,
        kind=kind,
        name=kind,
        partner=None,
        geometry=shapely.box(west, -7.4, west + 0.2, -7.0),
        boundary_version="v1",
        illustrative=True,
        file="zones.geojson",
        feature=1,
        sha256="0" * 64,
    )


ZONES = [_zone("project_area", -77.2), _zone("leakage_belt", -77.0)]


def _received(form: str, seed: int) -> list[Submission]:
    submissions = []
    for position, raw in enumerate(MAKERS[form](seed, ZONES, WINDOW), start=1):
        status = raw["_validation_status"]["uid"]
        submissions.append(
            Submission(
                answers=raw,
                identity=raw["meta/rootUuid"],
                age=(raw["_submission_time"], str(raw["_id"])),
                number=str(raw["_id"]),
                submitted_at=raw["_submission_time"],
                status=status,
                version=raw["__version__"],
                refusal=(status, REFUSED[status]) if status in REFUSED else None,
                artifact="a" * 64,
                address="page",
                position=position,
            )
        )
    return submissions


@cache
def _parsed(form: str, seed: int = 7) -> dict[str, Any]:
    return parse_submissions(_received(form, seed), load_form(form), bounds=BOUNDS, remedy="-")


def _rules(form: str, dataset: str, **parameters: Any) -> Counter[str]:
    """Count the quarantined rows of a table by rule, those that could not be typed and those that fail a check."""
    part = _parsed(form)[dataset]
    known = {"earliest_day": date(1990, 1, 1), "community_ids": list(COMMUNITIES), **parameters}
    outcome = check(dataset, part.table, parameters=known)
    return Counter([row["rule"] for row in part.rejected] + outcome.quarantine["rule"].to_pylist())


@pytest.mark.parametrize("form", FORMS)
def test_the_same_seed_gives_the_same_submissions(form: str) -> None:
    assert MAKERS[form](7, ZONES, WINDOW) == MAKERS[form](7, ZONES, WINDOW)
    assert MAKERS[form](7, ZONES, WINDOW) != MAKERS[form](8, ZONES, WINDOW)
    numbers = [item["_id"] for item in MAKERS[form](7, ZONES, WINDOW)]
    assert numbers == sorted(set(numbers))


def test_planted_mistakes_of_activities() -> None:
    rules = _rules("community_activity", "activity_records")
    assert rules == {
        "repeated_submission": 1,
        "superseded_by_edit": 1,
        "validation_status_not_approved": 1,
        "unknown_choice": 1,
        # A year too late is after the submission, and after the last day.
        "not_in_the_future": 1,
        "days_in_order": 1,
    }
    repairs = _parsed("community_activity")["activity_records"].repairs
    assert [(row["column_name"], row["rule"]) for row in repairs] == [("community_id", "trimmed_blanks")]


def test_participants_go_with_their_activity() -> None:
    activities = check(
        "activity_records",
        _parsed("community_activity")["activity_records"].table,
        parameters={"earliest_day": date(1990, 1, 1), "community_ids": list(COMMUNITIES)},
    ).accepted
    accepted = activities["activity_id"].to_pylist()
    rules = _rules("community_activity", "activity_participants", activity_ids=accepted)
    assert rules["activity_exists"] > 0
    assert set(rules) == {
        "repeated_submission",
        "superseded_by_edit",
        "validation_status_not_approved",
        "activity_exists",
    }


def test_planted_mistakes_of_jobs() -> None:
    rules = _rules("employment", "employment_records")
    # A job that ends before it begins has no day to work on either.
    assert rules == {"share_in_range": 1, "days_in_order": 1, "days_within_span": 1, "repeated_submission": 1}


def test_planted_mistakes_of_grievances() -> None:
    """A grievance is edited when it is closed; one was closed before it came, which is told and keeps it in the register."""
    rules = _rules("grievance", "grievance_records")
    assert set(rules) == {"superseded_by_edit"}
    table = _parsed("grievance")["grievance_records"].table
    known = {"earliest_day": date(1990, 1, 1), "community_ids": list(COMMUNITIES)}
    results = check("grievance_records", table, parameters=known).results.to_pylist()
    failed = {row["rule"]: (row["severity"], row["rows_failed"]) for row in results if row["outcome"] == "failed"}
    assert failed == {"closed_after_received": ("warning", 1), "responded_after_received": ("warning", 1)}
    closed = table["closed_on"]
    assert 0 < closed.null_count < len(closed)


def test_consent_has_no_mistakes() -> None:
    assert _rules("consent", "consent_steps") == {}
    assert set(_parsed("consent")["consent_steps"].table["community_id"].to_pylist()) == set(COMMUNITIES)


def test_planted_mistakes_of_livelihoods() -> None:
    rules = _rules("livelihoods", "livelihood_records")
    assert rules["unknown_choice"] == 1
    assert rules["area_plausible"] == 1
    assert set(rules) == {"unknown_choice", "area_plausible", "repeated_submission", "superseded_by_edit"}


def test_planted_mistakes_of_plantings() -> None:
    assert _rules("nursery_and_planting", "nursery_records") == {}
    planting = _rules("nursery_and_planting", "planting_records")
    assert planting == {"repeated_submission": 2}
    # A site with latitude and longitude exchanged keeps its seedlings and loses its place.
    part = _parsed("nursery_and_planting")["planting_records"]
    repairs = {(row["column_name"], row["rule"], row["value_count"]) for row in part.repairs}
    assert repairs == {("longitude", "position_blanked", 1), ("latitude", "position_blanked", 1)}
    places = part.table.filter(pc.equal(part.table["site_id"], "SITE-03"))["longitude"]
    assert places.null_count == 1
    assert _rules("nursery_and_planting", "survival_checks") == {"alive_within_checked": 1}


def test_names_are_clearly_made_up() -> None:
    names = {
        name
        for table, column in (("activity_participants", "participant_name"),)
        for name in _parsed("community_activity")[table].table[column].to_pylist()
        if name is not None
    }
    assert names
    assert all(name.startswith("Persona Simulada ") for name in names)


def test_forms_begin_three_years_before_the_end() -> None:
    for form, table, column in (
        ("community_activity", "activity_records", "started_on"),
        ("nursery_and_planting", "planting_records", "planted_on"),
        ("employment", "employment_records", "work_from"),
    ):
        days: pa.ChunkedArray = _parsed(form)[table].table[column]
        assert min(days.to_pylist()) >= date(2021, 6, 1)
