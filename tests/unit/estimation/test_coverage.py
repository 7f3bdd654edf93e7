"""Simulated populations, sampled again and again: no bias, standard errors that are right, intervals that cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mrv.estimation.accuracy import map_accuracy
from mrv.estimation.areas import class_areas
from mrv.estimation.sample import Estimator, Sample, Stratum

REPLICATES = 1500
CLASSES = ("loss", "forest", "other")
STRATA = ("buffer", "forest", "loss", "other")
PIXELS = (4_000, 30_000, 2_000, 14_000)
SHARES = {
    "buffer": (0.10, 0.85, 0.05),
    "forest": (0.04, 0.93, 0.03),
    "loss": (0.8, 0.12, 0.08),
    "other": (0.03, 0.07, 0.9),
}
MAP = {"buffer": "forest", "forest": "forest", "loss": "loss", "other": "other"}


@dataclass(frozen=True)
class Population:
    """Every pixel of a frame: its stratum, reference class and area."""

    stratum: npt.NDArray[Any]
    reference: npt.NDArray[Any]
    area: npt.NDArray[Any]

    @cached_property
    def strata(self) -> list[Stratum]:
        """The strata with their exact areas."""
        return [
            Stratum(stratum_id=name, area=float(self.area[self.stratum == name].sum()), pixel_count=pixels)
            for name, pixels in zip(STRATA, PIXELS, strict=True)
        ]

    def of(self, label: str) -> float:
        return float(self.area[self.reference == label].sum())


@pytest.fixture(scope="module")
def population() -> Population:
    """Return a frame whose pixels differ in area up to a half, and lose their forest rather where they are large."""
    rng = np.random.default_rng(20_140)
    stratum = np.repeat(STRATA, PIXELS)
    area = rng.uniform(0.8, 1.2, len(stratum))
    reference = np.empty(len(stratum), dtype=object)
    for name in STRATA:
        here = np.flatnonzero(stratum == name)
        ordered = here[np.argsort(area[here] + rng.normal(0, 0.3, len(here)))]
        counts = np.round(np.array(SHARES[name]) * len(here)).astype(int)
        reference[ordered[::-1]] = np.repeat(CLASSES, [*counts[:-1], len(here) - counts[:-1].sum()])
    return Population(stratum, reference, area)


def draw(population: Population, rng: np.random.Generator, estimator: Estimator, *, n: int) -> Sample:
    if estimator == "stratified":
        starts = np.cumsum([0, *PIXELS])
        parts = [
            start + rng.choice(pixels, n // 4, replace=False, shuffle=False)
            for start, pixels in zip(starts, PIXELS, strict=False)
        ]
        drawn = np.concatenate(parts)
    else:
        drawn = rng.choice(len(population.area), n, replace=False, shuffle=False)
    strata = population.stratum[drawn].tolist()
    return Sample.of(
        population.strata,
        unit_ids=[str(unit) for unit in drawn],
        stratum_ids=strata,
        columns={"map_class": [MAP[name] for name in strata], "reference_class": population.reference[drawn].tolist()},
        unit_areas=population.area[drawn],
        estimator=estimator,
        finite_population_correction=True,
    )


def check(values: list[float], errors: list[float], truth: float) -> None:
    """Hold estimates against the truth: bias within chance, standard error that of the estimates, coverage 93 to 97 %."""
    found, se = np.array(values), np.array(errors)
    spread = found.std(ddof=1)
    assert abs(found.mean() - truth) < 4 * spread / np.sqrt(len(found))
    assert np.sqrt((se**2).mean()) == pytest.approx(spread, rel=0.06)
    covered = (np.abs(found - truth) <= 1.959963984540054 * se).mean()
    assert 0.93 <= covered <= 0.97, covered


@pytest.mark.parametrize("estimator", ["stratified", "simple", "post_stratified"])
def test_intervals_cover_the_truth_at_their_rate(population: Population, estimator: Estimator) -> None:
    rng = np.random.default_rng(95)
    found: dict[str, tuple[list[float], list[float]]] = {}
    for _ in range(REPLICATES):
        sample = draw(population, rng, estimator, n=1200)
        rows = [(str(item.label), item.estimate) for item in class_areas(sample, classes=CLASSES)]
        rows += [(item.measure, item.estimate) for item in map_accuracy(sample, classes=CLASSES)[:1]]
        for name, estimate in rows:
            assert estimate.value is not None
            assert estimate.se is not None
            values, errors = found.setdefault(name, ([], []))
            values.append(estimate.value)
            errors.append(estimate.se)
    mapped = np.array([MAP[name] for name in population.stratum])
    truths = {label: population.of(label) for label in CLASSES}
    truths["overall"] = float(population.area[mapped == population.reference].sum() / population.area.sum())
    for name, (values, errors) in found.items():
        check(values, errors, truths[name])


def test_ratios_cover_too(population: Population) -> None:
    rng = np.random.default_rng(96)
    mapped = np.array([MAP[name] for name in population.stratum])
    right = population.area[(mapped == "loss") & (population.reference == "loss")].sum()
    found = []
    for _ in range(REPLICATES):
        sample = draw(population, rng, "stratified", n=1200)
        measured = {(item.measure, item.label): item.estimate for item in map_accuracy(sample, classes=CLASSES)}
        found.append([(measured[name, "loss"].value, measured[name, "loss"].se) for name in ("user", "producer")])
    for index, truth in enumerate((right / population.area[mapped == "loss"].sum(), right / population.of("loss"))):
        values, errors = zip(*(row[index] for row in found), strict=True)
        spread = np.std(values, ddof=1)
        # A ratio has a bias of the order of 1/n.
        assert abs(np.mean(values) - truth) < 0.15 * spread
        covered = (np.abs(np.array(values) - truth) <= 1.959963984540054 * np.array(errors)).mean()
        assert 0.93 <= covered <= 0.97, covered
