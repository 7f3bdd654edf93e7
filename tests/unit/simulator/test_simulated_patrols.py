"""Simulated patrols: the same bytes each time, read by the real connectors, and every planted mistake is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mrv.boundaries import Zone, load_zones
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project import LoadedProject, load_project
from mrv.settings import REPOSITORY, Settings
from mrv.simulator.patrol_forms import make_hcv_visit, make_patrol_and_threat
from mrv.simulator.patrols import write_earthranger, write_smart
from mrv.sources import earthranger, smart
from mrv.sources.contract import Parsed, Request
from mrv.store import Store

PROJECT = REPOSITORY / "projects" / "biocorredor_martin_sagrado"


@pytest.fixture(scope="module")
def project() -> LoadedProject:
    return load_project(PROJECT)


@pytest.fixture(scope="module")
def zones(project: LoadedProject) -> list[Zone]:
    return load_zones(project)


@pytest.fixture(scope="module")
def span(project: LoadedProject) -> Span:
    return project.definition.period("mp4").span


@pytest.fixture
def request_(tmp_path: Path, project: LoadedProject, zones: list[Zone], span: Span) -> Iterator[Request]:
    write_smart(tmp_path / "smart", 1, zones, span)
    write_earthranger(tmp_path / "er", 1, zones, span)
    mirrors = {"patrols": str(tmp_path / "smart"), "rangers": str(tmp_path / "er")}
    settings = Settings(home=tmp_path / "home", mirrors=mirrors)
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    boxes = [zone.geometry.bounds for zone in zones]
    west, south, east, north = (pick(box[side] for box in boxes) for side, pick in enumerate((min, min, max, max)))
    yield Request(
        project_id="p",
        window=span,
        bounds=(west, south, east, north),
        project_folder=project.folder,
        store=Store(settings.raw_dir),
        ledger=ledger,
        settings=settings,
    )
    ledger.close()


def _found(parsed: Parsed) -> Counter[str]:
    return Counter(row["rule"] for row in parsed.rejected)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, zones: list[Zone], span: Span) -> None:
    for name in ("a", "b"):
        write_smart(tmp_path / name, 7, zones, span)
        write_earthranger(tmp_path / name, 7, zones, span)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == [
        "SIMULATED.txt",
        "events.json",
        "observaciones.csv",
        "observations.json",
        "patrols.json",
        "patrullas.csv",
        "recorridos.csv",
    ]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert make_patrol_and_threat(7, zones, span) == make_patrol_and_threat(7, zones, span)
    assert make_hcv_visit(7, zones, span) == make_hcv_visit(7, zones, span)


def test_planted_mistakes_of_smart_are_found(request_: Request, project: LoadedProject) -> None:
    spec = next(item for item in project.definition.sources if item.name == "patrols")
    artifacts = smart.pull(spec, request_)
    assert {item.simulated for item in artifacts if item.product != "event_kinds"} == {True}
    found = smart.parse(spec, artifacts, request_)
    assert found["patrol_records"].table.num_rows == 40
    assert _found(found["patrol_tracks"]) == Counter({"swapped_coordinates": 3, "unreadable_value": 1})
    assert found["patrol_tracks"].table["is_junk"].to_pylist().count(True) == 2
    # One patrol has no track.
    assert len(set(found["patrol_tracks"].table["patrol_id"].to_pylist())) == 39
    assert _found(found["patrol_events"]) == Counter({"duplicate_record": 1})
    assert found["patrol_events"].table["event_kind"].to_pylist().count("other") == 1


def test_planted_mistakes_of_earthranger_are_found(request_: Request, project: LoadedProject) -> None:
    spec = next(item for item in project.definition.sources if item.name == "rangers")
    found = earthranger.parse(spec, earthranger.pull(spec, request_), request_)
    assert _found(found["patrol_records"]) == Counter({"patrol_cancelled": 1})
    assert _found(found["patrol_events"]) == Counter({"duplicate_record": 1})
    assert _found(found["patrol_tracks"]) == Counter({"missing_value": 1})
    assert found["patrol_events"].table["longitude"].null_count == 1


def test_answers_to_the_forms_have_their_planted_mistakes(zones: list[Zone], span: Span) -> None:
    answers = make_patrol_and_threat(958, zones, span)
    assert [item["_id"] for item in answers] == sorted(item["_id"] for item in answers)
    statuses = Counter(item["_validation_status"]["uid"] for item in answers)
    assert statuses["validation_status_not_approved"] == 1
    told = [{key: value for key, value in item.items() if key.startswith(("patrol", "events"))} for item in answers]
    assert sum(told.count(one) - 1 for one in told) == 2  # one was sent twice
    visits = make_hcv_visit(958, zones, span)
    assert {item["visit/zone_id"] for item in visits} == {zone.zone_id for zone in zones if zone.kind == "hcv"}
