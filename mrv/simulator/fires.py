"""Active fires on the clearings of the landscape, as FIRMS tells them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mrv.simulator.landscape import BASE_YEAR, NORTH_DEG, PIXELS_PER_DEG, WEST_DEG, Landscape

COLUMNS = (
    "latitude",
    "longitude",
    "bright_ti4",
    "scan",
    "track",
    "acq_date",
    "acq_time",
    "satellite",
    "instrument",
    "confidence",
    "version",
    "bright_ti5",
    "frp",
    "daynight",
    "type",
)
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
FIRST_YEARS = {"N": 2012, "N20": 2019}
"""Satellite as FIRMS names it, and its first whole year."""
COLLECTIONS = {"VIIRS_SNPP": "N", "VIIRS_NOAA20": "N20"}
SHARE_BURNT = 0.3
SHARE_SEEN_AGAIN = 0.5
MINUTES_LATER = 50
SHIFT_DEG = 0.0012
SCATTER_DEG = 0.002


def write_fires(landscape: Landscape, path: Path) -> None:
    """Write detections of all years, in order of time: some clearings are burnt, mostly in the dry months of July to October.

    VIIRS passes at about 01:30 and 13:30 local time, which is 06:30 and 18:30 UTC; the API tells 06:05 as 605.
    """
    rng = np.random.Generator(np.random.PCG64([landscape.seed, 1]))
    years = landscape.clearings[:, 0] + BASE_YEAR
    burnt = landscape.clearings[(years >= FIRST_YEARS["N"]) & (rng.random(years.size) < SHARE_BURNT)]
    first = _Fires.drawn(rng, burnt)
    rows = first.rows(rng, "N")
    # The second satellite flies over fifty minutes later: it sees a part of the same fires, and some of its own.
    later = np.random.Generator(np.random.PCG64([landscape.seed, 3]))
    flying = burnt[:, 0] + BASE_YEAR >= FIRST_YEARS["N20"]
    rows += first.seen_again(later, flying & (later.random(len(burnt)) < SHARE_SEEN_AGAIN)).rows(later, "N20")
    others = landscape.clearings[(years >= FIRST_YEARS["N20"]) & (later.random(years.size) < SHARE_BURNT / 4)]
    rows += _Fires.drawn(later, others).rows(later, "N20")
    rows.sort(key=lambda row: (row[5], int(row[6]), row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


@dataclass(frozen=True)
class _Fires:
    """Fires under a satellite; arrays of one length: first day, minute of the day (UTC), place, power and whether by day."""

    acquired: list[date]
    minutes: Ints
    latitude: Floats
    longitude: Floats
    power: Floats
    by_day: NDArray[np.bool_]

    @classmethod
    def drawn(cls, rng: np.random.Generator, clearings: Ints) -> _Fires:
        """Burn clearings (year after 2000, row, column)."""
        count = len(clearings)
        day_of_season = np.clip(np.rint(rng.normal(75, 26, count)), 0, 122).astype(int)
        by_day = np.less(rng.random(count), 0.7)
        minutes = np.where(by_day, 18 * 60 + 5, 5 * 60 + 50) + rng.integers(0, 70, count)
        scatter = rng.normal(0, SCATTER_DEG, (count, 2))
        power = np.round(rng.gamma(1.6, 4.0, count) + 0.3, 2)
        days = zip(clearings[:, 0].tolist(), day_of_season.tolist(), strict=True)
        return cls(
            [date(BASE_YEAR + year, 7, 1) + timedelta(days=day) for year, day in days],
            minutes,
            NORTH_DEG - clearings[:, 1] / PIXELS_PER_DEG + scatter[:, 0],
            WEST_DEG + clearings[:, 2] / PIXELS_PER_DEG + scatter[:, 1],
            power,
            by_day,
        )

    def seen_again(self, rng: np.random.Generator, which: NDArray[np.bool_]) -> _Fires:
        """Return some of the fires as the next satellite sees them: later, and some pixels aside."""
        places = np.flatnonzero(which).tolist()
        shift = rng.normal(0, SHIFT_DEG, (len(places), 2))
        return _Fires(
            [self.acquired[place] for place in places],
            self.minutes[which] + MINUTES_LATER,
            self.latitude[which] + shift[:, 0],
            self.longitude[which] + shift[:, 1],
            np.round(self.power[which] * rng.uniform(0.6, 1.5, len(places)), 2),
            self.by_day[which],
        )

    def rows(self, rng: np.random.Generator, satellite: str) -> list[tuple[str, ...]]:
        """Return the lines of the table."""
        level = rng.choice(["l", "n", "n", "n", "n", "n", "n", "h"], len(self.acquired))
        return [
            (
                f"{self.latitude[place]:.5f}",
                f"{self.longitude[place]:.5f}",
                f"{305 + self.power[place] * 1.7:.2f}",
                "0.42",
                "0.46",
                acquired.isoformat(),
                str(int(self.minutes[place]) // 60 * 100 + int(self.minutes[place]) % 60),
                satellite,
                "VIIRS",
                str(level[place]),
                "2",
                f"{288 + self.power[place] * 0.3:.2f}",
                f"{self.power[place]:.2f}",
                "D" if self.by_day[place] else "N",
                "0",
            )
            for place, acquired in enumerate(self.acquired)
        ]
