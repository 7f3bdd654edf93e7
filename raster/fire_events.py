"""Which detections of active fires tell of the same fire: near-real-time and archive, and one fire under several satellites.

Nothing is deleted. Detections are taken in order of time, then satellite, place and id, so that the order in which they
came changes nothing:

1. `archive_supersedes_nrt`: a near-real-time detection that lies within half a pixel and five minutes of an archive
   detection of the same satellite is that detection, located with provisional orbit data (differences are mostly below
   100 m); the archive's stands for it.
2. `seen_by_another_satellite`: a detection near an earlier one that stands for a fire, was made by another satellite, and
   lies within the distance and the hours that the project declares, tells of that fire; of several the nearest.
3. `first_detection`: every other one stands for a fire of its own. Neighbouring pixels of one satellite stay apart: they
   may be one fire front, but a distance cannot tell.

Volcanoes, other static sources and fires offshore are told by the archive's type and are no fires of vegetation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import cKDTree

from raster.spans import Ints

ARCHIVE, ANOTHER, FIRST = "archive_supersedes_nrt", "seen_by_another_satellite", "first_detection"
SAME_PASS_S = 300
VEGETATION = 0
"""Type of FIRMS for what is presumed to be a fire of vegetation."""
_RADIUS_M = 6_400_000.0
"""A sphere a little larger than the Earth: chords on it are never shorter than geodesics by more than the margin."""
_MARGIN = 1.01


@dataclass(frozen=True)
class Detections:
    """Detections of active fires, in any order.

    Attributes:
        fire_id: Ids, each once.
        longitude: Degrees, shape (n,).
        latitude: Degrees, shape (n,).
        seconds: Time of the detection, seconds since 1970 (UTC), shape (n,).
        satellite: Names.
        modis: Whether the sensor is MODIS, shape (n,).
        near_real_time: Whether the detection is of near-real-time data, shape (n,).
        fire_type: 0 vegetation, 1 volcano, 2 another static source, 3 offshore; None where it is not told, as in
            near-real-time data.
    """

    fire_id: Sequence[str]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    seconds: Ints
    satellite: Sequence[str]
    modis: NDArray[np.bool_]
    near_real_time: NDArray[np.bool_]
    fire_type: Sequence[int | None]


@dataclass(frozen=True)
class SameFire:
    """When two detections tell of one fire.

    Attributes:
        hours: How far apart in time they may lie.
        viirs_pixel_m: How near two detections of VIIRS must be.
        modis_pixel_m: How near they must be where one of the two is of MODIS.
    """

    hours: int = 12
    viirs_pixel_m: int = 375
    modis_pixel_m: int = 1000


def fire_events(detections: Detections, rule: SameFire) -> list[dict[str, Any]]:
    """Say of each detection which fire it tells of.

    Args:
        detections: Every detection.
        rule: When two are of one fire.

    Returns:
        Rows of fire_id, event_id (the fire_id that stands for the fire), is_primary, duplicate_of, rule and is_vegetation
        (of the whole fire: false where some of its detections are of another type and none of type 0), by fire_id.
    """
    count = len(detections.fire_id)
    order = sorted(
        range(count),
        key=lambda at: (
            int(detections.seconds[at]),
            detections.satellite[at],
            float(detections.latitude[at]),
            float(detections.longitude[at]),
            detections.fire_id[at],
        ),
    )
    ids = [detections.fire_id[at] for at in order]
    near = _near(detections, np.array(order, dtype=np.int64), rule)
    twin = {at: _nearest(pairs) for at, pairs in near.archive.items()}
    stands_for: dict[int, int] = {}
    for at in range(count):
        if at not in twin:
            others = [
                (distance, other) for distance, other in near.others.get(at, []) if stands_for.get(other) == other
            ]
            stands_for[at] = _nearest(others) if others else at
    event_of = [stands_for[twin.get(at, at)] for at in range(count)]
    types: dict[int, set[int]] = {}
    for at, event in enumerate(event_of):
        told = detections.fire_type[order[at]]
        types.setdefault(event, set()).update(() if told is None else (told,))
    rows = []
    for at, event in enumerate(event_of):
        copy_of = twin.get(at, event)
        rows.append(
            {
                "fire_id": ids[at],
                "event_id": ids[event],
                "is_primary": event == at,
                "duplicate_of": None if event == at else ids[copy_of],
                "rule": FIRST if event == at else ARCHIVE if at in twin else ANOTHER,
                "is_vegetation": VEGETATION in types[event] or not types[event],
            }
        )
    return sorted(rows, key=lambda row: row["fire_id"])


_Pairs = dict[int, list[tuple[float, int]]]


@dataclass(frozen=True)
class _Near:
    """By place in the order: (metres, other) of archive twins, and of earlier detections of other satellites."""

    archive: _Pairs
    others: _Pairs


def _nearest(pairs: Sequence[tuple[float, int]]) -> int:
    return min(pairs)[1]


def _near(detections: Detections, order: Ints, rule: SameFire) -> _Near:
    found = _Near({}, {})
    if len(order) < 2:
        return found
    lon, lat, seconds = detections.longitude[order], detections.latitude[order], detections.seconds[order]
    modis, nrt = detections.modis[order], detections.near_real_time[order]
    satellite = np.array([detections.satellite[at] for at in order.tolist()])
    one, other = _candidates(lon, lat, seconds, rule)
    _, _, metres = Geod(ellps="WGS84").inv(lon[one], lat[one], lon[other], lat[other])
    apart = np.abs(seconds[one] - seconds[other])
    pixel = np.where(modis[one] | modis[other], rule.modis_pixel_m, rule.viirs_pixel_m)
    same = satellite[one] == satellite[other]
    twins = same & (nrt[one] != nrt[other]) & (apart <= SAME_PASS_S) & (2 * metres <= pixel)
    seen = ~same & (apart <= rule.hours * 3600) & (metres <= pixel)
    for at in np.flatnonzero(twins).tolist():
        provisional, archived = (one[at], other[at]) if nrt[one[at]] else (other[at], one[at])
        found.archive.setdefault(int(provisional), []).append((float(metres[at]), int(archived)))
    for at in np.flatnonzero(seen).tolist():
        found.others.setdefault(int(other[at]), []).append((float(metres[at]), int(one[at])))
    return found


def _candidates(lon: NDArray[np.float64], lat: NDArray[np.float64], seconds: Ints, rule: SameFire) -> tuple[Ints, Ints]:
    """Return pairs (earlier, later) that lie within a box of space and time which holds every pair that can count."""
    x, y = np.radians(lon), np.radians(lat)
    reach = max(rule.viirs_pixel_m, rule.modis_pixel_m, 1) * _MARGIN
    pace = reach / (max(rule.hours * 3600, SAME_PASS_S) * _MARGIN)
    place = np.column_stack(
        [
            _RADIUS_M * np.cos(y) * np.cos(x),
            _RADIUS_M * np.cos(y) * np.sin(x),
            _RADIUS_M * np.sin(y),
            (seconds - seconds.min()) * pace,
        ]
    )
    pairs = cKDTree(place).query_pairs(reach, p=np.inf, output_type="ndarray")
    return pairs.min(axis=1), pairs.max(axis=1)
