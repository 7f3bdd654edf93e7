"""Units of a frozen design for interpretation tools: blind, so that neither the map nor a stratum can be seen in a label.

The order of the units tells nothing: their ids were given by chance. Layouts of Collect Earth Online as its public source reads
them (`collect_earth_online/generators/external_file.clj`) and its manual describes them ("Plot Design: CSV & SHP files"): a
CSV begins with LON, LAT, PLOTID (samples: and SAMPLEID), degrees on WGS 84, ids are whole numbers, cells are not quoted; columns
after these come back in the download with `pl_` before their name; GeoJSON names the ids PLOTID and SAMPLEID in properties.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args
from xml.sax.saxutils import escape

import numpy as np

from mrv.errors import UsageError
from mrv.files import write_bytes
from mrv.sources.sample_design_files import DesignGrid, FrozenDesign
from mrv.sources.sample_label_files import FORM
from mrv.units import UM2_PER_M2

Format = Literal["ceo-csv", "ceo-geojson", "kml", "gpkg", "csv"]
FORMATS: tuple[str, ...] = get_args(Format)
LAYER = "units"
DEGREES_DECIMALS = 8
"""A millimetre."""

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class BlindUnit:
    """A unit as an interpreter may see it.

    Attributes:
        unit_id: Its id.
        number: Its number in the design, from 1.
        longitude: Of the centre of its pixel, degrees.
        latitude: Likewise.
        outline: Corners of its pixel as (longitude, latitude), counterclockwise, the first one again at the end.
    """

    unit_id: str
    number: int
    longitude: float
    latitude: float
    outline: Ring


def blind_units(design: FrozenDesign, *, step: int | None = None) -> list[BlindUnit]:
    """Return the units of a design without all that the map says of them.

    Args:
        design: The design.
        step: Only the units of this step: those that enlarging it added.

    Raises:
        UsageError: The design has no such step.
    """
    steps = [item.step for item in design.document.steps]
    if step is not None and step not in steps:
        raise UsageError(
            f"design {design.document.design_id} has no step {step}",
            expected=", ".join(map(str, steps)),
            remedy="choose one of these with --step, or leave it out for all units",
        )
    rings = _outlines(design.document.grid, design.units)
    return [
        BlindUnit(row["unit_id"], number, row["longitude"], row["latitude"], ring)
        for number, (row, ring) in enumerate(zip(design.units, rings, strict=True), start=1)
        if step is None or row["step"] == step
    ]


def _outlines(grid: DesignGrid, units: Sequence[Mapping[str, Any]]) -> list[Ring]:
    from raster.projected import LONLAT, projection

    column = np.array([row["pixel_column"] for row in units], dtype=np.float64)[:, np.newaxis]
    row = np.array([row["pixel_row"] for row in units], dtype=np.float64)[:, np.newaxis]
    # South-west, south-east, north-east, north-west, and back.
    x = float(grid.west) + (column + np.array([0, 1, 1, 0, 0])) * float(grid.pixel_width)
    y = float(grid.north) - (row + np.array([1, 1, 0, 0, 1])) * float(grid.pixel_height)
    if grid.crs != LONLAT:
        x, y = projection(grid.crs, grid.transformation).inverse(x, y)
    x, y = np.round(x, DEGREES_DECIMALS), np.round(y, DEGREES_DECIMALS)
    return [tuple(zip(xs, ys, strict=True)) for xs, ys in zip(x.tolist(), y.tolist(), strict=True)]


def export_units(design: FrozenDesign, style: Format, to: Path, *, step: int | None = None) -> list[Path]:
    """Write the units for a tool.

    Args:
        design: The design.
        style: Which tool.
        to: The file; for Collect Earth Online a folder, which gets a file of plots and one of samples.
        step: Only the units of this step.

    Returns:
        The files.

    Raises:
        UsageError: A file is there already: it may be a form that somebody has filled in. Or there is no such step.
        StoreError: The disk refuses the write.
    """
    units = blind_units(design, step=step)
    writers = _writers(design, units, style, to)
    for path in writers:
        if path.exists():
            raise UsageError(
                "a file is there already, and may hold labels",
                found=str(path),
                remedy="give another path with --to, or move the file away",
            )
    for path, write in writers.items():
        write(path)
    return list(writers)


Writer = Callable[[Path], None]


def _writers(design: FrozenDesign, units: Sequence[BlindUnit], style: Format, to: Path) -> dict[Path, Writer]:
    name = design.document.design_id
    if style == "ceo-csv":
        plots = [{**_place(unit), "PLOTID": unit.number, "UNIT_ID": unit.unit_id} for unit in units]
        samples = [{**_place(unit), "PLOTID": unit.number, "SAMPLEID": 1} for unit in units]
        return {to / f"{name}-plots.csv": _csv(plots), to / f"{name}-samples.csv": _csv(samples)}
    if style == "ceo-geojson":
        plots = [_feature(_polygon(unit), PLOTID=unit.number, UNIT_ID=unit.unit_id) for unit in units]
        samples = [_feature(_point(unit), PLOTID=unit.number, SAMPLEID=1) for unit in units]
        return {to / f"{name}-plots.geojson": _geojson(plots), to / f"{name}-samples.geojson": _geojson(samples)}
    if style == "kml":
        return {to: lambda path: write_bytes(path, _kml(design, units))}
    if style == "gpkg":
        return {to: lambda path: _write_geopackage(path, units)}
    return {to: _csv([form_row(unit.unit_id, unit.longitude, unit.latitude) for unit in units])}


def advice(design: FrozenDesign, style: Format) -> str:
    """Return what to do with the files."""
    back = "then declare what comes back among labels of a source of connector sample"
    if style in {"ceo-csv", "ceo-geojson"}:
        plots = "plot file" + ("" if style == "ceo-geojson" else f", square plots of {_side_m(design)} m")
        return (
            f"Collect Earth Online: upload the {plots}, and the sample file, one point in each plot. Ask for the class, the year "
            f"of loss and the dates of both images (2023-07-01); {back} with format ceo_sample."
        )
    if style == "kml":
        return f"KML shows the units and takes no answers: have these written into the CSV form (--format csv), {back}."
    if style == "gpkg":
        return f"Fill in the fields of layer {LAYER} in QGIS, export the layer as CSV, {back} with format csv."
    return f"Fill in a line for each unit and interpreter, {back} with format csv."


def _side_m(design: FrozenDesign) -> int:
    """Return the side of a square as large as the mean unit, metres."""
    area_um2 = sum(int(unit["area_um2"]) for unit in design.units) / len(design.units)
    return round(math.sqrt(area_um2 / UM2_PER_M2))


def form_row(unit_id: str, longitude: float, latitude: float) -> dict[str, Any]:
    """Return a line of the plain CSV that nobody has filled in yet."""
    return dict.fromkeys(FORM, "") | {"unit_id": unit_id, "longitude": longitude, "latitude": latitude}


def csv_bytes(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """Return a CSV with a header; numbers have all their digits."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _csv(rows: Sequence[Mapping[str, Any]]) -> Writer:
    return lambda path: write_bytes(path, csv_bytes(rows, list(rows[0])))


