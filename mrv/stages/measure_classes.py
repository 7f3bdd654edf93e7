"""Measure class rasters and rasters of measured values: hectares by class, changes between years, means by zone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import shapely

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.project import Transition
from mrv.schemas import DATASETS
from mrv.sources.product_layers import Text
from mrv.sources.product_rows import Product
from mrv.stages.context import Context
from mrv.stages.measure import Measured, naming_files, run_measurement
from mrv.stages.rasters import RasterLayer, group_rasters
from raster.area import WGS84
from raster.grid import Lattice

if TYPE_CHECKING:
    from raster.classes import ClassLayer, ClassRow
    from raster.values import ValueLayer

log = logging.getLogger(__name__)
Rows = list[dict[str, Any]]
MAX_SHORT_CODE = 99
"""A change is also written as code * 100 + code where both have two digits at most, as MapBiomas does."""


@dataclass(frozen=True)
class Series:
    """The class layers of one product, which are measured in one pass.

    Attributes:
        product: Their product.
        layers: The layers, by name and year.
        names: What the codes of each mean.
        transitions: Wanted changes, by place in `layers`.
    """

    product: Product
    layers: tuple[RasterLayer, ...]
    names: tuple[Mapping[int, Text], ...]
    transitions: tuple[tuple[int, int], ...]


def measure_classes(context: Context, artifacts: Sequence[Artifact]) -> Measured | None:
    """Measure every class layer by zone, stratum and year, and the changes that the project wants; None without any.

    Args:
        context: The run.
        artifacts: Every pulled file.

    Raises:
        ProjectError: A wanted change has no raster, or nobody says what the codes of a layer mean.
        InputError: A tile cannot be used, or holds a code that is no class.
        GridError: A tile is of another grid than its product.
    """
    layers = group_rasters(context, artifacts).classes
    wanted = context.definition.measurement.transitions
    series = [_series(context, part, artifacts, wanted) for part in _by_product(layers)]
    _check_wanted(context, wanted, layers)
    if not series:
        return None
    inputs = {
        **_inputs(context, layers),
        "names": [
            [{code: name.model_dump() for code, name in names.items()} for names in part.names] for part in series
        ],
    }

    def measure() -> dict[str, pa.Table]:
        rows: dict[str, Rows] = {"class_area": [], "class_transition": [], "zone_pixels": []}
        with naming_files(context, artifacts):
            for part in series:
                for name, found in _measure_series(context, part).items():
                    rows[name] += found
        return {name: DATASETS[name].table(found) for name, found in rows.items() if found}

    return run_measurement(context, "class_area", inputs, measure)


def measure_values(context: Context, artifacts: Sequence[Artifact]) -> Measured | None:
    """Measure mean, least and largest value of every layer of measured values by zone and stratum; None without any.

    Args:
        context: The run.
        artifacts: Every pulled file.

    Raises:
        InputError: A tile cannot be used, or holds a value that the product does not have.
        GridError: A tile is of another grid than its product.
    """
    layers = group_rasters(context, artifacts).measures
    if not layers:
        return None

    def measure() -> dict[str, pa.Table]:
        statistics: Rows = []
        zones: dict[str, Rows] = {}
        with naming_files(context, artifacts):
            for layer in layers:
                found, taken = _measure_layer(context, layer)
                statistics += found
                # Layers of one product take the same pixels.
                zones[layer.product.product] = taken
        return {
            "zone_statistics": DATASETS["zone_statistics"].table(statistics),
            "zone_pixels": DATASETS["zone_pixels"].table(row for rows in zones.values() for row in rows),
        }

    return run_measurement(context, "zone_statistics", _inputs(context, layers), measure)


def transition_code(code_from: int | None, code_to: int | None) -> int | None:
    """Return the code of a change, 315 for 3 to 15; None where a code has three digits or was not observed."""
    if (
        code_from is None
        or code_to is None
        or not (0 <= code_from <= MAX_SHORT_CODE and 0 <= code_to <= MAX_SHORT_CODE)
    ):
        return None
    return code_from * 100 + code_to


def _by_product(layers: Sequence[RasterLayer]) -> Iterator[tuple[RasterLayer, ...]]:
    for name in dict.fromkeys(layer.product.product for layer in layers):
        yield tuple(layer for layer in layers if layer.product.product == name)


def _inputs(context: Context, layers: Sequence[RasterLayer]) -> dict[str, Any]:
    return {
        "layers": [layer.inputs for layer in layers],
        "grids": sorted({layer.lattice(context).projection.description for layer in layers}),
        "zones": [[zone.zone_id, zone.kind, shapely.to_wkb(zone.geometry, hex=True)] for zone in context.zones],
        "default_stratum": context.definition.default_stratum,
        "measurement": context.definition.measurement.model_dump(mode="json"),
        "earth": WGS84.name,
    }


def _lattice(context: Context, layer: RasterLayer) -> Lattice:
    lattice = layer.lattice(context)
    log.info("grid of the pixels: %s", lattice.projection.description)
    return lattice


# --- classes -----------------------------------------------------------------------------------------------------
def _series(
    context: Context, layers: tuple[RasterLayer, ...], artifacts: Sequence[Artifact], wanted: Sequence[Transition]
) -> Series:
    places = {(layer.layer.layer, layer.year): place for place, layer in enumerate(layers)}
    product = layers[0].product
    changes = [
        (places[item.layer, item.year_from], places[item.layer, item.year_to])
        for item in wanted
        if item.product == product.product and {(item.layer, item.year_from), (item.layer, item.year_to)} <= set(places)
    ]
    names = tuple(_names(context, layer, artifacts) for layer in layers)
    return Series(product, layers, names, tuple(dict.fromkeys(changes)))


def _check_wanted(context: Context, wanted: Sequence[Transition], layers: Sequence[RasterLayer]) -> None:
    given = {(layer.product.product, layer.layer.layer, layer.year) for layer in layers}
    for item in wanted:
        for year in (item.year_from, item.year_to):
            if (item.product, item.layer, year) not in given:
                raise ProjectError(
                    "a change of classes lacks one of its years",
                    expected=f"{item.product} {item.layer} {year} among the rasters of the sources",
                    found=", ".join(f"{name} {layer} {shown}" for name, layer, shown in sorted(given, key=str))
                    or "none",
                    where=f"{context.project.file}, measurement.transitions",
                    remedy="add the year to the source, or mend the transition",
                )


def _names(context: Context, layer: RasterLayer, artifacts: Sequence[Artifact]) -> Mapping[int, Text]:
    """Return what the codes of a layer mean, from the catalogue or from the attribute table beside its file."""
    from raster.attribute_tables import attribute_table

    if layer.layer.classes != "from_rat":
        return layer.class_names
    own = {(item.source, item.product, item.version, item.layer, item.year) for item in layer.artifacts}
    tables = [
        item
        for item in artifacts
        if item.dataset == "raster_table" and (item.source, item.product, item.version, item.layer, item.year) in own
    ]
    if not tables:
        raise ProjectError(
            "nobody says what the codes of a raster mean",
            expected="its raster attribute table",
            found="none",
            where=f"{context.project.file}, sources: {layer.name}",
            remedy="name the file's .aux.xml or .vat.dbf in attribute_table, or declare a product of the project's own "
            "with the classes",
        )
    with naming_files(context, artifacts):
        found = [attribute_table(context.store.get(item.sha256)) for item in tables]
    names = {code: text for table in found for code, text in table.items()}
    if any(table[code] != names[code] for table in found for code in table):
        raise ProjectError(
            "the attribute tables of the tiles of one raster contradict each other",
            where=", ".join(item.address for item in tables),
            remedy="take all tiles of one version",
        )
    return {code: Text(en=text, es=text) for code, text in names.items() if code not in layer.layer.nodata}


def _measure_series(context: Context, series: Series) -> dict[str, Rows]:
    from raster.classes import measure_classes as measure

    lattice = _lattice(context, series.layers[0])
    coded = [_class_layer(context, layer, names) for layer, names in zip(series.layers, series.names, strict=True)]
    found = measure(coded, context.region, lattice=lattice, joint=series.transitions, work=context.work)
    rules = {zone.zone_id: zone.pixel_rule for zone in found.zones}
    area: Rows = []
    for layer, names, rows in zip(series.layers, series.names, found.layers, strict=True):
        said = _said(layer)
        for row in rows:
            (code,) = row.codes
            area.append(
                {
                    **said,
                    **_counted(context, row),
                    "year": layer.year,
                    "class_code": code,
                    **_named("class", code, names),
                }
            )
    changed: Rows = []
    for (one, other), rows in zip(series.transitions, found.joint, strict=True):
        said = _said(series.layers[one])
        years = {"year_from": series.layers[one].year, "year_to": series.layers[other].year}
        for row in rows:
            code_from, code_to = row.codes
            changed.append(
                {
                    **said,
                    **_counted(context, row),
                    **years,
                    "class_from": code_from,
                    "class_to": code_to,
                    "transition_code": transition_code(code_from, code_to),
                    **_named("class_from", code_from, series.names[one]),
                    **_named("class_to", code_to, series.names[other]),
                }
            )
    for record in (*area, *changed):
        record["pixel_rule"] = rules[record["zone_id"]]
    version = series.layers[0].version
    zones = [zone.row(product=series.product.product, version=version) for zone in found.zones]
    return {"class_area": area, "class_transition": changed, "zone_pixels": zones}


def _class_layer(context: Context, layer: RasterLayer, names: Mapping[int, Text]) -> ClassLayer:
    from raster.classes import ClassLayer

    return ClassLayer(
        layer.name,
        tuple(layer.paths(context)),
        tuple(sorted(names)),
        tuple(int(code) for code in layer.layer.nodata),
        layer.band,
        tuple(layer.layer.ignored_header_nodata),
    )


def _said(layer: RasterLayer) -> dict[str, Any]:
    return {"product": layer.product.product, "product_version": layer.version, "layer": layer.layer.layer}


def _counted(context: Context, row: ClassRow) -> dict[str, Any]:
    return {
        "zone_id": row.zone_id,
        "stratum_id": row.stratum_id,
        "area_basis": "geodesic" if row.nominal_area_um2 is None else context.definition.measurement.area,
        "pixel_count": row.pixel_count,
        "area_um2": row.area_um2,
        "nominal_area_um2": row.nominal_area_um2,
    }


def _named(what: str, code: int | None, names: Mapping[int, Text]) -> dict[str, str | None]:
    if code is None:
        return {f"{what}_name_en": None, f"{what}_name_es": None}
    return {f"{what}_name_en": names[code].en, f"{what}_name_es": names[code].es}


# --- measured values ---------------------------------------------------------------------------------------------
def _measure_layer(context: Context, layer: RasterLayer) -> tuple[Rows, Rows]:
    from raster.values import measure_values as measure

    values = _value_layer(context, layer)
    year = layer.year
    said = {
        **_said(layer),
        "first_day": None if year is None else date(year, 1, 1),
        "last_day": None if year is None else date(year, 12, 31),
        "unit": layer.layer.unit,
        "step": values.step,
    }
    found = measure(values, context.region, lattice=_lattice(context, layer), work=context.work)
    rules = {zone.zone_id: zone.pixel_rule for zone in found.zones}
    rows = [
        {
            **said,
            "zone_id": row.zone_id,
            "stratum_id": row.stratum_id,
            "pixel_rule": rules[row.zone_id],
            "pixel_count": row.pixel_count,
            "area_um2": row.area_um2,
            "nodata_area_um2": row.nodata_area_um2,
            "mean": row.mean,
            "minimum": row.minimum,
            "maximum": row.maximum,
        }
        for row in found.rows
    ]
    zones = [zone.row(product=layer.product.product, version=layer.version) for zone in found.zones]
    return rows, zones


def _value_layer(context: Context, layer: RasterLayer) -> ValueLayer:
    from raster.values import ValueLayer

    declared = layer.layer
    if declared.step is None:
        raise ProjectError(
            f"the layer {layer.name} has no step",
            where=layer.product.product,
            remedy="declare the step to which its values are counted",
        )
    return ValueLayer(
        layer.name,
        tuple(layer.paths(context)),
        declared.step,
        tuple(declared.nodata),
        (declared.valid_from, declared.valid_to),
        layer.band,
        tuple(declared.ignored_header_nodata),
    )
