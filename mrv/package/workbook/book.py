"""Sheets of a workbook: tables with one row per record, statements with one line per quantity, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from mrv.package.workbook.expressions import UNKNOWN, Expression

TOLERANCE = 1e-6
"""How far a formula may be from what the ledger has: doubles hold 15 digits, and so millions of tonnes to a millionth."""
MOST_LETTERS = 32_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
NOT_KNOWN = "not known / no conocido"
DBT = "_dbt"


@dataclass(frozen=True)
class Column:
    """A column of a table; `look` is the name of a number format, see `mrv.package.workbook.styles`."""

    name: str
    en: str
    es: str
    look: str = "text"
    width: int = 14


@dataclass(frozen=True)
class AsComputed:
    """A number that the ledger computed and that is no formula here."""

    value: Any


@dataclass(frozen=True)
class FromDbt:
    """What dbt has, beside the formula that gives the same."""

    value: Any


class Row:
    """A row of a table: cells by column, each with an address before it has a value."""

    def __init__(self, table: Table, at: int) -> None:
        self._table, self._at = table, at
        self.values: dict[str, Any] = {}

    def __setitem__(self, column: str, value: Any) -> None:
        """Set a cell."""
        self.values[column] = value

    def cell(self, column: str) -> Expression:
        """Return the address and the value of a cell that holds a number."""
        value = self.values.get(column)
        if isinstance(value, AsComputed | FromDbt):
            value = value.value
        if isinstance(value, Expression):
            value = value.value
        if value is None or isinstance(value, str):
            return UNKNOWN
        known = float(value)
        return Expression(self._table.address(column, self._at), known)


@dataclass
class Table:
    """Rows below a header of three lines: name, English, Spanish.

    Attributes:
        sheet: Name of its sheet.
        columns: In their order.
        first: Row of the sheet, from 0, at which the header stands.
    """

    sheet: str
    columns: Sequence[Column]
    first: int
    rows: list[Row] = field(default_factory=list)

    @property
    def body(self) -> int:
        """Row of the sheet, from 0, of the first record."""
        return self.first + 3

    @property
    def end(self) -> int:
        """Row of the sheet after the last one."""
        return self.body + len(self.rows)

    def add(self, **values: Any) -> Row:
        """Add a row."""
        row = Row(self, self.body + len(self.rows))
        row.values.update(values)
        self.rows.append(row)
        return row

    def letter(self, column: str) -> str:
        """Return the letters of a column."""
        return letters([item.name for item in self.columns].index(column))

    def address(self, column: str, at: int) -> str:
        """Return the address of a cell by its column and its row of the sheet, from 0."""
        return f"{self.sheet}!${self.letter(column)}${at + 1}"

    def span(self, column: str) -> str:
        """Return the address of all cells of a column."""
        letter = self.letter(column)
        return f"{self.sheet}!${letter}${self.body + 1}:${letter}${max(self.end, self.body + 1)}"


def letters(at: int) -> str:
    """Return the letters of a column by its number from 0."""
    return chr(ord("A") + at) if at < 26 else letters(at // 26 - 1) + chr(ord("A") + at % 26)


@dataclass(frozen=True)
class Check:
    """A formula of the workbook beside what dbt has."""

    sheet: str
    what: str
    own: Expression
    dbt: Expression


@dataclass
class Sheet:
    """A sheet: a title, notes and tables below each other.

    Attributes:
        name: Its name, without spaces.
        title: English and Spanish.
        notes: What a reader should know, English and Spanish.
    """

    name: str
    title: tuple[str, str]
    notes: Sequence[tuple[str, str]] = ()
    tables: list[Table] = field(default_factory=list)
    lines: list[tuple[str, ...]] = field(default_factory=list)

    def table(self, columns: Sequence[Column]) -> Table:
        """Open a table below what there is; the one before must be complete."""
        first = self.tables[-1].end + 1 if self.tables else len(self.notes) + 3
        table = Table(self.name, columns, first)
        self.tables.append(table)
        return table


@dataclass
class Book:
    """The sheets in their order, the checks, and names of cells."""

    sheets: list[Sheet] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def sheet(self, name: str, title: tuple[str, str], notes: Sequence[tuple[str, str]] = ()) -> Sheet:
        """Add a sheet."""
        sheet = Sheet(name, title, notes)
        self.sheets.append(sheet)
        return sheet

    def settle(self, row: Row, column: str, formula: Expression | None, dbt: Any, *, what: str, sheet: str) -> None:
        """Set a cell and the one beside it that says what dbt has, and let them be checked.

        Args:
            row: The row.
            column: The column of the formula; the other one ends in `_dbt`.
            formula: None where the number is no formula here: it is as the ledger computed it.
            dbt: What the ledger has; None: it is not known, and no formula makes it known.
            what: Words for the list of checks.
            sheet: The sheet's name.
        """
        row[column + DBT] = NOT_KNOWN if dbt is None else FromDbt(dbt)
        if dbt is None:
            row[column] = NOT_KNOWN
        elif formula is None or formula.value is None:
            row[column] = AsComputed(dbt)
        else:
            row[column] = formula
            self.checks.append(Check(sheet, what, row.cell(column), row.cell(column + DBT)))


def cell_text(value: Any) -> str:
    """Return a text as a spreadsheet may hold it: no text of the data begins like a formula."""
    text = value.isoformat() if isinstance(value, date) else str(value)
    if text.startswith(DANGEROUS):
        text = "'" + text
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS] + "…"


def is_number(value: Any) -> bool:
    """Tell whether a value is written as a number."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


