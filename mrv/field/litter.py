"""Litter of a plot census: frames, fresh mass, and the dry share of a subsample."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mrv.errors import InputError
from mrv.field.pool_amounts import CensusKey, PoolAmount, by_census

POOL = "litter"
_MG_HA_PER_G_M2 = 0.01


def dry_mass_g(*, fresh_mass_g: float, subsample_fresh_g: float, subsample_dry_g: float) -> float:
    """Return the dry mass of a frame in g: its fresh mass times the dry share of the subsample.

    Raises:
        InputError: A mass is not a number of 0 or more, the fresh subsample is nothing, or it weighed less than when dry.
    """
    masses = {
        "fresh_mass_g": fresh_mass_g,
        "subsample_fresh_g": subsample_fresh_g,
        "subsample_dry_g": subsample_dry_g,
    }
    wrong = [name for name, value in masses.items() if not (math.isfinite(value) and value >= 0)]
    if fresh_mass_g == 0 and not wrong:
        return 0.0
    if wrong or subsample_fresh_g == 0 or subsample_dry_g > subsample_fresh_g:
        raise InputError(
            "the masses of a litter frame contradict each other",
            expected="masses of 0 g or more, and a subsample that lost weight in drying",
            found=", ".join(f"{name} {value}" for name, value in masses.items()),
            where="litter_samples",
            remedy="weigh the subsample again, or leave the frame out",
        )
    return fresh_mass_g * (subsample_dry_g / subsample_fresh_g)


def litter(samples: Iterable[Mapping[str, Any]], *, censuses: Collection[CensusKey]) -> list[PoolAmount]:
    """Return the dry mass of litter of each plot census that has a frame: mass of its frames over their area.

    Args:
        samples: Rows of `litter_samples`.
        censuses: The accepted plot censuses.

    Raises:
        InputError: A frame belongs to no census, has no area, or its masses contradict each other.
    """
    amounts = []
    for census, rows in by_census(samples, "litter_samples", censuses).items():
        area_m2 = math.fsum(row["frame_area_m2"] for row in rows)
        if not area_m2 > 0:
            raise InputError(
                "the litter frames of a plot census have no area",
                expected="frame_area_m2 above 0",
                found=str(area_m2),
                where=f"litter_samples, plot {census[0]!r}, census {census[1]!r}",
                remedy="give the area of each frame",
            )
        mass_g = math.fsum(
            dry_mass_g(
                fresh_mass_g=row["fresh_mass_g"],
                subsample_fresh_g=row["subsample_fresh_g"],
                subsample_dry_g=row["subsample_dry_g"],
            )
            for row in rows
        )
        amounts.append(PoolAmount(census, POOL, mass_g / area_m2 * _MG_HA_PER_G_M2, len(rows), "frames"))
    return amounts
