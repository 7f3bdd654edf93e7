"""Landed rows of cameras, species records, categories and visits for tests of the warehouse."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

Rows = dict[str, list[dict[str, Any]]]
_ORIGIN = {"_artifact": "a" * 64}
MONKEY, TAPIR, FROG, CAT = "Lagothrix flavicauda", "Tapirus terrestris", "Atelopus mystery", "Panthera onca"


def _effort(number: int, nights: str, reason: str | None = None) -> dict[str, Any]:
    return {
        "deployment_id": f"d{number}",
        "location_code": f"L00{number}",
        "first_night": date(2022, 3, 1) if Decimal(nights) else None,
        "last_night": date(2022, 3, 30) if Decimal(nights) else None,
        "deployed_nights": 30,
        "failed_nights": Decimal(0),
        "camera_nights": Decimal(nights),
        "reason": reason,
    }


def _event(number: int, deployment: int, name: str, individuals: int | None) -> dict[str, Any]:
    return {
        "camera_event_id": f"e{number}",
        "location_code": f"L00{deployment}",
        "deployment_id": f"d{deployment}",
        "scientific_name": name,
        "event_date": date(2022, 3, number),
        "individual_count": individuals,
        "observation_count": 1,
        "independence_minutes": 30,
    }


def _occurrence(number: int, name: str, first: date | None, last: date | None, **changes: Any) -> dict[str, Any]:
    return {
        "occurrence_id": f"r{number}",
        "basis_of_record": "HumanObservation",
        "scientific_name": name,
        "observed_on": first,
        "observed_to": last,
        "occurrence_status": "present",
        "coordinates_generalised": False,
        "_row": number,
        **_ORIGIN,
        **changes,
    }


def _category(name: str, category: str, start: int, end: int | None) -> dict[str, Any]:
    return {
        "scientific_name": name,
        "list": "IUCN",
        "category": category,
        "holds_from": date(start, 1, 1),
        "superseded_on": date(end, 1, 1) if end else None,
        "source": "made up",
    }


def _zones(dataset: str, pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"dataset": dataset, "record_id": record, "zone_id": zone} for record, zone in pairs]


def _visit(number: int, hcv_class: int, day: date, condition: str, threat: str | None = None) -> dict[str, Any]:
    return {
        "hcv_visit_id": f"v{number}",
        "zone_id": "hcv1",
        "hcv_class": hcv_class,
        "visited_on": day,
        "condition": condition,
        "threat_type": threat,
        "_row": number,
        **_ORIGIN,
    }


def _whole(rows: Rows) -> Rows:
    from mrv.schemas import DATASETS

    return {name: [dict.fromkeys(DATASETS[name].schema.names) | row for row in listed] for name, listed in rows.items()}


def animal_rows(period_start: date) -> Rows:
    """Return rows of a period of three years from 2022: three cameras in the project area, one in none, one that never worked.

    The tapir was vulnerable until 2023 and endangered from then on; the frog is on no list; the jaguar was recorded at an
    obscured place, before the period, and as a fossil; a record of the monkey has no date.
    """
    before = date(period_start.year - 3, 5, 1)
    names = [MONKEY, TAPIR, FROG, CAT, "Tapirus terrestris (Linnaeus, 1758)", "Dasypus"]
    told = {"Tapirus terrestris (Linnaeus, 1758)": TAPIR}
    levels = {FROG: "none", "Dasypus": "genus"}
    return _whole(
        {
            "camera_effort": [
                _effort(1, "30"),
                _effort(2, "15"),
                _effort(3, "15"),
                _effort(4, "0", "it failed"),
                _effort(5, "5"),
            ],
            "camera_events": [
                _event(1, 1, TAPIR, 2),
                _event(2, 1, TAPIR, 1),
                _event(3, 3, TAPIR, None),
                _event(4, 2, "Dasypus", 1),
            ],
            "occurrences": [
                _occurrence(1, MONKEY, date(2022, 5, 1), date(2022, 5, 3)),
                _occurrence(2, MONKEY, None, None),
                _occurrence(3, FROG, date(2022, 1, 1), date(2022, 12, 31)),
                _occurrence(4, CAT, date(2022, 7, 1), date(2022, 7, 1), coordinates_generalised=True),
                _occurrence(5, CAT, before, before),
                _occurrence(6, CAT, date(2022, 8, 1), date(2022, 8, 1), basis_of_record="FossilSpecimen"),
                _occurrence(7, "Tapirus terrestris (Linnaeus, 1758)", date(2023, 6, 1), date(2023, 6, 1)),
                _occurrence(8, MONKEY, date(2022, 9, 1), date(2022, 9, 1), occurrence_status="absent"),
                _occurrence(9, MONKEY, date(2030, 9, 1), date(2030, 9, 1)),
            ],
            "taxon_matches": [
                {
                    "name_given": name,
                    "name_accepted": None if name == FROG else told.get(name, name),
                    "name_told": told.get(name, name),
                    "match_level": levels.get(name, "species"),
                }
                for name in names
            ],
            "taxon_categories": [
                _category(MONKEY, "CR", 2020, None),
                _category(TAPIR, "VU", 2018, 2023),
                _category(TAPIR, "EN", 2023, None),
                _category(CAT, "NT", 2016, None) | {"holds_to": date(2021, 12, 31)},
                _category("Tremarctos ornatus", "VU", 2016, None),
            ],
            "hcv_visits": [
                _visit(1, 1, date(2022, 2, 1), "poor", "hunting"),
                _visit(2, 1, date(2023, 2, 1), "fair"),
                _visit(3, 1, date(2019, 2, 1), "good"),
                _visit(4, 4, date(2022, 2, 1), "good"),
            ],
            "record_zones": [
                *_zones("camera_deployments", [("d1", "pa"), ("d2", "pa"), ("d5", "pa"), ("d4", "lb")]),
                *_zones("camera_deployments", [("d1", "hcv1"), ("d2", "hcv1")]),
                *_zones(
                    "occurrences",
                    [(f"r{number}", "pa") for number in range(1, 10)],
                ),
            ],
        }
    )


BATCHES = [
    {"dataset": name, "rows_read": 9, "rows_accepted": 9, "rows_quarantined": 0}
    for name in ("camera_observations", "occurrences", "species_categories", "hcv_visits")
]
