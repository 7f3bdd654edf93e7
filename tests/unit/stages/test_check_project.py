"""`mrv check`: every problem in one run, each with file, key and remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mrv.cli import SHOWN, _area, _warnings, main
from mrv.errors import ProjectError
from mrv.scaffold import scaffold
from mrv.settings import REPOSITORY, Settings
from mrv.stages.context import open_context
from mrv.stages.pipeline import run_period
from mrv.stages.validate import check_project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    scaffold(tmp_path / "project")
    return tmp_path / "project"


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def messages(folder: Path) -> list[str]:
    problems = check_project(folder).problems
    for problem in problems:
        assert problem.where, problem
        assert problem.remedy, problem
    return [problem.message for problem in problems]


def test_the_template_and_the_first_project_hold(folder: Path) -> None:
    assert messages(folder) == []
    assert messages(REPOSITORY / "projects" / "biocorredor_martin_sagrado") == []


def test_what_is_not_real_is_said(folder: Path) -> None:
    notes = check_project(REPOSITORY / "projects" / "biocorredor_martin_sagrado").notes
    assert any("not the concessions" in note for note in notes)
    assert any("958 is not confirmed" in note for note in notes)
    assert any("zones are illustrative" in note for note in notes)


def test_a_claim_names_tables_that_exist(folder: Path) -> None:
    claim = {"en": "People learn.", "es": "La gente aprende.", "tables": ["training", "trainings"]}
    edit(folder, lambda content: content.update(claims=[claim]))
    [problem] = check_project(folder).problems
    assert (problem.message, problem.found) == ("a claim names tables that do not exist", "trainings")


PERIODS = {
    "gap": (
        [("a", "2022-01-01", "2022-12-31"), ("b", "2023-01-02", "2023-12-31")],
        "no monitoring period covers some days",
    ),
    "overlap": (
        [("a", "2022-01-01", "2022-12-31"), ("b", "2022-12-31", "2023-12-31")],
        "two monitoring periods overlap",
    ),
    "outside": ([("a", "2021-12-31", "2022-12-31")], "monitoring period a lies outside the crediting period"),
    "same id": (
        [("a", "2022-01-01", "2022-12-31"), ("a", "2023-01-01", "2023-12-31")],
        "two monitoring periods have the same id",
    ),
}


@pytest.mark.parametrize(("periods", "message"), PERIODS.values(), ids=PERIODS.keys())
def test_periods_cover_each_day_once(folder: Path, periods: list[tuple[str, str, str]], message: str) -> None:
    listed = [{"id": name, "start": start, "end": end} for name, start, end in periods]
    edit(folder, lambda content: content.update(monitoring_periods=listed))
    assert message in messages(folder)


def test_a_gap_between_baseline_and_period_is_named_by_its_days(folder: Path) -> None:
    edit(folder, lambda content: content["baseline"][0].update(valid_from="2022-03-01"))
    problems = check_project(folder).problems
    gap = next(problem for problem in problems if "no baseline holds" in problem.message)
    assert gap.found == "none for 2022-01-01 to 2022-02-28"


def test_two_baselines_for_one_day_are_refused(folder: Path) -> None:
    def double(content: dict[str, Any]) -> None:
        content["baseline"].append({**content["baseline"][0], "version": "b2", "valid_from": "2027-12-31"})

    edit(folder, double)
    assert "two baseline versions hold on the same days" in messages(folder)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("pa,lowland,2035,10", "a baseline row lies outside the version's validity"),
        ("pa,lowland,2022,10", "a baseline row stands twice"),
        ("pa,highland,2023,10", "a baseline row names an unknown zone or stratum"),
        ("pa,lowland,2023,-1", "a baseline area is not a positive number"),
        ("pa,lowland,2023,NaN", "a baseline area is not a positive number"),
        ("pa,lowland,soon,10", "a baseline row cannot be read"),
    ],
)
def test_a_bad_baseline_row_is_named_by_its_number(folder: Path, row: str, message: str) -> None:
    file = folder / "baseline" / "b1.csv"
    file.write_text(file.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    problem = next(problem for problem in check_project(folder).problems if problem.message == message)
    assert "b1.csv, row 14" in str(problem.where)


def test_a_number_that_is_no_ratio_is_refused_as_one(folder: Path) -> None:
    edit(folder, lambda content: content["emission_factors"]["pools"][1].update(ratio_of_above_ground="t_two_sided_90"))
    assert messages(folder) == ["t_two_sided_90 is not the ratio of a pool"]


def test_a_baseline_may_begin_within_a_year(folder: Path) -> None:
    def split(content: dict[str, Any]) -> None:
        content["baseline"][0]["valid_to"] = "2023-06-30"
        content["baseline"].append(
            {
                **content["baseline"][0],
                "version": "b2",
                "valid_from": "2023-07-01",
                "valid_to": "2027-12-31",
                "file": "baseline/b2.csv",
            }
        )

    edit(folder, split)
    header, *rows = (folder / "baseline" / "b1.csv").read_text(encoding="utf-8").splitlines()
    for name, years in (("b1", range(2000, 2024)), ("b2", range(2023, 2028))):
        kept = [row for row in rows if int(row.split(",")[2]) in years]
        (folder / "baseline" / f"{name}.csv").write_text("\n".join([header, *kept, ""]), encoding="utf-8")
    assert not [message for message in messages(folder) if "baseline" in message]


def test_a_run_refuses_what_check_refuses(folder: Path, tmp_path: Path) -> None:
    periods = [
        {"id": "a", "start": "2022-01-01", "end": "2022-12-31"},
        {"id": "b", "start": "2022-07-01", "end": "2023-06-30"},
    ]
    edit(folder, lambda content: content.update(monitoring_periods=periods, sources=[]))
    with open_context(str(folder), "b", Settings(home=tmp_path / "home")) as context:
        with pytest.raises(ProjectError, match="two monitoring periods overlap"):
            run_period(context)
        assert context.ledger.history("my_project") == []


def test_a_baseline_without_a_column_is_refused(folder: Path) -> None:
    file = folder / "baseline" / "b1.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("area_ha", "area"), encoding="utf-8")
    assert "a baseline file lacks a column, or has it twice" in messages(folder)
    file.unlink()
    assert "a baseline file is missing" in messages(folder)


def test_unknown_names_are_refused_with_the_known_ones(folder: Path) -> None:
    def misspell(content: dict[str, Any]) -> None:
        content["parameters"][0]["name"] = "bufer_rate"
        content["emission_factors"]["pools"][1]["ratio_of_above_ground"] = "root_shoot"
        content["emission_factors"]["pools"][2]["stratum"] = "upland"
        content["sources"][0]["layers"] = ["treecover2000", "losyear"]

    edit(folder, misspell)
    said = messages(folder)
    assert "unknown parameter bufer_rate" in said
    assert any("losyear" in message for message in said)
    assert "a carbon pool names the unknown stratum upland" in said
    assert "root_shoot is not the ratio of a pool" in said


def test_an_unknown_rule_set_product_or_version_is_refused(folder: Path) -> None:
    edit(folder, lambda content: content.update(rule_set="vm9999"))
    assert "unknown rule set vm9999" in messages(folder)
    edit(folder, lambda content: content["sources"][0].update(version="GFC-1999-v0.1"))
    assert any("GFC-1999-v0.1" in message for message in messages(folder))


def test_a_baseline_in_another_encoding_is_refused(folder: Path) -> None:
    (folder / "baseline" / "b1.csv").write_bytes(
        "zone_id,stratum_id,year,area_ha\npá,lowland,2022,1\n".encode("cp1252")
    )
    assert "a baseline file cannot be read" in messages(folder)


def test_files_that_are_not_there_and_plots_without_a_source_are_named(folder: Path) -> None:
    table = {
        "path": "wood.csv",
        "dataset": "wood_density",
        "columns": {"genus": "genus"},
        "licence": "x",
        "citation": "x",
    }
    (folder / "reference").mkdir()
    source = {"connector": "files", "name": "f", "root": "reference", "tables": [table]}
    pool = {"state": "forest", "pool": "above_ground", "plots": True}
    edit(folder, lambda content: content["sources"].append(source))
    edit(folder, lambda content: content["emission_factors"]["pools"].__setitem__(0, pool))
    said = messages(folder)
    assert "a declared file is missing" in said
    assert "stocks come from plots, but no source gives plots, trees and wood_density" in said


def test_a_baseline_that_lacks_a_year_is_named(folder: Path) -> None:
    file = folder / "baseline" / "b1.csv"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("pa,lowland,2023")]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    problem = next(problem for problem in check_project(folder).problems if "lacks years" in problem.message)
    assert problem.found == "pa: 2023"


def test_two_versions_of_a_product_are_refused(folder: Path) -> None:
    edit(
        folder,
        lambda content: content["sources"].append(
            {**content["sources"][0], "name": "older", "version": "GFC-2023-v1.11"}
        ),
    )
    assert "two versions of a product are declared" in messages(folder)


def test_what_is_needed_is_asked_for(folder: Path) -> None:
    edit(folder, lambda content: content.pop("forest_definition"))
    file = folder / "boundaries" / "zones.geojson"
    zones = json.loads(file.read_text(encoding="utf-8"))
    zones["features"] = [item for item in zones["features"] if item["properties"]["kind"] == "reference_region"]
    file.write_text(json.dumps(zones), encoding="utf-8")
    said = messages(folder)
    assert "forest is measured but not defined" in said
    assert "no zone is the project area" in said
    assert "there is no stratum" in said


def test_the_command_lists_everything_and_fails(folder: Path) -> None:
    edit(folder, lambda content: content.update(rule_set="vm9999"))
    (folder / "baseline" / "b1.csv").unlink()
    done = CliRunner().invoke(main, ["check", str(folder)])
    assert done.exit_code == 1
    assert "2 problem(s)" in done.output
    found = json.loads(CliRunner().invoke(main, ["check", str(folder), "--json"]).output)
    assert {problem["message"] for problem in found["problems"]} == {
        "unknown rule set vm9999",
        "a baseline file is missing",
    }
    assert {zone["zone_id"] for zone in found["zones"]} == {"pa", "lb", "rr", "lowland"}


@pytest.mark.parametrize(
    "text", ["project: [", "crediting_period: {start: 2022-02-30}", "[a]: b\n? [c]\n: d", "a: " + "[" * 5000, "a: \0"]
)
def test_a_broken_definition_is_one_problem(folder: Path, text: str) -> None:
    (folder / "project.yaml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["check", str(folder)])
    assert done.exit_code == 1
    assert "project.yaml cannot be read" in done.output


def test_a_small_zone_is_shown_with_more_digits() -> None:
    assert [_area(Decimal(text)) for text in ("0.250013", "9.99", "10", "1234.56")] == [
        "0.2500",
        "9.9900",
        "10.0",
        "1,234.6",
    ]


def test_checks_that_warned_are_named() -> None:
    row = {"dataset": "patch_labels", "rule": "label_has_its_patch", "rows_failed": "1", "rows_evaluated": "4"}
    said = "patch_labels.label_has_its_patch (1 of 4 rows)"
    assert _warnings([row]) == f"1 check warned: {said}. The report says more."
    many = _warnings([row] * (SHOWN + 2))
    assert many.count(said) == SHOWN
    assert "; and 2 more. " in many
