"""Rows of a sheet of the four-sheet layout, cell by cell, by the names that the layout gives its columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pyarrow as pa

from mrv.accounting import layout
from mrv.accounting.cells import CellError, read_cell
from mrv.accounting.raw import RawTable, Reading
from mrv.errors import InputError

TEXT, WHOLE, TRUTH, DAY = pa.string(), pa.int64(), pa.bool_(), pa.date32()


def likeness(name: str, known: Collection[str]) -> str | None:
    """Return the known name that another differs from only by capitals, spaces, dots, dashes or underscores."""
    return next((item for item in known if _folded(item) == _folded(name)), None)


def _folded(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


class SheetRows:
    """Rows of one sheet whose cells are read by type; what cannot be read is told, and its row left out.

    Args:
        raw: The sheet.
        name: Its name in the layout.
        reading: Where problems are told.
    """

    def __init__(self, raw: RawTable, name: str, reading: Reading) -> None:
        self._reading = reading
        self._raw = raw
        known = {column.name for column in layout.COLUMNS[name]}
        renamed = [layout.OLDER_COLUMNS.get(column, column) for column in raw.columns]
        self.is_usable = True
        for column in layout.COLUMNS[name]:
            count = renamed.count(column.name)
            if count > 1 or (column.is_needed and not count):
                self._tell(f"a sheet {'has' if count else 'lacks'} the column {column.name}", column.name, count)
        unread = [column for column in renamed if column and column not in known]
        for stray in unread:
            if meant := likeness(stray, known):
                self._tell(f"a sheet has the column {stray}, which is perhaps {meant}", meant, 0)
        if unread:
            reading.notes.append(f"{raw.label}: columns that are not read: {', '.join(unread)}")

    def _tell(self, message: str, column: str, count: int) -> None:
        self.is_usable = False
        self._reading.problems.append(
            InputError(
                message + (f" {count} times" if count else ""),
                expected=f"one column {column}",
                found=", ".join(column for column in self._raw.columns if column) or "nothing",
                where=f"{self._raw.label}, header",
                remedy="name it so in row 1; `mrv account template` writes an empty file of the layout",
            )
        )

    def rows(self) -> Iterator[Cells]:
        """Yield the rows of a usable sheet."""
        if self.is_usable:
            for number, cells in self._raw.rows:
                renamed = {layout.OLDER_COLUMNS.get(column, column): cell for column, cell in cells.items()}
                yield Cells(renamed, f"{self._raw.label}, row {number}", self._reading)


class Cells:
    """The cells of one row.

    Args:
        cells: Column to its cell.
        where: File, sheet and row.
        reading: Where problems are told.
    """

    def __init__(self, cells: Mapping[str, Any], where: str, reading: Reading) -> None:
        self._cells = cells
        self._reading = reading
        self.where = where
        self.is_sound = True

    def get(self, column: str, kind: pa.DataType) -> Any:
        """Return a cell, None where it is empty or cannot be read."""
        try:
            return read_cell(self._cells.get(column), kind)
        except CellError as error:
            self.refuse(column, f"{column} cannot be read", error.expected, error.remedy)
            return None

    def need(self, column: str, kind: pa.DataType) -> Any:
        """Return a cell that must not be empty."""
        value = self.get(column, kind)
        if value is None and self.is_sound:
            self.refuse(column, f"{column} is empty", "a value: null is not zero", "fill it")
        return value

    def choose(self, column: str, words: Mapping[str, str]) -> str | None:
        """Return what a word of the layout stands for."""
        word = self.need(column, TEXT)
        if word is not None and word not in words:
            self.refuse(column, f"unknown {column}", "one of " + ", ".join(words), "use one of these words")
            return None
        return words[word] if word is not None else None

    def note(self, text: str) -> None:
        """Tell something about the row that is no problem."""
        self._reading.notes.append(f"{self.where}: {text}")

    def refuse(self, column: str, message: str, expected: str, remedy: str) -> None:
        """Tell a problem of a cell; the row is not used."""
        self.is_sound = False
        cell = self._cells.get(column)
        self._reading.problems.append(
            InputError(
                message,
                expected=expected,
                found="nothing" if cell is None else str(getattr(cell, "found", cell))[:80],
                where=f"{self.where}, {column}",
                remedy=remedy,
            )
        )
