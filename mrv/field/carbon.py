"""From accepted plots and trees to biomass per tree, plot and stratum, and its change: the whole way in one call."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mrv.field.allometry import (
    IDS,
    LIFE_FORMS,
    NONE,
    Codes,
    Sizes,
    biomass_kg,
    choose_equations,
    life_form_of,
    needs_heights,
    palm_equation,
)
from mrv.field.census_changes import changes_of_plots, stratum_changes
from mrv.field.comparable import LivingTrees
from mrv.field.height_curves import AnyHeights
from mrv.field.height_groups import HeightGroups, height_groups
from mrv.field.names import read_names
from mrv.field.plots import CensusKey, PlotCensus, read_censuses
from mrv.field.rounding import BIOMASS_PLACES, HEIGHT_PLACES
from mrv.field.stocks import TreeMasses, gaps_of, plot_rows, stratum_rows, tree_masses
from mrv.field.tree_pairs import TreePairs
from mrv.field.trees import FloatArray, IntArray, Trees, read_trees
from mrv.field.wood_density import LEVELS, WoodDensities, WoodDensityTable, assign_wood_density, read_wood_density
from mrv.project_field import FieldCarbon as Settings
from mrv.schemas import DATASETS

logger = logging.getLogger(__name__)

_TREE = LIFE_FORMS.index("tree")
_STANDING_DEAD = LIFE_FORMS.index("standing_dead")


@dataclass(frozen=True)
class FieldCarbon:
    """Biomass of the field plots.

    Attributes:
        tree_biomass: One row per living tree and per standing dead one (`mrv.schemas`); recomputable from its own columns.
        plot_biomass: One row per plot census, of its living trees; `area_ha` is horizontal. Trees at the dataset's mean wood
            density are `tree_count` less the four level counts. A census with `trees_set_aside` is not `complete`: its biomass
            is that of the trees that are left, and says nothing about the stratum. Nor is one that contradicts the census
            before it. `trees_without_biomass` count as nothing.
        stratum_biomass: One row per stratum that has a complete plot, over the latest complete census of each plot.
        tree_changes: One row per tree and pair of successive censuses of its plot.
        plot_changes: One row per plot and pair of successive censuses.
        stratum_changes: One row per stratum that has a plot whose change is known.
        heights: The height-diameter models; None where the allometry needs no heights.
    """

    tree_biomass: pa.Table
    plot_biomass: pa.Table
    stratum_biomass: pa.Table
    tree_changes: pa.Table
    plot_changes: pa.Table
    stratum_changes: pa.Table
    heights: HeightGroups | None

    @property
    def height_model(self) -> AnyHeights | None:
        """The height model of all trees together."""
        return None if self.heights is None else self.heights.pooled


def field_carbon(
    *,
    plots: pa.Table,
    trees: pa.Table,
    wood_density: pa.Table,
    heights: pa.Table | None,
    names: pa.Table | None,
    plot_strata: Mapping[str, str],
    trees_set_aside: Mapping[CensusKey, int],
    settings: Settings,
    decay_factors: Mapping[str, float],
) -> FieldCarbon:
    """Compute above-ground biomass of trees, plots and strata, and its change over the censuses of permanent plots.

    The order of the rows does not change a digit of the results.

    Args:
        plots: Accepted rows of the landed `plots`.
        trees: Accepted rows of the landed `trees`.
        wood_density: Landed `wood_density`.
        heights: Landed `heights`, the height-diameter sample; None or empty: the living trees with a measured height.
        names: Landed `name_resolution`, or None: the names stay as collected.
        plot_strata: Stratum of each plot_id; a plot it does not hold takes the `stratum_id` of its row.
        trees_set_aside: How many trees of a plot census could not be used; one that it does not hold misses none.
        settings: Equations, height model, layouts and limits of growth of the project.
        decay_factors: Density of standing dead wood as a share of that of living wood, by decay class.

    Raises:
        InputError: The tables contradict each other or lack what the method needs; see the modules of this package.
    """
    censuses = read_censuses(plots, plot_strata=plot_strata, layouts=settings.layouts)
    every = read_trees(trees, censuses=censuses, names=read_names(names))
    gaps = gaps_of(censuses, every, trees_set_aside)
    densities = read_wood_density(wood_density)
    forms = _life_forms(every, densities)
    used = np.flatnonzero(every.alive | (forms == _STANDING_DEAD))
    kept, kept_forms = every.take(used), forms[used]
    strata, stratum = _strata(kept, censuses)
    models = _height_models(kept, kept_forms, heights, settings, [strata[place] for place in stratum.tolist()])
    measured = _Measured(kept, kept_forms, models, strata, stratum)
    density = assign_wood_density(
        taxa=kept.taxa, taxon=kept.taxon, stand=kept.census, counted=kept_forms == _TREE, table=densities
    )
    palms = _of_taxa(kept, [IDS.index(palm_equation(taxon, settings)) for taxon in kept.taxa])
    equations = choose_equations(
        life_forms=kept_forms.astype(np.int8),
        decay_classes=_decay_classes(kept, densities),
        palm_equations=palms,
        height_m=measured.height_m,
        measured=measured.by_hand,
        settings=settings,
    )
    stress = None if settings.environmental_stress is None else float(settings.environmental_stress)
    sizes = Sizes(kept.dbh_cm, density.g_cm3, measured.height_m, stress)
    kg, ranged = biomass_kg(equations, sizes, decay_factors=decay_factors)
    everywhere = np.full(every.dbh_cm.shape, np.nan)
    everywhere[used] = np.round(kg, BIOMASS_PLACES)
    masses = tree_masses(every, everywhere, censuses)
    own = masses.take(used)
    _tell(kept, equations, measured)
    by_hand, place = (np.full(every.dbh_cm.shape, -1, dtype=np.int64) for _ in range(2))
    by_hand[used] = np.where(equations == IDS.index("chave_2014_eq4"), measured.by_hand, -1)
    place[used] = np.arange(used.size)
    living = LivingTrees(
        place,
        dbh_cm=kept.dbh_cm,
        life_form=kept_forms.astype(np.int8),
        palm_equation=palms,
        measured_m=kept.height_m,
        modelled_m=measured.modelled,
        wood_density_g_cm3=density.g_cm3,
        settings=settings,
    )
    pairs = TreePairs(every, masses, height_measured=by_hand, biomass_alike=living.biomass_alike, settings=settings)
    change = changes_of_plots(pairs, censuses=censuses, gaps=gaps, doubt_percent=settings.doubt_percent)
    rows = plot_rows(censuses, kept, own, density, trees_set_aside, gaps, change.doubts)
    return FieldCarbon(
        tree_biomass=_tree_table(kept, kept_forms, measured, density, equations, ranged, own),
        plot_biomass=DATASETS["plot_biomass"].table(rows.values()),
        stratum_biomass=DATASETS["stratum_biomass"].table(stratum_rows(censuses, rows)),
        tree_changes=change.trees,
        plot_changes=change.plots,
        stratum_changes=stratum_changes(change.plots),
        heights=models,
    )


class _Measured:
    """Heights of the trees that count: as measured, else as modelled where there is a model for their form of life."""

    def __init__(
        self, trees: Trees, forms: IntArray, models: HeightGroups | None, strata: Sequence[str], stratum: IntArray
    ) -> None:
        self.by_hand = np.isfinite(trees.height_m)
        self.modelled = np.full(trees.dbh_cm.shape, np.nan)
        self.beyond = np.zeros(trees.dbh_cm.shape, dtype=np.bool_)
        if models is not None:
            fits = (forms == _TREE) | (forms == _STANDING_DEAD)
            self.modelled[fits] = models.predict_m(trees.dbh_cm[fits], strata, stratum[fits])
            self.beyond[fits] = models.beyond(trees.dbh_cm[fits], strata, stratum[fits])
        # Heights and densities are rounded before they are used, so that each row can be recomputed from what it shows.
        heights = self.modelled.copy()
        heights[self.by_hand] = trees.height_m[self.by_hand]
        self.height_m = np.round(heights, HEIGHT_PLACES)
        self.model_form = None if models is None else models.pooled.form


def _life_forms(trees: Trees, densities: WoodDensityTable) -> IntArray:
    """Return the form of life of each tree: as declared, else as its name tells; of the dead, standing dead or −1."""
    told = _of_taxa(trees, [LIFE_FORMS.index(life_form_of(taxon, densities.genus_families)) for taxon in trees.taxa])
    forms = np.where(trees.life_form >= 0, trees.life_form, told)
    return np.where(trees.alive, forms, np.where(trees.decay_class >= 0, _STANDING_DEAD, -1))


def _decay_classes(trees: Trees, densities: WoodDensityTable) -> npt.NDArray[np.int8]:
    """Return the decay class of each standing dead tree, −1 of palms and tree ferns, for which there is no equation."""
    of_tree = _of_taxa(trees, [life_form_of(taxon, densities.genus_families) == "tree" for taxon in trees.taxa])
    other = (trees.life_form >= 0) & (trees.life_form != _TREE) & (trees.life_form != _STANDING_DEAD)
    return np.where(of_tree.astype(bool) & ~other, trees.decay_class, -1).astype(np.int8)


def _of_taxa(trees: Trees, values: Sequence[int]) -> npt.NDArray[np.int8]:
    return np.array(values, dtype=np.int8)[trees.taxon]


def _strata(trees: Trees, censuses: Mapping[CensusKey, PlotCensus]) -> tuple[list[str], IntArray]:
    """Return the strata, and the position of each tree's among them."""
    of_census = [census.stratum_id for census in censuses.values()]
    strata = sorted(set(of_census))
    return strata, np.array([strata.index(name) for name in of_census], dtype=np.int64)[trees.census]


