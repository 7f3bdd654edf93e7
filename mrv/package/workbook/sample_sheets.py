"""Sheets of the reference sample: its units, what was counted in each stratum, and the areas that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mrv.package.workbook.account import Account, Rows
from mrv.package.workbook.book import Book, Column, Row, Sheet, Table
from mrv.package.workbook.expressions import Expression, added, number, root, square

UNITS, STRATA, PARTS, ESTIMATES = "AD_units", "AD_strata", "AD_parts", "AD_estimates"
CLASSES = ("loss", "gain", "stable_forest", "stable_non_forest")
MOST_UNITS = 20_000
"""Of a larger sample the sheets hold counts and estimates as they were computed: a spreadsheet would take minutes."""
_USABLE = ("single", "agreed", "resolved")
_UM2_PER_HA = Decimal(10) ** 16
_WHOLE_FRAME = "*"
_NOT_LIVE = (
    "Orange: as the estimator computed it; not a formula here (another estimator, strata that cross zones, or too many units).",
    "Naranja: según lo calculó el estimador; aquí no es fórmula (otro estimador, estratos que cruzan zonas o demasiadas unidades).",
)


@dataclass(frozen=True)
class _Unit:
    """A usable unit of the sample; its area in ha."""

    reference_class: str
    loss_year: int | None
    area: float


@dataclass
class _Stratum:
    """A stratum, its row on the sheet and its usable units."""

    row: Row
    zone_id: str | None
    units: list[_Unit]


def sample_sheets(book: Book, account: Account) -> dict[str, Expression]:
    """Add the sheets of all designs of the package; return the estimated loss of all years by zone, where it is a formula.

    The area of a class is the sum over strata of A_h p_h, where p_h is the share of the class in the area of the usable
    units; its variance that of the linearised share (Cochran 1977, 5.1 to 5.3; Olofsson et al. 2014, eq. 9 to 11).
    """
    reference = {(row["design_id"], row["unit_id"]): row for row in account.landed("sample_reference")}
    units = [{**row, **reference.get((row["design_id"], row["unit_id"]), {})} for row in account.landed("sample_units")]
    if len(units) > MOST_UNITS:
        units = []
    strata = account.landed("sample_strata")
    order = {(row["design_id"], row["stratum_id"]): at for at, row in enumerate(strata, start=1)}
    table, groups = _units(book, units, order)
    counted = _strata(book, account, strata, table if units else None, groups)
    return _estimates(book, account, counted, table)


def _units(book: Book, units: Rows, order: Mapping[tuple[str, str], int]) -> tuple[Table, Mapping[int, list[_Unit]]]:
    sheet = book.sheet(
        UNITS,
        ("Reference sample: units and their labels", "Muestra de referencia: unidades y sus etiquetas"),
        [("Areas are geodesic areas of pixels, ha.", "Las superficies son geodésicas, de píxeles, en ha."), _NOT_LIVE],
    )
    table = sheet.table(
        [
            Column("design_id", "Design", "Diseño"),
            Column("unit_id", "Unit", "Unidad"),
            Column("stratum_id", "Stratum", "Estrato", width=22),
            Column("stratum_no", "Number of the stratum, see AD_strata", "Número del estrato, ver AD_strata", "whole"),
            Column("area_ha", "Area of the unit, ha", "Superficie de la unidad, ha", "number", 20),
            Column("area_squared_ha2", "Its square, ha²", "Su cuadrado, ha²", "number", 20),
            Column("outcome", "How its label came about", "Cómo se obtuvo la etiqueta"),
            Column("usable", "1: counts in the estimate", "1: cuenta en la estimación", "whole"),
            Column("reference_class", "Label", "Etiqueta", width=18),
            Column("loss_year", "Year of loss", "Año de la pérdida", "whole"),
        ]
    )
    groups: dict[int, list[_Unit]] = defaultdict(list)
    for unit in units:
        number_of = order[unit["design_id"], unit["stratum_id"]]
        is_usable = unit.get("outcome") in _USABLE
        area = Decimal(unit["area_um2"]) / _UM2_PER_HA
        row = table.add(
            **{name: unit[name] for name in ("design_id", "unit_id", "stratum_id")},
            **{name: unit.get(name) for name in ("outcome", "reference_class", "loss_year")},
            stratum_no=number_of,
            area_ha=area,
            usable=int(is_usable),
        )
        row["area_squared_ha2"] = square(row.cell("area_ha"))
        if is_usable:
            groups[number_of].append(_Unit(unit["reference_class"], unit["loss_year"], float(area)))
    return table, groups


def _strata(
    book: Book, account: Account, strata: Rows, units: Table | None, groups: Mapping[int, list[_Unit]]
) -> dict[str, list[_Stratum]]:
    sheet = book.sheet(
        STRATA,
        ("Reference sample: counts by stratum", "Muestra de referencia: conteos por estrato"),
        [_NOT_LIVE],
    )
    counts = ("usable_count", *(f"{name}_count" for name in CLASSES))
    table = sheet.table(
        [
            Column("design_id", "Design", "Diseño"),
            Column("stratum_no", "Number", "Número", "whole"),
            Column("stratum_id", "Stratum", "Estrato", width=22),
            Column("zone_id", "Zone; empty: crosses zones", "Zona; vacío: cruza zonas"),
            Column("area_ha", "Area of the stratum, ha", "Superficie del estrato, ha", "area", 20),
            Column("pixel_count", "Pixels", "Píxeles", "count"),
            Column("drawn_count", "Units drawn", "Unidades sorteadas", "count"),
            *(
                column
                for name in counts
                for column in (
                    Column(
                        name,
                        "Units: " + name.removesuffix("_count"),
                        "Unidades: " + name.removesuffix("_count"),
                        "count",
                    ),
                    Column(f"{name}_dbt", "The same, dbt", "Lo mismo, dbt", "count"),
                )
            ),
            Column(
                "usable_area_ha", "Area of usable units, ha", "Superficie de unidades utilizables, ha", "number", 20
            ),
            Column("usable_squares_ha2", "Sum of their squares, ha²", "Suma de sus cuadrados, ha²", "number", 20),
        ]
    )
    published = {(row["design_id"], row["stratum_id"]): row for row in account.mart("sample_strata")}
    found: dict[str, list[_Stratum]] = defaultdict(list)
    for at, stratum in enumerate(strata, start=1):
        known = published.get((stratum["design_id"], stratum["stratum_id"]), {})
        row = table.add(
            **{name: stratum[name] for name in ("design_id", "stratum_id", "zone_id", "pixel_count", "drawn_count")},
            stratum_no=at,
            area_ha=Decimal(stratum["area_um2"]) / _UM2_PER_HA,
        )
        own = groups.get(at, [])
        for name in counts:
            chosen = None if name == "usable_count" else name.removesuffix("_count")
            formula = None if units is None else _picked("COUNTIFS", units, row, own, chosen, None, power=0)
            what = f"{name} {stratum['stratum_id']}"
            book.settle(row, name, formula, known.get(name), what=what, sheet=STRATA)
        if units is not None:
            row["usable_area_ha"] = _picked("SUMIFS", units, row, own, None, None, power=1)
            row["usable_squares_ha2"] = _picked("SUMIFS", units, row, own, None, None, power=2)
        found[stratum["design_id"]].append(_Stratum(row, stratum["zone_id"], own))
    return found


def _picked(
    function: str,
    units: Table,
    stratum: Row,
    own: Sequence[_Unit],
    chosen: str | None,
    year: int | None,
    *,
    power: int,
) -> Expression:
    """Return a count (power 0), a sum of areas (1) or of their squares (2) of a stratum's usable units of a class."""
    conditions = [(units.span("stratum_no"), stratum.cell("stratum_no").text), (units.span("usable"), "1")]
    if chosen is not None:
        conditions.append((units.span("reference_class"), f'"{chosen}"'))
    if year is not None:
        conditions.append((units.span("loss_year"), str(year)))
    summed = {0: [], 1: [units.span("area_ha")], 2: [units.span("area_squared_ha2")]}[power]
    parts = [*summed, *(part for condition in conditions for part in condition)]
    picked = [unit for unit in own if chosen in (None, unit.reference_class) and year in (None, unit.loss_year)]
    return Expression(f"{function}({','.join(parts)})", float(sum(unit.area**power for unit in picked)))


