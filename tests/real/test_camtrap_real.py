"""The example package of Camtrap DP: what its publishers say it holds comes out, and no person with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest

from expectations.frames import deployment_keys
from expectations.runner import check
from mrv.field.cameras import camera_effort, camera_events, detections
from mrv.field.species import TaxonNames
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.privacy import for_publication
from mrv.project_sources import CamtrapDp
from mrv.settings import Settings
from mrv.sources import camtrap_dp
from mrv.sources.contract import Parsed, Request
from mrv.store import Store

pytestmark = pytest.mark.real
BOUNDS = {"west": 4.0, "south": 50.0, "east": 6.0, "north": 52.0}
PERIOD = Span(date(2020, 1, 1), date(2021, 12, 31))
BRUSSELS = "Europe/Brussels"


@pytest.fixture
def package(shared: Path, tmp_path: Path) -> Iterator[dict[str, Parsed]]:
    settings = Settings(home=tmp_path / "home")
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    request = Request(
        project_id="p",
        window=PERIOD,
        bounds=(BOUNDS["west"], BOUNDS["south"], BOUNDS["east"], BOUNDS["north"]),
        project_folder=shared,
        store=Store(settings.raw_dir),
        ledger=ledger,
        settings=settings,
    )
    spec = CamtrapDp(connector="camtrap_dp", name="mica", root="data/camtrap_dp", licence="CC0-1.0", citation="INBO")
    yield camtrap_dp.parse(spec, camtrap_dp.pull(spec, request), request)
    ledger.close()


def test_every_row_of_the_package_is_accepted(package: dict[str, Parsed]) -> None:
    keys = {
        "deployment_keys": deployment_keys(package["camera_deployments"].table),
        "media_ids": package["camera_media"].table["media_id"].to_pylist(),
    }
    counts = {}
    for name, parsed in package.items():
        assert parsed.rejected == []
        outcome = check(name, parsed.table, parameters={**BOUNDS, **keys})
        assert outcome.quarantine.num_rows == 0
        assert set(outcome.results["outcome"].to_pylist()) == {"passed"}, name
        counts[name] = outcome.accepted.num_rows
    assert counts == {"camera_deployments": 4, "camera_media": 423, "camera_observations": 549}
    observations = package["camera_observations"].table
    events = observations.filter(pc.equal(observations["observation_level"], "event"))
    assert len(pc.unique(events["event_id"])) == 31
    assert len(pc.unique(observations["scientific_name"].drop_null())) == 10


def test_effort_and_independent_events(package: dict[str, Parsed]) -> None:
    deployments, observations = (package[name].table for name in ("camera_deployments", "camera_observations"))
    found = detections(observations, deployments)
    effort = camera_effort(deployments, period=PERIOD, time_zone=BRUSSELS, outside=found.outside)
    # From the dates of the four deployments: 30 May to 1 July, 29 July to 8 August, 19 to 29 June, 27 March to 18 April.
    assert dict(zip(effort["deployment_id"].to_pylist(), effort["camera_nights"].to_pylist(), strict=True)) == {
        "00a2c20d": 32,
        "29b7d356": 10,
        "577b543a": 10,
        "62c200a9": 22,
    }
    events = camera_events(
        found, deployments, period=PERIOD, minutes=30, time_zone=BRUSSELS, told=TaxonNames(None).told
    )
    names = events["scientific_name"].to_pylist()
    assert len(set(names)) == 9, "ten taxa, of which one is Homo sapiens"
    assert "Homo sapiens" not in names
    # 29 observations of whole events, some of them of the same animals within half an hour or of one event.
    assert (len(found.rows), events.num_rows) == (29, 26)


def test_people_are_on_no_published_row(package: dict[str, Parsed]) -> None:
    observations = package["camera_observations"].table
    published = for_publication("camera_observations", observations)
    assert pc.sum(pc.equal(observations["observation_type"], "human")).as_py() == 33
    assert "human" not in published["observation_type"].to_pylist()
    assert not {"classified_by", "comments"} & set(published.column_names)
