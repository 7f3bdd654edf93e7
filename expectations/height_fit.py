"""The check across trees and plots: the height model fits each stratum, and not only all of them together."""

from __future__ import annotations

import math

import pyarrow as pa

from expectations.results import check_result

HEIGHT_FIT_RULE = "heights_fit_strata"
TOLERANCE = 0.05
"""Biomass moves with height: a model that is 5 % off in a stratum moves its stock by as much."""
MIN_TREES = 10
_DESCRIPTION = (
    "The heights that the model gives the measured trees of a stratum are within 5 % of those measured; where they are "
    "not, field_carbon.height_model_by: stratum fits one for each."
)


def check_height_fit(tree_biomass: pa.Table, plot_biomass: pa.Table) -> pa.Table:
    """Name the strata whose measured trees are taller or shorter than their model says.

    Args:
        tree_biomass: The measured table; `height_over_model` is known of trees with a measured height.
        plot_biomass: The measured table, for the stratum of each plot census.

    Returns:
        One row of `check_results` for dataset `tree_biomass`, severity warning.
    """
    strata = {(row["plot_id"], row["census_id"]): row["stratum_id"] for row in plot_biomass.to_pylist()}
    columns = ["plot_id", "census_id", "life_form", "height_over_model", "dbh_cm"]
    ratios: dict[str, list[tuple[float, float]]] = {}
    for row in tree_biomass.select(columns).to_pylist():
        if row["life_form"] == "tree" and row["height_over_model"] is not None:
            # Thick trees hold the biomass, so they count by their cross-section.
            pair = (row["height_over_model"], row["dbh_cm"] ** 2)
            ratios.setdefault(strata[row["plot_id"], row["census_id"]], []).append(pair)
    means = {
        name: math.fsum(ratio * weight for ratio, weight in pairs) / math.fsum(weight for _, weight in pairs)
        for name, pairs in sorted(ratios.items())
        if len(pairs) >= MIN_TREES
    }
    problems = [
        f"stratum {name}: measured trees are {100 * (mean - 1):+.1f} % off what the model says ({len(ratios[name])} trees)"
        for name, mean in means.items()
        if abs(mean - 1) > TOLERANCE
    ]
    return check_result(
        "tree_biomass",
        HEIGHT_FIT_RULE,
        _DESCRIPTION,
        evaluated=len(means),
        problems=problems,
        severity="warning",
        shown=None,
    )
