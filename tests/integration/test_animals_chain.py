"""Simulated cameras, records and lists of the demo project from files to measured tables, with their planted mistakes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mrv.boundaries import load_zones
from mrv.project import load_project
from mrv.project_sources import CamtrapDp, Files, Occurrences
from mrv.settings import REPOSITORY, read_settings
from mrv.simulator.animals import load_animals, write_animals
from mrv.simulator.world import write_lists
from mrv.stages.check import Checked, check_received
from mrv.stages.context import open_context
from mrv.stages.land import land, pull
from mrv.stages.measure import Measured
from mrv.stages.measure_biodiversity import measure_biodiversity

pytestmark = pytest.mark.integration
PROJECT = REPOSITORY / "projects" / "biocorredor_martin_sagrado"


@dataclass(frozen=True)
class Chain:
    checked: dict[str, Checked]
    measured: Measured

    def rows(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.measured.tables[name].to_pylist()
        return rows


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("animals")
    project = load_project(PROJECT)
    zones, span = load_zones(project), project.definition.period("mp4").span
    mirrors = {}
    for source in project.definition.sources:
        if isinstance(source, CamtrapDp | Occurrences):
            write_animals(source, folder / source.name, seed=7, zones=zones, span=span)
        elif isinstance(source, Files) and source.name == "species":
            write_lists(source, folder / source.name, 7)
        else:
            continue
        mirrors[source.name] = str(folder / source.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MRV_HOME", str(folder / "home"))
        patch.setenv("MRV_MIRRORS", json.dumps(mirrors))
        settings = read_settings()
    with open_context(str(PROJECT), "mp4", settings) as context:
        specs = [source for source in context.definition.sources if source.name in mirrors]
        pulled = [pull(context, spec) for spec in specs]
        assert all(artifact.simulated for part in pulled for artifact in part.artifacts)
        landed = [part for spec, files in zip(specs, pulled, strict=True) for part in land(context, spec, files)]
        checked = check_received(context, landed)
        measured = measure_biodiversity(context, checked)
        again = measure_biodiversity(context, checked)
    assert measured is not None
    assert again is not None
    assert not again.changed
    yield Chain(checked, measured)


def _rules(batch: Checked) -> dict[str, int]:
    return dict(Counter(row["rule"] for row in batch.set_aside().to_pylist()))


def test_each_planted_mistake_is_set_aside_by_its_rule(chain: Chain) -> None:
    for name, batch in chain.checked.items():
        assert batch.rows_read == batch.rows_accepted + batch.rows_quarantined, name
    assert _rules(chain.checked["camera_deployments"]) == {"swapped_coordinates": 1}
    observations = _rules(chain.checked["camera_observations"])
    # The pictures of the camera that was set aside go with it.
    assert observations.pop("deployment_known") > 0
    assert observations == {"unreadable_value": 1, "out_of_range": 1, "duplicate_record": 1}
    assert set(_rules(chain.checked["camera_media"])) == {"deployment_known"}
    assert _rules(chain.checked["occurrences"]) == {
        "identification_not_confirmed": 1,
        "captive_or_cultivated": 1,
        "swapped_coordinates": 1,
        "duplicate_record": 1,
    }


def test_nights_of_each_camera_are_explained(chain: Chain) -> None:
    effort = {row["deployment_id"]: row for row in chain.rows("camera_effort")}
    assert len(effort) == 15
    assert effort["s1-c1"]["camera_nights"] == 60
    assert (effort["s1-c2"]["camera_nights"], effort["s1-c2"]["failed_nights"]) == (40, 20)
    assert "clock" in effort["s1-c3"]["reason"]
    assert effort["s1-c4"]["location_code"] == effort["s1-c5"]["location_code"]
    reasons = {str(effort[name]["reason"]) for name in ("s1-c4", "s1-c5")}
    assert any("are counted with another deployment" in reason for reason in reasons)
    assert {"s1-c3"}.isdisjoint({row["deployment_id"] for row in chain.rows("camera_events")})


def test_synonyms_are_one_species_and_people_none(chain: Chain) -> None:
    seen = {row["scientific_name"] for row in chain.rows("camera_events")}
    assert {"Felis onca", "Agouti paca", "Homo sapiens"}.isdisjoint(seen)
    assert seen <= {animal.name for animal in load_animals()} | {"Mazama"}
    matches = {row["name_given"]: row for row in chain.rows("taxon_matches")}
    assert matches["Oreonax flavicauda"]["name_accepted"] == "Lagothrix flavicauda"
    assert matches["Mazama"]["match_level"] == "genus"
    assert "Homo sapiens" not in matches


def test_no_place_is_in_what_was_measured(chain: Chain) -> None:
    for name, table in chain.measured.tables.items():
        assert {"longitude", "latitude", "location_id", "location_name"}.isdisjoint(table.column_names), name
    reasons = [row["reason"] for batch in chain.checked.values() for row in batch.set_aside().to_pylist()]
    known = chain.checked["camera_deployments"].table().to_pylist()
    for row in known:
        for value in (row["longitude"], row["latitude"], row["set_up_by"]):
            assert not any(str(value) in reason for reason in reasons)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    project = load_project(PROJECT)
    zones, span = load_zones(project), project.definition.period("mp4").span
    for source in project.definition.sources:
        if isinstance(source, CamtrapDp | Occurrences):
            for run in ("a", "b"):
                write_animals(source, tmp_path / run / source.name, seed=7, zones=zones, span=span)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) >= 6
    assert [(tmp_path / "a" / name).read_bytes() for name in files] == [
        (tmp_path / "b" / name).read_bytes() for name in files
    ]
