"""The worked example E1 as a folder of tables through `mrv account run`: taken as it is, refused by row where it was spoilt."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mrv.cli import main
from mrv.stages.account_sets import read_inputs
from tests.integration import oracle_accounts as oracles
from tests.integration.account_inputs import d, score
from tests.integration.warehouse_inputs import Rows

pytestmark = pytest.mark.integration
PROJECT = "e1"
FILES = {
    "accounts": "accounts.csv",
    "baseline_versions": "baseline_versions.csv",
    "account_activity": "activity.csv",
    "account_stocks": "stocks.csv",
    "risk_scores": "risk_scores.csv",
}
DECLARED = ({"name": "ner_error", "value": "0.18"}, {"name": "buffer_rate", "value": "0.14"})


def write_folder(rows: Rows, folder: Path) -> Path:
    """Write the tables of a portfolio; the rule set is named on the command line."""
    folder.mkdir(parents=True)
    for table, name in FILES.items():
        if rows.get(table):
            write_csv(folder / name, [{**row} for row in rows[table]])
    declared = [{"project_id": PROJECT, "rule_set": "", "choice": "", "source": "E1", **one} for one in DECLARED]
    write_csv(folder / "parameters.csv", declared)
    return folder


def write_csv(path: Path, records: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, records[0].keys())
        writer.writeheader()
        for record in records:
            plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in record.items()}
            writer.writerow({name: "" if value is None else value for name, value in plain.items()})


def inputs() -> Rows:
    rows = oracles.e1(PROJECT, "vm0007_v1_6")
    for row in rows["accounts"]:
        for own in ("rule_set", "is_primary"):
            row.pop(own)
    return rows


def run(folder: Path, out: Path) -> Result:
    return CliRunner().invoke(
        main, ["account", "run", str(folder), "--rule-set", "vm0007_v1_6", "--out", str(out), "--json"]
    )


def activity_row(rows: Rows, **wanted: Any) -> tuple[int, dict[str, Any]]:
    """Return a row of activity and its number in the file, counting the header."""
    for number, row in enumerate(rows["account_activity"], start=2):
        if all(row[name] == value for name, value in wanted.items()):
            return number, row
    raise AssertionError(f"no row with {wanted}")


def negative_area(rows: Rows) -> tuple[str, str]:
    number, row = activity_row(rows, scenario="monitored", zone_id="project_area", stratum_id="s1", first_year=2023)
    row["area_ha"] = d("-35")
    return f"activity.csv, row {number}", "-35"


def tonnes_of_carbon_called_co2e(rows: Rows) -> tuple[str, str]:
    """142 tC/ha said to be tCO2e/ha: 38.7 tC/ha, beside other pools in tC/ha."""
    number = next(n for n, row in enumerate(rows["account_stocks"], start=2) if row["value"] == 142)
    rows["account_stocks"][number - 2]["unit"] = "tCO2e/ha"
    return "stocks.csv", "tCO2e/ha"


def stratum_without_a_baseline(rows: Rows) -> tuple[str, str]:
    rows["account_activity"] = [
        row
        for row in rows["account_activity"]
        if not (row["scenario"] == "baseline" and row["scope"] == "project_area" and row["stratum_id"] == "s1")
    ]
    return "activity.csv", "s1"


def overlapping_versions(rows: Rows) -> tuple[str, str]:
    (first,) = rows["baseline_versions"]
    rows["baseline_versions"].append({**first, "baseline_version": "b2", "valid_from": "2024-01-01"})
    return "baseline_versions.csv, row 3", "b2"


def rating_above_sixty(rows: Rows) -> tuple[str, str]:
    points = {"internal": "30", "external": "20", "natural": "11"}
    rows["risk_scores"] = [
        score(PROJECT, rows["accounts"][0]["period_start"], name, "all", one) for name, one in points.items()
    ]
    return "risk_scores.csv", "61"


def period_before_crediting(rows: Rows) -> tuple[str, str]:
    rows["accounts"][0]["crediting_start"] = "2023-01-01"
    return "accounts.csv, row 2", "2023-01-01"


@pytest.mark.parametrize(
    "spoil",
    [
        negative_area,
        tonnes_of_carbon_called_co2e,
        stratum_without_a_baseline,
        overlapping_versions,
        rating_above_sixty,
        period_before_crediting,
    ],
)
def test_bad_input_is_refused_with_row_and_remedy(
    spoil: Callable[[Rows], tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MRV_HOME", str(tmp_path / "home"))
    rows = inputs()
    where, found = spoil(rows)
    result = run(write_folder(rows, tmp_path / "in"), tmp_path / "out")
    assert result.exit_code != 0, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert where in result.output
    assert found in result.output
    assert "remedy" in result.output
    assert PROJECT in result.output
    assert [item.name for item in (tmp_path / "out").iterdir()] == ["refused.json"]


def test_the_same_tables_unspoilt_have_no_problem(tmp_path: Path) -> None:
    (project,), _ = read_inputs(write_folder(inputs(), tmp_path / "in"), ["vm0007_v1_6"])
    assert project.problems == []
    assert project.project_id == PROJECT
