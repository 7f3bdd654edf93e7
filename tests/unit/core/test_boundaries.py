"""Zones: formats, CRS, validity, topology and geodesic areas; every refusal names file, feature and remedy."""

import json
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas
import pytest
import yaml
from shapely.geometry import Polygon, box, mapping

from mrv.boundaries import geodesic_area_ha, load_zones, read_zones
from mrv.errors import ProjectError
from mrv.project import LoadedProject, load_project
from mrv.scaffold import scaffold


@pytest.fixture
def project(tmp_path: Path) -> LoadedProject:
    scaffold(tmp_path / "project")
    return load_project(tmp_path / "project")


def rewrite(project: LoadedProject, change: Any) -> None:
    file = project.folder / "boundaries" / "zones.geojson"
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")


def feature(content: dict[str, Any], zone_id: str) -> dict[str, Any]:
    return next(item for item in content["features"] if item["properties"]["zone_id"] == zone_id)


def only_problem(project: LoadedProject) -> ProjectError:
    _, problems = read_zones(project)
    assert len(problems) == 1, [str(problem) for problem in problems]
    problem = problems[0]
    assert isinstance(problem, ProjectError)
    assert problem.where
    assert problem.remedy
    return problem


def test_the_template_has_no_problem(project: LoadedProject) -> None:
    assert [zone.zone_id for zone in load_zones(project)] == ["lb", "lowland", "pa", "rr"]


def test_a_one_degree_cell_has_its_exact_area() -> None:
    # Methodology oracle: the cell from -8 to -7 has 1,220,639.9423 ha with parallels as sides. A polygon's sides are
    # geodesics, so it is drawn with a corner every hundredth of a degree.
    steps = [number / 100 for number in range(101)]
    ring = [(-77 + x, -8) for x in steps] + [(-76 - x, -7) for x in steps]
    assert abs(geodesic_area_ha(Polygon(ring)) - Decimal("1220639.9423")) < Decimal("0.5")


def test_the_direction_of_a_ring_does_not_matter() -> None:
    square = box(-77, -8, -76.9, -7.9)
    assert geodesic_area_ha(square) == geodesic_area_ha(Polygon(list(square.exterior.coords)[::-1])) > 0


def test_a_bow_tie_is_refused_with_the_place(project: LoadedProject) -> None:
    bow_tie = {
        "type": "Polygon",
        "coordinates": [[[-77.2, -7.3], [-77.0, -7.1], [-77.2, -7.1], [-77.0, -7.3], [-77.2, -7.3]]],
    }
    rewrite(project, lambda content: feature(content, "pa").update(geometry=bow_tie))
    problem = only_problem(project)
    assert "Self-intersection" in str(problem.found)
    assert "-77.1 -7.2" in str(problem.found)
    assert "feature 1, zone pa" in str(problem.where)


def test_projected_coordinates_without_a_crs_are_refused(project: LoadedProject) -> None:
    rewrite(
        project, lambda content: feature(content, "pa").update(geometry=mapping(box(260000, 9190000, 280000, 9210000)))
    )
    problem = only_problem(project)
    assert "does not declare its CRS" in str(problem.remedy)


def test_a_geopackage_without_crs_is_refused(project: LoadedProject, tmp_path: Path) -> None:
    change(as_geopackage(project), "UPDATE gpkg_contents SET srs_id = 0")
    problem = only_problem(load_project(project.folder))
    assert problem.message == "a map file does not declare its CRS"
    assert "EPSG:24878" in str(problem.remedy)


def test_a_geopackage_in_utm_gives_the_same_hectares(project: LoadedProject) -> None:
    before = {zone.zone_id: zone.area_ha for zone in load_zones(project)}
    frame = geopandas.read_file(project.folder / "boundaries" / "zones.geojson").to_crs(32718)
    frame.to_file(project.folder / "boundaries" / "zones.gpkg", layer="zones", driver="GPKG")
    point_to(project, "boundaries/zones.gpkg")
    after = {zone.zone_id: zone.area_ha for zone in read_zones(load_project(project.folder))[0]}
    assert before.keys() == after.keys()
    assert all(abs(before[name] - after[name]) / before[name] < Decimal("0.0001") for name in before)


def as_geopackage(project: LoadedProject) -> Path:
    file = project.folder / "boundaries" / "zones.gpkg"
    frame = geopandas.read_file(project.folder / "boundaries" / "zones.geojson")
    frame.to_file(file, layer="zones", driver="GPKG")
    point_to(project, "boundaries/zones.gpkg")
    return file


def change(file: Path, *statements: str) -> None:
    with sqlite3.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_view_in_a_layers_place_is_refused(project: LoadedProject) -> None:
    file = as_geopackage(project)
    change(file, "ALTER TABLE zones RENAME TO hidden", "CREATE VIEW zones AS SELECT * FROM hidden")
    problem = only_problem(load_project(project.folder))
    assert "ordinary table zones" in str(problem.expected)
    assert problem.found == "a view"


