"""What the ledger says, for `mrv status`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mrv.approvals import Approvals
from mrv.ledger import Ledger
from mrv.project import find_project, load_project
from mrv.settings import Settings


def project_status(project: str, settings: Settings) -> list[dict[str, str]]:
    """Return one record per period, stage and dataset: the newest step, its state and its row counts."""
    definition = load_project(find_project(project, settings)).definition
    ledger = Ledger(settings.ledger_address)
    try:
        steps = ledger.history(definition.id)
        packages = [
            row for period in definition.monitoring_periods for row in _packages(ledger, definition.id, period.id)
        ]
    finally:
        ledger.close()
    newest: dict[tuple[str, str, str], dict[str, str]] = {}
    for step in steps:
        key = (step["period"], step["stage"], step["dataset"])
        if key in newest:
            continue
        rows = (json.loads(step["result"]) if step["result"] else {}).get("rows", ["", "", ""])
        newest[key] = {
            "period": step["period"],
            "stage": step["stage"],
            "dataset": step["dataset"],
            "state": step["status"],
            "read": str(rows[0]),
            "accepted": str(rows[1]),
            "quarantined": str(rows[2]),
            "at": (step["finished_at"] or step["started_at"])[:19],
            "error": (step["error"] or "").splitlines()[0] if step["error"] else "",
        }
    order = {name: position for position, name in enumerate(("land", "check", "measure", "transform", "publish"))}
    return sorted(
        [*newest.values(), *packages], key=lambda row: (row["period"], order.get(row["stage"], 9), row["dataset"])
    )


def _packages(ledger: Ledger, project: str, period: str) -> Iterator[dict[str, str]]:
    """Yield the package of a period, and what waits for an approval to follow it."""
    counts = {"read": "", "accepted": "", "quarantined": ""}
    if (package := ledger.latest_package(project, period)) is not None:
        state, moment = f"version {package.version}", package.created_at[:19]
        names = {"period": period, "stage": "publish", "dataset": "package"}
        yield {**names, "state": state, **counts, "at": moment, "error": ""}
    if (proposal := Approvals(ledger, project, period).proposal()) is not None:
        names = {"period": period, "stage": "publish", "dataset": f"version {proposal.version}"}
        said = f"{proposal.difference['figures_changed']} figures would change: mrv approve"
        yield {**names, "state": "needs approval", **counts, "at": proposal.proposed_at[:19], "error": said}
