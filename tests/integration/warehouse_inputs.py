"""Landed Parquet for warehouse tests, made from rows by the declared schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from mrv.files import write_parquet
from mrv.parameters import in_force, load_parameters
from mrv.periods import Span, vintages
from mrv.schemas import DATASETS
from mrv.settings import read_settings
from mrv.units import UM2_PER_HA
from mrv.warehouse.build import DBT_PROJECT, Build
from mrv.warehouse.build import build as build_marts

Rows = dict[str, list[dict[str, Any]]]


def build(
    inputs: Mapping[str, Sequence[Path]], *, folder: Path, project: Path = DBT_PROJECT, marts: Sequence[str] = ()
) -> Build:
    """Build the marts as a run does: from what dbt parsed of the same models for another test."""
    return build_marts(inputs, folder=folder, project=project, parsed=read_settings().models_dir, marts=marts)


def write_landed(rows: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path) -> dict[str, list[Path]]:
    """Write each dataset as one Parquet file; return what `build` takes."""
    inputs = {}
    for name, records in rows.items():
        path = folder / f"{name}.parquet"
        write_parquet(path, DATASETS[name].table(records))
        inputs[name] = [path]
    return inputs


def _parameters(start: date, end: date, *, rule_set: str, overrides: Mapping[str, Any]) -> list[dict[str, Any]]:
    parameters = {
        parameter.name: parameter.record()
        for parameter in in_force(load_parameters(), rule_set=rule_set, start=start, end=end)
    }
    blank = next(iter(parameters.values()))
    for name, given in overrides.items():
        number = given if isinstance(given, Decimal) else None
        parameters[name] = {
            **blank,
            **parameters.get(name, {"note": None, "unit": "1"}),
            "parameter_id": f"project.{name}",
            "name": name,
            "value": number,
            "choice": None if number is not None else given,
            "declared_by": "project",
        }
    return list(parameters.values())


def project_rows(start: date, end: date, *, rule_set: str, method: str, overrides: Mapping[str, Any]) -> Rows:
    """Rows of project, vintages and parameters; an override is a Decimal or a choice."""
    period = Span(start, end)
    by_vintage = {
        vintage.year: _parameters(vintage.start, vintage.end, rule_set=rule_set, overrides=overrides)
        for vintage in vintages(period)
    }
    parameters = {row["parameter_id"]: row for rows in by_vintage.values() for row in rows}
    return {
        "project": [
            {
                "project_id": "p",
                "project_name": "Project",
                "period_id": "mp1",
                "period_start": start,
                "period_end": end,
                "crediting_start": start,
                "crediting_end": date(start.year + 29, 12, 31),
                "rule_set": rule_set,
                "emission_factor_method": method,
                "illustrative": False,
                "simulated": True,
                "min_group": 1,
            }
        ],
        "vintages": [
            {
                "vintage_year": vintage.year,
                "vintage_start": vintage.start,
                "vintage_end": vintage.end,
                "days": vintage.days,
                "days_in_year": vintage.days_in_year,
            }
            for vintage in vintages(period)
        ],
        "parameters": list(parameters.values()),
        "accounts": [
            {
                "project_id": "p",
                "rule_set": rule_set,
                "is_primary": True,
                "period_id": "mp1",
                "period_start": start,
                "period_end": end,
                "crediting_start": start,
                "crediting_end": date(start.year + 29, 12, 31),
            }
        ],
        "account_parameters": [
            {
                "project_id": "p",
                "rule_set": rule_set,
                "vintage_year": year,
                **{name: parameter[name] for name in ("name", "value", "choice", "parameter_id")},
            }
            for year, rows in by_vintage.items()
            for parameter in rows
        ],
        "baseline_versions": [
            {
                "project_id": "p",
                "baseline_version": "b1",
                "mode": "annual_table",
                "valid_from": start,
                "valid_to": end,
                "reference_first_year": None,
                "reference_last_year": None,
                "document": "worked example",
                "illustrative": True,
            }
        ],
    }


def zone(zone_id: str, kind: str, area_ha: str) -> dict[str, Any]:
    """One row of zones."""
    return {
        "zone_id": zone_id,
        "kind": kind,
        "zone_name": zone_id.upper(),
        "partner": None,
        "boundary_version": "v1",
        "area_ha": Decimal(area_ha),
        "illustrative": False,
        "boundary_sha256": "0" * 64,
    }


def cover(
    zone_id: str,
    stratum_id: str,
    area_ha: str,
    *,
    loss_year: int | None = None,
    cover_class: str = "forest",
    base_year: int = 2021,
    last_year: int = 2024,
) -> dict[str, Any]:
    """One row of land_cover_area, from hectares."""
    return {
        "zone_id": zone_id,
        "stratum_id": stratum_id,
        "cover_class": cover_class,
        "loss_year": loss_year,
        "pixel_rule": "centre",
        "pixel_count": 1,
        "area_um2": Decimal(area_ha) * UM2_PER_HA,
        "product": "gfc",
        "product_version": "v1.12",
        "base_year": base_year,
        "last_year": last_year,
    }


def baseline(zone_id: str, stratum_id: str, year: int, area_ha: str) -> dict[str, Any]:
    """One row of baseline_activity."""
    return {
        "baseline_version": "b1",
        "zone_id": zone_id,
        "stratum_id": stratum_id,
        "year": year,
        "area_ha": Decimal(area_ha),
    }


def pool(
    stratum_id: str, name: str, *, stock: str | None = None, ratio: str | None = None, state: str = "forest"
) -> dict[str, Any]:
    """One row of carbon_pools: a stock, a ratio (by parameter id), or else plots."""
    method = "table" if stock is not None else "ratio" if ratio is not None else "plots"
    return {
        "stratum_id": stratum_id,
        "state": state,
        "pool": name,
        "method": method,
        "stock_tc_ha": Decimal(stock) if stock is not None else None,
        "parameter_id": ratio,
        "source": "worked example" if stock is not None else None,
    }


def e1_rows(**overrides: Any) -> Rows:
    """The worked example E1: two strata, three years, a project area and a leakage belt."""
    years = (2022, 2023, 2024)
    rows = project_rows(
        date(2022, 1, 1),
        date(2024, 12, 31),
        rule_set="vm0007_v1_6",
        method="stock_change",
        overrides={"ner_error": Decimal("0.18"), "buffer_rate": Decimal("0.14"), **overrides},
    )
    monitored = {("pa", "s1"): (40, 35, 30), ("pa", "s2"): (60, 70, 50), ("lb", "s2"): (215, 190, 230)}
    expected = {("pa", "s1"): (300, 320, 340), ("pa", "s2"): (500, 520, 540), ("lb", "s2"): (200, 200, 200)}
    standing = {("pa", "s1"): 9895, ("pa", "s2"): 9820, ("lb", "s2"): 9365}
    rows["zones"] = [zone("pa", "project_area", "20000"), zone("lb", "leakage_belt", "10000")]
    rows["land_cover_area"] = [
        cover(zone_id, stratum_id, str(area), loss_year=year)
        for (zone_id, stratum_id), areas in monitored.items()
        for year, area in zip(years, areas, strict=True)
    ] + [cover(zone_id, stratum_id, str(area)) for (zone_id, stratum_id), area in standing.items()]
    rows["baseline_activity"] = [
        baseline(zone_id, stratum_id, year, str(area))
        for (zone_id, stratum_id), areas in expected.items()
        for year, area in zip(years, areas, strict=True)
    ]
    rows["carbon_pools"] = [
        row
        for stratum_id, above_ground in (("s1", "118"), ("s2", "142"))
        for row in (
            pool(stratum_id, "above_ground", stock=above_ground),
            pool(stratum_id, "below_ground", ratio="common.root_shoot_ratio"),
            pool(stratum_id, "dead_wood", ratio="common.dead_wood_ratio"),
            pool(stratum_id, "total", stock="20", state="post_deforestation"),
        )
    ]
    return rows


def records(database: Path, sql: str) -> list[dict[str, Any]]:
    """Rows of a query on the build database."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
