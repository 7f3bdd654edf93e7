"""The trees of two censuses of a plot side by side: what became of each, how it grew, and what of it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa

from mrv.field.comparable import BiomassAlike
from mrv.field.nests import SMALLEST_DBH_CM
from mrv.field.plots import PlotCensus
from mrv.field.rounding import to_factor
from mrv.field.stocks import TreeMasses
from mrv.field.trees import BoolArray, FloatArray, IntArray, Trees
from mrv.project_field import FieldCarbon as Settings

FATES = ("survivor", "recruit", "ongrowth", "death", "missing", "resurrected", "refound")
FLAGS = (
    "pom_changed",
    "growth_too_small",
    "growth_too_large",
    "recruit_too_large",
    "genus_changed",
    "height_method_changed",
)
IMPLAUSIBLE = ("growth_too_small", "growth_too_large", "recruit_too_large")

_POM_TOLERANCE_M = 0.05
_COPIED_FROM = 10
"""As many survivors without any growth of any of them are no forest, but a copied form."""
_GROWTH_PLACES = 6
_DAYS_IN_YEAR = Decimal("365.25")


@dataclass(frozen=True)
class Signs:
    """By what a tree is known again, and how it was measured, each column of shape (n,).

    Attributes:
        tags: The different tree_ids.
        tag: Position of each tree's in `tags`.
        genus: A number for each genus, −1 where it is not known.
        pom_m: Point of measurement in m, NaN where it was not recorded.
        height_measured: 1 where its biomass is by a measured height, 0 by a modelled one, −1 where it is by none.
    """

    tags: pa.Array
    tag: IntArray
    genus: IntArray
    pom_m: FloatArray
    height_measured: IntArray


@dataclass(frozen=True)
class Pair:
    """The trees of two censuses of a plot side by side, each column of shape (n,).

    Attributes:
        before: Position of each tree among all, in the earlier census; −1 where it is not there.
        after: The same in the later.
        fate: Position in `FATES`, −1 of trees that lived in neither.
        growth_cm_yr: NaN but of survivors; of these NaN where the point of measurement moved.
        flag: Position in `FLAGS`, −1 where there is none.
        kg_before: Living biomass in the earlier census, NaN where there is none or it is not known; of survivors computed
            alike in both, the later one in both where the point of measurement moved, and NaN in both where one is not known.
        kg_after: The same in the later.
        unknown: Trees whose part in the change is not known. A survivor without biomass in either census is none of them:
            it is left out of both.
    """

    before: IntArray
    after: IntArray
    fate: IntArray
    growth_cm_yr: FloatArray
    flag: IntArray
    kg_before: FloatArray
    kg_after: FloatArray
    unknown: BoolArray

    def of(self, *fates: str) -> BoolArray:
        """Return which trees have one of these fates."""
        return np.isin(self.fate, [FATES.index(fate) for fate in fates])

    def flagged(self, flag: str) -> int:
        """Return how many trees have a flag."""
        return int((self.flag == FLAGS.index(flag)).sum())

    @property
    def doubtful(self) -> BoolArray:
        """Which trees grew as no tree can, are too thick to be new, or came back to life."""
        return np.isin(self.flag, [FLAGS.index(flag) for flag in IMPLAUSIBLE]) | self.of("resurrected")

    @property
    def copied(self) -> bool:
        """Whether the later census has ten and more survivors of which none grew at all."""
        survivors = self.growth_cm_yr[self.of("survivor")]
        known = survivors[np.isfinite(survivors)]
        return known.size >= _COPIED_FROM and not known.any()


class TreePairs:
    """Puts the trees of censuses side by side."""

    def __init__(
        self,
        trees: Trees,
        masses: TreeMasses,
        *,
        height_measured: IntArray,
        biomass_alike: BiomassAlike,
        settings: Settings,
    ) -> None:
        """Read what trees are known again by.

        Args:
            trees: Every tree, living or dead, in the order of the keys.
            masses: Their biomass; what dead ones have does not count.
            height_measured: Of each tree 1 where its biomass is by a measured height, 0 by a modelled one, −1 by none.
            biomass_alike: Gives the biomass of survivors.
            settings: Limits of growth.
        """
        self.trees, self.masses = trees, masses
        self.signs = _signs(trees, height_measured)
        self._alike = biomass_alike
        self._growth = float(settings.min_growth_cm_yr), float(settings.max_growth_cm_yr)

    def between(
        self, earlier: PlotCensus, later: PlotCensus, first: IntArray, second: IntArray, *, seen: IntArray
    ) -> Pair:
        """Return the trees of two censuses side by side.

        Args:
            earlier: The one.
            later: The other.
            first: Positions of the trees of the earlier one.
            second: Of the later.
            seen: Positions of the trees of all censuses of the plot before the later one.
        """
        years = float(years_between(earlier, later))
        tag = self.signs.tag
        both = np.union1d(tag[first], tag[second])
        before, after = _found(both, tag, first), _found(both, tag, second)
        fate = self._fates(before, after, np.isin(both, tag[seen]))
        growth = np.full(both.shape, np.nan)
        survivor = fate == FATES.index("survivor")
        dbh_cm = self.trees.dbh_cm
        growth[survivor] = np.round((dbh_cm[after[survivor]] - dbh_cm[before[survivor]]) / years, _GROWTH_PLACES)
        flag = self._flags(before, after, fate, growth, self._thickest(after, later, years))
        moved = flag == FLAGS.index("pom_changed")
        growth[moved] = np.nan
        return Pair(before, after, fate, growth, flag, *self._biomass(before, after, survivor, moved, fate))

    def _fates(self, before: IntArray, after: IntArray, seen: BoolArray) -> IntArray:
        alive_before, alive_after = _true_at(self.trees.alive, before), _true_at(self.trees.alive, after)
        fate = np.full(before.shape, -1, dtype=np.int64)
        fate[alive_before & alive_after] = FATES.index("survivor")
        new = (before < 0) & alive_after
        fate[new] = FATES.index("recruit")
        # A tree of a larger nest stood there before, too thin for that nest and too far from the centre for the smaller one.
        fate[new & (self.masses.nest[after] > 0)] = FATES.index("ongrowth")
        fate[new & seen] = FATES.index("refound")
        fate[alive_before & (after >= 0) & ~alive_after] = FATES.index("death")
        fate[alive_before & (after < 0)] = FATES.index("missing")
        fate[(before >= 0) & ~alive_before & alive_after] = FATES.index("resurrected")
        return fate

    def _thickest(self, after: IntArray, later: PlotCensus, years: float) -> FloatArray:
        """Return the diameter that a new tree can have reached since it was too thin for its own nest."""
        least = [nest.min_dbh_cm for nest in later.nests] if later.layout_id is not None else [SMALLEST_DBH_CM]
        nest = np.where(after >= 0, self.masses.nest[after], 0)
        thickest: FloatArray = np.array(least)[nest] + self._growth[1] * years
        return thickest

    def _flags(
        self, before: IntArray, after: IntArray, fate: IntArray, growth: FloatArray, thickest: FloatArray
    ) -> IntArray:
        signs, (smallest, largest) = self.signs, self._growth
        survivor = fate == FATES.index("survivor")
        new = np.isin(fate, [FATES.index("recruit"), FATES.index("ongrowth")])
        flag = np.full(fate.shape, -1, dtype=np.int64)
        flag[survivor & _differ(signs.height_measured, before, after)] = FLAGS.index("height_method_changed")
        flag[survivor & _differ(signs.genus, before, after)] = FLAGS.index("genus_changed")
        upwards = signs.pom_m[after] - signs.pom_m[before]
        flag[survivor & (np.abs(upwards) > _POM_TOLERANCE_M)] = FLAGS.index("pom_changed")
        # A stem is thinner further up, so only there another point of measurement explains a smaller diameter.
        flag[survivor & (growth < smallest) & ~(upwards > _POM_TOLERANCE_M)] = FLAGS.index("growth_too_small")
        flag[survivor & (growth > largest)] = FLAGS.index("growth_too_large")
        flag[new & (self.trees.dbh_cm[after] > thickest)] = FLAGS.index("recruit_too_large")
        return flag

    def _biomass(
        self, before: IntArray, after: IntArray, survivor: BoolArray, moved: BoolArray, fate: IntArray
    ) -> tuple[FloatArray, FloatArray, BoolArray]:
        kg, alive = self.masses.agb_kg, self.trees.alive
        kg_before = np.where(_true_at(alive, before), kg[before], np.nan)
        kg_after = np.where(_true_at(alive, after), kg[after], np.nan)
        told = np.isfinite(kg_before) | np.isfinite(kg_after)
        lived = (fate >= 0) & ~survivor
        kg_before[survivor], kg_after[survivor] = self._alike(before[survivor], after[survivor])
        # Two diameters at different heights of the stem say nothing of growth.
        kg_before[moved] = kg_after[moved]
        half = survivor & ~(np.isfinite(kg_before) & np.isfinite(kg_after))
        kg_before[half] = kg_after[half] = np.nan
        unknown: BoolArray = (half & told) | (lived & ~told)
        return kg_before, kg_after, unknown


def years_between(earlier: PlotCensus, later: PlotCensus) -> Decimal:
    """Return the years of 365.25 days from one census to the next; both have a date."""
    first, second = (census.census_date.toordinal() if census.census_date else 0 for census in (earlier, later))
    return to_factor(Decimal(second - first) / _DAYS_IN_YEAR)


def _signs(trees: Trees, height_measured: IntArray) -> Signs:
    encoded = trees.table["tree_id"].combine_chunks().dictionary_encode()
    genera = [taxon.genus or "" for taxon in trees.taxa]
    known = {genus: at for at, genus in enumerate(sorted(set(genera) - {""}))}
    return Signs(
        encoded.dictionary,
        encoded.indices.to_numpy().astype(np.int64),
        np.array([known.get(genus, -1) for genus in genera], dtype=np.int64)[trees.taxon],
        trees.table["pom_m"].cast(pa.float64()).fill_null(np.nan).to_numpy(),
        height_measured,
    )


def _found(wanted: IntArray, codes: IntArray, rows: IntArray) -> IntArray:
    """Return the row of each wanted tree among some rows, −1 where it is not there."""
    if not rows.size:
        return np.full(wanted.shape, -1, dtype=np.int64)
    order = rows[np.argsort(codes[rows], kind="stable")]
    at = np.minimum(np.searchsorted(codes[order], wanted), order.size - 1)
    return np.where(codes[order[at]] == wanted, order[at], -1)


def _differ(values: IntArray, before: IntArray, after: IntArray) -> BoolArray:
    """Return whether both values of a tree are known and not the same."""
    different: BoolArray = (values[before] >= 0) & (values[after] >= 0) & (values[before] != values[after])
    return different


def _true_at(values: BoolArray, rows: IntArray) -> BoolArray:
    return (rows >= 0) & values[rows]
