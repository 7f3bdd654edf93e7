"""The loops of the draws of emissions: numbers by counter, and sums of products of areas and stocks."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mrv.counter_random import normal_quantile, philox, unit

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_STREAM = np.uint64(7)
"""Stream of the inputs of accounts: no other draws of a project share their numbers."""
_WORDS = 4


@njit(cache=True, nogil=True, error_model="numpy")
def units_by_input(words: NDArray[np.uint64], draws: int, seed: np.uint64) -> NDArray[np.float64]:
    """Return numbers between 0 and 1, shape (inputs, draws): those of an input are the same in any company.

    Args:
        words: 64 bits for each input (`counter_random.entity_word`).
        draws: How many; a larger number gives the same and more after them.
        seed: 64 bits of the seed.
    """
    out = np.empty((words.size, draws))
    for place in range(words.size):
        low = words[place] & _LOW
        high = words[place] >> _SHIFT
        for block in range((draws + _WORDS - 1) // _WORDS):
            found = philox(np.uint64(block), _STREAM, low, high, seed)
            start = block * _WORDS
            out[place, start] = unit(found[0])
            if start + 1 < draws:
                out[place, start + 1] = unit(found[1])
            if start + 2 < draws:
                out[place, start + 2] = unit(found[2])
            if start + 3 < draws:
                out[place, start + 3] = unit(found[3])
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def normal_multiples(units: NDArray[np.float64], spreads: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 + spread times the normal quantile of each number, shape (inputs, draws)."""
    out = np.empty_like(units)
    for place in range(units.shape[0]):
        spread = spreads[place]
        for draw in range(units.shape[1]):
            out[place, draw] = 1.0 + spread * normal_quantile(units[place, draw])
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def add_products(
    sides: NDArray[np.int64],
    areas: NDArray[np.int64],
    stocks: NDArray[np.int64],
    parts_tco2e: NDArray[np.float64],
    area_multiples: NDArray[np.float64],
    stock_multiples: NDArray[np.float64],
    side_count: int,
) -> NDArray[np.float64]:
    """Return the emissions of each side and draw in tCO2e, shape (sides, draws).

    Args:
        sides: Side that each term belongs to, shape (terms,).
        areas: Row of `area_multiples` of each term.
        stocks: Row of `stock_multiples` of each term.
        parts_tco2e: What each term emits where nothing errs.
        area_multiples: Shape (areas, draws).
        stock_multiples: Shape (stocks, draws).
        side_count: How many sides there are.
    """
    draws = area_multiples.shape[1]
    out = np.zeros((side_count, draws))
    for term in range(sides.size):
        side, area, stock, part = sides[term], areas[term], stocks[term], parts_tco2e[term]
        for draw in range(draws):
            out[side, draw] += part * area_multiples[area, draw] * stock_multiples[stock, draw]
    return out
