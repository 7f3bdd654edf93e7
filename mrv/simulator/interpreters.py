"""People who look at images of the landscape and say what they see: mostly what is there, each with mistakes of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mrv.simulator.landscape import NORTH_DEG, PIXELS_PER_DEG, WEST_DEG, Mask2D
from mrv.simulator.truth import LOSS, STABLE_FOREST, STABLE_NON_FOREST, Codes, Floats, Ints, Truth, uniform

UNUSABLE = -1
"""Code of a reading of a unit that no image shows."""
MISTAKES = {
    (LOSS, True): {STABLE_FOREST: 0.04},
    (LOSS, False): {STABLE_FOREST: 0.02, STABLE_NON_FOREST: 0.01},
    (STABLE_FOREST, True): {LOSS: 0.03},
    (STABLE_FOREST, False): {LOSS: 0.001, STABLE_NON_FOREST: 0.003},
    (STABLE_NON_FOREST, False): {STABLE_FOREST: 0.015, LOSS: 0.002},
}
"""How often a class is read as another, by the true one and by whether it lies at an edge between forest and loss."""
SHARE_SHARED = 0.1
"""Of the mistakes: made by everybody, since the images mislead."""
SHARE_CLOUDED = 0.009
SHARE_GIVEN_UP = 0.002
"""Of units: one interpreter sees nothing where others do."""
SHARE_OTHER_YEAR = 0.08
"""Of loss that was seen: dated into a year beside."""


@dataclass(frozen=True)
class Readings:
    """What one person saw, a number per unit.

    Attributes:
        codes: Codes of the classes of truth, or UNUSABLE.
        loss_years: Calendar years, 0 where no loss was seen.
        sure: Confidence from 0 (none) to below 1.
    """

    codes: Codes
    loss_years: Ints
    sure: Floats


def places(longitude: Floats, latitude: Floats) -> tuple[Ints, Ints]:
    """Return rows and columns, as lattice offsets, of the pixels that hold points in degrees."""
    row = np.floor((NORTH_DEG - latitude) * PIXELS_PER_DEG).astype(np.int64)
    return row, np.floor((longitude - WEST_DEG) * PIXELS_PER_DEG).astype(np.int64)


def read(
    truth: Truth, row: Ints, column: Ints, *, seed: int, interpreter: int, first_year: int, last_year: int
) -> Readings:
    """Return what an interpreter sees; the same unit is always seen alike, whichever others are asked for with it.

    Args:
        truth: What is there.
        row: Lattice offsets of units, shape (n,).
        column: The same.
        seed: Another seed is another team.
        interpreter: Number within the team; mistakes of different members are independent but for SHARE_SHARED of them.
        first_year: First calendar year in which loss counts.
        last_year: The last one.
    """
    true = truth.classes(row, column, first_year=first_year, last_year=last_year)
    edge = truth.at_an_edge(row, column, first_year=first_year, last_year=last_year)

    def by_all(what: str) -> Floats:
        return uniform(seed, f"{what} of all", row, column)

    def by_one(what: str) -> Floats:
        return uniform(seed, f"{what} of {interpreter}", row, column)

    codes = _mistaken(true, true, edge, by_all("mistake"), share=SHARE_SHARED)
    codes = np.where(codes == true, _mistaken(true, codes, edge, by_one("mistake"), share=1 - SHARE_SHARED), codes)
    blind = (by_all("cloud") < SHARE_CLOUDED) | (by_one("cloud") < SHARE_GIVEN_UP)
    codes = np.where(blind, UNUSABLE, codes).astype(np.int8)
    # Where there was no loss, the images that mislead everybody also tell everybody the same year.
    seen, supposed = (
        truth.years(row, column) + _beside(by_one("year")),
        _any_year(by_all("year"), first_year, last_year),
    )
    years = np.clip(np.where(true == LOSS, seen, supposed), first_year, last_year)
    sure = np.where(edge, 0.6, 1.0) * by_one("confidence")
    return Readings(codes, np.where(codes == LOSS, years, 0), sure)


def read_by_expert(truth: Truth, row: Ints, column: Ints, *, seed: int, first_year: int, last_year: int) -> Readings:
    """Return what the expert decides who settles disagreements with more images: what is there, unless all was clouded.

    Args:
        truth: What is there.
        row: Lattice offsets of units, shape (n,).
        column: The same.
        seed: That of the team, since the clouds are the same.
        first_year: First calendar year in which loss counts.
        last_year: The last one.
    """
    codes = truth.classes(row, column, first_year=first_year, last_year=last_year)
    codes = np.where(uniform(seed, "cloud of all", row, column) < SHARE_CLOUDED, UNUSABLE, codes).astype(np.int8)
    return Readings(codes, np.where(codes == LOSS, truth.years(row, column), 0), np.ones(row.shape))


def _mistaken(true: Codes, codes: Codes, edge: Mask2D, drawn: Floats, *, share: float) -> Codes:
    """Return codes with mistakes where a number drawn from 0 to 1 says so; shares of MISTAKES, made smaller by `share`."""
    result = codes.copy()
    for (kind, at_edge), others in MISTAKES.items():
        here = (true == kind) & (edge == at_edge)
        upper = 0.0
        for other, chance in others.items():
            lower, upper = upper, upper + chance * share
            result[here & (drawn >= lower) & (drawn < upper)] = other
    return result


def _beside(drawn: Floats) -> Ints:
    """Return how many years later than it was loss is dated: mostly 0."""
    return np.where(drawn < SHARE_OTHER_YEAR / 2, -1, np.where(drawn < SHARE_OTHER_YEAR, 1, 0))


def _any_year(drawn: Floats, first_year: int, last_year: int) -> Ints:
    return first_year + np.floor(drawn * (last_year - first_year + 1)).astype(np.int64)
