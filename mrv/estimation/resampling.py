"""Errors from the sample itself: which units and plots might have been drawn instead of those that were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from mrv.counter_random import entity_word, philox, seed_word, unit

Floats = NDArray[np.float64]
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_STREAM = np.uint64(8)
"""Stream of what is drawn again: it shares no numbers with the draws from distributions."""


def resampled_multiples(
    units: pa.Table, *, seeds: Mapping[str, int], draws: Mapping[str, int]
) -> dict[str, dict[str, Floats]]:
    """Draw the units of samples again, and say by how much their estimates change.

    Each draw takes n - 1 of the n units of a stratum with replacement, whose mean has the variance s²/n of a sample of n (Rao
    and Wu 1988, doi:10.1080/01621459.1988.10478591). The estimate is the sum over strata of size times weighted mean. A stratum
    of one unit stays as it is. Two inputs of one stratum are drawn from the same units.

    Args:
        units: Rows of `int_account_resample_units`.
        seeds: Seed by project.
        draws: Draws by project.

    Returns:
        Multiples of the estimate by project and input, shape (draws,). An input whose estimate is 0 is left out: nothing was
        found that could be found more or less often.
    """
    strata: dict[tuple[str, str], dict[str, list[tuple[str, float, float, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in units.to_pylist():
        strata[row["project_id"], row["input_id"]][row["group_id"]].append(
            (row["unit_id"], row["value"], row["weight"], row["group_size"])
        )
    found: dict[str, dict[str, Floats]] = defaultdict(dict)
    for (project, name), groups in sorted(strata.items()):
        if project not in seeds:
            continue
        drawn, central = np.zeros(draws[project]), 0.0
        for group_id in sorted(groups):
            _, values, weights, sizes = (np.array(column) for column in zip(*sorted(groups[group_id]), strict=True))
            central += float(sizes[0] * (values * weights).sum() / weights.sum())
            word = np.uint64(entity_word("resample", project, group_id))
            drawn += sizes[0] * _means(values, weights, word, draws[project], seed_word(seeds[project]))
        if central > 0:
            found[project][name] = drawn / central
    return dict(found)


@njit(cache=True, nogil=True, error_model="numpy")
def _means(values: Floats, weights: Floats, word: np.uint64, draws: int, seed: np.uint64) -> Floats:
    """Return the weighted mean of n - 1 of n values, drawn with replacement, for each draw."""
    count, low, high = values.size, word & _LOW, word >> _SHIFT
    picks = max(count - 1, 1)
    blocks = (picks + 3) // 4
    out = np.empty(draws)
    numbers = np.empty(4)
    for draw in range(draws):
        total, whole = 0.0, 0.0
        for pick in range(picks):
            if pick % 4 == 0:
                w0, w1, w2, w3 = philox(np.uint64(draw * blocks + pick // 4), _STREAM, low, high, seed)
                numbers[0], numbers[1], numbers[2], numbers[3] = unit(w0), unit(w1), unit(w2), unit(w3)
            place = int(numbers[pick % 4] * count)
            total += values[place] * weights[place]
            whole += weights[place]
        out[draw] = total / whole
    return out
