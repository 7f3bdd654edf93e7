"""Which days a raster of the package tells of, where these are not those of the monitoring period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

import pyarrow as pa

from mrv.ledger import Artifact
from mrv.sources.products import product
from mrv.stages.clip import clip_name
from mrv.stages.context import Context
from mrv.stages.measure import raster_layers

FOREST_LOSS = "forest_loss_year"
"""Raster of forest and the year of its loss."""
Days = tuple[date, date]


def raster_days(
    context: Context, artifacts: Sequence[Artifact], tables: Mapping[str, pa.Table], rasters: Iterable[str]
) -> dict[str, Days]:
    """Return first and last day by raster: years of the product of forest and its loss, days of the scenes of a composite.

    Args:
        context: The run.
        artifacts: Every file that the period used.
        tables: What dbt started from.
        rasters: Names of the rasters of the package.
    """
    found = dict(chain(_layers(context, artifacts), _composites(tables, rasters)))
    return {name: found[name] for name in rasters if name in found}


def _layers(context: Context, artifacts: Sequence[Artifact]) -> Iterator[tuple[str, Days]]:
    layers = raster_layers(context, artifacts)
    for role, items in layers.items():
        row = product(items[0].product)
        last_year = row.last_year(items[0].version or "")
        if row.base_year is None or last_year is None:
            continue
        years = (row.base_year, row.base_year if role == "tree_cover" else last_year)
        days = (date(years[0], 1, 1), date(years[1], 12, 31))
        yield clip_name(items[0]), days
        if role == "loss_year":
            yield FOREST_LOSS, days


def _composites(tables: Mapping[str, pa.Table], rasters: Iterable[str]) -> Iterator[tuple[str, Days]]:
    """Yield the days between the first and the last scene of the composites that a raster is named after."""
    if "scenes" not in tables:
        return
    days: dict[str, list[date]] = {}
    for row in tables["scenes"].select(["composite_id", "acquired_on_utc", "used"]).to_pylist():
        if row["used"]:
            days.setdefault(row["composite_id"], []).append(row["acquired_on_utc"])
    for name in rasters:
        own = [day for composite, found in days.items() if f"_{composite}_" in f"{name}_" for day in found]
        if name.startswith("scenes_") and own:
            yield name, (min(own), max(own))
