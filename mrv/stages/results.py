"""What a snapshot says, as small records for people: vintages and headline figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


def mart(snapshot: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of a mart of a snapshot."""
    return pq.read_table(snapshot / "marts" / f"{name}.parquet").to_pylist()  # type: ignore[no-any-return]


def vintage_rows(snapshot: Path) -> list[dict[str, str]]:
    """Return the emission reductions by vintage as text; what could not be computed says why."""
    columns = (
        "baseline_tco2e",
        "project_tco2e",
        "leakage_tco2e",
        "net_tco2e",
        "deduction_tco2e",
        "buffer_tco2e",
        "vcu",
    )
    rows = []
    for row in mart(snapshot, "emission_reductions"):
        texts = {column: _tonnes(row[column]) for column in columns}
        rows.append(
            {"vintage": str(row["vintage_year"]), "days": str(row["days"]), **texts, "reason": row["reason"] or ""}
        )
    return rows


def headline_rows(snapshot: Path) -> list[dict[str, str]]:
    """Return every published figure with its address, value and unit as text."""
    return [
        {
            "figure_id": row["figure_id"],
            "label": row["label_en"],
            "value": "not measured" if row["value"] is None else f"{row['value'].normalize():f}",
            "unit": row["unit"],
        }
        for row in mart(snapshot, "figures")
    ]


def total_vcu(snapshot: Path) -> int | None:
    """Return the period's credits, or None where a vintage could not be computed."""
    values = [row["vcu"] for row in mart(snapshot, "emission_reductions")]
    return None if not values or any(value is None for value in values) else sum(int(value) for value in values)


def _tonnes(value: Any) -> str:
    return "not computed" if value is None else f"{value:,.0f}"
