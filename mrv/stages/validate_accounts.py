"""What `mrv check` says of the inputs of the accounts: declared tables, and strata that a baseline leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mrv.accounting.vocabulary import (
    LEAST_FOREST_TC_HA,
    LEAST_TOTAL_TC_HA,
    MOST_FOREST_TC_HA,
    MOST_TOTAL_TC_HA,
)
from mrv.boundaries import Zone
from mrv.errors import MrvError, ProjectError
from mrv.parameters import Parameter
from mrv.project import LoadedProject
from mrv.rule_sets import account_parameters
from mrv.stages.account_inputs import SCOPE_OF_KIND, account_problems
from mrv.stages.validate_rasters import measures_forest

SMALL_SHARE = 1e-3
"""Part of a zone below which a stratum only touches it: borders that were drawn apart overlap by slivers."""


def declared_problems(project: LoadedProject, zones: Sequence[Zone]) -> tuple[list[MrvError], list[str]]:
    """Return the problems of the tables that `accounting` names, and notes."""
    if not project.definition.accounting.files:
        return [], []
    by_period: dict[str, Mapping[str, Parameter]] = {}
    for period in project.definition.monitoring_periods:
        try:
            rows = account_parameters(project, period)
        except ProjectError:
            continue  # told where parameters are checked
        last = max(year for rule_set, year in rows if rule_set == project.definition.rule_set)
        by_period[period.id] = {row.name: row for row in rows[project.definition.rule_set, last]}
    return account_problems(project, zones, by_period, measured=measures_forest(project))


def implausible_stocks(project: LoadedProject) -> Iterator[ProjectError]:
    """Yield stocks of forest in project.yaml that no forest has: most likely tCO2e/ha, or t of dry matter."""
    wide = project.definition.accounting.stock_range
    for pool in project.definition.emission_factors.pools:
        if pool.state != "forest" or pool.stock_tc_ha is None or pool.pool not in ("above_ground", "total"):
            continue
        least, most = (
            (LEAST_TOTAL_TC_HA, MOST_TOTAL_TC_HA) if pool.pool == "total" else (LEAST_FOREST_TC_HA, MOST_FOREST_TC_HA)
        )
        if wide:
            least, most = wide.least_tc_ha, wide.most_tc_ha
        if not least <= pool.stock_tc_ha <= most:
            yield ProjectError(
                "a forest stock is implausible in tC/ha",
                expected=f"{least} to {most} tC/ha",
                found=str(pool.stock_tc_ha),
                where=f"{project.file}, emission_factors.pools, {pool.pool}",
                remedy="convert tCO2e/ha by 12/44 or dry matter by its carbon fraction, or declare accounting.stock_range "
                "with its source",
            )


def missing_strata(
    project: LoadedProject, version: str, file: Path, rows: Sequence[Mapping[str, Any]], zones: Sequence[Zone]
) -> Iterator[ProjectError]:
    """Yield zones of which a baseline leaves out a stratum that lies in them, or a year of one: not named is not zero.

    Args:
        project: The project.
        version: Version of the baseline.
        file: Its file.
        rows: Its rows.
        zones: The project's zones.
    """
    named: dict[str, set[str]] = {}
    years: dict[str, dict[str, set[int]]] = {}
    for row in rows:
        named.setdefault(row["zone_id"], set()).add(row["stratum_id"])
        years.setdefault(row["zone_id"], {}).setdefault(row["stratum_id"], set()).add(row["year"])
    for zone_id, by_stratum in sorted(years.items()):
        yield from _missing_years(version, file, zone_id, by_stratum)
    for zone in (zone for zone in zones if zone.kind in SCOPE_OF_KIND and zone.zone_id in named):
        lacking = [name for name in _strata_in(project, zone, zones) if name not in named[zone.zone_id]]
        if lacking:
            yield ProjectError(
                f"baseline {version} leaves out strata of zone {zone.zone_id}",
                expected="a row for each stratum that lies in the zone, also where the area is 0",
                found=f"no row of {', '.join(lacking)}",
                where=str(file),
                remedy="add the rows, with 0 where the approved table expects no loss",
            )


def _missing_years(
    version: str, file: Path, zone_id: str, by_stratum: Mapping[str, set[int]]
) -> Iterator[ProjectError]:
    """Yield strata of a zone without years of which other strata of the zone have rows."""
    wanted = set().union(*by_stratum.values())
    for stratum, years in sorted(by_stratum.items()):
        if lacking := sorted(wanted - years):
            yield ProjectError(
                f"baseline {version} leaves out years of stratum {stratum} in zone {zone_id}",
                expected="a row for each year of which another stratum of the zone has one, also where the area is 0",
                found=f"no row of {', '.join(map(str, lacking))}",
                where=str(file),
                remedy="add the rows, with 0 where the approved table expects no loss",
            )


def _strata_in(project: LoadedProject, zone: Zone, zones: Sequence[Zone]) -> list[str]:
    """Return the strata that hold more than a sliver of a zone; shares of degrees squared are shares of area nearby."""
    drawn = [item for item in zones if item.kind == "stratum"]
    whole = zone.geometry.area
    found = [item.zone_id for item in drawn if zone.geometry.intersection(item.geometry).area > SMALL_SHARE * whole]
    default = project.definition.default_stratum
    if default is not None and default not in found:
        rest = zone.geometry
        for item in drawn:
            rest = rest.difference(item.geometry)
        if rest.area > SMALL_SHARE * whole:
            found.append(default)
    return found
