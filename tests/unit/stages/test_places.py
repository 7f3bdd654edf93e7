"""Places of records: the zones and the cell that are told instead, and what is never told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mrv.boundaries import Zone
from mrv.project_life import Privacy
from mrv.stages.measure_places import Records, _plots_with, _rules, _sensitive, beside, cell_rows, zone_rows
from mrv.stages.protect import _without_sensitive, publish_rows
from tests.unit.core.test_privacy import table_of

CRS = "EPSG:32718"
CHOICES = Privacy()
WHERE = (-77.123457, -7.123457)


def zone(zone_id: str, side_deg: float, *, west: float = -77.2, south: float = -7.2) -> Zone:
    return Zone(
        zone_id,
        "hcv",
        zone_id,
        None,
        shapely.box(west, south, west + side_deg, south + side_deg),
        "1",
        False,
        "z",
        1,
        "0",
    )


LARGE, SMALL, TINY = zone("large", 0.2), zone("small", 0.08), zone("tiny", 0.002, west=-77.1244, south=-7.1244)
"""Some 490, 78 and 0.05 km²."""


def records(dataset: str, *, sensitive: bool = False, at: Sequence[tuple[float, float]] = (WHERE,)) -> Records:
    longitude, latitude = np.array(at).T
    ids = [f"r{number}" for number in range(len(at))]
    return Records(dataset, ids, longitude, latitude, np.full(len(at), sensitive))


def told(found: Records, private: Sequence[Zone] = ()) -> tuple[dict[str, Any], list[str]]:
    rules = _rules(found, private)
    [cell, *_] = cell_rows(found, rules, crs=CRS, choices=CHOICES)
    zones = zone_rows(found, rules, zones=[LARGE, SMALL, TINY], choices=CHOICES)
    return cell, [row["zone_id"] for row in zones]


def test_a_threat_is_told_by_its_cell_and_every_zone() -> None:
    cell, zones = told(records("patrol_events"))
    assert (cell["rule"], cell["cell_m"]) == ("cell_1000_m", 1000)
    assert zones == ["large", "small", "tiny"]


@pytest.mark.parametrize("dataset", ["planting_records", "occurrences"])
def test_a_zone_that_would_tell_more_than_the_cell_is_not_told(dataset: str) -> None:
    cell, zones = told(records(dataset))
    assert cell["rule"] == "cell_1000_m"
    assert zones == ["large", "small"]


@pytest.mark.parametrize("dataset", ["camera_deployments", "occurrences", "patrol_events"])
def test_what_is_sensitive_is_told_by_a_large_cell_and_large_zones(dataset: str) -> None:
    cell, zones = told(records(dataset, sensitive=True))
    assert (cell["rule"], cell["cell_m"]) == ("sensitive_cell_10000_m", 10_000)
    assert zones == ["large"]


def test_in_a_private_zone_nothing_is_told_but_large_zones() -> None:
    cell, zones = told(records("patrol_events"), private=[zone("sacred", 0.01, west=-77.125, south=-7.125)])
    assert cell["rule"] == "withheld"
    assert [cell[name] for name in ("cell_m", "cell_id", "longitude", "latitude")] == [None] * 4
    assert cell["reason"] == "it lies in a private zone, or near in time to one that does"
    assert zones == ["large"]


def test_a_record_without_a_place_says_so() -> None:
    cell, zones = told(records("patrol_events", at=[(float("nan"), float("nan"))]))
    assert (cell["rule"], cell["reason"], cell["cell_id"]) == ("none", "it has no place", None)
    assert zones == []


def test_only_the_records_in_the_private_zone_are_withheld() -> None:
    private = [zone("sacred", 0.01, west=-77.125, south=-7.125), zone("other", 0.01, west=-77.0, south=-7.0)]
    places = [(float("nan"), -7.1), (-77.3, -7.3), WHERE]
    assert _rules(records("patrol_events", at=places), private) == ["none", "cell", "withheld"]


@given(st.floats(-77.6, -76.5), st.floats(-8.0, -6.5))
def test_a_cell_does_not_tell_where_in_it_a_record_lies(longitude: float, latitude: float) -> None:
    """Every place of a cell is told in the same words, within half the side of a cell."""
    found = records("patrol_events", at=[(longitude, latitude)])
    [cell] = cell_rows(found, ["cell"], crs=CRS, choices=CHOICES)
    centre = records("patrol_events", at=[(cell["longitude"], cell["latitude"])])
    [again] = cell_rows(centre, ["cell"], crs=CRS, choices=CHOICES)
    assert {**again, "record_id": "-"} == {**cell, "record_id": "-"}
    assert abs(cell["latitude"] - latitude) < 0.007
    assert abs(cell["longitude"] - longitude) < 0.007


NOON = datetime(2023, 5, 9, 12, 0, tzinfo=UTC)


def events(*rows: tuple[str | None, float | None, str, float | None]) -> Any:
    """Return events of (patrol, hours after noon, kind, longitude)."""
    patrols, hours, kinds, longitudes = zip(*rows, strict=True)
    return table_of(
        "patrol_events",
        event_id=[f"r{number}" for number in range(len(rows))],
        patrol_id=list(patrols),
        observed_at=[None if hour is None else NOON + timedelta(hours=hour) for hour in hours],
        event_kind=list(kinds),
        longitude=list(longitudes),
        latitude=[None if longitude is None else -7.0 for longitude in longitudes],
    )


def test_an_event_is_told_no_better_than_a_sighting_beside_it() -> None:
    table = events(
        ("p", 0, "wildlife", -77.0),
        ("p", 2, "threat", -77.1),
        ("p", -2, "threat", -77.2),
        ("p", 2.1, "threat", -77.3),
        ("p", 5, "threat", -77.0),  # the same place, later
        ("p", None, "threat", -77.4),
        ("q", 0, "threat", -77.1),
        (None, 0, "threat", -77.1),
    )
    expected = ["sensitive"] * 3 + ["cell"] + ["sensitive"] * 2 + ["cell"] * 2
    assert beside(["sensitive", *["cell"] * 7], table) == expected


def test_an_event_near_one_in_a_private_zone_is_withheld_too() -> None:
    table = events(
        ("p", 0, "threat", -77.0), ("p", 1, "wildlife", -77.1), ("p", 2.5, "threat", -77.2), ("p", 1, "other", None)
    )
    found = beside(["withheld", "sensitive", "cell", "none"], table)
    assert found == ["withheld", "withheld", "sensitive", "none"]


def test_a_sighting_without_place_or_time_hides_the_events_of_its_patrol() -> None:
    table = events(("p", None, "wildlife", None), ("p", 9, "threat", -77.0), ("q", 9, "threat", -77.0))
    assert beside(["none", "cell", "cell"], table) == ["none", "sensitive", "cell"]


def test_a_record_that_its_source_obscured_is_sensitive() -> None:
    table = table_of("occurrences", scientific_name=["Inga edulis"] * 3, obscured_at_source=[True, False, None])
    assert _sensitive("occurrences", table, {}).tolist() == [True, False, False]


def test_cells_of_cameras_are_not_published(tmp_path: Path) -> None:
    """With the nights by zone, the cell of a camera would tell more of its place than the cell alone."""
    names = ["patrol_events", "camera_deployments"]
    cells = table_of(
        "record_cells", dataset=names, record_id=["a", "a"], rule=["cell_1000_m", "sensitive_cell_10000_m"]
    )
    publish_rows({"record_cells": cells}, tmp_path, CHOICES)
    assert pq.read_table(tmp_path / "record_cells.parquet")["dataset"].to_pylist() == ["patrol_events"]


def test_a_plot_is_sensitive_in_which_a_sensitive_species_was_ever_measured() -> None:
    trees = table_of(
        "trees",
        plot_id=["a", "b", "c", "d"],
        genus=["Cedrela", "Inga", "Cedrela", None],
        species=["odorata", "edulis", None, None],
    )
    taxa = {"Cedrela odorata", "Cedrela"}
    assert _plots_with(taxa.__contains__, trees) == {"a", "c"}


def test_zones_of_sensitive_records_are_not_published_one_by_one() -> None:
    names = ["patrol_events", "camera_deployments", "patrol_events"]
    zones = table_of("record_zones", dataset=names, record_id=["a", "a", "b"], zone_id=["z", "z", "z"])
    rules = ["cell_1000_m", "sensitive_cell_10000_m", "withheld"]
    cells = table_of("record_cells", dataset=names, record_id=["a", "a", "b"], rule=rules)
    assert _without_sensitive(zones, cells).to_pylist() == [
        {"dataset": "patrol_events", "record_id": "a", "zone_id": "z"}
    ]
