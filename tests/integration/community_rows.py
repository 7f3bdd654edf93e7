"""Landed rows of what communities did around a period of one year and a half, small enough to count by hand.

The period is 1 July 2022 to 31 December 2023: 184/365 + 1 years.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from mrv.schemas import DATASETS

Rows = dict[str, list[dict[str, Any]]]
START, END = date(2022, 7, 1), date(2023, 12, 31)
DATASETS_OF_PEOPLE = (
    *("communities", "activity_records", "activity_participants", "employment_records", "livelihood_records"),
    *("nursery_records", "planting_records", "survival_checks", "grievance_records", "consent_steps"),
)


def _rows(dataset: str, *listed: dict[str, Any]) -> list[dict[str, Any]]:
    names = DATASETS[dataset].schema.names
    return [
        {**dict.fromkeys(names), **row, "_artifact": "0" * 64, "_row": number}
        for number, row in enumerate(listed, start=1)
    ]


def _activity(activity_id: str, kind: str, started_on: date, **more: Any) -> dict[str, Any]:
    return {
        "activity_id": activity_id,
        "activity_type": kind,
        "field": "inclusion",
        "started_on": started_on,
        "hours": 4.0,
        "community_id": "c1",
        "counting": "people",
        **more,
    }


def _person(activity_id: str, number: int, key: str | None, gender: str | None, age: str | None, **more: Any) -> Any:
    return {
        "activity_id": activity_id,
        "participant_id": f"p{number}",
        "person_key": key,
        "gender": gender,
        "age_group": age,
        "participant_count": 1,
        **more,
    }


def _group(activity_id: str, number: int, gender: str, count: int) -> dict[str, Any]:
    return {
        "activity_id": activity_id,
        "participant_id": f"g{number}",
        "gender": gender,
        "age_group": "30_59",
        "participant_count": count,
    }


def _job(name: str, key: str | None, gender: str, start: date, end: date, **more: Any) -> dict[str, Any]:
    return {
        "employment_id": name,
        "person_key": key,
        "gender": gender,
        "age_group": "30_59",
        "community_id": "c1",
        "job": None,
        "field": "protection",
        "work_from": start,
        "work_to": end,
        **more,
    }


def _livelihood(name: str, household: str | None, activity: str, product: str, **more: Any) -> dict[str, Any]:
    return {
        "livelihood_id": name,
        "household_key": household,
        "household_count": 1,
        "community_id": "c1",
        "activity": activity,
        "product": product,
        "period_from": date(2023, 1, 1),
        "period_to": date(2023, 12, 31),
        **more,
    }


def _planting(name: str, site: str, species: str, day: date, count: int, **more: Any) -> dict[str, Any]:
    return {
        "planting_id": name,
        "site_id": site,
        "community_id": "c1",
        "purpose": "restoration",
        "scientific_name": species,
        "planted_on": day,
        "seedling_count": count,
        **more,
    }


def community_rows() -> Rows:
    """One row or two of everything that must be told apart."""
    cedar, inga = "Cedrela odorata", "Inga edulis"
    return {
        "communities": _rows(
            "communities",
            {
                "community_id": "c1",
                "community_name": "Old name",
                "community_kind": "indigenous",
                "zone_id": "lb",
                "household_count": 30,
                "valid_from": date(2010, 1, 1),
                "valid_to": date(2022, 12, 31),
                "source": "register",
            },
            {
                "community_id": "c1",
                "community_name": "New name",
                "community_kind": "indigenous",
                "zone_id": "lb",
                "household_count": 40,
                "valid_from": date(2023, 1, 1),
                "source": "register",
            },
            {
                "community_id": "c2",
                "community_name": "Second",
                "community_kind": "farming",
                "household_count": 10,
                "valid_from": date(2010, 1, 1),
                "source": "register",
            },
            {
                "community_id": "c3",
                "community_name": "Gone",
                "community_kind": "farming",
                "household_count": 99,
                "valid_from": date(2010, 1, 1),
                "valid_to": date(2020, 1, 1),
                "source": "register",
            },
        ),
        "activity_records": _rows(
            "activity_records",
            _activity("t1", "training", date(2022, 8, 1), topic="bees", field="production", driver="agriculture"),
            _activity("t2", "training", date(2023, 3, 1), topic="fire", field="protection", driver="fire", hours=2.5),
            _activity("t3", "training", date(2023, 4, 1), topic="fire", field="protection", counting="person_events"),
            _activity("a1", "assembly", date(2023, 5, 1), decision_count=3),
            _activity("b1", "benefit_sharing", date(2023, 6, 1), hours=None, community_id=None),
            _activity("before", "training", date(2022, 6, 30), topic="bees"),
            _activity("after", "training", date(2024, 1, 1), topic="bees"),
        ),
        "activity_participants": _rows(
            "activity_participants",
            _person("t1", 1, "ana", "female", "15_29"),
            _person("t1", 2, "beto", "male", "30_59"),
            # The same woman in another training; her second sheet says nothing of her.
            _person("t2", 1, "ana", None, None),
            _person("t2", 2, "carla", "female", "30_59"),
            # Nobody knows who this was.
            _person("t2", 3, None, "male", "30_59"),
            # Only counted, although a number was noted.
            _person("t3", 1, "dora", "female", "30_59"),
            _group("t3", 1, "female", 12),
            _group("t3", 2, "male", 8),
            _person("a1", 1, "beto", "male", "30_59"),
            _person("b1", 1, "ana", "female", "15_29", household_key="h1", benefit_quantity=1.0),
            _person("b1", 2, "elio", "male", "60_plus", household_key="h9", benefit_quantity=1.0),
            _person("before", 1, "zoe", "female", "30_59"),
            _person("after", 1, "yara", "female", "30_59"),
        ),
        "employment_records": _rows(
            "employment_records",
            # Full time through the whole period and beyond: 184/365 + 1 years.
            _job("j1", "ana", "female", date(2022, 1, 1), date(2024, 12, 31), full_time_share=1.0),
            # 130 days of 2023: half a year of full time.
            _job("j2", "beto", "male", date(2023, 1, 1), date(2023, 12, 31), days_worked=130.0),
            # 26 days in a span of which half lies before the period: 13 days.
            _job("j3", "beto", "male", date(2022, 6, 21), date(2022, 7, 10), days_worked=26.0, community_id="c2"),
            # Beside her full-time job.
            _job("j4", "ana", "female", date(2023, 1, 1), date(2023, 1, 31), days_worked=26.0, community_id="c2"),
            _job("later", "yara", "female", date(2024, 1, 1), date(2024, 6, 30), days_worked=26.0),
        ),
        "livelihood_records": _rows(
            "livelihood_records",
            _livelihood("l1", "h1", "agroforestry", "cocoa", area_ha=2.0, production=500.0, production_unit="kg"),
            # The span began before the period and ended in it; the land is the same.
            _livelihood(
                "l2",
                "h1",
                "agroforestry",
                "cocoa",
                area_ha=1.5,
                production=300.0,
                production_unit="kg",
                income_pen=900.0,
                period_from=date(2022, 1, 1),
                period_to=date(2022, 12, 31),
            ),
            _livelihood("l3", "h1", "beekeeping", "honey", unit_count=6.0, unit="hive", income_pen=400.5),
            # It ends after the period: the household and its hives count, what it produced does not yet.
            _livelihood(
                "l4",
                "h2",
                "beekeeping",
                "honey",
                unit_count=4.0,
                unit="hive",
                production=80.0,
                production_unit="kg",
                period_to=date(2024, 3, 31),
            ),
            _livelihood("l5", None, "agroforestry", "coffee", household_count=12, area_ha=20.0),
            _livelihood("l6", None, "agroforestry", "cocoa", household_count=9),
        ),
        "nursery_records": _rows(
            "nursery_records",
            *(
                {
                    "nursery_record_id": name,
                    "nursery_id": "n1",
                    "community_id": "c1",
                    "scientific_name": cedar,
                    "period_from": first,
                    "period_to": last,
                    "sown_count": sown,
                    "produced_count": 400,
                    "distributed_count": 300,
                    "lost_count": 100,
                }
                for name, first, last, sown in (
                    ("nr1", date(2022, 5, 1), date(2022, 8, 31), 500),
                    ("nr2", date(2023, 1, 1), date(2023, 6, 30), None),
                    ("nr3", date(2023, 11, 1), date(2024, 1, 31), 500),
                )
            ),
        ),
        "planting_records": _rows(
            "planting_records",
            _planting("p1", "s1", cedar, date(2022, 3, 1), 100, area_ha=1.0),
            _planting("p2", "s1", inga, date(2022, 11, 1), 300, area_ha=1.0, household_key="h3"),
            _planting("p3", "s2", cedar, date(2023, 2, 1), 200, area_ha=0.5),
            _planting("p4", "s2", cedar, date(2023, 12, 1), 50),
            _planting("p5", "s3", inga, date(2022, 10, 1), 40, purpose="agroforestry", household_key="h1"),
            _planting("p6", "s1", cedar, date(2024, 2, 1), 500),
        ),
        "survival_checks": _rows(
            "survival_checks",
            *(
                {
                    "survival_check_id": name,
                    "site_id": site,
                    "scientific_name": species,
                    "checked_on": day,
                    "checked_count": checked,
                    "alive_count": alive,
                }
                for name, site, species, day, checked, alive in (
                    ("k1", "s1", cedar, date(2022, 9, 1), 50, 45),
                    ("k2", "s1", cedar, date(2023, 9, 1), 30, 20),
                    ("k3", "s1", inga, date(2023, 9, 1), 150, 100),
                    ("k4", "s2", cedar, date(2023, 9, 1), 100, 90),
                    ("k5", "s1", cedar, date(2024, 9, 1), 100, 1),
                )
            ),
        ),
        "grievance_records": _rows(
            "grievance_records",
            *(
                {
                    "grievance_id": name,
                    "received_on": received,
                    "category": "land",
                    "community_id": "c1",
                    "acknowledged_on": acknowledged,
                    "responded_on": None,
                    "closed_on": closed,
                    "outcome": outcome,
                }
                for name, received, acknowledged, closed, outcome in (
                    ("g1", date(2023, 1, 1), date(2023, 1, 3), date(2023, 1, 31), "resolved"),
                    ("g2", date(2023, 12, 1), None, date(2024, 2, 1), "resolved"),
                    ("g3", date(2022, 6, 1), date(2022, 6, 2), date(2022, 6, 20), "resolved"),
                    ("g4", date(2022, 6, 1), date(2022, 6, 2), date(2022, 7, 1), "referred"),
                )
            ),
        ),
        "consent_steps": _rows(
            "consent_steps",
            *(
                {
                    "consent_step_id": name,
                    "community_id": "c1",
                    "step": step,
                    "held_on": day,
                    "outcome": outcome,
                    "participant_count": people,
                    "women_count": women,
                }
                for name, step, day, outcome, people, women in (
                    ("f1", "information", date(2020, 5, 1), "noted", 50, 20),
                    ("f2", "decision", date(2023, 5, 1), "agreed", 60, 30),
                    ("f3", "withdrawal", date(2024, 5, 1), "agreed", 60, 30),
                )
            ),
        ),
    }


def batches(rows: Rows) -> list[dict[str, Any]]:
    """What `batches` says of them."""
    return [
        {"dataset": name, "rows_read": len(listed), "rows_accepted": len(listed), "rows_quarantined": 0}
        for name, listed in rows.items()
    ]
