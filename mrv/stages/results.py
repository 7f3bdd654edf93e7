"""What a snapshot says, as small records for people: vintages, forest, checks that did not pass."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


def mart(snapshot: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of a mart of a snapshot."""
    return pq.read_table(snapshot / "marts" / f"{name}.parquet").to_pylist()  # type: ignore[no-any-return]


def vintage_rows(snapshot: Path) -> list[dict[str, str]]:
    """Return the emission reductions by vintage as text, under the project's own rule set; what is null says why."""
    columns = (
        "baseline_tco2e",
        "project_tco2e",
        "leakage_tco2e",
        "net_tco2e",
        "deduction_tco2e",
        "buffer_tco2e",
        "credits",
    )
    rows = []
    for row in _ledger(snapshot, primary=True):
        texts = {column: _tonnes(row[column]) for column in columns}
        rows.append(
            {"vintage": str(row["vintage_year"]), "days": str(row["days"]), **texts, "reason": row["reason"] or ""}
        )
    return rows


def other_account_rows(snapshot: Path) -> list[dict[str, str]]:
    """Return net reductions and credits by vintage under the other rule sets of the project, as text."""
    return [
        {
            "rule set": row["rule_set"],
            "vintage": str(row["vintage_year"]),
            "net_tco2e": _tonnes(row["net_tco2e"]),
            "credits": _tonnes(row["credits"]),
            "unit": row["credit_unit"] or "",
            "reason": row["reason"] or "",
        }
        for row in _ledger(snapshot, primary=False)
    ]


def forest_rows(snapshot: Path) -> list[dict[str, str]]:
    """Return forest and loss of each zone in the years of the period, in hectares as text."""
    forest = {(row["zone_id"], row["year"]): row["area_ha"] for row in mart(snapshot, "forest_cover_annual")}
    return [
        {
            "zone": row["zone_id"],
            "kind": row["kind"],
            "year": str(row["year"]),
            "forest_ha": _hectares(forest.get((row["zone_id"], row["year"]))),
            "deforestation_ha": _hectares(row["area_ha"]),
            "reason": row["reason"] or "",
        }
        for row in mart(snapshot, "deforestation_annual")
        if row["in_period"]
    ]


def failed_check_rows(snapshot: Path) -> list[dict[str, str]]:
    """Return the checks that did not pass, with how many rows they concern."""
    columns = ("dataset", "rule", "severity", "outcome", "rows_evaluated", "rows_failed")
    rows = [row for row in mart(snapshot, "data_quality") if row["outcome"] != "passed"]
    return [{column: str(row[column]) for column in columns} for row in rows]


def total_credits(snapshot: Path) -> int | None:
    """Return the period's credits under the project's own rule set, or None where a vintage could not be computed."""
    values = [row["credits"] for row in _ledger(snapshot, primary=True)]
    return None if not values or any(value is None for value in values) else sum(int(value) for value in values)


def _ledger(snapshot: Path, *, primary: bool) -> list[dict[str, Any]]:
    rows = [row for row in mart(snapshot, "emission_reductions") if row["is_primary"] == primary]
    return sorted(rows, key=itemgetter("rule_set", "vintage_year"))


def _tonnes(value: Any) -> str:
    return "not computed" if value is None else f"{value:,.0f}"


def _hectares(value: Any) -> str:
    return "not measured" if value is None else f"{value:,.1f}"
