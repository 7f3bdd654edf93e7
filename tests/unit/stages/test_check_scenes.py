"""`mrv check` of sources of scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mrv.scaffold import scaffold
from mrv.stages.validate import check_project

SOURCE: dict[str, Any] = {
    "connector": "stac",
    "name": "scenes",
    "url": "https://stac.invalid/v1",
    "collections": ["sentinel-2-l2a"],
    "resolution_m": 20,
}


def problems(folder: Path, *sources: dict[str, Any], local_crs: str | None = None) -> list[str]:
    scaffold(folder)
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    first = content["monitoring_periods"][0]
    own = [{"id": "first", "start": first["start"], "end": first["start"]}]
    given = [{**SOURCE, "composites": own, **source} for source in sources]
    content["sources"] = [*(content.get("sources") or []), *given]
    content["local_crs"] = local_crs or content["local_crs"]
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    found = check_project(folder).problems
    assert all(problem.where and problem.remedy for problem in found)
    return [problem.message for problem in found]


def test_a_sound_source_holds(tmp_path: Path) -> None:
    assert problems(tmp_path / "project", {}) == []


def test_two_sources_cannot_share_a_composite(tmp_path: Path) -> None:
    assert problems(tmp_path / "project", {}, {"name": "other"}) == ["two sources have a composite of the same id"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"url": "stac.invalid"}, "the address of a STAC API cannot be used"),
        ({"zone_kinds": ["hcv"]}, "scenes are asked for zones that the project does not have"),
        ({"crs": "EPSG:4326"}, "scenes cannot be put on a grid in degrees"),
        (
            {"composites": [{"id": "old", "start": "1999-01-01", "end": "1999-12-31"}]},
            "composite old is made in no monitoring period",
        ),
    ],
)
def test_what_cannot_hold_is_named(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    assert problems(tmp_path / "project", changes) == [problem]


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path / "project", {"cloud": 3}) == ["project.yaml has 1 problem(s)"]
