"""Answers to the forms of patrols and of visits to areas of high conservation value, as KoboToolbox gives them."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from mrv.boundaries import Zone
from mrv.periods import Span
from mrv.simulator.patrols import make_patrols

FORM_PATROLS = 8
YEARS_BACK = 2
"""Forms came into use two years before the end."""
_THREATS = ("logging", "hunting", "clearing", "fishing")
Submission = dict[str, Any]


def make_patrol_and_threat(seed: int, zones: Sequence[Zone], window: Span) -> list[Submission]:
    """Make patrols of communities and two reports of people who were on none; the same arguments give the same ones.

    Planted: a submission sent twice, one that the reviewer did not approve, and a threat answered before it was seen.

    Args:
        seed: Any whole number.
        zones: Zones of the project.
        window: Days of all monitoring periods.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 43]))
    span = Span(max(window.start, window.end - timedelta(days=365 * YEARS_BACK)), window.end)
    patrols = make_patrols(rng, zones, span, count=FORM_PATROLS, prefix="COM-")
    answers: list[Submission] = []
    for number, patrol in enumerate(patrols):
        first, last = patrol.track[0].at, patrol.track[-1].at
        events = [_event(rng, point.at, (point.longitude, point.latitude), days) for point, _, days in patrol.events]
        head = (
            {"patrol/report_kind": "report"}
            if number >= FORM_PATROLS - 2
            else {
                "patrol/report_kind": "patrol",
                "patrol/patrol_id": patrol.patrol_id,
                "patrol/patrol_type": "community",
                "patrol/transport": "foot",
                "patrol/started_at": _local(first),
                "patrol/ended_at": _local(last),
                "patrol/member_count": str(int(rng.integers(3, 9))),
            }
        )
        more = {"events": events} if events else {}
        answers.append(_submission(rng, number, last, {**head, "patrol/leader": patrol.leader, **more}))
    again = copy.deepcopy(answers[0])
    again["_id"] += 3
    unique = _uuid(rng)
    again |= {"_uuid": unique, "meta/instanceID": f"uuid:{unique}", "meta/rootUuid": f"uuid:{unique}"}
    answers[1]["_validation_status"] = {"uid": "validation_status_not_approved"}
    early = next(
        (event for item in answers[2:] for event in item.get("events", []) if "events/responded_on" in event), None
    )
    if early is not None:
        early["events/responded_on"] = "2020-01-01"
    return sorted([*answers, again], key=lambda item: int(item["_id"]))


def make_hcv_visit(seed: int, zones: Sequence[Zone], window: Span) -> list[Submission]:
    """Make visits to each area of high conservation value, twice a year, for the two last years.

    Args:
        seed: Any whole number.
        zones: Zones of the project.
        window: Days of all monitoring periods.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 44]))
    areas = sorted(zone.zone_id for zone in zones if zone.kind == "hcv")
    answers: list[Submission] = []
    for turn in range(2 * YEARS_BACK):
        for place, zone_id in enumerate(areas):
            day = max(window.start, window.end - timedelta(days=182 * turn + 20 + 3 * place))
            content = {
                "visit/zone_id": zone_id,
                "visit/hcv_classes": ("1 3", "4", "3")[place % 3],
                "visit/visited_on": day.isoformat(),
                "visit/condition": ("good", "good", "fair")[int(rng.integers(0, 3))],
                "visit/observer": "Guardaparque A",
            }
            if rng.random() < 0.4:
                content["visit/threat_type"] = _THREATS[int(rng.integers(0, len(_THREATS)))]
            answers.append(_submission(rng, len(answers), datetime.combine(day, time(12, 0)), content))
    return answers


def _event(rng: np.random.Generator, at: datetime, place: tuple[float, float], days: int | None) -> dict[str, str]:
    threat = rng.random() < 0.7
    event = {
        "events/observed_at": _local(at),
        "events/event_kind": "threat" if threat else "wildlife",
        "events/gps": f"{place[1]:.6f} {place[0]:.6f} 900 6",
    }
    if threat:
        event["events/threat_type"] = _THREATS[int(rng.integers(0, len(_THREATS)))]
        event["events/severity"] = ("low", "medium", "high")[int(rng.integers(0, 3))]
        if days is not None:
            event["events/responded_on"] = (at.date() + timedelta(days=days)).isoformat()
    return event


def _local(at: datetime) -> str:
    return f"{at.isoformat()}-05:00"


def _submission(rng: np.random.Generator, number: int, at: datetime, content: dict[str, Any]) -> Submission:
    unique = _uuid(rng)
    return {
        "_id": 520_000 + number * 7,
        "_uuid": unique,
        "meta/instanceID": f"uuid:{unique}",
        "meta/rootUuid": f"uuid:{unique}",
        "__version__": "vSimulated1",
        "_submission_time": _sent(at.date()),
        "_validation_status": {"uid": "validation_status_approved"},
        **content,
    }


def _sent(day: date) -> str:
    return datetime.combine(day + timedelta(days=2), time(15, 30)).isoformat()


def _uuid(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))
