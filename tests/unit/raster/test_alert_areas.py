"""Alerts by zone, day and confidence against a plain count; windows, tiles and threads change nothing; faults are named."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import fields, replace
from datetime import date, timedelta

import numpy as np
import pytest
import shapely

from mrv.errors import GridError, InputError
from raster.alert_codes import Encoding
from raster.alert_columns import AlertPixels
from raster.alerts import AlertLayers, _parts, measure_alerts
from raster.area import row_areas_um2
from raster.grid import Lattice
from raster.parts import Threads
from raster.rules import Region, Shape
from raster.zoning import lay_zones
from tests.unit.raster.pixels import COL, LATTICE, ROW, box, polygon, told, write_tile

EPOCH = date(2014, 12, 31)
GFW = Encoding("confidence_and_days", ((2, "low"), (3, "high"), (4, "highest")), epoch=EPOCH)
RADD = Encoding("radd_yydoy", ((2, "low"), (3, "high")))
RETRIEVED = date(2024, 7, 2)
PERIOD = (date(2023, 1, 1), date(2023, 12, 31))
NAMES = {2: "low", 3: "high", 4: "highest"}
ZONES = [
    Shape("a", polygon((1, 1), (50.3, 3), (45, 38), (4, 30))),
    Shape("b", box(20, 10, 64, 48)),  # overlaps a
]


def code(day, confidence):
    return confidence * 10_000 + (day - EPOCH).days


def scattered(seed=5, shape=(50, 70), dtype=np.uint16, share=0.3):
    rng = np.random.default_rng(seed)
    values = np.zeros(shape, dtype)
    chosen = rng.random(shape) < share
    days = rng.integers((date(2022, 11, 1) - EPOCH).days, (date(2024, 2, 1) - EPOCH).days, shape)
    values[chosen] = (rng.integers(2, 5, shape) * 10_000 + days)[chosen]
    return values


def layers_of(*paths, **changes):
    return [AlertLayers(**({"days": paths, "encoding": GFW, "retrieved_on": RETRIEVED} | changes))]


def measure(layers, **changes):
    return measure_alerts(layers, **told(**({"zones": ZONES, "lattice": LATTICE, "days": PERIOD} | changes)))


def quarters(folder, values, row_cut=23, col_cut=31):
    parts = []
    for rows in (slice(0, row_cut), slice(row_cut, None)):
        for cols in (slice(0, col_cut), slice(col_cut, None)):
            name = folder / f"{rows.start}_{cols.start}.tif"
            parts.append(write_tile(name, values[rows, cols], row=ROW + (rows.start or 0), col=COL + (cols.start or 0)))
    return parts


def same(one, other):
    def columns(found):
        ordered = found.zone_pixels.ordered("zone", "row", "col", "day")
        return [getattr(table, item.name).tolist() for table in (found.pixels, ordered) for item in fields(table)]

    return one.areas == other.areas and columns(one) == columns(other)


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_against_a_plain_count(tmp_path, dtype):
    values = scattered(dtype=dtype)
    found = measure(layers_of(write_tile(tmp_path / "a.tif", values)))
    row_area = row_areas_um2(LATTICE, row=ROW, height=50)
    pixels, areas = Counter(), Counter()
    for zone in ZONES:
        for row, column in np.argwhere(values).tolist():
            if shapely.contains(zone.geometry, shapely.centroid(box(column, row, column + 1, row + 1))):
                confidence, days = divmod(int(values[row, column]), 10_000)
                key = (zone.id, EPOCH + timedelta(days=days), NAMES[confidence])
                pixels[key] += 1
                areas[key] += int(row_area[row])
    keys = [(row["zone_id"], row["alert_date"], row["confidence"]) for row in found.areas]
    assert keys == sorted(pixels)
    assert [row["pixel_count"] for row in found.areas] == [pixels[key] for key in keys]
    assert [row["area_um2"] for row in found.areas] == [areas[key] for key in keys]
    assert {row["alert_date"].year for row in found.areas} == {2022, 2023, 2024}, "areas are given for every day"
    days = found.pixels.day
    assert (days.min(), days.max()) >= ((date(2023, 1, 1) - date(1970, 1, 1)).days, 0)
    assert days.max() <= (date(2023, 12, 31) - date(1970, 1, 1)).days


def test_rows_are_ordered_whatever_their_range():
    rng = np.random.default_rng(1)
    for high in (3, 2**31 - 1):
        rows = AlertPixels(*(rng.integers(0, high, 500).astype(np.int32) for _ in range(3)), np.arange(500) % 5)
        found = rows.ordered("row", "col", "day")
        listed = list(zip(*(getattr(found, name).tolist() for name in ("row", "col", "day")), strict=True))
        assert listed == sorted(listed)
        assert sorted(found.confidence.tolist()) == sorted(rows.confidence.tolist())


def test_windows_tiles_and_threads_change_nothing(tmp_path):
    values = scattered()
    whole = measure(layers_of(write_tile(tmp_path / "whole.tif", values)))
    four = quarters(tmp_path, values)
    assert same(whole, measure(layers_of(*four)))
    assert same(whole, measure(layers_of(*reversed(four))))
    for rows in (1, 7, 50):
        for workers in (1, 2, 8):
            assert same(whole, measure(layers_of(*four), rows_per_band=rows, runner=Threads(workers)))


def test_pixels_outside_the_zones_are_kept_for_clusters(tmp_path):
    values = np.zeros((50, 70), np.uint16)
    values[2, 62] = values[20, 30] = code(date(2023, 5, 1), 3)
    found = measure(layers_of(write_tile(tmp_path / "a.tif", values)))
    assert len(found.pixels) == 2, "both lie in the rectangle around the zones"
    assert found.zone_pixels.zone.tolist() == [0, 1]


def test_fractions_count_their_part(tmp_path):
    values = np.full((4, 4), code(date(2023, 5, 1), 3), np.uint16)
    zones = [Shape("half", box(1.0, 1.0, 1.5, 2.0))]
    found = measure(layers_of(write_tile(tmp_path / "a.tif", values)), zones=zones, pixel_rule="fraction")
    (row,) = found.areas
    whole = int(row_areas_um2(LATTICE, row=ROW + 1, height=1)[0])
    assert row["area_um2"] == pytest.approx(whole / 2, rel=1e-6)
    assert row["pixel_rule"] == "fraction"
    by_size = measure(layers_of(tmp_path / "a.tif"), zones=zones, pixel_rule="by_size")
    assert by_size.areas == found.areas, "a zone so small takes pixels by their parts"


def test_parts_can_be_pickled(tmp_path):
    (layer,) = layers_of(write_tile(tmp_path / "a.tif", scattered()))
    spans = lay_zones(Region(ZONES, default_stratum="all", pixel_rule="centre"), LATTICE)
    spans = spans.pick(np.lexsort((spans.start, spans.row)))
    for part in _parts(layer, ZONES, spans, LATTICE, PERIOD, rows_per_band=16):
        there, here = pickle.loads(pickle.dumps(part)).run(), part.run()  # noqa: S301 - pickled in this line
        assert there.sums.low.tolist() == here.sums.low.tolist()


def test_confidence_in_a_layer_of_its_own(tmp_path):
    days, levels = np.zeros((50, 70), np.uint16), np.zeros((50, 70), np.uint8)
    days[20, 30], levels[20, 30] = 23121, 3
    days[21, 30], levels[21, 30] = 23122, 2
    files = layers_of(
        write_tile(tmp_path / "date.tif", days),
        encoding=RADD,
        confidences=(write_tile(tmp_path / "alert.tif", levels),),
    )
    found = measure(files, zones=ZONES[1:])
    assert [(row["alert_date"], row["confidence"]) for row in found.areas] == [
        (date(2023, 5, 1), "high"),
        (date(2023, 5, 2), "low"),
    ]


def test_layers_of_several_years_add_up(tmp_path):
    layers = []
    for year, number in ((2022, 365), (2023, 1)):
        days, levels = np.zeros((50, 70), np.uint16), np.zeros((50, 70), np.uint8)
        days[20, 30], levels[20, 30] = number, 3
        layers += layers_of(
            write_tile(tmp_path / f"d{year}.tif", days),
            encoding=Encoding("glad_l_day_of_year", ((2, "low"), (3, "high")), year=year),
            confidences=(write_tile(tmp_path / f"c{year}.tif", levels),),
        )
    found = measure(layers, zones=ZONES[1:], days=(date(2022, 1, 1), date(2023, 12, 31)))
    assert [row["alert_date"] for row in found.areas] == [date(2022, 12, 31), date(2023, 1, 1)]
    assert len(found.pixels) == 2


@pytest.mark.parametrize("bad", [10_050, 50_050, 20_000, code(date(2024, 7, 2), 3), 65_535])
def test_an_impossible_value_is_refused_with_tile_row_and_column(tmp_path, bad):
    values = scattered()
    values[30, 40] = bad
    four = quarters(tmp_path, values)
    with pytest.raises(InputError, match="does not have") as caught:
        measure(layers_of(*four, retrieved_on=date(2024, 7, 1)), rows_per_band=4)
    assert caught.value.found == str(bad)
    assert "23_31.tif, row 7, column 9 " in caught.value.where
    assert "2014-12-31" in caught.value.expected


def test_a_day_without_confidence_is_refused(tmp_path):
    days = np.zeros((50, 70), np.uint16)
    days[20, 30] = 23121
    files = layers_of(
        write_tile(tmp_path / "date.tif", days),
        encoding=RADD,
        confidences=(write_tile(tmp_path / "alert.tif", np.zeros((50, 70), np.uint8)),),
    )
    with pytest.raises(InputError, match="does not have") as caught:
        measure(files)
    assert caught.value.found == "23121 with confidence 0"


def test_undeclared_nodata_is_refused(tmp_path):
    path = write_tile(tmp_path / "a.tif", scattered(), nodata=65_535)
    with pytest.raises(InputError, match="declares a nodata") as caught:
        measure(layers_of(path))
    assert caught.value.found == "65535"
    assert measure([replace(layers_of(path)[0], nodata=(65_535,))]).areas
    assert measure(layers_of(write_tile(tmp_path / "b.tif", scattered(), nodata=0))).areas


def test_tiles_that_lack_are_named(tmp_path):
    four = quarters(tmp_path, scattered())
    with pytest.raises(InputError, match="do not cover a zone"):
        measure(layers_of(*four[:3]))


def test_signed_pixels_and_other_grids_are_refused(tmp_path):
    with pytest.raises(InputError, match="not a layer"):
        measure(layers_of(write_tile(tmp_path / "a.tif", scattered().astype(np.int16))))
    with pytest.raises(GridError, match="longitude and latitude"):
        measure([], lattice=replace(LATTICE, crs="EPSG:32718"))
    assert isinstance(LATTICE, Lattice)


def test_no_alert_at_all(tmp_path):
    found = measure(layers_of(write_tile(tmp_path / "a.tif", np.zeros((50, 70), np.uint16))))
    assert (found.areas, len(found.pixels), len(found.zone_pixels)) == ([], 0, 0)
