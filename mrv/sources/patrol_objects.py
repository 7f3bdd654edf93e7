"""Patrols and events as JSON objects of SMART Connect and EarthRanger: what the two have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from mrv.errors import InputError
from mrv.ledger import Artifact
from mrv.sources import patrol_points as points
from mrv.sources.contract import Parsed, Request
from mrv.sources.coordinates import refuse_swapped
from mrv.sources.json_reading import read_json, writable
from mrv.sources.patrol_kinds import Kinds, kind_of
from mrv.sources.records import Record, Records
from mrv.sources.smart_labels import attribute_of
from mrv.sources.values import visible_text

REMEDY = "mend it at the source and pull again"
Object = Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """What an event says, as the source wrote it.

    Attributes:
        raw: The whole object, for the quarantine.
        artifact: File that it came from.
        row: Its number there.
        event_id: Its id.
        patrol_id: Patrol that reported it.
        time: ISO 8601; without an offset it is a time of the source's zone.
        levels: Category from the most general level to the most particular.
        longitude: Degrees.
        latitude: Degrees.
        reported_by: Who.
        description: Free words.
        attributes: Name to value of what the form asked.
        kind: Event kind where the category does not decide it.
    """

    raw: Object
    artifact: Artifact
    row: int
    event_id: str | None
    patrol_id: str | None
    time: str | None
    levels: Sequence[str]
    longitude: Any
    latitude: Any
    reported_by: str | None
    description: str | None
    attributes: Object = field(default_factory=dict)
    kind: str | None = None


def read_list(artifact: Artifact, request: Request, *, keys: Sequence[str]) -> list[Object]:
    """Return the objects of a document: a list, one object, or the list below some keys.

    Raises:
        InputError: It is no JSON, or holds something else than objects.
    """
    value = read_json(
        request.store.get(artifact.sha256), label=artifact.address, what="a file of patrols", remedy="export it again"
    )
    for key in keys:
        if isinstance(value, dict) and key in value:
            value = value[key]
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in listed):
        raise InputError(
            "a file of patrols has another shape",
            expected="objects, or a list of them",
            found=type(value).__name__,
            where=artifact.address,
            remedy="export it again as the API gives it",
        )
    return [writable(item) for item in listed]


def text(value: Any) -> str | None:
    """Return a value as text, None where it is empty or no text or number."""
    found = (
        visible_text(str(value)).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    )
    return found or None


def moment(value: Any, time_zone: str) -> datetime | None:
    """Return a moment written in ISO 8601, or given as such; None where it is none. Without an offset it is local."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(time_zone))).astimezone(UTC)
    except OverflowError:
        return None


def read_events(events: Iterable[Event], *, system: str, kinds: Kinds, request: Request, time_zone: str) -> Parsed:
    """Return events as rows of `patrol_events`; events without a place or a time are kept."""
    records = Records("patrol_events")
    seen: set[str] = set()
    for event in events:
        record = begin(records, event.raw, event.artifact, event.row, "event")
        if event.event_id is None:
            record.reject("missing_value", "the event has no id")
        elif event.event_id in seen:
            record.reject("duplicate_record", "an event of this id was read before")
        else:
            seen.add(event.event_id)
            _fill(record, event, system, kinds, time_zone)
            refuse_swapped(record, request.bounds)
        record.done()
    return records.parsed()


def begin(records: Records, raw: Object, artifact: Artifact, row: int, what: str) -> Record:
    """Begin a record of an object."""
    where = f"{artifact.address}, {what} {row}"
    return records.record(raw, artifact=artifact.sha256, row=row, where=where, remedy=REMEDY)


def _fill(record: Record, event: Event, system: str, kinds: Kinds, time_zone: str) -> None:
    levels = [level for level in event.levels if level]
    kind, threat = (event.kind, None) if event.kind else kind_of(levels, kinds)
    record.set("event_id", event.event_id)
    if isinstance(received := event.raw.get("id"), str) and received != event.event_id == received.strip():
        record.repaired("event_id", "trimmed_blanks")
    record.set("source_system", system)
    record.set("patrol_id", event.patrol_id)
    record.set("event_kind", kind)
    record.set("threat_type", threat)
    record.read("source_category", " / ".join(levels), name="category")
    observed_at = moment(event.time, time_zone)
    if event.time is not None and observed_at is None:
        record.reject("unreadable_value", "the time is no date and time in ISO 8601")
    record.set("observed_at", observed_at)
    record.read("longitude", event.longitude)
    record.read("latitude", event.latitude)
    record.read("reported_by", event.reported_by)
    record.read("description", event.description)
    for name, value in sorted(event.attributes.items()):
        if (column := attribute_of(name)) is not None:
            record.read(column, text(value), name=name)


@dataclass
class TrackPoints:
    """Collects points of a file one by one."""

    artifact: Artifact
    patrol_id: list[str | None] = field(default_factory=list)
    leg_id: list[str | None] = field(default_factory=list)
    time_us: list[int | None] = field(default_factory=list)
    longitude: list[float] = field(default_factory=list)
    latitude: list[float] = field(default_factory=list)
    junk: list[bool | None] = field(default_factory=list)

    def add(
        self, patrol_id: str | None, time_us: int | None, place: Any, *, leg_id: str | None = None, junk: bool | None
    ) -> None:
        """Add a point; `place` is longitude and latitude."""
        longitude, latitude = (
            float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")
            for value in place
        )
        self.patrol_id.append(patrol_id)
        self.leg_id.append(leg_id)
        self.time_us.append(time_us)
        self.longitude.append(longitude)
        self.latitude.append(latitude)
        self.junk.append(junk)

    def parsed(self, system: str, request: Request, *, local_clock: str | None) -> Parsed:
        """Return them as rows of `patrol_tracks`.

        Args:
            system: Name of the source's kind.
            request: Who asks.
            local_clock: Time zone whose clock the times are read on; None: they are UTC.
        """
        missing = np.array([value is None for value in self.time_us], dtype=np.bool_)
        time_us = np.array([value or 0 for value in self.time_us], dtype=np.int64)
        part = points.Points(
            system=system,
            artifact=self.artifact.sha256,
            label=self.artifact.address,
            row=np.arange(1, len(time_us) + 1),
            patrol_id=points.texts(self.patrol_id),
            leg_id=points.texts(self.leg_id),
            time_us=points.to_utc(time_us, local_clock) if local_clock else time_us,
            longitude=np.array(self.longitude, dtype=np.float64),
            latitude=np.array(self.latitude, dtype=np.float64),
            is_junk=pa.array(self.junk, pa.bool_()),
            raw=lambda place: {"patrol_id": self.patrol_id[place], "time_us": self.time_us[place]},
        )
        part.refuse("missing_value", missing, "the time is missing or cannot be read")
        return points.parsed(part, request.bounds)
