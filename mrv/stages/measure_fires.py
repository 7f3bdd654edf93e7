"""Measure fires: in which zones each detection lies, and which detections tell of the same fire."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from mrv.schemas import DATASETS
from mrv.stages.check import Checked
from mrv.stages.context import Context
from mrv.stages.measure import Measured, run_measurement
from raster.rules import Shape


def measure_fires(context: Context, fires: Checked) -> Measured:
    """Say in which zones each fire detection lies, and which fire it tells of.

    Args:
        context: The run.
        fires: The accepted detections.
    """
    table, choices = fires.table(), context.definition.fires

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
        )
        rule = SameFire(choices.same_fire_hours, choices.viirs_pixel_m, choices.modis_pixel_m)
        return {
            "fire_zones": DATASETS["fire_zones"].table(
                {"fire_id": ids[index], "zone_id": zone} for index, zone in zones_of_points(longitude, latitude, shapes)
            ),
            "fire_events": DATASETS["fire_events"].table(fire_events(detections, rule)),
        }

    inputs = {
        "fires": fires.sha256,
        "zones": [[zone.zone_id, shapely.to_wkb(zone.geometry, hex=True)] for zone in context.zones],
        "same_fire": choices.model_dump(mode="json"),
    }
    return run_measurement(context, "fires", inputs, measure)
