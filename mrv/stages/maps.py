"""Maps: forest and the year of its loss for a GIS, and pictures of loss, alerts and fires for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mrv.ledger import Artifact
from mrv.stages.check import table_hash
from mrv.stages.clip import needed
from mrv.stages.context import Context, run_step
from mrv.stages.measure import forest_rule, naming_files, product_rule, raster_layers
from raster.rules import LossLayers, ProductRule

if TYPE_CHECKING:
    from raster.maps import Mark, Sheet

OUTLINED = ("project_area", "leakage_belt", "reference_region")
CLASSES = "forest_loss_year"
"""Name of the COG."""
FIRE, LOW, HIGH = (214, 69, 0), (240, 168, 48), (106, 27, 154)


@dataclass(frozen=True)
class Maps:
    """Finished maps by name.

    Attributes:
        rasters: COGs with their colours in them.
        pictures: PNGs.
    """

    rasters: Mapping[str, Path]
    pictures: Mapping[str, Path]


def draw_maps(context: Context, artifacts: Sequence[Artifact], tables: Mapping[str, pa.Table]) -> Maps:
    """Draw the maps of a period; none where the project measures no forest loss.

    Args:
        context: The run.
        artifacts: Every file that the period used.
        tables: Landed tables; of `fires` and `alert_clusters` the places are drawn where they are there.

    Raises:
        InputError: A raster cannot be used.
        StoreError: A map could not be written.
    """
    layers = raster_layers(context, artifacts)
    if not layers.get("tree_cover") or not layers.get("loss_year"):
        return Maps({}, {})
    rule = product_rule(layers)
    files = [item for role in ("tree_cover", "loss_year", "datamask") for item in layers.get(role, [])]

    def work(key: str) -> dict[str, Any]:
        from raster.maps import draw_map, ground, write_forest_years

        folder = context.settings.landed_dir / "maps"
        cog = folder / f"{CLASSES}-{key[:16]}.tif"
        paths = {role: tuple(context.store.get(item.sha256) for item in items) for role, items in layers.items()}
        with naming_files(context, files):
            write_forest_years(
                LossLayers(paths["tree_cover"], paths["loss_year"], paths.get("datamask", ())),
                cog,
                window=needed(context, rule),
                product=rule,
                forest=forest_rule(context),
                last_year=context.period.vintages[-1].year,
            )
        base = ground(cog, base_year=rule.base_year)
        pictures = {}
        for name, sheet in _sheets(context, rule, tables).items():
            path = folder / f"{name}-{key[:16]}.png"
            draw_map(base, path, sheet)
            pictures[name] = context.relative(path)
        return {
            "raster": context.relative(cog),
            "pictures": pictures,
            "files": [context.relative(cog), *pictures.values()],
        }

    inputs = {
        "layers": [f"{item.address} {item.sha256}" for item in files],
        "zones": [[zone.zone_id, zone.kind, zone.geometry.wkb_hex] for zone in context.zones],
        "forest": str(context.definition.forest_definition),
        "period": [context.period.start, context.period.end],
        "warnings": warnings_of(context, tables),
        "points": {name: table_hash(tables[name]) for name in ("fires", "alert_clusters") if name in tables},
    }
    result = run_step(context, stage="maps", dataset="maps", inputs=inputs, work=work).result
    root = context.settings.root
    return Maps(
        {CLASSES: root / result["raster"]}, {name: root / path for name, path in sorted(result["pictures"].items())}
    )


def _sheets(context: Context, rule: ProductRule, tables: Mapping[str, pa.Table]) -> dict[str, Sheet]:
    """Return what each picture shows, by its name."""
    years = range(
        max(context.period.vintages[0].year, rule.base_year + 1),
        min(context.period.vintages[-1].year, rule.last_year) + 1,
    )
    days = (f"{context.period.start} to {context.period.end}", f"{context.period.start} a {context.period.end}")
    source = f"{rule.product} {rule.version}"
    forest = (
        *warnings_of(context, tables),
        f"Forest: {source}, forest definition of the project.",
        f"Bosque: {source}, definición de bosque del proyecto.",
    )
    block = (
        "A dot of the map shows loss where any of its pixels was lost.",
        "Un punto muestra pérdida si algún píxel suyo se perdió.",
    )
    sheets = {
        "loss_by_year": _sheet(
            context, ("Forest loss by year", "Pérdida de bosque por año"), (*forest, *block), years=years, marks=()
        )
    }
    if "alert_clusters" in tables:
        marks = _alert_marks(tables["alert_clusters"])
        sheets["alerts"] = _sheet(
            context,
            (f"Deforestation alerts, {days[0]}", f"Alertas de deforestación, {days[1]}"),
            (*forest, "Each dot is a cluster of alerts.", "Cada punto es un grupo de alertas."),
            years=None,
            marks=marks,
        )
    if "fires" in tables:
        from raster.maps import Mark

        places = _places(in_period(context, tables["fires"]))
        sheets["fires"] = _sheet(
            context,
            (f"Active fires, {days[0]}", f"Focos de calor, {days[1]}"),
            (*forest, "Each dot is a detection by satellite.", "Cada punto es una detección por satélite."),
            years=None,
            marks=(Mark(places, FIRE, ("Active fire", "Foco de calor")),),
        )
    return sheets


def warnings_of(context: Context, tables: Mapping[str, pa.Table]) -> list[str]:
    """Return what must stand on every picture of data or boundaries that are not real."""
    notes = []
    if tables["project"]["simulated"][0].as_py():
        notes += [
            "SIMULATED data: nothing here says anything about the real place.",
            "Datos SIMULADOS: nada aquí dice algo del lugar real.",
        ]
    if any(zone.illustrative for zone in context.zones):
        notes += ["The boundaries are illustrative.", "Los límites son ilustrativos."]
    return notes


def _sheet(
    context: Context, title: tuple[str, str], note: tuple[str, ...], *, years: range | None, marks: Sequence[Mark]
) -> Sheet:
    from raster.maps import INK, Sheet

    outlines = [(zone.geometry, INK) for zone in context.zones if zone.kind in OUTLINED]
    border = (
        "Project area, leakage belt, reference region",
        "Área del proyecto, cinturón de fugas, región de referencia",
    )
    name = context.definition.project.name
    return Sheet(
        title=(f"{name}: {title[0]}", f"{context.definition.project.name_es or name}: {title[1]}"),
        note=note,
        years=years,
        outlines=outlines,
        border=border,
        marks=marks,
    )


def _alert_marks(clusters: pa.Table) -> list[Mark]:
    from raster.maps import Mark

    low = pc.equal(clusters["confidence"], "low")
    return [
        Mark(_places(clusters.filter(low)), LOW, ("Alerts of low confidence", "Alertas de confianza baja")),
        Mark(
            _places(clusters.filter(pc.invert(low))), HIGH, ("Alerts of high confidence", "Alertas de confianza alta")
        ),
    ]


def in_period(context: Context, fires: pa.Table) -> pa.Table:
    """Return the detections of the monitoring period."""
    day = fires["acquired_on_utc"]
    return fires.filter(pc.and_(pc.greater_equal(day, context.period.start), pc.less_equal(day, context.period.end)))


def _places(table: pa.Table) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.column_stack([table["longitude"].to_numpy(), table["latitude"].to_numpy()]).astype(np.float64)
