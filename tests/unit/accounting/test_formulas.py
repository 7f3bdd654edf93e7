"""The formulas of an exported workbook, calculated anew, give the values that stand beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from mrv.accounting.result_sheets import RESULT_EMISSIONS, RESULT_STOCKS, RESULT_YEARS
from mrv.accounting.to_four_sheets import to_four_sheets
from mrv.accounting.workbook import write_account
from mrv.sources.xlsx_package import open_workbook
from mrv.stages.account_sets import read_inputs
from tests.unit.accounting.test_four_sheets import _mixed, written

FOREIGN = re.compile(r"(\w+)!\$([A-Z]+)\$(\d+)")
OWN = re.compile(r"\b([A-Z])(\d+)\b")
RANGE = re.compile(r"(\w+)!\$([A-Z]+)\$(\d+):\$[A-Z]+\$(\d+)")


class Book:
    """Cells of a workbook, by sheet, letters and row."""

    def __init__(self, path: Path) -> None:
        book = CalamineWorkbook.from_path(str(path))
        self.sheets = {name: list(book.get_sheet_by_name(name).iter_rows()) for name in book.sheet_names}

    def cell(self, sheet: str, letters: str, row: int) -> Any:
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        return self.sheets[sheet][row - 1][column - 1]

    def value(self, formula: str, sheet: str) -> float:
        if formula.startswith("SUMIFS("):
            return self._sum_if(formula.removeprefix("SUMIFS(").removesuffix(")").split(","), sheet)
        text = FOREIGN.sub(lambda found: repr(float(self.cell(found[1], found[2], int(found[3])))), formula)
        text = OWN.sub(lambda found: repr(float(self.cell(sheet, found[1], int(found[2])))), text)
        assert re.fullmatch(r"[0-9.e+*/() -]+", text), text
        return float(eval(text))  # noqa: S307 - numbers and signs only, looked at in the line above

    def _column(self, text: str) -> list[Any]:
        found = RANGE.fullmatch(text)
        assert found
        return [self.cell(found[1], found[2], row) for row in range(int(found[3]), int(found[4]) + 1)]

    def _sum_if(self, parts: list[str], sheet: str) -> float:
        kept = [True] * len(self._column(parts[0]))
        for column, wanted in zip(parts[1::2], parts[2::2], strict=True):
            value = self.cell(sheet, wanted[0], int(wanted[1:]))
            kept = [keep and cell == value for keep, cell in zip(kept, self._column(column), strict=True)]
        return sum(cell for keep, cell in zip(kept, self._column(parts[0]), strict=True) if keep)


@pytest.mark.parametrize("change", [None, _mixed])
def test_every_formula_gives_its_value(tmp_path: Path, change: Any) -> None:
    [project], _ = read_inputs(written(tmp_path, change), ["fcpf_cf"])
    tables = {name: [dict(row.values) for row in rows] for name, rows in project.tables.items()}
    path = tmp_path / "out.xlsx"
    write_account(path, to_four_sheets(tables, account=project.accounts[0].values))
    book, facts = Book(path), open_workbook(path, label="out.xlsx")
    counted = 0
    for sheet in (RESULT_STOCKS, RESULT_EMISSIONS, RESULT_YEARS):
        for (row, column), formula in facts.facts(sheet).formulas.items():
            stored = book.sheets[sheet][row][column]
            assert book.value(formula, sheet) == pytest.approx(stored, rel=1e-12), (sheet, row, formula)
            counted += 1
    assert counted > 50
