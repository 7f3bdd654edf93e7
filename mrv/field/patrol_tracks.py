"""Points of patrols to a clean track: which points count, which neighbours are joined, and how long and far that is.

A patrol may have several legs at the same time: teams, or receivers. Each leg is a track of its own, and what follows is asked
within a leg; points without a leg are one. The rules, in this order (each point that does not count is counted under the first
that takes it):

1. `outside`: its local day lies outside the period.
2. `junk`: marked as such by the source, without a position, or at 0, 0, where receivers put what they do not know.
3. `duplicate`: another point of the leg has the same time. Of these the one with the smallest longitude, then latitude
   stays; repeated points have the same place, so it does not matter which.
4. `outlier`: reaching it from the point before and leaving it to the point after both need more than the highest speed,
   and going past it does not. Of two such neighbours the first is one.

Two neighbours of what is left are joined where they lie no more than the longest gap apart and no more than the highest
speed leads from one to the other. Distances are geodesic on WGS84, and what is not joined adds neither distance nor time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mrv.boundaries import GEOD
from mrv.field.local_time import day_number, local_days

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
M_S_PER_KM_H = Decimal("3.6")


@dataclass(frozen=True)
class TrackRule:
    """What a project says of its tracks.

    Attributes:
        max_gap_minutes: Neighbours further apart in time are not joined.
        max_speed_km_h: Neighbours that need more are not joined; a point between that needs more twice is an outlier.
        time_zone: Where days begin.
        first_day: First local day of the period.
        last_day: Its last.
    """

    max_gap_minutes: int
    max_speed_km_h: Decimal
    time_zone: str
    first_day: date
    last_day: date

    @property
    def max_gap_us(self) -> int:
        """The longest gap in microseconds."""
        return self.max_gap_minutes * 60_000_000

    @property
    def max_speed_m_s(self) -> float:
        """The highest speed in metres per second."""
        return float(self.max_speed_km_h / M_S_PER_KM_H)


@dataclass(frozen=True)
class Points:
    """Points in the order of patrol, leg, time and place; arrays of shape (n,).

    Attributes:
        patrol: Place of its patrol among the sorted ids.
        leg: Number of its leg, different for each leg of each patrol and ascending.
        time_us: Microseconds since 1970-01-01 UTC.
        longitude: Degrees.
        latitude: Degrees.
    """

    patrol: Ints
    leg: Ints
    time_us: Ints
    longitude: Floats
    latitude: Floats

    def take(self, which: NDArray[np.int64] | Flags) -> Points:
        """Return some of them."""
        return Points(
            self.patrol[which], self.leg[which], self.time_us[which], self.longitude[which], self.latitude[which]
        )


@dataclass(frozen=True)
class Tracks:
    """Clean tracks.

    Attributes:
        patrols: Ids of the patrols, sorted; the arrays below name a patrol by its place here.
        points: Points that count, n of them.
        day: Local day of each, days since 1970-01-01, shape (n,).
        joined: Whether a point is joined to the next, shape (n,); the last of a leg never is.
        distance_m: Geodesic metres to the next, 0 where not joined, shape (n,).
        duration_us: Time to the next, 0 where not joined, shape (n,).
        outside, junk, duplicate, outlier, gaps: How many of each patrol, shape (patrols,).
    """

    patrols: Sequence[str]
    points: Points
    day: Ints
    joined: Flags
    distance_m: Floats
    duration_us: Ints
    outside: Ints
    junk: Ints
    duplicate: Ints
    outlier: Ints
    gaps: Ints


def clean_tracks(tracks: pa.Table, rule: TrackRule) -> Tracks:
    """Clean the points of `patrol_tracks`; the same rows give the same digits in whatever order they stand.

    Args:
        tracks: Rows of the landed table.
        rule: What counts.
    """
    names, patrol = _coded(tracks["patrol_id"])
    legs, leg = _coded(pc.fill_null(tracks["leg_id"], ""))
    leg += patrol * len(legs)
    time_us = tracks["recorded_at"].cast(pa.int64()).to_numpy()
    longitude, latitude = (_floats(tracks[name]) for name in ("longitude", "latitude"))
    marked = pc.fill_null(tracks["is_junk"], False).to_numpy()
    day = local_days(time_us, rule.time_zone)
    outside = (day < day_number(rule.first_day)) | (day > day_number(rule.last_day))
    unusable = ~outside & (
        marked | ~np.isfinite(longitude) | ~np.isfinite(latitude) | ((longitude == 0) & (latitude == 0))
    )

    def count(which: Ints) -> Ints:
        return np.bincount(which, minlength=len(names)).astype(np.int64)

    kept = np.flatnonzero(~outside & ~unusable)
    order = kept[np.lexsort((latitude[kept], longitude[kept], time_us[kept], leg[kept]))]
    points, day = Points(patrol, leg, time_us, longitude, latitude).take(order), day[order]
    repeated = np.zeros(len(order), dtype=np.bool_)
    repeated[1:] = (points.leg[1:] == points.leg[:-1]) & (points.time_us[1:] == points.time_us[:-1])
    duplicate = count(points.patrol[repeated])
    points, day = points.take(~repeated), day[~repeated]
    stray = _outliers(points, rule)
    outlier = count(points.patrol[stray])
    points, day = points.take(~stray), day[~stray]
    metres, took, same = _steps(points)
    joined = same & (took <= rule.max_gap_us) & ~_too_fast(metres, took, rule)
    return Tracks(
        patrols=names,
        points=points,
        day=day,
        joined=joined,
        distance_m=np.where(joined, metres, 0.0),
        duration_us=np.where(joined, took, 0),
        outside=count(patrol[outside]),
        junk=count(patrol[unusable]),
        duplicate=duplicate,
        outlier=outlier,
        gaps=count(points.patrol[same & ~joined]),
    )


def geodesic_m(longitude: Floats, latitude: Floats, to_longitude: Floats, to_latitude: Floats) -> Floats:
    """Return the length of the shortest way on WGS84 between points, metres, shape (n,)."""
    return np.asarray(GEOD.inv(longitude, latitude, to_longitude, to_latitude)[2], dtype=np.float64)


def _coded(column: pa.ChunkedArray) -> tuple[list[str], Ints]:
    """Return the different values, sorted, and the place of each row's value among them."""
    coded = pc.dictionary_encode(column.combine_chunks())
    found = coded.dictionary.to_pylist()
    names = sorted(found)
    place = {name: position for position, name in enumerate(names)}
    places = np.array([place[name] for name in found], dtype=np.int64)
    return names, places[coded.indices.to_numpy()] if len(found) else np.empty(0, dtype=np.int64)


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(pc.fill_null(column, float("nan")).to_numpy(), dtype=np.float64)


