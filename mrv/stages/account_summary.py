"""The vintages of accounts as a table for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TONNES = {
    "baseline": "baseline_tco2e",
    "project": "project_tco2e",
    "leakage": "leakage_tco2e",
    "net": "net_tco2e",
    "deduction": "deduction_tco2e",
    "buffer": "buffer_tco2e",
}
MOST_ROWS = 60
"""Rows of a portfolio that are shown; all of them are in the tables."""


def vintage_lines(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return one line per account and vintage, tonnes without decimals, with the reason where there are none."""
    return [
        {
            "account": str(row["project_id"]),
            "rules": str(row["rule_set"]),
            "vintage": str(row["vintage_year"]),
            **{name: "-" if row[column] is None else f"{row[column]:,.0f}" for name, column in TONNES.items()},
            "credits": "-" if row["credits"] is None else f"{row['credits']:,}",
            "unit": str(row["credit_unit"] or ""),
            "reason": str(row["reason"] or ""),
        }
        for row in rows[:MOST_ROWS]
    ]
