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
    if dataset == "patrol_events":
        from mrv.field.patrol_events import answered_before

        return {"answered_before": answered_before(table, context.definition.patrols.time_zone)}
    return {}


def _ended_before_start(records: pa.Table) -> list[str]:
    from expectations.frames import origins

    return sorted(origins(records.filter(pc.less(records["ended_at"], records["started_at"]))))
