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
_MIDDLE = 0.425
"""How far from one half the quantile of the normal distribution is a quotient of two polynomials."""
_BELT = 2
"""The first side of the belt."""
_BLOCK = 128
"""Draws that are made at once: what they touch stays in the fast memory of the processor."""


@njit(cache=True, nogil=True, error_model="numpy")
def normal_quantile_7(p: float) -> float:
    """Return the quantile of the standard normal distribution for 1e-10 <= p <= 1 - 1e-10, to about seven digits.

    Wichura 1988, algorithm AS 241 (PPND7), doi:10.2307/2347330; without its last branch, for rarer values. Draws need no more
    digits, and it takes half the time of the exact one.
    """
    return _middle(p) if abs(p - 0.5) <= _MIDDLE else _tail(p)


@njit(cache=True, nogil=True, error_model="numpy")
def _middle(p: float) -> float:
    q = p - 0.5
    r = 0.180625 - q * q
    above = ((5.9109374720e1 * r + 1.5929113202e2) * r + 5.0434271938e1) * r + 3.3871327179
    below = ((6.7187563600e1 * r + 7.8757757664e1) * r + 1.7895169469e1) * r + 1.0
    return q * above / below


@njit(cache=True, nogil=True, error_model="numpy")
def _tail(p: float) -> float:
    r = math.sqrt(-math.log(min(p, 1.0 - p))) - 1.6
    above = ((1.7023821103e-1 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
    below = (1.2021132975e-1 * r + 7.3700164250e-1) * r + 1.0
    return math.copysign(above / below, p - 0.5)


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_units(word: np.uint64, seed: np.uint64, first: int, out: Floats) -> None:
    """Write the numbers of an input from draw `first`, a multiple of four, into `out`."""
    low, high = word & _LOW, word >> _SHIFT
    begin, count = np.uint64(first // _WORDS), (out.size + _WORDS - 1) // _WORDS
    # Each word of the blocks in a row of its own: so the processor works on several blocks at once.
    rows = np.empty((_WORDS, count))
    for block in range(count):
        w0, w1, w2, w3 = philox(begin + np.uint64(block), _STREAM, low, high, seed)
        rows[0, block], rows[1, block], rows[2, block], rows[3, block] = unit(w0), unit(w1), unit(w2), unit(w3)
    for place in range(_WORDS):
        for block in range((out.size - place + _WORDS - 1) // _WORDS):
            out[_WORDS * block + place] = rows[place, block]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_normals(units: Floats, out: Floats) -> None:
    """Write the quantiles of numbers: `normal_quantile_7`, the rare ones apart, so that the others go several at once."""
    tails, count = np.empty(units.size, np.int64), 0
    for place in range(units.size):
        out[place] = _middle(units[place])
    for place in range(units.size):
        tails[count] = place
        count += abs(units[place] - 0.5) > _MIDDLE
    for place in tails[:count]:
        out[place] = _tail(units[place])


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
    emission_sides: Integers,
    link_starts: Integers,
    link_emissions: Integers,
    link_weights: Floats,
    part_starts: Integers,
    part_stocks: Integers,
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

    An emission is the sum of its amounts, each by its weight, times the sum of the parts that stocks make. Links are in the
    order of their amounts, those of amount a from `link_starts[a]` to before `link_starts[a + 1]`; parts in that of emissions.

    Args:
        emission_sides: Side of each emission, shape (emissions,).
        link_starts: Shape (amounts + 1,).
        link_emissions: Emission of each link.
        link_weights: Which part of the emission the amount makes.
        part_starts: Shape (emissions + 1,).
        part_stocks: Row of `stock_multiples` of each part.
        parts_tco2e: What each part is where nothing errs.
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
        size = min(_BLOCK, draws - first)
        multiples = np.empty(size)
        weights = np.zeros((emission_sides.size, size))
        for amount in range(words.size):
            if link_starts[amount] == link_starts[amount + 1]:
                continue
            if given[amount] >= 0:
                multiples[:] = given_multiples[given[amount], first : first + size]
            else:
                _fill_multiples(words[amount], seed, first, spreads[amount], multiples)
            for link in range(link_starts[amount], link_starts[amount + 1]):
                _add_scaled(weights[link_emissions[link]], multiples, link_weights[link])
        for emission in range(emission_sides.size):
            multiples[:] = 0.0
            for part in range(part_starts[emission], part_starts[emission + 1]):
                _add_scaled(multiples, stock_multiples[part_stocks[part], first : first + size], parts_tco2e[part])
            total = out[emission_sides[emission], first : first + size]
            weight = weights[emission]
            for draw in range(size):
                total[draw] += weight[draw] * multiples[draw]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_multiples(word: np.uint64, seed: np.uint64, first: int, spread: float, out: Floats) -> None:
    out[:] = 1.0
    if spread == 0.0:
        return
    units, normals = np.empty(out.size), np.empty(out.size)
    _fill_units(word, seed, first, units)
    fill_normals(units, normals)
    _add_scaled(out, normals, spread)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_scaled(total: Floats, values: Floats, factor: float) -> None:
    for place in range(total.size):
        total[place] += factor * values[place]


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

    Entries are in the order of input and vintage; the rules are those of `leakage_draws`. Vintages that an
    input does not move keep what they have where nothing errs.

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
    count, grid, vintage_count = input_starts.size - 1, changes.shape[1], central_tco2e.shape[0]
    out = np.empty((count, grid))
    side = np.empty(4)
    nets, excesses = np.empty(vintage_count), np.empty(vintage_count)
    for vintage in range(vintage_count):
        side[:] = central_tco2e[vintage]
        nets[vintage] = _net_without_belt(side, leakage_rate[vintage], fixed_tco2e[vintage])
        excesses[vintage] = side[3] - side[2] if counts_belt[vintage] else 0.0
    moved = excesses.copy()
    belt = _belt_leakage(excesses, is_cumulative)
    for place in range(count):
        begin, end = input_starts[place], input_starts[place + 1]
        rest, moves_belt = nets.sum(), False
        for entry in range(begin, end):
            if entry == begin or vintages[entry] != vintages[entry - 1]:
                rest -= nets[vintages[entry]]
            moves_belt |= sides[entry] >= _BELT and counts_belt[vintages[entry]]
        for point in range(grid):
            total, entry = rest, begin
            while entry < end:
                vintage = vintages[entry]
                side[:] = central_tco2e[vintage]
                while entry < end and vintages[entry] == vintage:
                    side[sides[entry]] += slopes_tco2e[entry] * changes[rows[entry], point]
                    entry += 1
                total += _net_without_belt(side, leakage_rate[vintage], fixed_tco2e[vintage])
                moved[vintage] = side[3] - side[2] if counts_belt[vintage] else 0.0
            out[place, point] = total - (_belt_leakage(moved, is_cumulative) if moves_belt else belt)
        for entry in range(begin, end):
            moved[vintages[entry]] = excesses[vintages[entry]]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _net_without_belt(side: Floats, leakage_rate: float, fixed_tco2e: float) -> float:
    gross = float(side[0] - side[1])
    return gross - leakage_rate * max(gross, 0.0) - fixed_tco2e


@njit(cache=True, nogil=True, error_model="numpy")
def _belt_leakage(excesses: Floats, is_cumulative: NDArray[np.bool_]) -> float:
    """Return the leakage of the belt over all vintages, from its emissions beyond the baseline of each."""
    total, running, before = 0.0, 0.0, 0.0
    for vintage in range(excesses.size):
        running += excesses[vintage]
        after = max(running, 0.0)
        total += after - before if is_cumulative[vintage] else max(excesses[vintage], 0.0)
        before = after
    return total
