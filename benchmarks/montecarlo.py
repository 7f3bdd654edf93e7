"""How long 10,000 draws of the errors of 2,050 trees take, and how much memory, as a ratio to the same in numpy."""

from __future__ import annotations

import argparse
import json
import math
import resource
import time
from typing import Any

import numpy as np
import pyarrow as pa

from mrv.field.height import fit_height_model
from mrv.field.height_errors import HeightErrors, errors_of_heights
from mrv.field.height_groups import POOLED
from mrv.field.montecarlo import TREE_SOURCES, draw_plots, make_stand
from mrv.field.sampling_draws import spread_of

PLOTS = 4


def make_trees(count: int) -> tuple[list[dict[str, Any]], HeightErrors]:
    """Return made-up trees with the diameters of a tropical forest, 250 species and a model height, and the errors of that model."""
    generator = np.random.default_rng(1)
    dbh = np.round(10 + generator.exponential(13, count), 1)
    density = np.round(generator.normal(0.65, 0.1, 250).clip(0.25, 1.1), 6)
    sample = np.round(10 + generator.exponential(13, 900), 1)
    heights = np.exp(0.5 + 1.14 * np.log(sample) - 0.0985 * np.log(sample) ** 2 + generator.normal(0, 0.22, 900))
    model = fit_height_model(dbh_cm=sample.tolist(), height_m=heights.tolist(), form="log2_weighted")
    errors = errors_of_heights(
        model, sample=list(zip(sample.tolist(), heights.tolist(), strict=True)), tallest_m=float(heights.max())
    )
    rows = []
    for tag, (one, height) in enumerate(zip(dbh.tolist(), model.predict_m(dbh).tolist(), strict=True)):
        species = int(generator.integers(250))
        rows.append(
            {
                "plot_id": f"p{tag % PLOTS}",
                "census_id": "1",
                "tree_id": str(tag),
                "dbh_cm": one,
                "height_m": height,
                "height_method": model.form,
                "family": None,
                "genus": "Genus",
                "species": f"s{species}",
                "life_form": "tree",
                "wood_density_g_cm3": float(density[species]),
                "wood_density_sd_g_cm3": 0.09,
                "wood_density_level": "species",
                "agb_kg": 0.0673 * (float(density[species]) * one**2 * height) ** 0.976,
                "allometry": "chave_2014_eq4",
                "trees_per_ha": 1.0,
            }
        )
    return rows, errors


def numpy_draws(rows: list[dict[str, Any]], errors: HeightErrors, draws: int) -> np.ndarray:
    """Draw the same errors with numpy, one draw at a time: what a script would do."""
    generator = np.random.default_rng(1)
    dbh, density, sd = (
        np.array([row[name] for row in rows]) for name in ("dbh_cm", "wood_density_g_cm3", "wood_density_sd_g_cm3")
    )
    _, taxon = np.unique([row["species"] for row in rows], return_inverse=True)
    b0, b1, b2 = errors.coefficients
    totals = np.empty(draws)
    for draw in range(draws):
        spread = np.where(generator.random(dbh.size) < 0.05, 4.64, 0.0062 * dbh + 0.0904)
        size = np.maximum(dbh + spread * generator.standard_normal(dbh.size), 0.1)
        wood = np.clip(density + sd * generator.standard_normal(taxon.max() + 1)[taxon], 0.08, 1.39)
        log_size = np.log(size)
        log_height = b0 + b1 * log_size + b2 * log_size**2 + errors.rse * generator.standard_normal(dbh.size)
        log_agb = np.log(0.0673) + 0.976 * (np.log(wood) + 2 * log_size + log_height)
        totals[draw] = np.exp(log_agb + 0.357 * generator.standard_normal(dbh.size) - 0.357**2 / 2).sum() / 1000
    return totals


def main() -> None:
    """Time one run of all errors after the code is compiled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=2050)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="the fastest of so many runs counts")
    given = parser.parse_args()
    rows, errors = make_trees(given.trees)
    censuses = {(f"p{plot}", "1"): "s" for plot in range(PLOTS)}
    stand = make_stand(pa.Table.from_pylist(rows), heights={POOLED: errors}, censuses=censuses)
    draw_plots(stand, draws=10, seed=1, sources=TREE_SOURCES)
    seconds, plain, processor = math.inf, math.inf, math.inf
    for _ in range(given.repeats):
        start, used = time.perf_counter(), time.process_time()
        draws = draw_plots(stand, draws=given.draws, seed=1, sources=TREE_SOURCES, threads=given.threads)
        seconds = min(seconds, time.perf_counter() - start)
        processor = min(processor, time.process_time() - used)
        start = time.perf_counter()
        numpy_draws(rows, errors, given.draws)
        plain = min(plain, time.perf_counter() - start)
    found = spread_of(draws.sum(axis=1))
    result = {
        "benchmark": "montecarlo",
        "trees": given.trees,
        "draws": given.draws,
        "threads": given.threads,
        "seconds": round(seconds, 3),
        "processor_seconds": round(processor, 3),
        "numpy_seconds": round(plain, 3),
        "ratio_to_numpy": round(seconds / plain, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "mean_mg": round(found.mean, 3),
        "sd_mg": round(found.sd, 3),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
