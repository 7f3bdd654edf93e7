"""Stocks, emission factors and emissions of a workbook as formulas on its own cells, each with the value that it gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mrv.accounting.layout import TIME_PERIODS, TRANSITIONS
from mrv.accounting.stock_formulas import RESULT_STOCKS, Formula, Sheets, State, cell, stock_formulas

RESULT_EMISSIONS, RESULT_YEARS = "result_emissions", "result_per_year"
Results = dict[str, list[dict[str, Any]]]


def result_sheets(sheets: Sheets, precision_limit: Decimal | None = None) -> Results:
    """Return three sheets: stock by state (tC/ha), emissions by transition, and emissions per year by period type.

    Args:
        sheets: Rows of the four-sheet layout.
        precision_limit: Where imprecise stocks count by a bound; see `stock_formulas`.
    """
    stocks = stock_formulas(sheets, precision_limit)
    lines = [
        {"stratum_id": state[0], "land_use": state[1], "stock_tc_ha": formula} for state, formula in stocks.items()
    ]
    emissions = _emissions(sheets, stocks)
    return {RESULT_STOCKS: lines, RESULT_EMISSIONS: emissions, RESULT_YEARS: _years(emissions)}


def _emissions(sheets: Sheets, stocks: Mapping[State, Formula]) -> list[dict[str, Any]]:
    periods = {row["period_no"]: (number, row) for number, row in enumerate(sheets[TIME_PERIODS], start=1)}
    order = {state: at for at, state in enumerate(stocks, start=2)}
    lines: list[dict[str, Any]] = []
    for number, row in enumerate(sheets[TRANSITIONS], start=1):
        at = len(lines) + 2
        number_of_period, period = periods[row["trans_period"]]
        before, after = ((row["stratum_id"], row[column]) for column in ("lu_initial_id", "lu_final_id"))
        factor = (stocks[before].value - stocks[after].value) * 44 / 12
        span = factor * Decimal(str(row["trans_area"]))
        years = period["year_end"] - period["year_start"] + 1
        start, end = (cell(TIME_PERIODS, column, number_of_period) for column in ("year_start", "year_end"))
        lines.append(
            {
                "trans_id": row["trans_id"],
                "period_type": period["period_type"],
                "scope": row["scope"],
                "area_ha": Formula("=" + cell(TRANSITIONS, "trans_area", number), Decimal(str(row["trans_area"]))),
                "emission_factor_tco2e_ha": Formula(
                    f"=({RESULT_STOCKS}!$C${order[before]}-{RESULT_STOCKS}!$C${order[after]})*44/12", factor
                ),
                "emissions_tco2e": Formula(f"=D{at}*E{at}", span),
                "years": Formula(f"={end}-{start}+1", Decimal(years)),
                "year_start": period["year_start"],
                "year_end": period["year_end"],
                "emissions_tco2e_per_year": Formula(f"=F{at}/G{at}", span / years),
            }
        )
    return lines


def _years(emissions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return emissions per year by period type, scope and span, as sums over the sheet before."""
    groups: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for row in emissions:
        key = (row["period_type"], row["scope"], row["year_start"], row["year_end"])
        groups[key] += row["emissions_tco2e_per_year"].value
    last = len(emissions) + 1
    lines = []
    for at, (key, value) in enumerate(sorted(groups.items()), start=2):
        conditions = ",".join(
            f"{RESULT_EMISSIONS}!${column}$2:${column}${last},{mine}{at}"
            for column, mine in (("B", "A"), ("C", "B"), ("H", "C"), ("I", "D"))
        )
        total = Formula(f"=SUMIFS({RESULT_EMISSIONS}!$J$2:$J${last},{conditions})", value)
        lines.append(
            dict(zip(("period_type", "scope", "year_start", "year_end"), key, strict=True))
            | {"emissions_tco2e_per_year": total}
        )
    return lines
