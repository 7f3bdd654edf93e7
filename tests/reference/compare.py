"""What the warehouse says against what the reference says, vintage by vintage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from tests.reference.ledger import Vintage, close_to_the_next
from tests.reference.project_rows import Known, Rules

RELATIVE = Fraction(1, 10**9)
ABSOLUTE = Fraction(1, 10**5)
"""Tonnes: what is left of sums of many terms whose stocks, by the hectare, the warehouse rounds to nine places each."""
COLUMNS = {
    "baseline_tco2e": "baseline",
    "project_tco2e": "project",
    "gross_reduction_tco2e": "gross",
    "stock_change_tco2e": "stock_change",
    "leakage_tco2e": "leakage",
    "net_tco2e": "net",
    "deduction_tco2e": "deduction",
    "transferred_tco2e": "transferred",
    "buffer_tco2e": "buffer",
    "creditable_tco2e": "unrounded",
    "carried_tco2e": "carried",
}
SQL = f"select project_id, rule_set, vintage_year, {', '.join(COLUMNS)}, eligible, credits, reason from marts.emission_reductions"


def agrees(found: Any, expected: Known) -> bool:
    """Say whether two numbers are the same but for rounding, or neither is known."""
    if found is None or expected is None:
        return found is None and expected is None
    off = abs(Fraction(found) - expected)
    return off <= max(RELATIVE * abs(expected), ABSOLUTE)


def disagreements(
    records: Iterable[Mapping[str, Any]],
    expected: Mapping[tuple[str, str, int], Vintage],
    rules: Mapping[tuple[str, str, int], Rules],
) -> list[str]:
    """Return one line for each number that the two do not agree on."""
    found = {(row["project_id"], row["rule_set"], row["vintage_year"]): row for row in records}
    lines = [f"{key}: only one of the two has this vintage" for key in sorted(found.keys() ^ expected.keys())]
    for key in sorted(found.keys() & expected.keys()):
        row, vintage = found[key], expected[key]
        for column, name in COLUMNS.items():
            if not agrees(row[column], getattr(vintage, name)):
                lines.append(f"{key} {column}: {row[column]} against {told(getattr(vintage, name))}; {row['reason']}")
        exact = not close_to_the_next(vintage.unrounded, rules[key], ABSOLUTE)
        if row["credits"] != vintage.credits and exact:
            lines.append(f"{key} credits: {row['credits']} against {vintage.credits}; {row['reason']}")
    return lines


def told(number: Known) -> str:
    """Return a number for a message."""
    return "not known" if number is None else f"{float(number):.9f}"
