"""Speed and memory of trees to strata: 1,000,000 trees of 1,000 permanent plots, each measured twice.

    python benchmarks/tree_biomass.py                  1,000,000 trees
    python benchmarks/tree_biomass.py --plots 100      a quick look

Names, wood densities, a fitted height model, biomass, sums of plots and strata, and the fate of every tree. Memory is the most
that the process held, `base_mb` what it held with the landed tables before it began. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from mrv.field.carbon import field_carbon
from mrv.project_field import FieldCarbon as Settings
from mrv.schemas import DATASETS

TREES, CENSUSES = 500, 2
GENERA, SPECIES, SHARE_WITH_HEIGHT = 300, 900, 0.2


def make_plots(plots: int) -> pa.Table:
    """Make the plots, a hectare each."""
    empty = dict.fromkeys(DATASETS["plots"].schema.names) | {"area_ha": 1.0, "_artifact": "a", "_row": 1}
    return DATASETS["plots"].table(
        empty | {"plot_id": f"p{plot:05d}", "census_id": str(census), "census_date": date(2018 + 4 * census, 1, 1)}
        for plot in range(plots)
        for census in range(CENSUSES)
    )


def make_trees(plots: int) -> pa.Table:
    """Make the trees of both censuses, in no order."""
    rng = np.random.default_rng(1)
    count = plots * TREES
    dbh = np.round(10 + rng.exponential(15, count), 1)
    both = np.concatenate([dbh, np.round(dbh + rng.normal(1, 0.4, count), 1)])
    heights = np.where(rng.random(2 * count) < SHARE_WITH_HEIGHT, np.round(5 + 2.2 * np.sqrt(both), 1), np.nan)

    def names(word: str, number: int) -> pa.Array:
        drawn = pa.array([f"{word}{at}" for at in range(number)]).take(pa.array(rng.integers(0, number, count)))
        return pa.concat_arrays([drawn] * CENSUSES)

    given: dict[str, Any] = {
        "plot_id": np.tile(np.repeat([f"p{plot:05d}" for plot in range(plots)], TREES), CENSUSES),
        "census_id": np.repeat(["0", "1"], count),
        "tree_id": np.tile([str(tag) for tag in range(TREES)], plots * CENSUSES),
        "dbh_cm": both,
        "height_m": pa.array(heights, from_pandas=True),
        "genus": names("Genus", GENERA),
        "species": names("epithet", SPECIES),
        "status": np.repeat(["alive"], 2 * count),
        "_artifact": np.repeat(["a"], 2 * count),
        "_row": np.arange(2 * count),
    }
    schema = DATASETS["trees"].schema
    columns = [
        pa.array(given[field.name], field.type) if field.name in given else pa.nulls(2 * count, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema).take(pa.array(rng.permutation(2 * count)))


def make_densities() -> pa.Table:
    """Make wood densities of most genera."""
    empty = dict.fromkeys(DATASETS["wood_density"].schema.names) | {"level": "genus", "_artifact": "a", "_row": 1}
    return DATASETS["wood_density"].table(
        empty | {"genus": f"Genus{at}", "wood_density_g_cm3": 0.3 + at / 1000, "sd_g_cm3": 0.07}
        for at in range(GENERA - 20)
    )


def main() -> None:
    """Measure once and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plots", type=int, default=1000)
    plots = parser.parse_args().plots
    tables = {"plots": make_plots(plots), "trees": make_trees(plots), "wood_density": make_densities()}
    base_mb = _memory_mb()
    start = time.perf_counter()
    carbon = field_carbon(
        **tables,
        heights=None,
        names=None,
        plot_strata={f"p{plot:05d}": "forest" for plot in range(plots)},
        trees_set_aside={},
        settings=Settings(),
        decay_factors={},
    )
    seconds = time.perf_counter() - start
    found = {"trees": carbon.tree_biomass.num_rows, "seconds": round(seconds, 2)}
    print(json.dumps(found | {"base_mb": base_mb, "peak_mb": _memory_mb()}))


def _memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
