"""One landed table through its suite: accepted rows, quarantined rows with their reasons, and a result for every rule."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from expectations.frames import check_frame
from expectations.suites import FOLDER, Suite, load_suite
from expectations.validation import Verdict, validate
from mrv.errors import CheckError
from mrv.privacy import NOT_TOLD, told
from mrv.schemas import DATASETS, Dataset

logger = logging.getLogger(__name__)

_SHORT = 12
_EXAMPLES = 3
# Columns made for the check: their text already names the columns that are wrong.
_FINDINGS = {"_missing": "without", "_not_finite": "not finite:"}
# Keys made for the check, and the column of each that a message shows.
_KEY_PARTS = {"_plot_key": "submission_id", "_census_key": "census_id", "_deployment_key": "deployment_id"}
# A rule on single rows by their origin is one on where they lie.
_PLACE = ("longitude", "latitude", "stratum_id")


@dataclass(frozen=True)
class Outcome:
    """What came of a check.

    Attributes:
        accepted: The rows that go on, in their order, with the schema they came with.
        quarantine: One row per quarantined row and rule (`mrv.schemas`, `quarantine`).
        results: One row per rule (`mrv.schemas`, `check_results`), not yet waived.
    """

    accepted: pa.Table
    quarantine: pa.Table
    results: pa.Table


def check(dataset: str, table: pa.Table, *, parameters: Mapping[str, Any], folder: Path = FOLDER) -> Outcome:
    """Check a landed table by its reviewed suite.

    Rows that fail a rule of severity `error` go to quarantine. Rows that fail a `critical` rule stay with the accepted,
    because the gate stops the whole batch unless somebody waives that rule. A uniqueness rule that keeps the first row is
    decided among the rows that hold all other rules, so that a corrected submission is not lost to a faulty first one.

    Args:
        dataset: Name of the landed table.
        table: Its rows.
        parameters: Values that the suite takes at run time (`load_suite(dataset).parameters`, without `columns`, which the
            runner knows); others are ignored.
        folder: Where the suites lie.

    Raises:
        CheckError: The suite does not hold, a parameter is missing, or the counts do not close.
    """
    suite = load_suite(dataset, folder=folder)
    rules = suite.expectations
    frame = check_frame(dataset, table)
    verdicts = _keep_first(validate(frame, rules, parameters=_values(suite, DATASETS[dataset], parameters)), table)
    rows = _Rows(DATASETS[dataset], table, frame)
    quarantined: set[int] = set()
    records = []
    for verdict in verdicts:
        if verdict.rule.severity == "error":
            quarantined.update(verdict.failing)
            records += [rows.quarantine_record(verdict, at) for at in verdict.failing]
    accepted = table.take(pa.array([at for at in range(table.num_rows) if at not in quarantined], type=pa.int64()))
    if accepted.num_rows + len(quarantined) != table.num_rows:
        raise CheckError(
            f"the counts of {dataset} do not close",
            expected=f"{table.num_rows} rows read",
            found=f"{accepted.num_rows} accepted and {len(quarantined)} quarantined",
        )
    logger.info("%s: %d rows read, %d quarantined", dataset, table.num_rows, len(quarantined))
    return Outcome(
        accepted=accepted,
        quarantine=DATASETS["quarantine"].table(records),
        results=DATASETS["check_results"].table(rows.result_record(verdict) for verdict in verdicts),
    )


def _values(suite: Suite, dataset: Dataset, parameters: Mapping[str, Any]) -> dict[str, Any]:
    given = {**parameters, "columns": list(dataset.schema.names)}
    missing = sorted(suite.parameters - given.keys())
    if missing:
        raise CheckError(
            f"the suite of {suite.dataset} lacks values",
            expected=", ".join(sorted(suite.parameters - {"columns"})),
            found=", ".join(sorted(parameters)) or "none",
            where=f"parameters {', '.join(missing)}",
            remedy="give them to check()",
        )
    return {name: given[name] for name in suite.parameters}


def _keep_first(verdicts: Sequence[Verdict], table: pa.Table) -> list[Verdict]:
    """Spare the first row of each key from the uniqueness rules that keep it."""
    elsewhere = {
        at
        for verdict in verdicts
        if verdict.rule.severity == "error" and not verdict.rule.meta.keep
        for at in verdict.failing
    }
    return [_without_first(verdict, table, elsewhere) if verdict.rule.meta.keep else verdict for verdict in verdicts]


def _without_first(verdict: Verdict, table: pa.Table, elsewhere: set[int]) -> Verdict:
    candidates = [at for at in verdict.failing if at not in elsewhere]
    by_key: dict[tuple[Any, ...], list[int]] = {}
    for at in candidates:
        by_key.setdefault(_cells(table, verdict.rule.columns, at), []).append(at)
    order = [name for name in (*verdict.rule.meta.order_by, "_artifact", "_row") if name in table.schema.names]
    later: list[int] = []
    for same in by_key.values():
        first = min(same, key=lambda at: [(cell is None, cell) for cell in _cells(table, order, at)])
        later += [at for at in same if at != first]
    return replace(
        verdict, failing=tuple(sorted(later)), passed=verdict.passed if verdict.passed is None else not later
    )


def _cells(table: pa.Table, columns: Iterable[str], at: int) -> tuple[Any, ...]:
    return tuple(table[column][at].as_py() for column in columns)


class _Rows:
    """Words about the rows of one table."""

    def __init__(self, dataset: Dataset, table: pa.Table, frame: pd.DataFrame) -> None:
        self._dataset = dataset
        self._table = table
        self._frame = frame

    def quarantine_record(self, verdict: Verdict, at: int) -> dict[str, Any]:
        """Return the row of `quarantine` for a row that fails a rule."""
        row = self._table.slice(at, 1).to_pylist()[0]
        meta = verdict.rule.meta
        return {
            "dataset": self._dataset.name,
            # A row that lost its origin is still quarantined, under the position it was read at.
            "artifact": row.get("_artifact") or "",
            "row": at + 1 if row.get("_row") is None else row["_row"],
            "rule": meta.rule,
            "severity": verdict.rule.severity,
            "reason": f"{self._where(verdict, at)}. {meta.description_en} {meta.remedy}",
            "record": json.dumps(
                {name: _finite(value) for name, value in row.items()},
                ensure_ascii=False,
                default=_text,
                allow_nan=False,
            ),
        }

    def result_record(self, verdict: Verdict) -> dict[str, Any]:
        """Return the row of `check_results` for a rule; what could not be checked counts as critical."""
        outcomes = {True: "passed", False: "failed", None: "could_not_check"}
        return {
            "dataset": self._dataset.name,
            "rule": verdict.rule.meta.rule,
            "severity": verdict.rule.severity if verdict.passed is not None else "critical",
            "description": verdict.rule.meta.description_en,
            "outcome": outcomes[verdict.passed],
            "rows_evaluated": verdict.rows_evaluated,
            "rows_failed": len(verdict.failing),
            "observed": self._observed(verdict),
            "waived_by": None,
            "waiver_reason": None,
        }

    def _observed(self, verdict: Verdict) -> str | None:
        if not verdict.failing:
            private = any(column in self._dataset.private for column in verdict.rule.columns)
            return NOT_TOLD if private and verdict.observed else verdict.observed
        examples = "; ".join(self._where(verdict, at) for at in verdict.failing[:_EXAMPLES])
        more = len(verdict.failing) - _EXAMPLES
        return examples + (f"; and {more} more" if more > 0 else "")

    def _where(self, verdict: Verdict, at: int) -> str:
        """Name the row by artifact, row and key, and show the value that fails."""
        names = [name for name in self._dataset.key if name in self._table.schema.names]
        key = ", ".join(f"{name}={self._told(name, at)}" for name in names)
        shown = [name for name in verdict.rule.columns if name not in names]
        value = ", ".join(self._value(name, at) for name in shown)
        origin = f"row {at + 1}"
        if {"_artifact", "_row"} <= set(self._table.schema.names):
            artifact, row = _cells(self._table, ("_artifact", "_row"), at)
            origin = f"artifact {str(artifact)[:_SHORT]} row {row}"
        return f"{origin} ({key})" + (f": {value}" if value else "")

    def _value(self, name: str, at: int) -> str:
        if name in _FINDINGS:
            return f"{_FINDINGS[name]} {self._frame[name].iloc[at]}"
        if name in _KEY_PARTS:
            return f"{_KEY_PARTS[name]}={self._told(_KEY_PARTS[name], at)}"
        if name == "_origin":
            return ", ".join(self._value(part, at) for part in _PLACE if part in self._table.schema.names)
        return f"{name}={self._told(name, at)}"

    def _told(self, name: str, at: int) -> str:
        return _shown(told(self._dataset.name, name, self._table[name][at].as_py()))


def _shown(value: Any) -> str:
    return "null" if value is None else _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _finite(value: Any) -> Any:
    """Return a value that JSON can hold: NaN and infinity as text."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
