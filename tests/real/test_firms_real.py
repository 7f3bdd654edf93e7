"""Real FIRMS files of two satellites give one table by the `files` source, and one list of fires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyproj import Geod

from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import Files, FireFile
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.sources import files
from mrv.sources.contract import Request
from mrv.store import Store
from raster.fire_events import Detections, SameFire, fire_events

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "firms"
FILES = ("J1_VIIRS_C2_SouthAmerica_2023313.txt", "SUOMI_VIIRS_C2_SouthAmerica_2023313.txt")
SOUTH_AMERICA = (-82.0, -56.0, -34.0, 13.0)

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real data are not beside the project: {SHARED}"),
]


@pytest.fixture
def request_(tmp_path: Path) -> Iterator[Request]:
    settings = Settings(home=tmp_path)
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield Request(
        "p",
        Span(date(2023, 11, 9), date(2023, 11, 9)),
        SOUTH_AMERICA,
        tmp_path,
        Store(settings.raw_dir),
        ledger,
        settings,
    )
    ledger.close()


def landed(request: Request) -> pa.Table:
    spec = Files(
        connector="files",
        name="fires",
        root=str(SHARED),
        fires=tuple(FireFile(path=name, collection="VIIRS_C2_SouthAmerica") for name in FILES),
    )
    parsed = files.parse(spec, files.pull(spec, request), request)["fires"]
    assert parsed.rejected == []
    assert parsed.rows_read == parsed.table.num_rows
    return parsed.table


def test_two_satellites_one_table(request_: Request) -> None:
    table = landed(request_)
    assert table.num_rows == sum(len((SHARED / name).read_text().splitlines()) - 1 for name in FILES)
    assert table.schema.equals(DATASETS["fires"].schema)
    assert set(table["satellite"].to_pylist()) == {"NOAA-20", "Suomi NPP"}
    assert set(table["instrument"].to_pylist()) == {"VIIRS"}
    assert set(table["near_real_time"].to_pylist()) == {True}
    assert set(table["acquired_on_utc"].to_pylist()) == {date(2023, 11, 9)}
    ids = table["fire_id"].to_pylist()
    assert len(set(ids)) == len(ids), "two detections of the real day share an id"
    assert "VIIRS|NOAA-20|2023-11-09T03:34Z|-23.17184|-51.19020" in ids


def test_one_fire_under_two_satellites_counts_once(request_: Request) -> None:
    table = landed(request_)
    longitude, latitude = table["longitude"].to_numpy(), table["latitude"].to_numpy()
    satellite = np.array(table["satellite"].to_pylist())
    ids = table["fire_id"].to_pylist()
    seconds = pc.divide(table["acquired_at_utc"].cast(pa.int64()), 1_000_000).to_numpy()
    never = np.zeros(len(ids), dtype=np.bool_)
    found = fire_events(
        Detections(ids, longitude, latitude, seconds, satellite.tolist(), never, ~never, [None] * len(ids)),
        SameFire(hours=12),
    )
    assert [row["fire_id"] for row in found] == sorted(ids)
    again = [row for row in found if row["rule"] == "seen_by_another_satellite"]
    assert len(again) + sum(row["is_primary"] for row in found) == len(ids)
    assert len(again) > 0
    place = {name: at for at, name in enumerate(ids)}
    one, other = (np.array([place[row[name]] for row in again]) for name in ("fire_id", "duplicate_of"))
    assert (satellite[one] != satellite[other]).all()
    _, _, metres = Geod(ellps="WGS84").inv(longitude[one], latitude[one], longitude[other], latitude[other])
    assert metres.max() <= 375
    assert np.abs(seconds[one] - seconds[other]).max() <= 12 * 3600


def test_a_project_takes_its_own_part_of_a_continents_file(request_: Request, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    box = (-60.0, -10.0, -55.0, -5.0)
    table = landed(Request(**{**vars(request_), "bounds": box}))
    everything = landed(request_)
    west, south, east, north = (edge + step for edge, step in zip(box, (-0.01, -0.01, 0.01, 0.01), strict=True))
    longitude, latitude = everything["longitude"].to_numpy(), everything["latitude"].to_numpy()
    inside = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    assert 0 < table.num_rows == inside.sum() < everything.num_rows
    assert "were passed over" in caplog.text
