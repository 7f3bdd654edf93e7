"""Measure alerts: retrievals of alert products to area by zone and day, clusters, and what vanished between retrievals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import shapely

from mrv.errors import InputError, ProjectError
from mrv.ledger import Artifact
from mrv.schemas import DATASETS
from mrv.sources.product_layers import Layer
from mrv.sources.product_rows import Product
from mrv.sources.snapshots import retrieval_day, retrievals, series_of_artifact
from mrv.stages.context import Context
from mrv.stages.measure import Measured, naming_files, run_measurement
from mrv.stages.rasters import RasterLayer, group_rasters
from mrv.units import UM2_PER_HA
from raster.rules import Shape

if TYPE_CHECKING:
    from raster.alert_codes import Encoding, EncodingName
    from raster.alerts import AlertLayers
    from raster.grid import Lattice

Rows = list[dict[str, Any]]


def measure_alerts(context: Context, artifacts: Sequence[Artifact]) -> Measured | None:
    """Measure every alert product of the run; None where the project has none.

    Args:
        context: The run.
        artifacts: Every pulled file.

    Raises:
        ProjectError: A layer of days lacks its layer of confidence, or the other way round.
        InputError: A tile cannot be used, or holds a value that its encoding does not have.
    """
    layers = group_rasters(context, artifacts).alerts
    if not layers:
        return None
    products = [[layer for layer in layers if layer.product is row] for row in _products(layers)]
    histories = {layer.name: _history(context, layer) for layer in layers}
    inputs = {
        "layers": [layer.inputs for layer in layers],
        "retrievals": {name: [f"{item.address} {item.sha256}" for item in made] for name, made in histories.items()},
        "zones": [[zone.zone_id, shapely.to_wkb(zone.geometry, hex=True)] for zone in context.zones],
        "period": [context.period.start, context.period.end],
        "pixel_rule": context.definition.measurement.pixel_rule,
        "alerts": context.definition.alerts.model_dump(mode="json"),
    }

    def measure() -> dict[str, pa.Table]:
        rows: dict[str, Rows] = {name: [] for name in TABLES}
        for group in products:
            with naming_files(context, [item for made in histories.values() for item in made]):
                for name, found in _measure_product(context, group).items():
                    rows[name] += found
            for layer in group:
                rows["alert_retrievals"] += _retrieval_rows(context, layer, histories[layer.name])
        # Without a second retrieval there is nothing to compare, which is not the same as no change.
        return {name: DATASETS[name].table(found) for name, found in rows.items() if found or name != "alert_changes"}

    return run_measurement(context, "alerts", inputs, measure)


TABLES = (
    *("alert_area", "alert_clusters", "alert_cluster_zones", "alert_clusters_left_out", "alert_coverage"),
    *("alert_retrievals", "alert_changes"),
)


def _products(layers: Iterable[RasterLayer]) -> list[Product]:
    return list({layer.product.product: layer.product for layer in layers}.values())


def _measure_product(context: Context, layers: Sequence[RasterLayer]) -> dict[str, Rows]:
    from raster.alert_clusters import find_clusters
    from raster.alerts import measure_alerts as measure

    row, lattice = layers[0].product, layers[0].lattice(context)
    days = [layer for layer in layers if layer.layer.encoding != "confidence"]
    files = [alert_layers(context, layer, layers) for layer in days]
    region, shapes = context.region, context.region.zones
    period = (context.period.start, context.period.end)
    found = measure(files, region, lattice=lattice, days=period, work=context.work)
    choices = context.definition.alerts
    clusters = find_clusters(
        found.pixels,
        found.zone_pixels,
        zones=shapes,
        lattice=lattice,
        product=row.product,
        days=choices.cluster_days,
        min_area_um2=int(choices.min_cluster_area_ha * UM2_PER_HA),
    )
    retrieved = min(retrieval_day(item) for layer in layers for item in layer.artifacts)
    said = {"product": row.product, "product_version": layers[0].version, "retrieved_on": retrieved}
    coverage = _coverage(layers, days)
    _refuse_days_before(found.areas, coverage, row=row, files=files)
    return {
        "alert_area": [{**said, **item} for item in found.areas],
        "alert_clusters": [{**said, **item} for item in clusters.clusters],
        "alert_cluster_zones": clusters.zones,
        "alert_clusters_left_out": [
            {"product": row.product, "min_cluster_area_ha": round(choices.min_cluster_area_ha, 6), **item}
            for item in clusters.left_out
        ],
        "alert_coverage": coverage,
        "alert_changes": [change for layer in days for change in _changes(context, layer, lattice, shapes, period)],
    }


def _coverage(layers: Sequence[RasterLayer], days: Sequence[RasterLayer]) -> Rows:
    """Return the spans of days of which the files of a product can have alerts: one, or one for each year of its layers."""
    rows = []
    for layer in days:
        retrieved = min(retrieval_day(item) for one in layers if one.year == layer.year for item in one.artifacts)
        first, last = layer.layer.days(layer.year, retrieved_on=retrieved)
        rows.append(
            {
                "product": layer.product.product,
                "product_version": layer.version,
                "first_day": first,
                "last_day": last,
            }
        )
    return rows


def _refuse_days_before(areas: Rows, coverage: Rows, *, row: Product, files: Sequence[AlertLayers]) -> None:
    """Refuse alerts of days before the product's first: they would stand in days that count as not observed."""
    first = min(item["first_day"] for item in coverage)
    earliest = min((item["alert_date"] for item in areas), default=first)
    if earliest < first:
        raise InputError(
            f"{row.product} has alerts of days before its first day",
            expected=f"alerts from {first}",
            found=f"one of {earliest}",
            where=", ".join(str(path) for layer in files for path in layer.days),
            remedy="check that the file is of the declared product; if so, mend first_day in the product's row",
        )


