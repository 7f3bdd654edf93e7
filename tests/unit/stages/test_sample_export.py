"""Units for interpretation tools: what each file holds, that it is blind, and that a filled form comes back."""

from __future__ import annotations

import csv
import json
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pyogrio
import pytest
from pyproj import Transformer

from mrv.cli_sample import export
from mrv.errors import UsageError
from mrv.geopackage import read_layer
from mrv.sources.sample_design_files import FrozenDesign, read_design
from mrv.sources.sample_label_files import FORM
from mrv.stages.sample_export import FORMATS, blind_units, export_units
from tests.unit.sources.sample_folder import NORTH, PIXEL, UNITS, WEST, freeze, unit

UTM = "EPSG:32718"
KML = {"k": "http://www.opengis.net/kml/2.2"}


@pytest.fixture
def frozen(tmp_path: Path) -> FrozenDesign:
    freeze(tmp_path / "sample")
    return read_design(tmp_path / "sample")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def written(frozen: FrozenDesign, style: str, to: Path) -> list[Path]:
    return export_units(frozen, style, to)


def test_the_plain_form_waits_to_be_filled_in(frozen, tmp_path: Path) -> None:
    [path] = written(frozen, "csv", tmp_path / "out" / "form.csv")
    listed = rows(path)
    assert tuple(listed[0]) == FORM
    assert [row["unit_id"] for row in listed] == [unit(number) for number in range(1, len(UNITS) + 1)]
    places = [(float(row["longitude"]), float(row["latitude"])) for row in listed]
    expected = [(WEST + (3 * n + 0.5) * PIXEL, NORTH - PIXEL / 2) for n in range(len(UNITS))]
    assert np.allclose(places, expected, rtol=0, atol=1e-9)
    assert {text for row in listed for name, text in row.items() if name not in FORM[:3]} == {""}


def test_csv_for_collect_earth_online(frozen, tmp_path: Path) -> None:
    plots, samples = written(frozen, "ceo-csv", tmp_path / "ceo")
    text = plots.read_text()
    assert text.startswith("LON,LAT,PLOTID,UNIT_ID\n-76.999875,-7.000125,1,cover-00001\n")
    assert '"' not in text, "its reader does not take quoted cells apart"
    assert samples.read_text().startswith("LON,LAT,PLOTID,SAMPLEID\n-76.999875,-7.000125,1,1\n")
    assert len(rows(plots)) == len(rows(samples)) == len(UNITS)


def test_geojson_for_collect_earth_online(frozen, tmp_path: Path) -> None:
    plots, samples = written(frozen, "ceo-geojson", tmp_path / "ceo")
    features = json.loads(plots.read_text())["features"]
    assert [feature["properties"] for feature in features][:2] == [
        {"PLOTID": 1, "UNIT_ID": "cover-00001"},
        {"PLOTID": 2, "UNIT_ID": "cover-00002"},
    ]
    [ring] = features[1]["geometry"]["coordinates"]
    west, east = WEST + 3 * PIXEL, WEST + 4 * PIXEL
    assert np.allclose(
        ring,
        [[west, NORTH - PIXEL], [east, NORTH - PIXEL], [east, NORTH], [west, NORTH], [west, NORTH - PIXEL]],
        atol=1e-9,
    )
    point = json.loads(samples.read_text())["features"][1]
    assert point["properties"] == {"PLOTID": 2, "SAMPLEID": 1}
    assert point["geometry"]["coordinates"] == pytest.approx([west + PIXEL / 2, NORTH - PIXEL / 2])


def test_kml_asks_in_two_languages(frozen, tmp_path: Path) -> None:
    [path] = written(frozen, "kml", tmp_path / "units.kml")
    marks = ET.fromstring(path.read_bytes()).findall(".//k:Placemark", KML)  # noqa: S314 - our own file
    assert [mark.findtext("k:name", namespaces=KML) for mark in marks] == [unit(n) for n in range(1, len(UNITS) + 1)]
    question = marks[0].findtext("k:description", namespaces=KML)
    assert "from 2022 to 2024?" in question
    assert "de 2022 a 2024?" in question
    corners = marks[0].findtext(".//k:coordinates", namespaces=KML).split()
    assert len(corners) == 5
    assert corners[0] == corners[-1] == "-77.0,-7.00025"


def test_geopackage_for_qgis(frozen, tmp_path: Path) -> None:
    [path] = written(frozen, "gpkg", tmp_path / "units.gpkg")
    found, crs = read_layer(path, "units", where="units")
    assert crs.to_epsg() == 4326
    assert [fields["unit_id"] for _, fields in found] == [unit(n) for n in range(1, len(UNITS) + 1)]
    assert found[1][0].bounds == pytest.approx((WEST + 3 * PIXEL, NORTH - PIXEL, WEST + 4 * PIXEL, NORTH))
    assert {name: value for name, value in found[0][1].items() if value is None}.keys() == set(FORM[3:])
    frame = pyogrio.read_dataframe(path)
    assert tuple(frame.columns) == (*FORM, "geometry")
    with sqlite3.connect(path) as connection:
        kinds = {row[1]: row[2] for row in connection.execute("PRAGMA table_info(units)")}
    assert kinds["label"] == "TEXT"
    assert "INT" in kinds["loss_year"]


@pytest.mark.parametrize("style", FORMATS)
def test_no_file_tells_what_the_map_shows(frozen, tmp_path: Path, style: str) -> None:
    files = written(frozen, style, tmp_path / "out")
    content = b"".join(path.read_bytes() for path in files).replace(b"forest_t", b"")
    for word in (b"stable", b"stratum", b"pa.", b"lb.", b"buffer", b"probability", b"terra_firme"):
        assert word not in content
    assert style in {"kml", "csv", "gpkg"} or b"loss" not in content


@pytest.mark.parametrize("style", FORMATS)
def test_a_form_that_may_be_filled_in_is_not_written_over(frozen, tmp_path: Path, style: str) -> None:
    [first, *_] = written(frozen, style, tmp_path / "out")
    before = first.read_bytes()
    with pytest.raises(UsageError, match="may hold labels") as caught:
        written(frozen, style, tmp_path / "out")
    assert str(first) in caught.value.found
    assert first.read_bytes() == before


def test_one_step_of_a_design(frozen) -> None:
    assert len(blind_units(frozen, step=1)) == len(UNITS)
    with pytest.raises(UsageError, match="has no step 2"):
        blind_units(frozen, step=2)


def test_pixels_of_a_grid_in_metres_come_in_degrees(tmp_path: Path) -> None:
    to_lonlat = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
    west, north = 280_000.0, 9_220_000.0
    places = [to_lonlat.transform(west + (3 * n + 0.5) * 30, north - 15) for n in range(len(UNITS))]
    freeze(tmp_path / "sample", crs=UTM, origin=(west, north), pixel=30, places=places)
    units = blind_units(read_design(tmp_path / "sample"))
    for number, item in enumerate(units):
        corners = np.array(item.outline[:4])
        assert np.allclose(corners.mean(axis=0), [item.longitude, item.latitude], atol=2e-8)
        x, y = Transformer.from_crs("EPSG:4326", UTM, always_xy=True).transform(*corners.T)
        assert np.allclose(x, west + 3 * number * 30 + np.array([0, 30, 30, 0]), atol=0.01)
        assert np.allclose(y, north - np.array([30, 30, 0, 0]), atol=0.01)


def test_the_command_offers_every_format() -> None:
    [option] = [item for item in export.params if item.name == "style"]
    assert tuple(option.type.choices) == FORMATS
