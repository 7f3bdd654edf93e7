"""How often the interval of a sample holds the loss that there really was, in the simulated landscape of the demo.

The demo's own designs are drawn again with 200 seeds, each time labelled by another team, and estimated. Truth is known to
the pixel. The interval of a level should hold it in that share of the seeds, give or take what chance allows 200 of them:
95 times in 100, 95 % of 200 come out as 92 to 98 %, and 90 % as 86 to 94 %.

Three teams label: `perfect` makes no mistake and shows what design and estimator do; in `double` two people label every unit
and an expert settles what they disagree on; in `single` one of them labels alone. Two landscapes are like the demo's. The
third scenario has ten times its isolated loss, which the map misses far from all loss that it shows: so rare that most
samples meet none of it, and then neither the estimate nor its interval knows of it. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mrv.boundaries import load_zones
from mrv.estimation.areas import class_areas
from mrv.estimation.drawing import draw_ranks
from mrv.estimation.sample import Sample, Stratum
from mrv.project import LoadedProject, load_project
from mrv.project_sampling import Sampling
from mrv.settings import REPOSITORY
from mrv.simulator.interpreters import UNUSABLE, read, read_by_expert
from mrv.simulator.landscape import BASE_YEAR, LAST_YEAR, make_landscape
from mrv.simulator.tiles import PRODUCT, write_tiles
from mrv.simulator.truth import LATTICE, LOSS, SHARE_ISOLATED, Codes, Truth, make_truth, true_areas
from mrv.sources.sample_design_files import DesignStratum
from mrv.stages.sample_sizes import planned_counts
from mrv.units import UM2_PER_HA
from raster.rules import ForestRule, LossLayers, ProductRule, Region, Shape
from raster.sampling_frame import Frame, FrameRule, FrameUnits, survey_loss_frame

PROJECT = REPOSITORY / "projects" / "biocorredor_martin_sagrado"
VERSION = "GFC-2024-v1.12"
TEAMS = ("perfect", "double", "single")
SCENARIOS = {"": (958, 1.0), "_landscape_1": (1, 1.0), "_isolated_loss_x10": (958, 10.0)}
"""Seed of the landscape, and times the demo's isolated loss, by name."""
LEVELS = {"95": "ci95_half_width", "90": "ci90_half_width"}