def alert_layers(
    context: Context, days: RasterLayer, layers: Sequence[RasterLayer], *, artifacts: Sequence[Artifact] | None = None
) -> AlertLayers:
    """Return a layer of days with its layer of confidence, as the raster room reads them.

    Args:
        context: The run.
        days: The layer of days.
        layers: The layers of its product.
        artifacts: The files of the layer of days, where they are not those of the run.

    Raises:
        ProjectError: The layer of confidence is not among the layers.
    """
    from raster.alerts import AlertLayers

    confidence = _confidence_layer(context, days, layers)
    files = days.artifacts if artifacts is None else artifacts
    return AlertLayers(
        days=tuple(context.store.get(item.sha256) for item in files),
        encoding=encoding_of(days.layer, confidence.layer if confidence else None, year=days.year),
        retrieved_on=max(retrieval_day(item) for item in files),
        confidences=tuple(confidence.paths(context)) if confidence else (),
        nodata=tuple(int(code) for code in days.layer.nodata),
    )


def encoding_of(days: Layer, confidence: Layer | None, *, year: int | None) -> Encoding:
    """Return how a layer of days is written, from the rows of the catalogue.

    Args:
        days: The layer of days.
        confidence: The layer of confidence beside it, where there is one.
        year: Year of the layers, where there is one for each.

    Raises:
        ProjectError: The row lacks the day from which days are counted.
    """
    from raster.alert_codes import Encoding

    return Encoding(
        cast("EncodingName", days.encoding),
        tuple(sorted((confidence or days).confidences.items())),
        epoch=days.epoch,
        year=year if days.encoding == "glad_l_day_of_year" else None,
    )


def _confidence_layer(context: Context, days: RasterLayer, layers: Sequence[RasterLayer]) -> RasterLayer | None:
    wanted = days.layer.confidence_layer
    if wanted is None:
        return None
    for layer in layers:
        if layer.layer.layer == wanted and layer.year == days.year:
            return layer
    raise ProjectError(
        f"alerts of {days.name} lack their confidence",
        expected=f"the layer {wanted} beside it",
        found=", ".join(layer.name for layer in layers),
        where=f"{context.project.file}, sources",
        remedy="name both layers in the source",
    )


# --- retrievals --------------------------------------------------------------------------------------------------
def _history(context: Context, layer: RasterLayer) -> list[Artifact]:
    """Return every retrieval of the layer's files for the period, each of the same bytes once."""
    made = []
    for item in layer.artifacts:
        series = series_of_artifact(item)
        known = retrievals(context.ledger, context.definition.id, series) if series else []
        made += list({(one.address, one.sha256): one for one in [*known, item]}.values())
    return made


def _retrieval_rows(context: Context, layer: RasterLayer, history: Sequence[Artifact]) -> Rows:
    used = {(item.address, item.sha256) for item in layer.artifacts}
    encoding, lag = layer.layer.encoding, context.definition.alerts.freeze_after_days
    counted = f"days since {layer.layer.epoch}" if layer.layer.epoch else None
    words = {"radd_yydoy": "year and day of year (YYDOY)", "glad_l_day_of_year": f"day of the year {layer.year}"}
    return [
        {
            "product": layer.product.product,
            "product_version": layer.version,
            "layer": layer.layer.layer,
            "series": series_of_artifact(item) or item.address,
            "address": item.address,
            "retrieved_on": retrieval_day(item),
            "sha256": item.sha256,
            "in_use": (item.address, item.sha256) in used,
            "frozen": retrieval_day(item) > context.period.end + timedelta(days=lag),
            "freeze_after_days": lag,
            "day_convention": counted or words.get(encoding or "", "confidence only"),
            "confidences": ",".join(dict.fromkeys(name for _, name in sorted(layer.layer.confidences.items()))),
        }
        for item in history
    ]


def _changes(
    context: Context, layer: RasterLayer, lattice: Lattice, shapes: Sequence[Shape], period: tuple[date, date]
) -> Rows:
    """Compare the successive retrievals of each file; only where day and confidence stand in one layer."""
    from raster.alert_changes import compare_alerts

    if layer.layer.confidence_layer is not None:
        return []
    rows: Rows = []
    by_series: dict[str, list[Artifact]] = {}
    for item in _history(context, layer):
        by_series.setdefault(series_of_artifact(item) or item.address, []).append(item)
    for series, made in by_series.items():
        kept = [item for item in made if context.store.path(item.sha256).is_file()]
        for before, after in pairwise(kept):
            said = {
                "product": layer.product.product,
                "product_version": layer.version,
                "series": series,
                "retrieved_before": retrieval_day(before),
                "retrieved_after": retrieval_day(after),
                "sha256_before": before.sha256,
                "sha256_after": after.sha256,
            }
            pair = [alert_layers(context, layer, [layer], artifacts=[item]) for item in (before, after)]
            found = compare_alerts(*pair, zones=shapes, lattice=lattice, days=period, work=context.work)
            names = set(layer.layer.confidences.values())
            rows += [{**said, **item} for item in found if item["confidence"] in names]
    return rows
