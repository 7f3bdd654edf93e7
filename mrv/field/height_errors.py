"""How far the heights of a height-diameter model may be off: its residuals, and its coefficients over the draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from mrv.counter_random import entity_word, units_of
from mrv.field.height import HeightModel
from mrv.field.height_curves import AnyHeights, ChaveHeights, WeibullHeights
from mrv.field.height_groups import POOLED, HeightGroups
from mrv.field.montecarlo_kernel import HEIGHT_STREAM, LOG_PARABOLA, MIN_HEIGHT_M, WEIBULL

FloatArray = npt.NDArray[np.float64]

MARGIN_M = 15.0
"""No drawn height is taller than the tallest measured or modelled one and this much (methodology of the R package BIOMASS)."""
_COEFFICIENTS = 3


@dataclass(frozen=True)
class HeightErrors:
    """A height model as the Monte Carlo draws it.

    Attributes:
        kind: `LOG_PARABOLA`, ln H = c0 + c1 ln D + c2 (ln D)², or `WEIBULL`, H = c0 (1 − exp(−c1 D^c2)).
        coefficients: c0, c1 and c2.
        covariance: Of the coefficients, shape (3, 3), of Weibull's curve of their logarithms, so that none is drawn below 0;
            zeros where the model was not fitted here and none is published.
        rse: Residual standard error: of ln H for the parabola, in m for Weibull's curve.
        max_height_m: No drawn height is taller.
    """

    kind: int
    coefficients: tuple[float, float, float]
    covariance: FloatArray
    rse: float
    max_height_m: float

    def draw(self, draws: int, *, seed: np.uint64, on: bool, group: str = POOLED) -> FloatArray:
        """Return the coefficients of each draw, shape (draws, 3); those of the model itself where `on` is false.

        Args:
            draws: How many draws.
            seed: Seed of the project.
            on: Whether to draw at all.
            group: Group of the model: models of different groups err for themselves.
        """
        fixed = np.tile(np.asarray(self.coefficients), (draws, 1))
        if not on or not self.covariance.any():
            return fixed
        names = ("height coefficient",) if group == POOLED else ("height coefficient", group)
        words = np.array([entity_word(*names, str(place)) for place in range(_COEFFICIENTS)], np.uint64)
        normal = ndtri(units_of(words, draws, HEIGHT_STREAM, seed))
        lower = np.linalg.cholesky(self.covariance)
        # Written out: a matrix product may add in another order on another machine.
        moved = [sum(lower[row, place] * normal[:, place] for place in range(row + 1)) for row in range(_COEFFICIENTS)]
        shift = np.stack(moved, axis=1)
        drawn: FloatArray = fixed * np.exp(shift) if self.kind == WEIBULL else fixed + shift
        return drawn


def errors_of_groups(groups: HeightGroups, *, tallest_m: float) -> dict[str, HeightErrors]:
    """Return the errors of each height model of a project, by its group; see `errors_of_heights`."""
    return {
        name: errors_of_heights(model, sample=groups.samples[name], tallest_m=tallest_m)
        for name, model in groups.models.items()
    }


def errors_of_heights(model: AnyHeights, *, sample: Sequence[tuple[float, float]], tallest_m: float) -> HeightErrors:
    """Return the errors of a height model.

    Args:
        model: The model that gave heights to trees without one.
        sample: Diameter in cm and height in m of the trees that it was fitted to; not looked at for a published model.
        tallest_m: Height of the tallest tree that it is used for, in m.
    """
    if isinstance(model, ChaveHeights):
        curve = (0.893 - model.stress, 0.760, -0.0340)
        return published_errors(kind=LOG_PARABOLA, coefficients=curve, rse=model.rse_log, tallest_m=tallest_m)
    if isinstance(model, WeibullHeights) and model.n == 0:
        curve = (model.a, model.b, model.c)
        return published_errors(kind=WEIBULL, coefficients=curve, rse=model.rse_m, tallest_m=tallest_m)
    dbh_cm, height_m = [dbh for dbh, _ in sample], [height for _, height in sample]
    weighted = model.form in ("log2_weighted", "weibull_weighted")
    if isinstance(model, HeightModel):
        return log_parabola_errors(
            coefficients=(model.b0, model.b1, model.b2),
            rse_log=model.rse_log,
            dbh_cm=dbh_cm,
            height_m=height_m,
            weighted=weighted,
        )
    return weibull_errors(
        coefficients=(model.a, model.b, model.c),
        rse_m=model.rse_m,
        dbh_cm=dbh_cm,
        height_m=height_m,
        weighted=weighted,
    )


def log_parabola_errors(
    *,
    coefficients: tuple[float, float, float],
    rse_log: float,
    dbh_cm: Sequence[float],
    height_m: Sequence[float],
    weighted: bool,
) -> HeightErrors:
    """Return the errors of ln H = b0 + b1 ln D + b2 (ln D)² that was fitted to a sample by least squares.

    Args:
        coefficients: b0, b1 and b2.
        rse_log: Residual standard error of ln H.
        dbh_cm: Diameters of the sample in cm, in any order.
        height_m: Its heights in m.
        weighted: Whether the weights were D²H, else all alike.
    """
    x = np.log(np.asarray(dbh_cm, dtype=np.float64))
    weights = _weights(dbh_cm, height_m, weighted)
    gradient = np.stack([np.ones_like(x), x, x**2], axis=1)
    covariance = _sandwich(gradient, weights, rse_log)
    return HeightErrors(LOG_PARABOLA, coefficients, covariance, rse_log, max(height_m) + MARGIN_M)


def weibull_errors(
    *,
    coefficients: tuple[float, float, float],
    rse_m: float,
    dbh_cm: Sequence[float],
    height_m: Sequence[float],
    weighted: bool,
) -> HeightErrors:
    """Return the errors of H = a (1 − exp(−b D^c)) that was fitted to a sample by least squares; see `log_parabola_errors`."""
    a, b, c = coefficients
    dbh = np.asarray(dbh_cm, dtype=np.float64)
    power = dbh**c
    left = np.exp(-b * power)
    by_log_b = a * left * b * power
    gradient = np.stack([a * (1 - left), by_log_b, by_log_b * c * np.log(dbh)], axis=1)
    covariance = _sandwich(gradient, _weights(dbh_cm, height_m, weighted), rse_m)
    return HeightErrors(WEIBULL, coefficients, covariance, rse_m, max(height_m) + MARGIN_M)


def published_errors(
    *, kind: int, coefficients: tuple[float, float, float], rse: float, tallest_m: float
) -> HeightErrors:
    """Return the errors of a published height model: its residuals only, as no covariance of its coefficients is known.

    Args:
        kind: `LOG_PARABOLA` or `WEIBULL`.
        coefficients: Those of the model.
        rse: Residual standard error, of ln H or in m.
        tallest_m: Height of the tallest tree that it is used for.
    """
    height = max(tallest_m, MIN_HEIGHT_M) + MARGIN_M
    return HeightErrors(kind, coefficients, np.zeros((_COEFFICIENTS, _COEFFICIENTS)), rse, height)


def _weights(dbh_cm: Sequence[float], height_m: Sequence[float], weighted: bool) -> FloatArray:
    dbh, height = np.asarray(dbh_cm, dtype=np.float64), np.asarray(height_m, dtype=np.float64)
    return dbh**2 * height if weighted else np.ones_like(dbh)


def _sandwich(gradient: FloatArray, weights: FloatArray, rse: float) -> FloatArray:
    """Covariance of weighted least squares where all residuals have the spread `rse`: weights only say what counted more."""
    # Scaled to 1 so that the matrices are well conditioned whatever the unit of the weights.
    scaled = weights / weights.max()
    bread = np.linalg.inv(_products(gradient, scaled))
    found: FloatArray = rse**2 * bread @ _products(gradient, scaled**2) @ bread
    # Symmetric to the last bit, as its Cholesky factor wants it.
    return (found + found.T) / 2


def _products(gradient: FloatArray, weights: FloatArray) -> FloatArray:
    """Return gradientᵀ·weights·gradient with sums that do not depend on the order of the sample."""
    size = gradient.shape[1]
    products = [
        [math.fsum((weights * gradient[:, row] * gradient[:, column]).tolist()) for column in range(size)]
        for row in range(size)
    ]
    return np.array(products)
