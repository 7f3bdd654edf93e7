"""A Dask scheduler and two workers as processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import Client

from mrv.settings import REPOSITORY


def processes(*words: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("w") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
            cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stdout=stream, stderr=subprocess.STDOUT,
        )  # fmt: skip


@contextmanager
def cluster(folder: Path, *, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers of one thread as processes of their own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    started = [
        processes(
            "dask_scheduler",
            "--host",
            address,
            "--no-dashboard",
            "--dashboard-address",
            ":0",
            log=folder / "scheduler.log",
        )
    ]
    try:
        for number in range(workers):
            started.append(
                processes(
                    "dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", f"w{number}",
                    "--local-directory", str(folder), log=folder / f"worker{number}.log",
                )
            )  # fmt: skip
        with Client(address, timeout=60, set_as_default=False) as client:
            if workers:
                client.wait_for_workers(workers, timeout=60)
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
