"""Rows of accounts for warehouse tests: what a workbook or a portfolio lands, one builder for each table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from mrv.parameters import Parameter, in_force, load_parameters
from mrv.periods import Span, vintages
from tests.integration.warehouse_inputs import Rows

Given = str | Decimal | None
"""A value of a parameter: a number as Decimal, a choice as text, None where it is not set."""
FEW_DRAWS: Mapping[str, Given] = {"monte_carlo_draws": Decimal(100)}
"""For tests of other things than the draws."""


def d(number: str | int) -> Decimal:
    """Short for a decimal."""
    return Decimal(str(number))


def merged(parts: Iterable[Mapping[str, Sequence[Mapping[str, Any]]]]) -> Rows:
    """Return the rows of several projects as one landing; a parameter that many use is landed once."""
    found: Rows = {}
    for part in parts:
        for table, rows in part.items():
            found.setdefault(table, []).extend(dict(row) for row in rows)
    used = {row["parameter_id"]: row for row in found.get("parameters", [])}
    return {**found, "parameters": list(used.values())}


@cache
def _parameters() -> list[Parameter]:
    return load_parameters()


@cache
def _catalogue(rule_set: str, year: int) -> Mapping[str, Mapping[str, Any]]:
    """Return the rows in force by name; ratios of pools are read when stocks are made, not by accounts."""
    chosen = in_force(_parameters(), rule_set=rule_set, start=date(year, 1, 1), end=date(year, 12, 31))
    return {one.name: one.record() for one in chosen if not one.name.startswith(("dead_wood_", "litter_", "root_"))}


def account(
    project_id: str,
    rule_set: str,
    start: date,
    end: date,
    *,
    crediting_start: date | None = None,
    is_primary: bool = True,
    overrides: Mapping[str, Given] | None = None,
) -> Rows:
    """Rows of one account and its parameters: those of the catalogue, and what the project declares."""
    given = {**FEW_DRAWS, **(overrides or {})}
    chosen: Rows = {"parameters": [], "account_parameters": []}
    for vintage in vintages(Span(start, end)):
        in_use = dict(_catalogue(rule_set, vintage.year))
        blank = next(iter(in_use.values()))
        for name, value in given.items():
            own = {**blank, **in_use.get(name, {"unit": "1"}), "name": name, "declared_by": "project"}
            own["parameter_id"] = f"{project_id}.{rule_set}.{name}"
            own["value"], own["choice"] = (None, value) if isinstance(value, str) else (value, None)
            in_use[name] = own
        chosen["parameters"].extend(in_use.values())
        chosen["account_parameters"].extend(
            {
                "project_id": project_id,
                "rule_set": rule_set,
                "vintage_year": vintage.year,
                **{name: one[name] for name in ("name", "value", "choice", "parameter_id")},
            }
            for one in in_use.values()
            if one["value"] is not None or one["choice"] is not None
        )
    first = crediting_start or start
    chosen["accounts"] = [
        {
            "project_id": project_id,
            "rule_set": rule_set,
            "is_primary": is_primary,
            "period_id": "mp1",
            "period_start": start,
            "period_end": end,
            "crediting_start": first,
            "crediting_end": date(first.year + 29, 12, 31),
        }
    ]
    return chosen


def version(
    project_id: str,
    name: str,
    valid_from: date,
    valid_to: date,
    *,
    mode: str = "annual_table",
    reference: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """One row of baseline_versions."""
    return {
        "project_id": project_id,
        "baseline_version": name,
        "mode": mode,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "reference_first_year": reference[0] if reference else None,
        "reference_last_year": reference[1] if reference else None,
        "document": "worked example",
        "illustrative": True,
    }


def activity(
    project_id: str,
    baseline_version: str | None,
    years: int | tuple[int, int],
    area_ha: str | Decimal,
    *,
    stratum: str,
    change: tuple[str, str] = ("forest", "post_deforestation"),
    kind: str = "deforestation",
    scope: str = "project_area",
    zone: str = "pa",
    **errors: Any,
) -> dict[str, Any]:
    """One row of account_activity; monitored where no version of the baseline is named."""
    first, last = years if isinstance(years, tuple) else (years, years)
    blank = dict.fromkeys(("se_ha", "distribution", "shape_a", "shape_b", "shape_c", "error_group"))
    return {
        "project_id": project_id,
        "scenario": "baseline" if baseline_version else "monitored",
        "baseline_version": baseline_version,
        "scope": scope,
        "zone_id": zone,
        "stratum_id": stratum,
        "activity": kind,
        "from_state": change[0],
        "to_state": change[1],
        "first_year": first,
        "last_year": last,
        "area_ha": Decimal(area_ha),
        **blank,
        **errors,
        "source": "worked example",
    }


def stock(
    project_id: str,
    stratum: str,
    state: str,
    pool: str,
    value: str | Decimal,
    *,
    method: str = "stock",
    unit: str | None = None,
    carbon_fraction: str | None = None,
    base_state: str | None = None,
    **errors: Any,
) -> dict[str, Any]:
    """One row of account_stocks."""
    units = {"stock": "tC/ha", "biomass": "t d.m./ha", "ratio": "t d.m./t d.m.", "share": "1"}
    blank = dict.fromkeys(("se", "carbon_fraction_se", "distribution", "shape_a", "shape_b", "shape_c"))
    return {
        "project_id": project_id,
        "stratum_id": stratum,
        "state": state,
        "pool": pool,
        "method": method,
        "value": Decimal(value),
        "unit": unit or units[method],
        "carbon_fraction": Decimal(carbon_fraction) if carbon_fraction else None,
        "base_state": base_state,
        **blank,
        **errors,
        "source": "worked example",
    }


def emissions(
    project_id: str,
    baseline_version: str | None,
    years: int | tuple[int, int],
    tonnes: str | Decimal,
    *,
    component: str = "deforestation",
    scope: str = "project_area",
    se: Decimal | None = None,
) -> dict[str, Any]:
    """One row of account_emissions, of the whole span."""
    first, last = years if isinstance(years, tuple) else (years, years)
    return {
        "project_id": project_id,
        "scenario": "baseline" if baseline_version else "monitored",
        "baseline_version": baseline_version,
        "scope": scope,
        "component": component,
        "first_year": first,
        "last_year": last,
        "emissions_tco2e": Decimal(tonnes),
        "se_tco2e": se,
        "source": "worked example",
    }


def burnt(
    project_id: str,
    baseline_version: str | None,
    year: int,
    area_ha: str | Decimal,
    *,
    stratum: str,
    scope: str = "project_area",
    zone: str = "pa",
) -> dict[str, Any]:
    """One row of account_burnt_areas."""
    return {
        "project_id": project_id,
        "scenario": "baseline" if baseline_version else "monitored",
        "baseline_version": baseline_version,
        "scope": scope,
        "zone_id": zone,
        "stratum_id": stratum,
        "year": year,
        "area_ha": Decimal(area_ha),
        "source": "worked example",
    }


def score(
    project_id: str,
    assessed_on: date,
    category: str,
    item: str,
    points: str | None = None,
    *,
    natural: tuple[str, str, str] | None = None,
) -> dict[str, Any]:
    """One row of risk_scores: points, or the classes of loss and return with their mitigation."""
    loss, returning, mitigation = natural or (None, None, None)
    return {
        "project_id": project_id,
        "assessed_on": assessed_on,
        "category": category,
        "item": item,
        "score": Decimal(points) if points is not None else None,
        "loss_class": loss,
        "return_class": returning,
        "mitigation": Decimal(mitigation) if mitigation else None,
        "source": "worked example",
    }
