"""Where the tables lie that a project has published last."""

from __future__ import annotations

from pathlib import Path

from mrv.errors import UsageError
from mrv.ledger import Ledger
from mrv.project import find_project, load_project
from mrv.settings import Settings


def published_snapshot(project: str, settings: Settings, *, period: str | None) -> Path:
    """Return the folder of a project's current snapshot.

    Args:
        project: Name or folder of the project.
        settings: The house's settings.
        period: Id of the monitoring period; default: the newest snapshot of any.

    Raises:
        ProjectError: There is no such project, or no such period.
        UsageError: Nothing has been published yet.
    """
    definition = load_project(find_project(project, settings)).definition
    if period is not None:
        definition.period(period)
    ledger = Ledger(settings.ledger_address)
    try:
        snapshot = ledger.current_snapshot(definition.id, period)
    finally:
        ledger.close()
    if snapshot is None:
        raise UsageError(
            f"nothing has been published for {project}",
            remedy=f"run it first: mrv run {project} --period {period or '...'}",
        )
    return settings.root / str(snapshot["path"])
