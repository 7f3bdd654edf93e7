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
from mrv.units import um2_to_ha
from raster.rules import LossLayers, ProductRule

if TYPE_CHECKING:
    from raster.map_page import Both, Mark, Sheet

OUTLINED: tuple[tuple[str, Both, tuple[float, ...], float], ...] = (
    ("reference_region", ("Reference region", "Región de referencia"), (1, 1.6), 1.2),
    ("leakage_belt", ("Leakage belt", "Cinturón de fugas"), (5, 2), 1.2),
    ("project_area", ("Project area", "Área del proyecto"), (), 1.8),
)
"""Kinds of zones in the order in which they are drawn, with name, dashes and width of the line."""
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
        from raster.map_page import draw_map
        from raster.maps import ground, write_forest_years

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
        for name, sheet in _sheets(context, rule, tables, block=base.block).items():
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


def _sheets(context: Context, rule: ProductRule, tables: Mapping[str, pa.Table], *, block: int) -> dict[str, Sheet]:
    """Return what each picture shows, by its name."""
    years = range(
        max(context.period.vintages[0].year, rule.base_year + 1),
        min(context.period.vintages[-1].year, rule.last_year) + 1,
    )

    def sheet(title: Both, *, notes: Sequence[Both], years: range | None = None, marks: Sequence[Mark] = ()) -> Sheet:
        return _sheet(context, title, tables=tables, notes=(*notes, *_forest_notes(context, rule, block)), years=years,
                      forest_year=last_year, marks=marks)  # fmt: skip

    last_year = min(context.period.vintages[-1].year, rule.last_year)
    loss = (
        "A cell has the colour of a year where any of its pixels was lost: the map shows where, the tables how much. "
        "Years are calendar years, also where the period holds only a part of them.",
        "Una celda tiene el color de un año si algún píxel suyo se perdió: el mapa muestra dónde, las tablas cuánto. "
        "Los años son calendario, aun donde el período abarca solo una parte.",
    )
    sheets = {"loss_by_year": sheet(("Forest loss by year", "Pérdida de bosque por año"), notes=[loss], years=years)}
    if "alert_clusters" in tables:
        clusters = tables["alert_clusters"]
        sheets["alerts"] = sheet(
            ("Deforestation alerts", "Alertas de deforestación"), notes=_alert_notes(context, clusters),
            marks=_alert_marks(clusters),
        )  # fmt: skip
    if "fires" in tables:
        fires = in_period(context, tables["fires"])
        sheets["fires"] = sheet(
            ("Active fires", "Focos de calor"), notes=_fire_notes(fires), marks=[_fire_mark(fires)]
        )  # fmt: skip
    return sheets


def warnings_of(context: Context, tables: Mapping[str, pa.Table]) -> list[Both]:
    """Return what must stand on every picture of data or boundaries that are not real."""
    notes = []
    if tables["project"]["simulated"][0].as_py():
        notes.append(
            (
                "SIMULATED data: nothing here says anything about the real place.",
                "Datos SIMULADOS: nada aquí dice algo del lugar real.",
            )
        )
    if any(zone.illustrative for zone in context.zones):
        notes.append(("The boundaries are ILLUSTRATIVE.", "Los límites son ILUSTRATIVOS."))
    return notes


def _sheet(
    context: Context,
    title: Both,
    *,
    tables: Mapping[str, pa.Table],
    notes: Sequence[Both],
    years: range | None,
    forest_year: int,
    marks: Sequence[Mark],
) -> Sheet:
    from raster.map_page import Border, Sheet

    period, project = context.period, context.definition.project
    shapes = {kind: [zone.geometry for zone in context.zones if zone.kind == kind] for kind, *_ in OUTLINED}
    return Sheet(
        title=(f"{project.name}: {title[0]}", f"{project.name_es or project.name}: {title[1]}"),
        period=(
            f"Monitoring period {period.id}, {period.start} to {period.end}",
            f"Período de monitoreo {period.id}, {period.start} a {period.end}",
        ),
        warnings=warnings_of(context, tables),
        notes=notes,
        forest_year=forest_year,
        years=years,
        borders=[
            Border(shapes[kind], name, dashes=dashes, width=width)
            for kind, name, dashes, width in OUTLINED
            if shapes[kind]
        ],
        marks=marks,
    )


