"""Analyst SQL over marts of 5 million rows: 20 analysts with think time, and where the time of one query goes.

Run: `python benchmarks/analyst_sql.py [--rows 5000000] [--analysts 20] [--seconds 60] [--think 3.0]`. The queries go through the
same sandbox as the data room's: one process each, forked from a warm parent. Shown beside DuckDB itself, open in this process,
on the same file with the same number of threads: what the walls cost.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from mrv.warehouse.sandbox import Limits, Sandbox
from mrv.warehouse.snapshot import DATABASE

QUERIES = {
    "loss by zone and year": "select zone_id, year, sum(area_ha) from loss_patches group by all order by all",
    "one zone's years": "select year, count(*), sum(area_ha) from loss_patches where zone_id = 'z07' group by year order by year",
    "largest patches": "select patch_id, zone_id, area_ha from loss_patches order by area_ha desc limit 100",
    "one patch": "select * from loss_patches where patch_id = 4242424",
    "credits by vintage": "select vintage_year, credits from emission_reductions order by 1",
    "first thousand": "select * from loss_patches limit 1000",
}
GOAL_MS = 150


def make(folder: Path, rows: int) -> None:
    """Write a snapshot with a mart of so many rows, and 90 small ones, as a project has."""
    with duckdb.connect(str(folder / DATABASE)) as connection:
        connection.execute(
            f"""
            create table loss_patches as
            select range as patch_id, 'z' || lpad((hash(range) % 40)::varchar, 2, '0') as zone_id,
                2001 + (hash(range + 1) % 24)::int as year, ((hash(range + 2) % 1000000) / 1000000.0)::decimal(18, 6) as area_ha,
                (hash(range + 3) % 9)::int as driver
            from range({rows})
            """
        )
        connection.execute(
            "create table emission_reductions as select 2022 + range as vintage_year, 1000 * range as credits from range(3)"
        )
        for number in range(90):
            connection.execute(f"create table small_{number} as select range as a, range::varchar as b from range(50)")


def told(name: str, seconds: list[float]) -> None:
    """Print the percentiles of some times."""
    cuts = statistics.quantiles(seconds, n=100)
    p50, p95, p99 = (cuts[at] * 1000 for at in (49, 94, 98))
    print(f"{name:<38} n {len(seconds):>5}   p50 {p50:6.1f}   p95 {p95:6.1f}   p99 {p99:6.1f} ms")


def timed(act: Callable[[], object], times: int) -> list[float]:
    """Return how long an act takes, each time."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append(time.perf_counter() - start)
    return found


@contextmanager
def opened(folder: Path, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give DuckDB in this process, as the peer."""
    with duckdb.connect(str(folder / DATABASE), read_only=True, config={"threads": threads}) as connection:
        yield connection


def costs(folder: Path, sandbox: Sandbox) -> None:
    """Print what one query costs in the sandbox, and in DuckDB alone."""

    def ask(sql: str) -> None:
        sandbox.run(folder, sql, io.BytesIO(), form="json", limits=Limits())

    print("\nOne query at a time")
    told("walls alone (select 1)", timed(lambda: ask("select 1"), 40))

    def open_only() -> None:
        with opened(folder, 1) as connection:
            connection.execute("select 1").fetchall()

    told("  of it: DuckDB opens the file", timed(open_only, 40))
    with opened(folder, 1) as peer:
        for name, sql in QUERIES.items():
            told(name, timed(lambda sql=sql: ask(sql), 20))  # type: ignore[misc]
            told("  DuckDB alone, already open", timed(lambda sql=sql: peer.execute(sql).fetchmany(1000), 20))  # type: ignore[misc]


def crowd(folder: Path, sandbox: Sandbox, *, analysts: int, seconds: float, think_s: float) -> list[float]:
    """Let analysts ask for a while, each thinking between questions; return the times of all answers."""
    end, found, lock = time.monotonic() + seconds, [], threading.Lock()

    def analyst(number: int) -> None:
        draw = random.Random(number)
        time.sleep(draw.random() * think_s)
        while time.monotonic() < end:
            sql = draw.choice(list(QUERIES.values()))
            start = time.perf_counter()
            sandbox.run(folder, sql, io.BytesIO(), form="json", limits=Limits(), person=str(number))
            with lock:
                found.append(time.perf_counter() - start)
            time.sleep(draw.expovariate(1 / think_s))

    with ThreadPoolExecutor(analysts) as threads:
        list(threads.map(analyst, range(analysts)))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--analysts", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--think", type=float, default=3.0, help="Mean seconds between an answer and the next question."
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, closing(Sandbox()) as sandbox:
        folder = Path(name)
        make(folder, given.rows)
        sandbox.warm()
        size = (folder / DATABASE).stat().st_size / 1e6
        print(f"{given.rows:,} rows, {size:.0f} MB, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        costs(folder, sandbox)
        print(
            f"\n{given.analysts} analysts for {given.seconds:g} s, {given.think:g} s of thought between questions on average"
        )
        found = crowd(folder, sandbox, analysts=given.analysts, seconds=given.seconds, think_s=given.think)
        told(f"all answers (goal: p95 {GOAL_MS} ms)", found)


if __name__ == "__main__":
    main()
