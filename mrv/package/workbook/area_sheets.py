"""Sheets of the samples of areas: counts by sampling stratum, and the stratified estimate of each zone."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from mrv.package.workbook.account import Account, Rows
from mrv.package.workbook.book import Book, Column, Row, Table
from mrv.package.workbook.expressions import UNKNOWN, Expression, added, number, root, rounded, square

UNITS, SAMPLES, ESTIMATE = "AD_units", "AD_samples", "area_estimate"
Key = tuple[str, str, str, int, int]
"""Scope, zone, stratum, first and last year of a declared sample."""
UM2_PER_M2, UM2_PER_HA = 10**12, 10**16
MOST_CELLS = 200
"""Cells that one formula adds up: a spreadsheet limits the length of a formula."""
_UNITS = (
    Column("design_id", "Design", "Diseño", width=16),
    Column("stratum_id", "Sampling stratum", "Estrato de muestreo", width=24),
    Column("unit_id", "Sample unit", "Unidad de muestra", width=18),
    Column("area_m2", "Area of the unit a, m²", "Área de la unidad a, m²", "area", 16),
    Column("reference_class", "Class by interpretation", "Clase por interpretación", width=20),
    Column("loss", "y: lost its forest (1 yes)", "y: perdió su bosque (1 sí)", "whole"),
)
_COUNTS = (
    Column("design_id", "Design, or source", "Diseño o fuente", width=20),
    Column("zone_id", "Zone", "Zona", width=12),
    Column("stratum_id", "Sampling stratum", "Estrato de muestreo", width=24),
    Column("area_ha", "Area of the stratum A, ha", "Área del estrato A, ha", "stock", 20),
    Column("unit_count", "Usable units n", "Unidades útiles n", "whole"),
    Column("unit_count_dbt", "The same, dbt", "Lo mismo, dbt", "whole"),
    Column("loss_count", "Units that lost forest c", "Unidades con pérdida c", "whole"),
    Column("loss_count_dbt", "The same, dbt", "Lo mismo, dbt", "whole"),
    Column("unit_area_m2", "Σ a, m²", "Σ a, m²", "area", 18),
    Column("loss_area_m2", "Σ a y, m²", "Σ a y, m²", "area", 18),
    Column("loss_share", "p = Σ a y / Σ a (or c / n)", "p = Σ a y / Σ a (o c / n)", "share"),
    Column("loss_ha", "A p, ha", "A p, ha", "stock", 18),
    Column("unit_squares", "Σ a² / ā²", "Σ a² / ā²", "stock", 16),
    Column("loss_squares", "Σ a² y / ā²", "Σ a² y / ā²", "stock", 16),
    Column("variance_ha2", "Variance of A p, ha²", "Varianza de A p, ha²", "stock", 20),
)
_ESTIMATES = (
    Column("design_id", "Design, or source", "Diseño o fuente", width=20),
    Column("zone_id", "Zone", "Zona", width=16),
    Column("years", "Years", "Años", width=24),
    Column("estimate_area_ha", "Estimated loss, ha", "Pérdida estimada, ha", "area", 18),
    Column("estimate_area_ha_dbt", "The same, dbt", "Lo mismo, dbt", "area", 18),
    Column("se_ha", "Standard error, ha", "Error estándar, ha", "area", 18),
    Column("se_ha_dbt", "The same, dbt", "Lo mismo, dbt", "area", 18),
    Column("estimator", "Estimator", "Estimador"),
)
_TAKEN = (
    Column("year", "Year", "Año", "whole", 20),
    Column("zone_id", "Zone", "Zona", width=16),
    Column("note", "", "", width=24),
    Column("ledger_area_ha", "Areas of the sheet project, ha", "Áreas de la hoja project, ha", "area", 18),
    Column("ledger_area_ha_dbt", "The same, dbt", "Lo mismo, dbt", "area", 18),
)


class Areas:
    """The samples and the estimates from them.

    Args:
        book: The workbook; both sheets are added to it.
        account: Whose areas.
    """

    def __init__(self, book: Book, account: Account) -> None:
        self._book, self._account = book, account
        samples = book.sheet(
            SAMPLES,
            ("Samples of activity data", "Muestras de datos de actividad"),
            (
                (
                    "Counts of the sample units by sampling stratum, after interpretation. Units weigh by their area a; ā is their "
                    "mean. Variance = A² / n × (Σ a² y (1 − p)² + (Σ a² − Σ a² y) p²) / ā² / (n − 1).",
                    "Conteos de las unidades de muestra por estrato, después de la interpretación. Las unidades pesan por su área a; "
                    "ā es su media. Varianza = A² / n × (Σ a² y (1 − p)² + (Σ a² − Σ a² y) p²) / ā² / (n − 1).",
                ),
            ),
        )
        estimate = book.sheet(
            ESTIMATE,
            ("Area estimates", "Estimaciones de área"),
            (
                (
                    "Stratified estimator: area = Σ A p, standard error = √Σ variance. The ledger shares it among years and strata as "
                    "the map shows loss: those areas are inputs of the sheet project, and add up to it below.",
                    "Estimador estratificado: área = Σ A p, error estándar = √Σ varianza. El libro de cuentas la reparte entre años "
                    "y estratos según el mapa: esas áreas son entradas de la hoja project, y abajo la suman.",
                ),
            ),
        )
        units = book.sheet(
            UNITS,
            ("Units of the samples", "Unidades de las muestras"),
            (
                (
                    "Usable units alone; places and interpreters stand in the tables.",
                    "Solo unidades útiles; lugares e intérpretes están en las tablas.",
                ),
            ),
        )
        self._units: Table = units.table(_UNITS)
        self._spans = self._write_units()
        self._counts: Table = samples.table(_COUNTS)
        self._sheet = estimate
        sizes = {(row["design_id"], row["stratum_id"]): row["area_um2"] for row in account.landed("sample_strata")}
        designed = [self._design_row(row, sizes) for row in account.mart("sample_strata")]
        declared = self._declared_rows()
        self._estimates: Table = estimate.table(_ESTIMATES)
        for mart in account.mart("activity_data"):
            if mart["activity_class"] == "loss" and mart["year"] is None and mart["design_id"] is not None:
                self._estimate(mart, designed)
        self._declared: dict[Key, Expression] = {key: self._of_declared(key, rows) for key, rows in declared.items()}

    def span_ha(self, row: Mapping[str, Any]) -> Expression:
        """Return the area of a declared sample for the span of years that a row of emissions lies in; not known without one."""
        for (scope, zone, stratum, first, last), area in self._declared.items():
            if (scope, zone, stratum) == (row["scope"], row["zone_id"], row["stratum_id"]) and first <= row[
                "year"
            ] <= last:
                return area
        return UNKNOWN

    def _write_units(self) -> dict[tuple[str, str], Sequence[Row]]:
        """Write the usable units, those of a stratum together, and return them by design and stratum."""
        areas = {(row["design_id"], row["unit_id"]): row["area_um2"] for row in self._account.landed("sample_units")}
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        usable = [row for row in self._account.mart("sample_units") if row["reference_class"] is not None]
        for row in sorted(usable, key=lambda row: (row["design_id"], row["stratum_id"], row["unit_id"])):
            if (area := areas.get((row["design_id"], row["unit_id"]))) is not None:
                given = {name: row[name] for name in ("design_id", "stratum_id", "unit_id", "reference_class")}
                is_lost = 1 if row["reference_class"] == "loss" else 0
                unit = self._units.add(**given, area_m2=area / UM2_PER_M2, loss=is_lost)
                found[row["design_id"], row["stratum_id"]].append(unit)
        return dict(found)

    def _design_row(self, mart: Mapping[str, Any], sizes: Mapping[tuple[str, str], Any]) -> Row:
        key = (mart["design_id"], mart["stratum_id"])
        size = mart["area_ha"] if key not in sizes else sizes[key] / UM2_PER_HA
        row = self._counts.add(design_id=key[0], zone_id=mart["zone_id"], stratum_id=key[1], area_ha=size)
        units = self._spans.get(key, [])
        weights, lost = ([unit.cell(name) for unit in units] for name in ("area_m2", "loss"))
        values = [
            (float(weight.value or 0), float(loss.value or 0)) for weight, loss in zip(weights, lost, strict=True)
        ]
        if not units:
            row["unit_count"], row["loss_count"] = mart["usable_count"], mart["loss_count"]
            return row
        area, loss = (f"{cells[0].text}:{cells[-1].text.split('!')[1]}" for cells in (weights, lost))
        of = f"{mart['design_id']} {mart['stratum_id']}"
        counted = (
            ("unit_count", "usable_count", f"COUNT({area})", float(len(values))),
            ("loss_count", "loss_count", f"SUM({loss})", math.fsum(y for _, y in values)),
        )
        for column, dbt, text, value in counted:
            known = Expression(text, value)
            self._book.settle(row, column, known, mart[dbt], what=f"{column} {of}", sheet=SAMPLES)
        row["unit_area_m2"] = Expression(f"SUM({area})", math.fsum(a for a, _ in values))
        row["loss_area_m2"] = Expression(f"SUMPRODUCT({area},{loss})", math.fsum(a * y for a, y in values))
        row["loss_share"] = row.cell("loss_area_m2") / row.cell("unit_area_m2")
        row["loss_ha"] = row.cell("area_ha") * row.cell("loss_share")
        mean = row.cell("unit_area_m2") / row.cell("unit_count")
        squares = Expression(f"SUMSQ({area})", math.fsum(a * a for a, _ in values))
        lost_squares = Expression(f"SUMPRODUCT({area},{area},{loss})", math.fsum(a * a * y for a, y in values))
        row["unit_squares"], row["loss_squares"] = squares / square(mean), lost_squares / square(mean)
        if len(values) > 1:
            row["variance_ha2"] = _variance(row)
        return row

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
        row["unit_squares"], row["loss_squares"] = row.cell("unit_count"), row.cell("loss_count")
        if item["unit_count"] > 1:
            row["variance_ha2"] = _variance(row)
        return row

    def _estimate(self, mart: Mapping[str, Any], rows: list[Row]) -> None:
        own = [
            row
            for row in rows
            if (row.values["design_id"], row.values["zone_id"]) == (mart["design_id"], mart["zone_id"])
        ]
        corrected = {
            row["design_id"] for row in self._account.mart("sample_designs") if row.get("finite_population_correction")
        }
        is_known = all(row.cell("variance_ha2").value is not None for row in own)
        is_stratified = (
            mart["estimator"] == "stratified" and bool(own) and is_known and mart["design_id"] not in corrected
        )
        area = added([row.cell("loss_ha") for row in own]) if is_stratified else None
        error = root(added([row.cell("variance_ha2") for row in own])) if is_stratified else None
        line = self._estimates.add(
            design_id=mart["design_id"],
            zone_id=mart["zone_id"],
            years=f"{mart['first_year']} - {mart['last_year']}",
            estimator=mart["estimator"],
        )
        for column, formula in (("estimate_area_ha", area), ("se_ha", error)):
            given = None if formula is None else rounded(formula, 6)
            what = f"{column} {mart['design_id']} {mart['zone_id']}"
            self._book.settle(line, column, given, mart[column], what=what, sheet=ESTIMATE)

    def _declared_rows(self) -> dict[Key, list[tuple[Mapping[str, Any], Row]]]:
        found: dict[Key, list[tuple[Mapping[str, Any], Row]]] = defaultdict(list)
        samples: Rows = self._account.landed("account_area_samples")
        for item in samples:
            if item["project_id"] == self._account.project_id:
                key = (item["scope"], item["zone_id"], item["stratum_id"], item["first_year"], item["last_year"])
                row = self._count(item)
                found[key].append((item, row))
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
        table = self._sheet.table(_TAKEN)
        for item, cells in taken:
            if 0 < len(cells) <= MOST_CELLS:
                line = table.add(zone_id=item["zone_id"], year=item["year"])
                what = f"ledger_area_ha {item['zone_id']} {item['year']}"
                name = "ledger_area_ha"
                self._book.settle(line, name, added(cells), item[name], what=what, sheet=ESTIMATE)


def _variance(row: Row) -> Expression:
    """Return the variance of the loss of a stratum, ha², from its counts and squares."""
    share, size, count = row.cell("loss_share"), row.cell("area_ha"), row.cell("unit_count")
    lost, rest = row.cell("loss_squares"), row.cell("unit_squares") - row.cell("loss_squares")
    spread = lost * square(number(1) - share) + rest * square(share)
    return square(size) / count * spread / (count - 1)
