"""The demo project's roads, rivers and settlements are those of its simulated landscape."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

from mrv.boundaries import load_zones
from mrv.cli import demo
from mrv.project import load_project
from mrv.settings import REPOSITORY
from mrv.simulator.features import make_features, write_features
from mrv.simulator.landscape import make_landscape

PROJECT = REPOSITORY / "projects" / "biocorredor_martin_sagrado"


@pytest.fixture(scope="module")
def world():
    zones = load_zones(load_project(PROJECT))
    seed = next(option.default for option in demo.params if option.name == "seed")
    return make_landscape(seed, zones), zones


def test_the_files_of_the_demo_are_those_of_its_landscape(world, tmp_path: Path) -> None:
    write_features(*world, tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(written) == {"roads.geojson", "rivers.geojson", "settlements.geojson"}
    assert written == {name: (PROJECT / "features" / name).read_bytes() for name in written}


def test_communities_are_settlements_that_roads_reach(world) -> None:
    landscape, zones = world
    features = {
        name: [shape(item["geometry"]) for item in collection["features"]]
        for name, collection in make_features(landscape, zones).items()
    }
    towns = shapely.multipoints(features["settlements"])
    for zone in zones:
        if zone.kind == "community":
            assert shapely.intersects(zone.geometry.buffer(0.01), towns)
    roads = shapely.multilinestrings(features["roads"])
    reached = [town for town in features["settlements"] if shapely.dwithin(town, roads, 0.003)]
    assert len(reached) >= len(features["settlements"]) - 2
    assert all(geometry.is_valid for group in features.values() for geometry in group)