def _steps(points: Points) -> tuple[Floats, Ints, Flags]:
    """Return metres and time from each point to the next, and whether that is one of the same leg."""
    count = len(points.patrol)
    metres, took, same = np.zeros(count), np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_)
    if count > 1:
        x, y = points.longitude, points.latitude
        same[:-1] = points.leg[1:] == points.leg[:-1]
        metres[:-1] = geodesic_m(x[:-1], y[:-1], x[1:], y[1:])
        took[:-1] = points.time_us[1:] - points.time_us[:-1]
    return metres, took, same


def _too_fast(metres: Floats, took_us: Ints, rule: TrackRule) -> Flags:
    return np.asarray(metres > rule.max_speed_m_s * (took_us / 1_000_000))


def _outliers(points: Points, rule: TrackRule) -> Flags:
    """Return which points are outliers, shape (n,)."""
    metres, took, same = _steps(points)
    fast = same & _too_fast(metres, took, rule)
    stray = np.zeros(len(fast), dtype=np.bool_)
    between = np.flatnonzero(fast[:-1] & fast[1:]) + 1
    if len(between):
        x, y, time_us = points.longitude, points.latitude, points.time_us
        before, after = between - 1, between + 1
        past = geodesic_m(x[before], y[before], x[after], y[after])
        between = between[~_too_fast(past, time_us[after] - time_us[before], rule)]
    for index in between.tolist():
        # Beside a stray point its neighbour looks as fast as it does.
        stray[index] = not stray[index - 1]
    return stray
