"""Objects of the SMART Connect API: patrols as lines whose third coordinate is time, observations as points.

The third coordinate counts milliseconds on the clock of the conservation area, as if that were UTC: the times of real
exports agree to the second with the local start of their patrol, which is written without an offset. So it is read as a
time of the source's `time_zone`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mrv.ledger import Artifact
from mrv.sources.contract import Parsed, Request
from mrv.sources.patrol_kinds import Kinds
from mrv.sources.patrol_objects import Event, Object, TrackPoints, begin, moment, read_events, read_list, text
from mrv.sources.records import Records, merge

SYSTEM = "smart"
LATEST_MS = 4_102_444_800_000
"""The year 2100: what is larger is no time."""
_PATROL = ("patrol_uuid", "uuid", "patrol_id", "id")
_TIMES: Mapping[str, Sequence[str]] = {
    "started_at": ("patrol_leg_day_start", "patrol_start", "start_date"),
    "ended_at": ("patrol_leg_day_end", "patrol_end", "end_date"),
}
_WORDS: Mapping[str, Sequence[str]] = {
    "patrol_type": ("patrol_type", "patrol_mandate"),
    "transport": ("patrol_transport", "transport_type"),
    "station": ("station", "patrol_station"),
    "leader": ("leader", "patrol_leader"),
    "team": ("team", "patrol_team"),
    "objective": ("objective",),
}
_EVENT = ("observation_uuid", "obs_uuid", "fid", "uuid", "id")


def read_patrols(artifacts: Sequence[Artifact], request: Request, *, time_zone: str) -> dict[str, Parsed]:
    """Read patrols and their tracks; a patrol that several files or features tell of is one record.

    Raises:
        InputError: A file is no GeoJSON.
    """
    records, parts = Records("patrol_records"), list[tuple[str, Parsed]]()
    found: dict[str, list[tuple[Artifact, int, Object]]] = {}
    for artifact in artifacts:
        track = TrackPoints(artifact)
        for row, feature in enumerate(read_list(artifact, request, keys=["features"]), start=1):
            properties = _properties(feature)
            patrol_id = _first(properties, _PATROL)
            found.setdefault(patrol_id or f"|{artifact.address}|{row}", []).append((artifact, row, properties))
            for time_us, place in _points(feature):
                track.add(
                    patrol_id, time_us, place, leg_id=_first(properties, ("patrol_leg_uuid", "leg_id")), junk=None
                )
        parts.append(("patrol_tracks", track.parsed(SYSTEM, request, local_clock=time_zone)))
    for patrol_id, same in found.items():
        _record(records, patrol_id, same, time_zone)
    return merge([*parts, ("patrol_records", records.parsed())])


def _record(records: Records, patrol_id: str, same: Sequence[tuple[Artifact, int, Object]], time_zone: str) -> None:
    artifact, row, first = same[0]
    record = begin(records, first, artifact, row, "patrol")
    if patrol_id.startswith("|"):
        record.reject("missing_value", "the patrol has no id")
        record.done()
        return
    record.set("patrol_id", patrol_id)
    record.set("source_system", SYSTEM)
    for column, names in _TIMES.items():
        moments = [moment(_first(item, names), time_zone) for _, _, item in same]
        known = sorted(value for value in moments if value is not None)
        record.set(column, (known[0] if column == "started_at" else known[-1]) if known else None)
    for column, names in _WORDS.items():
        values = sorted({value for _, _, item in same if (value := _first(item, names))})
        record.set(column, "; ".join(values) or None)
    record.done()


def read_observations(artifacts: Sequence[Artifact], request: Request, *, kinds: Kinds, time_zone: str) -> Parsed:
    """Read observations as events.

    Raises:
        InputError: A file is no GeoJSON.
    """
    return read_events(_events(artifacts, request), system=SYSTEM, kinds=kinds, request=request, time_zone=time_zone)


def _events(artifacts: Sequence[Artifact], request: Request) -> Iterator[Event]:
    for artifact in artifacts:
        for row, feature in enumerate(read_list(artifact, request, keys=["features"]), start=1):
            item = _properties(feature)
            category = text(item.get("category")) or ""
            yield Event(
                raw=item,
                artifact=artifact,
                row=row,
                event_id=_first(item, _EVENT),
                patrol_id=_first(item, ("patrol_uuid", "patrol_id")),
                time=_first(item, ("datetime", "wp_datetime", "waypoint_datetime")),
                levels=[level.strip() for level in category.replace(">", "/").split("/")],
                longitude=item.get("X"),
                latitude=item.get("Y"),
                reported_by=_first(item, ("observer", "reported_by")),
                description=_first(item, ("comment", "wp_comment")),
                attributes=_attributes(item.get("attributes")),
            )


def _attributes(value: Any) -> dict[str, Any]:
    """Return the attributes of an observation: a list of attribute and value, as JSON in a text or as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    listed = value if isinstance(value, list) else []
    return {
        item["attribute"]: item.get("value")
        for item in listed
        if isinstance(item, dict) and isinstance(item.get("attribute"), str)
    }


def _properties(feature: Object) -> Object:
    properties = feature.get("properties")
    return properties if isinstance(properties, dict) else feature


def _first(item: Object, names: Sequence[str]) -> str | None:
    return next((found for name in names if (found := text(item.get(name))) is not None), None)


def _points(feature: Object) -> Iterator[tuple[int | None, Sequence[Any]]]:
    """Yield time and place of the points of a LineString or MultiLineString."""
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or not isinstance(geometry.get("coordinates"), list):
        return
    lines = geometry["coordinates"] if geometry.get("type") == "MultiLineString" else [geometry["coordinates"]]
    for line in lines:
        for point in line if isinstance(line, list) else []:
            if isinstance(point, list) and len(point) >= 2:
                yield _time_us(point[2] if len(point) > 2 else None), point[:2]


def _time_us(value: Any) -> int | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < LATEST_MS
    return round(value * 1000) if usable else None
