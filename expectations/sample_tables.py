"""Checks across the tables of a sample: units are those of their strata and design, and enough of them were read twice."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import pyarrow as pa

from mrv.schemas import DATASETS

UNITS_RULE, DOUBLE_READ_RULE = "units_are_those_drawn", "enough_read_twice"
MIN_DOUBLE_READ = Fraction(1, 10)
"""Share of labelled units that two interpreters should have read (methodology 3.4)."""
REMEDIES = {
    UNITS_RULE: "bring the folder of the design back as it was drawn, or draw a new design",
    DOUBLE_READ_RULE: "let a second interpreter label more units, drawn by chance among all",
}
"""Remedies of the rules that no suite holds."""


def check_sample_units(units: pa.Table, *, designs: pa.Table, strata: pa.Table) -> pa.Table:
    """Compare units with the strata and designs that they were drawn for.

    Args:
        units: Rows of `sample_units`.
        designs: Rows of `sample_designs`.
        strata: Rows of `sample_strata`.

    Returns:
        One row of `check_results`, severity critical.
    """
    drawn = Counter(zip(units["design_id"].to_pylist(), units["stratum_id"].to_pylist(), strict=True))
    classes = {(row["design_id"], row["stratum_id"]): row["map_class"] for row in strata.to_pylist()}
    problems = [
        f"stratum {row['stratum_id']} of {row['design_id']}: {drawn[row['design_id'], row['stratum_id']]} units, "
        f"{row['drawn_count']} drawn"
        for row in strata.to_pylist()
        if drawn[row["design_id"], row["stratum_id"]] != row["drawn_count"]
    ]
    for row in designs.to_pylist():
        own = [stratum for stratum in strata.to_pylist() if stratum["design_id"] == row["design_id"]]
        for name in ("pixel_count", "area_um2"):
            total = sum(stratum[name] for stratum in own)
            if total != row[name]:
                problems.append(f"{name} of {row['design_id']}: {total} in strata, {row[name]} in the design")
    for row in units.to_pylist():
        expected = classes.get((row["design_id"], row["stratum_id"]))
        if expected != row["map_class"]:
            problems.append(f"unit {row['unit_id']}: {row['map_class']} in a stratum of {expected or 'no design'}")
    description = "Each stratum has the units that were drawn in it, and the strata add up to the frame of the design."
    return _result("sample_units", UNITS_RULE, "critical", description, units.num_rows, problems)


def check_double_reading(labels: pa.Table) -> pa.Table:
    """Count the units of each design that more than one interpreter read.

    Args:
        labels: Rows of `sample_labels` that can be used.

    Returns:
        One row of `check_results`, severity warning.
    """
    readers: dict[tuple[str, str], int] = {}
    for design, unit, role in zip(
        *(labels[name].to_pylist() for name in ("design_id", "unit_id", "role")), strict=True
    ):
        if role == "interpreter":
            readers[design, unit] = readers.get((design, unit), 0) + 1
    problems = []
    for design in sorted({key[0] for key in readers}):
        counts = [count for key, count in readers.items() if key[0] == design]
        twice = sum(count > 1 for count in counts)
        if twice < MIN_DOUBLE_READ * len(counts):
            problems.append(f"{design}: {twice} of {len(counts)} labelled units were read by two interpreters")
    description = "At least a tenth of the labelled units was read by two interpreters."
    return _result("sample_labels", DOUBLE_READ_RULE, "warning", description, len(readers), problems)


def _result(dataset: str, rule: str, severity: str, description: str, evaluated: int, problems: list[str]) -> pa.Table:
    record: dict[str, Any] = {
        "dataset": dataset,
        "rule": rule,
        "severity": severity,
        "description": description,
        "outcome": "failed" if problems else "passed",
        "rows_evaluated": evaluated,
        "rows_failed": len(problems),
        "observed": "; ".join(problems[:5]) or None,
        "waived_by": None,
        "waiver_reason": None,
    }
    return DATASETS["check_results"].table([record])
