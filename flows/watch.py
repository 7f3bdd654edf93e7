"""The flow of the version watch: a deployment asks the sources of a project on a schedule, and says what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from mrv.errors import SourceError
from mrv.settings import Settings
from mrv.stages.context import newest_period, open_context
from mrv.stages.watch import TROUBLE, Watched, watch
from mrv.stages.watch_summary import change_rows, finding_rows, watch_record


@flow(name="watch-versions", flow_run_name="{project}", validate_parameters=False, persist_result=False)
def watch_versions(project: str, period: str | None = None, measure: bool = False) -> Mapping[str, Any]:
    """Ask the sources of a project what is new, changed or withdrawn; nothing that was published is touched.

    Args:
        project: Name of a project, or the folder of one.
        period: Id of the monitoring period whose files are compared; default: the newest that has begun.
        measure: Also fetch and measure what would change.

    Returns:
        The watch, as a small JSON record without the areas: those are in its folder.

    Raises:
        SourceError: A source did not let itself be asked; what the others said is in the artifacts.
    """
    settings = Settings()
    chosen = period or newest_period(project, settings)

    @task(name="watch", cache_policy=NO_CACHE, persist_result=False)
    def look() -> Watched:
        with open_context(project, chosen, settings) as context:
            return watch(context, measure=measure)

    watched = look()
    key = f"{watched.project}-watch".replace("_", "-")
    create_table_artifact(
        key=f"{key}-findings", table=finding_rows(watched), description="New, changed or withdrawn upstream"
    )
    if watched.changes:
        create_table_artifact(
            key=f"{key}-changes", table=change_rows(watched), description="Areas that would change, ha"
        )
    if watched.unreachable:
        silent = sorted({item.source for item in watched.findings if item.status in TROUBLE})
        raise SourceError(
            "a source did not let itself be asked",
            found=", ".join(silent),
            where=str(watched.folder),
            remedy="see its line in the findings; the next watch asks again",
        )
    return {name: value for name, value in watch_record(watched).items() if name != "changes"}
