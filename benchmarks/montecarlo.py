"""How long 10,000 draws of the errors of 2,050 trees take, and how much memory, as a ratio to the R package BIOMASS (12 s)."""

from __future__ import annotations

import argparse
import logging
import resource
import time

import numpy as np
import pyarrow as pa

from mrv.field.height import fit_height_model
from mrv.field.height_errors import HeightErrors, errors_of_heights
from mrv.field.montecarlo import TREE_SOURCES, draw_plots, make_stand
from mrv.field.sampling_draws import spread_of

logger = logging.getLogger(__name__)

PLOTS = 4
BIOMASS_SECONDS = 12.0
"""What the R package takes for the same on two cores."""


def make_trees(count: int) -> tuple[list[dict[str, object]], HeightErrors]:
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


def main() -> None:
    """Time one run of all errors after the code is compiled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=2050)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    rows, errors = make_trees(given.trees)
    censuses = [(f"p{plot}", "1") for plot in range(PLOTS)]
    stand = make_stand(pa.Table.from_pylist(rows), height=errors, censuses=censuses)
    draw_plots(stand, draws=10, seed=1, sources=TREE_SOURCES)
    start = time.perf_counter()
    draws = draw_plots(stand, draws=given.draws, seed=1, sources=TREE_SOURCES, threads=given.threads)
    seconds = time.perf_counter() - start
    found = spread_of(draws.sum(axis=1))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    logger.info(
        "%d trees, %d draws, %d threads: %.2f s, %.0f MB", given.trees, given.draws, given.threads, seconds, memory
    )
    logger.info("sum of the plots: mean %.1f, sd %.1f Mg", found.mean, found.sd)
    logger.info("R BIOMASS takes %.1f times as long", BIOMASS_SECONDS / seconds)


if __name__ == "__main__":
    main()
