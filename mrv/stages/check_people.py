"""What the checks of communities' records depend on besides the records themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from mrv.stages.check import Checked

EARLIEST_DAY = date(1990, 1, 1)
"""No record of a project's people is older; a year typed as 0023 or 1923 is."""

DATED = (
    *("activity_records", "employment_records", "livelihood_records", "nursery_records", "planting_records"),
    *("survival_checks", "grievance_records", "consent_steps"),
)


def people_parameters(dataset: str, table: pa.Table, checked: Mapping[str, Checked]) -> Mapping[str, Any]:
    """Return the values that the suite of a dataset takes beside the period's; none for datasets of other rooms.

    Args:
        dataset: Name of the landed table.
        table: Its rows as received. Where no register of communities was received, the ids in it are taken as known:
            a project without a register is told so once, not with every record.
        checked: What was accepted before it.
    """
    values: dict[str, Any] = {}
    if dataset in DATED:
        values["earliest_day"] = EARLIEST_DAY
    if dataset in DATED and "community_id" in table.schema.names:
        register = checked.get("communities")
        known = table if register is None else register.table()
        values["community_ids"] = sorted({name for name in known["community_id"].to_pylist() if name is not None})
    if dataset == "activity_participants":
        activities = checked.get("activity_records")
        values["activity_ids"] = [] if activities is None else sorted(activities.table()["activity_id"].to_pylist())
    return values
