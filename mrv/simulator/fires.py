"""Active fires on the clearings of the landscape, as FIRMS tells them."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

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
SATELLITES = {"N": 2012, "N20": 2019}
"""Satellite as FIRMS names it, and its first whole year."""
COLLECTIONS = {"VIIRS_SNPP": "N", "VIIRS_NOAA20": "N20"}
SHARE_BURNT = 0.3
SCATTER_DEG = 0.002


def write_fires(landscape: Landscape, path: Path) -> None:
    """Write detections of all years, in order of time: some clearings are burnt, mostly in the dry months of July to October.

    VIIRS passes at about 01:30 and 13:30 local time, which is 06:30 and 18:30 UTC; the API tells 06:05 as 605.
    """
    rng = np.random.Generator(np.random.PCG64([landscape.seed, 1]))
    rows = []
    for satellite, first_year in SATELLITES.items():
        years = landscape.clearings[:, 0] + BASE_YEAR
        burnt = landscape.clearings[(years >= first_year) & (rng.random(years.size) < SHARE_BURNT)]
        day_of_season = np.clip(np.rint(rng.normal(75, 26, burnt.shape[0])), 0, 122).astype(int)
        by_day = np.less(rng.random(burnt.shape[0]), 0.7)
        minutes = np.where(by_day, 18 * 60 + 5, 5 * 60 + 50) + rng.integers(0, 70, burnt.shape[0])
        scatter = rng.normal(0, SCATTER_DEG, (burnt.shape[0], 2))
        power = np.round(rng.gamma(1.6, 4.0, burnt.shape[0]) + 0.3, 2)
        level = rng.choice(["l", "n", "n", "n", "n", "n", "n", "h"], burnt.shape[0])
        for place, (year, row, column) in enumerate(burnt.tolist()):
            acquired = date(BASE_YEAR + year, 7, 1) + timedelta(days=int(day_of_season[place]))
            hour, minute = divmod(int(minutes[place]), 60)
            latitude = NORTH_DEG - row / PIXELS_PER_DEG + scatter[place, 0]
            longitude = WEST_DEG + column / PIXELS_PER_DEG + scatter[place, 1]
            rows.append(
                (
                    f"{latitude:.5f}",
                    f"{longitude:.5f}",
                    f"{305 + power[place] * 1.7:.2f}",
                    "0.42",
                    "0.46",
                    acquired.isoformat(),
                    str(hour * 100 + minute),
                    satellite,
                    "VIIRS",
                    str(level[place]),
                    "2",
                    f"{288 + power[place] * 0.3:.2f}",
                    f"{power[place]:.2f}",
                    "D" if by_day[place] else "N",
                    "0",
                )
            )
    rows.sort(key=lambda row: (row[5], int(row[6]), row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
