"""What the checks of patrols need beside the rows: which of them end before they begin, by local days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mrv.stages.context import Context


def patrol_parameters(context: Context, dataset: str, table: pa.Table) -> Mapping[str, Any]:
    """Return the parameters of the suites of patrols; none for other datasets."""
    if dataset == "patrol_records":
        return {"ended_before_start": _ended_before_start(table)}
    if dataset == "patrol_tracks":
        return {"points_of_second_source": _points_of_second_source(context, table)}
    if dataset == "patrol_events":
        from mrv.field.patrol_events import answered_before

        return {"answered_before": answered_before(table, context.definition.patrols.time_zone)}
    return {}


def sources_of_patrols(context: Context, tracks: pa.Table) -> dict[str, dict[str, list[str]]]:
    """Return the files with points of each patrol by the source that they came from.

    The kind of a source is not enough: two SMART databases may both have a patrol 7.

    Args:
        context: The run.
        tracks: Rows of `patrol_tracks`.

    Returns:
        Patrol to source to the sha256 of its files; sources in the order of their names.
    """
    pairs = tracks.group_by(["patrol_id", "_artifact"]).aggregate([]).to_pylist()
    addresses = context.ledger.addresses(context.definition.id, {pair["_artifact"] for pair in pairs})
    found: dict[str, dict[str, list[str]]] = {}
    for patrol, sha256 in sorted((pair["patrol_id"], pair["_artifact"]) for pair in pairs):
        # An address begins with the connector and the name of the source.
        source = "/".join(addresses.get(sha256, sha256).split("/")[:2])
        found.setdefault(patrol, {}).setdefault(source, []).append(sha256)
    return {patrol: dict(sorted(sources.items())) for patrol, sources in found.items()}


def _points_of_second_source(context: Context, tracks: pa.Table) -> list[str]:
    """Return which points are of a patrol of which another source, the first by name, has points too."""
    from expectations.frames import origins

    found: list[str] = []
    for patrol, sources in sources_of_patrols(context, tracks).items():
        later = [sha256 for source in list(sources)[1:] for sha256 in sources[source]]
        if later:
            ours = pc.and_(
                pc.equal(tracks["patrol_id"], patrol), pc.is_in(tracks["_artifact"], value_set=pa.array(later))
            )
            found += origins(tracks.filter(ours))
    return sorted(found)


def _ended_before_start(records: pa.Table) -> list[str]:
    from expectations.frames import origins

    return sorted(origins(records.filter(pc.less(records["ended_at"], records["started_at"]))))
