"""Prefect tasks on a Dask cluster: one for each tile of a job."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect_dask.task_runners import DaskTaskRunner

from mrv.stages.cluster import CONNECT_S, await_result, do_job, no_scheduler


def through_prefect(address: str, jobs: Sequence[bytes]) -> Generator[bytes]:
    """Give jobs to a cluster as tasks of the flow run in this context.

    A refusal is final, and a worker that dies is the scheduler's business: no retries.

    Raises:
        UsageError: There is no scheduler at the address.
        MrvError: Whatever a part refuses.
    """
    # Made of an imported function, not by a decorator: workers look it up by its name.
    measure_tile = task(name="measure tile", cache_policy=NO_CACHE, persist_result=False)(do_job)
    with DaskTaskRunner(address=address, client_kwargs={"timeout": CONNECT_S}) as runner:
        try:
            futures = [runner.submit(measure_tile, {"job": job}) for job in jobs]
        except OSError as error:
            raise no_scheduler(address, error) from error
        for future in futures:
            await_result(runner.client, future.wrapped_future, address)
            yield future.result()
