"""The parameters that the tables of a package were made with: which nobody has confirmed, and who confirmed the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from mrv.package.reductions import rule_name
from mrv.package.wording import Text

Row = Mapping[str, Any]

CONFIRMED = "confirmed"
STATUSES = {
    "unconfirmed": ("not confirmed", "sin confirmar"),
    "declared": ("declared by the project", "declarado por el proyecto"),
    "to_declare": ("to be declared", "por declarar"),
}


@dataclass(frozen=True)
class Used:
    """One parameter with the tables that it entered and the rule sets of the accounts that took it."""

    parameter_id: str
    name: str
    value: str
    unit: str
    document: str
    note: str | None
    status: Text | None
    marts: Sequence[str]
    rule_sets: Sequence[str]
    confirmed_by: str | None
    confirmed_on: date | None
    confirmed_in: str | None


def parameters(read: Callable[[str], Sequence[Row]]) -> dict[str, Any]:
    """Return what the report shows of the parameters in use: those that are open, those confirmed, and how many."""
    rows = sorted(read("parameters_used"), key=itemgetter("parameter_id"))
    used = [_used(list(group)) for _, group in groupby(rows, key=itemgetter("parameter_id"))]
    opened = [item for item in used if item.status is not None]
    return {
        "open_used": opened,
        "confirmed_used": [item for item in used if item.status is None],
        "used_count": len(used),
        "account_name": rule_name,
        "declared_count": sum(item.status == Text(*STATUSES["declared"]) for item in opened),
    }


def _used(rows: Sequence[Row]) -> Used:
    first = rows[0]
    document = ", ".join(part for part in (first["document"], first["version"], first["section"]) if part)
    status = first["status"]
    return Used(
        parameter_id=first["parameter_id"],
        name=first["name"],
        value=(first["choice"] or "–") if first["value"] is None else format(first["value"].normalize(), "f"),
        unit="" if first["value"] is None else first["unit"],
        document=document,
        note=first["note"],
        status=None if status == CONFIRMED else Text(*STATUSES.get(status, (status, status))),
        marts=sorted({row["mart"] for row in rows}),
        rule_sets=sorted({row["rule_set"] for row in rows}),
        confirmed_by=first["confirmed_by"],
        confirmed_on=first["confirmed_on"],
        confirmed_in=first["confirmed_in"],
    )
