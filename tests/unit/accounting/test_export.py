"""A snapshot's inputs as a workbook: read back, they are what the ledger used, and their formulas give its emissions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from mrv.cli import main
from mrv.errors import UsageError
from mrv.files import write_parquet
from mrv.stages.account_export import write_snapshot
from mrv.stages.account_sets import read_inputs

D = Decimal
CHANGE: Mapping[str, Any] = {
    "rule_set": "vm0007_v1_6",
    "baseline_version": "b1",
    "scope": "project_area",
    "zone_id": "pa",
    "stratum_id": "s1",
    "activity": "deforestation",
    "from_state": "forest",
    "to_state": "post_deforestation",
    "year": 2022,
    "area_ha": D(100),
}
STOCK: Mapping[str, Any] = {
    "stratum_id": "s1",
    "state": "forest",
    "pool": "above_ground",
    "method": "plots",
    "stock_tc_ha": D("118.123456789"),
    "ci90_half_width_tc_ha": D("12.5"),
    "source": None,
}
TABLES: Mapping[str, list[Mapping[str, Any]]] = {
    "landed/accounts": [
        {
            "project_id": "p",
            "rule_set": "vm0007_v1_6",
            "is_primary": True,
            "period_id": "mp1",
            "period_start": date(2022, 1, 1),
            "period_end": date(2022, 12, 31),
            "crediting_start": date(2022, 1, 1),
            "crediting_end": date(2051, 12, 31),
        }
    ],
    "landed/baseline_versions": [
        {
            "project_id": "p",
            "baseline_version": "b1",
            "mode": "annual_table",
            "valid_from": date(2022, 1, 1),
            "valid_to": date(2027, 12, 31),
            "reference_first_year": None,
            "reference_last_year": None,
            "document": "plan",
            "illustrative": False,
        }
    ],
    "marts/baseline_emissions": [
        {**CHANGE, "pool": "above_ground"},
        {**CHANGE, "pool": "total"},
        {**CHANGE, "pool": "declared", "activity": "fire", "area_ha": None, "from_state": "*"},
        {**CHANGE, "pool": "above_ground", "rule_set": "art_trees_2", "area_ha": D(7)},
    ],
    "marts/project_emissions": [{**CHANGE, "pool": "above_ground", "area_ha": D(30)}],
    "marts/carbon_stocks": [
        STOCK,
        {**STOCK, "pool": "soil", "stock_tc_ha": D(80)},
        {**STOCK, "state": "post_deforestation", "pool": "total", "method": "table", "stock_tc_ha": D(20)}
        | {"ci90_half_width_tc_ha": None, "source": "review"},
    ],
}


def snapshot(folder: Path, **changed: list[Mapping[str, Any]]) -> Path:
    for name, rows in {**TABLES, **{key.replace("__", "/"): rows for key, rows in changed.items()}}.items():
        write_parquet(folder / f"{name}.parquet", pa.Table.from_pylist([dict(row) for row in rows]))
    return folder


def test_the_inputs_of_the_primary_account(tmp_path: Path) -> None:
    told = write_snapshot(snapshot(tmp_path / "snapshot"), tmp_path / "p.xlsx")
    assert told == "2 changes of land, 2 stocks, 1 baseline version(s)"
    [project], _ = read_inputs(tmp_path / "p.xlsx", ["vm0007_v1_6"])
    assert project.problems == []
    areas = {row["scenario"]: row["area_ha"] for row in project.tables["account_activity"]}
    assert areas == {"baseline": D(100), "monitored": D(30)}
    stocks = {row["pool"]: row for row in project.tables["account_stocks"]}
    assert set(stocks) == {"above_ground", "total"}, "soil is not counted"
    assert stocks["above_ground"]["value"] == D("118.123456789")
    assert stocks["above_ground"]["se"] == D("7.599460399")
    assert stocks["above_ground"]["distribution"] == "normal"
    assert project.accounts[0]["crediting_end"] == date(2051, 12, 31)


def test_a_period_without_areas_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no areas of land"):
        write_snapshot(snapshot(tmp_path / "snapshot", marts__project_emissions=[]), tmp_path / "p.xlsx")
    assert not (tmp_path / "p.xlsx").exists()


def test_nothing_published_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MRV_HOME", str(tmp_path))
    result = CliRunner().invoke(
        main, ["account", "export", "biocorredor_martin_sagrado", str(tmp_path / "x.xlsx"), "--period", "mp4"]
    )
    assert result.exit_code == 2
    assert "nothing has been published" in result.stderr
