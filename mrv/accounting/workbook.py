"""Workbooks in the four-sheet layout: an empty one with help and drop-downs, and one of a project with its results as formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from mrv.accounting import layout
from mrv.accounting.result_sheets import Results, result_sheets
from mrv.accounting.stock_formulas import Formula
from mrv.accounting.to_four_sheets import Sheets, example_sheets
from mrv.files import replacing

_MADE = datetime(2020, 1, 1)  # noqa: DTZ001 - a workbook holds no time zone; the same file gives the same bytes
HELP = "help"
ROWS_WITH_HELP = 500
MOST_MESSAGE = 250
"""Letters that a spreadsheet shows beside a cell."""
ABOUT = (
    (
        "Fill user_inputs, time_periods, AD_lu_transitions and c_stocks; account and parameters where needed. Names of sheets and "
        "columns stay as they are. Numbers have a decimal point, no unit and no thousands separator; rates are fractions (0.14, "
        "not 14 %). An empty cell is not zero: write 0.",
        "Llene user_inputs, time_periods, AD_lu_transitions y c_stocks; account y parameters si hacen falta. Los nombres de hojas "
        "y columnas no cambian. Los números llevan punto decimal, sin unidad ni separador de miles; las tasas son fracciones "
        "(0.14, no 14 %). Una celda vacía no es cero: escriba 0.",
    ),
    (
        "Distributions: normal (value, se), truncated_normal (shape a lower, b upper limit), beta (shapes a, b; value 0 to 1), "
        "triangular (a lower, b most likely, c upper), lognormal (value, se), fixed (no error).",
        "Distribuciones: normal (valor, ee), truncated_normal (a límite inferior, b superior), beta (formas a, b; valor de 0 a 1), "
        "triangular (a inferior, b más probable, c superior), lognormal (valor, ee), fixed (sin error).",
    ),
)


def write_template(path: Path, *, with_example: bool = False) -> None:
    """Write a workbook of the layout without rows, or with a small made-up example.

    Raises:
        StoreError: It cannot be written.
    """
    sheets = example_sheets() if with_example else {name: [] for name in layout.COLUMNS}
    write_workbook(path, sheets, {})


def write_account(path: Path, sheets: Sheets, precision_limit: Decimal | None = None) -> Results:
    """Write the sheets of a project, with its stocks, factors and emissions as live formulas.

    Args:
        path: The file.
        sheets: Rows of the layout.
        precision_limit: Where imprecise stocks count by a bound; see `mrv.accounting.stock_formulas.stock_formulas`.

    Returns:
        The sheets of results.

    Raises:
        StoreError: It cannot be written.
    """
    results = result_sheets(sheets, precision_limit)
    write_workbook(path, sheets, results)
    return results


def write_workbook(path: Path, sheets: Sheets, results: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write sheets of the layout, sheets of results and the help; the same content gives the same bytes.

    Args:
        path: The file.
        sheets: Sheet of the layout to its rows.
        results: Name of another sheet to its rows; a `Formula` is written live.

    Raises:
        StoreError: It cannot be written.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with replacing(path) as part, xlsxwriter.Workbook(part, options) as book:
        book.set_properties({"title": "accounts", "created": _MADE})
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEE4"})
        need = book.add_format({"bold": True, "bottom": 1, "bg_color": "#CFE2C3"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for name, columns in layout.COLUMNS.items():
            _write_sheet(book.add_worksheet(name), columns, sheets.get(name, ()), head=head, need=need)
        for name, rows in results.items():
            _write_results(book.add_worksheet(name), rows, head)
        _write_help(book.add_worksheet(HELP), head, wrap)


def _write_sheet(
    sheet: Any, columns: Sequence[layout.Column], rows: Sequence[Mapping[str, Any]], *, head: Any, need: Any
) -> None:
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.name, need if column.is_needed else head)
        sheet.set_column(at, at, max(12, len(column.name) + 2))
        sheet.data_validation(1, at, ROWS_WITH_HELP, at, _help(column))
    for number, row in enumerate(rows, start=1):
        for at, column in enumerate(columns):
            _write_cell(sheet, number, at, row.get(column.name))


def _help(column: layout.Column) -> dict[str, Any]:
    message = f"{column.en} / {column.es}"
    shown = message if len(message) <= MOST_MESSAGE else message[: MOST_MESSAGE - 1] + "…"
    texts = {"input_title": column.name[:32], "input_message": shown}
    if column.choices:
        return {"validate": "list", "source": list(column.choices), "error_title": "Word / Palabra", **texts}
    return {"validate": "any", **texts}


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, Formula):
        sheet.write_formula(row, column, value.text, None, float(value.value))
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif isinstance(value, Decimal):
        _write_decimal(sheet, row, column, value)
    elif isinstance(value, date):
        sheet.write_string(row, column, value.isoformat())
    else:
        sheet.write_string(row, column, str(value))


def _write_decimal(sheet: Any, row: int, column: int, value: Decimal) -> None:
    """Write a number; as text where a spreadsheet, which holds 15 digits, would change it."""
    if Decimal(repr(float(value))) == value:
        sheet.write_number(row, column, float(value))
    else:
        sheet.write_string(row, column, format(value, "f"))


def _write_results(sheet: Any, rows: Sequence[Mapping[str, Any]], head: Any) -> None:
    sheet.freeze_panes(1, 0)
    for at, name in enumerate(rows[0] if rows else ()):
        sheet.write_string(0, at, name, head)
        sheet.set_column(at, at, max(12, len(name) + 2))
    for number, row in enumerate(rows, start=1):
        for at, value in enumerate(row.values()):
            _write_cell(sheet, number, at, value)


def _write_help(sheet: Any, head: Any, wrap: Any) -> None:
    for at, (name, width) in enumerate((("sheet", 20), ("column", 20), ("english", 70), ("español", 70))):
        sheet.write_string(0, at, name, head)
        sheet.set_column(at, at, width)
    row = 1
    for en, es in ABOUT:
        sheet.write_string(row, 2, en, wrap)
        sheet.write_string(row, 3, es, wrap)
        row += 1
    for name, columns in layout.COLUMNS.items():
        for column in columns:
            for at, text in enumerate((name, column.name, column.en, column.es)):
                sheet.write_string(row, at, text, wrap)
            row += 1
