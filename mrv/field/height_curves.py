"""Height models besides the fitted log-log parabola: Weibull curves, fitted or of a region, and Chave's equation 6a."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from mrv.errors import InputError
from mrv.field.height import FloatArray, HeightModel, fit_height_model, read_sample
from mrv.project_field import FieldCarbon, HeightForm, HeightRegion

_START = (80.0, 0.02, 0.8)
"""Where the fit starts: a canopy of 80 m, far above most, from where the curve can only come down."""
_STEPS = 200
_SMALL_STEP = 1e-11
_STIFFEST = 1e12
_FAR = (30.0, 30.0, 3.0)
"""Logarithms of a, b and c, above or below zero, that none is tried beyond."""
_DIGITS = 9
_COEFFICIENTS = 3
_CHAVE_RSE_LOG = 0.243


@dataclass(frozen=True)
class WeibullHeights:
    """A curve H = a (1 − exp(−b D^c)), H in m, D in cm.

    Attributes:
        form: `weibull_weighted` (weights D²H), `weibull_unweighted`, or `feldpausch_2012` for a published curve.
        a: Height of the canopy in m.
        b: Coefficient of the diameter.
        c: Exponent of the diameter.
        rse_m: Residual standard error in m, unweighted, n − 3 degrees of freedom; of a published curve, as published.
        n: Trees in the sample, 0 of a published curve.
        dbh_min_cm: Smallest diameter of the sample; of a published curve 0.
        dbh_max_cm: Largest diameter of the sample; of a published curve infinite.
    """

    form: HeightForm
    a: float
    b: float
    c: float
    rse_m: float
    n: int = 0
    dbh_min_cm: float = 0.0
    dbh_max_cm: float = math.inf

    def predict_m(self, dbh_cm: FloatArray) -> FloatArray:
        """Return heights in m for diameters in cm, of the same shape."""
        return self.a * -np.expm1(-self.b * dbh_cm**self.c)


@dataclass(frozen=True)
class ChaveHeights:
    """Chave et al. 2014, equation 6a: ln H = 0.893 − E + 0.760 ln D − 0.0340 (ln D)², doi:10.1111/gcb.12629.

    Attributes:
        stress: Chave's E at the plots.
        form: `chave_2014_eq6a`.
        rse_log: Residual standard error on the log scale, as published.
        dbh_min_cm: Smallest diameter of its trees, as of equation 4.
        dbh_max_cm: Largest.
    """

    stress: float
    form: HeightForm = "chave_2014_eq6a"
    rse_log: float = _CHAVE_RSE_LOG
    dbh_min_cm: float = 5.0
    dbh_max_cm: float = 212.0

    def predict_m(self, dbh_cm: FloatArray) -> FloatArray:
        """Return heights in m for diameters in cm (same shape), back-transformed with exp(rse²/2)."""
        x = np.log(dbh_cm)
        return np.exp(0.893 - self.stress + 0.760 * x - 0.0340 * x**2 + self.rse_log**2 / 2)


AnyHeights = HeightModel | WeibullHeights | ChaveHeights

# Feldpausch et al. 2012, doi:10.5194/bg-9-3381-2012, as the R package BIOMASS has them: a, b, c, residual standard error in m.
_FELDPAUSCH: dict[HeightRegion, tuple[float, float, float, float]] = {
    "western_amazonia": (46.263, 0.0876, 0.6072, 5.277),
    "south_america": (42.574, 0.0482, 0.8307, 5.619),
    "pantropical": (50.874, 0.0420, 0.7840, 5.479),
    "guiana_shield": (42.845, 0.0433, 0.9372, 5.285),
}


def feldpausch(region: HeightRegion) -> WeibullHeights:
    """Return the published curve of a region (Feldpausch et al. 2012, doi:10.5194/bg-9-3381-2012)."""
    a, b, c, rse_m = _FELDPAUSCH[region]
    return WeibullHeights("feldpausch_2012", a, b, c, rse_m)


def fit_weibull(*, dbh_cm: Iterable[float], height_m: Iterable[float], form: HeightForm) -> WeibullHeights:
    """Fit a Weibull curve by (weighted) least squares with Levenberg's and Marquardt's steps.

    Weights are those of `modelHD(method = "weibull")` of the R package BIOMASS. The sample is sorted first, sums are exact
    before rounding, and the coefficients are kept to nine digits, so that neither the order of the sample nor the machine
    can change one.

    Args:
        dbh_cm: Diameters of the sample in cm.
        height_m: Heights of the same trees in m.
        form: `weibull_weighted` (D²H) or `weibull_unweighted`.

    Raises:
        InputError: The sample cannot be used, or no curve of this form fits it.
    """
    diameters, heights = read_sample(dbh_cm, height_m)
    order = np.lexsort((heights, diameters))
    diameters, heights = diameters[order], heights[order]
    weights = diameters**2 * heights if form == "weibull_weighted" else np.ones_like(diameters)
    a, b, c = (_kept(value) for value in _least_squares(diameters, heights, weights / weights.sum()))
    residuals = heights - WeibullHeights(form, a, b, c, 0.0).predict_m(diameters)
    rse_m = math.sqrt(math.fsum((residuals**2).tolist()) / (diameters.size - _COEFFICIENTS))
    return WeibullHeights(form, a, b, c, _kept(rse_m), int(diameters.size), float(diameters[0]), float(diameters[-1]))


def height_model(settings: FieldCarbon, sample: Iterable[tuple[float, float]]) -> AnyHeights:
    """Return the height model of a project: fitted on the sample, or published.

    Args:
        settings: Of the project.
        sample: Diameter in cm and height in m of the measured trees; not looked at for a published model.

    Raises:
        InputError: The sample cannot be used.
    """
    form = settings.height_model
    if form == "feldpausch_2012":
        if settings.height_region is None:
            raise InputError("a Feldpausch height needs a region", remedy="declare field_carbon.height_region")
        return feldpausch(settings.height_region)
    if form == "chave_2014_eq6a":
        if settings.environmental_stress is None:
            raise InputError("equation 6a needs E", remedy="declare field_carbon.environmental_stress and its source")
        return ChaveHeights(float(settings.environmental_stress))
    measured = list(sample)
    columns: dict[str, Any] = {"dbh_cm": [dbh for dbh, _ in measured], "height_m": [height for _, height in measured]}
    if form in ("weibull_weighted", "weibull_unweighted"):
        return fit_weibull(**columns, form=form)
    return fit_height_model(**columns, form=form)


def _least_squares(d: FloatArray, h: FloatArray, w: FloatArray) -> tuple[float, float, float]:
    """Minimise Σ w (h − a (1 − exp(−b d^c)))² over ln a, ln b and ln c, which keeps all three positive."""
    at = np.log(np.array(_START))
    damping, loss = 1e-3, _loss(at, d, h, w)
    for _ in range(_STEPS):
        gradient, curvature = _slopes(at, d, h, w)
        step = _step(gradient, curvature, damping)
        found = _loss(at + step, d, h, w)
        if found <= loss:
            at, damping, better, loss = at + step, damping / 10, loss - found, found
            if better <= 1e-15 * loss and float(np.max(np.abs(step))) < _SMALL_STEP:
                break
        elif damping < _STIFFEST:
            damping *= 10
        else:
            break
    else:
        _refuse(f"no end after {_STEPS} steps")
    if (np.abs(at) >= _FAR).any():
        _refuse("coefficients that run away")
    a, b, c = _coefficients(at).tolist()
    return a, b, c


def _step(gradient: FloatArray, curvature: FloatArray, damping: float) -> FloatArray:
    try:
        step = np.asarray(
            np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), gradient), dtype=np.float64
        )
    except np.linalg.LinAlgError:
        _refuse("heights that do not tell the coefficients apart")
    return step


def _refuse(found: str) -> NoReturn:
    raise InputError(
        "no Weibull curve fits the height-diameter sample",
        expected="heights that rise with the diameter and level off",
        found=found,
        where="heights, or the trees with a measured height",
        remedy="use a log2 height model, or measure heights over the whole range of diameters",
    )


def _coefficients(at: FloatArray) -> FloatArray:
    limits = np.array(_FAR)
    coefficients: FloatArray = np.exp(np.clip(at, -limits, limits))
    return coefficients


def _loss(at: FloatArray, d: FloatArray, h: FloatArray, w: FloatArray) -> float:
    a, b, c = _coefficients(at)
    residuals = h - a * -np.expm1(-b * d**c)
    return math.fsum((w * residuals**2).tolist())


def _slopes(at: FloatArray, d: FloatArray, h: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Jᵀw r and JᵀwJ at a point, by logarithms of a, b and c."""
    a, b, c = _coefficients(at)
    power = b * d**c
    left = np.exp(-power)
    height = a * -np.expm1(-power)
    by_b = a * left * power
    columns = (height, by_b, by_b * c * np.log(d))
    residuals = h - height
    gradient = np.array([math.fsum((w * column * residuals).tolist()) for column in columns])
    curvature = np.array([[math.fsum((w * one * two).tolist()) for two in columns] for one in columns])
    return gradient, curvature


def _kept(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
