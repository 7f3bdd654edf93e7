"""Biomass of trees that were alive in two censuses, computed alike in both, so that only the tree can have changed.

A tree whose height was measured once and modelled once, whose wood density came from other neighbours, or whose name was told
only later would gain or lose biomass without any growth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mrv.field.allometry import IDS, LIFE_FORMS, Codes, Sizes, biomass_kg, choose_equations
from mrv.field.rounding import BIOMASS_PLACES, HEIGHT_PLACES
from mrv.field.trees import FloatArray, IntArray
from mrv.project_field import FieldCarbon as Settings

BiomassAlike = Callable[[IntArray, IntArray], tuple[FloatArray, FloatArray]]
"""Rows of some trees in the earlier and in the later census to their biomass in kg in both, NaN where it is not known."""

_PALM = LIFE_FORMS.index("palm")


@dataclass(frozen=True)
class LivingTrees:
    """What the biomass of trees was computed from, each column but the first of shape (n,).

    Attributes:
        place: Position among the n of each tree of any census, −1 of those that are not among them; shape (m,).
        dbh_cm: Diameters.
        life_form: Position in `LIFE_FORMS`.
        palm_equation: Position in `IDS` of the equation that a measured height allows; anything but of palms.
        measured_m: Measured heights, NaN where there is none.
        modelled_m: Heights by the model, NaN where it has none.
        wood_density_g_cm3: Wood densities.
        settings: Of the project.
    """

    place: IntArray
    dbh_cm: FloatArray
    life_form: Codes
    palm_equation: Codes
    measured_m: FloatArray
    modelled_m: FloatArray
    wood_density_g_cm3: FloatArray
    settings: Settings

    def biomass_alike(self, before: IntArray, after: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the biomass of trees in an earlier and a later census by one height source, density, form and equation.

        Heights are the measured ones where both censuses have one, else the modelled ones of both. Wood density and form of
        life are those of the later census, whose name is the better known. A palm whose equation is not the same in both has
        that of its family.

        Args:
            before: Rows of the trees in the earlier census, shape (k,).
            after: The same trees in the later.

        Returns:
            Biomass in kg before and after, NaN where it is not known.
        """
        rows = self.place[before], self.place[after]
        by_hand = np.isfinite(self.measured_m[rows[0]]) & np.isfinite(self.measured_m[rows[1]])
        heights = [np.where(by_hand, self.measured_m[at], self.modelled_m[at]) for at in rows]
        heights = [np.round(height, HEIGHT_PLACES) for height in heights]
        form = self.life_form[rows[1]]
        first, second = (self._equations(rows[1], height, by_hand) for height in heights)
        differs = (form == _PALM) & (first != second)
        stress = self.settings.environmental_stress
        found = []
        for at, height, equation in zip(rows, heights, (first, second), strict=True):
            equation[differs] = IDS.index("goodman_2013_palms")
            sizes = Sizes(
                self.dbh_cm[at], self.wood_density_g_cm3[rows[1]], height, None if stress is None else float(stress)
            )
            found.append(np.round(biomass_kg(equation, sizes, decay_factors={})[0], BIOMASS_PLACES))
        return found[0], found[1]

    def _equations(
        self, rows: IntArray, height_m: FloatArray, by_hand: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ) -> Codes:
        return choose_equations(
            life_forms=self.life_form[rows],
            decay_classes=np.full(rows.shape, -1, dtype=np.int8),
            palm_equations=self.palm_equation[rows],
            height_m=height_m,
            measured=by_hand,
            settings=self.settings,
        )
