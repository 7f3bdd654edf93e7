"""A workbook to bytes: the same content gives the same ones, and the only formulas are ours."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from mrv.package.workbook.book import (
    DBT,
    AsComputed,
    Book,
    Column,
    FromDbt,
    Sheet,
    Table,
    cell_text,
    is_number,
)
from mrv.package.workbook.expressions import Expression

NUMBERS: Mapping[str, str] = {
    "text": "@",
    "whole": "0",
    "count": "#,##0",
    "tonnes": "#,##0.000",
    "area": "#,##0.000000",
    "stock": "#,##0.000000000",
    "share": "0.000000000",
    "number": "General",
    "difference": "0.000000;-0.000000;0",
    "day": "yyyy-mm-dd",
}
WIDE = 24
"""Width of a column above which its texts are wrapped."""
LINE_HEIGHT, MOST_LINES = 12.5, 12
_DBT = {"font_color": "#6B6B6B", "italic": True}
_INPUT = {"font_color": "#1F4E9E"}
_COMPUTED = {"font_color": "#8A4B08", "bg_color": "#FCE9CF"}
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's days have no zone


def to_bytes(book: Book, *, title: str, created: datetime) -> bytes:
    """Write a workbook.

    Args:
        book: Its sheets.
        title: Property of the file.
        created: Property of the file.
    """
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True} | dict.fromkeys(
        ("strings_to_formulas", "strings_to_numbers", "strings_to_urls"), False
    )
    with xlsxwriter.Workbook(stream, options) as file:
        file.set_properties({"title": cell_text(title), "created": created.replace(tzinfo=None)})
        writer = _Writer(file)
        for sheet in book.sheets:
            writer.write(sheet)
        for name, address in sorted(book.names.items()):
            file.define_name(name, f"={address}")
    return stream.getvalue()


class _Writer:
    def __init__(self, file: Any) -> None:
        self._file = file
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def _format(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._file.add_format({"font_name": "Arial", "font_size": 9, **properties})
        return self._formats[key]

    def write(self, sheet: Sheet) -> None:
        page = self._file.add_worksheet(sheet.name)
        page.write_string(0, 0, " · ".join(sheet.title), self._format(bold=True, font_size=13, font_color="#24452C"))
        for at, note in enumerate(sheet.notes, start=1):
            page.write_string(at, 0, " · ".join(note), self._format(italic=True))
        self._print_setup(page, sheet)
        for at, widths in enumerate(self._widths(sheet)):
            page.set_column(at, at, widths)
        for table in sheet.tables:
            self._table(page, table)

    def _print_setup(self, page: Any, sheet: Sheet) -> None:
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.set_footer(f"&L&8{sheet.name}&R&8&P / &N")
        page.hide_gridlines(2)
        if len(sheet.tables) == 1:
            table = sheet.tables[0]
            keys = sum(1 for column in table.columns[:4] if column.look == "text")
            page.freeze_panes(table.body, min(keys, 3) if len(table.columns) > 4 else 0)
            page.repeat_rows(table.first, table.body - 1)

    @staticmethod
    def _widths(sheet: Sheet) -> list[int]:
        widths: list[int] = []
        for table in sheet.tables:
            for at, column in enumerate(table.columns):
                if at == len(widths):
                    widths.append(column.width)
                widths[at] = max(widths[at], column.width)
        return widths

    def _table(self, page: Any, table: Table) -> None:
        head = self._format(bold=True, bg_color="#DCE8D6", text_wrap=True, valign="top")
        legend = self._format(bg_color="#F1F6EE", font_size=8, text_wrap=True, valign="top")
        for at, column in enumerate(table.columns):
            page.write_string(table.first, at, cell_text(column.name), head)
            page.write_string(table.first + 1, at, cell_text(column.en), legend)
            page.write_string(table.first + 2, at, cell_text(column.es), legend)
        longest = max(
            (len(text) / max(item.width, 1) for item in table.columns for text in (item.en, item.es)), default=1
        )
        for at in (1, 2):
            page.set_row(table.first + at, 12 * min(6, int(longest) + 1))
        for number, row in enumerate(table.rows, start=table.body):
            if (lines := _lines(table.columns, row.values)) > 1:
                page.set_row(number, LINE_HEIGHT * lines)
            for at, column in enumerate(table.columns):
                self._cell(
                    page, number, at, row.values.get(column.name), _look(column, row.values), table.sheet, column
                )

    def _cell(self, page: Any, row: int, at: int, value: Any, look: str, sheet: str, column: Column) -> None:
        if value is None:
            return
        style: dict[str, Any] = _DBT if column.name.endswith(DBT) else {}
        if isinstance(value, FromDbt):
            value = value.value
        if isinstance(value, AsComputed):
            value, style = value.value, _COMPUTED
        if isinstance(value, Expression):
            text = value.text.replace(f"{sheet}!", "")
            page.write_formula(row, at, f"={text}", self._format(num_format=NUMBERS[look]), value.value)
        elif isinstance(value, bool):
            page.write_number(row, at, int(value), self._format(num_format="0", **(style or _INPUT)))
        elif is_number(value):
            page.write_number(row, at, float(value), self._format(num_format=NUMBERS[look], **(style or _INPUT)))
        elif isinstance(value, date) and look == "day":
            days = (datetime(value.year, value.month, value.day) - _EPOCH).days  # noqa: DTZ001 - a day has no zone
            page.write_number(row, at, days, self._format(num_format=NUMBERS["day"], **_INPUT))
        else:
            wrap = {"text_wrap": True, "valign": "top"} if column.width > WIDE else {}
            page.write_string(row, at, cell_text(value), self._format(**wrap, **style))


def _lines(columns: Sequence[Column], values: Mapping[str, Any]) -> int:
    """Return how many lines the longest wrapped text of a row takes: no reader makes the row higher by itself."""
    texts = ((column.width, values.get(column.name)) for column in columns if column.width > WIDE)
    return min(
        MOST_LINES,
        max((math.ceil(len(text) / width) for width, text in texts if isinstance(text, str) and text), default=1),
    )


def _look(column: Column, values: Mapping[str, Any]) -> str:
    """Return the number format of a cell: in statements each line has its own."""
    own = values.get("look")
    return str(own) if own is not None and column.look == "tonnes" else column.look