def _place(unit: BlindUnit) -> dict[str, float]:
    return {"LON": unit.longitude, "LAT": unit.latitude}


def _polygon(unit: BlindUnit) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [unit.outline]}


def _point(unit: BlindUnit) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [unit.longitude, unit.latitude]}


def _feature(geometry: Mapping[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _geojson(features: Iterable[Mapping[str, Any]]) -> Writer:
    lines = ",\n".join(json.dumps(feature) for feature in features)
    return lambda path: write_bytes(path, f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'.encode())


def _kml(design: FrozenDesign, units: Sequence[BlindUnit]) -> bytes:
    first, last = design.document.first_year, design.document.last_year
    text = (
        f"What happened to the forest of this pixel from {first} to {last}? "
        f"¿Qué pasó con el bosque de este píxel de {first} a {last}?"
    )
    marks = "".join(
        f"<Placemark><name>{escape(unit.unit_id)}</name><description>{text}</description><styleUrl>#unit</styleUrl>"
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{' '.join(f'{x},{y}' for x, y in unit.outline)}"
        "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>\n"
        for unit in units
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
        f"<name>{escape(design.document.design_id)}</name>\n"
        '<Style id="unit"><LineStyle><color>ff00ffff</color><width>2</width></LineStyle>'
        "<PolyStyle><fill>0</fill></PolyStyle></Style>\n"
        f"{marks}</Document></kml>\n"
    ).encode()


def _write_geopackage(path: Path, units: Sequence[BlindUnit]) -> None:
    """Write a layer of outlines with the fields of the plain CSV, to be filled in with QGIS."""
    import geopandas
    import pyogrio
    from shapely.geometry import Polygon

    rows = [form_row(unit.unit_id, unit.longitude, unit.latitude) for unit in units]
    kinds = {"longitude": "float64", "latitude": "float64", "loss_year": "Int64", "unit_id": "str"}
    fields = {
        name: geopandas.pd.Series([row[name] if name in kinds and row[name] != "" else None for row in rows])
        for name in FORM
    }
    typed = {name: series.astype(kinds.get(name, "string")) for name, series in fields.items()}
    frame = geopandas.GeoDataFrame(typed, geometry=[Polygon(unit.outline) for unit in units], crs="EPSG:4326")
    with TemporaryDirectory(prefix="units-") as folder:
        file = Path(folder) / "units.gpkg"
        pyogrio.write_dataframe(frame, file, layer=LAYER, driver="GPKG", geometry_type="Polygon")
        write_bytes(path, file.read_bytes())
