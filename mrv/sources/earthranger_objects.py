"""Objects of EarthRanger: patrols with their segments, events, and observations of who led them.

Times have an offset or are UTC. An event may be told in several places: in the list of events, and in the segment of the
patrol that reported it. The list counts, and the segment says which patrol it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.ledger import Artifact
from mrv.sources.contract import Parsed, Request
from mrv.sources.patrol_kinds import Kinds
from mrv.sources.patrol_objects import Event, Object, TrackPoints, begin, moment, read_events, read_list, text
from mrv.sources.patrol_parquet import places, read_points, read_table
from mrv.sources.records import Records

SYSTEM = "earthranger"
Kind = Literal["patrols", "events", "observations"]
KINDS: tuple[Kind, ...] = ("patrols", "events", "observations")
_PRIORITIES = {100: "low", 200: "medium", 300: "high"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Segment:
    """A part of a patrol under one leader."""

    patrol_id: str
    number: int
    leader_id: str | None
    start: datetime | None
    end: datetime | None

    def has(self, subject: str | None, at: datetime) -> bool:
        """Tell whether somebody led it at a moment."""
        return (
            subject is not None
            and subject == self.leader_id
            and self.start is not None
            and self.start <= at
            and (self.end is None or at <= self.end)
        )


def objects(artifact: Artifact, request: Request) -> Sequence[Object]:
    """Return the objects of a file: a page of the API, a list or one object as JSON, or rows of Parquet.

    Raises:
        InputError: It is none of these.
    """
    if not artifact.address.lower().endswith(".parquet"):
        return read_list(artifact, request, keys=["data", "results"])
    path = request.store.get(artifact.sha256)
    read_table(path, label=artifact.address, needed={"id": pa.types.is_string}, optional={})
    columns = [name for name in pq.read_schema(path).names if name not in _LEFT_OUT]
    table = read_table(
        path,
        label=artifact.address,
        needed=dict.fromkeys(columns, _anything),
        optional={"geometry": pa.types.is_binary},
    )
    rows: list[dict[str, Any]] = table.drop_columns([n for n in ("geometry",) if n in table.column_names]).to_pylist()
    if "geometry" in table.column_names:
        for row, longitude, latitude in zip(rows, *(part.tolist() for part in places(table["geometry"])), strict=True):
            known = longitude == longitude
            row["location"] = {"longitude": longitude, "latitude": latitude} if known else None
            row["geojson"] = None
    return rows


_LEFT_OUT = frozenset({"geometry", "files", "notes", "contains", "updates", "__index_level_0__"})
"""Columns without a value for us, some of them of no type that can be read."""


def _anything(kind: pa.DataType) -> bool:
    del kind
    return True


def segments_of(patrols: Sequence[Artifact], request: Request) -> list[Segment]:
    """Return the segments of all patrols, in their order."""
    found = []
    for artifact in patrols:
        for patrol in objects(artifact, request):
            patrol_id = text(patrol.get("id"))
            for number, segment in enumerate(_listed(patrol.get("patrol_segments")), start=1):
                start, end = _range(segment)
                if patrol_id is not None:
                    found.append(Segment(patrol_id, number, text(_dict(segment.get("leader")).get("id")), start, end))
    return found


def read_patrols(artifacts: Sequence[Artifact], request: Request) -> Parsed:
    """Read patrols; one that was cancelled is set aside.

    Raises:
        InputError: A file has another shape.
    """
    records, seen = Records("patrol_records"), set[str]()
    for artifact in artifacts:
        for row, patrol in enumerate(objects(artifact, request), start=1):
            record = begin(records, patrol, artifact, row, "patrol")
            patrol_id = record.read("patrol_id", patrol.get("id"), name="id")
            record.set("source_system", SYSTEM)
            if patrol.get("state") == "cancelled":
                record.reject("patrol_cancelled", "the patrol was cancelled")
            if patrol_id in seen:
                record.reject("duplicate_record", "a patrol of this id was read before")
            seen.add(patrol_id or "")
            segments = _listed(patrol.get("patrol_segments"))
            starts, ends = zip(*[_range(item) for item in segments], strict=True) if segments else ((), ())
            record.set("started_at", min((item for item in starts if item), default=None))
            # A segment that still goes on has no end, and so has its patrol.
            record.set("ended_at", max((item for item in ends if item), default=None) if all(ends) else None)
            types = sorted({kind for item in segments if (kind := text(item.get("patrol_type")))})
            leaders = sorted({name for item in segments if (name := text(_dict(item.get("leader")).get("name")))})
            record.set("patrol_type", "; ".join(types) or None)
            record.set("leader", "; ".join(leaders) or None)
            record.read("objective", text(patrol.get("objective")))
            record.done()
    return records.parsed()


def read_patrol_events(
    artifacts: Sequence[Artifact], patrols: Sequence[Artifact], request: Request, *, kinds: Kinds
) -> Parsed:
    """Read events of lists, and those of segments that no list has.

    Raises:
        InputError: A file has another shape.
    """
    nested = list(_nested(patrols, request))
    patrol_of = {event_id: patrol_id for _, _, item, patrol_id in nested if (event_id := text(item.get("id")))}
    listed = [
        (artifact, row, item) for artifact in artifacts for row, item in enumerate(objects(artifact, request), start=1)
    ]
    _newest_first(listed)
    for _, _, item in listed:
        event_id, patrol_id = text(item.get("id")), _patrol_of(item)
        if event_id and patrol_id:
            patrol_of.setdefault(event_id, patrol_id)
    known = {text(item.get("id")) for _, _, item in listed}
    events = [_event(artifact, row, item, patrol_of) for artifact, row, item in listed]
    for artifact, row, item, _ in nested:
        if (event_id := text(item.get("id"))) not in known:
            known.add(event_id)
            events.append(_event(artifact, row, item, patrol_of))
    return read_events(events, system=SYSTEM, kinds=kinds, request=request, time_zone="UTC")


def _newest_first(listed: list[tuple[Artifact, int, Object]]) -> None:
    """Let of two versions of an event the one changed last stand first, since the first counts; without both days nothing moves."""
    first: dict[str | None, int] = {}
    for place, (_, _, item) in enumerate(listed):
        held = first.setdefault(text(item.get("id")), place)
        before, now = (moment(listed[at][2].get("updated_at"), "UTC") for at in (held, place))
        if before is not None and now is not None and before < now:
            listed[held], listed[place] = listed[place], listed[held]


def _nested(patrols: Sequence[Artifact], request: Request) -> Iterator[tuple[Artifact, int, Object, str | None]]:
    for artifact in patrols:
        row = 0
        for patrol in objects(artifact, request):
            for segment in _listed(patrol.get("patrol_segments")):
                for event in _listed(segment.get("events")):
                    row += 1
                    yield artifact, row, event, text(patrol.get("id"))


def _event(artifact: Artifact, row: int, item: Object, patrol_of: Mapping[str, str | None]) -> Event:
    event_id = text(item.get("id"))
    longitude, latitude = _place(item)
    details = _dict(item.get("event_details"))
    priority = item.get("priority")
    severity = _PRIORITIES.get(priority) if isinstance(priority, int) else None
    return Event(
        raw={name: value for name, value in item.items() if name in ("id", "event_type", "event_category", "time")},
        artifact=artifact,
        row=row,
        event_id=event_id,
        patrol_id=patrol_of.get(event_id or ""),
        time=_time(item),
        levels=[text(item.get("event_category")) or "", text(item.get("event_type")) or ""],
        longitude=longitude,
        latitude=latitude,
        reported_by=text(_dict(item.get("reported_by")).get("name")),
        description=text(item.get("title")),
        attributes={"severity": severity, **details},
        # A collection holds other events, which stand in the list themselves.
        kind="other" if item.get("is_collection") is True else None,
    )


def _time(item: Object) -> str | None:
    value = item.get("time")
    if value is None:
        value = _dict(_dict(item.get("geojson")).get("properties")).get("datetime")
    return value.isoformat() if isinstance(value, datetime) else text(value)


def _patrol_of(item: Object) -> str | None:
    several = item.get("patrols")
    return text(item.get("patrol_id")) or (text(several[0]) if isinstance(several, list) and several else None)


def _place(item: Object) -> tuple[Any, Any]:
    """Return longitude and latitude; None where the event has no point."""
    location = _dict(item.get("location"))
    if location:
        return location.get("longitude"), location.get("latitude")
    geometry = _dict(_dict(item.get("geojson")).get("geometry"))
    point = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(point, list) and len(point) >= 2:
        return point[0], point[1]
    return None, None


def read_observations(artifact: Artifact, request: Request, segments: Sequence[Segment]) -> Parsed:
    """Read points of a track.

    The patrol is the one that was asked for, the one that the point names, or the one that its subject led at that moment.
    Its leg is the subject: several may be on the way at once, and one that leads two segments walks on from one to the next.

    Raises:
        InputError: The file has another shape.
    """
    if artifact.address.lower().endswith(".parquet"):
        return read_points(artifact, request, system=SYSTEM, local_clock=None, dataset_label=artifact.address)
    asked, leader = _asked(artifact.address, segments)
    track = TrackPoints(artifact)
    for item in objects(artifact, request):
        at = moment(item.get("recorded_at"), "UTC")
        patrol_id = asked or text(item.get("patrol_id"))
        subject = leader or text(item.get("subject_id")) or text(item.get("source"))
        if patrol_id is None and at is not None:
            patrol_id = next((part.patrol_id for part in segments if part.has(subject, at)), None)
        flags = item.get("exclusion_flags")
        track.add(
            patrol_id,
            None if at is None else round((at - _EPOCH).total_seconds() * 1_000_000),
            _place(item),
            leg_id=subject,
            junk=flags != 0 if isinstance(flags, int) else None,
        )
    return track.parsed(SYSTEM, request, local_clock=None)


def _asked(address: str, segments: Sequence[Segment]) -> tuple[str | None, str | None]:
    """Return patrol and leader whose track was asked for: `earthranger/<source>/observations/<patrol>/<segment>/page-0001`."""
    parts = address.split("/")
    if len(parts) != 6 or not parts[5].startswith("page-"):
        return None, None
    leaders = (part.leader_id for part in segments if (part.patrol_id, str(part.number)) == (parts[3], parts[4]))
    return parts[3], next(leaders, None)


def _range(segment: Object) -> tuple[datetime | None, datetime | None]:
    times = _dict(segment.get("time_range"))
    return (
        moment(times.get("start_time") or segment.get("scheduled_start"), "UTC"),
        moment(times.get("end_time"), "UTC"),
    )


def _listed(value: Any) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
