"""A small simulated world, and a project that reads from it: shared by every test that needs a whole run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from mrv.approvals import Approver
from mrv.ledger import Ledger
from mrv.project import load_project
from mrv.scaffold import scaffold
from mrv.settings import Settings
from mrv.simulator.faults import Faults
from mrv.simulator.server import HANSEN_ROOT, Server, Sources
from mrv.simulator.world import World, simulated_world
from mrv.stages.context import open_context
from mrv.stages.pipeline import RunResult, run_period
from tests.integration.four_tiles import landscape, write_four_tile_project, write_tiles
from tests.integration.hosts import Host
from tests.integration.network_place import Place, serving

STRATA = ("cloud_forest", "montane", "premontane")
SOURCES = [
    {"connector": "raster_tiles", "name": "hansen", "product": "hansen_gfc", "version": "GFC-2024-v1.12",
     "layers": ["treecover2000", "lossyear", "datamask"]},
    {"connector": "firms", "name": "fires", "collections": ["VIIRS_SNPP_SP"], "days_per_request": 10},
    {"connector": "kobo", "name": "plots", "asset": "aSmall", "form": "forest_plot_census", "page_size": 10},
    {"connector": "files", "name": "wood_density", "root": "reference", "tables": [
        {"path": "wood_density.csv", "dataset": "wood_density", "licence": "CC0-1.0", "citation": "simulated",
         "columns": {name: name for name in ("family", "genus", "species", "wood_density_g_cm3", "sd_g_cm3", "level")}}]},
]  # fmt: skip


@dataclass
class Site:
    """A project folder, its world, and a home of its own."""

    project: Path
    world: World
    home: Path

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, mirrors=dict(self.world.mirrors), http_attempts=2)

    def run(self, period: str = "mp1", approver: Approver | None = None) -> RunResult:
        with open_context(str(self.project), period, self.settings) as context:
            return run_period(replace(context, approver=approver))

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        file = self.project / "project.yaml"
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        change(content)
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def published(self) -> list[str]:
        """Every file under snapshots and packages: what somebody could read."""
        folders = (self.settings.snapshots_dir, self.settings.packages_dir)
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return sorted(path.relative_to(self.home).as_posix() for path in paths)


def write_project(folder: Path) -> Path:
    """Write the template as a project with all four kinds of source and one short period."""
    scaffold(folder)
    _three_strata(folder)
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["project"]["id"] = "small"
    content["monitoring_periods"] = [{"id": "mp1", "start": "2022-07-01", "end": "2023-06-30"}]
    content["crediting_period"] = {"start": "2022-01-01", "end": "2031-12-31"}
    content["emission_factors"]["pools"][0] = {"state": "forest", "pool": "above_ground", "plots": True}
    content["field_carbon"] = {"census_window": {"start": "2018-01-01", "end": "2023-06-30"}}
    content["sources"] = SOURCES
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return folder


def _three_strata(folder: Path) -> None:
    """Cut the template's stratum into the three in which the simulator plants its plots."""
    file = folder / "boundaries" / "zones.geojson"
    content = json.loads(file.read_text(encoding="utf-8"))
    *zones, _ = content["features"]
    for number, name in enumerate(STRATA):
        west = round(-77.4 + 0.2 * number, 6)
        ring = [[west, -7.5], [west + 0.2, -7.5], [west + 0.2, -6.9], [west, -6.9], [west, -7.5]]
        geometry = {"type": "Polygon", "coordinates": [[[round(x, 6), y] for x, y in ring]]}
        zones.append({"type": "Feature", "properties": {"zone_id": name, "kind": "stratum"}, "geometry": geometry})
    file.write_text(json.dumps({**content, "features": zones}), encoding="utf-8")
    # The project area lies in the middle stratum, the belt in all three.
    areas = {("pa", "montane"): 120, **{("lb", stratum): 90 for stratum in STRATA}}
    rows = [f"{zone},{stratum},{year},{area}" for (zone, stratum), area in areas.items() for year in range(2022, 2028)]
    (folder / "baseline" / "b1.csv").write_text(
        "\n".join(["zone_id,stratum_id,year,area_ha", *rows, ""]), encoding="utf-8"
    )


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, World]]:
    """One server for all tests; faults are asked for by the test that needs them and met by its next requests."""
    project = write_project(tmp_path_factory.mktemp("small") / "project")
    with simulated_world(seed=7, project=load_project(project), folder=project.parent / "world") as world:
        yield project, world


@pytest.fixture
def site(small_world: tuple[Path, World], tmp_path: Path) -> Site:
    """A fresh copy of the project with an empty home."""
    project, world = small_world
    shutil.copytree(project, tmp_path / "project")
    return Site(tmp_path / "project", world, tmp_path / "home")


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Site]:
    """A small project over the corner of four tiles, its own server, and an empty home."""
    project, folder = write_four_tile_project(tmp_path / "project"), tmp_path / "world"
    write_tiles(folder / "rasters", landscape())
    (folder / "fires.csv").write_text("latitude,longitude\n", encoding="utf-8")
    faults = Faults()
    server = Server(
        Sources(seed=1, rasters=folder / "rasters", fires=folder / "fires.csv", submissions={}, faults=faults)
    )
    server.start()
    mirrors = {"hansen": f"{server.url}/{HANSEN_ROOT}"}
    yield Site(project, World(server.url, folder, mirrors, faults), tmp_path / "home")
    server.stop()


@pytest.fixture(scope="session")
def published_home(small_world: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the small project has been run once."""
    project, world = small_world
    home = tmp_path_factory.mktemp("published") / "home"
    Site(project, world, home).run()
    return home


@pytest.fixture
def published_site(site: Site, published_home: Path) -> Site:
    """A fresh copy of the project with a home in which its first version is published."""
    shutil.copytree(published_home, site.home, symlinks=True)
    return site


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    """Two servers that answer as told."""
    pair = Host(), Host()
    yield pair
    for host in pair:
        host.stop()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in the test's own folder."""
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with serving(tmp_path, monkeypatch) as served:
        yield served
