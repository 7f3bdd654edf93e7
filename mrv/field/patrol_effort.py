"""Clean tracks and records of patrols to effort: days, hours and distance of each patrol and of each of its days."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from mrv.field.local_time import day_of, local_day
from mrv.field.patrol_tracks import Ints, TrackRule, Tracks
from mrv.field.rounding import to_factor
from mrv.schemas import DATASETS

METHOD = "geodesic distance along the track"
NO_TRACK = "the patrol has no track"
NO_POINT = "no point of its track in the period can be used"
NOT_JOINED = "no two points of its track are near enough in time and place to be joined"
US_PER_HOUR = Decimal(3_600_000_000)
M_PER_KM = Decimal(1000)


def patrol_effort(
    records: pa.Table,
    tracks: Tracks,
    cells: Mapping[str, int],
    rule: TrackRule,
    *,
    twins: Mapping[str, Sequence[str]] | None = None,
) -> pa.Table:
    """Return the landed table `patrol_effort`: every patrol that touches the period.

    One without a day and without a point is in no period: it would count in each. The check `day_given` tells how many there
    are. A patrol without a usable track keeps its row: its distance is null with a reason, for what somebody declared is no
    measurement. A track without a record is a patrol too.

    Args:
        records: Rows of `patrol_records`.
        tracks: The clean tracks.
        cells: Patrol to the number of grid cells that it entered.
        rule: What the tracks were cleaned by.
        twins: Patrol to the patrols of other sources that seem to be the same walk.
    """
    same = {} if twins is None else {patrol: ", ".join(others) for patrol, others in twins.items()}
    declared = {row["patrol_id"]: _declared(row, rule) for row in records.to_pylist()}
    place = {name: index for index, name in enumerate(tracks.patrols)}
    starts = np.searchsorted(tracks.points.patrol, np.arange(len(tracks.patrols) + 1))
    rows = []
    for patrol_id in sorted({*declared, *place}):
        days = declared.get(patrol_id, (None, None))
        index = place.get(patrol_id)
        if _belongs(days, None if index is None else int(starts[index + 1] - starts[index]), rule):
            track = _no_track() if index is None else _track(tracks, index, slice(starts[index], starts[index + 1]))
            own = {"patrol_id": patrol_id, "cell_count": cells.get(patrol_id), "same_as": same.get(patrol_id)}
            rows.append({**own, **_span(days), **track, "method": METHOD})
    return DATASETS["patrol_effort"].table(rows)


def patrol_days(tracks: Tracks) -> pa.Table:
    """Return the landed table `patrol_days`; the way from one point to the next counts for the day on which it begins."""
    return DATASETS["patrol_days"].table(
        {
            "patrol_id": tracks.patrols[patrol],
            "patrol_day": day_of(day),
            "distance_km": kilometres(tracks.distance_m[part].tolist()),
            "point_count": len(part),
        }
        for patrol, day, part in _days(tracks)
    )


def kilometres(metres: list[float]) -> Decimal:
    """Add up metres exactly and return kilometres."""
    return to_factor(Decimal(repr(math.fsum(metres))) / M_PER_KM)


def _days(tracks: Tracks) -> Iterator[tuple[int, int, Ints]]:
    """Yield patrol, local day and the places of its points; several legs may share a day."""
    order = np.lexsort((tracks.day, tracks.points.patrol))
    patrol, day = tracks.points.patrol[order], tracks.day[order]
    if not len(day):
        return
    first = np.flatnonzero(np.append(True, (patrol[1:] != patrol[:-1]) | (day[1:] != day[:-1])))
    for start, stop in zip(first, np.append(first[1:], len(day)), strict=True):
        yield int(patrol[start]), int(day[start]), order[start:stop]


def _declared(row: Mapping[str, Any], rule: TrackRule) -> tuple[date | None, date | None]:
    started, ended = (row[name] and local_day(row[name], rule.time_zone) for name in ("started_at", "ended_at"))
    return started, ended


def _belongs(days: tuple[date | None, date | None], point_count: int | None, rule: TrackRule) -> bool:
    """Tell whether a patrol has points in the period, or was declared for days of it."""
    if point_count:
        return True
    started, ended = days
    first, last = started or ended, ended or started
    if first is None or last is None:
        return False
    return first <= rule.last_day and last >= rule.first_day


def _span(days: tuple[date | None, date | None]) -> dict[str, Any]:
    started, ended = days
    whole = started is not None and ended is not None and ended >= started
    count = (ended - started).days + 1 if whole and started and ended else None
    return {"started_on": started, "ended_on": ended, "declared_days": count}


def _no_track() -> dict[str, Any]:
    return {
        **dict.fromkeys(("first_at", "last_at", "patrol_days", "hours", "distance_km")),
        **dict.fromkeys((f"{name}_count" for name in ("point", "outside", "junk", "duplicate", "outlier", "gap")), 0),
        "reason": NO_TRACK,
    }


def _track(tracks: Tracks, index: int, part: slice) -> dict[str, Any]:
    time_us, joined = tracks.points.time_us[part], tracks.joined[part]
    counts = {
        "point_count": len(time_us),
        "outside_count": int(tracks.outside[index]),
        "junk_count": int(tracks.junk[index]),
        "duplicate_count": int(tracks.duplicate[index]),
        "outlier_count": int(tracks.outlier[index]),
        "gap_count": int(tracks.gaps[index]),
    }
    if not len(time_us):
        return {**_no_track(), **counts, "reason": NO_POINT}
    measured = bool(joined.any())
    return {
        "first_at": _moment(time_us.min()),
        "last_at": _moment(time_us.max()),
        "patrol_days": len(np.unique(tracks.day[part])),
        "hours": to_factor(Decimal(int(tracks.duration_us[part].sum())) / US_PER_HOUR) if measured else None,
        "distance_km": kilometres(tracks.distance_m[part].tolist()) if measured else None,
        **counts,
        "reason": None if measured else NOT_JOINED,
    }


def _moment(time_us: np.int64) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(time_us))
