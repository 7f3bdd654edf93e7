"""Patrols that two sources tell: the same walk under two ids would count twice.

SMART and EarthRanger are often coupled, and the same receivers then feed both. Two patrols of different sources are taken for one
where more than half of the points of either lie near a point of the other: less than a minute apart, and less than 100 m
apart both to the east and to the north. Teams of one source that walk together are no twins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mrv.field.patrol_tracks import Tracks

WITHIN_US = 60_000_000
WITHIN_M = 100
SHARE = 0.5
_M_PER_DEGREE = 111_320.0


def told_twice(tracks: Tracks, sources: Sequence[str]) -> dict[str, list[str]]:
    """Return the patrols that another source tells too, each with the ids of these others.

    Args:
        tracks: The clean tracks.
        sources: Source of each patrol, in the order of `tracks.patrols`.
    """
    points = tracks.points
    names, number = np.unique(np.array(sources, dtype=np.str_), return_inverse=True)
    if len(names) < 2:
        return {}
    from scipy.spatial import cKDTree

    east = points.longitude * np.cos(np.radians(points.latitude)) * _M_PER_DEGREE
    place = np.column_stack([points.time_us / WITHIN_US, east / WITHIN_M, points.latitude * _M_PER_DEGREE / WITHIN_M])
    own = number[points.patrol]
    counts = np.bincount(points.patrol, minlength=len(tracks.patrols))
    found: dict[str, set[str]] = {}
    for source in range(len(names)):
        mine, others = np.flatnonzero(own == source), np.flatnonzero(own != source)
        if not (len(mine) and len(others)):
            continue
        away, near = cKDTree(place[others]).query(place[mine], distance_upper_bound=1.0, p=np.inf)
        close = np.isfinite(away)
        pairs, times = np.unique(
            np.column_stack([points.patrol[mine[close]], points.patrol[others[near[close]]]]),
            axis=0,
            return_counts=True,
        )
        for (one, other), count in zip(pairs.tolist(), times.tolist(), strict=True):
            if count > SHARE * counts[one]:
                found.setdefault(tracks.patrols[one], set()).add(tracks.patrols[other])
                found.setdefault(tracks.patrols[other], set()).add(tracks.patrols[one])
    return {patrol: sorted(others) for patrol, others in found.items()}
