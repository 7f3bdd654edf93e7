"""Sheets of emission factors, of the baseline and of what was monitored: areas times factors, by the vintage's days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mrv.package.workbook.account import Account
from mrv.package.workbook.area_sheets import Areas
from mrv.package.workbook.book import Book, Column, Row, Table
from mrv.package.workbook.expressions import UNKNOWN, Expression, number, rounded
from mrv.package.workbook.inputs_sheet import Inputs
from mrv.package.workbook.stock_sheets import Stocks

FACTORS, BASELINE, PROJECT = "EF", "baseline", "project"
AT_ONCE = "year_of_loss"
_MEANS = ("reference_average", "crediting_level")
_KEYS = ("scope", "zone_id", "stratum_id", "activity", "from_state", "to_state", "pool")
_FORMULA, _LEDGER = "formula / fórmula", "as computed by the ledger / según el libro"
_FACTOR_COLUMNS = (
    Column("stratum_id", "Stratum", "Estrato", width=20),
    Column("from_state", "State before", "Estado antes", width=20),
    Column("to_state", "State after", "Estado después", width=20),
    Column("pool", "Pool", "Reservorio", width=16),
    Column("from_tc_ha", "Stock before, tC/ha", "Existencia antes, tC/ha", "stock", 16),
    Column("to_tc_ha", "Stock after, tC/ha", "Existencia después, tC/ha", "stock", 16),
    Column("emission_factor_tco2e_ha", "Emission factor, tCO2e/ha", "Factor de emisión, tCO2e/ha", "stock", 18),
    Column("emission_factor_tco2e_ha_dbt", "The same, dbt", "Lo mismo, dbt", "stock", 18),
)
Factor = tuple[str, str, str, str]


_BY_SAMPLE = "sample_estimate"
"""Choice of `activity_data_source` under which areas are those of the sample."""


class Factors:
    """Emission factors by stratum, change and pool.

    Args:
        book: The workbook; the sheet is added to it.
        account: Whose factors.
        inputs: Addresses of the rules.
        stocks: The stocks that they are made of.
    """

    def __init__(self, book: Book, account: Account, inputs: Inputs, stocks: Stocks) -> None:
        self._rows: dict[Factor, Row] = {}
        sheet = book.sheet(
            FACTORS,
            ("Emission factors", "Factores de emisión"),
            (
                (
                    "(stock before − stock after) × molar mass of CO2 / molar mass of carbon, pool by pool, or of whole stocks "
                    "where the rule emission_detail says by_total.",
                    "(existencia antes − existencia después) × masa molar del CO2 / masa molar del carbono, por reservorio, o de "
                    "existencias totales donde la regla emission_detail dice by_total.",
                ),
            ),
        )
        table = sheet.table(_FACTOR_COLUMNS)
        is_whole = account.choice("emission_detail") == "by_total"
        for mart in (*account.own("baseline_emissions"), *account.own("project_emissions")):
            key = factor_key(mart)
            if key in self._rows or mart["method"] != "stock_change" or mart["emission_factor_tco2e_ha"] is None:
                continue
            row = table.add(**dict(zip(("stratum_id", "from_state", "to_state", "pool"), key, strict=True)))
            self._rows[key] = row
            for column, state in (("from_tc_ha", mart["from_state"]), ("to_tc_ha", mart["to_state"])):
                at = (mart["stratum_id"], state)
                stock = stocks.total(at) if is_whole and mart["pool"] == "total" else stocks.used(at, mart["pool"])
                row[column] = None if stock.value is None else stock
            change = row.cell("from_tc_ha") - row.cell("to_tc_ha")
            masses = inputs.constant("co2_molar_mass"), inputs.constant("carbon_molar_mass")
            factor = stocks.in_digits(change * masses[0] / masses[1], "emission_factor_decimals")
            name = "emission_factor_tco2e_ha"
            book.settle(row, name, factor, mart[name], what=" ".join((name, *key)), sheet=FACTORS)

    def of(self, mart: Mapping[str, Any]) -> Expression:
        """Return the factor of a row of emissions; not known where it is no formula."""
        row = self._rows.get(factor_key(mart))
        if row is None or not isinstance(row.values["emission_factor_tco2e_ha"], Expression):
            return UNKNOWN
        return row.cell("emission_factor_tco2e_ha")


def factor_key(mart: Mapping[str, Any]) -> Factor:
    """Return what a factor is of."""
    return (mart["stratum_id"], mart["from_state"], mart["to_state"], mart["pool"])


class Emissions:
    """One side of the account: its rows, and sums of them for the vintages.

    Args:
        book: The workbook; the sheet is added to it.
        account: Whose emissions.
        name: `baseline` or `project`.
        inputs: Addresses of rules and days.
        factors: Emission factors.
        areas: Estimates from declared samples.
        stocks: For the digits to which a rule set rounds.
        sampled: Loss of all years by zone, as the sample of the period estimates it.
    """

    def __init__(
        self,
        book: Book,
        account: Account,
        name: str,
        *,
        inputs: Inputs,
        factors: Factors,
        areas: Areas,
        stocks: Stocks,
        sampled: Mapping[str, Expression],
    ) -> None:
        self._sampled = sampled if name == PROJECT and account.choice("activity_data_source") == _BY_SAMPLE else {}
        self._book, self._account, self._name = book, account, name
        self._inputs, self._factors, self._areas, self._stocks = inputs, factors, areas, stocks
        title = ("Baseline emissions", "Emisiones de línea base")
        if name == PROJECT:
            title = ("Emissions of what was monitored", "Emisiones de lo monitoreado")
        sheet = book.sheet(name, title, _notes(name))
        self._table: Table = sheet.table(_columns(name))
        self.rows: list[tuple[Mapping[str, Any], Row]] = []
        for mart in account.own(f"{name}_emissions"):
            self.rows.append((mart, self._row(mart)))

    def _row(self, mart: Mapping[str, Any]) -> Row:
        given = {name: mart[name] for name in (*_KEYS, "year", "method", "reason")}
        row = self._table.add(**given, baseline_version=mart.get("baseline_version"))
        spoken = " ".join(str(mart[name]) for name in (*_KEYS, "year"))
        row["area_ha"] = self._area(mart, row)
        emitted = self._emitted(mart, row)
        name = "emissions_tco2e"
        self._book.settle(row, name, emitted, mart[name], what=f"{name} {spoken}", sheet=self._name)
        row["basis"] = _FORMULA if isinstance(row.values[name], Expression) else _LEDGER
        days, whole = self._inputs.days(mart["year"], mart["days"], mart["days_in_year"])
        row["days"], row["days_in_year"] = (
            part if part.text.startswith("inputs!") else part.value for part in (days, whole)
        )
        period = row.cell(name) * row.cell("days") / row.cell("days_in_year")
        self._book.settle(
            row, "period_tco2e", period, mart["period_tco2e"], what=f"period_tco2e {spoken}", sheet=self._name
        )
        return row

    def _area(self, mart: Mapping[str, Any], row: Row) -> Any:
        """Return the area of a row: where the sample gives it, its part of the estimate of the zone."""
        estimate, area = self._sampled.get(mart["zone_id"]), mart["area_ha"]
        if mart["activity"] != "deforestation" or not area or estimate is None or not estimate.value:
            return area
        row["share_of_estimate"] = float(area) / estimate.value
        return rounded(estimate * row.cell("share_of_estimate"), 6)

    def _emitted(self, mart: Mapping[str, Any], row: Row) -> Expression | None:
        """Return the formula of a row's emissions in its calendar year; None where it is not of one area at once."""
        factor = self._factors.of(mart)
        decays = mart["activity"] == "deforestation" and self._account.choice("emission_timing") != AT_ONCE
        if mart["method"] != "stock_change" or decays or mart["span_years"] is None or factor.value is None:
            return None
        row["emission_factor_tco2e_ha"] = factor
        factor, digits = row.cell("emission_factor_tco2e_ha"), "emissions_decimals"
        if mart["span_years"] == 1:
            return self._stocks.in_digits(row.cell("area_ha") * factor, digits)
        row["span_years"] = mart["span_years"]
        span = self._span_area(mart)
        if span is None or span.value is None:
            return None
        row["span_area_ha"] = span if "!" in span.text else span.value
        row["area_ha"] = rounded(row.cell("span_area_ha") / row.cell("span_years"), 6)
        whole = self._stocks.in_digits(row.cell("span_area_ha") * factor, digits)
        return self._stocks.in_digits(whole / row.cell("span_years"), digits)

    def _span_area(self, mart: Mapping[str, Any]) -> Expression | None:
        """Return the area of the whole span of years that a row's calendar year is a part of."""
        if (sampled := self._areas.span_ha(mart)).value is not None and self._name == PROJECT:
            return sampled
        version = mart.get("baseline_version")
        of_version = {row["baseline_version"]: row for row in self._account.landed("baseline_versions")}.get(version)
        declared = [
            row
            for row in self._account.landed("account_activity")
            if row["project_id"] == self._account.project_id
            and row["baseline_version"] == version
            and all(row[name] == mart[name] for name in _KEYS if name != "pool")
            and _is_within(row, mart, of_version)
        ]
        years = mart["span_years"]
        if not declared or any(_length(row, of_version) != years for row in declared):
            return None
        return number(sum(row["area_ha"] for row in declared))

    def total(self, scope: str, year: int, activity: str | None = None) -> Expression:
        """Return what the side emits in a vintage, t; not known where a row is not known, or the scope has no row.

        Args:
            scope: Project area or leakage belt.
            year: The vintage.
            activity: Only of this; default: of all.
        """
        own = [(mart, row) for mart, row in self.rows if (mart["scope"], mart["year"]) == (scope, year)]
        if not own or any(mart.get("baseline_version") == "*" for mart, _ in own):
            return UNKNOWN
        cells = [row.cell("period_tco2e").value for mart, row in own if activity in (None, mart["activity"])]
        spans = {name: self._table.span(name) for name in ("period_tco2e", "scope", "year", "activity")}
        text = f'SUMIFS({spans["period_tco2e"]},{spans["scope"]},"{scope}",{spans["year"]},{year}'
        text += f',{spans["activity"]},"{activity}")' if activity else ")"
        known = [cell for cell in cells if cell is not None]
        return Expression(text, sum(known) if len(known) == len(cells) else None)