def _estimates(
    book: Book, account: Account, counted: Mapping[str, list[_Stratum]], units: Table
) -> dict[str, Expression]:
    found: dict[str, Expression] = {}
    wanted = account.landed("area_estimates")
    corrected = {row["design_id"]: row["finite_population_correction"] for row in account.landed("sample_designs")}
    parts = book.sheet(
        PARTS,
        ("Areas: part of each stratum", "Superficies: parte de cada estrato"),
        [
            (
                "share = area of units of the class / area of usable units; part = area of the stratum x share",
                "proporción = superficie de unidades de la clase / superficie de unidades utilizables; "
                "parte = superficie del estrato x proporción",
            )
        ],
    ).table(_part_columns())
    sheet = book.sheet(
        ESTIMATES,
        ("Areas by the sample", "Superficies según la muestra"),
        [
            (
                "area = sum of the parts; se = root of the sum of variances",
                "superficie = suma de partes; se = raíz de la suma de varianzas",
            ),
            _NOT_LIVE,
        ],
    )
    table = _estimate_table(sheet)
    for estimate in wanted:
        row = table.add(
            **{
                name: estimate[name]
                for name in ("design_id", "zone_id", "reference_class", "loss_year", "estimator", "reason")
            }
        )
        strata = _strata_of(estimate, counted.get(estimate["design_id"], []))
        cells = [
            _part(parts, units, one, estimate, has_correction=corrected.get(estimate["design_id"], False))
            for one in strata
        ]
        area = added([cell.cell("part_ha") for cell in cells]) if cells else None
        error = root(added([cell.cell("variance_ha2") for cell in cells])) if cells else None
        what = f"{estimate['zone_id']} {estimate['reference_class']} {estimate['loss_year'] or 'all years'}"
        book.settle(row, "area_ha", area, estimate["area_ha"], what=f"area_ha {what}", sheet=ESTIMATES)
        book.settle(row, "se_ha", error, estimate["se_ha"], what=f"se_ha {what}", sheet=ESTIMATES)
        is_loss = (estimate["reference_class"], estimate["loss_year"]) == ("loss", None)
        if is_loss and isinstance(row.values["area_ha"], Expression):
            found[estimate["zone_id"]] = row.cell("area_ha")
    return found


