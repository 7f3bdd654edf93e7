"""What the project declares, as landed tables: itself, its vintages, zones, baseline, carbon pools and parameters."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow as pa

from mrv.errors import InputError, ProjectError
from mrv.monitored_parameters import monitored_parameter_rows
from mrv.parameters import Parameter
from mrv.project import CarbonPool, LoadedProject
from mrv.project_rules import BaselineVersion
from mrv.refusals import names_found, problem_of
from mrv.rule_sets import account_parameters, account_rule_sets, primary_parameters, used_parameters
from mrv.schemas import DATASETS
from mrv.stages.account_inputs import account_tables
from mrv.stages.accounts import account_rows
from mrv.stages.context import Context

RATIO_UNIT = "t d.m./t d.m."
LARGEST_AREA_HA = 10**9
"""More than the land of the Earth's tropics."""
BASELINE_COLUMNS = ("zone_id", "stratum_id", "year", "area_ha")


def declared_tables(context: Context, *, simulated: bool) -> Mapping[str, pa.Table]:
    """Return every declared table of the period.

    Raises:
        ProjectError: A parameter, pool or baseline row does not fit the definition.
        InputError: A baseline file cannot be read.
    """
    by_account = account_parameters(context.project, context.period)
    primary = primary_parameters(context.project, context.period)
    rows = {
        "project": [_project_row(context, simulated=simulated)],
        "vintages": [
            {
                "vintage_year": part.year,
                "vintage_start": part.start,
                "vintage_end": part.end,
                "days": part.days,
                "days_in_year": part.days_in_year,
            }
            for part in context.period.vintages
        ],
        "zones": [zone.record() for zone in context.zones],
        "baseline_activity": _baseline_rows(context),
        "carbon_pools": carbon_pool_rows(context.project, primary, strata=context.strata),
        "parameters": [parameter.record() for parameter in used_parameters(by_account)],
        "monitored_parameters": monitored_parameter_rows(context.definition.id, account_rule_sets(context.definition)),
        **account_rows(context.project, context.period, by_account),
    }
    landed = {name: DATASETS[name].table(records) for name, records in rows.items()}
    return {**landed, **account_tables(context.project, context.period)}


def _project_row(context: Context, *, simulated: bool) -> dict[str, Any]:
    definition = context.definition
    return {
        "project_id": definition.id,
        "project_name": definition.project.name,
        "period_id": context.period.id,
        "period_start": context.period.start,
        "period_end": context.period.end,
        "crediting_start": definition.crediting_period.start,
        "crediting_end": definition.crediting_period.end,
        "rule_set": definition.rule_set,
        "emission_factor_method": definition.emission_factors.method,
        "illustrative": bool(definition.project.illustrative) or any(zone.illustrative for zone in context.zones),
        "simulated": simulated,
        "min_group": definition.privacy.min_group,
    }


def carbon_pool_rows(
    project: LoadedProject, chosen: Sequence[Parameter], *, strata: Sequence[str]
) -> list[dict[str, Any]]:
    """Return one row per stratum, state and pool; a pool declared for one stratum goes before the one for all.

    Args:
        project: The project.
        chosen: Parameters of the primary rule set, of every vintage: one table of stocks serves all of them.
        strata: Ids of the strata.

    Raises:
        ProjectError: A pool names a stratum or a ratio that does not exist, or a ratio that changes within the period.
    """
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for pool in sorted(project.definition.emission_factors.pools, key=lambda pool: pool.stratum is not None):
        for row in pool_rows(pool, chosen, strata=strata, where=str(project.file)):
            rows[(row["stratum_id"], row["state"], row["pool"])] = row
    return list(rows.values())


def pool_rows(
    pool: CarbonPool, chosen: Sequence[Parameter], *, strata: Sequence[str], where: str
) -> list[dict[str, Any]]:
    """Return the rows of one declared pool, one for each stratum it holds for.

    Raises:
        ProjectError: It names a stratum or a ratio that does not exist.
    """
    if pool.stratum is not None and pool.stratum not in strata:
        raise ProjectError(
            f"a carbon pool names the unknown stratum {pool.stratum}",
            expected=", ".join(strata),
            where=f"{where}, emission_factors.pools, {pool.pool}",
            remedy="use the id of a stratum zone",
        )
    ratio = _ratio(pool, chosen, where=f"{where}, emission_factors.pools, {pool.pool}")
    return [_pool_row(pool, stratum, ratio) for stratum in ([pool.stratum] if pool.stratum else strata)]


