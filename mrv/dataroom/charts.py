"""The charts of a package's pages: drawn by the code that draws the report's, from the package's marts; each with its table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from mrv.package import wording
from mrv.package.activity import activity
from mrv.package.biodiversity import biodiversity
from mrv.package.charts import Series, bars
from mrv.package.deforestation import deforestation_chart
from mrv.package.figures import total
from mrv.package.people import people
from mrv.package.reduction_errors import intervals_of
from mrv.package.reductions import reductions
from mrv.package.wording import Text

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows; none where it is missing."""

SIDES = (("project_area", "fill-project"), ("leakage_belt", "fill-belt"))
"""Kind of a zone with the style of its bars."""
LEDGER = (
    ("baseline", "baseline_tco2e", Text("Baseline", "Línea base")),
    ("project", "project_tco2e", Text("Project", "Proyecto")),
    ("leakage", "leakage_tco2e", Text("Leakage", "Fugas")),
    ("net", "net_tco2e", Text("Net reduction", "Reducción neta")),
    ("deduction", "deduction_tco2e", Text("Deduction for uncertainty", "Deducción por incertidumbre")),
    ("buffer", "buffer_tco2e", Text("Buffer", "Reserva")),
)
"""Name in the figure's id, column of the ledger, and what it is called."""


@dataclass(frozen=True)
class Column:
    """A column of numbers of a chart's table."""

    name: Text
    unit: str
    digits: int = 0


@dataclass(frozen=True)
class Cell:
    """A number of a chart's table.

    Attributes:
        figure_id: Null where no published figure is this very number.
        interval: Low and high end of its 90 per cent interval.
        unit: Its own unit, where the column has several.
        digits: Its own number of decimals then.
    """

    value: Decimal | int | None
    figure_id: str | None = None
    interval: tuple[Decimal, Decimal] | None = None
    unit: Text | None = None
    digits: int | None = None


@dataclass(frozen=True)
class Chart:
    """A chart with the table of what it draws.

    Attributes:
        key: Short name; part of addresses and of file names.
        drawing: SVG, in both languages; null where there is nothing to draw.
        first: What the rows are.
        rows: What each row is called, and its cells, one a column.
        note: What one has to know of it.
    """

    key: str
    title: Text
    drawing: Markup | None
    first: Text
    columns: Sequence[Column]
    rows: Sequence[tuple[Text | str, Sequence[Cell]]]
    note: Text | None = None


def charts(read: Read, start: date, end: date, figure_ids: Collection[str]) -> list[Chart]:
    """Return the charts of a package that have anything to show.

    Args:
        read: Reads a mart.
        start: First day of the monitoring period.
        end: Last day.
        figure_ids: Ids of the package's figures, to which the tables lead.
    """
    made = [
        _years(
            "cover", read("forest_cover_annual"), "forest", figure_ids, _cover(read("forest_cover_annual"), start, end)
        ),
        _years(
            "loss",
            read("deforestation_annual"),
            "defor",
            figure_ids,
            deforestation_chart(read("deforestation_annual"), start, end),
        ),
        *_estimates(read, figure_ids),
        *_ledger(read, figure_ids),
        *_indicators(read),
    ]
    return [chart for chart in made if chart.drawing is not None or chart.rows]


_TITLES = {
    "cover": Text("Forest at the end of each year", "Bosque al final de cada año"),
    "loss": Text("Deforestation per year", "Deforestación por año"),
}
_DIGITS = {"FTE": 2, "ha": 1}
_YEAR = Text("Year", "Año")
_INTERVALS = Text("Intervals of 90 per cent.", "Intervalos del 90 por ciento.")
_KINDS = [kind for kind, _ in SIDES]
_VINTAGE = Text("Vintage", "Añada")
_BY_MAP = Text(
    "By the map, whole calendar years; years of the monitoring period are tinted.",
    "Según el mapa, años calendario completos; los años del período de monitoreo están sombreados.",
)


def _cover(rows: Sequence[Row], start: date, end: date) -> Markup | None:
    years = sorted({row["year"] for row in rows if row["kind"] in _KINDS})
    return bars(
        title=_TITLES["cover"],
        unit="ha",
        groups=[str(year) for year in years],
        series=[
            Series(wording.kind_name(kind), style, [_sum(rows, kind, year) for year in years])
            for kind, style in SIDES
            if any(row["kind"] == kind for row in rows)
        ],
        bands=[start.year <= year <= end.year for year in years],
    )


def _sum(rows: Sequence[Row], kind: str, year: int) -> Decimal | None:
    value: Decimal | None = total([row["area_ha"] for row in rows if (row["kind"], row["year"]) == (kind, year)])
    return value


def _years(key: str, rows: Sequence[Row], prefix: str, figure_ids: Collection[str], drawing: Markup | None) -> Chart:
    kinds = [kind for kind, _ in SIDES if any(row["kind"] == kind for row in rows)]
    zones = {kind: sorted({row["zone_id"] for row in rows if row["kind"] == kind}) for kind in kinds}
    years = sorted({row["year"] for row in rows if row["kind"] in kinds})

    def cell(kind: str, year: int) -> Cell:
        # A sum over several zones is no published figure.
        found = f"{prefix}.{zones[kind][0]}.{year}" if len(zones[kind]) == 1 else None
        return Cell(_sum(rows, kind, year), found if found in figure_ids else None)

    return Chart(
        key,
        _TITLES[key],
        drawing,
        _YEAR,
        [Column(wording.kind_name(kind), "ha", 1) for kind in kinds],
        [(str(year), [cell(kind, year) for kind in kinds]) for year in years],
        _BY_MAP,
    )


