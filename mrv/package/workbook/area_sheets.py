"""Sheets of the samples of areas: counts by sampling stratum, and the stratified estimate of each zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from mrv.package.workbook.account import Account, Rows
from mrv.package.workbook.book import Book, Column, Row, Table
from mrv.package.workbook.expressions import UNKNOWN, Expression, added, number, root, rounded, square

SAMPLES, ESTIMATE, LINKED = "AD_samples", "area_estimate", "area_years"
Key = tuple[str, str, str, int, int]
"""Scope, zone, stratum, first and last year of a declared sample."""
MOST_CELLS = 200
"""Cells that one formula adds up: a spreadsheet limits the length of a formula."""
_SAMPLED = (
    ("Samples of activity data, as declared", "Muestras de datos de actividad, según lo declarado"),
    (
        (
            "Counts of the sample units by sampling stratum. Variance of A p = A² p (1 − p) / (n − 1).",
            "Conteos de las unidades de muestra por estrato. Varianza de A p = A² p (1 − p) / (n − 1).",
        ),
    ),
)
_ESTIMATED = (
    ("Area estimates from declared samples", "Estimaciones de área de muestras declaradas"),
    (
        (
            "Stratified estimator: area = Σ A p, standard error = √Σ variance; in the span of calendar years that part of it.",
            "Estimador estratificado: área = Σ A p, error estándar = √Σ varianza; en los años calendario, su parte.",
        ),
    ),
)
_LINKED = (
    ("Areas that the ledger takes", "Áreas que toma el libro de cuentas"),
    (
        (
            "The estimate of a zone (AD_estimates) is shared among years and strata as the map shows loss. These are the areas of the "
            "sheet project; all years of the sample together are the estimate.",
            "La estimación de una zona (AD_estimates) se reparte entre años y estratos según la pérdida del mapa. Estas son las áreas "
            "de la hoja project; todos los años de la muestra juntos son la estimación.",
        ),
    ),
)
_COUNTS = (
    Column("design_id", "Source", "Fuente", width=20),
    Column("zone_id", "Zone", "Zona", width=12),
    Column("stratum_id", "Sampling stratum", "Estrato de muestreo", width=24),
    Column("area_ha", "Area of the stratum A, ha", "Área del estrato A, ha", "area", 20),
    Column("unit_count", "Units n", "Unidades n", "whole"),
    Column("loss_count", "Units that lost forest c", "Unidades con pérdida c", "whole"),
    Column("loss_share", "p = c / n", "p = c / n", "share"),
    Column("loss_ha", "A p, ha", "A p, ha", "stock", 18),
    Column("variance_ha2", "Variance of A p, ha²", "Varianza de A p, ha²", "stock", 20),
)
_ESTIMATES = (
    Column("design_id", "Design, or source", "Diseño o fuente", width=20),
    Column("zone_id", "Zone", "Zona", width=16),
    Column("years", "Years", "Años", width=24),
    Column("estimate_area_ha", "Estimated loss, ha", "Pérdida estimada, ha", "area", 18),
    Column("se_ha", "Standard error, ha", "Error estándar, ha", "area", 18),
    Column("estimator", "Estimator", "Estimador"),
)
_TAKEN = (
    Column("year", "Year", "Año", "whole", 20),
    Column("zone_id", "Zone", "Zona", width=16),
    Column("ledger_area_ha", "Areas of the sheet project, ha", "Áreas de la hoja project, ha", "area", 18),
    Column("ledger_area_ha_dbt", "The same, dbt", "Lo mismo, dbt", "area", 18),
)


class Areas:
    """The declared samples, the estimates from them, and how the areas of the ledger add up.

    Args:
        book: The workbook; the sheets are added to it where there is something to write.
        account: Whose areas.
    """

    def __init__(self, book: Book, account: Account) -> None:
        self._book, self._account = book, account
        self._declared: dict[Key, Expression] = {}
        samples = [row for row in account.landed("account_area_samples") if row["project_id"] == account.project_id]
        if samples:
            self._counts: Table = book.sheet(SAMPLES, *_SAMPLED).table(_COUNTS)
            rows = self._declared_rows(samples)
            self._estimates: Table = book.sheet(ESTIMATE, *_ESTIMATED).table(_ESTIMATES)
            self._declared = {key: self._of_declared(key, of) for key, of in rows.items()}

    def span_ha(self, row: Mapping[str, Any]) -> Expression:
        """Return the area of a declared sample for the span of years that a row of emissions lies in; not known without one."""
        for (scope, zone, stratum, first, last), area in self._declared.items():
            if (scope, zone, stratum) == (row["scope"], row["zone_id"], row["stratum_id"]) and first <= row[
                "year"
            ] <= last:
                return area
        return UNKNOWN

    def _count(self, item: Mapping[str, Any]) -> Row:
        """Add a sampling stratum that was declared by its counts: all units weigh the same."""
        row = self._counts.add(
            design_id=item["source"],
            zone_id=item["zone_id"],
            stratum_id=item["sampling_stratum_id"],
            area_ha=item["area_ha"],
            unit_count=item["unit_count"],
            loss_count=item["loss_count"],
        )
        row["loss_share"] = row.cell("loss_count") / row.cell("unit_count")
        row["loss_ha"] = row.cell("area_ha") * row.cell("loss_share")
        if item["unit_count"] > 1:
            share, size = row.cell("loss_share"), row.cell("area_ha")
            row["variance_ha2"] = square(size) * share * (number(1) - share) / (row.cell("unit_count") - 1)
        return row

    def _declared_rows(self, samples: Rows) -> dict[Key, list[tuple[Mapping[str, Any], Row]]]:
        found: dict[Key, list[tuple[Mapping[str, Any], Row]]] = defaultdict(list)
        for item in samples:
            key = (item["scope"], item["zone_id"], item["stratum_id"], item["first_year"], item["last_year"])
            found[key].append((item, self._count(item)))
        return found

    def _of_declared(self, key: Key, rows: list[tuple[Mapping[str, Any], Row]]) -> Expression:
        """Return the loss in the span of calendar years: the estimate is of the time between the images."""
        _, zone, stratum, first, last = key
        line = self._estimates.add(design_id=rows[0][0]["source"], zone_id=zone, years=f"{first} - {last}")
        line["estimator"] = f"stratified, {stratum}"
        between = {item["monitoring_years"] for item, _ in rows}
        if len(between) != 1:
            return UNKNOWN
        parts = [rounded(row.cell("loss_ha"), 9) for _, row in rows]
        years = number(last - first + 1)
        line["estimate_area_ha"] = rounded(added(parts) * years / number(between.pop()), 6)
        error = root(added([row.cell("variance_ha2") for _, row in rows]))
        line["se_ha"] = None if error.value is None else error
        return line.cell("estimate_area_ha")

    def link(self, rows: Sequence[tuple[Mapping[str, Any], Row]]) -> None:
        """Add how the areas of the sheet of monitored emissions make up what the ledger took of each zone and year.

        Args:
            rows: Rows of the mart and of the sheet.
        """
        first: dict[tuple[Any, ...], Expression] = {}
        for mart, row in rows:
            names = ("scope", "zone_id", "stratum_id", "activity", "from_state", "to_state", "year")
            if mart["activity"] == "deforestation" and mart["area_ha"] is not None:
                first.setdefault(tuple(mart[name] for name in names), row.cell("area_ha"))
        taken = [
            (item, [cell for key, cell in first.items() if (key[1], key[-1]) == (item["zone_id"], item["year"])])
            for item in self._account.mart("activity_data")
            if item["activity_class"] == "loss" and item["year"] is not None and item["ledger_area_ha"] is not None
        ]
        if not any(cells for _, cells in taken):
            return
        table = self._book.sheet(LINKED, *_LINKED).table(_TAKEN)
        for item, cells in taken:
            if 0 < len(cells) <= MOST_CELLS:
                line = table.add(zone_id=item["zone_id"], year=item["year"])
                what = f"ledger_area_ha {item['zone_id']} {item['year']}"
                name = "ledger_area_ha"
                self._book.settle(line, name, added(cells), item[name], what=what, sheet=LINKED)
