"""The report of a package: one self-contained page in English and Spanish, made from the published tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

import jinja2
import pyarrow.parquet as pq
from markupsafe import Markup

from mrv.ledger import Artifact
from mrv.package import wording
from mrv.package.activity import activity, estimate_interval
from mrv.package.biodiversity import biodiversity
from mrv.package.charts import Series, bars, swatch
from mrv.package.claims import claims
from mrv.package.contents import Contents
from mrv.package.field_carbon import field_carbon
from mrv.package.figures import Figure, headline, total
from mrv.package.landscape import landscape
from mrv.package.map import loss_map, numbered, zone_map
from mrv.package.parameters import parameters
from mrv.package.people import people
from mrv.package.protection import protection
from mrv.package.reductions import reductions
from mrv.package.wording import Text, number
from mrv.project import Bilingual
from mrv.schemas import DATASETS

Row = Mapping[str, Any]

FIRST = ("er.net.total", "er.baseline.total", "er.project.total")
"""Totals of the primary account that stand first, behind what is creditable."""
UNITS = ("er.vcu.total", "er.trees.total", "er.er.total")
"""The creditable total by the unit of the rules; a project has one of them."""
MAP_NAMES = {
    "loss_by_year": ("forest loss by year", "pérdida de bosque por año"),
    "alerts": ("deforestation alerts", "alertas de deforestación"),
    "fires": ("active fires", "focos de calor"),
}
RASTER_NAMES = {
    "forest_loss_year": ("forest and the year of its loss", "bosque y año de su pérdida"),
    "alerts": ("alerts by month and confidence", "alertas por mes y confianza"),
    "fires": ("number of fires by cell", "número de focos por celda"),
}
MAX_CARDS = 6
MAX_LISTED = 60
"""Rows of a list in the page; the rest is counted and stands in the files beside."""


def render_report(contents: Contents) -> str:
    """Return the page as HTML. Marts that are missing or empty are said to be so; no number is typed.

    Raises:
        PackageError: A headline figure does not exist.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mrv.package"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        number=number,
        signed=wording.signed,
        class_name=wording.class_name,
        draw_name=wording.draw_name,
        percent=wording.percent,
        day=wording.day,
        day_month=wording.day_month,
        size=wording.size,
        swatch=swatch,
        kind_name=wording.kind_name,
        pretty_unit=wording.pretty_unit,
    )
    return environment.get_template("summary.html.j2").render(**_view(contents))


def _view(contents: Contents) -> dict[str, Any]:
    read = partial(mart_rows, contents)
    ledger = reductions(read)
    return {
        **ledger,
        **landscape(read, contents.zones),
        **activity(read, contents.zones),
        **people(read),
        "claims": claims(contents.project.claims, read),
        **field_carbon(read),
        **biodiversity(read),
        **protection(read),
        **parameters(read),
        "contents": contents,
        "project": contents.project,
        "illustrative_zones": any(zone.illustrative for zone in contents.zones),
        "cards": [
            _card(figure, read("monte_carlo"), read("activity_data"))
            for figure in _chosen(headline(contents), contents)
        ],
        "map": zone_map(contents.zones),
        "loss_map": loss_map(contents.zones, contents.loss_picture) if contents.loss_picture else None,
        "map_names": MAP_NAMES,
        "gis_rasters": _gis_rasters(contents),
        "zones": sorted(contents.zones, key=lambda zone: (list(wording.KINDS).index(zone.kind), zone.zone_id)),
        "zone_numbers": numbered(contents.zones),
        "deforestation": deforestation_chart(contents, read("deforestation_annual")),
        "loss_notes": _notes(contents, read("deforestation_annual")),
        "quality": quality(contents),
        "sources": sources(contents.inputs),
        "max_listed": MAX_LISTED,
    }


def mart_rows(contents: Contents, name: str) -> list[Row]:
    """Return the rows of a mart in their published order; none where it is missing."""
    path = contents.marts_folder / f"{name}.parquet"
    return pq.read_table(path).to_pylist() if path.is_file() else []


@dataclass(frozen=True)
class Card:
    """A headline figure. `interval` is its 90 per cent confidence interval, where there is one."""

    figure: Figure
    label: Text
    value: Text
    interval: Text | None


def _card(figure: Figure, drawn: Sequence[Row], activity_data: Sequence[Row]) -> Card:
    label = Text(figure.label_en, figure.label_es)
    value = number(figure.value, wording.digits_of(figure.unit))
    if figure.mart == "activity_data":
        half_width = estimate_interval(figure, activity_data)
        return Card(figure, label, value, half_width and Text(f"± {half_width.en}", f"± {half_width.es}"))
    return Card(figure, label, value, _interval(figure, drawn))


def _chosen(figures: Sequence[Figure], contents: Contents) -> list[Figure]:
    """Return the few figures that stand first: the period's totals, then the project area's estimated loss and newest year.

    Where a project has none of these, the first of its headline stand there.
    """
    areas = [zone.zone_id for zone in contents.zones if zone.kind == "project_area"]
    newest = [figure for zone_id in areas for figure in _newest(figures, zone_id)]
    totals = [figure for name in (*UNITS, *FIRST) for figure in figures if figure.figure_id == name]
    return (totals + newest if totals else list(figures))[:MAX_CARDS]


