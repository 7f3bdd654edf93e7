"""Speed and memory of surveying a map for a sample design, as ratios against plain decoding in the same run.

    python benchmarks/sample_design.py                one full tile of 40,000 x 40,000 pixels, a dozen zones
    python benchmarks/sample_design.py --size 8000    a quick look

The tile pair is that of `benchmarks/crosstab.py`, made once in the temporary folder. Every pixel lies in a zone; units are
drawn in equal numbers from the classes of all zones and found again in the files. Decoding and our pass run in processes
of their own and take turns. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.crosstab import FOREST, LATTICE, decode, make_tiles, peak_rss_mb, polygons
from raster.parts import Threads, Work
from raster.rules import LossLayers, ProductRule, Region
from raster.sampling_frame import Frame, FrameRule, survey_loss_frame

RULE = FrameRule(first_year=2019, last_year=2023, loss_buffer_pixels=2, by_zone=False, by_stratum=False)
LIMIT_RATIO, LIMIT_MB = 1.5, 1000


def main() -> None:
    """Make the tiles, take turns, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=40_000, help="pixels on a side of the tile")
    parser.add_argument("--zones", type=int, default=12)
    parser.add_argument("--units", type=int, default=2_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="the fastest of so many runs counts")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = Path(tempfile.gettempdir()) / f"mrv-benchmark-crosstab-{options.size}"
    if options.run:
        print(json.dumps(run(options.run, folder, options)))
        return
    make_tiles(folder, options.size)
    rounds = [{name: child(name) for name in ("decode", "design")} for _ in range(options.repeats)]
    best = {name: min(turn[name]["seconds"] for turn in rounds) for name in rounds[0]}
    cpu = {name: min(turn[name]["cpu_seconds"] for turn in rounds) for name in rounds[0]}
    memory = max(turn["design"]["peak_rss_mb"] for turn in rounds)
    ratio = best["design"] / best["decode"]
    result = {
        "benchmark": "sample_design",
        "size": options.size,
        "zones": len(polygons(options.size, options.zones)),
        "units": options.units,
        "threads": options.threads,
        "seconds": best["design"],
        "survey_seconds": min(turn["design"]["survey_seconds"] for turn in rounds),
        "decode_seconds": best["decode"],
        "ratio_to_decode": round(ratio, 3),
        "cpu_ratio_to_decode": round(cpu["design"] / cpu["decode"], 3),
        "ratio_to_decode_by_round": [
            round(turn["design"]["seconds"] / turn["decode"]["seconds"], 3) for turn in rounds
        ],
        "peak_rss_mb": memory,
        "within_limits": ratio <= LIMIT_RATIO and memory <= LIMIT_MB,
    }
    print(json.dumps(result))


def child(name: str) -> dict[str, Any]:
    """Run one peer in a process of its own."""
    done = subprocess.run([sys.executable, *sys.argv, "--run", name], check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {result}", flush=True)
    return result


def run(name: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Time decoding, or survey and units, with the process's peak of memory."""
    paths = [folder / "cover.tif", folder / "loss.tif"]
    if name == "decode":
        begin, begin_cpu = time.perf_counter(), time.process_time()
        decode(paths, options)
        return {
            "seconds": round(time.perf_counter() - begin, 3),
            "cpu_seconds": round(time.process_time() - begin_cpu, 3),
        }
    warm = survey(paths, options, zones=slice(0, 1))
    draw(warm, 8)
    begin, begin_cpu = time.perf_counter(), time.process_time()
    frame = survey(paths, options, zones=slice(None))
    surveyed = time.perf_counter() - begin
    assert frame.pixel_count == options.size**2, f"the zones share the tile: {frame.pixel_count} pixels"
    found = draw(frame, options.units)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    assert found == options.units, f"{found} units"
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu, 3),
        "survey_seconds": round(surveyed, 3),
        "peak_rss_mb": round(peak_rss_mb(), 1),
    }


def survey(paths: list[Path], options: argparse.Namespace, *, zones: slice) -> Frame:
    """Survey the frame of some of the zones."""
    return survey_loss_frame(
        LossLayers((paths[0],), (paths[1],)),
        Region(polygons(options.size, options.zones)[zones], default_stratum="all"),
        product=ProductRule("benchmark", "1", LATTICE, 2000, 2023),
        forest=FOREST["plain"],
        rule=RULE,
        work=Work(Threads(options.threads)),
    )


def draw(frame: Frame, units: int) -> int:
    """Find so many units, as many in each stratum, and return how many different ones there are."""
    rng = np.random.default_rng(3)
    shares = np.full(len(frame.strata), units // len(frame.strata))
    shares[: units % len(frame.strata)] += 1
    ranks = {
        stratum.stratum_id: rng.choice(stratum.pixel_count, share, replace=False, shuffle=False)
        for stratum, share in zip(frame.strata, shares.tolist(), strict=True)
    }
    found = frame.units(ranks)
    return len(set(zip(found.row.tolist(), found.column.tolist(), strict=True)))


if __name__ == "__main__":
    main()
