"""The gate: what failed and nobody waived stops the batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from expectations import loss_shapes, sample_estimates, sample_tables, zone_areas
from expectations.suites import load_suite
from mrv.errors import CheckError
from mrv.schemas import DATASETS

Waivers = Mapping[tuple[str, str], tuple[str, str]]
"""(dataset, rule) → (who waives it, why)."""


def gate(results: pa.Table, *, waivers: Waivers) -> pa.Table:
    """Let the results pass, with the waivers written in, unless a critical rule failed that nobody waived.

    A critical rule that could not be checked counts as failed.

    Args:
        results: Rows of `check_results`, of one or several datasets.
        waivers: Who waives which rule, and why. Only a critical rule that did not pass takes a waiver.

    Returns:
        The results with `waived_by` and `waiver_reason` filled.

    Raises:
        CheckError: Critical rules failed without a waiver (all are named), or a waiver lacks a name or a reason.
    """
    for (dataset, rule), (who, why) in waivers.items():
        if not (who.strip() and why.strip()):
            raise CheckError(
                "a waiver needs a name and a reason",
                found=f"by {who!r}, because {why!r}",
                where=f"{dataset}.{rule}",
                remedy="say who waives the rule and why",
            )
    records = results.to_pylist()
    stopping = []
    for record in records:
        if record["severity"] != "critical" or record["outcome"] == "passed":
            continue
        waiver = waivers.get((record["dataset"], record["rule"]))
        if waiver is None:
            stopping.append(record)
        else:
            record["waived_by"], record["waiver_reason"] = waiver
    if stopping:
        raise _error(stopping)
    return DATASETS["check_results"].table(records)


def _error(stopping: list[dict[str, Any]]) -> CheckError:
    return CheckError(
        f"{len(stopping)} critical check(s) failed: the batch is stopped",
        expected="; ".join(f"{_name(record)}: {record['description']}" for record in stopping),
        found="; ".join(
            f"{_name(record)}: {record['outcome'].replace('_', ' ')}, {record['observed'] or 'nothing observed'}"
            for record in stopping
        ),
        where="; ".join(
            f"{_name(record)}: {record['rows_failed']} of {record['rows_evaluated']} rows" for record in stopping
        ),
        remedy="; ".join(f"{_name(record)}: {_remedy(record)}" for record in stopping)
        + "; or waive a rule by name and reason, which the package will print",
    )


def _name(record: Mapping[str, Any]) -> str:
    return f"{record['dataset']}.{record['rule']}"


def _remedy(record: Mapping[str, Any]) -> str:
    rooms = (zone_areas, loss_shapes, sample_tables, sample_estimates)
    remedies: dict[str, str] = {rule: remedy for room in rooms for rule, remedy in room.REMEDIES.items()}
    if record["rule"] in remedies:
        return remedies[record["rule"]]
    rules = load_suite(record["dataset"]).expectations
    return next(rule.meta.remedy for rule in rules if rule.meta.rule == record["rule"])
