"""Workbooks as people send them, and such as nobody should send."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import xlsxwriter

Fill = Callable[[Any, Any], None]


def workbook(
    fill: Fill, *, sheet: str = "Datos", calculated: bool = True, options: Mapping[str, Any] | None = None
) -> bytes:
    """Return a workbook whose sheet `fill(sheet, book)` writes.

    Args:
        fill: Writes the cells.
        sheet: Name of the sheet.
        calculated: As saved by a program that calculates formulas; XlsxWriter itself only asks Excel to do so.
        options: Options of XlsxWriter.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, **(options or {})})
    fill(book.add_worksheet(sheet), book)
    book.close()
    if not calculated:
        return target.getvalue()
    return edited(target.getvalue(), {"xl/workbook.xml": lambda text: text.replace(' fullCalcOnLoad="1"', "")})


def rows(*lines: tuple[Any, ...]) -> Fill:
    """Return what writes rows from the top; texts that begin with = become formulas, of which no value is stored."""

    def fill(sheet: Any, book: Any) -> None:
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, line)

    return fill


def edited(content: bytes, changes: Mapping[str, Callable[[str], str] | bytes]) -> bytes:
    """Return a workbook with parts changed (by a function of their text) or added (bytes)."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            change = changes.get(name)
            part = before.read(name)
            after.writestr(name, change(part.decode()).encode() if callable(change) else part)
        for name, change in changes.items():
            if isinstance(change, bytes):
                after.writestr(name, change)
    return target.getvalue()


def cell_text(cell: str, inner: str) -> Callable[[str], str]:
    """Return a change of a sheet's XML: what stands in a cell."""
    return lambda text: re.sub(rf'(<c r="{cell}"[^>]*?)(/>|>.*?</c>)', rf"\g<1>>{inner}</c>", text)
