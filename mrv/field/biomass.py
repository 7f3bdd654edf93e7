"""Above-ground biomass of trees, palms, tree ferns and lianas from diameter, wood density and height: the equations bare."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mrv.errors import InputError

FloatArray = npt.NDArray[np.float64]

EQ7_PUBLISHED = (-1.803, -0.976, 0.976, 2.673, -0.0299)
EQ7_REFITTED = (-2.023977, -0.89563505, 0.92023559, 2.79495823, -0.04606298)
"""Coefficients of 1, E, ln ρ, ln D and (ln D)²: as published, and as the R package BIOMASS has them from version 2.0."""


def agb_kg(*, dbh_cm: FloatArray, wood_density_g_cm3: FloatArray, height_m: FloatArray) -> FloatArray:
    """Return above-ground dry biomass in kg per tree: 0.0673 (ρ D² H)^0.976.

    Chave et al. 2014, equation 4, doi:10.1111/gcb.12629. Not for palms, tree ferns, lianas or standing dead trees.

    Args:
        dbh_cm: Diameters at 1.3 m or above the buttress in cm, shape (n,).
        wood_density_g_cm3: Wood densities in g/cm³, shape (n,).
        height_m: Heights in m, shape (n,).

    Raises:
        InputError: A value is not a positive number.
    """
    _refuse_unusable(diameter=dbh_cm, wood_density=wood_density_g_cm3, height=height_m)
    return 0.0673 * (wood_density_g_cm3 * dbh_cm**2 * height_m) ** 0.976


def agb_without_height_kg(
    *,
    dbh_cm: FloatArray,
    wood_density_g_cm3: FloatArray,
    stress: float,
    coefficients: tuple[float, float, float, float, float],
) -> FloatArray:
    """Return above-ground dry biomass in kg per tree without its height, from the environmental stress E.

    Chave et al. 2014, equation 7, with the coefficients `EQ7_PUBLISHED` or `EQ7_REFITTED`; the two differ by 2 to 3 %.

    Args:
        dbh_cm: Diameters in cm, shape (n,).
        wood_density_g_cm3: Wood densities in g/cm³, shape (n,).
        stress: Chave's E at the plots.
        coefficients: Of 1, E, ln ρ, ln D and (ln D)².

    Raises:
        InputError: A value is not a positive number.
    """
    _refuse_unusable(diameter=dbh_cm, wood_density=wood_density_g_cm3)
    one, of_stress, of_density, of_dbh, of_square = coefficients
    x = np.log(dbh_cm)
    return np.exp(one + of_stress * stress + of_density * np.log(wood_density_g_cm3) + of_dbh * x + of_square * x**2)


def agb_by_power_kg(size: FloatArray, *, intercept: float, exponent: float) -> FloatArray:
    """Return exp(intercept + exponent · ln size) in kg, for equations of one size: D, D²H or a stem's height."""
    return np.exp(intercept + exponent * np.log(size))


def tree_fern_agb_kg(height_m: FloatArray) -> FloatArray:
    """Return above-ground dry biomass of tree ferns in kg: −4266348 / (1 − 2792284 exp(−0.313677 H)).

    Tiepolo et al. 2002, Atlantic forest of Brazil; quoted, not read in the document.
    """
    return -4266348 / (1 - 2792284 * np.exp(-0.313677 * height_m))


def _refuse_unusable(**values: FloatArray) -> None:
    for label, column in values.items():
        wrong = np.flatnonzero(~(np.isfinite(column) & (column > 0)))
        if wrong.size:
            raise InputError(
                f"a {label.replace('_', ' ')} is not a positive number",
                found=str(column[wrong[0]]),
                where=f"tree {wrong[0] + 1} of {column.size}",
                remedy="mend the tree, or leave it out",
            )
