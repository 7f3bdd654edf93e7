"""`mrv check` of samples and of the sources of their labels."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mrv.cli import main
from mrv.project import load_project
from mrv.stages.validate import check_project
from mrv.stages.validate_sampling import declared_design
from tests.unit.sources.sample_folder import freeze
from tests.unit.stages.sampled_project import SAMPLE, declare, draw, edit, write_project

SOURCE = {
    "connector": "sample",
    "name": "labels",
    "period": "mp1",
    "folder": "samples/cover",
    "licence": "own",
    "citation": "-",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("sampled"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "project"))


def problems(folder: Path) -> list[str]:
    found = check_project(folder).problems
    assert all(problem.where and problem.remedy for problem in found)
    return [problem.message for problem in found]


def add_source(folder: Path, **changes: Any) -> None:
    edit(folder, lambda content: content["sources"].append({**SOURCE, **changes}))


def test_a_sample_that_is_not_drawn_yet_holds(folder: Path) -> None:
    assert problems(folder) == []


def test_a_design_kept_elsewhere_is_noted(folder: Path) -> None:
    declare(folder, folder="../elsewhere")
    assert any("elsewhere lies outside the project's folder" in note for note in check_project(folder).notes)


EXPECTED = {"loss": 0.7, "stable_forest": 0.9}
TARGET = {"measure": "overall_accuracy", "se": 0.01, "expected": EXPECTED}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "period": ({"period": "mp9"}, "a sample is of an unknown monitoring period"),
    "zone": ({"zones": ["pa", "nosuch"]}, "a sample names an unknown zone, or one twice"),
    "zone twice": ({"zones": ["pa", "pa"]}, "a sample names an unknown zone, or one twice"),
    "overlap": ({"zones": ["pa", "rr"]}, "two sampled zones overlap"),
    "years": ({"last_year": 2031}, "the years of a sample are not years of its map"),
    "years turned": ({"first_year": 2023, "last_year": 2022}, "the years of a sample are not years of its map"),
    "optimal": ({"allocation": {"rule": "optimal"}}, "an optimal allocation needs to know what is expected"),
    "allocation of a random draw": (
        {"draw": "simple_random", "allocation": {"rule": "equal"}},
        "a draw simple_random shares no units among strata",
    ),
    "unknown stratum": (
        {"size": None, "allocation": {"rule": "manual", "counts": {"loss": 10}}},
        "units are allocated to unknown strata",
    ),
    "no buffer": (
        {"size": None, "loss_buffer_pixels": 0, "allocation": {"rule": "manual", "counts": {"pa.loss_buffer": 10}}},
        "units are allocated to unknown strata",
    ),
    "one unit": (
        {"size": None, "allocation": {"rule": "manual", "counts": {"pa.loss": 1}}},
        "a stratum gets too few units",
    ),
    "counted and sized": (
        {"allocation": {"rule": "manual", "counts": {"pa.loss": 10}}},
        "units are counted by hand and sized at once",
    ),
    "map of no product": (
        {"class_map": {"product": "nosuch", "layer": "x", "classes": {"loss": [1]}}},
        "the raster catalogue has no product nosuch",
    ),
    "map of no layer": (
        {"class_map": {"product": "hansen_gfc", "layer": "nosuch", "classes": {"loss": [1]}}},
        "hansen_gfc has no layer nosuch",
    ),
    "map of the series": (
        {"class_map": {"product": "hansen_gfc", "layer": "lossyear", "classes": {"loss": [1]}}},
        "the map of a sample is no layer of classes",
    ),
    "map that no source gives": (
        {"class_map": {"product": "hansen_gfc", "layer": "gain", "classes": {"gain": [1]}}},
        "no source gives the map of a sample",
    ),
}


@pytest.mark.parametrize(("changes", "problem"), CASES.values(), ids=CASES.keys())
def test_what_cannot_hold_is_named(folder: Path, changes: dict[str, Any], problem: str) -> None:
    declare(folder, **changes)
    assert problems(folder) == [problem]


@pytest.mark.parametrize("codes", [{"gain": [1, 7]}, {"gain": [1], "loss": [1]}], ids=["unknown", "twice"])
def test_codes_of_a_class_map_are_known_and_apart(folder: Path, codes: dict[str, list[int]]) -> None:
    edit(folder, lambda content: content["sources"][0]["layers"].append("gain"))
    declare(folder, class_map={"product": "hansen_gfc", "layer": "gain", "classes": codes})
    assert problems(folder) == ["a code of a class map is unknown, or stands for two classes"]


def test_a_sample_needs_the_loss_series(folder: Path) -> None:
    edit(folder, lambda content: content["sources"][0].update(layers=["lossyear"]))
    assert problems(folder) == ["a sample needs the forest loss series"]


TWICE: dict[str, tuple[Callable[[dict[str, Any]], object], list[str]]] = {
    "id": (
        lambda content: content["sampling"].append({**SAMPLE, "folder": "samples/other"}),
        ["two samples have the same id"],
    ),
    "folder": (
        lambda content: content["sampling"].append({**SAMPLE, "id": "other", "folder": "samples/../samples/cover"}),
        ["two samples have the same folder"],
    ),
}


@pytest.mark.parametrize(("change", "found"), TWICE.values(), ids=TWICE.keys())
def test_samples_are_apart(folder: Path, change: Callable[[dict[str, Any]], object], found: list[str]) -> None:
    edit(folder, change)
    assert problems(folder) == found


def test_sources_read_declared_designs_of_their_period_once(folder: Path) -> None:
    freeze(folder / "samples" / "cover", project="four", period="mp1")
    add_source(folder)
    add_source(folder, name="again")
    assert problems(folder)[0] == "two sources give the sample of one period"
    edit(folder, lambda content: content["sources"].pop())
    edit(folder, lambda content: content["sources"][-1].update(period="mp2"))
    assert "a source reads a design of another period" in problems(folder)
    edit(folder, lambda content: content["sources"][-1].update(folder="elsewhere"))
    assert "a source reads a design that no sample declares" in problems(folder)


def test_files_of_labels_stand_once_and_say_where_the_label_is(folder: Path) -> None:
    survey = {"path": "ceo.csv", "format": "ceo_sample"}
    add_source(folder, labels=[survey, {**survey, "columns": {"label": "Class"}}, {"path": "a.csv", "format": "csv"}])
    found = problems(folder)
    assert "a file of labels stands twice" in found
    assert found.count("the columns of a file of labels do not fit") == 1


def test_a_source_needs_a_frozen_design(folder: Path) -> None:
    add_source(folder)
    assert problems(folder) == ["design cover is not frozen, but a source reads it"]
    assert check_project(folder, frozen=False).problems == ()


def test_a_frozen_design_is_the_declared_one(made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / "rasters").symlink_to(made.parent / "rasters")
    add_source(folder)
    assert draw(folder, monkeypatch=monkeypatch).exit_code == 0
    assert problems(folder) == []
    declare(folder, size=200)
    found = check_project(folder).problems
    assert [problem.message for problem in found] == ["design cover is frozen, and another one is declared"]
    assert "--enlarge" in str(found[0].remedy)
    declare(folder, seed=2)
    found = check_project(folder).problems
    assert [problem.found for problem in found] == ["other values of seed"]
    assert "a new design" in str(found[0].remedy)
    declare(folder)
    edit(folder, lambda content: content["forest_definition"].update(min_tree_cover_percent=25, document="cited anew"))
    edit(folder, lambda content: content["boundaries"][0].update(version="drawn again"))
    found = check_project(folder).problems
    assert [problem.found for problem in found] == ["changed: the forest definition"]
    edit(folder, lambda content: content["forest_definition"].update(min_tree_cover_percent=30))
    assert problems(folder) == []
    units = folder / "samples" / "cover" / "units.csv"
    units.write_text(units.read_text(encoding="utf-8").replace("pa.", "lb.", 1), encoding="utf-8")
    assert problems(folder) == ["a frozen design was edited"]


def test_units_of_another_design_than_the_declared_one_are_not_given_out(
    made: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "rasters").symlink_to(made.parent / "rasters")
    assert draw(folder, monkeypatch=monkeypatch).exit_code == 0
    spec = load_project(folder).definition.sampling[0]
    assert declared_design(load_project(folder), spec).document.design_id == "cover"
    words = ["sample", "export", str(folder), "--format", "csv", "--to", str(tmp_path / "form.csv")]
    edit(folder, lambda content: content["forest_definition"].update(min_tree_cover_percent=25))
    told = CliRunner().invoke(main, words)
    assert told.exit_code == 1
    assert "changed: the forest definition" in told.output
    edit(folder, lambda content: content["forest_definition"].update(min_tree_cover_percent=30))
    declare(folder, size=200)
    assert "--enlarge" in CliRunner().invoke(main, words).output
    assert not (tmp_path / "form.csv").exists()
    declare(folder)
    assert CliRunner().invoke(main, words).exit_code == 0


@pytest.mark.parametrize("lost", ["design.json", "strata.csv", "units.csv"])
def test_what_is_left_of_a_design_is_named(folder: Path, lost: str) -> None:
    freeze(folder / "samples" / "cover", project="another", period="mp1")
    (folder / "samples" / "cover" / lost).unlink()
    assert problems(folder) == ["a frozen design lacks a file"]


def test_a_folder_with_the_design_of_another_project_is_named(folder: Path) -> None:
    freeze(folder / "samples" / "cover", project="another", period="mp1")
    assert problems(folder) == ["a folder holds the frozen design of another sample"]