def _ratio(pool: CarbonPool, chosen: Sequence[Parameter], *, where: str) -> str | None:
    """Id of the parameter that a pool follows from above-ground biomass by, or None where it does not."""
    name = pool.ratio_of_above_ground
    if name is None:
        return None
    rows = {row.parameter_id: row for row in chosen if row.name == name}
    if not rows or any(row.value is None or row.unit != RATIO_UNIT for row in rows.values()):
        raise ProjectError(
            f"{name} is not the ratio of a pool",
            expected=f"the name of a parameter in {RATIO_UNIT}",
            where=where,
            remedy="use the name of a ratio in dbt_project/seeds/parameters.csv",
        )
    if len(rows) > 1:
        raise ProjectError(
            f"the ratio {name} changes within the period",
            expected="one row of it: one table of stocks serves all vintages",
            found=", ".join(rows),
            where=where,
            remedy="declare the ratio in parameters, or split the monitoring period",
        )
    return next(iter(rows))


def _pool_row(pool: CarbonPool, stratum: str, parameter_id: str | None) -> dict[str, Any]:
    method = "plots" if pool.plots else "table" if pool.stock_tc_ha is not None else "ratio"
    return {
        "stratum_id": stratum,
        "state": pool.state,
        "pool": pool.pool,
        "method": method,
        "stock_tc_ha": pool.stock_tc_ha,
        "parameter_id": parameter_id,
        "source": pool.source,
    }


def _baseline_rows(context: Context) -> list[dict[str, Any]]:
    zones = {zone.zone_id for zone in context.zones}
    strata, rows = set(context.strata), []
    for version in context.definition.baseline:
        if version.file is not None:
            rows.extend(read_baseline(context.project.path(version.file), version, zones=zones, strata=strata))
    return rows


def read_baseline(path: Path, version: BaselineVersion, *, zones: set[str], strata: set[str]) -> list[dict[str, Any]]:
    """Read an ex-ante table: CSV with zone_id, stratum_id, year, area_ha.

    Raises:
        InputError: The file is missing, lacks a column, or a row is not understood, stands twice or names no zone.
    """
    if not path.is_file():
        raise InputError(
            "a baseline file is missing", expected=str(path), where=f"baseline {version.version}", remedy="put it there"
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            columns, records = list(reader.fieldnames or []), list(reader)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(
            "a baseline file cannot be read", found=problem_of(error), where=str(path), remedy="save it as CSV in UTF-8"
        ) from error
    if missing := [column for column in BASELINE_COLUMNS if columns.count(column) != 1]:
        raise InputError(
            "a baseline file lacks a column, or has it twice",
            expected=", ".join(BASELINE_COLUMNS),
            found=names_found(columns, BASELINE_COLUMNS),
            where=f"{path}, column {missing[0]}",
            remedy="add the column; its name is case-sensitive",
        )
    return _typed_baseline(records, path, version, zones=zones, strata=strata)


def _typed_baseline(
    records: list[dict[str, str]], path: Path, version: BaselineVersion, *, zones: set[str], strata: set[str]
) -> list[dict[str, Any]]:
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    for number, record in enumerate(records, start=2):
        where = f"{path}, row {number}"
        try:
            year, area_ha = int(record["year"]), Decimal(record["area_ha"])
        except (ValueError, InvalidOperation, TypeError) as error:
            raise InputError(
                "a baseline row cannot be read",
                expected="a year and an area in ha",
                found=str(record),
                where=where,
                remedy="mend it",
            ) from error
        first_year, last_year = version.years
        if not first_year <= year <= last_year:
            raise InputError(
                f"a baseline row lies outside the version's {'reference years' if version.reference else 'validity'}",
                expected=f"{first_year} to {last_year}",
                found=str(year),
                where=where,
                remedy="mend the year, or the years of the version in project.yaml",
            )
        if not area_ha.is_finite() or not 0 <= area_ha < LARGEST_AREA_HA:
            raise InputError(
                "a baseline area is not a positive number", found=record["area_ha"], where=where, remedy="mend it"
            )
        if record["zone_id"] not in zones or record["stratum_id"] not in strata:
            raise InputError(
                "a baseline row names an unknown zone or stratum",
                expected=f"zones {', '.join(sorted(zones))}; strata {', '.join(sorted(strata))}",
                found=f"{record['zone_id']}, {record['stratum_id']}",
                where=where,
                remedy="use the ids of the boundaries",
            )
        key = (record["zone_id"], record["stratum_id"], year)
        if key in rows:
            raise InputError("a baseline row stands twice", found=str(key), where=where, remedy="keep one")
        rows[key] = {
            "baseline_version": version.version,
            "zone_id": record["zone_id"],
            "stratum_id": record["stratum_id"],
            "year": year,
            "area_ha": area_ha,
        }
    return list(rows.values())
