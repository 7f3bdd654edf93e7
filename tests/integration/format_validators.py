"""Programs that are not ours, asked whether a package's files are what they say they are."""

import json
from pathlib import Path

import bagit
import geopandas
import pyarrow.parquet as pq
import pyogrio
import pystac
from frictionless import Package
from jsonschema import Draft202012Validator
from rio_cogeo import cog_validate
from shapely import from_wkb
from stac_pydantic import Collection, Item

GEOPARQUET = {
    "type": "object",
    "required": ["version", "primary_column", "columns"],
    "properties": {
        "version": {"const": "1.1.0"},
        "primary_column": {"type": "string", "minLength": 1},
        "columns": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["encoding", "geometry_types"],
                "properties": {
                    "encoding": {"const": "WKB"},
                    "geometry_types": {"type": "array", "uniqueItems": True, "items": {"pattern": "^(Multi)?Polygon$"}},
                    "crs": {"oneOf": [{"type": "object"}, {"type": "null"}]},
                    "bbox": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
                    "covering": {
                        "type": "object",
                        "required": ["bbox"],
                        "properties": {"bbox": {"type": "object", "required": ["xmin", "xmax", "ymin", "ymax"]}},
                    },
                },
            },
        },
    },
}
"""What GeoParquet 1.1 demands of the metadata, for polygons."""


def check_bag(package: Path) -> None:
    assert bagit.Bag(str(package)).validate()


def check_data_package(package: Path) -> None:
    """Frictionless reads the descriptor and every CSV; of a Parquet it counts no bytes and reads no whole number with nulls."""
    described = Package(str(package / "data/tables/datapackage.json"))
    for resource in described.resources:
        if resource.format == "csv":
            report = resource.validate()
            assert report.valid, (resource.name, report.flatten(["fieldName", "rowNumber", "message"])[:10])


def check_geoparquet(package: Path) -> None:
    path = package / "data/vectors/zones.parquet"
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    Draft202012Validator(GEOPARQUET).validate(geo)
    assert geo["primary_column"] in geo["columns"]
    for geometry, box in zip(from_wkb(table["geometry"]), table["bbox"].to_pylist(), strict=True):
        assert geometry.bounds == (box["xmin"], box["ymin"], box["xmax"], box["ymax"])
    assert len(geopandas.read_parquet(path)) == table.num_rows


def check_kml(package: Path) -> None:
    """GDAL's KML driver reads every zone that the GeoPackage has, with the same outline."""
    vectors = package / "data/vectors"
    layers = [name for name, _ in pyogrio.list_layers(vectors / "zones.kml")]
    read = [row for name in layers for row in pyogrio.read_dataframe(vectors / "zones.kml", layer=name).geometry]
    wanted = pyogrio.read_dataframe(vectors / "zones.gpkg").geometry
    assert sorted(round(shape.area, 9) for shape in read) == sorted(round(shape.area, 9) for shape in wanted)
    assert not any(shape.has_z for shape in read)


def check_stac(package: Path) -> int:
    """Return the number of items."""
    folder = package / "data/stac"
    Collection.model_validate_json((folder / "collection.json").read_text())
    manifest = (package / "manifest-sha256.txt").read_text().splitlines()
    digests = dict(reversed(line.split(None, 1)) for line in manifest)
    items = list(pystac.Collection.from_file(str(folder / "collection.json")).get_items())
    for item in items:
        Item.model_validate_json((folder / f"{item.id}.json").read_text())
        checksum = item.assets["data"].extra_fields["file:checksum"]
        assert checksum == f"1220{digests[f'data/rasters/{item.id}.tif']}"
    return len(items)


def check_cogs(package: Path) -> int:
    """Return the number of rasters."""
    rasters = sorted((package / "data/rasters").glob("*.tif"))
    for path in rasters:
        valid, errors, warnings = cog_validate(str(path), strict=True, quiet=True)
        assert valid, (path.name, errors, warnings)
    return len(rasters)
