"""Sheets of Excel workbooks to raw records: header by name, rows by the numbers that the sheet shows."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from mrv.errors import InputError
from mrv.ledger import Artifact
from mrv.project_sources import TableFile
from mrv.schemas import DATASETS
from mrv.sources.contract import Parsed, Request
from mrv.sources.csv_reading import Row, joined_header, require_columns
from mrv.sources.table_rows import RowReader
from mrv.sources.values import FormulaCell, TypedCell
from mrv.sources.xlsx_package import SheetFacts, Workbook, open_workbook

SHEET = "(sheet)"
"""Stands for a column in the repairs where the name of the sheet itself was put right."""
_REACHES_OUT = ("formula_cell", "a value: its formula asks something outside of the workbook")
_UNCALCULATED = ("formula_cell", "a value: nothing says what its formula gives (open the file in Excel and save it)")
_GUESSED = (
    "ambiguous_date",
    "a day that was typed so: the spreadsheet holds some of the column as days, none later than the 12th, and leaves later ones "
    "as text, as it does where it takes days for months; write the column as text",
)
_MONTHS = 12
_SLASHED = re.compile(r"\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]")
_ERROR = ("unreadable_value", "a value but an error of the spreadsheet")


def parse_sheet(table: TableFile, artifact: Artifact, request: Request, *, offset: int = 0) -> Parsed:
    """Read the sheet of a workbook into the landed table that the mapping names.

    Args:
        table: The mapping.
        artifact: The workbook.
        request: What connectors know of the run.
        offset: See `RowReader`.

    Raises:
        InputError: The workbook is refused (see `open_workbook`), has no such sheet, or lacks a mapped column.
    """
    path = request.store.get(artifact.sha256)
    book = open_workbook(path, label=artifact.address)
    name = book.choose(table.sheet)
    reader = RowReader(table, artifact, request.bounds, excel_epoch=book.excel_epoch, offset=offset)
    if table.sheet is not None and table.sheet != name:
        reader.records.repairs.note(artifact.sha256, SHEET, "trimmed_blanks", row=table.skip_rows + 1)
    content = path.read_bytes()
    guessed = _guessed_days(table, Sheet(table, book, name, content))
    for row in Sheet(table, book, name, content).rows():
        for column in guessed:
            cell = row.cells[column]
            if _is_day(cell) and cell[5:7] != cell[8:10]:
                row.cells[column] = FormulaCell(str(cell), None, _GUESSED)
        if not reader.is_repeated(tuple(str(row.cells[column]) for column in table.columns.values())):
            reader.read(row)
    return reader.records.parsed()


def _guessed_days(table: TableFile, sheet: Sheet) -> list[str]:
    """Return the columns of the file in which the spreadsheet may have taken days for months as it was typed.

    A spreadsheet set to the other order makes 4 March of 03/04/2023, and leaves 25/03/2023 as text: days none of which is
    later than the 12th stand beside texts of later days then.
    """
    if table.dates not in ("dmy", "mdy"):
        return []
    schema = DATASETS[table.dataset].schema
    listed = [
        name
        for column, name in table.columns.items()
        if pa.types.is_date(schema.field(column).type) or pa.types.is_timestamp(schema.field(column).type)
    ]
    cells = [row.cells for row in sheet.rows()] if listed else []
    place_of_day = 1 if table.dates == "dmy" else 2
    return [name for name in listed if _looks_guessed([found[name] for found in cells], place_of_day)]


def _looks_guessed(cells: Sequence[Any], place_of_day: int) -> bool:
    days = [cell for cell in cells if _is_day(cell)]
    texts = [_SLASHED.match(cell) for cell in cells if isinstance(cell, str) and not isinstance(cell, TypedCell)]
    left = any(int(text[place_of_day]) > _MONTHS for text in texts if text)
    return bool(days) and left and all(int(cell[8:10]) <= _MONTHS for cell in days)


def _is_day(cell: Any) -> bool:
    return isinstance(cell, TypedCell) and cell.is_day


class Sheet:
    """A sheet of a workbook.

    Args:
        table: The mapping, of which the place of the header and the needed columns are used.
        book: The workbook, which was judged.
        name: Name of the sheet.
        content: Bytes of the file.

    Raises:
        InputError: The sheet has no header, or lacks a column or has it twice.
    """

    def __init__(self, table: TableFile, book: Workbook, name: str, content: bytes) -> None:
        from python_calamine import CalamineError, CalamineWorkbook

        self._facts = book.facts(name)
        self._recalculates = book.recalculates
        label = f"{book.label}, sheet {name!r}"
        try:
            found = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(name)
        except CalamineError as error:
            raise InputError(
                "a workbook cannot be read", found=str(error), where=label, remedy="save it again, or as CSV"
            ) from error
        self._left = 0 if found.start is None else found.start[1]
        self._rows: Iterator[list[Any]] = iter(found.iter_rows())
        first, self._first_row = table.skip_rows, table.skip_rows + table.header_rows
        header = [self._next_cells(at) for at in range(self._first_row)][first:]
        if not any(cell for cells in header for cell in cells):
            raise InputError(
                "a sheet has no header",
                expected=f"the header in row {first + 1}",
                where=label,
                remedy="check skip_rows, header_rows and sheet in project.yaml",
            )
        self.columns = joined_header(_unmerged(header, first, self._facts))
        require_columns(
            self.columns,
            set(table.columns.values()),
            what="a sheet",
            expected=f"in row {first + 1}" + (f" to {self._first_row}" if table.header_rows > 1 else ""),
            quoted=set(table.columns.values()),
            where=f"{label}, header",
        )

    def _next_cells(self, at: int) -> list[Any]:
        """Return the cells of the next row, which is row `at`, in the columns of the sheet from its first."""
        values = next(self._rows, None)
        if values is None:
            return []
        return [None] * self._left + [plain_cell(value) for value in values]

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header, by their numbers in the sheet; empty ones are skipped."""
        for at, values in enumerate(self._rows, start=self._first_row):
            cells = [None] * self._left + [
                self._cell((at, self._left + place), value) for place, value in enumerate(values)
            ]
            if any(cell is not None and str(cell).strip() for cell in cells):
                yield Row(at + 1, dict(zip(self.columns, cells, strict=False)), None)

    def _cell(self, place: tuple[int, int], value: Any) -> Any:
        facts = self._facts
        if place in facts.errors:
            return FormulaCell(facts.errors[place], None, _ERROR)
        if place not in facts.formulas:
            return plain_cell(value)
        formula = f"={facts.formulas[place]}"
        if facts.reaches_out(place):
            return FormulaCell(formula, None, _REACHES_OUT)
        if self._recalculates or place in facts.uncalculated:
            return FormulaCell(formula, None, _UNCALCULATED)
        return FormulaCell(formula, plain_cell(value))


