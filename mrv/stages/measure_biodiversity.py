"""Measure animals and plants: names by the backbone, categories by day, nights of cameras, independent events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mrv.periods import Span
from mrv.schemas import DATASETS
from mrv.stages.check import Checked, table_hash
from mrv.stages.context import Context
from mrv.stages.measure import Measured, run_measurement

_NAMED = (
    "camera_observations",
    "occurrences",
    "species_categories",
    "nursery_records",
    "planting_records",
    "survival_checks",
)
"""Datasets whose scientific names are matched with the backbone."""


def measure_biodiversity(context: Context, checked: Mapping[str, Checked]) -> Measured | None:
    """Resolve names, date categories and turn pictures into effort and events; None where nothing of it was received.

    Raises:
        InputError: The backbone or the list of categories contradicts itself.
    """
    used = (*_NAMED, "species_names", "camera_deployments")
    tables = {name: checked[name].table() for name in used if name in checked}
    if not tables.keys() & {"camera_deployments", *_NAMED}:
        return None

    def measure() -> dict[str, pa.Table]:
        from mrv.field.species import TaxonNames, taxon_categories, taxon_matches

        names, choices = TaxonNames(tables.get("species_names")), context.definition.biodiversity
        given = [name for table in _NAMED if table in tables for name in _names(table, tables[table])]
        result = {"taxon_matches": taxon_matches(given, names)} if given else {}
        if "species_categories" in tables:
            result["taxon_categories"] = taxon_categories(
                tables["species_categories"], names, wanted=choices.categories_list
            )
        if "camera_deployments" in tables:
            result |= _cameras(context, tables, names)
        return result

    inputs = {
        "tables": {name: table_hash(table) for name, table in tables.items()},
        "biodiversity": context.definition.biodiversity.model_dump(mode="json"),
        "period": [context.period.start, context.period.end],
    }
    return run_measurement(context, "biodiversity", inputs, measure)


def _names(dataset: str, table: pa.Table) -> list[str]:
    """Return the names of a table, each once; of pictures only those of animals, for people are matched with nothing."""
    if dataset == "camera_observations":
        table = table.filter(pc.equal(table["observation_type"], "animal"))
    names: list[str] = pc.unique(table["scientific_name"]).drop_null().to_pylist()
    return names


def _cameras(context: Context, tables: Mapping[str, pa.Table], names: Any) -> dict[str, pa.Table]:
    from mrv.field.cameras import camera_effort, camera_events, detections

    choices, deployments = context.definition.biodiversity, tables["camera_deployments"]
    period = Span(context.period.start, context.period.end)
    observations = tables.get("camera_observations", DATASETS["camera_observations"].empty())
    found = detections(observations, deployments)
    effort = camera_effort(deployments, period=period, time_zone=choices.time_zone, outside=found.outside)
    events = camera_events(
        found,
        deployments,
        period=period,
        minutes=choices.independence_minutes,
        time_zone=choices.time_zone,
        told=names.told,
    )
    return {"camera_effort": effort, "camera_events": events}
