"""A spreadsheet as LibreOffice computes it anew: no value that the writer put beside a formula is left to read."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

FORMULA_AND_VALUE = re.compile(rb"(<c [^>]*?)( t=\"[a-z]+\")?([^>]*><f[^>]*>.*?</f>)<v>.*?</v>")
SECONDS = 180
Cells = dict[tuple[str, str], Any]


def formulas(workbook: Path) -> dict[tuple[str, str], str]:
    """Return each formula of the file by sheet and cell."""
    book = openpyxl.load_workbook(workbook)
    return {
        (sheet.title, cell.coordinate): str(cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def values(workbook: Path) -> Cells:
    """Return what stands in each cell that is not empty, by sheet and cell; of formulas the value beside it."""
    book = openpyxl.load_workbook(workbook, data_only=True)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def recalculated(workbooks: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Return workbooks by name as LibreOffice saves them after computing each formula, in one start of it.

    Args:
        workbooks: The files, which stay as they are.
        folder: An empty folder, also of LibreOffice's own profile.
    """
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (folder / "bare").mkdir(parents=True)
    bare = {name: folder / "bare" / f"{at}.xlsx" for at, name in enumerate(workbooks)}
    for name, workbook in workbooks.items():
        _without_values(workbook, bare[name])
        assert not values(bare[name]).keys() & formulas(bare[name]).keys(), "values were left"
    command = [office, "--headless", f"-env:UserInstallation=file://{folder / 'profile'}", "--convert-to", "xlsx"]
    subprocess.run(
        [*command, "--outdir", str(folder / "saved"), *map(str, bare.values())],
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    return {name: folder / "saved" / path.name for name, path in bare.items()}


def _without_values(workbook: Path, target: Path) -> None:
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(target, "w") as bare:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                content = FORMULA_AND_VALUE.sub(rb"\1\3", content)
            bare.writestr(name, content)


def pairs(workbook: Path, computed: Path) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield sheet, cell, computed value and the `<name>_dbt` beside it, of each formula under a header with such a pair."""
    shown, written = values(computed), formulas(workbook)
    book = openpyxl.load_workbook(workbook)
    for sheet in book.worksheets:
        columns: dict[str, str] = {}
        for row in sheet.iter_rows():
            if all(cell.value is None for cell in row):
                columns = {}
            names = {str(cell.value): cell.column_letter for cell in row if isinstance(cell.value, str)}
            found = {at: names[f"{name}_dbt"] for name, at in names.items() if f"{name}_dbt" in names}
            if found:
                columns = found
                continue
            for cell in row:
                if cell.column_letter in columns and (sheet.title, cell.coordinate) in written:
                    place = (sheet.title, cell.coordinate)
                    beside = (sheet.title, f"{columns[cell.column_letter]}{cell.row}")
                    # A line of a statement on the way to others has no value of its own in the tables.
                    if beside in shown:
                        yield *place, shown.get(place), shown[beside]