def _newest(figures: Sequence[Figure], zone_id: str) -> list[Figure]:
    """Return loss and forest of a zone; a map's loss of a year would only puzzle beside the sample's estimate."""
    found = {}
    for name, start in (
        ("estimate", f"ad.{zone_id}.loss.estimate"),
        ("loss", f"defor.{zone_id}."),
        ("forest", f"forest.{zone_id}."),
    ):
        known = [figure for figure in figures if figure.figure_id.startswith(start) and figure.value is not None]
        if known and not (name == "loss" and "estimate" in found):
            found[name] = max(known, key=attrgetter("figure_id"))
    return [*found.values()]


def _interval(figure: Figure, drawn: Sequence[Row]) -> Text | None:
    """Return the 90 per cent interval of net emission reductions, as the draws of its account give it.

    Both ends are told: leakage has a floor, so that they need not lie equally far from the figure.
    """
    if figure.mart_column != "net_tco2e" or figure.value is None:
        return None
    key = dict(figure.key)
    account = (key.get("project_id"), key.get("rule_set"))
    for row in drawn:
        year = "*" if row["vintage_year"] is None else str(row["vintage_year"])
        if ((row["project_id"], row["rule_set"]), year, row["quantity"]) == (account, key.get("vintage_year"), "net"):
            low, high = number(row["q05_tco2e"]), number(row["q95_tco2e"])
            return None if row["q05_tco2e"] is None else Text(f"{low.en} – {high.en}", f"{low.es} – {high.es}")
    return None


def _gis_rasters(contents: Contents) -> list[tuple[str, Text]]:
    """Return the maps that are rasters by the name of their file, with what they show; of alerts there is one a product."""
    names = []
    for name in sorted(contents.rasters):
        if name in RASTER_NAMES:
            names.append((name, Text(*RASTER_NAMES[name])))
        elif name.startswith("alerts_"):
            product, (en, es) = name.removeprefix("alerts_"), RASTER_NAMES["alerts"]
            names.append((name, Text(f"{en}, {product}", f"{es}, {product}")))
    return names


def _by_year(rows: Sequence[Row], column: str) -> dict[int, Any]:
    ordered = sorted(rows, key=itemgetter("year"))
    return {year: total([row[column] for row in part]) for year, part in groupby(ordered, key=itemgetter("year"))}


def deforestation_chart(contents: Contents, rows: Sequence[Row]) -> Markup | None:
    """Draw the loss of the project area and the leakage belt by calendar year, ha; the period's years are tinted."""
    sides = [
        (kind, style, _by_year([row for row in rows if row["kind"] == kind], "area_ha"))
        for kind, style in (("project_area", "fill-project"), ("leakage_belt", "fill-belt"))
    ]
    years = sorted({year for _, _, by_year in sides for year in by_year})
    return bars(
        title=Text("Deforestation per year", "Deforestación por año"),
        unit="ha",
        groups=[str(year) for year in years],
        series=[
            Series(wording.kind_name(kind), style, [by_year.get(year) for year in years])
            for kind, style, by_year in sides
            if by_year
        ],
        bands=[contents.period_start.year <= year <= contents.period_end.year for year in years],
    )


def _notes(contents: Contents, rows: Sequence[Row]) -> list[tuple[str, Bilingual]]:
    """Return what the catalogue says of the products that measured the loss."""
    products = sorted({row["product"] for row in rows if row["product"]})
    return [(name, contents.product_notes[name]) for name in products if name in contents.product_notes]


def quality(contents: Contents) -> dict[str, Any]:
    """Return the checks by dataset, those that did not pass, and what was put right on the way in."""
    results = _landed("check_results", contents)
    quarantined = {(row["dataset"], row["artifact"], row["row"]) for row in _landed("quarantine", contents)}
    datasets = sorted({row["dataset"] for row in results} | {dataset for dataset, _, _ in quarantined})
    return {
        "datasets": [
            {
                "name": name,
                "checks": sum(row["dataset"] == name for row in results),
                "passed": sum(row["dataset"] == name and row["outcome"] == "passed" for row in results),
                "quarantined": sum(dataset == name for dataset, _, _ in quarantined),
            }
            for name in datasets
        ],
        "not_passed": [row for row in results if row["outcome"] != "passed"],
        "repairs": _repairs(mart_rows(contents, "data_repairs")),
    }


def _repairs(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Sum the values that were put right by dataset, column and rule."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        counts[row["dataset"], row["column_name"], row["rule"]] += row["value_count"]
    return [
        {"column": f"{dataset}.{column}", "count": count, "words": Text(*wording.REPAIRS.get(rule, (rule, rule)))}
        for (dataset, column, rule), count in sorted(counts.items())
    ]


def _landed(dataset: str, contents: Contents) -> list[Row]:
    paths = {"check_results": contents.check_results, "quarantine": contents.quarantine}[dataset]
    rows = [row for path in paths for row in pq.read_table(path, schema=DATASETS[dataset].schema).to_pylist()]
    return sorted(rows, key=lambda row: tuple(str(row[name]) for name in DATASETS[dataset].key))


def sources(inputs: Sequence[Artifact]) -> list[dict[str, Any]]:
    """Group the inputs by what they are and under which licence; each group lists its files by hash."""

    def group(item: Artifact) -> tuple[str, str, str, str, bool]:
        return (item.product, item.version or "", item.licence, item.citation, item.simulated)

    listed = []
    for key, part in groupby(sorted(inputs, key=group), key=group):
        files = sorted({(item.address, item.sha256, item.bytes) for item in part})
        listed.append(
            {
                **dict(zip(("product", "version", "licence", "citation", "simulated"), key, strict=True)),
                "bytes": sum({sha256: count for _, sha256, count in files}.values()),
                "files": files,
            }
        )
    return listed
