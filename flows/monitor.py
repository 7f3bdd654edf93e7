"""The flow of a monitoring period: `mrv run` starts it, and a deployment can schedule it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import replace
from typing import Any, TypeVar

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from flows.caller import calling, current_caller
from flows.tiles import through_prefect
from mrv.approvals import Approver
from mrv.errors import SourceError
from mrv.progress import SILENT, Progress
from mrv.settings import Settings
from mrv.stages.context import open_context
from mrv.stages.pipeline import Caller, RunResult, run_period
from mrv.stages.results import failed_check_rows, forest_rows, vintage_rows

T = TypeVar("T")


def _worth_a_retry(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Only what an outside source failed at is worth another try; a refusal of ours stays one."""
    return isinstance(state.result(raise_on_failure=False), SourceError)


class TaskCaller(Caller):
    """Makes a Prefect task of each step. Steps keep their own memory in the ledger, so Prefect caches nothing."""

    def __init__(self, *, patient: bool) -> None:
        """Say whether to come back to a source that failed: a schedule has the time, a person at a terminal has not."""
        self.patient = patient
        self.flow = copy_context()

    def __call__(self, name: str, function: Callable[..., T], *arguments: Any, network: bool = False) -> T:
        """Run the step as a task; only reads from the network are retried."""
        retried = network and self.patient

        @task(
            name=name,
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=2 if retried else 0,
            retry_delay_seconds=[10, 60] if retried else None,
            retry_jitter_factor=0.5 if retried else None,
            retry_condition_fn=_worth_a_retry if retried else None,
        )
        def step() -> T:
            return function(*arguments)

        return step()

    def map(self, address: str, jobs: Sequence[bytes]) -> Iterator[bytes]:
        """Make a Prefect task of each tile, on the cluster; a child of the flow, whose context can travel there.

        The step that waits for the tiles is a task too, but holds what cannot be pickled: the ledger, the progress bar.
        """
        answers = through_prefect(address, jobs)
        try:
            for _ in jobs:
                yield self.flow.run(next, answers)
        finally:
            answers.close()


@flow(name="monitor-period", flow_run_name="{project} {period}", validate_parameters=False, persist_result=False)
def monitor_period(project: str, period: str) -> dict[str, Any]:
    """Pull, check, transform, account and publish one monitoring period of a project.

    Args:
        project: Name of a project, or the folder of one.
        period: Id of the monitoring period.

    Returns:
        What the run did, as a small JSON record: Prefect keeps it.
    """
    caller = current_caller()
    # Nobody stands behind a schedule who could approve a change of what is published.
    settings, progress, approver = caller or (Settings(), SILENT, None)
    with open_context(project, period, settings, progress) as context:
        result = run_period(replace(context, approver=approver), TaskCaller(patient=caller is None))
    _artifacts(result)
    return summary(result)


def run_flow(
    project: str, period: str, *, settings: Settings, progress: Progress, approver: Approver | None = None
) -> dict[str, Any]:
    """Start the flow in this process with the caller's settings and somebody who watches and may approve."""
    with calling(settings, progress, approver):
        return monitor_period(project, period)


def summary(result: RunResult) -> dict[str, Any]:
    """Return a run's result as a JSON record."""
    return {
        "project": result.project,
        "period": result.period,
        "package": str(result.published.path),
        "version": result.published.version,
        "pending": result.published.pending.record() if result.published.pending else None,
        "snapshot": str(result.snapshot.folder),
        "changed": list(result.changed_steps),
        "rows_read": result.rows_read,
        "rows_quarantined": result.rows_quarantined,
        "simulated": result.simulated,
        "seconds": dict(result.seconds),
    }


def _artifacts(result: RunResult) -> None:
    key = f"{result.project}-{result.period}".replace("_", "-")
    folder = result.snapshot.folder
    tables = {
        "emission-reductions": (vintage_rows(folder), "Emission reductions by vintage, tCO2e"),
        "forest": (forest_rows(folder), "Forest and its loss by zone and year of the period, ha"),
        "checks": (failed_check_rows(folder), "Checks that did not pass, and how many rows they set aside"),
    }
    for name, (rows, description) in tables.items():
        create_table_artifact(key=f"{key}-{name}", table=rows, description=description)
    lines = [
        f"# {result.project}, {result.period}",
        "**The data are simulated.**" if result.simulated else "",
        f"Package `{result.published.path}` (version {result.published.version})",
        _waiting(result),
        f"Rows read {result.rows_read}, in quarantine {result.rows_quarantined}",
        "Nothing changed." if not result.changed else "Changed: " + ", ".join(result.changed_steps),
    ]
    create_markdown_artifact(
        key=f"{key}-run", markdown="\n\n".join(line for line in lines if line), description="What the run did"
    )


def _waiting(result: RunResult) -> str:
    pending = result.published.pending
    if pending is None:
        return ""
    figures, causes = pending.difference["figures_changed"], pending.difference["causes"]
    said = "; ".join(cause["en"] for cause in causes)
    content = f"--content {pending.content_key[:12]}"
    command = f"mrv approve {result.project} --period {result.period} {content} --by NAME --reason TEXT"
    return (
        f"**Not published: version {pending.stands} stands.** Version {pending.version} would change {figures} figures "
        f"({said}) and needs an approval: `{command}`"
    )
