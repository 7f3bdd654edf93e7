"""Soil organic carbon of a plot census: layers, added up to one depth."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from mrv.errors import InputError
from mrv.field.pool_amounts import CensusKey, PoolAmount, by_census

POOL = "soil"
_PERCENT = 100

Interval = tuple[float, float]
"""Depth from and to, in cm."""


def layer_carbon_tc_ha(
    *, bulk_density_g_cm3: float, thickness_cm: float, coarse_fragment_percent: float, organic_carbon_percent: float
) -> float:
    """Return the organic carbon of a layer in tC/ha: bulk density × thickness × fine share × carbon content.

    IPCC 2003, Good Practice Guidance for LULUCF, equation 4.3.3. A gram in a cubic centimetre, a centimetre deep, is
    100 Mg/ha, which the percentage takes away again.
    """
    fine = 1 - coarse_fragment_percent / _PERCENT
    return bulk_density_g_cm3 * thickness_cm * fine * organic_carbon_percent


def layers_problem(layers: Collection[Interval], *, depth_cm: float) -> str | None:
    """Say why layers do not add up to a depth: they start below the surface, leave a gap, overlap or end above it.

    Args:
        layers: Depths that were sampled, each once.
        depth_cm: Depth to which the carbon is added up.
    """
    ordered = sorted(set(layers))
    if not ordered or ordered[0][0] != 0:
        return "the layers do not begin at the surface"
    for (_, upper), (lower, _) in pairwise(ordered):
        if lower > upper:
            return f"the layers leave a gap from {upper:g} to {lower:g} cm"
        if lower < upper:
            return f"the layers overlap from {lower:g} to {upper:g} cm"
    if ordered[-1][1] < depth_cm:
        return f"the layers end at {ordered[-1][1]:g} cm, above {depth_cm:g} cm"
    return None


def profile_carbon_tc_ha(layers: Sequence[Mapping[str, Any]], *, depth_cm: float) -> float:
    """Return the organic carbon in tC/ha from the surface to a depth.

    Samples of the same layer are averaged. A layer that reaches deeper counts with its upper part.

    Args:
        layers: Rows of `soil_samples` of one plot census.
        depth_cm: Depth in cm.

    Raises:
        InputError: The layers leave a gap, overlap, or do not reach from the surface to the depth.
    """
    samples: dict[Interval, list[float]] = {}
    for row in layers:
        depths = (row["depth_from_cm"], row["depth_to_cm"])
        thickness = max(0.0, min(depths[1], depth_cm) - depths[0])
        samples.setdefault(depths, []).append(
            layer_carbon_tc_ha(
                bulk_density_g_cm3=row["bulk_density_g_cm3"],
                thickness_cm=thickness,
                coarse_fragment_percent=row["coarse_fragment_percent"],
                organic_carbon_percent=row["organic_carbon_percent"],
            )
        )
    if problem := layers_problem(samples, depth_cm=depth_cm):
        raise InputError(
            "the layers of a soil profile do not add up",
            expected=f"layers without gap or overlap from 0 to {depth_cm:g} cm",
            found=problem,
            where="soil_samples",
            remedy="mend the depths, or sample the missing layer",
        )
    return math.fsum(math.fsum(values) / len(values) for values in samples.values())


def soil(samples: Iterable[Mapping[str, Any]], *, censuses: Collection[CensusKey], depth_cm: float) -> list[PoolAmount]:
    """Return the organic carbon of the soil of each plot census that has a sample; not known where layers do not add up.

    Args:
        samples: Rows of `soil_samples`.
        censuses: The accepted plot censuses.
        depth_cm: Depth to which the carbon is added up, the same for all so that plots can be compared.

    Raises:
        InputError: A sample belongs to no plot census.
    """
    amounts = []
    for census, rows in by_census(samples, "soil_samples", censuses).items():
        reason = layers_problem({(row["depth_from_cm"], row["depth_to_cm"]) for row in rows}, depth_cm=depth_cm)
        # A soil full of stones holds half of what its fine earth says: unknown is not none.
        if without := sum(row["coarse_fragment_percent"] is None for row in rows):
            reason = f"{without} layer(s) whose coarse fragments were not measured"
        carbon = None if reason else profile_carbon_tc_ha(rows, depth_cm=depth_cm)
        method = f"layers_0_{depth_cm:g}_cm"
        amounts.append(PoolAmount(census, POOL, None, len(rows), method, reason, carbon))
    return amounts