def plain_cell(value: Any) -> Any:
    """Return a cell as text or number; days and times as ISO 8601, which is read in whatever order texts are."""
    if isinstance(value, bool):
        return TypedCell("true" if value else "false", is_day=False)
    if isinstance(value, datetime):
        # Days are stored as fractions, so that 10:05 may come as 10:04:59.9999.
        rounded = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        has_time = (rounded.hour, rounded.minute, rounded.second) != (0, 0, 0)
        return TypedCell((rounded if has_time else rounded.date()).isoformat(), is_day=True)
    if isinstance(value, date):
        return TypedCell(value.isoformat(), is_day=True)
    return None if value == "" else value if isinstance(value, int | float) else str(value)


def _unmerged(header: Sequence[Sequence[Any]], first: int, facts: SheetFacts) -> list[list[str]]:
    """Return the texts of a header in which merged cells are filled from left to right; a name over several rows stands once."""
    width = max(len(cells) for cells in header)
    texts = [[_heading(cells[at]) if at < len(cells) else "" for at in range(width)] for cells in header]
    for top, left, _, right in facts.merges:
        if first <= top < first + len(texts):
            for column in range(left + 1, min(right + 1, width)):
                texts[top - first][column] = texts[top - first][left]
    return texts


def _heading(cell: Any) -> str:
    return "" if cell is None else str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
