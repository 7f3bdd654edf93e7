"""Heights by stratum against their model."""

from __future__ import annotations

import pyarrow as pa
import pytest

from expectations.height_fit import check_height_fit

PLOTS = pa.Table.from_pylist(
    [{"plot_id": plot, "census_id": "1", "stratum_id": stratum} for plot, stratum in (("p1", "low"), ("p2", "high"))]
)


def _trees(plot: str, ratio: float | None, *, count: int = 20, form: str = "tree") -> list[dict[str, object]]:
    tree = {"plot_id": plot, "census_id": "1", "life_form": form, "height_over_model": ratio, "dbh_cm": 30.0}
    return [tree] * count


@pytest.mark.parametrize(("ratio", "outcome"), [(0.81, "failed"), (0.96, "passed"), (1.04, "passed"), (1.07, "failed")])
def test_a_stratum_that_the_model_does_not_fit_is_named(ratio: float, outcome: str) -> None:
    table = pa.Table.from_pylist([*_trees("p1", 1.0), *_trees("p2", ratio)])
    [row] = check_height_fit(table, PLOTS).to_pylist()
    assert (row["outcome"], row["severity"], row["rows_evaluated"]) == (outcome, "warning", 2)
    assert ("stratum high" in (row["observed"] or "")) == (outcome == "failed")


def test_few_trees_palms_and_trees_without_height_say_nothing() -> None:
    rows = [
        *_trees("p1", 0.5, count=9),
        *_trees("p2", 0.5, form="palm"),
        *_trees("p2", None),
        *_trees("p1", 1.0, form="liana"),
    ]
    [row] = check_height_fit(pa.Table.from_pylist(rows), PLOTS).to_pylist()
    assert (row["outcome"], row["rows_evaluated"]) == ("passed", 0)
