"""How long the ledger of 200 projects over 20 years takes in one dbt run, and how much memory, as a ratio to that of one project.

Each project has five strata with five pools, a project area and a leakage belt with a row for each year, stratum and side, and one
of the five rule sets in turn: a fifth of them spread emissions over ten and twenty years. Every input has its error, so that
the draws are made too. One project of one year shows what dbt takes by itself. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from mrv.warehouse.build import Build
from tests.integration import account_inputs as make
from tests.integration.warehouse_inputs import Rows, build, records, write_landed

LIMIT_SECONDS = 60
FIRST_YEAR = 2005
RULE_SETS = ("vm0015_v1_1", "vm0007_v1_6", "vm0048_v1_0", "art_trees_2", "fcpf_cf")
POOLS = {"above_ground": 120, "below_ground": 27, "dead_wood": 7, "litter": 3, "soil": 60}
MARTS = ("emission_reductions", "vintages", "monte_carlo", "uncertainty_rules", "uncertainty_sensitivity")
EVERY_SECONDS = 0.1


def project(number: int, years: int, strata: int, draws: int) -> Rows:
    """Return the rows of one project."""
    name, rule_set = f"p{number:03d}", RULE_SETS[number % len(RULE_SETS)]
    start, end = date(FIRST_YEAR, 1, 1), date(FIRST_YEAR + years - 1, 12, 31)
    given: dict[str, make.Given] = {
        "buffer_rate": Decimal("0.14"),
        "leakage_rate": Decimal("0.1"),
        "displacement_factor": Decimal("0.05"),
        "title_share": Decimal(1),
        "fire_rule": "none",
        "monte_carlo_draws": Decimal(draws),
    }
    return {
        **make.account(name, rule_set, start, end, overrides=given),
        "baseline_versions": [make.version(name, "b1", start, end)],
        "account_stocks": list(stocks(name, number, strata)),
        "account_activity": list(areas(name, number, years, strata)),
    }


def stocks(name: str, number: int, strata: int) -> Iterator[dict[str, Any]]:
    """Give each pool of each stratum, and what follows the forest."""
    for stratum in range(strata):
        for pool, size in POOLS.items():
            value = Decimal(size + (number * 7 + stratum * 3) % 11)
            yield make.stock(name, f"s{stratum}", "forest", pool, value, se=value / 20)
        yield make.stock(name, f"s{stratum}", "post_deforestation", "total", "20", se=Decimal(2))


def areas(name: str, number: int, years: int, strata: int) -> Iterator[dict[str, Any]]:
    """Give the area of each year, stratum, zone and side."""
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        for stratum in range(strata):
            for scope, share in (("project_area", 4), ("leakage_belt", 1)):
                for side, size in (("b1", 400), (None, 400 // share)):
                    area = Decimal(size + (number * 13 + year * 5 + stratum * 17) % 97)
                    place = {"stratum": f"s{stratum}", "scope": scope, "zone": scope}
                    yield make.activity(name, side, year, area, se_ha=area / 25, **place)


def timed(rows: Rows, folder: Path) -> tuple[float, int, Build]:
    """Return the seconds of one build, the most memory that it and what it started held in MB, and the build."""
    landed = write_landed(rows, folder / "landed")
    done, peak = threading.Event(), [0]
    watcher = threading.Thread(target=watch, args=(done, peak))
    watcher.start()
    begun = time.perf_counter()
    try:
        result = build(landed, folder=folder / "build", marts=MARTS)
    finally:
        done.set()
        watcher.join()
    return time.perf_counter() - begun, peak[0] // 1024, result


def watch(done: threading.Event, peak: list[int]) -> None:
    """Keep the most memory that the processes which this one started hold together, in kB."""
    while not done.wait(EVERY_SECONDS):
        peak[0] = max(peak[0], sum(resident_kb(child) for child in children(Path("/proc/self/task"))))


def children(tasks: Path) -> Iterator[Path]:
    """Give the folders in /proc of all that the tasks of a process started, and of what these started."""
    for file in tasks.glob("*/children"):
        try:
            numbers = file.read_text().split()
        except OSError:
            continue
        for number in numbers:
            child = Path("/proc") / number
            yield child
            yield from children(child / "task")


def resident_kb(process: Path) -> int:
    """Return the memory that a process holds, none if it has ended."""
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def processor_seconds() -> float:
    """Return the processor time of all processes that this one started and that ended, by user and system."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def slowest(target: Path, count: int = 8) -> dict[str, float]:
    """Return the seconds of the models that took longest."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    spent = {one["unique_id"].split(".", 2)[2]: one["execution_time"] for one in results}
    return {name: round(spent[name], 2) for name in sorted(spent, key=spent.__getitem__, reverse=True)[:count]}


def main() -> int:
    """Time a portfolio and one project of one year."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--strata", type=int, default=5)
    parser.add_argument("--draws", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # Twice, for the first build also parses the models.
        for attempt in ("first", "second"):
            alone, _, _ = timed(project(0, 1, 1, given.draws), Path(folder) / attempt)
        before = processor_seconds()
        parts = (project(number, given.years, given.strata, given.draws) for number in range(given.projects))
        seconds, peak_mb, built = timed(make.merged(parts), Path(folder) / "all")
        used = processor_seconds() - before
        sql = "select count(*) as vintages, count(credits) as credited, sum(credits) as credits from marts.emission_reductions"
        (found,) = records(built.database, sql)
        spent = slowest(built.target)
    result = {
        "benchmark": "portfolio",
        "projects": given.projects,
        "years": given.years,
        "strata": given.strata,
        "draws": given.draws,
        "seconds": round(seconds, 1),
        "processor_seconds": round(used, 1),
        "one_project_seconds": round(alone, 1),
        "ratio_to_one_project": round(seconds / alone, 2),
        "limit_seconds": LIMIT_SECONDS,
        "peak_mb": peak_mb,
        "slowest_seconds": spent,
        **{name: int(value) for name, value in found.items()},
    }
    print(json.dumps(result))
    return 0 if seconds < LIMIT_SECONDS and found["credited"] == given.projects * given.years else 1


if __name__ == "__main__":
    sys.exit(main())
