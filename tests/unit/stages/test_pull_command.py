"""`mrv pull`: which sources are asked, and what is said when none fits."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mrv.cli import main
from mrv.scaffold import scaffold
from mrv.settings import Settings
from mrv.stages.context import newest_period


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scaffold(tmp_path / "project")
    monkeypatch.setenv("MRV_HOME", str(tmp_path / "home"))
    file = tmp_path / "project" / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "wood.csv").write_text("genus,wd\nInga,0.52\n", encoding="utf-8")
    columns = {"genus": "genus", "wood_density_g_cm3": "wd"}
    table = {"path": "wood.csv", "dataset": "wood_density", "columns": columns, "constants": {"level": "genus"}}
    tables = [{**table, "licence": "CC0-1.0", "citation": "made by a test"}]
    content["sources"] = [{"connector": "files", "name": "wood", "root": str(tmp_path / "tables"), "tables": tables}]
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path / "project"


def test_it_fetches_and_says_how_much_is_new(folder: Path) -> None:
    for new in (1, 0):
        done = CliRunner().invoke(main, ["pull", str(folder), "--dataset", "wood_density"])
        assert done.exit_code == 0, done.output
        assert f"wood: 1 file(s), 0.0 MiB, {new} new" in done.output


@pytest.mark.parametrize("command", [["check"], ["pull"]])
def test_a_mirror_of_no_source_is_warned_of(folder: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    warning = "warning: MRV_MIRRORS names nosuch, no source of this project; its sources are wood\n"
    for mirrors, warned in (({"nosuch": "/x"}, True), ({"wood": str(folder.parent / "tables")}, False)):
        monkeypatch.setenv("MRV_MIRRORS", json.dumps(mirrors))
        assert (warning in CliRunner().invoke(main, [*command, str(folder)]).stderr) == warned


def test_a_dataset_that_no_source_gives_is_refused(folder: Path) -> None:
    done = CliRunner().invoke(main, ["pull", str(folder), "--dataset", "fires"])
    assert done.exit_code == 2
    assert "wood_density" in done.output


def test_the_newest_period_that_has_begun_is_the_default(folder: Path) -> None:
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    spans = [
        ("old", "2022-01-01", "2022-12-31"),
        ("new", "2023-01-01", "2023-12-31"),
        ("far", "2024-01-01", "2199-12-31"),
    ]
    content["monitoring_periods"] = [{"id": name, "start": start, "end": end} for name, start, end in spans]
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert newest_period(str(folder), Settings()) == "far"
    content["monitoring_periods"][2]["start"] = "2198-01-01"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert newest_period(str(folder), Settings()) == "new"