def _part_columns() -> list[Column]:
    return [
        Column("zone_id", "Zone; *: whole frame", "Zona; *: todo el marco"),
        Column("reference_class", "Class", "Clase", width=18),
        Column("loss_year", "Year of loss; empty: all", "Año; vacío: todos", "whole"),
        Column("stratum_id", "Stratum", "Estrato", width=22),
        Column(
            "class_area_ha", "Area of units of the class, ha", "Superficie de unidades de la clase, ha", "number", 20
        ),
        Column("class_squares_ha2", "Sum of their squares, ha²", "Suma de sus cuadrados, ha²", "number", 20),
        Column("share", "Share of the class", "Proporción de la clase", "share", 16),
        Column("part_ha", "Part of the area, ha", "Parte de la superficie, ha", "area", 20),
        Column("variance_ha2", "Variance, ha²", "Varianza, ha²", "number", 20),
    ]


def _estimate_table(sheet: Sheet) -> Table:
    return sheet.table(
        [
            Column("design_id", "Design", "Diseño"),
            Column("zone_id", "Zone; *: whole frame", "Zona; *: todo el marco"),
            Column("reference_class", "Class", "Clase", width=18),
            Column("loss_year", "Year of loss; empty: all", "Año; vacío: todos", "whole"),
            Column("estimator", "Estimator", "Estimador"),
            Column("area_ha", "Area, ha", "Superficie, ha", "area", 20),
            Column("area_ha_dbt", "The same, dbt", "Lo mismo, dbt", "area", 20),
            Column("se_ha", "Standard error, ha", "Error estándar, ha", "area", 20),
            Column("se_ha_dbt", "The same, dbt", "Lo mismo, dbt", "area", 20),
            Column("reason", "Reason", "Motivo", width=40),
        ]
    )


def _strata_of(estimate: Mapping[str, Any], strata: Sequence[_Stratum]) -> list[_Stratum]:
    """Return the strata whose parts make up an estimate; none where it is no sum of parts, or nothing was seen."""
    if estimate["estimator"] != "stratified" or estimate["area_ha"] is None:
        return []
    is_whole = estimate["zone_id"] == _WHOLE_FRAME
    if not is_whole and any(one.zone_id is None for one in strata):
        return []
    chosen = [one for one in strata if is_whole or one.zone_id == estimate["zone_id"]]
    return [] if any(len(one.units) < 2 for one in chosen) else chosen


def _part(table: Table, units: Table, stratum: _Stratum, estimate: Mapping[str, Any], *, has_correction: bool) -> Row:
    chosen, year, of = estimate["reference_class"], estimate["loss_year"], stratum.row
    row = table.add(
        zone_id=estimate["zone_id"], reference_class=chosen, loss_year=year, stratum_id=of.values["stratum_id"]
    )
    row["class_area_ha"] = _picked("SUMIFS", units, of, stratum.units, chosen, year, power=1)
    row["class_squares_ha2"] = _picked("SUMIFS", units, of, stratum.units, chosen, year, power=2)
    row["share"] = row.cell("class_area_ha") / of.cell("usable_area_ha")
    row["part_ha"] = of.cell("area_ha") * row.cell("share")
    share, count, squares = row.cell("share"), of.cell("usable_count"), row.cell("class_squares_ha2")
    deviations = squares * square(number(1) - share) + (of.cell("usable_squares_ha2") - squares) * square(share)
    scale = square(of.cell("area_ha") / of.cell("usable_area_ha")) * count / (count - 1)
    left = number(1) - count / of.cell("pixel_count") if has_correction else number(1)
    row["variance_ha2"] = scale * deviations * left
    return row