def _is_within(row: Mapping[str, Any], mart: Mapping[str, Any], version: Mapping[str, Any] | None) -> bool:
    if version is not None and version["mode"] in _MEANS:
        first, last = version["reference_first_year"], version["reference_last_year"]
        return bool(first <= row["first_year"] and row["last_year"] <= last)
    return bool(row["first_year"] <= mart["year"] <= row["last_year"])


def _length(row: Mapping[str, Any], version: Mapping[str, Any] | None) -> int:
    if version is not None and version["mode"] in _MEANS:
        return int(version["reference_last_year"] - version["reference_first_year"] + 1)
    return int(row["last_year"] - row["first_year"] + 1)


def _notes(name: str) -> Sequence[tuple[str, str]]:
    notes = [
        (
            "Emissions of the calendar year = area × emission factor; of the vintage = that × days / days of the year.",
            "Emisiones del año calendario = área × factor de emisión; de la añada = eso × días / días del año.",
        ),
        (
            "Orange cells are as computed by the ledger: decay over years, declared emissions, fire.",
            "Las celdas naranjas son según el libro de cuentas: descomposición en años, emisiones declaradas, fuego.",
        ),
    ]
    if name == BASELINE:
        notes.append(("The approved baseline is frozen.", "La línea base aprobada está congelada."))
    return notes


