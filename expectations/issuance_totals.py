"""Check of a registry's table across its rows: the blocks of a vintage against the total that the registry gives for it."""

from __future__ import annotations

import pyarrow as pa

from expectations.results import check_result

TOTALS_RULE = "vintage_total_kept"


def check_vintage_totals(issuances: pa.Table, quarantine: pa.Table) -> pa.Table:
    """Compare the credits of each vintage with its total.

    Args:
        issuances: Rows of `issuances` as received.
        quarantine: Those of them that were set aside, which do not count.

    Returns:
        One row of `check_results`, severity warning: which of the rows is one too many cannot be told.
    """
    out = set(zip(quarantine["artifact"].to_pylist(), quarantine["row"].to_pylist(), strict=True))
    totals: dict[tuple[str, str, str], set[int]] = {}
    counted: dict[tuple[str, str, str], int] = {}
    for row in issuances.to_pylist():
        if (row["_artifact"], row["_row"]) in out:
            continue
        vintage = (row["registry_project_id"], str(row["vintage_start"]), str(row["vintage_end"]))
        counted[vintage] = counted.get(vintage, 0) + row["quantity_issued"]
        totals.setdefault(vintage, set()).update(
            () if row["total_vintage_quantity"] is None else (row["total_vintage_quantity"],)
        )
    problems = []
    for vintage, told in sorted(totals.items()):
        name = f"project {vintage[0]}, vintage {vintage[1]} to {vintage[2]}"
        if len(told) > 1:
            problems.append(f"{name}: totals of {' and '.join(str(total) for total in sorted(told))}")
        if told and counted[vintage] > max(told):
            problems.append(f"{name}: {counted[vintage]} credits in blocks, {max(told)} in all")
    description = "The blocks of a vintage hold no more credits than the registry's total for it, which is one number."
    return check_result(
        "issuances", TOTALS_RULE, description, evaluated=len(totals), problems=problems, severity="warning"
    )
