"""Speed and memory of patrol points: a raw SMART export to the landed table, through its checks, to effort and coverage.

    python benchmarks/patrol_points.py                     1,000,000 points of 1,000 patrols
    python benchmarks/patrol_points.py --points 100000     a quick look

The export is in Spanish, with semicolons, decimal commas and the day first, made once in the temporary folder. Plain reading
of the same bytes by the csv module of Python is the peer. Each runs in a process of its own; the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import shapely

LIMIT_S, LIMIT_MB = 60, 2000
POINTS_PER_PATROL = 1000
BOUNDS = (-78.0, -8.0, -76.0, -6.0)
HEADER = "ID de Patrulla;ID de Tramo;Fecha del Punto;Hora del Punto;X;Y"


def main() -> None:
    """Make the file, run both, print seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--run", choices=("csv", "patrols"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    file = Path(tempfile.gettempdir()) / f"mrv-benchmark-patrols-{options.points}.csv"
    if options.run:
        print(json.dumps({"csv": read_plain, "patrols": land_and_measure}[options.run](file)))
        return
    if not file.is_file():
        write_export(file, options.points)
    plain, ours = (child(name, options.points) for name in ("csv", "patrols"))
    result = {
        "benchmark": "patrol_points",
        **ours,
        "plain_csv_seconds": plain["seconds"],
        "ratio": round(ours["landed_seconds"] / plain["seconds"], 2),
        "ok": ours["seconds"] < LIMIT_S and ours["peak_rss_mb"] < LIMIT_MB,
    }
    print(json.dumps(result))
    sys.exit(0 if result["ok"] else 1)


def child(name: str, points: int) -> dict[str, Any]:
    """Run one of the two in a process of its own."""
    command = [sys.executable, __file__, "--run", name, "--points", str(points)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def write_export(file: Path, points: int) -> None:
    """Write the export: walks of 1,000 points, ten seconds apart, a hundredth of them repeated."""
    rng = np.random.default_rng(958)
    patrols = points // POINTS_PER_PATROL
    walks = np.cumsum(rng.normal(0, 1e-4, (2, patrols, POINTS_PER_PATROL)), axis=2)
    seconds = 25_200 + 10 * np.arange(POINTS_PER_PATROL)
    clocks = [f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in seconds.tolist()]
    with file.open("w", encoding="cp1252", newline="") as stream:
        stream.write(f"{HEADER}\n")
        for patrol in range(patrols):
            day = f"{1 + patrol % 28:02d}/{1 + patrol // 28 % 12:02d}/2023"
            west, south = rng.uniform(-77.4, -76.6), rng.uniform(-7.6, -6.6)
            places = zip((west + walks[0, patrol]).tolist(), (south + walks[1, patrol]).tolist(), clocks, strict=True)
            lines = [
                f"BMS_{patrol:06d};1;{day};{clock};" + f"{x:.6f};{y:.6f}\n".replace(".", ",") for x, y, clock in places
            ]
            stream.writelines(lines[: -len(lines) // 100 or None])
            stream.writelines(lines[: len(lines) // 100])


def read_plain(file: Path) -> dict[str, Any]:
    """Read the cells and do nothing with them."""
    start = time.perf_counter()
    with file.open(encoding="cp1252", newline="") as stream:
        rows = sum(1 for _ in csv.reader(stream, delimiter=";"))
    return {"seconds": round(time.perf_counter() - start, 2), "rows": rows}


def land_and_measure(file: Path) -> dict[str, Any]:
    """Take the way of the data: pull, parse, write the landed Parquet, check, measure."""
    from expectations.runner import check
    from mrv.field.patrol_cells import Grid, cells_by_patrol, cut, patrol_coverage
    from mrv.field.patrol_effort import patrol_effort
    from mrv.field.patrol_tracks import TrackRule, clean_tracks
    from mrv.files import write_parquet
    from mrv.ledger import Ledger
    from mrv.periods import Span
    from mrv.project_sources import Smart
    from mrv.schemas import DATASETS
    from mrv.settings import Settings
    from mrv.sources import smart
    from mrv.sources.contract import Request
    from mrv.store import Store

    first, last = date(2023, 1, 1), date(2023, 12, 31)
    with tempfile.TemporaryDirectory() as folder:
        settings, start = Settings(home=Path(folder)), time.perf_counter()
        ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
        request = Request("p", Span(first, last), BOUNDS, file.parent, Store(settings.raw_dir), ledger, settings)
        item = {
            "path": file.name,
            "kind": "tracks",
            "encoding": "cp1252",
            "delimiter": ";",
            "decimal": ",",
            "dates": "dmy",
        }
        spec = Smart(connector="smart", name="s", root=".", files=(item,))
        parsed = smart.parse(spec, smart.pull(spec, request), request)["patrol_tracks"]
        write_parquet(Path(folder) / "landed.parquet", parsed.table)
        landed = time.perf_counter()
        west, south, east, north = BOUNDS
        sides = {"west": west, "south": south, "east": east, "north": north, "points_of_second_source": []}
        accepted = check("patrol_tracks", parsed.table, parameters=sides).accepted
        checked = time.perf_counter()
        rule = TrackRule(60, Decimal(120), "America/Lima", first, last)
        grid, zones = Grid("EPSG:32718", 1000), [("z", shapely.box(-77.5, -7.7, -76.5, -6.5))]
        tracks = clean_tracks(accepted, rule)
        pieces = cut(tracks, grid)
        effort = patrol_effort(DATASETS["patrol_records"].empty(), tracks, cells_by_patrol(tracks, pieces), rule)
        patrol_coverage(tracks, pieces, grid=grid, zones=zones, first_day=first, last_day=last)
        end = time.perf_counter()
        ledger.close()
    return {
        "points": parsed.rows_read,
        "patrols": effort.num_rows,
        "landed_seconds": round(landed - start, 2),
        "checked_seconds": round(checked - landed, 2),
        "measured_seconds": round(end - checked, 2),
        "seconds": round(end - start, 2),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
