"""The formulas of an exported workbook, calculated anew, give the values that stand beside them."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from mrv.accounting.layout import STOCKS, TRANSITIONS, USER_INPUTS
from mrv.accounting.result_sheets import RESULT_EMISSIONS, RESULT_YEARS
from mrv.accounting.stock_formulas import RESULT_STOCKS, stock_formulas
from mrv.accounting.to_four_sheets import Sheets, to_four_sheets
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
        assert re.fullmatch(r"([0-9.e+*/^() -]|SQRT\()+", text), text
        names = {"SQRT": math.sqrt, "__builtins__": {}}
        return float(eval(text.replace("^", "**"), names))  # noqa: S307 - numbers, signs and roots only, as asserted

    def _column(self, text: str) -> list[Any]:
        found = RANGE.fullmatch(text)
        assert found
        return [self.cell(found[1], found[2], row) for row in range(int(found[3]), int(found[4]) + 1)]

    def _sum_if(self, parts: list[str], sheet: str) -> float:
        kept = [True] * len(self._column(parts[0]))
        for column, wanted in zip(parts[1::2], parts[2::2], strict=True):
            value = self.cell(sheet, wanted[0], int(wanted[1:]))
            kept = [keep and cell == value for keep, cell in zip(kept, self._column(column), strict=True)]
        return sum(float(cell) for keep, cell in zip(kept, self._column(parts[0]), strict=True) if keep)


def _shaped(sheets: Sheets) -> None:
    """Give each way in which a stock states its error a row."""
    above = [row for row in sheets[STOCKS] if row["c_element"] == "AGB"]
    above[0].update(c_se=45, c_pdf="normal")
    above[1].update(c_pdf="triangular", c_pdf_a=100, c_pdf_b=195.58, c_pdf_c=290)
    crop = next(row for row in sheets[STOCKS] if row["c_lu_id"] == "Crop")
    crop.update(c_value=5, c_se=2, c_pdf="normal")


@pytest.mark.parametrize("limit", [None, Decimal("0.10"), Decimal("0.90")])
@pytest.mark.parametrize("change", [None, _mixed, _shaped])
def test_every_formula_gives_its_value(tmp_path: Path, change: Any, limit: Decimal | None) -> None:
    [project], _ = read_inputs(written(tmp_path, change), ["fcpf_cf"])
    tables = {name: [dict(row.values) for row in rows] for name, rows in project.tables.items()}
    path = tmp_path / "out.xlsx"
    write_account(path, to_four_sheets(tables, account=project.accounts[0].values), limit)
    book, facts = Book(path), open_workbook(path, label="out.xlsx")
    counted = 0
    for sheet in (RESULT_STOCKS, RESULT_EMISSIONS, RESULT_YEARS):
        for (row, column), formula in facts.facts(sheet).formulas.items():
            stored = book.sheets[sheet][row][column]
            assert book.value(formula, sheet) == pytest.approx(stored, rel=1e-12), (sheet, row, formula)
            counted += 1
    assert counted > 50


def _stock(element: str, state: str, value: float, **more: Any) -> dict[str, Any]:
    return {"stratum_id": "s", "c_lu_id": state, "c_element": element, "c_value": value, **more}


def _bounded(*stocks: dict[str, Any], fraction: float | None = None, fraction_se: float | None = None) -> list[float]:
    sheets: Sheets = {
        USER_INPUTS: [{"c_fraction": fraction, "c_fraction_se": fraction_se}],
        STOCKS: list(stocks),
        TRANSITIONS: [{"redd_activity": "DF", "lu_final_id": "crop"}],
    }
    return [round(float(item.value), 6) for item in stock_formulas(sheets, Decimal("0.10")).values()]


@pytest.mark.parametrize(
    ("stocks", "expected"),
    [
        pytest.param([_stock("AGB", "wood", 100, c_se=6)], [100], id="half-width 9.87 % of the mean: the mean"),
        pytest.param([_stock("AGB", "wood", 100, c_se=10)], [83.551464], id="forest: the lower bound"),
        pytest.param([_stock("ALL", "crop", 20, c_se=5)], [28.224268], id="what deforestation leaves: the upper bound"),
        pytest.param([_stock("ALL", "post_deforestation", 20, c_se=5)], [28.224268], id="named as cleared land"),
        pytest.param([_stock("AGB", "wood", 10, c_se=9)], [0], id="no stock is below zero"),
        pytest.param([_stock("AGB", "wood", 100, c_se=10, c_pdf="fixed")], [100], id="fixed: no error"),
        pytest.param([_stock("AGB", "wood", 100)], [100], id="no interval: the mean"),
        pytest.param([_stock("AGB", "wood", 0, c_se=0)], [0], id="nothing"),
        pytest.param(
            [_stock("AGB", "wood", 100, c_se=10), _stock("RS", "wood", 0.2)], [100.261757], id="a ratio follows"
        ),
        pytest.param(
            [_stock("DG_ratio", "poor", 0.5, c_base_id="wood"), _stock("AGB", "wood", 100, c_se=10)],
            [83.551464, 41.775732],
            id="a share follows",
        ),
        pytest.param(
            [_stock("AGB", "wood", 110, c_se=11, c_unit_own="tCO2e/ha")], [25.06543912], id="in carbon dioxide"
        ),
        pytest.param(
            [_stock("AGB", "wood", 200, c_pdf="triangular", c_pdf_a=100, c_pdf_b=200, c_pdf_c=300)],
            [132.849132],
            id="triangular",
        ),
        pytest.param(
            [_stock("AGB", "wood", 0.5, c_pdf="beta", c_pdf_a=2, c_pdf_b=2)], [0.1322], id="beta, over its mean"
        ),
    ],
)
def test_imprecise_stocks_count_by_their_bound(stocks: list[dict[str, Any]], expected: list[float]) -> None:
    assert _bounded(*stocks) == [pytest.approx(value, abs=1e-6) for value in expected]


def test_the_error_of_the_carbon_fraction_counts() -> None:
    biomass = _stock("AGB", "wood", 200, c_se=10, c_unit_own="t d.m./ha")
    assert _bounded(biomass, fraction=0.5) == [100], "8.2 % is below the limit"
    [bounded] = _bounded(biomass, fraction=0.5, fraction_se=0.025)
    assert bounded == pytest.approx(100 - 1.644853627 * (5**2 + 5**2) ** 0.5, abs=1e-6)
    own = biomass | {"c_fraction_own": 0.5}
    assert _bounded(own, fraction=0.47, fraction_se=0.1) == [100], "a fraction of its own has no error of others"
