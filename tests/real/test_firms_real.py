"""Real FIRMS files of two satellites give one table by the connector that reads the API."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project import Firms
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.sources import firms
from mrv.sources.contract import Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.store import Store

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "firms"
FILES = ("J1_VIIRS_C2_SouthAmerica_2023313.txt", "SUOMI_VIIRS_C2_SouthAmerica_2023313.txt")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real data are not beside the project: {SHARED}"),
]


def test_two_satellites_one_table(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, mirrors={"fires": str(SHARED)})
    store = Store(settings.raw_dir)
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    request = Request(
        "p", Span(date(2023, 11, 9), date(2023, 11, 9)), (-82, -35, -34, 13), tmp_path, store, ledger, settings
    )
    spec = Firms(connector="firms", name="fires", collections=("VIIRS_SNPP_NRT",))
    with fetching(request, source="fires", base=base_of("fires", "", settings), remedy="-") as fetcher:
        artifacts = fetcher.fetch_all(
            [Wanted("fires", "VIIRS", f"firms/{name}", name, "csv", "open", "NASA") for name in FILES], label="fires"
        )
    ledger.close()

    parsed = firms.parse(spec, artifacts, request)["fires"]

    lines = sum(len((SHARED / name).read_text().splitlines()) - 1 for name in FILES)
    assert parsed.rows_read == lines
    assert parsed.rejected == []
    assert parsed.table.schema.equals(DATASETS["fires"].schema)
    assert parsed.table.num_rows == lines
    assert set(parsed.table["satellite"].to_pylist()) == {"NOAA-20", "Suomi NPP"}
    assert set(parsed.table["instrument"].to_pylist()) == {"VIIRS"}
    assert set(parsed.table["acquired_on_utc"].to_pylist()) == {date(2023, 11, 9)}
    ids = parsed.table["fire_id"].to_pylist()
    assert len(set(ids)) == len(ids), "two detections of the real day share an id"
    assert "VIIRS|NOAA-20|2023-11-09T03:34Z|-23.17184|-51.19020" in ids
