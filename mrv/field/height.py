"""The height-diameter model: fitted on a sample of measured trees, it gives a height to trees without one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mrv.errors import InputError
from mrv.project_field import HeightForm

FloatArray = npt.NDArray[np.float64]

MINIMUM_SAMPLE = 10
_COEFFICIENTS = 3


@dataclass(frozen=True)
class HeightModel:
    """A fitted model ln H = b0 + b1 ln D + b2 (ln D)², H in m, D in cm.

    Attributes:
        form: `log2_weighted` (weights D²H) or `log2_unweighted`.
        b0: Intercept.
        b1: Coefficient of ln D.
        b2: Coefficient of (ln D)².
        rse_log: Residual standard error on the log scale, unweighted, n − 3 degrees of freedom.
        rse_m: Residual standard error in m of the back-transformed heights, n − 3 degrees of freedom.
        n: Trees in the sample.
        dbh_min_cm: Smallest diameter of the sample.
        dbh_max_cm: Largest diameter of the sample.
    """

    form: HeightForm
    b0: float
    b1: float
    b2: float
    rse_log: float
    rse_m: float
    n: int
    dbh_min_cm: float
    dbh_max_cm: float

    def predict_m(self, dbh_cm: FloatArray) -> FloatArray:
        """Return heights in m for diameters in cm (same shape), back-transformed with exp(rse²/2).

        The factor corrects the bias of the mean of a log-normal variable (Baskerville 1972, doi:10.1139/x72-009).
        """
        return _predict(dbh_cm, self.b0, self.b1, self.b2, self.rse_log)


def fit_height_model(*, dbh_cm: Iterable[float], height_m: Iterable[float], form: HeightForm) -> HeightModel:
    """Fit the log-log parabola by (weighted) least squares.

    The sums are exact before rounding (`math.fsum`) over an orthogonal basis, so that neither the order of the sample nor
    the number of threads can change a digit. The form and the weights are those of `modelHD(method = "log2")` of the R
    package BIOMASS (Réjou-Méchain et al. 2017, doi:10.1111/2041-210X.12753).

    Args:
        dbh_cm: Diameters of the sample in cm.
        height_m: Heights of the same trees in m.
        form: Which model.

    Raises:
        InputError: Fewer than 10 trees, a value that is not a positive number, or fewer than 3 different diameters.
    """
    diameters, heights = read_sample(dbh_cm, height_m)
    x = np.log(diameters)
    y = np.log(heights)
    w = diameters**2 * heights if form == "log2_weighted" else np.ones_like(x)
    b0, b1, b2 = _parabola(x, y, w)
    freedom = x.size - _COEFFICIENTS
    rse_log = math.sqrt(_sum((y - (b0 + b1 * x + b2 * x**2)) ** 2) / freedom)
    rse_m = math.sqrt(_sum((heights - _predict(diameters, b0, b1, b2, rse_log)) ** 2) / freedom)
    return HeightModel(
        form=form,
        b0=b0,
        b1=b1,
        b2=b2,
        rse_log=rse_log,
        rse_m=rse_m,
        n=int(x.size),
        dbh_min_cm=float(diameters.min()),
        dbh_max_cm=float(diameters.max()),
    )


def read_sample(dbh_cm: Iterable[float], height_m: Iterable[float]) -> tuple[FloatArray, FloatArray]:
    """Return the diameters in cm and heights in m of a sample as arrays.

    Raises:
        InputError: Fewer than 10 trees, a value that is not a positive number, or fewer than 3 different diameters.
    """
    diameters = np.asarray(list(dbh_cm), dtype=np.float64)
    heights = np.asarray(list(height_m), dtype=np.float64)
    _refuse_unusable(diameters, heights)
    return diameters, heights


def _predict(dbh_cm: FloatArray, b0: float, b1: float, b2: float, rse_log: float) -> FloatArray:
    x = np.log(dbh_cm)
    return np.exp(b0 + b1 * x + b2 * x**2 + rse_log**2 / 2)


def _parabola(x: FloatArray, y: FloatArray, w: FloatArray) -> tuple[float, float, float]:
    """Least squares on the basis 1, x − m, x² − q − r(x − m), whose members are orthogonal under the weights."""
    total = _sum(w)
    m = _sum(w * x) / total
    p1 = x - m
    p1_norm = _sum(w * p1**2)
    square = x**2
    q = _sum(w * square) / total
    r = _sum(w * square * p1) / p1_norm
    p2 = square - q - r * p1
    c0 = _sum(w * y) / total
    c1 = _sum(w * y * p1) / p1_norm
    c2 = _sum(w * y * p2) / _sum(w * p2**2)
    return c0 - c1 * m - c2 * (q - r * m), c1 - c2 * r, c2


def _sum(values: FloatArray) -> float:
    return math.fsum(values.tolist())


def _refuse_unusable(diameters: FloatArray, heights: FloatArray) -> None:
    if diameters.size != heights.size or diameters.size < MINIMUM_SAMPLE:
        raise InputError(
            "the height-diameter sample is too small for a height model",
            expected=f"at least {MINIMUM_SAMPLE} trees with diameter and height",
            found=f"{diameters.size} diameters and {heights.size} heights",
            where="heights, or the trees with a measured height",
            remedy="declare a height-diameter sample among the sources, or measure heights in the plots",
        )
    for label, values in (("diameter", diameters), ("height", heights)):
        wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if wrong.size:
            raise InputError(
                f"a {label} of the height-diameter sample is not a positive number",
                found=str(values[wrong[0]]),
                where=f"tree {wrong[0] + 1} of the sample",
                remedy="mend the sample, or leave that tree out",
            )
    different = np.unique(diameters).size
    if different < _COEFFICIENTS:
        raise InputError(
            "the height-diameter sample has too few different diameters",
            expected=f"at least {_COEFFICIENTS}",
            found=str(different),
            where="heights, or the trees with a measured height",
            remedy="measure heights over the whole range of diameters",
        )
