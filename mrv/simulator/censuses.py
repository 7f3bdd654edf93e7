"""Plots measured a second time, and plots laid out in nests, with the mistakes that permanent plots have."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from mrv.project_field import Layout

PERMANENT_EVERY = 4
NESTED = (21, 25)
"""Places of the plots that a layout is used for; none of them is permanent or holds a planted mistake."""
YEARS_BETWEEN = 4
GROWTH_CM_YR, GROWTH_SPREAD = 0.28, 0.22
MORTALITY_YR = 0.015
RECRUITS_YR = 0.012
SECOND_ID = 420_000

Submission = dict[str, Any]
Tree = dict[str, str]


def second_censuses(rng: np.random.Generator, first: Sequence[Submission], *, last_day: date) -> list[Submission]:
    """Return the second census of every fourth plot, four years after the first, as far as its day is within the window.

    Planted, each once: a tree that grew by 45 cm, a dead tree that lives again, and a tree that nobody found again.

    Args:
        rng: Source of chance.
        first: Submissions of the first censuses, in the order of the plots.
        last_day: Last day on which a census may lie.
    """
    made = []
    for place in range(0, len(first), PERMANENT_EVERY):
        before = first[place]
        day = date.fromisoformat(before["plot/census_date"])
        again = day.replace(year=day.year + YEARS_BETWEEN)
        if again > last_day:
            continue
        unique = str(uuid.UUID(bytes=rng.bytes(16), version=4))
        # Dead wood, litter and soil were sampled once.
        census = {name: value for name, value in before.items() if not isinstance(value, list)} | {
            "_id": SECOND_ID + 7 * place,
            "_uuid": unique,
            "meta/instanceID": f"uuid:{unique}",
            "meta/rootUuid": f"uuid:{unique}",
            "_submission_time": datetime.combine(again + timedelta(days=3), time(15, 30)).isoformat(),
            "plot/census_id": f"{again.year}",
            "plot/census_date": again.isoformat(),
        }
        census["trees"] = _grown(rng, before["trees"])
        made.append(census)
    _plant_mistakes(made)
    return made


def nest_plots(rng: np.random.Generator, submissions: Sequence[Submission], layouts: Sequence[Layout]) -> None:
    """Lay two of the plots out by the first layout of the project: of each size of tree, those that its nest holds."""
    if not layouts:
        return
    areas = _areas_ha(layouts[0])
    for place in NESTED:
        if place < len(submissions):
            submission = submissions[place]
            whole_ha = float(submission["plot/area_ha"])
            submission["trees"] = [
                tree for tree in submission["trees"] if rng.random() < _nest_ha(areas, tree) / whole_ha
            ]
            submission["plot/layout_id"] = layouts[0].id
            submission["plot/area_ha"] = f"{max(area for _, area in areas):.4f}"


def _areas_ha(layout: Layout) -> list[tuple[float, float]]:
    """Return the least diameter in cm and the area in ha of each nest."""
    found = []
    for nest in sorted(layout.nests, key=lambda nest: nest.min_dbh_cm):
        area_m2 = math.pi * float(nest.radius_m) ** 2 if nest.radius_m is not None else float(nest.area_m2 or 0)
        found.append((float(nest.min_dbh_cm), area_m2 / 10_000))
    return found


def _nest_ha(areas: Sequence[tuple[float, float]], tree: Tree) -> float:
    return max((area for least, area in areas if float(tree["trees/dbh_cm"]) >= least), default=0.0)


def _grown(rng: np.random.Generator, trees: Sequence[Tree]) -> list[Tree]:
    after = []
    for tree in trees:
        grown = dict(tree)
        if tree["trees/status"] == "alive":
            years = rng.normal(GROWTH_CM_YR, GROWTH_SPREAD) * YEARS_BETWEEN
            dbh_cm = max(10.0, float(tree["trees/dbh_cm"]) + max(-0.3, float(years)))
            grown["trees/dbh_cm"] = f"{dbh_cm:.1f}"
            if rng.random() < MORTALITY_YR * YEARS_BETWEEN:
                grown["trees/status"] = "dead"
        after.append(grown)
    for number in range(round(len(trees) * RECRUITS_YR * YEARS_BETWEEN)):
        like = trees[int(rng.integers(0, len(trees)))]
        named = {name: like[name] for name in ("trees/family", "trees/genus", "trees/species") if name in like}
        dbh_cm = 10 + abs(float(rng.normal(0, 0.8)))
        tag = {"trees/tree_id": f"{len(trees) + 1 + number}", "trees/dbh_cm": f"{dbh_cm:.1f}", "trees/status": "alive"}
        after.append(tag | named)
    return after


def _plant_mistakes(censuses: Sequence[Submission]) -> None:
    """Spoil the second, third and fourth of the censuses, as far as there are so many."""
    for census, spoil in zip(censuses[1:4], (_grow_too_much, _live_again, _lose), strict=False):
        spoil(census["trees"])


def _grow_too_much(trees: list[Tree]) -> None:
    tree = next(tree for tree in trees if tree["trees/status"] == "alive")
    tree["trees/dbh_cm"] = f"{float(tree['trees/dbh_cm']) + 45:.1f}"


def _live_again(trees: list[Tree]) -> None:
    dead = [tree for tree in trees if tree["trees/status"] == "dead" and "trees/decay_class" in tree]
    if dead:
        dead[0]["trees/status"] = "alive"
        for name in ("trees/life_form", "trees/decay_class", "trees/height_m"):
            dead[0].pop(name, None)


def _lose(trees: list[Tree]) -> None:
    trees.remove(next(tree for tree in trees if tree["trees/status"] == "alive"))
