"""Carbon pools of plots, of strata and of the land, as rows of the measured tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from mrv.errors import InputError
from mrv.field.dead_wood import LYING, STANDING
from mrv.field.plots import CensusKey, PlotCensus, latest_censuses
from mrv.field.pool_amounts import PoolAmount
from mrv.field.precision import Stratum, plots_needed, weighted_mean
from mrv.field.rounding import to_factor
from mrv.field.strata import StratumStatistics, stratum_statistics
from mrv.project_field import FieldCarbon

_HECTARES = Decimal("0.000001")
UNIT = "tC/ha"
ABOVE_GROUND, DEAD_WOOD, LITTER = "above_ground", "dead_wood", "litter"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class CarbonFractions:
    """Carbon in dry matter, in t/t."""

    wood: Decimal
    litter: Decimal


def plot_pools(
    amounts: Iterable[PoolAmount],
    *,
    plot_biomass: Iterable[Mapping[str, Any]],
    fractions: CarbonFractions,
    set_aside: Mapping[tuple[str, str, str], int],
) -> Rows:
    """Return rows of `plot_pools`: above-ground biomass, what else was measured, and dead wood where both its parts are known.

    Args:
        amounts: Pools of plot censuses.
        plot_biomass: Rows of the measured table.
        fractions: Carbon in dry matter.
        set_aside: How many rows of (pool, plot_id, census_id) failed a check: what is left of the pool is not all of it.
    """
    biomass = {(row["plot_id"], row["census_id"]): row for row in plot_biomass}
    rows = [
        _row(census, biomass[census], ABOVE_GROUND, _above_ground_mg_ha(row), fractions.wood)
        | {
            "measurement_count": row["tree_count"],
            "method": "allometry",
            "complete": row["complete"],
            "reason": row["reason"] or _without_biomass(row["trees_without_biomass"]),
        }
        for census, row in biomass.items()
    ]
    known = [_marked(amount, biomass[amount.census], set_aside) for amount in amounts]
    for amount in [*known, *_dead_wood(known)]:
        rows.append(
            _row(
                amount.census,
                biomass[amount.census],
                amount.pool,
                amount.dry_mass_mg_ha,
                fractions.litter if amount.pool == LITTER else fractions.wood,
                amount.carbon_tc_ha,
            )
            | {
                "measurement_count": amount.measurement_count,
                "method": amount.method,
                "complete": amount.reason is None,
                "reason": amount.reason or amount.note,
            }
        )
    return rows


def stratum_pools(
    rows: Iterable[Mapping[str, Any]], *, censuses: Mapping[CensusKey, PlotCensus], settings: FieldCarbon
) -> Rows:
    """Return rows of `stratum_pools`: statistics over the latest complete census of each plot, pool by pool.

    Args:
        rows: Rows of `plot_pools`.
        censuses: The plot censuses with their dates.
        settings: Target and confidence of the precision.
    """
    by_pool: dict[str, dict[CensusKey, Decimal]] = {}
    for row in rows:
        if row["complete"]:
            by_pool.setdefault(row["pool"], {})[row["plot_id"], row["census_id"]] = row["carbon_tc_ha"]
    found = []
    for pool, carbon in sorted(by_pool.items()):
        by_stratum: dict[str, list[Decimal]] = {}
        for census in latest_censuses(censuses[key] for key in carbon):
            by_stratum.setdefault(census.stratum_id, []).append(carbon[census.key])
        found += [_stratum_row(stratum, pool, values, settings) for stratum, values in sorted(by_stratum.items())]
    return found


def landscape_pools(rows: Iterable[Mapping[str, Any]], *, areas_ha: Mapping[str, Decimal]) -> Rows:
    """Return rows of `landscape_pools`: the mean over strata by their areas; null where a stratum with area has no plot.

    Args:
        rows: Rows of `stratum_pools`.
        areas_ha: Area of each stratum that the mean is of; empty where it was not measured.
    """
    by_pool: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        by_pool.setdefault(row["pool"], {})[row["stratum_id"]] = row
    return [_land_row(pool, strata, areas_ha) for pool, strata in sorted(by_pool.items())]


def _marked(
    amount: PoolAmount, biomass: Mapping[str, Any], set_aside: Mapping[tuple[str, str, str], int]
) -> PoolAmount:
    """Say of an amount that it is not all; standing dead wood is of the same trees as the living, and falls with them."""
    missed = set_aside.get((amount.pool, *amount.census), 0)
    reason = biomass["reason"] if amount.pool == STANDING else f"{missed} row(s) set aside" if missed else None
    return amount if amount.reason or reason is None else replace(amount, reason=reason)


def _above_ground_mg_ha(biomass: Mapping[str, Any]) -> Decimal | None:
    """Return the living biomass; None, and not 0, where no tree is left of those that there are."""
    known: Decimal | None = biomass["agb_mg_ha"] if biomass["tree_count"] or biomass["complete"] else None
    return known


def _without_biomass(count: int) -> str | None:
    return f"{count} living tree(s) without biomass, left out" if count else None


def _dead_wood(amounts: Sequence[PoolAmount]) -> list[PoolAmount]:
    parts = {(amount.census, amount.pool): amount for amount in amounts if amount.pool in (LYING, STANDING)}
    whole = []
    for census in sorted({census for census, _ in parts}):
        lying, standing = parts.get((census, LYING)), parts.get((census, STANDING))
        mass, note = None, None
        if lying is None or standing is None:
            reason: str | None = f"{'lying' if lying is None else 'standing'} dead wood was not measured"
        else:
            reason, note = lying.reason or standing.reason, standing.note
            if reason is None and lying.dry_mass_mg_ha is not None and standing.dry_mass_mg_ha is not None:
                mass = lying.dry_mass_mg_ha + standing.dry_mass_mg_ha
        count = sum(part.measurement_count for part in (lying, standing) if part)
        whole.append(PoolAmount(census, DEAD_WOOD, mass, count, "lying_and_standing", reason, None, note))
    return whole


def _row(
    census: CensusKey,
    biomass: Mapping[str, Any],
    pool: str,
    dry_mass_mg_ha: float | Decimal | None,
    fraction: Decimal,
    carbon_tc_ha: float | None = None,
) -> dict[str, Any]:
    mass = None if dry_mass_mg_ha is None else to_factor(dry_mass_mg_ha)
    carbon = None if carbon_tc_ha is None else to_factor(carbon_tc_ha)
    return {
        "plot_id": census[0],
        "census_id": census[1],
        "stratum_id": biomass["stratum_id"],
        "pool": pool,
        "dry_mass_mg_ha": mass,
        "carbon_tc_ha": carbon if mass is None else to_factor(mass * fraction),
    }


def _stratum_row(stratum: str, pool: str, values: Sequence[Decimal], settings: FieldCarbon) -> dict[str, Any]:
    found = stratum_statistics(values)
    confidence = float(settings.precision_confidence)
    precision95 = 100 * found.ci95_half_width / found.mean if found.ci95_half_width is not None and found.mean else None
    precision = found.precision90_percent if settings.precision_confidence == "0.90" else precision95
    needed, reason = _needed(found, settings, confidence)
    return {
        "stratum_id": stratum,
        "pool": pool,
        "unit": UNIT,
        "plot_count": found.n,
        "mean": to_factor(found.mean),
        "sd": _optional(found.sd),
        "se": _optional(found.se),
        "ci90_half_width": _optional(found.ci90_half_width),
        "ci95_half_width": _optional(found.ci95_half_width),
        "precision90_percent": _optional(found.precision90_percent),
        "precision95_percent": _optional(precision95),
        "target_percent": to_factor(settings.precision_target_percent),
        "target_confidence": to_factor(Decimal(settings.precision_confidence)),
        "meets_target": None if precision is None else precision <= float(settings.precision_target_percent),
        "plots_needed": needed,
        "reason": reason,
    }


def _needed(found: StratumStatistics, settings: FieldCarbon, confidence: float) -> tuple[int | None, str | None]:
    if found.sd is None:
        return None, "one plot has no spread"
    if not found.mean > 0:
        return None, "the mean is 0"
    try:
        needed = plots_needed(
            mean=found.mean,
            sd=found.sd,
            target_percent=float(settings.precision_target_percent),
            confidence=confidence,
        )
    except InputError as error:
        return None, error.message
    return needed, None


def _land_row(pool: str, strata: Mapping[str, Mapping[str, Any]], areas_ha: Mapping[str, Decimal]) -> dict[str, Any]:
    counted = {name: area for name, area in areas_ha.items() if area > 0}
    without = sorted(counted.keys() - strata.keys())
    row: dict[str, Any] = {
        "pool": pool,
        "unit": UNIT,
        "stratum_count": len(strata),
        "plot_count": sum(stratum["plot_count"] for stratum in strata.values()),
        "area_ha": sum(counted.values(), Decimal(0)).quantize(_HECTARES) if counted else None,
        **dict.fromkeys(("mean", "se", "degrees_of_freedom", "ci90_half_width", "ci95_half_width")),
        "precision90_percent": None,
        "reason": None,
    }
    if not counted or without:
        row["reason"] = f"no complete plot in stratum {', '.join(without)}" if without else "no area of the strata"
        return row
    found = weighted_mean(
        [
            Stratum(
                float(counted[name]),
                float(strata[name]["mean"]),
                None if strata[name]["sd"] is None else float(strata[name]["sd"]),
                strata[name]["plot_count"],
            )
            for name in sorted(counted)
        ]
    )
    row |= {
        "mean": to_factor(found.mean),
        "se": _optional(found.se),
        "degrees_of_freedom": _optional(found.degrees_of_freedom),
        "ci90_half_width": _optional(found.ci90_half_width),
        "ci95_half_width": _optional(found.ci95_half_width),
        "reason": None if found.se is not None else "a stratum has one plot, which has no spread",
    }
    if found.ci90_half_width is not None and found.mean:
        row["precision90_percent"] = to_factor(100 * found.ci90_half_width / found.mean)
    return row


def _optional(value: float | None) -> Decimal | None:
    return None if value is None else to_factor(value)
