"""Maps of alerts and fires for a GIS: codes by month and confidence, counts by cell, colours, names, and the same bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

from mrv.errors import InputError
from raster import alert_map
from raster.alert_codes import to_day
from raster.alert_map import MOST, NO_ALERT, UNSEEN, AlertCalendar, write_alert_map
from raster.alerts import AlertLayers
from raster.fire_map import FIRES, write_fire_map
from raster.grid import Window
from raster.maps import year_colour
from tests.unit.raster.pixels import COL, LATTICE, ROW, write_tile
from tests.unit.raster.test_alert_areas import GFW, PERIOD, RADD, RETRIEVED, code, layers_of, quarters, scattered

HEIGHT, WIDTH = 50, 70
BOUNDS = (float(LATTICE.x(COL)) + 1e-9, float(LATTICE.y(ROW + HEIGHT)) + 1e-9,
          float(LATTICE.x(COL + WIDTH)) - 1e-9, float(LATTICE.y(ROW)) - 1e-9)  # fmt: skip


def write(layers, path: Path, **changes) -> np.ndarray:
    arguments = {"bounds": BOUNDS, "lattice": LATTICE, "days": PERIOD, "tags": {"PRODUCT": "p v1"}} | changes
    window = write_alert_map(layers, path, **arguments)
    valid, errors, _ = cog_validate(path)
    assert (valid, errors) == (True, [])
    with rasterio.open(path) as dataset:
        codes = dataset.read(1)
        assert dataset.nodata == NO_ALERT
        assert dataset.dtypes == ("uint8",)
        assert dataset.transform.c == pytest.approx(float(LATTICE.x(window.col)), abs=1e-9)
        assert dataset.transform.f == pytest.approx(float(LATTICE.y(window.row)), abs=1e-9)
    assert codes.shape == (window.height, window.width)
    return codes


def plain(values: np.ndarray, first: date = PERIOD[0], last: date = PERIOD[1]) -> np.ndarray:
    """Tell the rule again, a pixel at a time."""
    expected = np.zeros(values.shape, np.uint8)
    for place in np.argwhere(values):
        value = int(values[tuple(place)])
        day = date(2014, 12, 31) + timedelta(days=value % 10_000)
        if first <= day <= last:
            month = (day.year - first.year) * 12 + day.month - first.month + 1
            expected[tuple(place)] = month + (120 if value // 10_000 == 2 else 0)
    return expected


# --- alerts ------------------------------------------------------------------------------------------------------
def test_codes_are_months_with_confidence_whatever_the_tiles_and_windows(tmp_path: Path, monkeypatch) -> None:
    values = scattered()
    expected = plain(values)
    assert {1, 12, 121, 132} <= set(np.unique(expected).tolist())
    one = layers_of(write_tile(tmp_path / "whole.tif", values))
    assert np.array_equal(write(one, tmp_path / "one.tif"), expected)
    monkeypatch.setattr(alert_map, "_ROWS", 7)
    monkeypatch.setattr(alert_map, "_COLUMNS", 11)
    four = layers_of(*quarters(tmp_path, values))
    assert np.array_equal(write(four, tmp_path / "four.tif"), expected)
    assert (tmp_path / "four.tif").read_bytes() == (tmp_path / "one.tif").read_bytes()


def test_days_at_the_edges_of_the_period(tmp_path: Path) -> None:
    period = (date(2023, 1, 15), date(2023, 3, 10))
    days = [
        date(2023, 1, 14),
        date(2023, 1, 15),
        date(2023, 1, 31),
        date(2023, 2, 1),
        date(2023, 3, 10),
        date(2023, 3, 11),
    ]
    values = np.zeros((HEIGHT, WIDTH), np.uint16)
    values[0, : len(days)] = [code(day, 3) for day in days]
    values[1, : len(days)] = [code(day, 2) for day in days]
    codes = write(layers_of(write_tile(tmp_path / "a.tif", values)), tmp_path / "map.tif", days=period)
    assert codes[0, : len(days)].tolist() == [0, 1, 1, 2, 3, 0]
    assert codes[1, : len(days)].tolist() == [0, 121, 121, 122, 123, 0]
    assert not codes[2:].any()


def test_the_file_says_what_its_codes_and_colours_mean(tmp_path: Path) -> None:
    write(layers_of(write_tile(tmp_path / "a.tif", scattered())), tmp_path / "map.tif")
    with rasterio.open(tmp_path / "map.tif") as dataset:
        palette, tags = dataset.colormap(1), dataset.tags()
    assert (
        tags["CLASS_1"] == "Alert of high or highest confidence, 2023-01 / Alerta de confianza alta o máxima, 2023-01"
    )
    assert tags["CLASS_132"] == "Alert of low confidence, 2023-12 / Alerta de confianza baja, 2023-12"
    assert "CLASS_13" not in tags
    assert (tags["PERIOD"], tags["PRODUCT"]) == ("2023-01-01/2023-12-31", "p v1")
    assert "month of the alert" in tags["CODES"]
    assert "mes de la alerta" in tags["CODES"]
    assert palette[12][:3] == year_colour(11, 12)
    high, low = [np.array([palette[start + month][:3] for month in range(12)]).sum(axis=1) for start in (1, 121)]
    assert (np.diff(high) < 0).all(), "darker from month to month"
    assert (low > high).all(), "paler where the confidence is low"
    assert len({palette[number] for number in (*range(1, 13), *range(121, 133))}) == 24
    assert palette[NO_ALERT][3] == 0, "no alert is transparent"


def test_a_long_period_is_coded_by_year() -> None:
    ten, longer = (
        AlertCalendar(date(2014, 3, 1), date(2024, 2, 29)),
        AlertCalendar(date(2014, 3, 1), date(2024, 3, 1)),
    )
    assert (ten.by_year, longer.by_year) == (False, True)
    assert (len(ten.steps), ten.steps[0], ten.steps[-1]) == (MOST, "2014-03", "2024-02")
    assert longer.steps == [str(year) for year in range(2014, 2025)]
    days = np.array([to_day(date(2024, 2, 29)), to_day(date(2014, 3, 1))], np.int32)
    assert ten.codes(days, np.array([True, False])).tolist() == [2 * MOST, 1]
    assert longer.codes(days, np.array([True, False])).tolist() == [MOST + 11, 1]
    assert "year of the alert" in longer.tags()["CODES"]
    assert "año de la alerta" in longer.tags()["CODES"]
    assert max(ten.classes()) == UNSEEN


def test_where_no_tile_lies_nothing_is_known(tmp_path: Path) -> None:
    values = scattered()
    west = write_tile(tmp_path / "west.tif", np.ascontiguousarray(values[:, :40]))
    codes = write(layers_of(west), tmp_path / "map.tif")
    assert np.array_equal(codes[:, :40], plain(values)[:, :40])
    assert (codes[:, 40:] == UNSEEN).all()


def test_of_two_layers_the_first_alert_of_the_period_stands(tmp_path: Path) -> None:
    early, late = np.zeros((HEIGHT, WIDTH), np.uint16), np.zeros((HEIGHT, WIDTH), np.uint16)
    early[0, :3] = [code(date(2023, 2, 1), 2), code(date(2022, 2, 1), 3), 0]
    late[0, :3] = code(date(2023, 5, 1), 4)
    layers = [
        AlertLayers(days=(write_tile(tmp_path / f"{name}.tif", values),), encoding=GFW, retrieved_on=RETRIEVED)
        for name, values in (("early", early), ("late", late))
    ]
    for number, order in enumerate((layers, layers[::-1])):
        codes = write(order, tmp_path / f"map{number}.tif")
        assert codes[0, :3].tolist() == [122, 5, 5]


def test_confidence_beside_the_days_and_nodata(tmp_path: Path) -> None:
    days, levels = np.zeros((HEIGHT, WIDTH), np.uint16), np.zeros((HEIGHT, WIDTH), np.uint8)
    days[5, 5:8], levels[5, 5:7] = [23032, 23060, 65535], [2, 3]
    layers = AlertLayers(
        days=(write_tile(tmp_path / "d.tif", days),),
        confidences=(write_tile(tmp_path / "c.tif", levels),),
        encoding=RADD,
        retrieved_on=RETRIEVED,
        nodata=(65535,),
    )
    codes = write([layers], tmp_path / "map.tif")
    assert codes[5, 4:9].tolist() == [0, 122, 3, 0, 0]
    with pytest.raises(InputError, match="does not have") as caught:
        write([replace(layers, nodata=())], tmp_path / "none.tif")
    assert f"65535 at row {ROW + 5}, column {COL + 7}" in str(caught.value.found)
    assert not (tmp_path / "none.tif").exists()


def test_large_maps_have_overviews_of_codes_that_are_there(tmp_path: Path) -> None:
    values = scattered(shape=(40, 1100))
    bounds = (BOUNDS[0], float(LATTICE.y(ROW + 40)) + 1e-9, float(LATTICE.x(COL + 1100)) - 1e-9, BOUNDS[3])
    codes = write(layers_of(write_tile(tmp_path / "a.tif", values)), tmp_path / "map.tif", bounds=bounds)
    with rasterio.open(tmp_path / "map.tif") as dataset:
        assert dataset.overviews(1) == [2, 4]
    with rasterio.open(tmp_path / "map.tif", OVERVIEW_LEVEL=0) as dataset:
        half = dataset.read(1)
    assert half.shape == (20, 550)
    choices = codes.reshape(20, 2, 550, 2).transpose(0, 2, 1, 3).reshape(20, 550, 4)
    assert (choices == half[:, :, np.newaxis]).any(axis=2).all(), "never a mixture of codes"


# --- fires -------------------------------------------------------------------------------------------------------
def fire_map(longitude, latitude, path: Path, **changes):
    arguments = {"bounds": (-77.009, -7.019, -76.981, -6.991), "days": PERIOD, "tags": {"NOTE": "SIMULATED"}} | changes
    window = write_fire_map(np.asarray(longitude, float), np.asarray(latitude, float), path, **arguments)
    assert cog_validate(path)[:2] == (True, [])
    with rasterio.open(path) as dataset:
        return window, dataset.read(1), dataset.transform, dataset.colormap(1), dataset.tags()


def test_fires_are_counted_by_cells_that_agree_everywhere(tmp_path: Path) -> None:
    # The cell from -77.00625 to -77.0025 and two of its neighbours; one fire lies beyond the bounds.
    longitude = [-77.0041, -77.0040, -77.0026, -77.0024, -77.0041, -70.0]
    latitude = [-7.0041, -7.0040, -7.0045, -7.0041, -7.0000, -7.0]
    path = tmp_path / "fires.tif"
    window, cells, transform, palette, tags = fire_map(longitude, latitude, path)
    assert window == Window(25864, 27464, 8, 8), "whole cells: from -77.01 to -76.98 and from -6.99 to -7.02"
    assert FIRES.x(48_000) == FIRES.y(24_000) == 0, "edges of cells lie on 0"
    assert cells.sum() == 5
    for x, y, count in ((-77.0041, -7.0041, 3), (-77.0024, -7.0041, 1), (-77.0041, -7.0, 1)):
        col, row = ~transform * (x, y)
        assert cells[int(row), int(col)] == count
    assert tags["CLASS_1"] == "1 fire / 1 foco"
    assert tags["CLASS_3"] == "3 fires / 3 focos"
    assert {name for name in tags if name.startswith("CLASS_")} == {"CLASS_0", "CLASS_1", "CLASS_3"}
    assert tags["NOTE"] == "SIMULATED"
    assert palette[1][:3] != palette[3][:3]
    assert palette[0][3] == 0
    fire_map(longitude[::-1], latitude[::-1], tmp_path / "again.tif")
    assert (tmp_path / "again.tif").read_bytes() == path.read_bytes()


def test_counts_end_at_255_and_no_fires_are_none(tmp_path: Path) -> None:
    _, cells, _, _, tags = fire_map([-77.0] * 300, [-7.0] * 300, tmp_path / "many.tif")
    assert cells.max() == 255
    assert tags["CLASS_255"] == "255 fires or more / 255 focos o más"
    _, cells, _, _, tags = fire_map([], [], tmp_path / "none.tif")
    assert not cells.any()
    assert {name for name in tags if name.startswith("CLASS_")} == {"CLASS_0"}
