"""Portfolios: each project has its own problems, and what belongs to nobody is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from mrv.errors import CheckError, InputError, MrvError, UsageError
from mrv.schemas import DATASETS
from mrv.settings import read_settings
from mrv.stages import account_run
from mrv.stages.account_run import SHOWN, refusal, run_accounts
from mrv.stages.account_sets import ProjectInputs, land_rows, read_inputs
from tests.unit.accounting.portfolio import FILES, write_portfolio

RULES = ("vm0007_v1_6", "vm0048_v1_0")


def read(folder: Path) -> dict[str, ProjectInputs]:
    projects, _ = read_inputs(folder, RULES)
    return {project.project_id: project for project in projects}


def test_a_portfolio_becomes_landed_rows(tmp_path: Path) -> None:
    projects = read(write_portfolio(tmp_path))
    assert [str(problem) for project in projects.values() for problem in project.problems] == []
    rows = land_rows(list(projects.values()))
    for name, records in rows.items():
        DATASETS[name].table(records)
    assert [(row["project_id"], row["rule_set"], row["is_primary"]) for row in rows["accounts"]] == [
        ("north", "vm0007_v1_6", True),
        ("north", "vm0048_v1_0", False),
        ("south", "vm0007_v1_6", True),
        ("south", "vm0048_v1_0", False),
    ]
    rates = {row["project_id"]: row["value"] for row in rows["account_parameters"] if row["name"] == "buffer_rate"}
    assert rates == {"north": Decimal("0.14"), "south": Decimal("0.2")}
    assert {row["parameter_id"] for row in rows["account_parameters"]} == {
        row["parameter_id"] for row in rows["parameters"]
    }


def test_a_bad_project_does_not_spoil_the_other(tmp_path: Path) -> None:
    projects = read(write_portfolio(tmp_path, activity=FILES["activity.csv"].replace("2022,50,", "2022,-50,")))
    assert projects["north"].problems == []
    [problem] = projects["south"].problems
    assert (problem.message, problem.where) == ("area_ha is negative", "activity.csv, row 7, area_ha")
    refused: dict[str, list[MrvError]] = {"south": projects["south"].problems}
    error = refusal(refused, of=2, where=str(tmp_path), told_in=tmp_path / "refused.json")
    assert "south: area_ha is negative" in (error.found or "")
    assert "--skip-refused" in (error.remedy or "")


def test_every_problem_of_a_refused_run_is_written(tmp_path: Path) -> None:
    line = "south,monitored,,project_area,pa,s1,deforestation,forest,cropland,2021,2022,-1,map\n"
    folder = write_portfolio(tmp_path / "in", activity=FILES["activity.csv"] + line * 30)
    with pytest.raises(CheckError, match="1 of 2 project") as error:
        run_accounts(folder, RULES, tmp_path / "out", read_settings())
    written = tmp_path / "out" / "refused.json"
    assert str(written) in (error.value.remedy or "")
    assert "and 10 more" in (error.value.found or "") or len(json.loads(written.read_text())["south"]) > SHOWN
    assert all(problem["where"] and problem["remedy"] for problem in json.loads(written.read_text())["south"])


def test_more_rows_of_areas_than_can_be_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_run, "MOST_AREA_ROWS", 2)
    with pytest.raises(CheckError, match="2 of 2 project") as error:
        run_accounts(write_portfolio(tmp_path / "in"), RULES, tmp_path / "out", read_settings())
    assert "at most 2 rows" in (error.value.found or "")
    assert "activity.csv, row 4" in (error.value.found or "")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("account_activity.csv", "two files of account_activity"),
        ("emissions.CSV", "no input table"),
        ("emissions.txt", "no input table"),
        ("emissions.xlsx", "no input table"),
        ("sub/emissions.csv", "no input table"),
        ("emissions.csv/emissions.csv", "no input table"),
    ],
)
def test_files_that_would_be_lost(tmp_path: Path, name: str, words: str) -> None:
    folder = write_portfolio(tmp_path)
    (folder / ".DS_Store").write_bytes(b"\0")
    assert read(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(FILES["activity.csv"], encoding="utf-8")
    with pytest.raises(InputError) as error:
        read(folder)
    assert words in error.value.message
    assert name.split("/")[0] in (error.value.found or "")


def test_a_cell_that_cannot_be_read_belongs_to_its_project(tmp_path: Path) -> None:
    projects = read(write_portfolio(tmp_path, stocks=FILES["stocks.csv"].replace("stock,120,", "stock,x,", 1)))
    assert "value cannot be read" in [problem.message for problem in projects["north"].problems]
    assert projects["south"].problems == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("north,p1,2021-01-01", "north,p1,2019-01-01", "starts before its crediting period"),
        (
            "2022-12-31,2020-01-01,2029-12-31\nsouth",
            "2032-12-31,2020-01-01,2029-12-31\nsouth",
            "ends after its crediting",
        ),
        ("north,p1", "North,p1", "belongs to no project"),
    ],
)
def test_periods(tmp_path: Path, old: str, new: str, words: str) -> None:
    folder = write_portfolio(tmp_path, accounts=FILES["accounts.csv"].replace(old, new, 1))
    try:
        messages = [problem.message for project in read(folder).values() for problem in project.problems]
    except InputError as error:
        messages = [error.message]
    assert any(words in message for message in messages), messages


@pytest.mark.parametrize(
    ("stem", "text", "words"),
    [
        ("accounts", None, "lacks accounts.csv"),
        ("notes", "a,b\n1,2\n", "is no input table"),
        ("activity", FILES["activity.csv"].replace("south,monitored", "east,monitored"), "belongs to no project"),
        ("activity", FILES["activity.csv"].replace("area_ha", "area"), "columns are not those"),
        ("activity", FILES["activity.csv"] + "north,1\n", "another width"),
        ("accounts", FILES["accounts.csv"].replace("2021-01-01", "01/01/2021"), "period_start cannot be read"),
        ("parameters", "project_id,nam\nnorth,x\n", "unknown columns of parameters.csv"),
    ],
)
def test_what_belongs_to_nobody_is_refused(tmp_path: Path, stem: str, text: str | None, words: str) -> None:
    with pytest.raises(InputError) as error:
        read(write_portfolio(tmp_path, **{stem: text}))
    assert words in error.value.message
    assert error.value.remedy


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("north,,buffer_rate,14,,report", "out of its limits"),
        ("north,,buffer_rat,0.14,,report", "unknown parameter"),
        ("north,,buffer_rate,0.14,high,report", "a parameter cannot be read"),
        ("north,,buffer_rate,0.14,,", "a parameter cannot be read"),
    ],
)
def test_parameters(tmp_path: Path, line: str, words: str) -> None:
    text = FILES["parameters.csv"].replace("north,,buffer_rate,0.14,,report", line)
    messages = [problem.message for problem in read(write_portfolio(tmp_path, parameters=text))["north"].problems]
    assert any(words in message for message in messages), messages


def test_parameters_of_rule_sets_that_were_not_asked_for_are_left_out(tmp_path: Path) -> None:
    text = FILES["parameters.csv"] + "north,fcpf_cf,title_share,0.9,,contract\n"
    north = read(write_portfolio(tmp_path, parameters=text))["north"]
    assert north.problems == []
    assert not [row for rows in north.parameters.values() for row in rows if row.name == "title_share"]
    strange = text.replace("fcpf_cf", "fcpf_2")
    assert read(write_portfolio(tmp_path, parameters=strange))["north"].problems


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("north,2021,diesel,100,gal,book", "in another unit"),
        ("north,2021,kerosene,100,L,book", "no emission factor"),
    ],
)
def test_measures_against_leakage(tmp_path: Path, line: str, words: str) -> None:
    text = f"project_id,year,measure,quantity,unit,source\n{line}\n"
    [problem] = read(write_portfolio(tmp_path, leakage_measures=text))["north"].problems
    assert words in problem.message


def test_somebody_must_say_under_which_rules(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="under which rule set"):
        read_inputs(write_portfolio(tmp_path), ())
    own = FILES["accounts.csv"].replace("project_id,", "rule_set,project_id,").replace("\nnorth", "\nart_trees_2,north")
    own = own.replace("\nsouth", "\nfcpf_cf,south")
    folder = write_portfolio(tmp_path / "own", accounts=own)
    with pytest.raises(UsageError, match="names rule sets itself"):
        read_inputs(folder, RULES)
    projects, _ = read_inputs(folder, ())
    assert [project.accounts[0]["rule_set"] for project in projects] == ["art_trees_2", "fcpf_cf"]
