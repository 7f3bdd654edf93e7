"""Which plot censuses miss trees: those whose trees failed or could not be read, not those that were set aside whole."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from expectations.plot_trees import check_plot_trees, trees_set_aside
from mrv.schemas import DATASETS


def quarantine(*rows: tuple[int, str, dict[str, Any]]) -> pa.Table:
    return DATASETS["quarantine"].table(
        {
            "dataset": "trees",
            "artifact": "a",
            "row": row,
            "rule": rule,
            "severity": "error",
            "reason": "-",
            "record": json.dumps(record),
        }
        for row, rule, record in rows
    )


def tree(plot_id: str = "p1", submission_id: str | None = "s1") -> dict[str, Any]:
    return {"plot_id": plot_id, "census_id": "1", "submission_id": submission_id}


@pytest.fixture
def plots(rows: Any, make_table: Any) -> pa.Table:
    return make_table("plots", rows("plots", 2))


@pytest.mark.parametrize(
    ("rows_aside", "missed", "nowhere"),
    [
        ([], {}, 0),
        ([(1, "dbh_in_range", tree()), (2, "unreadable_value", tree())], {("p1", "1"): 2}, 0),
        # One tree under two rules is one tree.
        ([(1, "dbh_in_range", tree()), (1, "height_in_range", tree())], {("p1", "1"): 1}, 0),
        ([(1, "dbh_in_range", tree("p2", "s2")), (2, "tree_unique", tree())], {("p1", "1"): 1, ("p2", "1"): 1}, 0),
        # Set aside with their submission, whatever else was wrong with them.
        ([(1, "superseded_by_edit", tree()), (1, "missing_value", tree())], {}, 0),
        ([(1, "validation_status_not_approved", tree()), (2, "validation_status_on_hold", tree())], {}, 0),
        ([(1, "repeated_submission", tree()), (2, "deleted_at_source", tree())], {}, 0),
        ([(1, "rejected_by_reviewer", tree()), (2, "has_issues", tree())], {}, 0),
        ([(1, "plot_quarantined", tree("p1", "s9")), (1, "dbh_in_range", tree("p1", "s9"))], {}, 0),
        ([(1, "unreadable_value", tree("p1", "s9"))], {}, 0),
        # Of a submission that nobody sent: the census may be the one that misses it.
        ([(1, "plot_exists", tree("p1", "s7"))], {("p1", "1"): 1}, 0),
        ([(1, "plot_exists", tree("p7")), (2, "missing_value", {})], {}, 2),
    ],
)
def test_trees_are_missed_by_their_own_census(
    rows_aside: list[tuple[int, str, dict[str, Any]]],
    missed: dict[tuple[str, str], int],
    nowhere: int,
    plots: pa.Table,
) -> None:
    # The second submission of p1, s9, went to quarantine; so did an earlier state of s1.
    plots_aside = quarantine((7, "plot_census_unique", tree("p1", "s9")), (8, "superseded_by_edit", tree()))
    found = trees_set_aside(quarantine(*rows_aside), plots=plots, plots_quarantine=plots_aside)
    assert found == (missed, nowhere)
    [result] = check_plot_trees(quarantine(*rows_aside), plots=plots, plots_quarantine=plots_aside).to_pylist()
    assert (result["dataset"], result["rule"], result["severity"]) == ("plots", "all_trees_usable", "warning")
    assert result["outcome"] == ("failed" if missed or nowhere else "passed")
    assert result["rows_failed"] == len(missed)
    for plot_id, _ in missed:
        assert f"plot {plot_id} census 1" in result["observed"]
