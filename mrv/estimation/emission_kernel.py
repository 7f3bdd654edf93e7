"""The loops of the draws of emissions: numbers by counter, sums of products of areas and stocks, one input at a time."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mrv.counter_random import philox, unit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_STREAM = np.uint64(7)
"""Stream of the inputs of accounts: no other draws of a project share their numbers."""
_WORDS = 4
_BLOCK = 512
"""Draws that are made at once: what they touch stays in the fast memory of the processor."""


@njit(cache=True, nogil=True, error_model="numpy")
def normal_quantile_7(p: float) -> float:
    """Return the quantile of the standard normal distribution for 1e-10 <= p <= 1 - 1e-10, to about seven digits.

    Wichura 1988, algorithm AS 241 (PPND7), doi:10.2307/2347330; without its last branch, for rarer values. Draws need no more
    digits, and it takes half the time of the exact one.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        above = ((5.9109374720e1 * r + 1.5929113202e2) * r + 5.0434271938e1) * r + 3.3871327179
        below = ((6.7187563600e1 * r + 7.8757757664e1) * r + 1.7895169469e1) * r + 1.0
        return q * above / below
    r = math.sqrt(-math.log(min(p, 1.0 - p))) - 1.6
    above = ((1.7023821103e-1 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
    below = (1.2021132975e-1 * r + 7.3700164250e-1) * r + 1.0
    return math.copysign(above / below, q)


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_units(word: np.uint64, seed: np.uint64, first: int, out: Floats) -> None:
    """Write the numbers of an input from draw `first`, a multiple of four, into `out`."""
    low, high = word & _LOW, word >> _SHIFT
    for start in range(0, out.size, _WORDS):
        w0, w1, w2, w3 = philox(np.uint64((first + start) // _WORDS), _STREAM, low, high, seed)
        out[start] = unit(w0)
        if start + 1 < out.size:
            out[start + 1] = unit(w1)
        if start + 2 < out.size:
            out[start + 2] = unit(w2)
        if start + 3 < out.size:
            out[start + 3] = unit(w3)


@njit(cache=True, nogil=True, error_model="numpy")
def units_by_input(words: NDArray[np.uint64], draws: int, seed: np.uint64) -> Floats:
    """Return numbers between 0 and 1, shape (inputs, draws): those of an input are the same in any company.

    Args:
        words: 64 bits for each input (`counter_random.entity_word`).
        draws: How many; a larger number gives the same and more after them.
        seed: 64 bits of the seed.
    """
    out = np.empty((words.size, draws))
    for place in range(words.size):
        _fill_units(words[place], seed, 0, out[place])
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def add_products(
    amount_starts: Integers,
    sides: Integers,
    stocks: Integers,
    parts_tco2e: Floats,
    words: NDArray[np.uint64],
    spreads: Floats,
    given: Integers,
    given_multiples: Floats,
    stock_multiples: Floats,
    side_count: int,
    seed: np.uint64,
) -> Floats:
    """Return the emissions of each side and draw in tCO2e, shape (sides, draws).

    Terms are in the order of their amounts; those of amount a are from `amount_starts[a]` to before `amount_starts[a + 1]`.

    Args:
        amount_starts: Shape (amounts + 1,).
        sides: Side of each term, shape (terms,).
        stocks: Row of `stock_multiples` of each term.
        parts_tco2e: What each term emits where nothing errs.
        words: 64 bits of the input of each amount, shape (amounts,).
        spreads: Relative standard error of each amount whose error is normal.
        given: Row of `given_multiples` of each amount whose error is another one; -1: normal.
        given_multiples: Multiples of such amounts, shape (rows, draws).
        stock_multiples: Shape (stocks, draws).
        side_count: How many sides there are.
        seed: 64 bits of the seed.
    """
    draws = stock_multiples.shape[1]
    out = np.zeros((side_count, draws))
    for first in range(0, draws, _BLOCK):
        multiples = np.empty(min(_BLOCK, draws - first))
        for amount in range(words.size):
            row = given[amount]
            if row >= 0:
                multiples[:] = given_multiples[row, first : first + multiples.size]
            elif spreads[amount] == 0.0:
                multiples[:] = 1.0
            else:
                _fill_units(words[amount], seed, first, multiples)
                for draw in range(multiples.size):
                    multiples[draw] = 1.0 + spreads[amount] * normal_quantile_7(multiples[draw])
            for term in range(amount_starts[amount], amount_starts[amount + 1]):
                total = out[sides[term], first : first + multiples.size]
                stock = stock_multiples[stocks[term], first : first + multiples.size]
                part = parts_tco2e[term]
                for draw in range(multiples.size):
                    total[draw] += part * multiples[draw] * stock[draw]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def vary_inputs(
    input_starts: Integers,
    vintages: Integers,
    sides: Integers,
    slopes_tco2e: Floats,
    rows: Integers,
    changes: Floats,
    central_tco2e: Floats,
    counts_belt: NDArray[np.bool_],
    is_cumulative: NDArray[np.bool_],
    leakage_rate: Floats,
    fixed_tco2e: Floats,
) -> Floats:
    """Return the net reductions of the period while one input varies, shape (inputs, grid), in tCO2e.

    Entries are in the order of input and vintage; the rules are those of `leakage_draws`.

    Args:
        input_starts: Where the entries of each input begin, shape (inputs + 1,).
        vintages: Vintage of each entry, by position.
        sides: Its side, 0 to 3.
        slopes_tco2e: How far the side moves for a change of 1.
        rows: Row of `changes`.
        changes: Changes of multiples, shape (rows, grid).
        central_tco2e: Emissions of each side of each vintage where nothing errs, shape (vintages, 4).
        counts_belt: Whether the belt counts, shape (vintages,).
        is_cumulative: Whether its floor is that of the running sum.
        leakage_rate: Part of the gross reduction that leaks.
        fixed_tco2e: Leakage that is given.
    """
    count, grid = input_starts.size - 1, changes.shape[1]
    out = np.empty((count, grid))
    side = np.empty(4)
    for place in range(count):
        for point in range(grid):
            entry, total, running, before = input_starts[place], 0.0, 0.0, 0.0
            for vintage in range(central_tco2e.shape[0]):
                side[:] = central_tco2e[vintage]
                while entry < input_starts[place + 1] and vintages[entry] == vintage:
                    side[sides[entry]] += slopes_tco2e[entry] * changes[rows[entry], point]
                    entry += 1
                excess = side[3] - side[2] if counts_belt[vintage] else 0.0
                running += excess
                after = max(running, 0.0)
                belt = after - before if is_cumulative[vintage] else max(excess, 0.0)
                before = after
                gross = side[0] - side[1]
                total += gross - belt - leakage_rate[vintage] * max(gross, 0.0) - fixed_tco2e[vintage]
            out[place, point] = total
    return out
