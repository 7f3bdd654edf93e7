"""From accepted plots and trees to biomass per tree, plot and stratum: the whole way in one call."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from mrv.field.biomass import CHAVE_2014_EQ4, agb_kg
from mrv.field.height import HeightModel, fit_height_model
from mrv.field.names import read_names, resolve
from mrv.field.plots import CensusKey, PlotCensus, Tree, latest_censuses, read_censuses, read_living_trees
from mrv.field.rounding import BIOMASS_PLACES, HEIGHT_PLACES, to_factor
from mrv.field.strata import stratum_statistics
from mrv.field.wood_density import assign_wood_density, read_wood_density
from mrv.project_field import HeightForm
from mrv.schemas import DATASETS

logger = logging.getLogger(__name__)

_KG_PER_MG = 1000
_LEVEL_COLUMNS = {
    "species": "species_level_count",
    "genus": "genus_level_count",
    "family": "family_level_count",
    "plot": "plot_mean_level_count",
}


@dataclass(frozen=True)
class FieldCarbon:
    """Biomass of the field plots.

    Attributes:
        tree_biomass: One row per living tree (`mrv.schemas`); recomputable from its own columns.
        plot_biomass: One row per plot census; `area_ha` is horizontal. Trees at the dataset's mean wood density are
            `tree_count` less the four level counts. A census with `trees_set_aside` is not `complete`: its biomass is
            that of the trees that are left, and says nothing about the stratum.
        stratum_biomass: One row per stratum that has a complete plot, over the latest complete census of each plot.
        height_model: The height-diameter model that was fitted.
    """

    tree_biomass: pa.Table
    plot_biomass: pa.Table
    stratum_biomass: pa.Table
    height_model: HeightModel


def field_carbon(
    *,
    plots: pa.Table,
    trees: pa.Table,
    wood_density: pa.Table,
    heights: pa.Table | None,
    names: pa.Table | None,
    plot_strata: Mapping[str, str],
    trees_set_aside: Mapping[CensusKey, int],
    height_model: HeightForm,
) -> FieldCarbon:
    """Compute above-ground biomass of trees, plots and strata with Chave et al. 2014, equation 4.

    The order of the rows does not change a digit of the results.

    Args:
        plots: Accepted rows of the landed `plots`.
        trees: Accepted rows of the landed `trees`.
        wood_density: Landed `wood_density`.
        heights: Landed `heights`, the height-diameter sample; None or empty: the living trees with a measured height.
        names: Landed `name_resolution`, or None: the names stay as collected.
        plot_strata: Stratum of each plot_id; a plot it does not hold takes the `stratum_id` of its row.
        trees_set_aside: How many trees of a plot census could not be used; one that it does not hold misses none.
        height_model: Which height-diameter model to fit.

    Raises:
        InputError: The tables contradict each other or lack what the method needs; see the modules of this package.
    """
    censuses = read_censuses(plots, plot_strata=plot_strata)
    incomplete = frozenset(key for key, count in trees_set_aside.items() if count)
    living = read_living_trees(trees, censuses=censuses, incomplete=incomplete)
    model = _fit(living, heights, height_model)
    tree_rows = _tree_rows(living, censuses=censuses, wood_density=wood_density, names=names, model=model)
    plot_rows = _plot_rows(censuses, tree_rows, trees_set_aside)
    return FieldCarbon(
        tree_biomass=DATASETS["tree_biomass"].table(tree_rows),
        plot_biomass=DATASETS["plot_biomass"].table(plot_rows.values()),
        stratum_biomass=DATASETS["stratum_biomass"].table(_stratum_rows(censuses, plot_rows)),
        height_model=model,
    )


def _fit(living: Sequence[Tree], heights: pa.Table | None, form: HeightForm) -> HeightModel:
    if heights is not None and heights.num_rows:
        pairs = list(zip(heights["dbh_cm"].to_pylist(), heights["height_m"].to_pylist(), strict=True))
    else:
        pairs = [(tree.dbh_cm, tree.height_m) for tree in living]
    measured = [(dbh, height) for dbh, height in pairs if height is not None]
    return fit_height_model(dbh_cm=[dbh for dbh, _ in measured], height_m=[height for _, height in measured], form=form)


def _tree_rows(
    living: Sequence[Tree],
    *,
    censuses: Mapping[CensusKey, PlotCensus],
    wood_density: pa.Table,
    names: pa.Table | None,
    model: HeightModel,
) -> list[dict[str, Any]]:
    name_table = read_names(names)
    taxa = [resolve(family=tree.family, genus=tree.genus, species=tree.species, names=name_table) for tree in living]
    densities = assign_wood_density(
        taxa=taxa,
        stands=[tree.census for tree in living],
        table=read_wood_density(wood_density),
    )
    dbh = np.array([tree.dbh_cm for tree in living], dtype=np.float64)
    # Heights and densities are rounded before they are used, so that each row can be recomputed from what it shows.
    height = [
        round(predicted if tree.height_m is None else tree.height_m, HEIGHT_PLACES)
        for tree, predicted in zip(living, model.predict_m(dbh).tolist(), strict=True)
    ]
    _tell_extrapolation(living, model)
    biomass = agb_kg(
        dbh_cm=dbh,
        wood_density_g_cm3=np.array([density.g_cm3 for density in densities], dtype=np.float64),
        height_m=np.array(height, dtype=np.float64),
    )
    return [
        {
            "plot_id": tree.plot_id,
            "census_id": tree.census_id,
            "tree_id": tree.tree_id,
            "dbh_cm": tree.dbh_cm,
            "height_m": height_m,
            "height_method": model.form if tree.height_m is None else "measured",
            "family": taxon.family,
            "genus": taxon.genus,
            "species": taxon.species,
            "name_level": taxon.level,
            "life_form": "tree",
            "wood_density_g_cm3": density.g_cm3,
            "wood_density_level": density.level,
            "agb_kg": round(kg, BIOMASS_PLACES),
            "allometry": CHAVE_2014_EQ4,
            "trees_per_ha": 1 / censuses[tree.census].area_ha,
        }
        for tree, taxon, height_m, density, kg in zip(living, taxa, height, densities, biomass.tolist(), strict=True)
    ]


def _plot_rows(
    censuses: Mapping[CensusKey, PlotCensus],
    tree_rows: Sequence[Mapping[str, Any]],
    trees_set_aside: Mapping[CensusKey, int],
) -> dict[CensusKey, dict[str, Any]]:
    of_census: dict[CensusKey, list[Mapping[str, Any]]] = {key: [] for key in censuses}
    for row in tree_rows:
        of_census[row["plot_id"], row["census_id"]].append(row)
    rows = {}
    for key, census in censuses.items():
        trees = of_census[key]
        levels = [row["wood_density_level"] for row in trees]
        agb_mg = sum((Decimal(repr(row["agb_kg"])) for row in trees), Decimal(0)) / _KG_PER_MG
        rows[key] = {
            "plot_id": census.plot_id,
            "census_id": census.census_id,
            "stratum_id": census.stratum_id,
            "area_ha": census.area_ha,
            "slope_factor": census.slope_factor,
            "layout_id": None,
            "tree_count": len(trees),
            **{column: levels.count(level) for level, column in _LEVEL_COLUMNS.items()},
            "agb_mg": to_factor(agb_mg),
            "agb_mg_ha": to_factor(agb_mg / Decimal(repr(census.area_ha))),
            "trees_set_aside": trees_set_aside.get(key, 0),
            "complete": not trees_set_aside.get(key, 0),
        }
    return rows


def _stratum_rows(
    censuses: Mapping[CensusKey, PlotCensus], plot_rows: Mapping[CensusKey, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    by_stratum: dict[str, list[Decimal]] = {}
    # A census without some of its trees has too little biomass, and the large trees are those most often set aside.
    complete = [census for key, census in censuses.items() if plot_rows[key]["complete"]]
    for census in latest_censuses(complete):
        by_stratum.setdefault(census.stratum_id, []).append(plot_rows[census.key]["agb_mg_ha"])
    rows = []
    for stratum_id, values in by_stratum.items():
        found = stratum_statistics(values)
        rows.append(
            {
                "stratum_id": stratum_id,
                "plot_count": found.n,
                "agb_mg_ha": to_factor(found.mean),
                "sd_mg_ha": _optional(found.sd),
                "se_mg_ha": _optional(found.se),
                "ci90_half_width_mg_ha": _optional(found.ci90_half_width),
                "ci95_half_width_mg_ha": _optional(found.ci95_half_width),
                "precision90_percent": _optional(found.precision90_percent),
            }
        )
    return rows


def _optional(value: float | None) -> Decimal | None:
    return None if value is None else to_factor(value)


def _tell_extrapolation(living: Sequence[Tree], model: HeightModel) -> None:
    outside = [
        tree for tree in living if tree.height_m is None and not model.dbh_min_cm <= tree.dbh_cm <= model.dbh_max_cm
    ]
    if outside:
        logger.warning(
            "%d trees lie outside the diameters of the height sample (%s to %s cm), for example %s of plot %s",
            len(outside),
            model.dbh_min_cm,
            model.dbh_max_cm,
            outside[0].tree_id,
            outside[0].plot_id,
        )
