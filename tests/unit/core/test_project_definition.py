"""project.yaml: strict, with every problem named by its key."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mrv.errors import ProjectError, UsageError
from mrv.project import find_project, load_project
from mrv.scaffold import scaffold
from mrv.settings import REPOSITORY, Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    scaffold(tmp_path / "project")
    return tmp_path / "project"


def rewrite(folder: Path, change: Any) -> None:
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content), encoding="utf-8")


def test_the_first_project_is_read() -> None:
    definition = load_project(REPOSITORY / "projects" / "biocorredor_martin_sagrado").definition
    assert definition.period("mp1").span.days == 2121
    assert definition.local_crs == "EPSG:32718"
    assert definition.project.illustrative


def test_an_unknown_key_is_refused_by_name(folder: Path) -> None:
    rewrite(folder, lambda content: content["forest_definition"].update(min_hight_m=5))
    with pytest.raises(ProjectError, match=r"forest_definition\.min_hight_m"):
        load_project(folder)


def test_all_problems_are_told_at_once(folder: Path) -> None:
    def spoil(content: dict[str, Any]) -> None:
        content["project"]["id"] = "Not An Id"
        content["crediting_period"] = {"start": "2030-01-01", "end": "2029-01-01"}
        del content["rule_set"]

    rewrite(folder, spoil)
    with pytest.raises(ProjectError) as caught:
        load_project(folder)
    message = str(caught.value)
    assert "3 problem(s)" in message
    assert all(key in message for key in ("project.id", "crediting_period", "rule_set"))
    assert str(folder / "project.yaml") in message


def test_a_key_that_stands_twice_is_refused(folder: Path) -> None:
    file = folder / "project.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "\nrule_set: vm0007_v1_6\n", encoding="utf-8")
    with pytest.raises(ProjectError, match="stands twice"):
        load_project(folder)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ({"state": "forest", "pool": "above_ground"}, "exactly one of"),
        ({"state": "forest", "pool": "above_ground", "plots": True, "stock_tc_ha": 1, "source": "x"}, "exactly one of"),
        ({"state": "forest", "pool": "above_ground", "stock_tc_ha": 1}, "needs its source"),
        ({"state": "post_deforestation", "pool": "soil", "plots": True}, "not the land after deforestation"),
        ({"state": "forest", "pool": "roots", "plots": True}, "Input should be"),
    ],
)
def test_a_pool_says_where_its_stock_comes_from(folder: Path, pool: dict[str, Any], message: str) -> None:
    rewrite(folder, lambda content: content["emission_factors"].update(pools=[pool]))
    with pytest.raises(ProjectError, match=message):
        load_project(folder)


def test_an_unknown_project_or_period_names_those_that_exist(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with pytest.raises(UsageError, match="biocorredor_martin_sagrado"):
        find_project("nowhere", settings)
    loaded = load_project(find_project("biocorredor_martin_sagrado", settings))
    with pytest.raises(UsageError, match="mp1, mp2, mp3, mp4"):
        loaded.definition.period("mp9")


def test_scaffolding_overwrites_nothing(folder: Path) -> None:
    with pytest.raises(UsageError, match="not empty"):
        scaffold(folder)
