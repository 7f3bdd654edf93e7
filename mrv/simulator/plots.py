"""Forest plots as KoboToolbox gives them: about 36 censuses, with the mistakes that field data have."""

from __future__ import annotations

import copy
import math
import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mrv.boundaries import Zone
from mrv.periods import Span
from mrv.project_field import Layout
from mrv.simulator.censuses import nest_plots, second_censuses
from mrv.simulator.taxa import STRATA, Taxon, load_taxa

PLOTS_PER_STRATUM = {"premontane": 14, "montane": 14, "cloud_forest": 8}
AGB_MG_HA = {"premontane": 300.0, "montane": 255.0, "cloud_forest": 215.0}
AGB_SPREAD = 0.16
STATURE = {"premontane": 1.0, "montane": 0.9, "cloud_forest": 0.76}
"""Height of a tree of some diameter, relative to the lowland forest."""
MIN_DBH_CM, MAX_DBH_CM, DBH_SCALE_CM = 10.0, 130.0, 15.0
SHARE_WITH_HEIGHT = 1 / 3
PALMS, TREE_FERNS = "Arecaceae", "Cyatheaceae"
DAYS_OUTSIDE = 400

Submission = dict[str, Any]


def make_submissions(
    seed: int, zones: Sequence[Zone], *, census_window: Span, layouts: Sequence[Layout] = ()
) -> list[Submission]:
    """Make the submissions of a form, sorted by `_id`; the same arguments give the same submissions.

    Every fourth plot is permanent and measured a second time, where the window is long enough; where the project declares a
    nested layout, two plots are laid out by it. Planted, each once: a diameter in millimetres, a plot sent twice, an edited
    submission, one that the reviewer did not approve, a census before the window, and the mistakes of `censuses`.

    Args:
        seed: Any whole number.
        zones: Zones of the project: plots lie in its project area, by strata if there are any.
        census_window: Days on which a census may lie.
        layouts: Nested plots that the project declares.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    taxa = load_taxa()
    submissions: list[Submission] = []
    for stratum, area in _areas(zones).items():
        for point in _points(rng, area, PLOTS_PER_STRATUM[stratum]):
            number = len(submissions) + 1
            submissions.append(_submission(rng, taxa, stratum, point, number=number, window=census_window))
    once = len(submissions)
    _plant_mistakes(rng, submissions, census_window)
    nest_plots(rng, submissions, layouts)
    submissions += second_censuses(rng, submissions[:once], last_day=census_window.end)
    return sorted(submissions, key=lambda item: int(item["_id"]))


def _areas(zones: Sequence[Zone]) -> dict[str, BaseGeometry]:
    project = shapely.union_all([zone.geometry for zone in zones if zone.kind == "project_area"])
    strata = {zone.zone_id: zone.geometry for zone in zones if zone.kind == "stratum"}
    return {
        name: project.intersection(strata[name]) if name in strata else project
        for name in STRATA
        if name in strata or not strata
    }


def _points(rng: np.random.Generator, area: BaseGeometry, count: int) -> list[tuple[float, float]]:
    west, south, east, north = area.bounds
    points: list[tuple[float, float]] = []
    while len(points) < count:
        longitude, latitude = rng.uniform(west, east), rng.uniform(south, north)
        if shapely.contains_xy(area, longitude, latitude):
            points.append((round(float(longitude), 6), round(float(latitude), 6)))
    return points


def _submission(
    rng: np.random.Generator,
    taxa: Sequence[Taxon],
    stratum: str,
    point: tuple[float, float],
    *,
    number: int,
    window: Span,
) -> Submission:
    season = min(window.days - 1, 180 + int(rng.integers(0, 110)))
    census_date = window.start + timedelta(days=season)
    area_ha = 1.0 if number % 6 == 0 else 0.5
    target_mg = AGB_MG_HA[stratum] * area_ha * float(np.clip(rng.normal(1, AGB_SPREAD), 0.6, 1.4))
    unique = _uuid(rng)
    return {
        "_id": 410_000 + number * 7,
        "_uuid": unique,
        "meta/instanceID": f"uuid:{unique}",
        "meta/rootUuid": f"uuid:{unique}",
        "__version__": "vSimulated1",
        "_submission_time": _sent(census_date, days=3),
        "_validation_status": {"uid": "validation_status_approved", "label": "Approved"},
        "_submitted_by": "simulated",
        "plot/plot_id": f"BMS-{number:02d}",
        "plot/census_id": f"{census_date.year}",
        "plot/census_date": census_date.isoformat(),
        "plot/area_ha": f"{area_ha}",
        "plot/slope_percent": f"{int(rng.integers(2, 55))}",
        "plot/slope_corrected": "true",
        "plot/gps": f"{point[1]:.6f} {point[0]:.6f} {int(rng.integers(700, 2900))} {int(rng.integers(3, 9))}",
        "trees": _trees(rng, taxa, stratum, target_mg),
    }


def _sent(day: date, *, days: int) -> str:
    return datetime.combine(day + timedelta(days=days), time(15, 30)).isoformat()


def _uuid(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))


def _trees(rng: np.random.Generator, taxa: Sequence[Taxon], stratum: str, target_mg: float) -> list[dict[str, str]]:
    """Grow trees until the plot holds its biomass (Chave et al. 2014, eq. 4; palms and tree ferns by their own)."""
    weights = np.array([taxon.abundance[stratum] for taxon in taxa])
    cumulative = np.cumsum(weights / weights.sum())
    trees: list[dict[str, str]] = []
    total_mg = 0.0
    while total_mg < target_mg:
        taxon = taxa[min(int(np.searchsorted(cumulative, rng.random(), side="right")), len(taxa) - 1)]
        dbh_cm, height_m, kg = _size(rng, taxon, stratum)
        alive = rng.random() > 0.025
        if alive:
            total_mg += kg / 1000
        tree = {"trees/tree_id": str(len(trees) + 1), "trees/dbh_cm": f"{dbh_cm}"}
        # Tree ferns are low enough to be measured, and their equation has no other way.
        if alive and rng.random() < (SHARE_WITH_HEIGHT if taxon.family != TREE_FERNS else 0.95):
            tree["trees/height_m"] = f"{height_m}"
        trees.append(tree | _names(rng, taxon) | _status(rng, taxon, height_m, alive=alive))
    return trees


def _size(rng: np.random.Generator, taxon: Taxon, stratum: str) -> tuple[float, float, float]:
    """Return diameter in cm, height in m and biomass in kg of a new tree."""
    if taxon.family == PALMS:
        dbh_cm = min(40.0, round(MIN_DBH_CM + float(rng.exponential(6)), 1))
        return (
            dbh_cm,
            round(4 + 0.5 * dbh_cm + float(rng.normal(0, 1)), 1),
            math.exp(-3.3488 + 2.7483 * math.log(dbh_cm)),
        )
    if taxon.family == TREE_FERNS:
        dbh_cm = min(25.0, round(MIN_DBH_CM + float(rng.exponential(4)), 1))
        height_m = round(2 + 0.25 * dbh_cm + float(rng.normal(0, 0.4)), 1)
        return dbh_cm, height_m, -4266348 / (1 - 2792284 * math.exp(-0.313677 * height_m))
    dbh_cm = min(MAX_DBH_CM, round(MIN_DBH_CM + float(rng.exponential(DBH_SCALE_CM)), 1))
    height_m = round(_height_m(dbh_cm) * STATURE[stratum] * math.exp(float(rng.normal(0, 0.13))), 1)
    return dbh_cm, height_m, 0.0673 * (taxon.wood_density_g_cm3 * dbh_cm**2 * height_m) ** 0.976


def _status(rng: np.random.Generator, taxon: Taxon, height_m: float, *, alive: bool) -> dict[str, str]:
    """Half of the dead trees still stand: their decay was noted, and the height of what is left of most of them."""
    if alive or taxon.family in (PALMS, TREE_FERNS) or rng.random() < 0.5:
        return {"trees/status": "alive" if alive else "dead"}
    decay = ("sound", "intermediate", "rotten")[int(rng.integers(0, 3))]
    dead = {"trees/status": "dead", "trees/life_form": "standing_dead", "trees/decay_class": decay}
    if rng.random() < 0.95:
        dead["trees/height_m"] = f"{max(1.5, height_m * float(rng.uniform(0.3, 1))):.1f}"
    return dead


def _height_m(dbh_cm: float) -> float:
    """A lowland height-diameter curve in logarithms, flattening towards large trees."""
    logarithm = math.log(dbh_cm)
    return math.exp(0.517 + 1.142 * logarithm - 0.0985 * logarithm**2)


def _names(rng: np.random.Generator, taxon: Taxon) -> dict[str, str]:
    """Most trees are named to the species, some to the genus or family only, a few not at all."""
    luck = rng.random()
    if luck > 0.97:
        return {}
    names = {"trees/family": taxon.family}
    if luck < 0.95:
        names["trees/genus"] = taxon.genus
    if luck < 0.85:
        names["trees/species"] = taxon.species
    return names


def _plant_mistakes(rng: np.random.Generator, submissions: list[Submission], window: Span) -> None:
    next_id = int(submissions[-1]["_id"]) + 7
    _dbh_in_millimetres(submissions[3])
    submissions[6]["_validation_status"] = {"uid": "validation_status_not_approved", "label": "Not approved"}
    outside = window.start - timedelta(days=DAYS_OUTSIDE)
    submissions[10]["plot/census_date"] = outside.isoformat()
    twice = _again(submissions[14], identifier=next_id, unique=_uuid(rng))
    twice["meta/rootUuid"] = twice["meta/instanceID"]
    edited = _again(submissions[18], identifier=next_id + 7, unique=_uuid(rng))
    edited["meta/deprecatedID"] = submissions[18]["meta/instanceID"]
    edited["plot/slope_percent"] = "21"
    submissions += [twice, edited]


def _dbh_in_millimetres(submission: Submission) -> None:
    tree = next(item for item in submission["trees"] if float(item["trees/dbh_cm"]) > 35)
    tree["trees/dbh_cm"] = f"{float(tree['trees/dbh_cm']) * 10:.0f}"


def _again(submission: Submission, *, identifier: int, unique: str) -> Submission:
    """Copy a submission as it would come a second time, some days later."""
    census_date = date.fromisoformat(submission["plot/census_date"])
    return copy.deepcopy(submission) | {
        "_id": identifier,
        "_uuid": unique,
        "meta/instanceID": f"uuid:{unique}",
        "_submission_time": _sent(census_date, days=9),
    }
