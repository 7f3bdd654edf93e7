"""Lying dead wood by line intersect, and standing dead trees, per plot census."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mrv.errors import InputError
from mrv.field.allometry import FAMILIES
from mrv.field.pool_amounts import CensusKey, PoolAmount, by_census

LYING, STANDING = "dead_wood_lying", "dead_wood_standing"
DECAY_CLASSES = ("sound", "intermediate", "rotten")
_M3_PER_CM2_AND_M = math.pi**2 / 8
_KG_PER_MG = 1000


def lying_volume_m3_ha(*, diameters_cm: Iterable[float], line_length_m: float) -> float:
    """Return the volume of lying dead wood in m³/ha: π² Σd² / (8 L).

    Van Wagner 1968, The line intersect method in forest fuel sampling, Forest Science 14:20-26.

    Args:
        diameters_cm: Diameters in cm of the pieces where the line crosses them; none: no wood.
        line_length_m: Horizontal length of the lines together, in m.

    Raises:
        InputError: A diameter or the length is not a positive number.
    """
    diameters = list(diameters_cm)
    for label, value in [("length of a line", line_length_m), *(("diameter of a piece", each) for each in diameters)]:
        if not (math.isfinite(value) and value > 0):
            raise InputError(
                f"the {label} of lying dead wood is not a positive number",
                found=str(value),
                where="dead_wood_pieces",
                remedy="mend the piece or its line, or leave it out",
            )
    return _M3_PER_CM2_AND_M * math.fsum(each**2 for each in diameters) / line_length_m


def lying_dead_wood(
    pieces: Iterable[Mapping[str, Any]],
    *,
    slope_factors: Mapping[CensusKey, float],
    wood_density_g_cm3: Mapping[CensusKey, float],
    class_factors: Mapping[str, float],
) -> list[PoolAmount]:
    """Return the dry mass of lying dead wood of each plot census that has a line.

    The lines of a census are one long line: their lengths and their pieces are added. A line that nothing crosses counts
    with its length; a census whose lines nothing crosses has no lying wood, which is a measured 0.

    Args:
        pieces: Rows of `dead_wood_pieces`.
        slope_factors: Horizontal part of a length in each accepted census (cos θ; 1 where no correction is due). Pieces of
            other censuses are refused.
        wood_density_g_cm3: Mean wood density of the living trees of each census.
        class_factors: Density of dead wood of each decay class as a share of that of living wood.

    Raises:
        InputError: A piece belongs to no accepted census.
    """
    amounts = []
    for census, rows in by_census(pieces, "dead_wood_pieces", slope_factors).items():
        lengths = _line_lengths_m(rows)
        # Of a line with two lengths the longer gives less wood; it is not published, but must be a number.
        length_m = math.fsum(max(found) for found in lengths.values()) * slope_factors[census]
        crossed = [row for row in rows if row["diameter_cm"] is not None]
        volumes = {
            decay: lying_volume_m3_ha(
                diameters_cm=[row["diameter_cm"] for row in crossed if row["decay_class"] == decay],
                line_length_m=length_m,
            )
            for decay in DECAY_CLASSES
        }
        reason = None
        if doubtful := sorted(line for line, found in lengths.items() if len(found) > 1):
            reason = f"line {doubtful[0]} has two lengths"
        elif unclassed := sum(row["decay_class"] not in DECAY_CLASSES for row in crossed):
            reason = f"{unclassed} piece(s) without a decay class"
        elif crossed and census not in wood_density_g_cm3:
            reason = "the plot has no living tree, so its wood density is not known"
        # g/cm³ is Mg/m³.
        mass = None
        if reason is None:
            sound_m3_ha = math.fsum(volumes[decay] * class_factors[decay] for decay in DECAY_CLASSES)
            mass = sound_m3_ha * wood_density_g_cm3.get(census, 0.0)
        amounts.append(PoolAmount(census, LYING, mass, len(crossed), "line_intersect", reason))
    return amounts


def standing_dead_wood(
    dead: Iterable[Mapping[str, Any]],
    *,
    censuses: Iterable[CensusKey],
    unclassed: Mapping[CensusKey, int],
) -> list[PoolAmount]:
    """Return the dry mass of standing dead trees of each plot census.

    Where a single census of the project records decay classes, its teams look at dead trees: in every census, none found is
    a measured 0. Where none does, standing dead wood was not measured anywhere. Dead palms and tree ferns have no equation:
    they are left out, which makes the stock smaller, and said to be.

    Args:
        dead: Rows of `tree_biomass` of standing dead trees.
        censuses: The accepted plot censuses.
        unclassed: How many dead trees of a census have no decay class.
    """
    rows = list(dead)
    if not rows:
        return []
    found = by_census(rows, "tree_biomass", set(censuses))
    return [
        _standing(census, found.get(census, []), unclassed=unclassed.get(census, 0)) for census in sorted(set(censuses))
    ]


def _standing(census: CensusKey, trees: Sequence[Mapping[str, Any]], *, unclassed: int) -> PoolAmount:
    known = [row for row in trees if row["agb_kg"] is not None]
    other = sum(row["agb_kg"] is None and row["family"] in FAMILIES for row in trees)
    lacking = len(trees) - len(known) - other
    reason = None
    if unclassed:
        reason = f"{unclassed} dead tree(s) without a decay class"
    elif lacking:
        reason = f"{lacking} dead tree(s) without what their equation needs"
    mass = None if reason else math.fsum(row["agb_kg"] * row["trees_per_ha"] / _KG_PER_MG for row in known)
    note = f"{other} dead palm(s) or tree fern(s) left out, which have no equation" if other else None
    return PoolAmount(census, STANDING, mass, len(known), "allometry_by_decay_class", reason, None, note)


def _line_lengths_m(rows: Sequence[Mapping[str, Any]]) -> dict[str, set[float]]:
    lengths: dict[str, set[float]] = {}
    for row in rows:
        lengths.setdefault(row["line_id"], set()).add(row["line_length_m"])
    return lengths