def _forest_notes(context: Context, rule: ProductRule, block: int) -> list[Both]:
    """Return which product the ground is from, what is forest, and how large a cell is."""
    forest = forest_rule(context)
    bound = {"greater": ("more than", "más de"), "at_least": ("at least", "al menos")}
    cover, percent = bound[forest.tree_cover_rule], forest.min_tree_cover_percent
    least, area = bound[forest.min_area_rule], f"{um2_to_ha(forest.min_area_um2).normalize():f}"
    patches = (f", patches of {least[0]} {area} ha", f", parches de {least[1]} {area} ha") if area != "0" else ("", "")
    cell = ("one pixel", "un píxel") if block == 1 else (f"{block} x {block} pixels", f"{block} x {block} píxeles")
    return [
        (
            f"Forest: {rule.product} {rule.version}; tree cover of {cover[0]} {percent} %{patches[0]}. "
            f"A cell of the map is {cell[0]} of the product.",
            f"Bosque: {rule.product} {rule.version}; cobertura arbórea de {cover[1]} {percent} %{patches[1]}. "
            f"Una celda del mapa es {cell[1]} del producto.",
        ),
        ("Degrees of longitude and latitude, WGS 84 (EPSG:4326).", "Grados de longitud y latitud, WGS 84 (EPSG:4326)."),
    ]


def _alert_marks(clusters: pa.Table) -> list[Mark]:
    """Return the clusters by the confidence of most of their area: the best pixel of nearly every one is of high."""
    from raster.map_page import Mark

    low = pc.greater(clusters["low_area_um2"], clusters["high_area_um2"])
    high_name = (
        "Alert cluster, at least half of its area of high confidence (the highest included)",
        "Grupo de alertas, al menos la mitad de su área de confianza alta (incluida la máxima)",
    )
    low_name = (
        "Alert cluster, most of its area of low confidence",
        "Grupo de alertas, la mayor parte de su área de confianza baja",
    )
    return [
        Mark(_places(clusters.filter(pc.invert(low))), HIGH, high_name),
        Mark(_places(clusters.filter(low)), LOW, low_name),
    ]


def _alert_notes(context: Context, clusters: pa.Table) -> list[Both]:
    """Return what a dot is, and which products the alerts are from."""
    least = f"{context.definition.alerts.min_cluster_area_ha:f}"
    columns = (clusters[name].to_pylist() for name in ("product", "product_version", "retrieved_on"))
    products = sorted(set(zip(*columns, strict=True)))
    named = ", ".join(f"{product} {version} ({day})" for product, version, day in products) or "-"
    return [
        (
            "A dot stands on one pixel of a cluster, whatever the cluster's area; clusters below "
            f"{least} ha, and those that touch no zone, are not drawn. Alerts, by day of retrieval: {named}.",
            "Un punto está en un píxel de un grupo, cualquiera sea el área de este; los grupos de menos de "
            f"{least} ha, y los que no tocan ninguna zona, no se dibujan. Alertas, por día de descarga: {named}.",
        )
    ]


def _fire_mark(fires: pa.Table) -> Mark:
    from raster.map_page import Mark

    name = ("Active fire: one detection by one satellite", "Foco de calor: una detección de un satélite")
    return Mark(_places(fires), FIRE, name)


def _fire_notes(fires: pa.Table) -> list[Both]:
    """Return what a dot is, and which instruments saw the fires."""
    instruments = ", ".join(sorted(set(fires["instrument"].to_pylist()))) or "-"
    return [
        (
            "A dot is the centre of the pixel that a satellite saw burn, not the area burnt; a fire seen several times "
            f"has several dots. Instruments: {instruments}.",
            "Un punto es el centro del píxel que un satélite vio arder, no el área quemada; un foco visto varias veces "
            f"tiene varios puntos. Instrumentos: {instruments}.",
        )
    ]


def in_period(context: Context, fires: pa.Table) -> pa.Table:
    """Return the detections of the monitoring period."""
    day = fires["acquired_on_utc"]
    return fires.filter(pc.and_(pc.greater_equal(day, context.period.start), pc.less_equal(day, context.period.end)))


def _places(table: pa.Table) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.column_stack([table["longitude"].to_numpy(), table["latitude"].to_numpy()]).astype(np.float64)
