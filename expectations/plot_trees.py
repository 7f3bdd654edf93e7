"""The check across plots and trees: a plot census that lost trees to the quarantine is incomplete."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pyarrow as pa

from expectations.frames import plot_keys, record_plot_key
from expectations.results import check_result

PLOT_TREES_RULE = "all_trees_usable"
_DESCRIPTION = (
    "Every tree of an accepted plot census can be used; a census with trees set aside does not count in its stratum."
)

# Rows under these rules were set aside with their whole submission, so no census misses them.
_WITH_THEIR_SUBMISSION = frozenset(
    {
        "plot_quarantined",
        "superseded_by_edit",
        "repeated_submission",
        "deleted_at_source",
        "validation_status_not_approved",
        "validation_status_on_hold",
        "rejected_by_reviewer",
        "has_issues",
    }
)

_TOO_THIN = {"nest_holds_tree"}
"""Trees set aside for nothing else are none that their plot measures: it lacks nothing without them."""

Census = tuple[str, str]
"""(plot_id, census_id)."""


def trees_set_aside(
    trees_quarantine: pa.Table, *, plots: pa.Table, plots_quarantine: pa.Table
) -> tuple[dict[Census, int], int]:
    """Count the trees that accepted plot censuses miss, because the trees failed a check or could not be typed.

    Args:
        trees_quarantine: Rows of `quarantine` of `trees`. Their records name plot_id, census_id and submission_id.
        plots: Accepted rows of `plots`.
        plots_quarantine: Rows of `quarantine` of `plots`: trees of those submissions are missed by no accepted census.

    Returns:
        Trees set aside by (plot_id, census_id), only where there are any, in key order; and how many trees were set aside
        that name no plot census that was received.
    """
    out = {record_plot_key(json.loads(text)) for text in plots_quarantine["record"].to_pylist()} - set(plot_keys(plots))
    accepted = set(zip(plots["plot_id"].to_pylist(), plots["census_id"].to_pylist(), strict=True))
    rules: dict[tuple[str, int], set[str]] = {}
    records: dict[tuple[str, int], dict[str, Any]] = {}
    for row in trees_quarantine.select(["artifact", "row", "rule", "record"]).to_pylist():
        tree = (row["artifact"], row["row"])
        rules.setdefault(tree, set()).add(row["rule"])
        records[tree] = json.loads(row["record"])
    missed: Counter[Census] = Counter()
    nowhere = 0
    for tree, record in records.items():
        if rules[tree] == _TOO_THIN or rules[tree] & _WITH_THEIR_SUBMISSION or record_plot_key(record) in out:
            continue
        census = (str(record.get("plot_id")), str(record.get("census_id")))
        if census in accepted:
            missed[census] += 1
        else:
            nowhere += 1
    return dict(sorted(missed.items())), nowhere


def check_plot_trees(trees_quarantine: pa.Table, *, plots: pa.Table, plots_quarantine: pa.Table) -> pa.Table:
    """Name the accepted plot censuses that miss trees.

    Args:
        trees_quarantine: As in `trees_set_aside`.
        plots: Likewise.
        plots_quarantine: Likewise.

    Returns:
        One row of `check_results` for dataset `plots`, severity warning.
    """
    missed, nowhere = trees_set_aside(trees_quarantine, plots=plots, plots_quarantine=plots_quarantine)
    found = [f"plot {plot} census {census}: {count} set aside" for (plot, census), count in missed.items()]
    if nowhere:
        found.append(f"{nowhere} set aside without a plot census that was received")
    return check_result(
        "plots",
        PLOT_TREES_RULE,
        _DESCRIPTION,
        evaluated=plots.num_rows,
        problems=found,
        severity="warning",
        failed=len(missed),
        shown=None,
    )
