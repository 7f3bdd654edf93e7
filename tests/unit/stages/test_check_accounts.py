"""`mrv check` of the inputs of the accounts: declared tables, the baseline's strata, stocks and the rating."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from mrv.accounting.layout import ACCOUNT, TIME_PERIODS, TRANSITIONS
from mrv.accounting.workbook import write_workbook
from mrv.errors import ProjectError
from mrv.project import load_project
from mrv.scaffold import scaffold
from mrv.stages.account_inputs import account_tables
from mrv.stages.validate import check_project
from tests.unit.accounting.published import published_sheets

ACTIVITY = (
    "scenario,baseline_version,scope,zone_id,stratum_id,activity,from_state,to_state,first_year,last_year,area_ha,source\n"
    "monitored,,project_area,pa,lowland,deforestation,forest,post_deforestation,2022,2022,40,survey\n"
    "monitored,,project_area,pa,lowland,deforestation,forest,post_deforestation,2024,2024,35,survey\n"
)
SCORES = (
    "assessed_on,category,item,score,source\n"
    "2022-01-01,internal,management,8,report\n2022-01-01,external,tenure,4,report\n2022-01-01,natural,fire,2,report\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose loss of forest comes from its own tables: no source gives it."""
    scaffold(tmp_path / "project")
    edit(tmp_path / "project", lambda content: content.pop("sources"))
    return tmp_path / "project"


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def declare(folder: Path, **files: str) -> None:
    """Write a table for each key and name it in the definition."""
    for key, text in files.items():
        (folder / f"{key}.csv").write_text(text, encoding="utf-8")
    edit(folder, lambda content: content.update(accounting={key: f"{key}.csv" for key in files}))


def messages(folder: Path) -> list[str]:
    problems = check_project(folder).problems
    for problem in problems:
        assert problem.where, problem
        assert problem.remedy, problem
    return [f"{problem.message} | {problem.where}" for problem in problems]


def test_sound_tables_are_landed_as_far_as_the_period_goes(folder: Path) -> None:
    declare(folder, activity=ACTIVITY, risk_scores=SCORES)
    edit(
        folder,
        lambda content: content["monitoring_periods"].append({"id": "mp2", "start": "2024-01-01", "end": "2024-12-31"}),
    )
    _real_days(folder)
    assert messages(folder) == []
    project = load_project(folder)
    assert {"activity.csv", "risk_scores.csv"} <= set(project.files)
    first, second = (account_tables(project, period) for period in project.definition.monitoring_periods)
    assert first["account_activity"]["area_ha"].to_pylist() == [Decimal(40)]
    assert second["account_activity"]["area_ha"].to_pylist() == [Decimal(40), Decimal(35)]
    assert first["risk_scores"]["project_id"].to_pylist() == ["my_project"] * 3


def _real_days(folder: Path) -> None:
    """Days that were added as text become days, as a person writes them."""
    file = folder / "project.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("'2024-01-01'", "2024-01-01").replace("'2024-12-31'", "2024-12-31")
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",40,", ",-40,", "area_ha is negative | activity.csv, row 2, area_ha"),
        (",40,", ',"40,5",', "area_ha cannot be read | activity.csv, row 2, area_ha"),
        (",lowland,", ",highland,", "a place that the project does not have | activity.csv, row 2, stratum_id"),
        ("area,pa,", "area,rr,", "a place that the project does not have | activity.csv, row 2, zone_id"),
        (
            "forest,post_deforestation",
            "forest,cropland",
            "state cropland in stratum lowland | activity.csv, row 2, to_state",
        ),
        (",40,", ",90000,", "than it has land | activity.csv, row 2, area_ha"),
    ],
)
def test_bad_rows(folder: Path, old: str, new: str, told: str) -> None:
    declare(folder, activity=ACTIVITY.replace("2024,2024", "2023,2023").replace(old, new, 1))
    found = messages(folder)
    assert any(message.endswith(told) for message in found), found


def test_a_rating_over_its_limits_is_refused(folder: Path) -> None:
    declare(folder, risk_scores=SCORES.replace("management,8", "management,30").replace("tenure,4", "tenure,20"))
    assert messages(folder) == []
    declare(
        folder,
        risk_scores=SCORES.replace("management,8", "management,30")
        .replace("tenure,4", "tenure,20")
        .replace("fire,2", "fire,11"),
    )
    [message] = messages(folder)
    assert message == "the non-permanence rating of 2022-01-01 fails | risk_scores.csv, row 2, score"


