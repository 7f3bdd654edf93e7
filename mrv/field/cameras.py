"""Camera traps: the nights that cameras worked, and independent events of species at a location.

A night belongs to the local day on whose evening it begins. Effort and events are both counted by location, so that two
cameras at one place are one station: a night counts once, and an animal that both of them see is one event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from mrv.field.rounding import to_factor
from mrv.periods import Span
from mrv.schemas import DATASETS

_COORDINATE_PLACES = 5
"""Decimals to which positions without an id of their own are one location: about a metre."""
PEOPLE = frozenset({"homo", "homo sapiens"})
"""Names that are no animals here, whatever the type of an observation says."""
Row = Mapping[str, Any]


def location_codes(deployments: pa.Table) -> dict[str, str]:
    """Return a code of the location of each deployment, which tells nothing of where it is.

    Codes are numbers in the order in which locations were first used, so that a later deployment changes none.

    Args:
        deployments: Accepted rows of `camera_deployments`, in any order.
    """
    ordered = sorted(deployments.to_pylist(), key=lambda row: (row["started_at"], row["deployment_id"]))
    numbers: dict[tuple[Any, ...], int] = {}
    return {row["deployment_id"]: f"L{numbers.setdefault(_location(row), len(numbers) + 1):03d}" for row in ordered}


def _location(row: Row) -> tuple[Any, ...]:
    if row["location_id"] is not None:
        return row["package_name"], row["location_id"]
    return round(row["longitude"], _COORDINATE_PLACES), round(row["latitude"], _COORDINATE_PLACES)


# --- effort ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Nights:
    """Nights of a deployment: all of them as numbers of days, and those within the period."""

    first: int
    after: int
    period: range

    @property
    def total(self) -> int:
        return max(self.after - self.first, 0)


def camera_effort(
    deployments: pa.Table, *, period: Span, time_zone: str, outside: Mapping[str, int] | None = None
) -> pa.Table:
    """Return table `camera_effort`: nights that each camera worked within the period.

    Nights are the midnights between start and end of the deployment, in local time. Of two deployments that stand at one
    location at the same time the one that failed less keeps the common nights, or else the earlier one. Nights on which a
    camera failed are spread evenly over its deployment, since nobody says which they were. A camera whose clock was wrong
    counts no night, as none of its pictures can be dated.

    Args:
        deployments: Accepted rows of `camera_deployments`, in any order.
        period: Monitoring period.
        time_zone: Where the nights are.
        outside: Deployment to its observations of animals that lie before its start or after its end, which do not count.
    """
    zone, codes = ZoneInfo(time_zone), location_codes(deployments)
    taken: dict[str, dict[int, str]] = {}
    nights = {row["deployment_id"]: _nights(row, period, zone) for row in deployments.to_pylist()}

    def preference(row: Row) -> tuple[Decimal, datetime, str]:
        share = _failed_days(row) / max(nights[row["deployment_id"]].total, 1)
        return share, row["started_at"], row["deployment_id"]

    rows = [
        _effort(row, codes, taken, nights[row["deployment_id"]], (outside or {}).get(row["deployment_id"], 0))
        for row in sorted(deployments.to_pylist(), key=preference)
    ]
    return DATASETS["camera_effort"].table(rows)


def _nights(row: Row, period: Span, zone: ZoneInfo) -> _Nights:
    first = row["started_at"].astimezone(zone).date().toordinal()
    after = row["ended_at"].astimezone(zone).date().toordinal()
    start, end = max(first, period.start.toordinal()), min(after - 1, period.end.toordinal())
    return _Nights(first, after, range(start, max(start, end + 1)))


def _effort(
    row: Row, codes: Mapping[str, str], taken: dict[str, dict[int, str]], nights: _Nights, outside: int
) -> dict[str, Any]:
    own: str = row["deployment_id"]
    code = codes[own]
    failed_days = _failed_days(row)
    notes = [] if not outside else [f"{outside} observation(s) of animals lie outside the deployment and do not count"]
    values: dict[str, Any] = {"deployment_id": own, "location_code": code, "deployed_nights": len(nights.period)}
    excluded = _excluded(row, nights, failed_days)
    if excluded is not None:
        return {**values, **_none_worked(nights), "reason": "; ".join([excluded, *notes])}
    at_location = taken.setdefault(code, {})
    counted = [night for night in nights.period if night not in at_location]
    at_location.update(dict.fromkeys(counted, own))
    if common := len(nights.period) - len(counted):
        notes.append(f"{common} night(s) are counted with another deployment at the same location")
    failed = failed_days * len(counted) / nights.total
    if failed:
        spread = "" if len(counted) == nights.total else ", spread evenly over the deployment"
        notes.append(f"the camera failed on {failed_days.normalize():f} day(s){spread}")
    return {
        **values,
        **_dates(nights),
        "failed_nights": to_factor(failed),
        "camera_nights": to_factor(Decimal(len(counted)) - failed),
        "reason": "; ".join(notes) or None,
    }


def _excluded(row: Row, nights: _Nights, failed_days: Decimal) -> str | None:
    """Say why no night of a deployment counts, or None."""
    if not nights.period:
        return "no night of the deployment lies within the period"
    if row["timestamp_issues"]:
        return "the clock of the camera was wrong: neither its nights nor its pictures count"
    if failed_days >= nights.total:
        return "the camera failed for as many days as it stood there, or more"
    return None


def _failed_days(row: Row) -> Decimal:
    return Decimal(repr(row["failed_days"] or 0.0))


def _none_worked(nights: _Nights) -> dict[str, Any]:
    return {**_dates(nights), "failed_nights": to_factor(Decimal(0)), "camera_nights": to_factor(Decimal(0))}


def _dates(nights: _Nights) -> dict[str, Any]:
    if not nights.period:
        return {"first_night": None, "last_night": None}
    return {
        "first_night": date.fromordinal(nights.period[0]),
        "last_night": date.fromordinal(nights.period[-1]),
    }


# --- events ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Detections:
    """Observations that count as detections of animals, and how many of each deployment do not because of their time."""

    rows: Sequence[Row]
    outside: Mapping[str, int]


def detections(observations: pa.Table, deployments: pa.Table) -> Detections:
    """Return the observations of animals with a name that lie within their deployment.

    Where an event was described as a whole, the observations on its single pictures tell the same again and are left out;
    an event that is still unclassified was not described.

    Args:
        observations: Accepted rows of `camera_observations`, in any order.
        deployments: Accepted rows of `camera_deployments`.
    """
    spans = {row["deployment_id"]: (row["started_at"], row["ended_at"]) for row in deployments.to_pylist()}
    listed = [row for row in observations.to_pylist() if row["deployment_id"] in spans]
    whole = {
        (row["deployment_id"], row["event_id"])
        for row in listed
        if row["observation_level"] == "event" and row["observation_type"] != "unclassified"
    }
    rows, outside = [], dict[str, int]()
    for row in listed:
        own = row["deployment_id"]
        name = row["scientific_name"]
        if row["observation_type"] != "animal" or name is None or name.casefold() in PEOPLE:
            continue
        if row["observation_level"] == "media" and row["event_id"] and (own, row["event_id"]) in whole:
            continue
        started, ended = spans[own]
        if started <= row["event_start"] <= ended:
            rows.append(row)
        else:
            outside[own] = outside.get(own, 0) + 1
    return Detections(rows, outside)


def camera_events(
    found: Detections,
    deployments: pa.Table,
    *,
    period: Span,
    minutes: int,
    time_zone: str,
    told: Callable[[str], str],
) -> pa.Table:
    """Return table `camera_events`: independent events of a species at a location within the period.

    Detections of a species at a location belong to one event until more than `minutes` pass between the end of the last of
    them and the start of the next. An event has the local day of its first detection. Its individuals are the most that one
    observed event, or one picture, shows; unknown where none was counted.

    Args:
        found: From `detections`.
        deployments: Accepted rows of `camera_deployments`.
        period: Monitoring period. Cameras that `camera_effort` leaves out for this period give no events either.
        minutes: Minutes between independent events.
        time_zone: Where the days are.
        told: Name as given to the name under which it is counted.
    """
    zone, codes = ZoneInfo(time_zone), location_codes(deployments)
    usable = {
        row["deployment_id"]
        for row in deployments.to_pylist()
        if _excluded(row, _nights(row, period, zone), _failed_days(row)) is None
    }
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in found.rows:
        if row["deployment_id"] in usable:
            groups.setdefault((codes[row["deployment_id"]], told(row["scientific_name"])), []).append(row)
    rows = [
        _event(code, name, cluster, minutes=minutes, zone=zone)
        for (code, name), listed in sorted(groups.items())
        for cluster in independent(listed, minutes)
    ]
    return DATASETS["camera_events"].table(row for row in rows if period.start <= row["event_date"] <= period.end)


def independent(rows: Iterable[Row], minutes: int) -> list[list[Row]]:
    """Split detections of one species at one location into independent events, in order of time.

    Args:
        rows: Detections with `event_start` and `event_end`, in any order.
        minutes: A pause longer than this begins another event.
    """
    ordered = sorted(rows, key=lambda row: (row["event_start"], row["event_end"], row["observation_id"]))
    clusters: list[list[Row]] = []
    last: datetime | None = None
    for row in ordered:
        if last is None or row["event_start"] - last > timedelta(minutes=minutes):
            clusters.append([])
        clusters[-1].append(row)
        last = row["event_end"] if last is None else max(last, row["event_end"])
    return clusters


def _event(code: str, name: str, cluster: Sequence[Row], *, minutes: int, zone: ZoneInfo) -> dict[str, Any]:
    first = cluster[0]
    return {
        "camera_event_id": f"{code}-{first['observation_id']}",
        "location_code": code,
        "deployment_id": first["deployment_id"],
        "scientific_name": name,
        "event_date": first["event_start"].astimezone(zone).date(),
        "individual_count": _individuals(cluster),
        "observation_count": len(cluster),
        "independence_minutes": minutes,
    }


def _individuals(cluster: Iterable[Row]) -> int | None:
    """Return the most individuals of one event or picture; rows of it (by sex, by age) add up, unknown where one is."""
    counts: dict[tuple[Any, ...], int | None] = {}
    for row in cluster:
        if row["observation_level"] == "event":
            key = (row["deployment_id"], "event", row["event_id"] or row["observation_id"])
        else:
            key = (row["deployment_id"], "media", row["media_id"] or row["observation_id"])
        known = counts.get(key, 0)
        one = row["individual_count"]
        counts[key] = None if known is None or one is None else known + one
    return max((count for count in counts.values() if count is not None), default=None)
