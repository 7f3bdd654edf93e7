"""Which equations gave the trees of the plots their biomass, and how sure their numbers are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from mrv.field.allometry import EQUATIONS, NONE
from mrv.field.rounding import to_factor

_KG_PER_MG = 1000


def allometries_used(trees: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of `allometries_used`: trees and biomass of each equation, and of the trees that have none.

    Args:
        trees: Rows of `tree_biomass`.
    """
    masses: dict[str, list[float]] = {}
    for row in trees:
        masses.setdefault(row["allometry"], []).append(row["agb_kg"] or 0.0)
    return [_row(name, found) for name, found in sorted(masses.items())]


def _row(name: str, masses_kg: list[float]) -> dict[str, Any]:
    equation = EQUATIONS.get(name)
    return {
        "allometry": name,
        "life_form": equation.life_form if equation else NONE,
        "document": equation.document if equation else None,
        "section": equation.section if equation else None,
        "status": equation.status if equation else "unconfirmed",
        "tree_count": len(masses_kg),
        "agb_mg": to_factor(math.fsum(masses_kg) / _KG_PER_MG) if equation else None,
    }
