"""Parts of a pass over pixels on a Dask cluster given by its address: one task for the parts of a tile, never per block."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mrv.errors import MrvError, UsageError

if TYPE_CHECKING:
    from raster.parts import Part, Result

CONNECT_S = 30
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
        yield from (future.result() for future in futures)


def no_scheduler(address: str, error: Exception) -> UsageError:
    """Return the refusal of an address that leads nowhere."""
    return UsageError(
        "there is no Dask scheduler at the address given",
        expected="an address such as tcp://host:8786, of a scheduler that runs",
        found=str(error) or type(error).__name__,
        where=f"MRV_DASK_ADDRESS={address}",
        remedy="start a scheduler and its workers, or take the setting away to use this machine's threads",
    )
