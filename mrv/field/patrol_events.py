"""Events of patrols: on which local day they were seen, and how long it took until somebody answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from mrv.field.local_time import local_day
from mrv.schemas import DATASETS

OPEN = "no response is recorded"
BACKWARDS = "the response or resolution is dated before the event"


def answered_before(events: pa.Table, time_zone: str) -> list[str]:
    """Return the origins (file|row) of events that were answered or settled before the day on which they were seen."""
    return sorted(
        f"{row['_artifact']}|{row['_row']}"
        for row in events.select(["observed_at", "responded_on", "resolved_on", "_artifact", "_row"]).to_pylist()
        if _is_before(row, _observed_on(row, time_zone))
    )


def _is_before(row: Mapping[str, Any], observed_on: date | None) -> bool:
    days = (row["responded_on"], row["resolved_on"])
    return observed_on is not None and any(day is not None and day < observed_on for day in days)


def event_days(events: pa.Table, *, time_zone: str, first_day: date, last_day: date) -> pa.Table:
    """Return the landed table `patrol_event_days`: events of the period.

    A response dated before the event is none; the event counts all the same, for only its date is wrong.
    One of no known day is in none: it would count in each. The check `event_time_given` tells how many there are.

    Args:
        events: Accepted rows of `patrol_events`.
        time_zone: Where days begin.
        first_day: First local day of the period.
        last_day: Its last.
    """
    rows = []
    for row in events.to_pylist():
        observed_on = _observed_on(row, time_zone)
        if observed_on is None or not first_day <= observed_on <= last_day:
            continue
        response = _days(observed_on, row["responded_on"])
        backwards = _is_before(row, observed_on)
        rows.append(
            {
                "event_id": row["event_id"],
                "observed_on": observed_on,
                "response_days": response,
                "resolution_days": _days(observed_on, row["resolved_on"]),
                "reason": BACKWARDS if backwards else OPEN if response is None else None,
            }
        )
    return DATASETS["patrol_event_days"].table(rows)


def _observed_on(row: Mapping[str, Any], time_zone: str) -> date | None:
    return None if row["observed_at"] is None else local_day(row["observed_at"], time_zone)


def _days(observed_on: date, later: date | None) -> int | None:
    return None if later is None or later < observed_on else (later - observed_on).days
