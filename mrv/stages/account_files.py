"""Files with input tables of accounts to raw tables: CSV and the sheets of workbooks, through the doors that all files pass."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from mrv.accounting.raw import BadCell, RawTable
from mrv.errors import InputError
from mrv.sources.csv_reading import CsvFile
from mrv.sources.xlsx_package import Workbook, open_workbook
from mrv.sources.xlsx_reading import plain_cell

MERGED = BadCell("a part of merged cells", "a value in each cell: merged cells hold only one")
MAX_BYTES = 64 << 20
"""A portfolio of 200 projects and 20 years is some 10 MiB."""


def read_csv(path: Path, *, label: str | None = None) -> RawTable:
    """Read a CSV with a header; rows are numbered as an editor numbers its lines, where none is broken.

    Raises:
        InputError: It is missing, too large, cannot be decoded or breaks the rules of CSV, or a row has another width.
    """
    name = label or str(path)
    _require_file(path, name)
    file = CsvFile(path, label=name, required=())
    if len(file.columns) == 1 and file.columns[0].count(";") > 1:
        raise InputError(
            "a CSV is separated by semicolons",
            expected="columns separated by commas, numbers with a decimal point",
            found=file.columns[0][:80],
            where=f"{name}, header",
            remedy="save it as CSV (comma), or replace the semicolons and the decimal commas",
        )
    rows = []
    for row in file.rows():
        if row.problem:
            raise InputError(
                "a row of a CSV has another width than its header",
                found=row.problem[1],
                where=f"{name}, row {row.number + 1}",
                remedy="mend the row; a comma within a text needs quotes around the text",
            )
        rows.append((row.number + 1, row.cells))
    return RawTable(name, tuple(column.strip() for column in file.columns), rows)


def read_book(path: Path, *, label: str | None = None) -> tuple[Workbook, bytes]:
    """Judge a workbook and return it with its bytes.

    Raises:
        InputError: It is missing, no .xlsx, or holds macros, links or connections.
    """
    name = label or str(path)
    _require_file(path, name)
    return open_workbook(path, label=name), path.read_bytes()


def _require_file(path: Path, label: str) -> None:
    if not path.is_file():
        raise InputError(
            "a file of the accounts is missing", expected=label, where=label, remedy="put it there, or mend its name"
        )
    if path.stat().st_size > MAX_BYTES:
        raise InputError(
            "a file of the accounts is too large",
            expected=f"at most {MAX_BYTES >> 20} MiB",
            found=f"{path.stat().st_size >> 20} MiB",
            where=label,
            remedy="such a file holds something else; give only the input tables",
        )


def read_sheet(book: Workbook, content: bytes, sheet: str) -> RawTable:
    """Read a sheet whose first row is its header; rows are numbered as the sheet shows them.

    Args:
        book: The judged workbook.
        content: Its bytes.
        sheet: Name of the sheet as the workbook writes it.

    Raises:
        InputError: The sheet is damaged or has no header.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    label = f"{book.label}, sheet {sheet.strip()}"
    try:
        found = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(sheet)
    except CalamineError as error:
        raise InputError(
            "a workbook cannot be read", found=str(error), where=label, remedy="save it again as .xlsx"
        ) from error
    cells = _Cells(book, sheet)
    left = 0 if found.start is None else found.start[1]
    lines = [[None] * left + list(values) for values in found.iter_rows()]
    if not lines or not any(str(value).strip() for value in lines[0] if value is not None):
        raise InputError(
            "a sheet has no header", expected="names of columns in row 1", where=label, remedy="put the header in row 1"
        )
    columns = tuple("" if value is None else str(value).strip() for value in lines[0])
    rows = []
    for at, values in enumerate(lines[1:], start=1):
        read = {column: cells.read((at, place), values[place]) for place, column in enumerate(columns) if column}
        stray = any(value not in (None, "") for value, column in zip(values, columns, strict=False) if not column)
        if stray:
            raise InputError(
                "a sheet has values under no header",
                expected="a name above each column",
                where=f"{label}, row {at + 1}",
                remedy="name the column, or empty it",
            )
        if any(value is not None for value in read.values()):
            rows.append((at + 1, read))
    return RawTable(label, columns, rows)


class _Cells:
    """Reads the cells of a sheet by the rules of the house: no formula without its value, no half of merged cells."""

    def __init__(self, book: Workbook, sheet: str) -> None:
        self._facts = book.facts(sheet)
        self._recalculates = book.recalculates
        self._merged = {
            (row, column)
            for top, left, bottom, right in self._facts.merges
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }

    def read(self, place: tuple[int, int], value: Any) -> Any:
        """Return the cell at (row, column) from 0: text, number, `BadCell`, or None."""
        if place in self._merged and place[0] > 0:
            return MERGED
        if place in self._facts.errors:
            return BadCell(self._facts.errors[place], "a value, not an error of the spreadsheet")
        plain = plain_cell(value)
        if place in self._facts.formulas:
            formula = f"={self._facts.formulas[place]}"
            if self._facts.reaches_out(place):
                return BadCell(formula, "a value: the formula asks something outside of the workbook")
            if self._recalculates or place in self._facts.uncalculated:
                return BadCell(formula, "a value: nothing says what the formula gives")
        return None if isinstance(plain, str) and not plain.strip() else plain
