"""Which equation makes biomass of which tree, by id: trees, palms, tree ferns, lianas and standing dead trees.

Palms, tree ferns and lianas never go through an equation of trees. What an equation lacks its input for has no biomass: null,
not zero, with the allometry `none`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mrv.errors import InputError
from mrv.field.biomass import (
    EQ7_PUBLISHED,
    EQ7_REFITTED,
    FloatArray,
    agb_by_power_kg,
    agb_kg,
    agb_without_height_kg,
    tree_fern_agb_kg,
)
from mrv.field.names import Taxon
from mrv.project_field import Allometry, FieldCarbon

LIFE_FORMS = ("tree", "palm", "tree_fern", "liana", "standing_dead")
DECAY_CLASSES = ("sound", "intermediate", "rotten")
NONE = "none"

FAMILIES = {
    "Arecaceae": "palm",
    "Palmae": "palm",
    "Cyatheaceae": "tree_fern",
    "Dicksoniaceae": "tree_fern",
}
"""Families whose life form is not that of a tree."""
_EUTERPE_MIN_HEIGHT_M = 9.0
"""The straight line for Euterpe precatoria is negative below 8 m; shorter stems take the equation of the family."""
_TREE_FERN_MAX_HEIGHT_M = 15.0
"""The equation of tree ferns runs away above: it has a pole at 47 m. A taller one is no tree fern, or its height is wrong."""

_CHAVE = "Chave et al. 2014, doi:10.1111/gcb.12629"
_GOODMAN = "Goodman et al. 2013, doi:10.1016/j.foreco.2013.09.045"
_AR_TOOL12 = "CDM AR-TOOL12 Estimation of carbon stocks in dead wood and litter"


@dataclass(frozen=True)
class Sizes:
    """What is known of some trees, each array of shape (n,); NaN where a height is not known.

    Attributes:
        dbh_cm: Diameters in cm.
        wood_density_g_cm3: Wood densities in g/cm³.
        height_m: Heights in m.
        stress: Chave's E at the plots, None where no equation needs it.
    """

    dbh_cm: FloatArray
    wood_density_g_cm3: FloatArray
    height_m: FloatArray
    stress: float | None = None

    def take(self, chosen: npt.NDArray[np.bool_]) -> Sizes:
        """Return some of the trees."""
        return Sizes(self.dbh_cm[chosen], self.wood_density_g_cm3[chosen], self.height_m[chosen], self.stress)


@dataclass(frozen=True)
class Equation:
    """One equation of above-ground biomass.

    Attributes:
        id: As it stands in `tree_biomass.allometry`.
        life_form: What it is for.
        document: Where it was published.
        section: Equation or table there.
        status: `published` where its numbers were compared with published results, else `unconfirmed`: a methodologist must
            compare it with the document before it goes to a verifier.
        dbh_range_cm: Diameters of the trees that it was fitted on, None where nobody looked them up.
        compute: Gives kg per tree.
    """

    id: str
    life_form: str
    document: str
    section: str
    status: str
    dbh_range_cm: tuple[float, float] | None
    compute: Callable[[Sizes], FloatArray]


def _eq4(sizes: Sizes) -> FloatArray:
    return agb_kg(dbh_cm=sizes.dbh_cm, wood_density_g_cm3=sizes.wood_density_g_cm3, height_m=sizes.height_m)


def _eq7(coefficients: tuple[float, float, float, float, float]) -> Callable[[Sizes], FloatArray]:
    def compute(sizes: Sizes) -> FloatArray:
        if sizes.stress is None:
            raise InputError(
                "equation 7 of Chave et al. 2014 needs the environmental stress",
                expected="field_carbon.environmental_stress with its source",
                found="none",
                remedy="take E at the plots from the published raster",
            )
        return agb_without_height_kg(
            dbh_cm=sizes.dbh_cm,
            wood_density_g_cm3=sizes.wood_density_g_cm3,
            stress=sizes.stress,
            coefficients=coefficients,
        )

    return compute


def _by_dbh(intercept: float, exponent: float) -> Callable[[Sizes], FloatArray]:
    return lambda sizes: agb_by_power_kg(sizes.dbh_cm, intercept=intercept, exponent=exponent)


def _by_volume(intercept: float, exponent: float) -> Callable[[Sizes], FloatArray]:
    return lambda sizes: agb_by_power_kg(sizes.dbh_cm**2 * sizes.height_m, intercept=intercept, exponent=exponent)


def _by_height(intercept: float, exponent: float) -> Callable[[Sizes], FloatArray]:
    return lambda sizes: agb_by_power_kg(sizes.height_m, intercept=intercept, exponent=exponent)


_TREE_RANGE_CM = (5.0, 212.0)

# fmt: off
EQUATIONS: Mapping[str, Equation] = {equation.id: equation for equation in (
    Equation("chave_2014_eq4", "tree", _CHAVE, "equation 4", "published", _TREE_RANGE_CM, _eq4),
    Equation("chave_2014_eq7", "tree", _CHAVE, "equation 7", "published", _TREE_RANGE_CM, _eq7(EQ7_PUBLISHED)),
    Equation("chave_2014_eq7_refitted", "tree", "R package BIOMASS 2.0, doi:10.1111/2041-210X.12753", "computeAGB without heights",
             "published", _TREE_RANGE_CM, _eq7(EQ7_REFITTED)),
    Equation("goodman_2013_palms", "palm", _GOODMAN, "family-level equation by diameter", "unconfirmed", None,
             _by_dbh(-3.3488, 2.7483)),
    Equation("goodman_2013_iriartea", "palm", _GOODMAN, "Iriartea deltoidea", "unconfirmed", None, _by_volume(-3.483, 0.94371)),
    Equation("goodman_2013_socratea", "palm", _GOODMAN, "Socratea exorrhiza", "unconfirmed", None, _by_volume(-3.7965, 1.0029)),
    Equation("goodman_2013_mauritia", "palm", _GOODMAN, "Mauritia flexuosa", "unconfirmed", None, _by_height(2.4647, 1.3777)),
    Equation("goodman_2013_euterpe_precatoria", "palm", _GOODMAN, "Euterpe precatoria", "unconfirmed", None,
             lambda sizes: -108.81 + 13.589 * sizes.height_m),
    Equation("tiepolo_2002_tree_ferns", "tree_fern", "Tiepolo, Calmon and Feretti 2002", "tree ferns", "unconfirmed", None,
             lambda sizes: tree_fern_agb_kg(sizes.height_m)),
    Equation("schnitzer_2006_lianas", "liana", "Schnitzer, DeWalt and Chave 2006, doi:10.1111/j.1744-7429.2006.00187.x",
             "equation by diameter", "unconfirmed", None, _by_dbh(-1.484, 2.657)),
    # The stem of a dead tree as if it lived, times the density factor of its decay class.
    *(Equation(f"standing_dead_{decay}", "standing_dead", _AR_TOOL12, f"density reduction factor, {decay}", "unconfirmed",
               _TREE_RANGE_CM, _eq4) for decay in DECAY_CLASSES),
)}
# fmt: on

_PALM_SPECIES = {
    ("Iriartea", None): "goodman_2013_iriartea",
    ("Socratea", None): "goodman_2013_socratea",
    ("Mauritia", None): "goodman_2013_mauritia",
    ("Euterpe", "precatoria"): "goodman_2013_euterpe_precatoria",
}
IDS = (NONE, *EQUATIONS)
"""What `tree_biomass.allometry` may say."""
Codes = npt.NDArray[np.int8]

_WITHOUT_HEIGHT = ("chave_2014_eq7", "chave_2014_eq7_refitted")


def life_form_of(taxon: Taxon, genus_families: Mapping[str, str]) -> str:
    """Return the life form that a name tells: palm or tree fern by the family, which the genus tells too, else tree.

    Args:
        taxon: The accepted name.
        genus_families: Family of each genus that is known, for trees that were collected without a family.
    """
    family = taxon.family or genus_families.get(taxon.genus or "")
    return FAMILIES.get(family or "", "tree")


def needs_heights(allometry: Allometry) -> bool:
    """Return whether the equation of the trees needs a height model."""
    return allometry not in _WITHOUT_HEIGHT


def palm_equation(taxon: Taxon, settings: FieldCarbon) -> str:
    """Return the equation of a palm whose height was measured: of its species, where the height is that of the stem."""
    if settings.palm_heights == "total" or taxon.genus is None:
        return "goodman_2013_palms"
    by_genus = _PALM_SPECIES.get((taxon.genus, None), "goodman_2013_palms")
    return _PALM_SPECIES.get((taxon.genus, taxon.species), by_genus)


def choose_equations(
    *,
    life_forms: Codes,
    decay_classes: Codes,
    palm_equations: Codes,
    height_m: FloatArray,
    measured: npt.NDArray[np.bool_],
    settings: FieldCarbon,
) -> Codes:
    """Return the equation of each tree as its position in `IDS`, 0 where it lacks what every equation of its form needs.

    Args:
        life_forms: Position of the life form in `LIFE_FORMS`, shape (n,).
        decay_classes: Position of the decay class of standing dead trees in `DECAY_CLASSES`; −1 where it is not known, and of
            dead palms and tree ferns, for which there is no equation.
        palm_equations: For each palm the position of the equation that a measured height allows; anything for the others.
        height_m: Height of each tree in m, NaN where it is not known.
        measured: Whether that height was measured rather than modelled.
        settings: Of the project.
    """
    chosen = np.zeros(life_forms.shape, dtype=np.int8)
    known = np.isfinite(height_m)
    tree, palm, tree_fern, liana, standing_dead = (life_forms == code for code in range(len(LIFE_FORMS)))
    chosen[tree & (known | (not needs_heights(settings.allometry)))] = IDS.index(settings.allometry)
    chosen[palm] = IDS.index("goodman_2013_palms")
    too_short = (palm_equations == IDS.index("goodman_2013_euterpe_precatoria")) & ~(height_m >= _EUTERPE_MIN_HEIGHT_M)
    by_species = palm & measured & ~too_short
    chosen[by_species] = palm_equations[by_species]
    chosen[tree_fern & measured & (height_m <= _TREE_FERN_MAX_HEIGHT_M)] = IDS.index("tiepolo_2002_tree_ferns")
    chosen[liana] = IDS.index("schnitzer_2006_lianas")
    for code, decay in enumerate(DECAY_CLASSES):
        # A broken stem is shorter than the height model says: without a measured height only a sound one can be computed.
        usable = measured | ((decay == "sound") & known)
        chosen[standing_dead & (decay_classes == code) & usable] = IDS.index(f"standing_dead_{decay}")
    return chosen


def biomass_kg(
    equations: Codes, sizes: Sizes, *, decay_factors: Mapping[str, float]
) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Return the biomass of each tree by its own equation, and whether its diameter lies in the range of that equation.

    Each tree is computed by itself, so neither their order nor their number changes a digit.

    Args:
        equations: Position of the equation of each tree in `IDS`, shape (n,).
        sizes: What is known of them.
        decay_factors: Density of standing dead wood as a share of that of living wood, by decay class.

    Returns:
        Biomass in kg, NaN where there is no equation; and 1 in the range, 0 outside, −1 where the range is not known.

    Raises:
        InputError: A diameter, wood density or height that an equation needs is not a positive number.
    """
    kg = np.full(equations.shape, np.nan)
    ranged = np.full(equations.shape, -1, dtype=np.int8)
    for code in np.unique(equations).tolist():
        if code == 0:
            continue
        equation, chosen = EQUATIONS[IDS[code]], equations == code
        own = sizes.take(chosen)
        factor = 1.0
        if equation.life_form == "standing_dead":
            factor = decay_factors[equation.id.removeprefix("standing_dead_")]
        kg[chosen] = equation.compute(own) * factor
        if equation.dbh_range_cm is not None:
            low, high = equation.dbh_range_cm
            ranged[chosen] = (own.dbh_cm >= low) & (own.dbh_cm <= high)
    return kg, ranged
