"""Uncertainty of above-ground biomass of plots, strata and the land, and the share that each source of error has in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mrv.field.height_errors import HeightErrors
from mrv.field.montecarlo import TREE_SOURCES, draw_plots, make_stand
from mrv.field.plots import CensusKey, PlotCensus, latest_censuses
from mrv.field.rounding import to_factor
from mrv.field.sampling_draws import Spread, land_draws, spread_of, stratum_draws
from mrv.project_field import MonteCarlo

FloatArray = npt.NDArray[np.float64]
Rows = list[dict[str, Any]]

ALL, SAMPLING, LAND = "all", "sampling", "*"
UNIT = "Mg/ha"
_ONE_PLOT = "one plot: how far others of its stratum differ is not known, so sampling is left out"
_PLACES = 6


@dataclass(frozen=True)
class Entity:
    """A plot, a stratum or the land, with what was recorded for it in Mg/ha.

    Attributes:
        kind: plot, stratum or `LAND`.
        name: Which one.
        plot_count: Plots behind it.
        recorded: Above-ground biomass as recorded.
        sampled: Whether some of its strata have more than one plot, so that their choice can be drawn.
        reason: What its intervals leave out.
    """

    kind: str
    name: str
    plot_count: int
    recorded: Decimal | float
    sampled: bool
    reason: str | None = None


def carbon_uncertainty(
    tree_biomass: pa.Table,
    *,
    plot_biomass: Iterable[Mapping[str, Any]],
    censuses: Mapping[CensusKey, PlotCensus],
    heights: Mapping[str, HeightErrors],
    areas_ha: Mapping[str, Decimal],
    settings: MonteCarlo,
) -> Rows:
    """Return rows of `carbon_uncertainty`, over the latest complete census of each plot.

    One run draws all errors at once, and one each of them alone. A source's `variance_share` is the variance of its own run
    over that of all at once; the shares need not sum to 1, because errors meet in a product.

    Args:
        tree_biomass: The measured table.
        plot_biomass: Rows of the measured table.
        censuses: The plot censuses.
        heights: Errors of the height models by group; empty where no height comes from one.
        areas_ha: Area of each stratum; empty where it was not measured, and then the land has no row.
        settings: Draws, seed and sources.
    """
    recorded = {(row["plot_id"], row["census_id"]): row["agb_mg_ha"] for row in plot_biomass if row["complete"]}
    latest = latest_censuses(censuses[key] for key in sorted(recorded))
    if not latest:
        return []
    keys = sorted(census.key for census in latest)
    strata = {key: censuses[key].stratum_id for key in keys}
    stand = make_stand(
        tree_biomass, heights=heights, censuses=strata, density_errors="wood_density" in settings.sources
    )
    values = np.array([float(recorded[key]) for key in keys])
    own = [source for source in TREE_SOURCES if source in settings.sources]
    sampled = SAMPLING in settings.sources
    runs: dict[str, dict[tuple[str, str], Spread]] = {}
    for run in (ALL, *own, *([SAMPLING] if sampled else [])):
        if run == SAMPLING:
            draws = np.tile(values, (settings.draws, 1))
        else:
            draws = draw_plots(stand, draws=settings.draws, seed=settings.seed, sources=own if run == ALL else [run])
        runs[run] = _spreads(draws, keys, strata, areas_ha, settings, sampled=sampled and run in (ALL, SAMPLING))
    entities = _entities(keys, recorded, strata, areas_ha, sampled=sampled)
    return [row for entity in entities for row in _rows(entity, runs, settings)]


def _spreads(
    plot_draws: FloatArray,
    keys: Sequence[CensusKey],
    strata: Mapping[CensusKey, str],
    areas_ha: Mapping[str, Decimal],
    settings: MonteCarlo,
    *,
    sampled: bool,
) -> dict[tuple[str, str], Spread]:
    # Only what draws say is kept of a run: the draws of all runs together could be more than memory holds.
    found = {("plot", key[0]): spread_of(plot_draws[:, column]) for column, key in enumerate(keys)}
    means = {}
    for stratum in sorted(set(strata.values())):
        columns = [column for column, key in enumerate(keys) if strata[key] == stratum]
        means[stratum] = stratum_draws(plot_draws[:, columns], stratum_id=stratum, seed=settings.seed, sampling=sampled)
    found |= {("stratum", stratum): spread_of(draws) for stratum, draws in means.items()}
    if _covers(areas_ha, means):
        weights = {stratum: float(area) for stratum, area in areas_ha.items() if area > 0}
        found[LAND, LAND] = spread_of(land_draws({name: means[name] for name in weights}, areas_ha=weights))
    return found


def _entities(
    keys: Sequence[CensusKey],
    recorded: Mapping[CensusKey, Decimal],
    strata: Mapping[CensusKey, str],
    areas_ha: Mapping[str, Decimal],
    *,
    sampled: bool,
) -> list[Entity]:
    entities = [Entity("plot", key[0], 1, recorded[key], sampled=False) for key in keys]
    means: dict[str, Decimal] = {}
    for stratum in sorted(set(strata.values())):
        plots = [recorded[key] for key in keys if strata[key] == stratum]
        means[stratum] = sum(plots, Decimal(0)) / len(plots)
        reason = _ONE_PLOT if sampled and len(plots) == 1 else None
        entities.append(Entity("stratum", stratum, len(plots), means[stratum], len(plots) > 1, reason))
    if _covers(areas_ha, means):
        counted = {name: area for name, area in areas_ha.items() if area > 0}
        mean = sum((means[name] * area for name, area in counted.items()), Decimal(0)) / sum(counted.values())
        of_land = [entity for entity in entities if entity.kind == "stratum" and entity.name in counted]
        count = sum(strata[key] in counted for key in keys)
        reason = next((entity.reason for entity in of_land if entity.reason), None)
        entities.append(Entity(LAND, LAND, count, mean, any(entity.sampled for entity in of_land), reason))
    return entities


def _covers(areas_ha: Mapping[str, Decimal], means: Mapping[str, Any]) -> bool:
    counted = {name for name, area in areas_ha.items() if area > 0}
    return bool(counted) and counted <= means.keys()


def _rows(entity: Entity, runs: Mapping[str, Mapping[tuple[str, str], Spread]], settings: MonteCarlo) -> Rows:
    spreads = {run: found[entity.kind, entity.name] for run, found in runs.items()}
    if not entity.sampled:
        # Plots are not sampled within themselves, and a single one says nothing of others.
        spreads.pop(SAMPLING, None)
    whole = spreads[ALL].sd
    return [
        {
            "entity_kind": "land" if entity.kind == LAND else entity.kind,
            "entity_id": entity.name,
            "error_source": run,
            "plot_count": entity.plot_count,
            "draw_count": settings.draws,
            "seed": settings.seed,
            "unit": UNIT,
            "recorded": to_factor(entity.recorded),
            **_amounts(spread),
            # Where some strata are not sampled, their part is missing above and below the line.
            "variance_share": None if not whole or (run == SAMPLING and entity.reason) else _share(spread.sd, whole),
            "reason": entity.reason if run in (ALL, SAMPLING) else None,
        }
        for run, spread in spreads.items()
    ]


def _share(sd: float, whole: float) -> Decimal:
    return to_factor(round((sd / whole) ** 2, _PLACES))


def _amounts(spread: Spread) -> dict[str, Decimal]:
    """Return what draws say at six decimals, so that the last bits of sums of exponentials do not show."""
    names = ("mean", "median", "sd", "q025", "q05", "q95", "q975")
    return {name: to_factor(round(getattr(spread, name), _PLACES)) for name in names}
