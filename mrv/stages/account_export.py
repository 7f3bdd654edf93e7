"""The inputs of a project's accounts, as its current snapshot holds them, to a workbook in the four-sheet layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mrv.accounting.result_sheets import RESULT_YEARS
from mrv.accounting.stock_formulas import z_90
from mrv.accounting.to_four_sheets import to_four_sheets
from mrv.accounting.vocabulary import ACTIVITIES
from mrv.accounting.workbook import write_account
from mrv.errors import UsageError
from mrv.settings import Settings
from mrv.stages.published import published_snapshot

LARGEST_DIFFERENCE_TCO2E, LARGEST_DIFFERENCE = Decimal("0.001"), Decimal("1e-9")
"""What a sum of the formulas may differ from the ledger, which rounds each stock and factor to nine digits."""
_NINE = Decimal("1e-9")
Rows = Sequence[Mapping[str, Any]]


def export_account(project: str, file: Path, settings: Settings, *, period: str | None) -> str:
    """Write a project's areas and stocks, with formulas that give its emissions.

    The areas are those that the ledger took in each calendar year, so that a baseline which is a mean stands there by year.

    Args:
        project: Name or folder of the project.
        file: The workbook to write.
        settings: The house's settings.
        period: Id of the monitoring period; default: the newest snapshot.

    Returns:
        What was written, in words; and where its formulas do not give what the ledger has.

    Raises:
        UsageError: Nothing has been published, or the period holds no areas of land.
        StoreError: The file cannot be written.
    """
    return write_snapshot(published_snapshot(project, settings, period=period), file)


def write_snapshot(snapshot: Path, file: Path) -> str:
    """Write the workbook of a snapshot's primary account; see `export_account`."""
    tables = {
        name: _rows(snapshot / "marts", name) for name in ("baseline_emissions", "project_emissions", "carbon_stocks")
    }
    landed = {name: _rows(snapshot / "landed", name) for name in ("accounts", "baseline_versions", "account_stocks")}
    account = next((row for row in landed["accounts"] if row["is_primary"]), None)
    baseline = _areas(tables["baseline_emissions"], account)
    monitored = _areas(tables["project_emissions"], account)
    if account is None or not baseline or not monitored:
        raise UsageError(
            "the snapshot holds no areas of land to write",
            expected="areas of the baseline and of what was monitored",
            where=str(snapshot),
            remedy="choose a period whose emissions were computed from areas and stocks",
        )
    activity = [
        *(_change(row, "baseline", row["baseline_version"]) for row in baseline),
        *(_change(row, "monitored", None) for row in monitored),
    ]
    used = {row["baseline_version"] for row in baseline}
    versions = [
        {**row, "mode": "annual_table", "reference_first_year": None, "reference_last_year": None}
        for row in landed["baseline_versions"]
        if row["baseline_version"] in used
    ]
    pools = {row["pool"] for row in (*tables["baseline_emissions"], *tables["project_emissions"])}
    stocks = [*landed["account_stocks"], *_measured(tables["carbon_stocks"], account, pools)]
    needed = {(row["stratum_id"], row[column]) for row in activity for column in ("from_state", "to_state")}
    stocks = [row for row in stocks if (row["stratum_id"], row["state"]) in needed]
    found = {"account_activity": activity, "account_stocks": stocks, "baseline_versions": versions}
    sheets = to_four_sheets(found, account=account)
    results = write_account(file, sheets, _precision_limit(_rows(snapshot / "landed", "account_parameters"), account))
    told = f"{len(activity)} changes of land, {len(stocks)} stocks, {len(versions)} baseline version(s)"
    ledger = {
        "BSL": _by_year(tables["baseline_emissions"], account),
        "MON": _by_year(tables["project_emissions"], account),
    }
    return told + _differences(results[RESULT_YEARS], ledger)


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / f"{name}.parquet"
    return pq.read_table(path).to_pylist() if path.is_file() else []


