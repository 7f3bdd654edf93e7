"""Real patrols: points of SMART with repeats, events of EarthRanger of which some have no place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mrv.field.patrol_effort import patrol_effort
from mrv.field.patrol_tracks import TrackRule, clean_tracks
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import EarthRanger, Smart
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.sources import earthranger, smart
from mrv.sources.contract import Request
from mrv.store import Store

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "patrols"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"real data are not at {DATA}"),
]


@pytest.fixture
def request_(tmp_path: Path) -> Iterator[Request]:
    settings = Settings(home=tmp_path / "home")
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield Request(
        project_id="p",
        window=Span(date(2024, 1, 1), date(2024, 1, 3)),
        bounds=(34.0, -3.0, 40.0, 0.0),
        project_folder=DATA,
        store=Store(settings.raw_dir),
        ledger=ledger,
        settings=settings,
    )
    ledger.close()


def test_points_of_smart_are_landed_whole_and_repeats_removed_once(request_: Request) -> None:
    file = {"path": "get-patrol-observations-from-smart.parquet", "kind": "tracks"}
    spec = Smart(connector="smart", name="s", root=".", files=(file,), time_zone="Africa/Nairobi")
    parsed = smart.parse(spec, smart.pull(spec, request_), request_)["patrol_tracks"]
    assert (parsed.rows_read, parsed.table.num_rows, parsed.rejected) == (32_145, 32_145, [])
    rule = TrackRule(60, Decimal(120), "Africa/Nairobi", date(2024, 1, 1), date(2024, 1, 31))
    tracks = clean_tracks(parsed.table, rule)
    effort = patrol_effort(DATASETS["patrol_records"].empty(), tracks, {}, rule).to_pylist()
    assert len(effort) == 18
    assert sum(row["duplicate_count"] for row in effort) == 21_998
    names = ("point_count", "duplicate_count", "junk_count", "outlier_count", "outside_count")
    assert sum(row[name] for row in effort for name in names) == 32_145
    longest = max(effort, key=lambda row: row["distance_km"])
    assert longest["distance_km"] == pytest.approx(Decimal("166.57245668"), abs=Decimal("0.000001"))


def test_objects_of_earthranger_keep_events_without_a_place(request_: Request) -> None:
    spec = EarthRanger(
        connector="earthranger",
        name="e",
        root=".",
        files={
            "patrols": ("get-patrols.parquet", "sample_patrol.json"),
            "events": ("get-events.parquet", "get-patrol-events.parquet"),
            "observations": ("sample_observation.json",),
        },
    )
    found = earthranger.parse(spec, earthranger.pull(spec, request_), request_)
    assert found["patrol_records"].table.num_rows == 3
    events = found["patrol_events"]
    # 784 events and one that only its patrol tells of; 118 stand in the second list too.
    assert (events.table.num_rows, Counter(row["rule"] for row in events.rejected)) == (
        785,
        Counter({"duplicate_record": 118}),
    )
    assert events.table["longitude"].null_count == events.table["latitude"].null_count == 9
    assert Counter(events.table["event_kind"].to_pylist()) == Counter({"wildlife": 520, "threat": 265})
    # Its subject led no patrol of the files.
    assert Counter(row["rule"] for row in found["patrol_tracks"].rejected) == Counter({"missing_value": 1})
