"""The connectors against the whole simulated world of the first project."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest
import shapely

from mrv.boundaries import load_zones
from mrv.ledger import Ledger
from mrv.project import load_project
from mrv.settings import REPOSITORY, Settings
from mrv.simulator.world import simulated_world
from mrv.sources.connectors import CONNECTORS
from mrv.sources.contract import Request
from mrv.store import Store

pytestmark = pytest.mark.integration

PROJECT = REPOSITORY / "projects" / "biocorredor_martin_sagrado"


def test_every_source_of_the_project_from_one_seed(tmp_path: Path) -> None:
    project = load_project(PROJECT)
    folder = tmp_path / "world"
    zones = tuple(load_zones(project))
    bounds = tuple(shapely.total_bounds([zone.geometry for zone in zones]).tolist())
    with simulated_world(seed=42, project=project, folder=folder) as world:
        settings = Settings(home=tmp_path / "home", mirrors=dict(world.mirrors))
        # The images of scenes lie behind an address of their own; samples and registers lie in the project's folder.
        own = {
            source.name
            for source in project.definition.sources
            if source.connector == "sample" or (source.connector == "files" and project.path(source.root).is_dir())
        }
        assert {name.removesuffix(".assets") for name in world.mirrors} == {
            source.name for source in project.definition.sources
        } - own
        request = Request(
            project_id=project.definition.id,
            window=project.definition.period("mp4").span,
            bounds=bounds,
            project_folder=project.folder,
            store=Store(settings.raw_dir),
            ledger=Ledger(f"sqlite:///{tmp_path}/ledger.sqlite"),
            settings=settings,
            zones=zones,
            period_id="mp4",
        )
        pulled = {item.name: CONNECTORS[item.connector].pull(item, request) for item in project.definition.sources}
    outside = [artifact for name, artifacts in pulled.items() if name not in own for artifact in artifacts]
    # The project itself says what the categories of its patrols mean.
    assert {artifact.product for artifact in outside if not artifact.simulated} == {"event_kinds"}
    parsed = {}
    assert [name for name, artifacts in pulled.items() if not artifacts] == ["sample_mp1"], (
        "the labels of another period"
    )
    for item in (item for item in project.definition.sources if pulled[item.name]):
        parsed |= CONNECTORS[item.connector].parse(item, pulled[item.name], request)
    request.ledger.close()

    assert set(parsed) >= {"fires", "plots", "sample_labels", "sample_units", "scenes", "trees", "wood_density"}
    for result in parsed.values():
        quarantined = {(row["artifact"], row["row"]) for row in result.rejected}
        assert result.rows_read == result.table.num_rows + len(quarantined)
    assert Counter(row["rule"] for row in parsed["plots"].rejected) == {
        "validation_status_not_approved": 1,
        "superseded_by_edit": 1,
        "repeated_submission": 1,
    }
    assert parsed["fires"].table.num_rows > 1000
    (superseded,) = (row for row in parsed["plots"].rejected if row["rule"] == "superseded_by_edit")
    root = json.loads(superseded["record"])["meta/rootUuid"].removeprefix("uuid:")
    (kept,) = (row for row in parsed["plots"].table.to_pylist() if row["submission_id"] == root)
    assert kept["slope_percent"] == 21.0

    with pytest.raises(httpx.ConnectError):
        httpx.get(world.url, timeout=1)

    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with simulated_world(seed=42, project=project, folder=folder):
        pass
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    (folder / "fires.csv").write_text("damaged")
    with simulated_world(seed=42, project=project, folder=folder):
        pass
    assert (folder / "fires.csv").read_text().startswith("latitude,")


def test_importing_the_world_is_cheap() -> None:
    code = "import sys, mrv.simulator.world; print([m for m in ('rasterio', 'scipy', 'starlette', 'uvicorn') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
