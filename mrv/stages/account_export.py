"""The inputs of a project's accounts, as its current snapshot holds them, to a workbook in the four-sheet layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mrv.accounting.to_four_sheets import to_four_sheets
from mrv.accounting.vocabulary import ACTIVITIES
from mrv.accounting.workbook import write_account
from mrv.errors import UsageError
from mrv.ledger import Ledger
from mrv.project import find_project, load_project
from mrv.settings import Settings

U90_PER_SE = Decimal("1.644853627")
"""Half-width of a 90 % interval over the standard error, large sample."""
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
        What was written, in words.

    Raises:
        UsageError: Nothing has been published, or the period holds no areas of land.
        StoreError: The file cannot be written.
    """
    definition = load_project(find_project(project, settings)).definition
    if period is not None:
        definition.period(period)
    ledger = Ledger(settings.ledger_address)
    try:
        snapshot = ledger.current_snapshot(definition.id, period)
    finally:
        ledger.close()
    if snapshot is None:
        raise UsageError(
            f"nothing has been published for {project}",
            remedy=f"run it first: mrv run {project} --period {period or '...'}",
        )
    return write_snapshot(settings.root / snapshot["path"], file)


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
    write_account(file, to_four_sheets(found, account=account))
    return f"{len(activity)} changes of land, {len(stocks)} stocks, {len(versions)} baseline version(s)"


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / f"{name}.parquet"
    return pq.read_table(path).to_pylist() if path.is_file() else []


def _areas(rows: Rows, account: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Return one row for each change of land of the account, whatever pools it has."""
    columns = ("baseline_version", "scope", "zone_id", "stratum_id", "activity", "from_state", "to_state", "year")
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        is_area = row["activity"] in ACTIVITIES and row["area_ha"] is not None and row["from_state"] != "*"
        if account is not None and is_area and row["rule_set"] == account["rule_set"]:
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
            "se": None if half_width is None else (Decimal(half_width) / U90_PER_SE).quantize(_NINE),
            "distribution": None if half_width is None else "normal",
            **dict.fromkeys(("carbon_fraction", "base_state", "carbon_fraction_se", "shape_a", "shape_b", "shape_c")),
            "source": row["source"] or f"mart carbon_stocks, {row['method']}",
        }