def _precision_limit(parameters: Rows, account: Mapping[str, Any]) -> Decimal | None:
    """Return above which relative half-width the account takes stocks by their bounds; None where it takes means."""
    own = [row for row in parameters if row["rule_set"] == account["rule_set"]]
    if {row["choice"] for row in own if row["name"] == "stock_bound"} != {"bound_when_imprecise"}:
        return None
    limits = {row["value"] for row in own if row["name"] == "stock_precision_limit"}
    return Decimal(limits.pop()) if len(limits) == 1 else None


def _is_area(row: Mapping[str, Any], account: Mapping[str, Any] | None) -> bool:
    is_area = row["activity"] in ACTIVITIES and row["area_ha"] is not None and row["from_state"] != "*"
    return account is not None and is_area and row["rule_set"] == account["rule_set"]


def _by_year(rows: Rows, account: Mapping[str, Any]) -> dict[tuple[str, int], Decimal | None]:
    """Return what the ledger has of the areas in each scope and year, t; None where a part is not known."""
    found: dict[tuple[str, int], Decimal | None] = {}
    for row in rows:
        if _is_area(row, account):
            key, emitted = (row["scope"], row["year"]), row["emissions_tco2e"]
            before = found.get(key, Decimal(0))
            found[key] = None if before is None or emitted is None else before + emitted
    return found


def _differences(years: Rows, ledger: Mapping[str, Mapping[tuple[str, int], Decimal | None]]) -> str:
    """Say where the formulas do not give what the ledger has."""
    told = []
    for row in years:
        known = ledger[row["period_type"]].get((row["scope"], row["year_start"]))
        given = row["emissions_tco2e_per_year"].value
        if known is None or abs(given - known) > max(LARGEST_DIFFERENCE_TCO2E, LARGEST_DIFFERENCE * abs(known)):
            has = "nothing that is known" if known is None else f"{known:,.3f}"
            told.append(f"{row['period_type']} {row['scope']} {row['year_start']} {given:,.3f}, ledger {has}")
    if not told:
        return ""
    return (
        f"; {len(told)} of {len(years)} sums of its formulas are not those of the ledger (tCO2e per year): "
        + "; ".join(told)
        + ". Formulas emit in the year of the change, unrounded; the ledger decays, rounds or takes other stocks there"
    )


def _areas(rows: Rows, account: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Return one row for each change of land of the account, whatever pools it has."""
    columns = ("baseline_version", "scope", "zone_id", "stratum_id", "activity", "from_state", "to_state", "year")
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        if _is_area(row, account):
            found[tuple(row.get(name) for name in columns)] = row
    return [found[key] for key in sorted(found, key=str)]


def _change(row: Mapping[str, Any], scenario: str, version: str | None) -> dict[str, Any]:
    return {
        "scenario": scenario,
        "baseline_version": version,
        **{name: row[name] for name in ("scope", "zone_id", "stratum_id", "activity", "from_state", "to_state")},
        "first_year": row["year"],
        "last_year": row["year"],
        "area_ha": row["area_ha"],
        **dict.fromkeys(("se_ha", "distribution", "shape_a", "shape_b", "shape_c", "error_group")),
        "source": f"mart {'baseline' if scenario == 'baseline' else 'project'}_emissions",
    }


def _measured(rows: Rows, account: Mapping[str, Any], pools: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the stocks of the mart that the account counts; the error of a mean of plots as a large sample's."""
    for row in rows:
        if row["stock_tc_ha"] is None or row["pool"] not in pools:
            continue
        half_width = row["ci90_half_width_tc_ha"]
        yield {
            "project_id": account["project_id"],
            "stratum_id": row["stratum_id"],
            "state": row["state"],
            "pool": row["pool"],
            "method": "stock",
            "value": Decimal(row["stock_tc_ha"]).quantize(_NINE),
            "unit": "tC/ha",
            "se": None if half_width is None else (Decimal(half_width) / z_90()).quantize(_NINE),
            "distribution": None if half_width is None else "normal",
            **dict.fromkeys(("carbon_fraction", "base_state", "carbon_fraction_se", "shape_a", "shape_b", "shape_c")),
            "source": row["source"] or f"mart carbon_stocks, {row['method']}",
        }
