"""The sheet of inputs: whose account it is, its vintages, and every rule in force with its document."""

from __future__ import annotations

import re

from mrv.package.workbook.account import Account
from mrv.package.workbook.book import Book, Column, Row, Table
from mrv.package.workbook.expressions import UNKNOWN, Expression, number

NAME = "inputs"
TITLE = ("Inputs: account, vintages and rules in force", "Entradas: cuenta, añadas y reglas vigentes")
NOTES = (
    (
        "Blue cells are inputs: change one and everything that follows from it changes.",
        "Las celdas azules son entradas: al cambiar una cambia todo lo que depende de ella.",
    ),
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Inputs:
    """Addresses of vintages and rules, for the formulas of other sheets.

    Args:
        book: The workbook; the sheet is added to it.
        account: Whose inputs.
    """

    def __init__(self, book: Book, account: Account) -> None:
        self._book, self._account = book, account
        sheet = book.sheet(NAME, TITLE, NOTES)
        facts = sheet.table(
            [
                Column("fact", "Fact", "Dato", width=30),
                Column("value", "Value", "Valor", width=44),
            ]
        )
        contents = account.contents
        for name, value in (
            ("project_id", contents.project.project_id),
            ("project", contents.project.name),
            ("rule_set", account.rule_set),
            ("period_id", contents.period_id),
            ("package_version", str(contents.version)),
            ("simulated", "yes / sí" if contents.project.simulated else "no"),
        ):
            facts.add(fact=name, value=value)
        self._vintages = sheet.table(
            [
                Column("vintage_year", "Vintage", "Añada", "whole", 30),
                Column("vintage_start", "First day", "Primer día", "day", 44),
                Column("vintage_end", "Last day", "Último día", "day", 44),
                Column("days", "Days of the vintage", "Días de la añada", "whole"),
                Column("days_dbt", "The same, dbt", "Lo mismo, dbt", "whole"),
                Column("days_in_year", "Days of the calendar year", "Días del año", "whole"),
            ]
        )
        self._days: dict[int, Row] = {}
        known = account.by_vintage("emission_reductions")
        for vintage in account.vintages:
            row = self._vintages.add(vintage_year=vintage.year, vintage_start=vintage.start, vintage_end=vintage.end)
            at = self._vintages.end - 1
            first, last = (self._vintages.address(name, at) for name in ("vintage_start", "vintage_end"))
            year = self._vintages.address("vintage_year", at)
            days = Expression(f"{last}-{first}+1", float((vintage.end - vintage.start).days + 1))
            book.settle(row, "days", days, known[vintage.year]["days"], what=f"days {vintage.year}", sheet=NAME)
            length = 366 if vintage.year % 4 == 0 and (vintage.year % 100 != 0 or vintage.year % 400 == 0) else 365
            row["days_in_year"] = Expression(f"DATE({year}+1,1,1)-DATE({year},1,1)", float(length))
            self._days[vintage.year] = row
        self._rules(sheet.table(self._columns()))

    def _columns(self) -> list[Column]:
        return [
            Column("parameter", "Parameter", "Parámetro", width=30),
            Column("document", "Standard, document, version", "Norma, documento, versión", width=44),
            Column("section", "Section", "Sección", width=44),
            *(
                Column(str(year), f"In force in {year}", f"Vigente en {year}", "number", 18)
                for year in self._account.years
            ),
            Column("unit", "Unit", "Unidad"),
            Column("parameter_id", "Id of the parameter", "Id del parámetro", width=40),
            Column("status", "Confirmed, unconfirmed or declared", "Confirmado, sin confirmar o declarado"),
        ]

    def _rules(self, table: Table) -> None:
        self._rows: dict[str, Row] = {}
        for name, by_year in self._account.rules.items():
            first = next(iter(by_year.values()))
            known = self._account.documents.get(first.parameter_id)
            row = table.add(parameter=name, parameter_id=first.parameter_id)
            if known is not None:
                row["document"] = ", ".join(part for part in (known.standard, known.document, known.version) if part)
                row["section"], row["unit"], row["status"] = known.section, known.unit, known.status
            for year, rule in by_year.items():
                row[str(year)] = rule.choice if rule.choice is not None else rule.value
            self._rows[name] = row
            is_same = len({(rule.value, rule.choice) for rule in by_year.values()}) == 1 and first.value is not None
            if is_same and _NAME.fullmatch(name):
                year = next(iter(by_year))
                self._book.names[f"p_{name}"] = table.address(str(year), table.end - 1)

    def rule(self, name: str, year: int) -> Expression:
        """Return a parameter of a vintage: by its name where it holds for all."""
        row = self._rows.get(name)
        cell = UNKNOWN if row is None else row.cell(str(year))
        named = f"p_{name}"
        is_shared = set(self._account.rules.get(name, {})) == set(self._account.years) and named in self._book.names
        return Expression(named, cell.value) if is_shared and cell.value is not None else cell

    def choice(self, name: str, year: int) -> str | None:
        """Return a choice of a vintage."""
        return self._account.choice(name, year)

    def constant(self, name: str) -> Expression:
        """Return a parameter that is the same in all vintages; not known where it changes or is not set."""
        values = {self.rule(name, year).value for year in self._account.years}
        return self.rule(name, self._account.years[0]) if len(values) == 1 else UNKNOWN

    def days(self, year: int, days: int, days_in_year: int) -> tuple[Expression, Expression]:
        """Return the days of a row of emissions and of its year: those of the vintage, or a part that a baseline covers."""
        row = self._days.get(year)
        if row is None:
            return number(days), number(days_in_year)
        own, whole = row.cell("days"), row.cell("days_in_year")
        return own if own.value == days else number(days), whole if whole.value == days_in_year else number(
            days_in_year
        )
