"""Checks across the tables of a sample: units are those of their strata and design, and enough of them were read twice."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from typing import Any

import pyarrow as pa

from expectations.results import check_result

UNITS_RULE, DOUBLE_READ_RULE = "units_are_those_drawn", "enough_read_twice"
USABLE_RULE, RESOLUTIONS_RULE = "all_labels_usable", "resolutions_are_by_a_third"
MIN_DOUBLE_READ = Fraction(1, 10)
"""Share of labelled units that two interpreters should have read (methodology 3.4)."""
_SHOWN = 5
REMEDIES = {
    UNITS_RULE: "bring the folder of the design back as it was drawn, or draw a new design",
    DOUBLE_READ_RULE: "let a second interpreter label more units, drawn by chance among all",
    USABLE_RULE: "correct the rows in the files of labels (quarantine names each); until then their units are open",
    RESOLUTIONS_RULE: "let somebody decide who labelled none of these units, and have the others labelled first",
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
    return check_result("sample_units", UNITS_RULE, description, evaluated=units.num_rows, problems=problems)


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
    return check_result(
        "sample_labels",
        DOUBLE_READ_RULE,
        description,
        evaluated=len(readers),
        problems=problems,
        severity="warning",
    )


def units_set_aside(quarantine: pa.Table, units: pa.Table) -> tuple[dict[tuple[str, str], int], int]:
    """Count the labels and resolutions that cannot be used, by the unit that they are about.

    Args:
        quarantine: Rows of `quarantine` of `sample_labels`. Their records name design_id and unit_id.
        units: Rows of `sample_units`.

    Returns:
        Rows set aside by (design_id, unit_id), only where there are any, in key order; and how many were set aside that name
        no unit that was drawn.
    """
    drawn = set(zip(units["design_id"].to_pylist(), units["unit_id"].to_pylist(), strict=True))
    about: dict[tuple[str, int], tuple[str, str]] = {}
    for row in quarantine.select(["artifact", "row", "record"]).to_pylist():
        record = json.loads(row["record"])
        about[row["artifact"], row["row"]] = (str(record.get("design_id")), str(record.get("unit_id")))
    counts = Counter(about.values())
    return {key: count for key, count in sorted(counts.items()) if key in drawn}, sum(
        count for key, count in counts.items() if key not in drawn
    )


def check_labels_usable(quarantine: pa.Table, units: pa.Table) -> pa.Table:
    """Name the units that wait because a label of them was set aside, and count the labels of no known unit.

    Args:
        quarantine: As in `units_set_aside`.
        units: Likewise.

    Returns:
        One row of `check_results`, severity warning.
    """
    counts, nowhere = units_set_aside(quarantine, units)
    problems = []
    if counts:
        listed = [f"{unit}: {count}" for (_, unit), count in counts.items()]
        more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
        problems.append(
            f"{len(counts)} units are open, labels of theirs were set aside ({', '.join(listed[:_SHOWN])}{more})"
        )
    if nowhere:
        problems.append(f"{nowhere} labels set aside name no unit that was drawn: which units miss them is not known")
    description = "Every label and resolution can be used; a unit of which one was set aside is open."
    return check_result(
        "sample_labels",
        USABLE_RULE,
        description,
        evaluated=units.num_rows,
        problems=problems,
        severity="warning",
        failed=len(counts) + nowhere,
    )


def check_resolutions(labels: pa.Table) -> pa.Table:
    """Count resolutions by somebody who labelled the same unit otherwise, and resolutions of units that nobody labelled.

    Args:
        labels: Rows of `sample_labels` that can be used.

    Returns:
        One row of `check_results`, severity warning.
    """
    own: dict[tuple[str, str], dict[str, Any]] = {}
    resolutions = []
    for row in labels.to_pylist():
        if row["role"] == "resolution":
            resolutions.append(row)
        else:
            own.setdefault((row["design_id"], row["unit_id"]), {})[row["interpreter"]] = row["reference_class"]
    partial, without = [], []
    for row in sorted(resolutions, key=lambda row: (row["design_id"], row["unit_id"])):
        said = own.get((row["design_id"], row["unit_id"]), {})
        if not said:
            without.append(row["unit_id"])
        elif row["interpreter"] in said and len(set(said.values())) > 1:
            partial.append(row["unit_id"])
    problems = [
        f"{len(found)} {told} ({', '.join(found[:_SHOWN])}{', ...' if len(found) > _SHOWN else ''})"
        for found, told in (
            (partial, "units were resolved by one of those who disagree"),
            (without, "units were resolved without a label"),
        )
        if found
    ]
    description = "Units are resolved by somebody who is none of those who disagree, and only where there are labels."
    return check_result(
        "sample_labels",
        RESOLUTIONS_RULE,
        description,
        evaluated=len(resolutions),
        problems=problems,
        severity="warning",
        failed=len(partial) + len(without),
    )
