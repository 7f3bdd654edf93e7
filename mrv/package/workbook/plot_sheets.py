"""Sheets of plots and strata: the mean of the plots, and how well it is known."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from mrv.intervals import student_t
from mrv.package.workbook.account import Account
from mrv.package.workbook.book import Book, Column, Row
from mrv.package.workbook.expressions import Expression, number, root, rounded

PLOTS, STRATA = "plots", "strata"
POOL = "above_ground"


def plot_sheets(book: Book, account: Account) -> Mapping[str, Row]:
    """Add the sheets of plots and strata.

    Returns:
        Stratum to its row with `agb_mg_ha` and `ci90_half_width_mg_ha`.
    """
    used, others = _sorted(account)
    strata = book.sheet(
        STRATA,
        ("Strata: mean above-ground biomass of the plots", "Estratos: media de la biomasa aérea de las parcelas"),
        (
            (
                "Mean and standard deviation over the latest complete census of each plot; half-width = t × SD / √n.",
                "Media y desviación estándar del último censo completo de cada parcela; semiancho = t × DE / √n.",
            ),
        ),
    )
    plots = book.sheet(
        PLOTS,
        ("Plots: dry mass and carbon per hectare", "Parcelas: masa seca y carbono por hectárea"),
        (
            (
                "Used = 1: this census is part of the mean of its stratum on the sheet strata.",
                "Usada = 1: este censo forma parte de la media de su estrato en la hoja strata.",
            ),
        ),
    )
    table = plots.table(
        [
            Column("stratum_id", "Stratum", "Estrato", width=20),
            Column("plot_id", "Plot", "Parcela"),
            Column("census_id", "Census", "Censo"),
            Column("census_date", "Date", "Fecha", "day"),
            Column("pool", "Pool", "Reservorio", width=20),
            Column("dry_mass_mg_ha", "Dry mass, Mg/ha", "Masa seca, Mg/ha", "stock", 16),
            Column("carbon_tc_ha", "Carbon, tC/ha (dbt)", "Carbono, tC/ha (dbt)", "stock", 16),
            Column("complete", "Complete census (1 yes)", "Censo completo (1 sí)", "whole"),
            Column("used", "Used in the mean (1 yes)", "Usada en la media (1 sí)", "whole"),
        ]
    )
    spans: dict[str, tuple[int, list[float]]] = {}
    for row in (*used, *others):
        is_used = row["pool"] == POOL and row in used
        if is_used:
            first, masses = spans.setdefault(row["stratum_id"], (table.end, []))
            masses.append(float(row["dry_mass_mg_ha"]))
        values = {column.name: row[column.name] for column in table.columns if column.name != "used"}
        table.add(**values, used=1 if is_used else 0)
    found: dict[str, Row] = {}
    means = strata.table(_columns())
    for row in account.landed("stratum_biomass"):
        if row["stratum_id"] in spans:
            first, masses = spans[row["stratum_id"]]
            span = f"{table.address('dry_mass_mg_ha', first)}:${table.letter('dry_mass_mg_ha')}${first + len(masses)}"
            found[row["stratum_id"]] = _mean(book, means.add(stratum_id=row["stratum_id"]), row, span, masses)
    return found


def _columns() -> list[Column]:
    return [
        Column("stratum_id", "Stratum", "Estrato", width=20),
        Column("plot_count", "Plots", "Parcelas", "whole"),
        Column("plot_count_dbt", "Plots, dbt", "Parcelas, dbt", "whole"),
        Column("agb_mg_ha", "Mean above-ground biomass, Mg/ha", "Biomasa aérea media, Mg/ha", "stock", 18),
        Column("agb_mg_ha_dbt", "The same, dbt", "Lo mismo, dbt", "stock", 18),
        Column("sd_mg_ha", "Standard deviation, Mg/ha", "Desviación estándar, Mg/ha", "stock", 18),
        Column("t_two_sided_90", "Student's t, two-sided 90 %", "t de Student, bilateral 90 %", "stock"),
        Column("ci90_half_width_mg_ha", "Half-width of the 90 % interval, Mg/ha", "Semiancho 90 %, Mg/ha", "stock", 18),
        Column("ci90_half_width_mg_ha_dbt", "The same, dbt", "Lo mismo, dbt", "stock", 18),
    ]


def _sorted(account: Account) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """Return the censuses that make the means, those of a stratum together, and all others."""
    latest: dict[str, Mapping[str, Any]] = {}
    rows = account.mart("plot_carbon")
    for row in rows:
        if row["pool"] == POOL and row["complete"] and row["dry_mass_mg_ha"] is not None:
            before = latest.get(row["plot_id"])
            if before is None or (row["census_date"] or date.min) > (before["census_date"] or date.min):
                latest[row["plot_id"]] = row
    used = sorted(latest.values(), key=lambda row: (row["stratum_id"], row["plot_id"]))
    return used, [row for row in rows if not any(row is item for item in used)]


def _mean(book: Book, row: Row, dbt: Mapping[str, Any], span: str, masses: Sequence[float]) -> Row:
    count, stratum = len(masses), dbt["stratum_id"]

    def settle(column: str, formula: Expression) -> None:
        book.settle(row, column, formula, dbt[column], what=f"{column} {stratum}", sheet=STRATA)

    settle("plot_count", Expression(f"COUNT({span})", float(count)))
    settle("agb_mg_ha", rounded(Expression(f"AVERAGE({span})", statistics.fmean(masses)), 9))
    if count > 1:
        row["sd_mg_ha"] = Expression(f"STDEV({span})", statistics.stdev(masses))
        row["t_two_sided_90"] = number(round(student_t(confidence=0.90, degrees_of_freedom=count - 1), 12)).value
        half_width = row.cell("t_two_sided_90") * row.cell("sd_mg_ha") / root(row.cell("plot_count"))
        settle("ci90_half_width_mg_ha", rounded(half_width, 9))
    return row