def _columns(name: str) -> list[Column]:
    version = [Column("baseline_version", "Version of the baseline", "Versión", width=10)] if name == BASELINE else []
    return [
        *version,
        Column("scope", "Scope", "Ámbito", width=14),
        Column("zone_id", "Zone", "Zona", width=12),
        Column("stratum_id", "Stratum", "Estrato", width=16),
        Column("activity", "Activity", "Actividad", width=14),
        Column("from_state", "State before", "Estado antes", width=12),
        Column("to_state", "State after", "Estado después", width=18),
        Column("pool", "Pool", "Reservorio", width=14),
        Column("year", "Year", "Año", "whole", 8),
        Column("method", "Method", "Método", width=13),
        Column("span_area_ha", "Area of a span of years, ha", "Área de un lapso de años, ha", "area"),
        Column("span_years", "Years of the span", "Años del lapso", "whole", 8),
        Column(
            "share_of_estimate",
            "Part of the sample's estimate, by the map",
            "Parte de la estimación, según el mapa",
            "share",
        ),
        Column("area_ha", "Area of the year, ha", "Área del año, ha", "area", 16),
        Column("emission_factor_tco2e_ha", "Emission factor, tCO2e/ha", "Factor de emisión, tCO2e/ha", "stock", 16),
        Column("emissions_tco2e", "Emissions of the year, tCO2e", "Emisiones del año, tCO2e", "tonnes", 16),
        Column("emissions_tco2e_dbt", "The same, dbt", "Lo mismo, dbt", "tonnes", 16),
        Column("days", "Days of the vintage", "Días de la añada", "whole", 8),
        Column("days_in_year", "Days of the year", "Días del año", "whole", 8),
        Column("period_tco2e", "Emissions of the vintage, tCO2e", "Emisiones de la añada, tCO2e", "tonnes", 16),
        Column("period_tco2e_dbt", "The same, dbt", "Lo mismo, dbt", "tonnes", 16),
        Column("basis", "How the emissions are here", "Cómo están aquí", width=22),
        Column("reason", "Why a number is lacking", "Por qué falta un número", width=30),
    ]
