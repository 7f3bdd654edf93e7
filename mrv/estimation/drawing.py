"""Which units are drawn: seeded random sequences that only grow."""

from __future__ import annotations

import hashlib

import numpy as np

from mrv.errors import InputError
from mrv.estimation.sample import Integers

_BITS = 64


def draw_ranks(*, seed: int, name: str, population: int, count: int) -> Integers:
    """Draw ranks from 0 to population − 1 without replacement, each subset being as likely as any other.

    The sequence depends on seed, name and population only: a larger count gives the same ranks, and more after them. The
    shuffle is that of Fisher and Yates, of which only the places that were touched are kept. Its numbers are the raw
    output of PCG64 seeded with the sha256 of seed and name, which NumPy keeps the same for ever. Their rounding favours
    no rank by more than population / 2⁶⁴.

    Args:
        seed: Seed of the design.
        name: What is drawn, for example a stratum of a design; each name has its own sequence.
        population: How many there are to draw from.
        count: How many are drawn.

    Returns:
        The ranks in the order in which they were drawn, shape (count,).

    Raises:
        InputError: More are asked for than there are.
    """
    if not 0 <= count <= population:
        raise InputError(
            "more units are to be drawn than there are",
            expected=f"0 to {population:,}",
            found=f"{count:,}",
            where=name,
            remedy="ask for fewer units",
        )
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    numbers = np.random.PCG64(int.from_bytes(digest)).random_raw(count).tolist()
    moved: dict[int, int] = {}
    ranks = np.empty(count, np.int64)
    for place, number in enumerate(numbers):
        other = place + (number * (population - place) >> _BITS)
        ranks[place] = moved.get(other, other)
        moved[other] = moved.pop(place, place)
    return ranks


def unit_order(*, seed: int, name: str, count: int) -> Integers:
    """Return a seeded random order of so many units, shape (count,): position of the unit that comes first, second, ...

    Units are shown in it, so that neither their ids nor their order tell the stratum.
    """
    return draw_ranks(seed=seed, name=name, population=count, count=count)


def grid_start(*, seed: int, name: str, spacing: int) -> tuple[int, int]:
    """Return row and column of the first unit of a systematic draw, each from 0 to spacing − 1."""
    row, column = divmod(int(draw_ranks(seed=seed, name=name, population=spacing**2, count=1)[0]), spacing)
    return row, column
