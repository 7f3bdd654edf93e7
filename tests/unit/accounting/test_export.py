"""A snapshot's inputs as a workbook: read back, they are what the ledger used, and their formulas give its emissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from mrv.accounting.result_sheets import RESULT_YEARS
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
    "emissions_tco2e": None,
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
TABLES: Mapping[str, Sequence[Mapping[str, Any]]] = {
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
        {**CHANGE, "pool": "above_ground", "emissions_tco2e": D("43311.9341553")},
        {**CHANGE, "pool": "total", "emissions_tco2e": D("-7333.3333333")},
        {**CHANGE, "pool": "declared", "activity": "fire", "area_ha": None, "from_state": "*"},
        {**CHANGE, "pool": "above_ground", "rule_set": "art_trees_2", "area_ha": D(7)},
    ],
    "marts/project_emissions": [
        {**CHANGE, "pool": "above_ground", "area_ha": D(30), "emissions_tco2e": D("10793.5802466")}
    ],
    "marts/carbon_stocks": [
        STOCK,
        {**STOCK, "pool": "soil", "stock_tc_ha": D(80)},
        {**STOCK, "state": "post_deforestation", "pool": "total", "method": "table", "stock_tc_ha": D(20)}
        | {"ci90_half_width_tc_ha": None, "source": "review"},
    ],
}


def snapshot(folder: Path, **changed: Sequence[Mapping[str, Any]]) -> Path:
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


RULE: Mapping[str, Any] = {
    "rule_set": "vm0007_v1_6",
    "vintage_year": 2022,
    "name": "stock_bound",
    "value": None,
    "choice": "bound_when_imprecise",
}
LIMIT: Mapping[str, Any] = {**RULE, "name": "stock_precision_limit", "value": D("0.10"), "choice": None}


def _sums(path: Path) -> dict[str, float]:
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(RESULT_YEARS).to_python()
    return {str(row[0]): float(str(row[4])) for row in rows[1:]}


def test_a_rule_of_bounds_is_in_the_formulas(tmp_path: Path) -> None:
    """The half-width is 10.6 % of the mean: the ledger of this rule set takes 118.123456789 - 12.5 tC/ha."""
    rules = [RULE, LIMIT, {**RULE, "rule_set": "art_trees_2", "choice": "mean"}]
    folder = snapshot(tmp_path / "snapshot", landed__account_parameters=rules)
    write_snapshot(folder, tmp_path / "p.xlsx")
    expected = (D("118.123456789") - D("12.5") - 20) * 44 / 12
    assert _sums(tmp_path / "p.xlsx") == {
        "BSL": pytest.approx(float(100 * expected), abs=1e-5),
        "MON": pytest.approx(float(30 * expected), abs=1e-5),
    }


@pytest.mark.parametrize(
    "rules", [[], [{**RULE, "choice": "mean"}, LIMIT], [RULE, LIMIT, {**LIMIT, "value": D("0.11")}]]
)
def test_without_the_rule_means_are_taken(tmp_path: Path, rules: list[Mapping[str, Any]]) -> None:
    rows = rules or [{**RULE, "rule_set": "art_trees_2"}]
    told = write_snapshot(snapshot(tmp_path / "snapshot", landed__account_parameters=rows), tmp_path / "p.xlsx")
    assert "not those of the ledger" not in told
    assert _sums(tmp_path / "p.xlsx")["BSL"] == pytest.approx(35978.600822, abs=1e-5)


def test_sums_that_are_not_those_of_the_ledger_are_told(tmp_path: Path) -> None:
    rows = [{**CHANGE, "pool": "above_ground", "area_ha": D(30), "emissions_tco2e": D("9000.5")}]
    told = write_snapshot(snapshot(tmp_path / "snapshot", marts__project_emissions=rows), tmp_path / "p.xlsx")
    assert "; 1 of 2 sums of its formulas are not those of the ledger" in told
    assert "MON project_area 2022 10,793.580, ledger 9,000.500" in told
    unknown = [{**row, "emissions_tco2e": None} for row in rows]
    told = write_snapshot(snapshot(tmp_path / "other", marts__project_emissions=unknown), tmp_path / "q.xlsx")
    assert "ledger nothing that is known" in told


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
