"""Speed and memory of field files: raw CSV to landed table, and the check of its rows.

    python benchmarks/field_rows.py                  1,000,000 trees, then 1,000,000 points of patrols
    python benchmarks/field_rows.py --rows 100000    a quick look

Each table runs in a process of its own, so that memory is that of its rows alone. `land_seconds` is from the raw file to the
landed table and its quarantine on disk: the file into the store, its rows typed, both tables written. `check_seconds` is the
suite of Great Expectations on these rows after it. Memory is the most that the process held by the end of each. One row in a
thousand cannot be read, and words, units and an order of dates are mapped, as real files need it. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from mrv.files import write_parquet
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import Files, TableFile
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.sources import files
from mrv.sources.contract import Request
from mrv.store import Store

BOUNDS = (-77.5, -7.87, -76.6, -6.6)
PERIOD = Span(date(2023, 1, 1), date(2023, 12, 31))
TREES_PER_PLOT, POINTS_PER_PATROL = 500, 1_000
SPOILT_EVERY = 1_000
CENSUS = "1"


def write_trees(path: Path, rows: int) -> None:
    """Write a census: one row per tree, diameters in mm, the status in Spanish."""
    chance = Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write("parcela,censo,placa,dap_mm,pom,metodo,altura,familia,especie,estado\n")
        for at in range(rows):
            dbh = "x" if at % SPOILT_EVERY == 0 else chance.randint(100, 2000)
            height = chance.randint(50, 400) / 10 if at % 3 == 0 else "NA"
            file.write(
                f"P{at // TREES_PER_PLOT},{CENSUS},T{at},{dbh},1.3,cinta,{height},Fabaceae,Inga sp{at % 300},vivo\n"
            )


def write_points(path: Path, rows: int) -> None:
    """Write tracks: a point every 25 seconds in local time, dates as DD/MM/YYYY."""
    chance = Random(1)
    start = datetime(PERIOD.start.year, 1, 2, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        file.write("patrulla,tramo,hora,x,y\n")
        for at in range(rows):
            moment = start + timedelta(seconds=25 * at)
            x = "x" if at % SPOILT_EVERY == 0 else f"{-77 + chance.random() * 0.3:.6f}"
            file.write(
                f"PT{at // POINTS_PER_PATROL},{at // 200},{moment:%d/%m/%Y %H:%M:%S},{x},{-7.5 + chance.random():.6f}\n"
            )


TREES = TableFile(
    path="table.csv",
    dataset="trees",
    columns={
        "plot_id": "parcela",
        "census_id": "censo",
        "tree_id": "placa",
        "dbh_cm": "dap_mm",
        "pom_m": "pom",
        "dbh_method": "metodo",
        "height_m": "altura",
        "family": "familia",
        "genus": "especie",
        "species": "especie",
        "status": "estado",
    },
    words={"genus": 1, "species": 2},
    factors={"dbh_cm": Decimal("0.1")},
    values={"status": {"vivo": "alive", "muerto": "dead"}},
    licence="-",
    citation="-",
)
POINTS = TableFile(
    path="table.csv",
    dataset="patrol_tracks",
    columns={"patrol_id": "patrulla", "leg_id": "tramo", "recorded_at": "hora", "longitude": "x", "latitude": "y"},
    constants={"source_system": "gps"},
    dates="dmy",
    time_zone="America/Lima",
    licence="-",
    citation="-",
)
CASES = {"trees": (TREES, write_trees), "patrol_points": (POINTS, write_points)}


def peak_rss_mb() -> float:
    """Return the most memory that this process held until now, in MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def measure(name: str, rows: int, folder: Path) -> dict[str, Any]:
    """Land and check one table, and return its figures."""
    table, write = CASES[name]
    (folder / "data").mkdir()
    write(folder / "data" / "table.csv", rows)
    settings = Settings(home=folder / "home")
    ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
    request = Request("p", PERIOD, BOUNDS, folder, Store(settings.raw_dir), ledger, settings)
    spec = Files(connector="files", name="field", root="data", tables=(table,))
    begin = time.perf_counter()
    parsed = files.parse(spec, files.pull(spec, request), request)[table.dataset]
    write_parquet(folder / "table.parquet", parsed.table)
    write_parquet(folder / "quarantine.parquet", DATASETS["quarantine"].table(parsed.rejected))
    landed = time.perf_counter()
    figures = {
        "rows": rows,
        "file_mb": round((folder / "data" / "table.csv").stat().st_size / 1e6, 1),
        "rows_landed": parsed.table.num_rows,
        "rows_set_aside": len(parsed.rejected),
        "values_repaired": sum(item["value_count"] for item in parsed.repairs),
        "land_seconds": round(landed - begin, 2),
        "land_peak_rss_mb": peak_rss_mb(),
    }
    ledger.close()
    accepted = check_rows(table.dataset, parsed.table)
    return {
        **figures,
        "rows_accepted": accepted,
        "check_seconds": round(time.perf_counter() - landed, 2),
        "check_peak_rss_mb": peak_rss_mb(),
    }


def check_rows(dataset: str, table: Any) -> int:
    """Check the landed rows by their suite and return how many it accepts."""
    from expectations.runner import check

    west, south, east, north = BOUNDS
    parameters: dict[str, Any] = {
        "west": west - 1,
        "south": south - 1,
        "east": east + 1,
        "north": north + 1,
        "quarantined_plot_keys": [],
        "living_dead_trees": [],
        "trees_below_nests": [],
        "palms_called_trees": [],
        "as_if_millimetres": [],
        "points_of_second_source": [],
        "min_dbh_cm": 10,
    }
    if dataset == "trees":
        parameters["known_plot_keys"] = [f"{plot}|{CENSUS}|" for plot in table["plot_id"].unique().to_pylist()]
    return int(check(dataset, table, parameters=parameters).accepted.num_rows)


def main() -> None:
    """Run each case in a process of its own and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--case", choices=sorted(CASES))
    arguments = parser.parse_args()
    if arguments.case:
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(json.dumps(measure(arguments.case, arguments.rows, Path(folder))) + "\n")
        return
    figures = {}
    for name in CASES:
        command = [sys.executable, __file__, "--case", name, "--rows", str(arguments.rows)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        figures[name] = json.loads(done.stdout.splitlines()[-1])
    total = round(sum(case["land_seconds"] for case in figures.values()), 2)
    sys.stdout.write(json.dumps({**figures, "land_seconds_together": total}) + "\n")


if __name__ == "__main__":
    main()
