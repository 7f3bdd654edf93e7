"""Above-ground biomass of a tree from its diameter, wood density and height."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mrv.errors import InputError

CHAVE_2014_EQ4 = "chave_2014_eq4"

FloatArray = npt.NDArray[np.float64]


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
    for label, values in (("diameter", dbh_cm), ("wood density", wood_density_g_cm3), ("height", height_m)):
        wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if wrong.size:
            raise InputError(
                f"a {label} is not a positive number",
                found=str(values[wrong[0]]),
                where=f"tree {wrong[0] + 1} of {values.size}",
                remedy="mend the tree, or leave it out",
            )
    return 0.0673 * (wood_density_g_cm3 * dbh_cm**2 * height_m) ** 0.976