def _estimates(read: Read, figure_ids: Collection[str]) -> list[Chart]:
    columns = [
        Column(Text("By the map", "Según el mapa"), "ha", 1),
        Column(Text("By the sample", "Según la muestra"), "ha", 1),
    ]

    def published(row: Row, side: str) -> str | None:
        figure_id = f"ad.{row['zone_id']}.loss.{side}"
        return figure_id if row["year"] is None and figure_id in figure_ids else None

    made = []
    for zone in activity(read)["activity_zones"]:
        lost = [row for row in zone["rows"] if row["activity_class"] == "loss"]
        name = wording.kind_name(zone["kind"])
        made.append(
            Chart(
                f"estimate-{zone['zone_id']}",
                Text(f"Loss by map and by sample: {name.en}", f"Pérdida según mapa y muestra: {name.es}"),
                zone["chart"],
                _YEAR,
                columns,
                [
                    (
                        Text("all years", "todos los años") if row["year"] is None else str(row["year"]),
                        [
                            Cell(row["map_area_ha"], published(row, "map")),
                            Cell(
                                row["estimate_area_ha"],
                                published(row, "estimate"),
                                _ends(row["ci90_low_ha"], row["ci90_high_ha"]),
                            ),
                        ],
                    )
                    for row in lost
                ],
                _INTERVALS,
            )
        )
    return made


def _ends(low: Decimal | None, high: Decimal | None) -> tuple[Decimal, Decimal] | None:
    return None if low is None or high is None else (low, high)


def _ledger(read: Read, figure_ids: Collection[str]) -> list[Chart]:
    shown = reductions(read)
    rows: Sequence[Row] = shown["vintages"]
    if not rows:
        return []
    drawn = [row for row in read("monte_carlo") if row["rule_set"] == rows[0]["rule_set"]]
    unit = rows[0]["credit_unit"] or ""

    def cell(row: Row, name: str, column: str) -> Cell:
        figure_id = f"er.{name}.{row['vintage_year']}"
        ends = intervals_of(drawn, name).get(row["vintage_year"])
        return Cell(row[column], figure_id if figure_id in figure_ids else None, ends)

    return [
        Chart(
            "vintages",
            Text("Baseline, project and leakage by vintage", "Línea base, proyecto y fugas por añada"),
            shown["years_chart"],
            _VINTAGE,
            [Column(text, "tCO2e") for _, _, text in LEDGER],
            [
                (str(row["vintage_year"]), [cell(row, name, column) for name, column, _ in LEDGER])
                for row in rows
            ],
            _INTERVALS,
        ),
        Chart(
            "credits",
            Text(f"{unit} by vintage", f"{unit} por añada"),
            bars(
                title=Text(f"{unit} by vintage", f"{unit} por añada"),
                unit=unit,
                groups=[str(row["vintage_year"]) for row in rows],
                series=[Series(Text(unit, unit), "fill-project", [row["credits"] for row in rows])],
                labels=True,
            ),
            _VINTAGE,
            [Column(Text(unit, unit), "")],
            [(str(row["vintage_year"]), [cell(row, unit.lower(), "credits")]) for row in rows],
            _reasons(shown["ledgers"][0]["reasons"]),
        ),
        Chart("waterfall", Text("From gross reduction to credits", "De la reducción bruta a los créditos"),
              shown["waterfall"], _VINTAGE, [], []),
    ]  # fmt: skip


def _reasons(found: Mapping[str, Sequence[int]]) -> Text | None:
    """Return why numbers of the ledger are missing, as its rows say it (in English)."""
    said = "; ".join(f"{', '.join(map(str, years))}: {reason}" for reason, years in found.items())
    return Text(said, said) if said else None


def _indicators(read: Read) -> list[Chart]:
    shown = people(read)
    everyone = Text("People", "Personas")
    drawings = (
        (
            "people",
            Text("People and person-events by field", "Personas y participaciones por ámbito"),
            shown["effort_chart"],
        ),
        (
            "jobs",
            Text("Jobs in full-time equivalents", "Empleos en equivalentes a tiempo completo"),
            shown["job_chart"],
        ),
        (
            "species",
            Text("Animals seen by cameras", "Animales vistos por las cámaras"),
            biodiversity(read)["detections_chart"],
        ),
    )
    metrics = [
        (
            Text(row["label_en"], row["label_es"]),
            [Cell(row["value"], unit=row["unit_text"], digits=_DIGITS.get(row["unit"], 0))],
        )
        for row in shown["benefits"]
    ]
    return [
        *(Chart(key, title, drawing, everyone, [], []) for key, title, drawing in drawings),
        Chart(
            "indicators",
            Text("Indicators of climate, people and biodiversity", "Indicadores de clima, personas y biodiversidad"),
            None,
            Text("Indicator", "Indicador"),
            [Column(Text("Value", "Valor"), "")],
            metrics,
        ),
    ]
