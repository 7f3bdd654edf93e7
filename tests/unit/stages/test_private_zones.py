"""Sacred places and the like: checked and used, and never named, drawn or handed out."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from expectations.runner import check
from mrv.boundaries import load_zones, read_zones
from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.privacy import NOT_TOLD
from mrv.project import LoadedProject, load_project
from mrv.project_sources import TableFile
from mrv.scaffold import scaffold
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.stages.check import hide_private_zones
from mrv.stages.context import open_context
from mrv.stages.package_contents import _is_open
from mrv.stages.validate import refuse_problems
from tests.unit.expectations.conftest import PARAMETERS, sound_rows

RING = [[-77.11, -7.22], [-77.10, -7.22], [-77.10, -7.21], [-77.11, -7.21], [-77.11, -7.22]]
BOW_TIE = [[-77.11, -7.22], [-77.10, -7.21], [-77.10, -7.22], [-77.11, -7.21], [-77.11, -7.22]]


def with_sacred(folder: Path, ring: list[list[float]] = RING, **spec: Any) -> Path:
    scaffold(folder)
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    boundary = {"file": "boundaries/sacred.geojson", "version": "1", "source": "community", "licence": "none"}
    content["boundaries"].append({**boundary, "private": True, **spec})
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    properties = {"zone_id": "apu", "name": "Apu Waman", "kind": "hcv"}
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (folder / "boundaries" / "sacred.geojson").write_text(json.dumps(collection), encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> LoadedProject:
    return load_project(with_sacred(tmp_path / "project"))


def test_private_zones_are_read_apart(project: LoadedProject, tmp_path: Path) -> None:
    assert "apu" not in {zone.zone_id for zone in load_zones(project)}
    assert [zone.name for zone in load_zones(project, private=True)] == ["Apu Waman"]
    period = project.definition.monitoring_periods[0].id
    with open_context(str(project.folder), period, Settings(home=tmp_path / "home")) as context:
        assert [zone.zone_id for zone in context.private_zones] == ["apu"]
        assert "apu" not in {zone.zone_id for zone in context.zones}


def test_their_file_is_no_file_of_the_package(project: LoadedProject) -> None:
    assert "boundaries/sacred.geojson" not in project.files
    assert "boundaries/zones.geojson" in project.files


def test_their_file_is_checked_too(tmp_path: Path) -> None:
    project = load_project(with_sacred(tmp_path / "project", BOW_TIE))
    assert read_zones(project)[1] == []
    with pytest.raises(ProjectError):
        refuse_problems(project)


@pytest.mark.parametrize("key", ["zone_id", "zone_name"])
def test_the_definition_must_not_name_them(tmp_path: Path, key: str) -> None:
    with pytest.raises(ProjectError, match="1 problem") as caught:
        load_project(with_sacred(tmp_path / "project", **{key: "apu"}))
    assert "this definition is published" in str(caught.value)


def test_texts_say_neither_their_id_nor_their_name(project: LoadedProject) -> None:
    context: Any = SimpleNamespace(private_zones=load_zones(project, private=True))
    reasons = ["zone_id=apu is unknown", "seen near apu waman, row 3", "the apurimac valley"]
    columns = dict.fromkeys(DATASETS["quarantine"].schema.names, "x") | {"row": 1}
    table = DATASETS["quarantine"].table(
        [columns | {"reason": reason, "rule": str(n)} for n, reason in enumerate(reasons)]
    )
    assert hide_private_zones(context, table, "reason")["reason"].to_pylist() == [
        f"zone_id={NOT_TOLD} is unknown",
        f"seen near {NOT_TOLD}, row 3",
        "the apurimac valley",
    ]


def test_a_check_does_not_tell_the_private_value_that_fails_it(make_events: Any) -> None:
    outcome = check("patrol_events", make_events(longitude=277.654321), parameters=PARAMETERS)
    told = " ".join([*outcome.quarantine["reason"].to_pylist(), *filter(None, outcome.results["observed"].to_pylist())])
    assert outcome.quarantine.num_rows == 1
    assert f"longitude={NOT_TOLD}" in told
    assert "277.65" not in told


@pytest.fixture
def make_events() -> Any:
    def make(**change: Any) -> Any:
        rows = sound_rows("patrol_events")
        rows[1] |= change
        return DATASETS["patrol_events"].table(rows)

    return make


def received(dataset: str) -> Artifact:
    names = Artifact.__dataclass_fields__
    return Artifact(**{name: dataset if name == "dataset" else None for name in names})  # type: ignore[arg-type]


def declared(dataset: str, personal: bool | None, *columns: str) -> TableFile:
    mapping = {name: name for name in columns}
    return TableFile(path="x.csv", dataset=dataset, columns=mapping, personal=personal, licence="-", citation="-")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dataset", "personal", "columns", "is_open"),
    [
        ("trees", None, ["dbh_cm"], False),
        ("trees", False, ["dbh_cm"], True),
        ("plots", False, ["plot_id"], True),
        ("plots", False, ["plot_id", "team"], False),
        ("grievance_records", False, ["grievance_id", "account"], False),
        ("species_names", None, ["name_given"], True),
        ("species_names", True, ["name_given"], False),
        ("communities", None, ["community_id"], False),
        ("communities", False, ["community_id"], True),
    ],
)
def test_which_received_tables_leave_the_house(
    dataset: str, personal: bool | None, columns: list[str], is_open: bool
) -> None:
    assert _is_open(received(dataset), [declared(dataset, personal, *columns)]) is is_open


@pytest.mark.parametrize(
    ("dataset", "is_open"),
    [("raster", True), ("fires", True), ("patrol_events", False), ("attachment", False), ("something_new", False)],
)
def test_which_files_of_other_sources_leave_the_house(dataset: str, is_open: bool) -> None:
    assert _is_open(received(dataset), []) is is_open
