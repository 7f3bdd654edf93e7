"""What the report says of people, and what answers the project's own claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa

from mrv.files import write_parquet
from mrv.package.claims import claims
from mrv.package.people import people
from mrv.package.report import render_report
from mrv.project_life import Claim
from tests.unit.package.package_samples import sample_contents


def effort(field, driver, activities, named, events):
    return {
        "field": field, "driver": driver, "activity_count": activities, "people": named, "person_events": events,
        "reason": None if activities is not None else "no records of activities with people were received",
    }  # fmt: skip


def job(gender, count, fte, community="*", reason=None):
    return {
        "community_id": community, "gender": gender, "people": count, "jobs": count, "fte": fte and Decimal(fte),
        "work_years": fte and Decimal(fte), "reason": reason,
    }  # fmt: skip


def planted(site, species, count, alive):
    return {
        "site_id": site, "scientific_name": species, "seedlings_planted": count, "seedlings_planted_in_period": count,
        "surviving_estimate": None if alive is None else Decimal(alive), "checked_count": None if alive is None else 50,
    }  # fmt: skip


def grievance(number, days):
    return {
        "grievance_id": number, "received_in_period": True, "days_to_close": days, "status": "open" if days is None else "closed",
        "reason": "open on the last day of the period" if days is None else None,
    }  # fmt: skip


def metric(position, name, value, reason=None):
    return {
        "position": position, "metric": name, "label_en": name, "label_es": f"{name} (es)", "unit": "people",
        "value": None if value is None else Decimal(value), "rule_en": "each once", "rule_es": "cada una una vez",
        "reason": reason, "of_which_of": None, "is_standard": True,
    }  # fmt: skip


def records(dataset, accepted, *, known=True, quarantined=0):
    return {
        "dataset": dataset, "rows_accepted": accepted, "rows_quarantined": quarantined, "rows_in_period": accepted if known else 0,
        "is_known": known, "first_day": date(2021, 7, 1) if accepted else None,
        "reason": None if known else "the records begin on 2021-07-01, after the period",
    }  # fmt: skip


MARTS = {
    "records_known": [records("activity_records", 40, quarantined=5), records("grievance_records", 8, known=False)],
    "activities": [effort("*", "*", 9, 40, 12), effort("production", "*", 4, 30, 0), effort("protection", "*", 5, 20, 12)],
    "employment": [job("male", 3, "1.25"), job("*", 5, "2.00"), job("female", 2, "0.75"), job("*", 1, "0.1", community="c1")],
    "planting": [planted("s1", "Inga", 100, "80"), planted("s2", "Inga", 300, None)],
    "grievances": [grievance("q1", 10), grievance("q2", 40), grievance("q3", None), grievance("q4", 90), grievance("q5", 12)],
    "benefit_metrics": [metric(2, "people_water", None, "water is not recorded"), metric(1, "people_trained", 40)],
    "communities": [
        {"community_id": "c1", "community_name": "First", "indigenous_people": None, "household_count": 40,
         "in_force_at_end": True, "last_consent_step": "decision", "last_consent_outcome": "declined",
         "last_consent_on": date(2023, 5, 1)},
        {"community_id": "c1", "community_name": "Before", "indigenous_people": None, "household_count": 30,
         "in_force_at_end": False, "last_consent_step": None,
         "last_consent_outcome": None, "last_consent_on": None},
    ],
    "governance_meetings": [
        {"community_id": "c1", "decision_count": 3},
        {"community_id": None, "decision_count": 2},
    ],
}  # fmt: skip


def read(name):
    return MARTS.get(name, [])


def test_survival_is_told_with_what_was_counted() -> None:
    """Of 400 seedlings 100 were counted again: 80 % of those, nothing is known of the others."""
    view = people(read)["planted"]
    assert (view["to_date"], view["counted"], view["survival"]) == (400, 100, Decimal("0.8"))
    assert view["looked_at"] == 50
    assert view["sites"] == 2


def test_days_to_close_are_days_that_occurred() -> None:
    view = people(read)["grievances"]
    assert (view["received"], view["closed"], view["open"]) == (5, 4, 1)
    assert (view["median_days"], view["longest_days"]) == (12, 90)


def test_tables_stand_in_their_order() -> None:
    view = people(read)
    assert [row["metric"] for row in view["benefits"]] == ["people_trained", "people_water"]
    assert [row["name"].en for row in view["jobs"]] == ["Women", "Men", "All"]
    assert [row["community_name"] for row in view["register"]] == ["First"]
    assert view["meetings"] == {"count": 2, "communities": 1, "decisions": 5}


def test_a_project_without_such_records_has_no_section(tmp_path) -> None:
    """The metrics stand in their table all the same."""
    unknown = {"records_known": [records("activity_records", 0)], "benefit_metrics": MARTS["benefit_metrics"]}
    assert not people(lambda name: unknown.get(name, []))["people_recorded"]
    page = render_report(sample_contents(tmp_path))
    assert "Personas</span></h2>" not in page


def test_claims_are_answered_by_their_tables() -> None:
    declared = [
        Claim(en="People lead.", es="Lideran personas.", tables=("governance_meetings", "employment")),
        Claim(en="Bees.", es="Abejas.", tables=("livelihoods",)),
        Claim(en="Both.", es="Ambos.", tables=("livelihoods", "communities")),
    ]
    led, bees, both = claims(declared, read)
    assert [claim["state"] for claim in (led, bees, both)] == ["measured", "not_measured", "partly"]
    meetings, jobs = led["answers"]
    assert [(label.en, value.en) for label, value, _ in meetings.values] == [
        ("assemblies and governance meetings", "2"),
        ("decisions", "5"),
    ]
    assert [value.es for _, value, _ in jobs.values] == ["5", "2,00"]
    assert bees["answers"][0].values == ()


def test_areas_that_nobody_visited_are_not_measured() -> None:
    area = {
        "zone_id": "a",
        "visit_count": 0,
        "visits_with_threat_count": 0,
        "reason": "nobody visited the area in the period",
    }
    [claim] = claims(
        [Claim(en="HCV.", es="AVC.", tables=("hcv_condition",))], lambda name: {"hcv_condition": [area]}.get(name, [])
    )
    assert claim["state"] == "not_measured"
    assert [value.en for _, value, _ in claim["answers"][0].values] == ["–", "–"]


def test_kilometres_of_patrols_with_a_track_are_told() -> None:
    patrols = [
        {"distance_km": Decimal("12.5"), "reason": None},
        {"distance_km": None, "reason": "the patrol has no track"},
    ]
    [claim] = claims([Claim(en="P.", es="P.", tables=("patrols",))], lambda name: {"patrols": patrols}.get(name, []))
    [answer] = claim["answers"]
    assert [(value.en, unit) for _, value, unit in answer.values] == [("2", ""), ("12.5", "km")]
    assert (claim["state"], answer.reason) == ("partly", "the patrol has no track")


def test_effort_is_told_by_field_and_by_driver() -> None:
    rows = [
        *MARTS["activities"],
        effort("inclusion", "*", 0, 0, 0),
        effort("*", "fire", 3, 5, 0),
        effort("*", "none", 6, 5, 0),
    ]
    given = {"activities": rows, "records_known": MARTS["records_known"]}
    [claim] = claims([Claim(en="D.", es="C.", tables=("activities",))], lambda name: given.get(name, []))
    [answer] = claim["answers"]
    assert [(label.en, value.en) for label, value, _ in answer.values] == [
        ("activities with people", "9"),
        ("of production", "4"),
        ("of protection", "5"),
        ("of inclusion", "0"),
        ("aimed at fire", "3"),
    ]
    assert answer.records == (("activity_records", 40, 5),)


def test_records_that_begin_later_answer_nothing() -> None:
    given = {"grievances": [], "records_known": MARTS["records_known"]}
    [claim] = claims([Claim(en="G.", es="Q.", tables=("grievances",))], lambda name: given.get(name, []))
    assert claim["state"] == "not_measured"
    assert claim["answers"][0].reason == "the records begin on 2021-07-01, after the period"


def test_forest_is_that_of_the_last_year() -> None:
    years = [
        {"kind": "project_area", "year": year, "area_ha": Decimal(area)} for year, area in ((2022, 90), (2023, 80))
    ]
    belt = {"kind": "leakage_belt", "year": 2023, "area_ha": Decimal(7)}
    declared = [Claim(en="Forest.", es="Bosque.", tables=("forest_cover_annual",))]
    [claim] = claims(declared, lambda name: {"forest_cover_annual": [*years, belt]}.get(name, []))
    [(_, value, unit)] = claim["answers"][0].values
    assert (value.en, unit) == ("80", "ha")


def test_what_was_not_measured_gives_its_reason() -> None:
    unknown = {"employment": [job("*", None, None, reason="no records of jobs were received")]}
    [claim] = claims([Claim(en="Jobs.", es="Empleos.", tables=("employment",))], lambda name: unknown.get(name, []))
    assert claim["state"] == "not_measured"
    [answer] = claim["answers"]
    assert answer.reason == "no records of jobs were received"
    assert [value.en for _, value, _ in answer.values] == ["–", "–"]


def test_the_page_shows_people_metrics_and_claims(tmp_path) -> None:
    contents = sample_contents(tmp_path)
    for name, rows in MARTS.items():
        write_parquet(contents.marts_folder / f"{name}.parquet", pa.Table.from_pylist(rows))
    told = Claim(en="Communities <decide>.", es="Deciden las comunidades.", tables=("governance_meetings",))
    page = render_report(replace(contents, project=replace(contents.project, claims=(told,))))
    for text in (
        "Communities &lt;decide&gt;.",
        "decision</span>",
        "declined",
        "after the period: nothing is known of it",
        "Deciden las comunidades.",
        "water is not recorded",
        "cada una una vez",
        "People and person-events by field",
        "data/tables/csv/governance_meetings.csv",
        "They do not say whether a sentence is true.",
    ):
        assert text in page
