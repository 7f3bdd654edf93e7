"""Measure patrols: their days, hours, distance and cells, coverage of zones, and how fast events were answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import shapely

from mrv.schemas import DATASETS
from mrv.stages.check import Checked
from mrv.stages.check_patrols import sources_of_patrols
from mrv.stages.context import Context
from mrv.stages.measure import Measured, run_measurement

RECEIVED = ("patrol_records", "patrol_tracks", "patrol_events")


def measure_patrols(context: Context, checked: Mapping[str, Checked]) -> Measured | None:
    """Turn accepted records, tracks and events of patrols into effort; None where no source gives any.

    Args:
        context: The run.
        checked: Accepted batches by dataset.

    Raises:
        ProjectError: The grid has too many cells.
    """
    if not any(name in checked for name in RECEIVED):
        return None
    tables = {
        name: checked[name].table() if name in checked else DATASETS[name].schema.empty_table() for name in RECEIVED
    }
    inputs = {
        "tables": {name: checked[name].sha256 for name in RECEIVED if name in checked},
        "patrols": context.definition.patrols.model_dump(mode="json"),
        "local_crs": context.definition.local_crs,
        "period": [context.period.start, context.period.end],
        "sources": _sources(context, tables["patrol_tracks"]),
        "zones": [[zone.zone_id, shapely.to_wkb(zone.geometry, hex=True)] for zone in context.zones],
    }
    return run_measurement(context, "patrol_effort", inputs, lambda: _measure(context, tables))


def _measure(context: Context, tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    from mrv.field.patrol_cells import Grid, cells_by_patrol, cut, patrol_coverage
    from mrv.field.patrol_effort import patrol_days, patrol_effort
    from mrv.field.patrol_events import event_days
    from mrv.field.patrol_tracks import TrackRule, clean_tracks
    from mrv.field.patrol_twins import told_twice

    choices, period = context.definition.patrols, context.period
    rule = TrackRule(
        max_gap_minutes=choices.max_gap_minutes,
        max_speed_km_h=choices.max_speed_km_h,
        time_zone=choices.time_zone,
        first_day=period.start,
        last_day=period.end,
    )
    tracks = clean_tracks(tables["patrol_tracks"], rule)
    grid = Grid(context.definition.local_crs, choices.cell_m)
    pieces = cut(tracks, grid)
    sources = _sources(context, tables["patrol_tracks"])
    twins = told_twice(tracks, [sources[patrol] for patrol in tracks.patrols])
    cells = cells_by_patrol(tracks, pieces)
    return {
        "patrol_effort": patrol_effort(tables["patrol_records"], tracks, cells, rule, twins=twins),
        "patrol_days": patrol_days(tracks),
        "patrol_coverage": patrol_coverage(
            tracks,
            pieces,
            grid=grid,
            zones=[(zone.zone_id, zone.geometry) for zone in context.zones],
            first_day=period.start,
            last_day=period.end,
        ),
        "patrol_event_days": event_days(
            tables["patrol_events"], time_zone=choices.time_zone, first_day=period.start, last_day=period.end
        ),
    }


def _sources(context: Context, tracks: pa.Table) -> dict[str, str]:
    """Return the source of each patrol's track; the check left it one."""
    return {patrol: next(iter(found)) for patrol, found in sources_of_patrols(context, tracks).items()}