def test_a_virtual_table_in_a_layers_place_is_refused(project: LoadedProject) -> None:
    file = as_geopackage(project)
    change(
        file,
        "DROP TABLE zones",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES"
        " ('table', 'zones', 'zones', 0, 'CREATE VIRTUAL TABLE zones USING VirtualText(''/etc/passwd'', ''UTF-8'', 0)')",
    )
    problem = only_problem(load_project(project.folder))
    assert "sound GeoPackage" in problem.message
    assert "root:" not in str(problem)


def test_a_geopackage_that_is_open_elsewhere_is_refused(project: LoadedProject) -> None:
    file = as_geopackage(project)
    file.with_name("zones.gpkg-wal").write_bytes(b"not yet in the file")
    assert "open in another program" in only_problem(load_project(project.folder)).message


@pytest.mark.parametrize("size", [100, 5000, 40_000])
def test_a_truncated_geopackage_is_refused(project: LoadedProject, size: int) -> None:
    file = as_geopackage(project)
    file.write_bytes(file.read_bytes()[:size])
    assert "sound GeoPackage" in only_problem(load_project(project.folder)).message


def test_a_geopackage_in_a_folder_with_odd_signs_is_read(tmp_path: Path) -> None:
    scaffold(tmp_path / "a #1? 50%41")
    project = load_project(tmp_path / "a #1? 50%41")
    as_geopackage(project)
    assert read_zones(load_project(project.folder))[1] == []


@pytest.mark.parametrize(
    "content",
    [
        '{"features": ' + "[" * 100_000,
        '{"features": [{"geometry": {"type": "Sphere", "coordinates": []}, "properties": {}}]}',
        '{"features": [{"geometry": {"type": "Polygon", "coordinates": []}, "properties": ["a"]}]}',
        '{"features": [], "crs": {"properties": {"name": "EPSG:999999"}}}',
    ],
)
def test_a_malformed_geojson_is_refused(project: LoadedProject, content: str) -> None:
    (project.folder / "boundaries" / "zones.geojson").write_text(content, encoding="utf-8")
    only_problem(project)


def point_to(project: LoadedProject, file: str) -> None:
    path = project.folder / "project.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["boundaries"][0]["file"] = file
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def test_overlapping_zones_are_refused_with_their_hectares(project: LoadedProject) -> None:
    rewrite(project, lambda content: feature(content, "pa").update(geometry=mapping(box(-77.21, -7.3, -77.0, -7.1))))
    problem = only_problem(project)
    assert problem.message == "two zones overlap"
    assert "project_area pa and leakage_belt lb" in str(problem.where)
    assert "ha shared near" in str(problem.found)


def test_a_zone_outside_its_region_is_refused(project: LoadedProject) -> None:
    rewrite(project, lambda content: feature(content, "rr").update(geometry=mapping(box(-77.25, -7.5, -76.8, -6.9))))
    problem = only_problem(project)
    assert problem.message == "a zone lies outside the reference_region"
    assert "zone lb" in str(problem.where)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda item: item.update(geometry=None), "a zone is not a polygon"),
        (lambda item: item.update(geometry={"type": "Point", "coordinates": [-77, -7]}), "a zone is not a polygon"),
        (lambda item: item["properties"].update(kind="forest"), "a zone has an unknown kind"),
        (lambda item: item["properties"].pop("zone_id"), "a zone has no id or no kind"),
    ],
)
def test_a_feature_that_is_no_zone_is_refused(project: LoadedProject, change: Any, message: str) -> None:
    rewrite(project, lambda content: change(feature(content, "rr")))
    problem = only_problem(project)
    assert problem.message == message
    assert "feature 3" in str(problem.where)


def test_two_zones_with_one_id_are_refused(project: LoadedProject) -> None:
    rewrite(project, lambda content: feature(content, "lowland")["properties"].update(zone_id="rr"))
    assert only_problem(project).message == "two zones have the same id"


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"PK\x03\x04", b""])
def test_another_format_is_refused(project: LoadedProject, content: bytes) -> None:
    (project.folder / "boundaries" / "zones.geojson").write_bytes(content)
    assert "neither GeoPackage nor GeoJSON" in only_problem(project).message


def test_an_ogr_vrt_in_geojson_clothing_reads_no_other_file(project: LoadedProject) -> None:
    (project.folder / "boundaries" / "zones.geojson").write_text(
        "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    assert "neither GeoPackage nor GeoJSON" in only_problem(project).message


def test_loading_counts_the_problems(project: LoadedProject) -> None:
    rewrite(project, lambda content: [item["properties"].update(kind="x") for item in content["features"]])
    with pytest.raises(ProjectError, match="4 problem") as caught:
        load_zones(project)
    assert "mrv check" in str(caught.value)