def main() -> None:
    """Draw, label and estimate with many seeds and print how often the truth was held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--designs", nargs="+", default=["mp4", "mp1"], help="designs of the demo's definition")
    options = parser.parse_args()
    project = load_project(PROJECT)
    found = {
        f"{design}{name}": measure(project, design, landscape_seed=seed, times_isolated=times, seeds=options.seeds)
        for name, (seed, times) in SCENARIOS.items()
        for design in options.designs
    }
    bands = {level: expected_band(int(level) / 100, options.seeds) for level in LEVELS}
    print(json.dumps({"seeds": options.seeds, "expected_share_held": bands, **found}))


def expected_band(level: float, seeds: int) -> list[float]:
    """Return the shares between which intervals of a level lie, 95 times in 100, for so many seeds."""
    half = 1.96 * (level * (1 - level) / seeds) ** 0.5
    return [round(level - half, 3), round(min(1.0, level + half), 3)]


def measure(
    project: LoadedProject, design: str, *, landscape_seed: int, times_isolated: float, seeds: int
) -> Mapping[str, object]:
    """Return what one design does over many seeds in one landscape."""
    begun = time.perf_counter()
    spec = next(item for item in project.definition.sampling if item.id == design)
    years = [part.year for part in project.definition.period(spec.period).vintages]
    zones = [zone for zone in load_zones(project) if zone.kind in ("project_area", "leakage_belt")]
    landscape = make_landscape(landscape_seed, load_zones(project))
    truth = make_truth(landscape, isolated_share=times_isolated * SHARE_ISOLATED)
    span = {"first_year": spec.first_year or min(years), "last_year": spec.last_year or max(years)}
    true = {
        row.zone_id: row.area_um2 / UM2_PER_HA
        for row in true_areas(truth, zones, **span)
        if row.reference_class == "loss" and row.loss_year is None
    }
    with tempfile.TemporaryDirectory() as folder:
        layers = ("treecover2000", "lossyear", "datamask")
        paths = write_tiles(landscape, version=VERSION, layers=layers, folder=Path(folder))
        files = {layer: tuple(path for path in paths if f"_{layer}_" in path.name) for layer in layers}
        frame = survey(project, spec, files, [Shape(zone.zone_id, zone.geometry) for zone in zones], span)
        counts = planned_counts(spec, [described(item) for item in frame.strata])
        units = drawn(frame, counts, seeds)
    print(
        f"{design}, landscape {landscape_seed}, isolated loss x{times_isolated:g}: {sum(counts.values())} units",
        file=sys.stderr,
    )
    estimates: dict[str, dict[str, list]] = {team: {zone: [] for zone in true} for team in TEAMS}
    for seed, own in enumerate(units):
        for team, codes in labelled(truth, own, seed, span).items():
            for zone, area in loss_areas(frame, own, codes).items():
                estimates[team][zone].append(area)
    result = {team: {zone: judged(estimates[team][zone], true[zone]) for zone in true} for team in TEAMS}
    return {
        "units": sum(counts.values()),
        "units_by_stratum": counts,
        "true_loss_ha": {zone: round(area, 1) for zone, area in true.items()},
        **result,
        "seconds": round(time.perf_counter() - begun, 1),
    }


def survey(
    project: LoadedProject,
    spec: Sampling,
    files: Mapping[str, tuple[Path, ...]],
    zones: Sequence[Shape],
    span: Mapping[str, int],
) -> Frame:
    """Survey the frame once, as `mrv sample design` does."""
    forest = project.definition.forest_definition
    assert forest is not None
    return survey_loss_frame(
        LossLayers(files["treecover2000"], files["lossyear"], files["datamask"]),
        Region(zones, default_stratum="", pixel_rule="centre"),
        product=ProductRule(PRODUCT, VERSION, LATTICE, base_year=BASE_YEAR, last_year=LAST_YEAR),
        forest=ForestRule(
            forest.min_tree_cover_percent,
            forest.tree_cover_rule,
            int(forest.min_area_ha * UM2_PER_HA),
            forest.min_area_rule,
            forest.connectivity,
            forest.patch_extent,
        ),
        rule=FrameRule(
            **span,
            loss_buffer_pixels=spec.loss_buffer_pixels,
            by_zone=spec.by_zone,
            by_stratum=spec.by_stratum,
        ),
    )


def described(stratum: object) -> DesignStratum:
    """Return a stratum of the frame as a design writes it, before units are drawn."""
    names = ("stratum_id", "stratum_class", "map_class", "zone_id", "carbon_stratum_id", "pixel_count", "area_um2")
    return DesignStratum(**{name: getattr(stratum, name) for name in names}, drawn_count=0)


def drawn(frame: Frame, counts: Mapping[str, int], seeds: int) -> list[FrameUnits]:
    """Draw the design with each seed; all are located in one pass over the map."""
    pixels = {stratum.stratum_id: stratum.pixel_count for stratum in frame.strata}
    ranks = {
        name: np.concatenate(
            [draw_ranks(seed=seed, name=name, population=pixels[name], count=count) for seed in range(seeds)]
        )
        for name, count in counts.items()
    }
    of_seed = np.concatenate([np.repeat(np.arange(seeds), count) for count in counts.values()])
    units = frame.units(ranks)
    return [units.pick(of_seed == seed) for seed in range(seeds)]


def labelled(truth: Truth, units: FrameUnits, seed: int, span: Mapping[str, int]) -> Mapping[str, Codes]:
    """Return the labels that each team gives, in codes of truth and UNUSABLE."""
    place = (truth, units.row, units.column)
    one, two = (read(*place, seed=seed, interpreter=number, **span) for number in (0, 1))
    agreed = (one.codes == two.codes) & (one.loss_years == two.loss_years)
    return {
        "perfect": truth.classes(units.row, units.column, **span),
        "double": np.where(agreed, one.codes, read_by_expert(*place, seed=seed, **span).codes),
        "single": one.codes,
    }


def loss_areas(frame: Frame, units: FrameUnits, codes: Codes) -> Mapping[str, object]:
    """Return the estimated area of loss by zone, in hectares."""
    usable = np.flatnonzero(codes != UNUSABLE)
    sample = Sample.of(
        [
            Stratum(stratum_id=item.stratum_id, area=item.area_um2 / UM2_PER_HA, pixel_count=item.pixel_count)
            for item in frame.strata
        ],
        unit_ids=[str(unit) for unit in usable],
        stratum_ids=units.stratum_id[usable].tolist(),
        columns={"reference_class": codes[usable].tolist(), "zone_id": units.zone_id[usable].tolist()},
        unit_areas=units.area_um2[usable].astype(np.float64),
    )
    zones = sorted(set(units.zone_id.tolist()))
    return {zone: class_areas(sample, classes=[LOSS], domain={"zone_id": zone})[0].estimate for zone in zones}


def judged(estimates: Sequence, true: float) -> Mapping[str, float]:
    """Compare the estimates of all seeds with the truth."""
    values = np.array([item.value for item in estimates])
    result = {
        f"share_held_{level}": float(np.mean([abs(item.value - true) <= getattr(item, name) for item in estimates]))
        for level, name in LEVELS.items()
    }
    return result | {
        "mean_bias_percent": round(100 * (values.mean() / true - 1), 2),
        "median_bias_percent": round(100 * (float(np.median(values)) / true - 1), 2),
        "median_u90_percent": round(
            float(np.median([100 * item.ci90_half_width / item.value for item in estimates])), 1
        ),
    }


if __name__ == "__main__":
    main()
