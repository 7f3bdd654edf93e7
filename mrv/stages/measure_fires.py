"""Measure fires: of which days they are known, in which zones each detection lies, and which detections tell of the same fire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from mrv.ledger import Artifact
from mrv.periods import Span
from mrv.project_sources import Files, Firms
from mrv.schemas import DATASETS
from mrv.sources.fire_days import Observed, asked_days, file_days
from mrv.stages.check import Checked
from mrv.stages.context import Context
from mrv.stages.measure import Measured, run_measurement
from raster.rules import Shape


@dataclass(frozen=True)
class KnownFires:
    """Accepted detections of fires, and what was measured of them."""

    detections: Checked
    measured: Measured


def measure_fires(context: Context, artifacts: Sequence[Artifact], fires: Checked) -> Measured:
    """Say on which days fires were looked for, in which zones each detection lies, and which fire it tells of.

    Args:
        context: The run.
        artifacts: Every pulled file.
        fires: The accepted detections.

    Raises:
        ProjectError: A collection of the API is not known.
        InputError: A file of fires cannot be read.
    """
    table, choices = fires.table(), context.definition.fires
    coverage = _coverage(context, artifacts)

    def measure() -> dict[str, pa.Table]:
        from raster.fire_events import Detections, SameFire, fire_events
        from raster.points import zones_of_points

        shapes = [Shape(zone.zone_id, zone.geometry) for zone in context.zones]
        longitude, latitude = table["longitude"].to_numpy(), table["latitude"].to_numpy()
        ids = table["fire_id"].to_pylist()
        detections = Detections(
            fire_id=ids,
            longitude=longitude,
            latitude=latitude,
            seconds=pc.divide(table["acquired_at_utc"].cast(pa.int64()), 1_000_000).to_numpy(),
            satellite=table["satellite"].to_pylist(),
            modis=pc.equal(table["instrument"], "MODIS").to_numpy(),
            near_real_time=table["near_real_time"].to_numpy(),
            fire_type=table["fire_type"].to_pylist(),
        )
        rule = SameFire(choices.same_fire_hours, choices.viirs_pixel_m, choices.modis_pixel_m)
        return {
            "fire_zones": DATASETS["fire_zones"].table(
                {"fire_id": ids[index], "zone_id": zone} for index, zone in zones_of_points(longitude, latitude, shapes)
            ),
            "fire_events": DATASETS["fire_events"].table(fire_events(detections, rule)),
            "fire_coverage": DATASETS["fire_coverage"].table(_rows(coverage)),
        }

    inputs = {
        "fires": fires.sha256,
        "zones": [[zone.zone_id, shapely.to_wkb(zone.geometry, hex=True)] for zone in context.zones],
        "same_fire": choices.model_dump(mode="json"),
        "coverage": [[item.source, item.collection, item.days.start, item.days.end, item.basis] for item in coverage],
    }
    return run_measurement(context, "fires", inputs, measure)


def _coverage(context: Context, artifacts: Sequence[Artifact]) -> list[Observed]:
    """Return what of the period each source of fires covers."""
    period = Span(context.period.start, context.period.end)
    found: list[Observed] = []
    for spec in context.definition.sources:
        own = [item for item in artifacts if item.source == spec.name and item.dataset == "fires"]
        if isinstance(spec, Firms):
            found += asked_days(spec, own, context.store)
        elif isinstance(spec, Files):
            found += file_days(spec, own, context.store)
    return [
        Observed(item.source, item.collection, days, item.basis)
        for item in found
        if (days := item.days.intersect(period)) is not None
    ]


def _rows(coverage: Sequence[Observed]) -> list[dict[str, Any]]:
    """Return a row for each day; where a day is covered twice the first reason stands."""
    days: dict[tuple[str, str, date], str] = {}
    for item in coverage:
        for number in range(item.days.days):
            days.setdefault((item.source, item.collection, item.days.start + timedelta(days=number)), item.basis)
    return [
        {"source": source, "collection": collection, "observed_on": day, "basis": basis}
        for (source, collection, day), basis in days.items()
    ]
