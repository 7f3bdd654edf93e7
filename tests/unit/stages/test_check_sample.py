"""Whether the map of a run is the one that a sample was drawn from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mrv.schemas import DATASETS
from mrv.settings import read_settings
from mrv.sources.sample_design_files import read_design
from mrv.stages.check_sample import sample_results
from mrv.stages.context import open_context
from mrv.stages.land import pull
from tests.integration.four_tiles import SIDE, write_tiles
from tests.integration.sample_rows import ORIGIN, measured_rows, sample_rows
from tests.unit.stages.sampled_project import draw, edit, forest_map, write_project

WITH_GAIN = ["treecover2000", "lossyear", "gain"]
BY_CLASSES = {"product": "hansen_gfc", "layer": "gain", "classes": {"stable_forest": [0], "gain": [1]}}


def outcome(folder: Path) -> tuple[str, str | None]:
    """Pull the map as a run does, and return what the check says of it."""
    design = DATASETS["sample_designs"].table([read_design(folder / "samples" / "cover").design_row() | ORIGIN])
    estimates = DATASETS["area_estimates"].table(measured_rows(sample_rows())["area_estimates"])
    tables = {"sample_designs": design, "area_estimates": estimates, "check_results": DATASETS["check_results"].empty()}
    with open_context(str(folder), "mp1", read_settings()) as context:
        artifacts = [item for spec in context.definition.sources for item in pull(context, spec).artifacts]
        results: pa.Table = sample_results(context, artifacts, tables)
    found = {row["rule"]: row for row in results.to_pylist()}
    assert {row["outcome"] for rule, row in found.items() if rule != "map_is_that_of_the_sample"} == {"passed"}
    row = found["map_is_that_of_the_sample"]
    return row["outcome"], row["observed"]


@pytest.mark.parametrize("sample", [{}, {"class_map": BY_CLASSES}], ids=["loss series", "class map"])
def test_map_that_changed_after_the_draw_is_noted(
    sample: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_project(tmp_path, **sample)
    gain = np.zeros((2 * SIDE, 2 * SIDE), dtype=np.uint8)
    gain[200:400, 335:340] = 1
    write_tiles(tmp_path / "rasters", {"gain": gain})
    edit(folder, lambda made: made["sources"][0].update(layers=WITH_GAIN))
    done = draw(folder, monkeypatch=monkeypatch)
    assert done.exit_code == 0, done.output
    assert outcome(folder) == ("passed", None)

    gain[200:400, 330:335] = 1
    write_tiles(tmp_path / "rasters", {"gain": gain})
    monkeypatch.setenv("MRV_HOME", str(tmp_path / "another"))
    state, observed = outcome(folder)
    assert state == "failed"
    assert observed is not None
    assert observed.startswith("cover was drawn from hansen_gfc")
    assert "; the run has " in observed


def test_class_map_that_the_run_lacks_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_project(tmp_path, class_map=BY_CLASSES)
    write_tiles(tmp_path / "rasters", {**forest_map(), "gain": forest_map()["lossyear"] // 20})
    edit(folder, lambda made: made["sources"][0].update(layers=WITH_GAIN))
    done = draw(folder, monkeypatch=monkeypatch)
    assert done.exit_code == 0, done.output
    edit(folder, lambda made: made["sources"][0].update(layers=WITH_GAIN[:2]))
    state, observed = outcome(folder)
    assert state == "failed"
    assert observed is not None
    assert observed.endswith("the run has no such map")
