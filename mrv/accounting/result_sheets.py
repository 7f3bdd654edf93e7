"""Stocks, emission factors and emissions of a workbook as formulas on its own cells, each with the value that it gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mrv.accounting import layout
from mrv.accounting.layout import STOCKS, TIME_PERIODS, TRANSITIONS

RESULT_STOCKS, RESULT_EMISSIONS, RESULT_YEARS = "result_stocks", "result_emissions", "result_per_year"
CARBON_FRACTION = Decimal("0.47")
"""Where the file gives none: the platform's parameter."""
Sheets = Mapping[str, Sequence[Mapping[str, Any]]]
Results = dict[str, list[dict[str, Any]]]
State = tuple[Any, Any]


@dataclass(frozen=True)
class Formula:
    """A formula and what it gives."""

    text: str
    value: Decimal


def result_sheets(sheets: Sheets) -> Results:
    """Return three sheets: stock by state (tC/ha), emissions by transition, and emissions per year by period type."""
    stocks, lines = _stocks(sheets)
    emissions = _emissions(sheets, stocks)
    return {RESULT_STOCKS: lines, RESULT_EMISSIONS: emissions, RESULT_YEARS: _years(emissions)}


def _cell(sheet: str, column: str, number: int) -> str:
    names = [item.name for item in layout.COLUMNS[sheet]]
    at = names.index(column)
    letters = chr(ord("A") + at) if at < 26 else "A" + chr(ord("A") + at - 26)
    return f"{sheet}!${letters}${number + 1}"


def _stocks(sheets: Sheets) -> tuple[dict[State, tuple[int, Decimal]], list[dict[str, Any]]]:
    """Return row and stock of each state, and the lines of the sheet."""
    rows: dict[State, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    for number, row in enumerate(sheets[STOCKS], start=1):
        rows[row["stratum_id"], row["c_lu_id"]].append((number, row))
    found: dict[State, tuple[int, Decimal]] = {}
    lines: list[dict[str, Any]] = []
    whole_first = sorted(rows.items(), key=lambda item: any(row["c_element"] == "DG_ratio" for _, row in item[1]))
    for state, parts in whole_first:
        terms = [_term(number, row, parts, sheets, found) for number, row in parts]
        total = sum((value for _, value in terms), Decimal(0))
        found[state] = (len(lines) + 1, total)
        formula = Formula("=" + "+".join(text for text, _ in terms), total)
        lines.append({"stratum_id": state[0], "land_use": state[1], "stock_tc_ha": formula})
    return found, lines


def _term(
    number: int,
    row: Mapping[str, Any],
    parts: Sequence[tuple[int, Mapping[str, Any]]],
    sheets: Sheets,
    found: Mapping[State, tuple[int, Decimal]],
) -> tuple[str, Decimal]:
    value, text = Decimal(str(row["c_value"])), _cell(STOCKS, "c_value", number)
    element, unit = row["c_element"], row.get("c_unit_own")
    if element == "DG_ratio":
        line, base = found[row["stratum_id"], row["c_base_id"]]
        return f"{text}*{RESULT_STOCKS}!$C${line + 1}", value * base
    fraction, fraction_text = _fraction(number, row, sheets)
    if element == "RS" or row.get("c_method_own") == "ratio":
        for other, above in parts:
            if above["c_element"] == "AGB":
                base_text, base = f"{_cell(STOCKS, 'c_value', other)}", Decimal(str(above["c_value"]))
                by_mass = above.get("c_unit_own") == "t d.m./ha"
                per_tc = Decimal(12) / 44 if above.get("c_unit_own") == "tCO2e/ha" else Decimal(1)
                times = f"*{fraction_text}" if by_mass else "*12/44" if per_tc != 1 else ""
                return f"{text}*{base_text}{times}", value * base * (fraction if by_mass else per_tc)
    if unit == "t d.m./ha":
        return f"{text}*{fraction_text}", value * fraction
    if unit == "tCO2e/ha":
        return f"{text}*12/44", value * 12 / 44
    return text, value


def _fraction(number: int, row: Mapping[str, Any], sheets: Sheets) -> tuple[Decimal, str]:
    if row.get("c_fraction_own") is not None:
        return Decimal(str(row["c_fraction_own"])), _cell(STOCKS, "c_fraction_own", number)
    common = sheets[layout.USER_INPUTS][0].get("c_fraction")
    if common is not None:
        return Decimal(str(common)), _cell(layout.USER_INPUTS, "c_fraction", 1)
    return CARBON_FRACTION, str(CARBON_FRACTION)


def _emissions(sheets: Sheets, stocks: Mapping[State, tuple[int, Decimal]]) -> list[dict[str, Any]]:
    periods = {row["period_no"]: (number, row) for number, row in enumerate(sheets[TIME_PERIODS], start=1)}
    lines: list[dict[str, Any]] = []
    for number, row in enumerate(sheets[TRANSITIONS], start=1):
        at = len(lines) + 2
        number_of_period, period = periods[row["trans_period"]]
        (before, from_tc), (after, to_tc) = (
            stocks[row["stratum_id"], row[column]] for column in ("lu_initial_id", "lu_final_id")
        )
        factor = (from_tc - to_tc) * 44 / 12
        span = factor * Decimal(str(row["trans_area"]))
        years = period["year_end"] - period["year_start"] + 1
        start, end = (_cell(TIME_PERIODS, column, number_of_period) for column in ("year_start", "year_end"))
        lines.append(
            {
                "trans_id": row["trans_id"],
                "period_type": period["period_type"],
                "scope": row["scope"],
                "area_ha": Formula("=" + _cell(TRANSITIONS, "trans_area", number), Decimal(str(row["trans_area"]))),
                "emission_factor_tco2e_ha": Formula(
                    f"=({RESULT_STOCKS}!$C${before + 1}-{RESULT_STOCKS}!$C${after + 1})*44/12", factor
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
