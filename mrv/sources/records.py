"""Typing raw records: text to the types of a landed table, with a reason for each value that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pyarrow as pa

from mrv.privacy import told
from mrv.schemas import DATASETS
from mrv.sources.contract import Parsed
from mrv.sources.days import UnusableValueError
from mrv.sources.values import Reading, convert, day, moment, number, read_cell, truth, whole

ORIGIN = ("_artifact", "_row")

__all__ = [
    "ORIGIN", "Record", "Records", "Repairs", "UnusableValueError", "convert", "day", "merge", "moment", "number",
    "together", "truth", "whole",
]  # fmt: skip


class Repairs:
    """Counts the values that were put right, by file, column and rule.

    Args:
        dataset: Name of the landed table.
    """

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self._found: dict[tuple[str, str, str], list[int]] = {}

    def note(self, artifact: str, column: str, rule: str, *, row: int, values: int = 1) -> None:
        """Count values of a column of a file; `row` is the first record that has one."""
        count, first = self._found.get((artifact, column, rule), (0, row))
        self._found[artifact, column, rule] = [count + values, min(first, row)]

    def rows(self) -> list[dict[str, Any]]:
        """Return them as rows of the table `repairs`, in the order of its key."""
        return [
            {
                "dataset": self.dataset,
                "artifact": artifact,
                "column_name": column,
                "rule": rule,
                "value_count": count,
                "first_row": first,
            }
            for (artifact, column, rule), (count, first) in sorted(self._found.items())
        ]


class Records:
    """Collects the records of one landed table: those that can be typed, and the reasons for those that cannot.

    Args:
        dataset: Name of the landed table.
    """

    def __init__(self, dataset: str) -> None:
        self.dataset = DATASETS[dataset]
        self.rows: list[dict[str, Any]] = []
        self.rejected: list[dict[str, Any]] = []
        self.repairs = Repairs(dataset)
        self.rows_read = 0

    def record(self, raw: Mapping[str, Any], *, artifact: str, row: int, where: str, remedy: str) -> Record:
        """Begin a record; `where` names its file and row for the reader, `remedy` says how to mend a value."""
        self.rows_read += 1
        return Record(self, raw, artifact=artifact, row=row, where=where, remedy=remedy)

    def parsed(self) -> Parsed:
        """Return the table, the rejected records and the count, which must close.

        Raises:
            AssertionError: A record was begun and neither kept nor rejected.
        """
        distinct = {(item["artifact"], item["row"]) for item in self.rejected}
        if len(self.rows) + len(distinct) != self.rows_read:
            raise AssertionError(f"{self.dataset.name}: {self.rows_read} read, {len(self.rows)} + {len(distinct)} kept")
        return Parsed(self.dataset.table(self.rows), self.rejected, self.rows_read, self.repairs.rows())


class Record:
    """One raw record on its way into a landed table."""

    def __init__(
        self, records: Records, raw: Mapping[str, Any], *, artifact: str, row: int, where: str, remedy: str
    ) -> None:
        self.records = records
        self.raw = raw
        self.artifact = artifact
        self.row = row
        self.where = where
        self.remedy = remedy
        self.values: dict[str, Any] = {}
        self.problems: dict[str, list[str]] = {}
        self._repairs: list[tuple[str, str]] = []

    def read(
        self,
        column: str,
        value: Any,
        *,
        missing: Collection[str] = ("",),
        name: str | None = None,
        how: Reading | None = None,
    ) -> Any:
        """Type one value for a landed column, or note why it cannot be; `name` is how the source calls it.

        `how` says how it is to be read where there is more to say than what counts as missing.
        """
        dataset = self.records.dataset
        declared = dataset.schema.field(column)
        try:
            read, rules = read_cell(value, declared.type, how or Reading(missing=missing))
        except UnusableValueError as error:
            shown = told(dataset.name, column, repr(str(value)[:80]))
            self.reject(error.rule, f"{name or column} is {shown}, not {error.expected}")
            return self._set(column, None)
        for rule in rules:
            self.repaired(column, rule)
        if read is None and not declared.nullable:
            self.reject("missing_value", f"{name or column} is missing")
        return self._set(column, read)

    def set(self, column: str, value: Any) -> None:
        """Fill a column with a value that is typed already."""
        self._set(column, value)

    def repaired(self, column: str, rule: str) -> None:
        """Note that a value of a column was put right; it counts if the record is kept, else its raw text stands."""
        self._repairs.append((column, rule))

    def _set(self, column: str, value: Any) -> Any:
        self.values[column] = value
        return value

    def reject(self, rule: str, reason: str) -> None:
        """Note that the record cannot be used."""
        self.problems.setdefault(rule, []).append(reason)

    def done(self) -> None:
        """Hand the record over: to the table if nothing was noted against it, else to the quarantine."""
        records = self.records
        if not self.problems:
            filled = {name: self.values.get(name) for name in records.dataset.schema.names if name not in ORIGIN}
            records.rows.append({**filled, "_artifact": self.artifact, "_row": self.row})
            for column, rule in self._repairs:
                records.repairs.note(self.artifact, column, rule, row=self.row)
            return
        raw = json.dumps({**self.raw, **self._names()}, ensure_ascii=False, sort_keys=True, default=str)
        records.rejected.extend(
            {
                "dataset": records.dataset.name,
                "artifact": self.artifact,
                "row": self.row,
                "rule": rule,
                "severity": "error",
                "reason": f"{self.where}: {'; '.join(reasons)}. Remedy: {self.remedy}",
                "record": raw,
            }
            for rule, reasons in sorted(self.problems.items())
        )

    def _names(self) -> dict[str, str]:
        """Return the landed ids that the record has, so that it can be found by them whatever its source calls them."""
        dataset = self.records.dataset
        ids = [name for name in (*dataset.key, "submission_id") if name in dataset.schema.names]
        return {name: self.values[name] for name in ids if isinstance(self.values.get(name), str)}


def merge(parts: Iterable[tuple[str, Parsed]]) -> dict[str, Parsed]:
    """Put together what several files gave for the same table, in the table's order."""
    grouped: dict[str, list[Parsed]] = {}
    for dataset, parsed in parts:
        grouped.setdefault(dataset, []).append(parsed)
    return {
        dataset: Parsed(
            table=DATASETS[dataset].sort(pa.concat_tables([item.table for item in items])),
            rejected=[row for item in items for row in item.rejected],
            rows_read=sum(item.rows_read for item in items),
            repairs=together(item.repairs for item in items),
        )
        for dataset, items in grouped.items()
    }


def together(parts: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Put repairs together: a file that feeds a table in several parts has one row per column and rule."""
    found: dict[str, Repairs] = {}
    for row in (row for rows in parts for row in rows):
        repairs = found.setdefault(row["dataset"], Repairs(row["dataset"]))
        repairs.note(row["artifact"], row["column_name"], row["rule"], row=row["first_row"], values=row["value_count"])
    return [row for _, repairs in sorted(found.items()) for row in repairs.rows()]