def test_a_baseline_that_leaves_out_a_stratum_of_its_zone(folder: Path) -> None:
    edit(folder, lambda content: content.update(default_stratum="other"))
    assert messages(folder) == []
    boundaries = folder / "boundaries" / "zones.geojson"
    text = boundaries.read_text(encoding="utf-8")
    boundaries.write_text(text.replace('"lowland"', '"highland"').replace('"Lowland', '"Highland'), encoding="utf-8")
    baseline = folder / "baseline" / "b1.csv"
    baseline.write_text(baseline.read_text(encoding="utf-8").replace("lowland", "other"), encoding="utf-8")
    found = [message for message in messages(folder) if "leaves out strata" in message]
    assert len(found) == 2


def test_a_baseline_that_leaves_out_a_year_of_a_stratum(folder: Path) -> None:
    baseline = folder / "baseline" / "b1.csv"
    text = baseline.read_text(encoding="utf-8")
    doubled = [
        line.replace("lowland", "other")
        for line in text.splitlines()
        if line.startswith("pa,") and ",2023," not in line
    ]
    edit(folder, lambda content: content.update(default_stratum="other"))
    baseline.write_text("\n".join([text.rstrip("\n"), *doubled]) + "\n", encoding="utf-8")
    [message] = messages(folder)
    assert message.startswith("baseline b1 leaves out years of stratum other in zone pa | ")
    [problem] = check_project(folder).problems
    assert problem.found == "no row of 2023"


def test_a_stock_that_is_no_tonnes_of_carbon(folder: Path) -> None:
    def tonnes_of_co2e(content: dict[str, Any]) -> None:
        content["emission_factors"]["pools"][0]["stock_tc_ha"] = 593

    edit(folder, tonnes_of_co2e)
    [message] = messages(folder)
    assert message.startswith("a forest stock is implausible in tC/ha")
    wide = {"stock_range": {"least_tc_ha": 20, "most_tc_ha": 700, "source": "inventory of giant trees"}}
    edit(folder, lambda content: content.update(accounting=wide))
    assert messages(folder) == []


def test_missing_files_and_unknown_keys(folder: Path) -> None:
    edit(folder, lambda content: content.update(accounting={"activity": "nowhere.csv"}))
    assert messages(folder) == ["a file of the accounts is missing | nowhere.csv"]
    with pytest.raises(ProjectError, match="1 problem"):
        account_tables(load_project(folder), load_project(folder).definition.monitoring_periods[0])
    edit(folder, lambda content: content.update(accounting={"workbook": "a.xlsx", "stocks": "b.csv"}))
    assert "name either it" in (check_project(folder).problems[0].found or "")


def test_the_same_loss_from_two_places_is_refused(folder: Path, tmp_path: Path) -> None:
    baseline = "monitored,,", "baseline,b1,"
    declare(folder, activity=ACTIVITY.replace("2024,2024", "2023,2023").replace(*baseline, 1))
    assert "the same loss of forest is given twice | activity.csv, row 2" in messages(folder)
    scaffold(tmp_path / "measured")
    declare(tmp_path / "measured", activity=ACTIVITY.replace("2024,2024", "2023,2023"))
    told = [message for message in messages(tmp_path / "measured") if "given twice" in message]
    assert len(told) == 2


def test_a_workbook_of_a_project(folder: Path) -> None:
    sheets = published_sheets()
    for row in sheets[TRANSITIONS]:
        row.update(zone_id="pa", stratum_id="lowland", source="survey", trans_area=row["trans_area"] / 100)
    for rows in (sheets["c_stocks"],):
        for row in rows:
            row.update(stratum_id="lowland", source="inventory")
    sheets[TIME_PERIODS][1].update(year_start=2022, year_end=2023)
    sheets[TIME_PERIODS][0]["baseline_version"] = "frel"
    sheets[ACCOUNT] = []
    write_workbook(folder / "team.xlsx", sheets, {})

    def by_workbook(content: dict[str, Any]) -> None:
        content["accounting"] = {"workbook": "team.xlsx"}
        version = content["baseline"][0]
        version.update(version="frel", mode="reference_average", reference={"first_year": 2016, "last_year": 2020})
        del version["file"]

    edit(folder, by_workbook)
    assert messages(folder) == []
    tables = account_tables(load_project(folder), load_project(folder).definition.monitoring_periods[0])
    assert tables["account_activity"].num_rows == 12
    assert set(tables["account_activity"]["baseline_version"].to_pylist()) == {"frel", None}
    sheets[TIME_PERIODS][0]["baseline_version"] = "other"
    write_workbook(folder / "team.xlsx", sheets, {})
    assert any("which the project does not declare" in message for message in messages(folder))
