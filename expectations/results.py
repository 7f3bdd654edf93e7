"""The outcome of a check that is written in Python, as a row of `check_results`."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from mrv.schemas import DATASETS


def check_result(
    dataset: str,
    rule: str,
    description: str,
    *,
    evaluated: int,
    problems: Sequence[str],
    severity: str = "critical",
    failed: int | None = None,
    shown: int | None = 5,
) -> pa.Table:
    """Return one row of `check_results`; the check failed where there is a problem.

    Args:
        dataset: Table that was checked.
        rule: Name of the check.
        description: What holds where it passes.
        evaluated: Rows, or other things, that were looked at.
        problems: What was found, each in a few words.
        severity: What a failure means.
        failed: How many failed, where that is not the number of problems.
        shown: How many problems are told; None: all.
    """
    return DATASETS["check_results"].table(
        [
            {
                "dataset": dataset,
                "rule": rule,
                "severity": severity,
                "description": description,
                "outcome": "failed" if problems else "passed",
                "rows_evaluated": evaluated,
                "rows_failed": len(problems) if failed is None else failed,
                "observed": "; ".join(problems[:shown]) or None,
                "waived_by": None,
                "waiver_reason": None,
            }
        ]
    )
