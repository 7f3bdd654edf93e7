"""Fires of a project as a raster: each fire of the period once, where it was first detected; and what the report names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import rasterio

from mrv.ledger import Ledger
from mrv.settings import Settings
from mrv.stages import map_rasters
from mrv.stages.map_rasters import draw_map_rasters

PERIOD = SimpleNamespace(id="mp1", start=date(2023, 1, 1), end=date(2023, 12, 31))
PLACES = {"a": (-77.0, -7.0), "b": (-76.9, -7.0), "c": (-76.8, -7.0), "d": (-76.7, -7.0)}


@pytest.fixture
def context(tmp_path: Path) -> Any:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    settings = Settings(home=tmp_path)
    yield SimpleNamespace(
        definition=SimpleNamespace(id="p"),
        period=PERIOD,
        settings=settings,
        ledger=ledger,
        bounds=(-77.01, -7.01, -76.69, -6.99),
        zones=(SimpleNamespace(illustrative=True),),
        relative=lambda path: path.relative_to(settings.root).as_posix(),
    )
    ledger.close()


def tables(rows: list[tuple[str, str, str, datetime]], *, simulated: bool = True) -> dict[str, pa.Table]:
    """Return the landed tables of rows of fire_id, event_id, place and moment."""
    moments = [moment for *_, moment in rows]
    return {
        "project": pa.table({"simulated": [simulated]}),
        "fires": pa.table(
            {
                "fire_id": pa.array([row[0] for row in rows], pa.string()),
                "longitude": pa.array([PLACES[row[2]][0] for row in rows], pa.float64()),
                "latitude": pa.array([PLACES[row[2]][1] for row in rows], pa.float64()),
                "acquired_at_utc": pa.array(moments, pa.timestamp("us", tz="UTC")),
                "acquired_on_utc": pa.array([moment.date() for moment in moments], pa.date32()),
            }
        ),
        "fire_events": pa.table(
            {
                "fire_id": pa.array([row[0] for row in rows], pa.string()),
                "event_id": pa.array([row[1] for row in rows], pa.string()),
                "is_primary": pa.array([row[0] == row[1] for row in rows], pa.bool_()),
            }
        ),
    }


def at(month: int, hour: int = 5, year: int = 2023) -> datetime:
    return datetime(year, month, 1, hour, tzinfo=UTC)


def counts(path: Path) -> dict[str, int]:
    with rasterio.open(path) as dataset:
        cells = dataset.read(1)
        found = {}
        for name, (x, y) in PLACES.items():
            col, row = ~dataset.transform * (x + 1e-6, y + 1e-6)
            found[name] = int(cells[int(row), int(col)])
    assert cells.sum() == sum(found.values())
    return found


def test_each_fire_counts_once_where_it_was_first_detected(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_rasters, "group_rasters", lambda *_: SimpleNamespace(alerts=()))
    rows = [
        ("f1", "f1", "a", at(2)),
        ("f2", "f1", "b", at(2, 6)),  # another satellite's view of f1
        ("f3", "f3", "a", at(3)),
        ("f0", "f4", "c", at(4, 4)),  # earlier, but another detection stands for the fire
        ("f4", "f4", "d", at(4, 5)),
        ("f5", "f5", "c", at(12, 23, year=2022)),  # before the period
        ("f6", "f5", "b", at(1, 1)),  # the same fire on the first day of the period
    ]
    found = draw_map_rasters(context, [], tables(rows))
    assert set(found) == {"fires"}
    assert counts(found["fires"]) == {"a": 2, "b": 1, "c": 0, "d": 1}
    with rasterio.open(found["fires"]) as dataset:
        assert "SIMULATED" in dataset.tags()["NOTE"]
        assert "Los límites son ILUSTRATIVOS." in dataset.tags()["NOTE"]
    content = found["fires"].read_bytes()
    again = draw_map_rasters(context, [], tables(rows))["fires"]
    assert again == found["fires"]
    assert again.read_bytes() == content
    turned = draw_map_rasters(context, [], tables(rows[::-1]))["fires"]
    with rasterio.open(turned) as one, rasterio.open(again) as other:
        assert np.array_equal(one.read(1), other.read(1))


def test_a_project_without_fires_has_no_raster_and_one_with_none_found_has_zeros(
    context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_rasters, "group_rasters", lambda *_: SimpleNamespace(alerts=()))
    assert draw_map_rasters(context, [], {"project": tables([])["project"]}) == {}
    found = draw_map_rasters(context, [], tables([]))
    assert counts(found["fires"]) == dict.fromkeys(PLACES, 0)
