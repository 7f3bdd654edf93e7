"""The report of a package: one self-contained page in English and Spanish, made from the published tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import jinja2
import pyarrow.parquet as pq

from mrv.ledger import Artifact
from mrv.package import wording
from mrv.package.activity import activity
from mrv.package.biodiversity import biodiversity
from mrv.package.cards import cards
from mrv.package.charts import swatch
from mrv.package.claims import claims
from mrv.package.contents import Contents
from mrv.package.deforestation import deforestation_chart
from mrv.package.field_carbon import field_carbon
from mrv.package.figures import headline
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
        "cards": cards(
            headline(contents), [zone.zone_id for zone in contents.zones if zone.kind == "project_area"], read
        ),
        "map": zone_map(contents.zones),
        "loss_map": loss_map(contents.zones, contents.loss_picture) if contents.loss_picture else None,
        "map_names": MAP_NAMES,
        "gis_rasters": _gis_rasters(contents),
        "zones": sorted(contents.zones, key=lambda zone: (list(wording.KINDS).index(zone.kind), zone.zone_id)),
        "zone_numbers": numbered(contents.zones),
        "deforestation": deforestation_chart(read("deforestation_annual"), contents.period_start, contents.period_end),
        "loss_notes": _notes(contents, read("deforestation_annual")),
        "quality": quality(contents),
        "sources": sources(contents.inputs),
        "max_listed": MAX_LISTED,
    }


def mart_rows(contents: Contents, name: str) -> list[Row]:
    """Return the rows of a mart in their published order; none where it is missing."""
    path = contents.marts_folder / f"{name}.parquet"
    return pq.read_table(path).to_pylist() if path.is_file() else []


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
