"""What a workbook or folder holds and nobody would read: refused or named, never dropped in silence."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from mrv.accounting.cells import CellError, read_cell
from mrv.accounting.layout import ACCOUNT, PARAMETERS, STOCKS, TIME_PERIODS, TRANSITIONS, USER_INPUTS
from mrv.accounting.sheet_rows import TEXT
from mrv.accounting.to_four_sheets import Sheets
from mrv.accounting.workbook import write_workbook
from mrv.errors import InputError, UsageError
from mrv.stages.account_sets import ProjectInputs, read_inputs
from tests.unit.accounting.portfolio import FILES, write_portfolio
from tests.unit.accounting.published import published_sheets
from tests.unit.sources.workbooks import edited


def written(
    tmp_path: Path,
    change: Callable[[Sheets], object] | None = None,
    others: dict[str, list[dict[str, Any]]] | None = None,
) -> Path:
    sheets = published_sheets()
    if change:
        change(sheets)
    path = tmp_path / "team.xlsx"
    write_workbook(path, sheets, others or {})
    return path


def read(path: Path) -> tuple[ProjectInputs, list[str]]:
    [project], notes = read_inputs(path, ["fcpf_cf"])
    return project, notes


def test_an_account_of_two_rows(tmp_path: Path) -> None:
    def two(sheets: Sheets) -> None:
        sheets[ACCOUNT] = [{"project_id": "north"}, {"project_id": "south"}]

    [problem] = read(written(tmp_path, two))[0].problems
    assert (problem.message, problem.found) == ("sheet account has 2 rows", "north, south")
    assert problem.where == "team.xlsx, sheet account, row 3, project_id"


def test_a_sheet_that_is_not_read_is_named(tmp_path: Path) -> None:
    project, notes = read(written(tmp_path, others={"foo": [{"a": 1}], "result_stocks": [{"a": 1}]}))
    assert project.problems == []
    assert notes == ["team.xlsx: sheets that are not read: foo"]


@pytest.mark.parametrize(
    ("name", "meant"), [("Emissions", "emissions"), ("risk scores", "risk_scores"), ("C_Stock", "c_stock")]
)
def test_a_sheet_whose_name_is_nearly_one_of_ours(tmp_path: Path, name: str, meant: str) -> None:
    project, _ = read(written(tmp_path, others={name: [{"component": "fire"}]}))
    [problem] = project.problems
    assert (problem.message, problem.where) == (f"the sheet {name} is perhaps {meant}", f"team.xlsx, sheet {name}")
    assert problem.remedy


@pytest.mark.parametrize("names", [("c_stock",), ("emissions", "account_emissions")])
def test_two_sheets_of_one_table(tmp_path: Path, names: tuple[str, ...]) -> None:
    project, _ = read(written(tmp_path, others={name: [{"component": "fire"}] for name in names}))
    assert any("has two sheets" in problem.message for problem in project.problems), project.problems


def test_a_column_whose_name_is_nearly_one_of_ours(tmp_path: Path) -> None:
    path = written(tmp_path)
    renamed = {"xl/sharedStrings.xml": lambda text: text.replace(">c_unit_own<", ">C_unit_own<")}
    path.write_bytes(edited(path.read_bytes(), renamed))
    problem = read(path)[0].problems[0]
    assert problem.message == "a sheet has the column C_unit_own, which is perhaps c_unit_own"


def test_a_missing_sheet_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "team.xlsx"
    with Workbook(path) as book:
        book.add_worksheet(USER_INPUTS).write_row(0, 0, ["ad_annual"])
    [problem] = read(path)[0].problems
    assert problem.message == "a workbook lacks sheets of the four-sheet layout"


def test_without_periods_only_that_is_told(tmp_path: Path) -> None:
    [problem] = read(written(tmp_path, lambda sheets: sheets[TIME_PERIODS][1].update(period_type="X")))[0].problems[1:]
    assert problem.message == "there is no monitored period"
    [problem] = read(written(tmp_path, lambda sheets: sheets[USER_INPUTS].clear()))[0].problems
    assert (problem.remedy or "").startswith("fill row 2")


def test_an_unknown_rule_set_is_told_where_it_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown rule set fcpf_2") as error:
        read_inputs(written(tmp_path), ["fcpf_2"])
    assert "--rule-set" in (error.value.remedy or "")
    own = FILES["accounts.csv"].replace("project_id,", "rule_set,project_id,").replace("\nnorth", "\nfcpf_2,north")
    folder = write_portfolio(tmp_path / "own", accounts=own.replace("\nsouth", "\nfcpf_cf,south"))
    north, south = read_inputs(folder, ())[0]
    assert [(item.message, item.where, item.found) for item in north.problems] == [
        ("unknown rule set fcpf_2", "accounts.csv, row 2, rule_set", "fcpf_2")
    ]
    assert south.problems == []


def test_a_choice_that_is_none_has_a_remedy_of_its_own(tmp_path: Path) -> None:
    def sometimes(sheets: Sheets) -> None:
        sheets[PARAMETERS] = [
            {"name": "buffer_rate", "value": 0.21, "source": "s"},
            {"name": "leakage_rule", "choice": "sometimes", "source": "s"},
        ]

    [problem] = read(written(tmp_path, sometimes))[0].problems
    assert problem.where == "team.xlsx, sheet parameters, row 3"
    assert problem.remedy == "use one of these words"


def test_too_few_draws_are_not_used(tmp_path: Path) -> None:
    project, notes = read(written(tmp_path, lambda sheets: sheets[USER_INPUTS][0].update(n_iter=1000)))
    assert project.problems == []
    assert "n_iter 1000 is not used" in notes[0]
    assert "monte_carlo_draws" not in [row["name"] for row in project.overrides]


def test_a_setting_out_of_its_limits_is_told_in_its_sheet(tmp_path: Path) -> None:
    def many(sheets: Sheets) -> None:
        sheets[PARAMETERS] = [{"name": "buffer_rate", "value": 0.21, "source": "s"}]
        sheets[USER_INPUTS][0]["n_iter"] = 10**12

    [problem] = read(written(tmp_path, many))[0].problems
    assert problem.where == "team.xlsx, sheet user_inputs, row 2"


def test_a_stock_without_a_value_is_not_zero(tmp_path: Path) -> None:
    def blank(sheets: Sheets) -> None:
        sheets[STOCKS][6].update(c_element="AGB", c_value=5)
        sheets[STOCKS].append({"c_element": "BGB", "c_lu_id": "Crop"})

    project, notes = read(written(tmp_path, blank))
    assert notes == ["team.xlsx, sheet c_stocks, row 9: BGB of Crop has no value and is not known, which is not 0"]
    messages = [problem.message for problem in project.problems]
    assert "state Crop of stratum all does not name the pool below_ground, and EV does" in messages


def test_a_change_that_the_monitoring_forgot(tmp_path: Path) -> None:
    [problem] = read(written(tmp_path, lambda sheets: sheets[TRANSITIONS].pop(7)))[0].problems
    assert problem.message.startswith("no monitored row of deforestation from M in stratum all")
    assert (problem.where or "").startswith("team.xlsx, sheet AD_lu_transitions, row 3")


@pytest.mark.parametrize("text", ["-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "+A1!B2"])
def test_what_a_spreadsheet_would_run(text: str) -> None:
    with pytest.raises(CellError, match="not a formula"):
        read_cell(text, TEXT)


@pytest.mark.parametrize("text", ["- map of 2020 (final)", "+51 999 999", "-"])
def test_what_only_begins_like_it(text: str) -> None:
    assert read_cell(text, TEXT) == text


def test_semicolons(tmp_path: Path) -> None:
    text = FILES["stocks.csv"].replace(",", ";")
    assert len(next(csv.reader(text.splitlines()))) == 1
    with pytest.raises(InputError, match="separated by semicolons"):
        read_inputs(write_portfolio(tmp_path, stocks=text), ["fcpf_cf"])


def test_a_baseline_row_of_market_leakage(tmp_path: Path) -> None:
    text = (
        "project_id,scenario,baseline_version,scope,component,first_year,last_year,emissions_tco2e,source\n"
        "north,baseline,b1,outside,market_leakage,2021,2022,5000,plan\n"
    )
    north = read_inputs(write_portfolio(tmp_path, emissions=text), ["vm0007_v1_6"])[0][0]
    assert [problem.where for problem in north.problems] == ["emissions.csv, row 2, scenario"]
