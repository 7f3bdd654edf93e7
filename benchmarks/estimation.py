"""Speed of the estimates of a large sample: areas by zone and year, accuracies, error matrix, A_UDef.

    python benchmarks/estimation.py                            10,000 units of 50 strata
    python benchmarks/estimation.py --units 1000 --strata 10   a quick look

All outputs of a run are made from the columns of the sample, as the pipeline does, and the areas alone once more by a
plain loop over units and by pandas, in the same run. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mrv.estimation.accuracy import error_matrix, map_accuracy
from mrv.estimation.areas import class_areas
from mrv.estimation.sample import Sample, Stratum
from mrv.estimation.udef import unplanned_deforestation

CLASSES = ("loss", "gain", "stable_forest", "stable_non_forest")
ZONES = ("pa", "lb")
YEARS = tuple(range(2013, 2023))


def main() -> None:
    """Make the units, estimate, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=10_000)
    parser.add_argument("--strata", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=7, help="the fastest of so many runs counts")
    options = parser.parse_args()
    strata, units = make(options.units, options.strata)
    tasks: dict[str, Callable[[], Any]] = {
        "all": lambda: estimate_all(strata, units),
        "areas": lambda: estimate_areas(strata, units),
        "loop": lambda: loop_areas(strata, units),
        "pandas": lambda: pandas_areas(strata, units),
    }
    # Peers take turns, so that other work on the machine meets all of them.
    rounds = [{name: timed(task) for name, task in tasks.items()} for _ in range(options.repeats)]
    best = {name: min(turn[name] for turn in rounds) for name in tasks}
    ours, theirs = tasks["areas"](), tasks["loop"]()
    for label in CLASSES:
        assert all(
            math.isclose(one, other, rel_tol=1e-9) for one, other in zip(ours[label], theirs[label], strict=True)
        )
    result = {"benchmark": "estimation", "units": options.units, "strata": options.strata}
    result |= {"cells": len(sample_of(strata, units).cell_units)}
    result |= {f"{name}_seconds": round(seconds, 4) for name, seconds in best.items()}
    result |= {f"areas_ratio_to_{name}": round(best["areas"] / best[name], 3) for name in ("loop", "pandas")}
    print(json.dumps(result | {"all_ratio_to_loop": round(best["all"] / best["loop"], 3)}))


def timed(task: Callable[[], Any]) -> float:
    """Return the seconds that a task takes."""
    begin = time.perf_counter()
    task()
    return time.perf_counter() - begin


def make(count: int, strata: int) -> tuple[list[Stratum], dict[str, list[Any]]]:
    """Return strata, and units as columns: areas of their own, one label in ten other than the map's."""
    rng = np.random.default_rng(10)
    names = [f"{ZONES[number % 2]}.{number // 2:02}.{CLASSES[number // 2 % 4]}" for number in range(strata)]
    listed = [
        Stratum(stratum_id=name, area=float(area), pixel_count=int(area / 0.076))
        for name, area in zip(names, rng.uniform(500, 90_000, strata), strict=True)
    ]
    of_unit = rng.permutation(np.arange(count) % strata)
    mapped = [CLASSES[number // 2 % 4] for number in of_unit.tolist()]
    seen = [
        CLASSES[other] if differs else label
        for label, other, differs in zip(
            mapped, rng.integers(0, 4, count).tolist(), (rng.random(count) < 0.1).tolist(), strict=True
        )
    ]
    years = rng.choice(YEARS, count).tolist()
    return listed, {
        "unit_id": [f"unit-{number:05}" for number in range(count)],
        "stratum_id": [names[number] for number in of_unit.tolist()],
        "zone_id": [ZONES[number % 2] for number in of_unit.tolist()],
        "map_class": mapped,
        "reference_class": seen,
        "loss_year": [year if label == "loss" else None for year, label in zip(years, seen, strict=True)],
        "area": rng.uniform(760.0, 768.0, count).tolist(),
    }


def sample_of(strata: list[Stratum], units: dict[str, list[Any]]) -> Sample:
    """Return the checked sample."""
    return Sample.of(
        strata,
        unit_ids=units["unit_id"],
        stratum_ids=units["stratum_id"],
        columns={name: units[name] for name in ("zone_id", "map_class", "reference_class", "loss_year")},
        legends={"map_class": CLASSES, "reference_class": CLASSES},
        unit_areas=units["area"],
    )


def estimate_all(strata: list[Stratum], units: dict[str, list[Any]]) -> None:
    """Estimate what a run of the pipeline does, for the frame and each zone."""
    sample = sample_of(strata, units)
    lengths = {stratum.stratum_id: 2.0 for stratum in strata}
    for domain in ({}, *({"zone_id": zone} for zone in ZONES)):
        class_areas(sample, classes=CLASSES, domain=domain)
        class_areas(sample, classes=YEARS, column="loss_year", domain=domain)
        map_accuracy(sample, classes=CLASSES, domain=domain)
        error_matrix(sample, classes=CLASSES, domain=domain)
        unplanned_deforestation(sample, deforested={"loss"}, mpl_years=lengths, domain=domain)


def estimate_areas(strata: list[Stratum], units: dict[str, list[Any]]) -> dict[str, tuple[Any, Any]]:
    """Estimate the areas of the classes over the frame."""
    found = class_areas(sample_of(strata, units), classes=CLASSES)
    return {str(item.label): (item.estimate.value, item.estimate.se) for item in found}


def loop_areas(strata: list[Stratum], units: dict[str, list[Any]]) -> dict[str, tuple[float, float]]:
    """Estimate the same by a plain loop over the units of each stratum."""
    of_stratum = defaultdict(list)
    for name, label, area in zip(units["stratum_id"], units["reference_class"], units["area"], strict=True):
        of_stratum[name].append((label, area))
    totals: Counter[str] = Counter()
    variances: Counter[str] = Counter()
    for stratum in strata:
        rows = of_stratum[stratum.stratum_id]
        n, area = len(rows), sum(size for _, size in rows)
        for label in CLASSES:
            share = sum(size for seen, size in rows if seen == label) / area
            squares = sum((((seen == label) - share) * size * n / area) ** 2 for seen, size in rows)
            totals[label] += stratum.area * share
            variances[label] += stratum.area**2 * squares / (n - 1) / n
    return {label: (totals[label], math.sqrt(variances[label])) for label in CLASSES}


def pandas_areas(strata: list[Stratum], units: dict[str, list[Any]]) -> dict[str, tuple[float, float]]:
    """Estimate the same by groups of a frame."""
    frame = pd.DataFrame({name: units[name] for name in ("stratum_id", "reference_class", "area")})
    areas = pd.Series({stratum.stratum_id: stratum.area for stratum in strata})
    groups = frame.groupby("stratum_id")
    n, mean_area = groups["area"].size(), groups["area"].mean()
    found = {}
    for label in CLASSES:
        frame["y"] = (frame["reference_class"] == label).astype(float)
        share = (frame["y"] * frame["area"]).groupby(frame["stratum_id"]).sum() / (n * mean_area)
        residual = (frame["y"] - frame["stratum_id"].map(share)) * frame["area"] / frame["stratum_id"].map(mean_area)
        variance = (residual**2).groupby(frame["stratum_id"]).sum() / (n - 1) / n
        found[label] = (float((areas * share).sum()), math.sqrt((areas**2 * variance).sum()))
    return found


if __name__ == "__main__":
    main()
