"""Parts of a pass over pixels on a Dask cluster given by its address: one task for the parts of a tile, never per block."""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mrv.errors import MrvError, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

    from raster.parts import Part, Result

logger = logging.getLogger(__name__)
CONNECT_S = 30
ANSWER_S = 10
"""Seconds that a scheduler has to answer before a run begins."""
SAY_S = 30
"""Seconds without a worker after which that is said, and said again."""
NO_WORKER_S = 300
"""Seconds without a worker after which the run is given up; one whose last worker died may get another until then."""
Spread = Callable[[str, Sequence[bytes]], Iterator[bytes]]
"""Gives jobs to the cluster at an address and yields what `do_job` makes of each, in their order."""


@dataclass(frozen=True)
class Cluster:
    """Does the parts of each tile on a machine of a cluster; the results are those of threads to the last digit.

    Attributes:
        address: Address of the scheduler.
        workers: Threads of this process, for what is not given to the cluster.
        spread: How jobs reach the cluster.
    """

    address: str
    workers: int
    spread: Spread

    def run(self, parts: Sequence[Part[Result]]) -> Iterator[Result]:
        """See `raster.parts.Runner`."""
        tiles: dict[int, list[int]] = {}
        for place, part in enumerate(parts):
            tiles.setdefault(part.tile, []).append(place)
        # Pickled here: neither Dask nor Prefect has to look into the arrays of a job.
        jobs = [pickle.dumps([parts[place] for place in places]) for places in tiles.values()]
        found: dict[int, Result] = {}
        following = 0
        for places, answer in zip(tiles.values(), self.spread(self.address, jobs), strict=True):
            found.update(zip(places, pickle.loads(answer), strict=True))  # noqa: S301  from our own workers
            while following in found:
                yield found.pop(following)
                following += 1


def do_job(job: bytes) -> bytes:
    """Do the parts of one tile, on a worker.

    Raises:
        MrvError: Whatever a part refuses.
    """
    parts: list[Part[Any]] = pickle.loads(job)  # noqa: S301  from the process that owns the cluster's jobs
    try:
        return pickle.dumps([part.run() for part in parts])
    except MrvError as error:
        # Errors of other libraries behind it cannot always be pickled, and would take this one with them.
        error.__cause__ = error.__context__ = None
        raise


def through_client(address: str, jobs: Sequence[bytes]) -> Iterator[bytes]:
    """Give jobs to a cluster directly. A worker that dies loses its jobs to the others.

    Raises:
        UsageError: There is no scheduler at the address.
        MrvError: Whatever a part refuses.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise no_scheduler(address, error) from error
    with client:
        futures = [client.submit(do_job, job, pure=False) for job in jobs]
        for future in futures:
            await_result(client, future, address)
            yield future.result()


def refuse_silence(address: str) -> None:
    """Make sure that a scheduler answers, before anything is fetched for it.

    Raises:
        UsageError: None does.
    """
    from distributed import Client

    try:
        Client(address, timeout=ANSWER_S, set_as_default=False).close()  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise no_scheduler(address, error) from error


def await_result(client: Client, future: Future[Any], address: str) -> None:
    """Wait until a job is done or refused, as long as the cluster has a worker.

    Args:
        client: Through which the job was given.
        future: The job.
        address: Address of the scheduler, for messages.

    Raises:
        UsageError: The cluster had no worker for `NO_WORKER_S`, or its scheduler is gone.
    """
    from distributed import wait

    since = time.monotonic()
    while True:
        try:
            with client.as_current():
                wait([future], timeout=SAY_S)  # type: ignore[no-untyped-call]
        except TimeoutError:
            try:
                workers = client.nthreads()  # type: ignore[no-untyped-call]
            except OSError as error:
                raise no_scheduler(address, error) from error
            if workers:
                since = time.monotonic()
            elif (waited := time.monotonic() - since) < NO_WORKER_S:
                logger.warning("no worker at %s, waiting (%.0f s of %d s)", address, waited, NO_WORKER_S)
            else:
                raise UsageError(
                    "the Dask cluster has no worker",
                    expected=f"one within {NO_WORKER_S} s",
                    found="none",
                    where=f"MRV_DASK_ADDRESS={address}",
                    remedy=f"start one with: dask worker {address}; or take the setting away to use this machine's threads",
                ) from None
        except CancelledError as error:
            raise no_scheduler(address, error) from error
        else:
            return


def no_scheduler(address: str, error: Exception) -> UsageError:
    """Return the refusal of an address that leads nowhere."""
    return UsageError(
        "there is no Dask scheduler at the address given",
        expected="an address such as tcp://host:8786, of a scheduler that runs",
        found=str(error) or type(error).__name__,
        where=f"MRV_DASK_ADDRESS={address}",
        remedy="start a scheduler and its workers, or take the setting away to use this machine's threads",
    )
