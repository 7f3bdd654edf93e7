"""What is read of a file before it is understood, and what it becomes: rows that know where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mrv.errors import InputError


@dataclass(frozen=True)
class BadCell:
    """A cell that the reader of the file refuses: a formula without a value, an error of the spreadsheet, a merged cell.

    Attributes:
        found: What stands in it.
        expected: What should.
    """

    found: str
    expected: str


@dataclass(frozen=True)
class RawTable:
    """One table of a file.

    Attributes:
        label: How errors call it: the file, and the sheet of a workbook.
        columns: Names of its header.
        rows: Number of each row, as the file shows it, and its cells by column: text, number or `BadCell`.
    """

    label: str
    columns: Sequence[str]
    rows: Sequence[tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True)
class InputRow:
    """One row of a landed table, and where it was read.

    Attributes:
        where: File, sheet and row.
        values: Column of the landed table to its value.
    """

    where: str
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


Tables = Mapping[str, Sequence[InputRow]]
"""Landed table to its rows."""


@dataclass
class Reading:
    """Rows of several tables and every problem that was found in them.

    Attributes:
        tables: Landed table to its rows.
        problems: What must be mended; rows that have one may be missing in `tables`.
        notes: What a reader should know, although nothing is wrong.
    """

    tables: dict[str, list[InputRow]] = field(default_factory=dict)
    problems: list[InputError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Reading) -> None:
        """Take in what was read elsewhere."""
        for name, rows in other.tables.items():
            self.tables.setdefault(name, []).extend(rows)
        self.problems.extend(other.problems)
        self.notes.extend(other.notes)

    def records(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a table without where they stood."""
        return [dict(row.values) for row in self.tables.get(name, ())]