class Statement:
    """One line per quantity, two columns per vintage: the formula, and what dbt has.

    Args:
        book: The workbook.
        sheet: The sheet, without a table yet.
        years: The vintages.
    """

    def __init__(self, book: Book, sheet: Sheet, years: Sequence[int]) -> None:
        self._book, self._sheet, self._years = book, sheet, years
        cells = [column for year in years for column in _of_vintage(year)]
        self._table = sheet.table(
            [
                Column("line", "Quantity", "Cantidad", width=30),
                Column("en", "What it is", "Qué es (inglés)", width=44),
                Column("es", "What it is (Spanish)", "Qué es", width=44),
                *cells,
                Column("total", "All vintages", "Todas las añadas", "tonnes", 18),
            ]
        )
        self._rows: dict[str, Row] = {}

    def line(
        self,
        name: str,
        words: tuple[str, str],
        values: Mapping[int, Any],
        *,
        dbt: Mapping[int, Any] | None = None,
        look: str = "tonnes",
        has_total: bool = False,
    ) -> None:
        """Add a line.

        Args:
            name: As dbt names it.
            words: English and Spanish.
            values: Vintage to a formula (None: as the ledger computed it), a number, or a text.
            dbt: Vintage to what the ledger has; without it there is nothing to compare.
            look: Number format.
            has_total: Whether the vintages add up.
        """
        row = self._table.add(line=name, en=words[0], es=words[1], look=look)
        self._rows[name] = row
        for year in self._years:
            value = values.get(year)
            if dbt is not None:
                self._book.settle(row, str(year), value, dbt.get(year), what=f"{name} {year}", sheet=self._sheet.name)
            else:
                is_lost = value is None or (isinstance(value, Expression) and value.value is None)
                row[str(year)] = NOT_KNOWN if is_lost else value
        cells = [self.at(name, year) for year in self._years]
        if has_total and all(cell.value is not None for cell in cells):
            total = cells[0]
            for cell in cells[1:]:
                total = total + cell
            row["total"] = total

    def at(self, name: str, year: int) -> Expression:
        """Return a cell; not known where it holds no number."""
        return self._rows[name].cell(str(year))


def _of_vintage(year: int) -> tuple[Column, Column]:
    return (
        Column(str(year), f"Vintage {year}", f"Añada {year}", "tonnes", 18),
        Column(f"{year}{DBT}", f"Vintage {year}, dbt", f"Añada {year}, dbt", "tonnes", 18),
    )
