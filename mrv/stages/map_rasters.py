"""Maps of alerts and fires for a GIS: month and confidence of each alert, and how many fires each cell had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mrv.ledger import Artifact
from mrv.sources.snapshots import retrieval_day
from mrv.stages.check import table_hash
from mrv.stages.context import Context, run_step
from mrv.stages.maps import in_period, warnings_of
from mrv.stages.measure import naming_files
from mrv.stages.measure_alerts import alert_layers
from mrv.stages.rasters import RasterLayer, group_rasters

FIRES = "fires"
ALERTS = "alerts"
"""Name of the COG of fires; names of those of alerts are this and the product."""


def draw_map_rasters(
    context: Context, artifacts: Sequence[Artifact], tables: Mapping[str, pa.Table]
) -> dict[str, Path]:
    """Draw alerts and fires of a period as COGs over the bounds of all zones; return them by name.

    Args:
        context: The run.
        artifacts: Every file that the period used.
        tables: Landed tables; fires are drawn where `fires` and `fire_events` are there.

    Raises:
        InputError: A raster cannot be used.
        StoreError: A map could not be written.
    """
    layers = group_rasters(context, artifacts).alerts
    rasters = {}
    for product in dict.fromkeys(layer.product.product for layer in layers):
        own = [layer for layer in layers if layer.product.product == product]
        rasters[f"{ALERTS}_{product}"] = _alerts(context, f"{ALERTS}_{product}", own, tables)
    if "fires" in tables and "fire_events" in tables:
        rasters[FIRES] = _fires(context, tables)
    return rasters


def _alerts(context: Context, name: str, layers: Sequence[RasterLayer], tables: Mapping[str, pa.Table]) -> Path:
    days = (context.period.start, context.period.end)
    artifacts = [item for layer in layers for item in layer.artifacts]
    tags = {
        **_said(context, tables),
        "PRODUCT": f"{layers[0].product.product} {layers[0].version}",
        "RETRIEVED_ON": str(min(retrieval_day(item) for item in artifacts)),
    }

    def work(key: str) -> dict[str, Any]:
        from raster.alert_map import write_alert_map

        path = _path(context, name, key)
        with naming_files(context, artifacts):
            write_alert_map(
                [alert_layers(context, item, layers) for item in layers if item.layer.encoding != "confidence"],
                path,
                bounds=context.bounds,
                lattice=layers[0].lattice(context),
                days=days,
                tags=tags,
            )
        return {"files": [context.relative(path)]}

    inputs = {"layers": [layer.inputs for layer in layers], "bounds": context.bounds, "period": days, "tags": tags}
    return _step(context, name, inputs, work)


def _fires(context: Context, tables: Mapping[str, pa.Table]) -> Path:
    days = (context.period.start, context.period.end)
    tags = _said(context, tables)

    def work(key: str) -> dict[str, Any]:
        from raster.fire_map import write_fire_map

        path = _path(context, FIRES, key)
        longitude, latitude = _first_places(in_period(context, tables["fires"]), tables["fire_events"])
        write_fire_map(longitude, latitude, path, bounds=context.bounds, days=days, tags=tags)
        return {"files": [context.relative(path)]}

    inputs = {
        "points": {name: table_hash(tables[name]) for name in ("fires", "fire_events")},
        "bounds": context.bounds,
        "period": days,
        "tags": tags,
    }
    return _step(context, FIRES, inputs, work)


def _first_places(fires: pa.Table, events: pa.Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where each distinct fire was first detected: by the detection that stands for it, where that is among them."""
    detections = fires.select(["fire_id", "acquired_at_utc", "longitude", "latitude"])
    stands_for = events.select(["fire_id", "event_id", "is_primary"])
    order = [
        ("event_id", "ascending"),
        ("is_primary", "descending"),
        ("acquired_at_utc", "ascending"),
        ("fire_id", "ascending"),
    ]
    joined = detections.join(stands_for, keys="fire_id", join_type="inner").sort_by(order)
    _, first = np.unique(np.array(joined["event_id"].to_pylist(), dtype=str), return_index=True)
    longitude, latitude = (joined[name].to_numpy().astype(np.float64)[first] for name in ("longitude", "latitude"))
    return longitude, latitude


def _said(context: Context, tables: Mapping[str, pa.Table]) -> dict[str, str]:
    """Return what the metadata of every raster say of the data's standing."""
    warnings = warnings_of(context, tables)
    return {"NOTE": " ".join(text for both in warnings for text in both)} if warnings else {}


def _path(context: Context, name: str, key: str) -> Path:
    return context.settings.landed_dir / "maps" / f"{name}-{key[:16]}.tif"


def _step(context: Context, name: str, inputs: Mapping[str, Any], work: Any) -> Path:
    result = run_step(context, stage="maps", dataset=name, inputs=inputs, work=work).result
    path: str = result["files"][0]
    return context.settings.root / path
