"""A workbook calculated anew by LibreOffice, cell by cell beside what was written."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

TOLERANCE = 1e-6
_VALUE = re.compile(r"(<c [^>]*>)(<f>[^<]*</f>)<v>[^<]*</v>")


def recalculated(path: Path, folder: Path) -> Path:
    """Return the workbook as LibreOffice writes it, calculated from nothing: no formula keeps its value."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    bare = folder / "bare.xlsx"
    without_values(path, bare)
    profile = f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}"
    out = folder / "out"
    command = [
        office,
        profile,
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(out),
        str(bare),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return out / bare.name


def without_values(path: Path, target: Path) -> None:
    """Copy a workbook without the values of its formulas."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/"):
                content = _VALUE.sub(r"\1\2", content.decode()).encode()
            copy.writestr(name, content)


def formulas(path: Path) -> Mapping[tuple[str, str], str]:
    """Return every formula of a workbook by sheet and cell."""
    book = load_workbook(path)
    return {
        (sheet.title, cell.coordinate): str(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def values(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the values of a workbook by sheet and cell."""
    book = load_workbook(path, data_only=True)
    return {
        sheet.title: {
            cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None
        }
        for sheet in book
    }


def check_recalculation(path: Path, folder: Path) -> int:
    """Assert that every formula, calculated anew, gives what was written, and that all checks are zero.

    Returns:
        Number of formulas.
    """
    again, written = values(recalculated(path, folder)), values(path)
    wrong = [
        (sheet, cell, formula, written[sheet].get(cell), again[sheet].get(cell))
        for (sheet, cell), formula in formulas(path).items()
        if not _same(written[sheet].get(cell), again[sheet].get(cell))
    ]
    assert not wrong, wrong[:5]
    errors = [
        (name, cell)
        for name, cells in again.items()
        for cell, value in cells.items()
        if str(value).startswith(("#", "Err:"))
    ]
    assert not errors, errors[:5]
    count, not_zero = checks(again["checks"])
    assert count > 0
    assert not_zero == 0
    return len(formulas(path))


def checks(cells: Mapping[str, Any]) -> tuple[int, int]:
    """Return the number of checks and of those that are not zero, from the cells of the sheet."""
    (row,) = (
        cell[1:]
        for cell, value in cells.items()
        if cell.startswith("A")
        and value == "total"
        and f"B{cell[1:]}" in cells
        and isinstance(cells[f"B{cell[1:]}"], int | float)
    )
    return int(cells[f"B{row}"]), int(cells[f"C{row}"])


def differences(cells: Mapping[str, Any]) -> Iterator[float]:
    """Yield the numbers of the last column of the checks."""
    yield from (
        float(value) for cell, value in cells.items() if cell.startswith("E") and isinstance(value, int | float)
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= TOLERANCE
    return bool(one == other)