def _height_models(
    trees: Trees, forms: IntArray, heights: pa.Table | None, settings: Settings, strata: Sequence[str]
) -> HeightGroups | None:
    if not needs_heights(settings.allometry):
        return None
    sample = np.flatnonzero((forms == _TREE) & trees.alive & np.isfinite(trees.height_m))
    measured = [(strata[at], float(trees.dbh_cm[at]), float(trees.height_m[at])) for at in sample.tolist()]
    apart = None
    if heights is not None and heights.num_rows:
        pairs = zip(heights["dbh_cm"].to_pylist(), heights["height_m"].to_pylist(), strict=True)
        apart = [(dbh, height) for dbh, height in pairs if height is not None]
    return height_groups(settings, measured, apart=apart)


def _tree_table(
    trees: Trees,
    forms: IntArray,
    measured: _Measured,
    density: WoodDensities,
    equations: Codes,
    ranged: Codes,
    masses: TreeMasses,
) -> pa.Table:
    ranks = {name: [getattr(taxon, name) for taxon in trees.taxa] for name in ("family", "genus", "species", "level")}
    of_name = {name: pa.array(words, pa.string()).take(pa.array(trees.taxon)) for name, words in ranks.items()}
    # 0: not known, 1: modelled, 2: measured.
    how = np.where(measured.by_hand, 2, np.isfinite(measured.height_m).astype(np.int64))
    over = np.full(how.shape, np.nan)
    over[measured.by_hand] = (measured.height_m / measured.modelled)[measured.by_hand]
    over = np.round(over, HEIGHT_PLACES)
    return DATASETS["tree_biomass"].columns(
        {
            **{name: trees.table[name] for name in ("plot_id", "census_id", "tree_id")},
            "dbh_cm": pa.array(trees.dbh_cm),
            "height_m": _nullable(measured.height_m),
            "height_method": _words((NONE, measured.model_form or NONE, "measured"), how),
            "height_over_model": _nullable(over),
            "family": of_name["family"],
            "genus": of_name["genus"],
            "species": of_name["species"],
            "name_level": of_name["level"],
            "life_form": _words(LIFE_FORMS, forms),
            "wood_density_g_cm3": pa.array(density.g_cm3),
            "wood_density_sd_g_cm3": _nullable(density.sd_g_cm3),
            "wood_density_level": _words(LEVELS, density.level),
            "agb_kg": _nullable(masses.agb_kg),
            "allometry": _words(IDS, equations),
            "in_range": pa.array(ranged == 1, mask=ranged < 0),
            "trees_per_ha": pa.array(masses.trees_per_ha),
        }
    )


def _words(words: Sequence[str], positions: npt.NDArray[Any]) -> pa.Array:
    return pa.array(words).take(pa.array(positions))


def _nullable(values: FloatArray) -> pa.Array:
    return pa.array(values, from_pandas=True)


def _tell(trees: Trees, equations: Codes, measured: _Measured) -> None:
    """Warn of heights taken from outside the sample of the model, and of trees that no equation fits."""
    outside = ~measured.by_hand & np.isfinite(measured.modelled) & measured.beyond
    _warn(trees, outside, "lie outside the diameters of the height model")
    _warn(trees, equations == 0, "hold no biomass, because their equation lacks a height or their decay class none")


def _warn(trees: Trees, chosen: npt.NDArray[np.bool_], what: str) -> None:
    found = np.flatnonzero(chosen)
    if found.size:
        row = trees.table.slice(int(found[0]), 1).to_pylist()[0]
        logger.warning("%d trees %s, for example %s of plot %s", found.size, what, row["tree_id"], row["plot_id"])
