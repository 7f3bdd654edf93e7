"""The zones' files: KML, GeoParquet, GeoPackage and GeoJSON hold the zones, and say so when they do not."""

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
import shapely
from defusedxml import ElementTree
from shapely.geometry import LinearRing, MultiPolygon, Polygon, box

from mrv.errors import PackageError
from mrv.package.kml import NAMESPACE, kml, placemark_id
from mrv.package.staging import Staging
from mrv.package.vectors import write_zones
from mrv.package.zone_files import READERS, check_zones
from tests.unit.package.package_samples import sample_zones

SPACES = {"k": NAMESPACE}
MOMENT = "2026-01-02T03:04:05+00:00"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "staged").mkdir()
    write_zones(Staging(tmp_path / "staged"), sample_zones(), created_at=MOMENT, title="Muestra")
    return tmp_path / "staged/data/vectors"


@pytest.mark.parametrize("suffix", READERS)
def test_each_file_holds_the_zones(folder, suffix):
    path = folder / f"zones{suffix}"
    check_zones(path, sample_zones())
    read = READERS[suffix](path)
    for zone in sample_zones():
        assert shapely.equals(read[zone.zone_id], zone.geometry), zone.zone_id


@pytest.mark.parametrize("suffix", READERS)
def test_a_file_that_lacks_a_zone_or_has_another_area_is_refused(folder, suffix):
    path = folder / f"zones{suffix}"
    zones = sample_zones()
    with pytest.raises(PackageError, match="does not hold the zones") as caught:
        check_zones(path, [*zones, replace(zones[0], zone_id="new")])
    assert caught.value.found == "missing: new"
    with pytest.raises(PackageError) as caught:
        check_zones(path, zones[1:])
    assert caught.value.found == f"of no zone: {zones[0].zone_id}"
    with pytest.raises(PackageError) as caught:
        check_zones(path, [*zones[1:], replace(zones[0], geometry=zones[0].geometry.buffer(0.001))])
    assert zones[0].zone_id in (caught.value.found or "")


def test_rings_of_the_kml_turn_as_they_should_and_holes_stay():
    hole = MultiPolygon([box(0, 0, 3, 3).difference(box(1, 1, 2, 2)), box(5, 5, 6, 6).reverse()])
    zone = replace(sample_zones()[0], geometry=hole)
    root = ElementTree.fromstring(kml([zone], name="x"))
    polygons = root.findall(".//k:Polygon", SPACES)
    assert [len(polygon.findall("k:innerBoundaryIs", SPACES)) for polygon in polygons] == [1, 0]
    for path, is_outer in (("k:outerBoundaryIs", True), ("k:innerBoundaryIs", False)):
        for ring in root.findall(f".//{path}//k:coordinates", SPACES):
            points = [tuple(map(float, point.split(","))) for point in ring.text.split()]
            assert all(len(point) == 2 for point in points)
            assert points[0] == points[-1]
            assert LinearRing(points).is_ccw is is_outer


def test_a_height_does_not_reach_the_kml():
    zone = replace(sample_zones()[0], geometry=shapely.force_3d(Polygon([(0, 0), (1, 0), (1, 1)]), z=250.0))
    assert b"250" not in kml([zone], name="x")


def test_placemarks_lie_in_folders_of_two_languages_and_carry_what_the_mart_says():
    root = ElementTree.fromstring(kml(sample_zones(), name="Muestra & Co"))
    names = [name.text for name in root.findall(".//k:Folder/k:name", SPACES)]
    assert names[:3] == [
        "Reference region / Región de referencia",
        "Leakage belt / Cinturón de fugas",
        "Project area / Área del proyecto",
    ]
    placemark = root.find(".//k:Placemark[@id='el-breo']", SPACES)
    values = {
        item.get("name"): item.findtext("k:value", namespaces=SPACES) for item in placemark.iter(f"{{{NAMESPACE}}}Data")
    }
    zone = next(zone for zone in sample_zones() if zone.zone_id == "el-breo")
    assert values["area_ha"] == str(zone.area_ha)
    assert values["boundary_sha256"] == zone.sha256
    assert values["illustrative"] == "true"
    assert placemark.findtext("k:name", namespaces=SPACES) == "El Breo & <co>"
    styles = {style.get("id") for style in root.findall(".//k:Style", SPACES)}
    assert {url.text.removeprefix("#") for url in root.findall(".//k:styleUrl", SPACES)} == styles


@pytest.mark.parametrize(("zone_id", "expected"), [("el-breo", "el-breo"), ("7a", "_z7a"), ("á b", "_z_xe1__x20_b")])
def test_ids_of_placemarks_are_ids_of_xml(zone_id, expected):
    assert placemark_id(zone_id) == expected


def test_the_geoparquet_says_what_it_is(folder):
    schema = pq.read_schema(folder / "zones.parquet")
    geo = json.loads(schema.metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert geo["version"] == "1.1.0"
    assert (column["encoding"], column["crs"]["id"]["code"]) == ("WKB", "CRS84")
    assert set(schema.field("bbox").type.names) == {"xmin", "ymin", "xmax", "ymax"}
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]


def test_a_zone_that_stands_twice_is_refused(tmp_path):
    (tmp_path / "staged").mkdir()
    zones = sample_zones()
    with pytest.raises(PackageError, match="twice"):
        write_zones(Staging(tmp_path / "staged"), [*zones, zones[0]], created_at=MOMENT, title="x")
