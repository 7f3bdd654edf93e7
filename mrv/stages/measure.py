"""Measure: rasters to areas by zone. Joins the rooms that do not know each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from mrv.errors import InputError, ProjectError, SourceError
from mrv.files import write_parquet
from mrv.ledger import Artifact
from mrv.schemas import DATASETS
from mrv.sources.products import product
from mrv.stages.context import Context, Outcome, run_step
from mrv.stages.rasters import group_rasters, lattice_of
from mrv.units import UM2_PER_HA
from raster.area import WGS84, EarthModel
from raster.rules import ForestRule, ProductRule


@dataclass(frozen=True)
class Measured:
    """Tables that the platform measured, not yet checked."""

    tables: Mapping[str, pa.Table]
    changed: bool


def run_measurement(context: Context, name: str, inputs: Mapping[str, Any], measure: Any) -> Measured:
    """Do a measurement once per key and read its tables back from their Parquet."""

    def work(key: str) -> dict[str, Any]:
        paths = {}
        for dataset, table in measure().items():
            path = context.table_path("measured", dataset, key)
            write_parquet(path, table)
            paths[dataset] = context.relative(path)
        return {"tables": paths, "files": list(paths.values())}

    outcome: Outcome = run_step(context, stage="measure", dataset=name, inputs=inputs, work=work)
    root = context.settings.root
    tables = {name: read_table(name, root / path) for name, path in outcome.result["tables"].items()}
    return Measured(tables, outcome.changed)


def read_table(dataset: str, path: Path) -> pa.Table:
    """Read a landed table by its declared schema."""
    return pa.parquet.read_table(path, schema=DATASETS[dataset].schema)


def raster_layers(context: Context, artifacts: Sequence[Artifact]) -> dict[str, list[Artifact]]:
    """Return the raster files of the forest loss series by their role in it.

    Raises:
        ProjectError: Two versions of one product are mixed, or two sources give one layer.
    """
    return {role: list(layer.artifacts) for role, layer in group_rasters(context, artifacts).loss.items()}


def measure_pixels(context: Context, artifacts: Sequence[Artifact], *, earth: EarthModel = WGS84) -> Measured | None:
    """Count forest and loss by zone, stratum and year; None where the project has no rasters.

    Args:
        context: The run.
        artifacts: Every pulled file.
        earth: Earth model of the pixel areas; published figures always use WGS84.

    Raises:
        ProjectError: There is no forest definition, or a zone lies outside every stratum.
        InputError: A raster cannot be used.
    """
    layers = raster_layers(context, artifacts)
    if not layers.get("tree_cover") or not layers.get("loss_year"):
        return None
    definition, rule = context.definition, product_rule(layers)
    forest_rule(context)
    inputs = {
        "layers": {role: [f"{item.address} {item.sha256}" for item in items] for role, items in sorted(layers.items())},
        "zones": [[zone.zone_id, zone.kind, shapely.to_wkb(zone.geometry, hex=True)] for zone in context.zones],
        "default_stratum": definition.default_stratum,
        "product": [rule.product, rule.version],
        "forest": str(definition.forest_definition),
        "measurement": definition.measurement.model_dump(mode="json"),
        "earth": earth.name,
    }

    def measure() -> dict[str, pa.Table]:
        with naming_files(context, artifacts):
            return _count_pixels(context, layers, earth)

    return run_measurement(context, "land_cover_area", inputs, measure)


@contextmanager
def naming_files(context: Context, artifacts: Iterable[Artifact]) -> Iterator[None]:
    """Let a refusal name a file as its source does, and say whose fault it is: a source's, or that of a file given here.

    Raises:
        SourceError: A file that came over the network cannot be used.
        InputError: A file of a folder cannot be used.
    """
    try:
        yield
    except InputError as error:
        sent, files = False, dict[str, list[Artifact]]()
        for artifact in artifacts:
            files.setdefault(str(context.store.path(artifact.sha256)), []).append(artifact)
        for path, items in files.items():
            if error.where and path in error.where:
                error.where = _named(error.where, path, list(dict.fromkeys(item.address for item in items)))
                sent = sent or any(not item.url.startswith("file:") for item in items)
        if not sent:
            raise
        raise SourceError(
            error.message, expected=error.expected, found=error.found, where=error.where, remedy=error.remedy
        ) from error


def _named(text: str, path: str, names: Sequence[str]) -> str:
    """Put names before a path of the store; files of the same bytes share one, and each is named once."""
    first, *rest = text.split(path)
    called = names if len(names) == len(rest) else [" and ".join(names)] * len(rest)
    return first + "".join(f"{name} ({path}){after}" for name, after in zip(called, rest, strict=True))


def _count_pixels(context: Context, layers: Mapping[str, Sequence[Artifact]], earth: EarthModel) -> dict[str, pa.Table]:
    from raster.loss import measure_loss
    from raster.rules import LossLayers

    measurement = measure_loss(
        LossLayers(**{role: tuple(context.store.get(item.sha256) for item in items) for role, items in layers.items()}),
        replace(context.region, earth=earth),
        product=product_rule(layers),
        forest=forest_rule(context),
        work=context.work,
    )
    tables = {"land_cover_area": measurement.land_cover, "zone_pixels": measurement.zone_pixels}
    if "emissions" in layers:
        tables["pixel_emissions"] = measurement.pixel_emissions
    return tables


def product_rule(layers: Mapping[str, Sequence[Artifact]]) -> ProductRule:
    """Return how the product that gives the loss years codes its pixels, from the catalogue."""
    loss = layers["loss_year"][0]
    row, version = product(loss.product), loss.version or ""
    last_year = row.last_year(version)
    if last_year is None or row.base_year is None:
        raise ProjectError(
            f"product {loss.product} has no series of loss years",
            where=loss.address,
            remedy="take the loss years from a product of the catalogue that has versions and a base year",
        )
    emissions = layers["emissions"][0] if "emissions" in layers else None
    return ProductRule(
        product=loss.product,
        version=version,
        lattice=lattice_of(row.lattice),
        base_year=row.base_year,
        last_year=last_year,
        tree_cover_nodata=_codes(layers["tree_cover"][0]),
        loss_year_nodata=_codes(loss),
        datamask_nodata=_codes(layers["datamask"][0]) if "datamask" in layers else (),
        emissions_product=emissions.product if emissions else None,
        emissions_version=emissions.version if emissions else None,
        known_nodata={role: _header_nodata(items[0]) for role, items in layers.items()},
    )


def _codes(artifact: Artifact) -> tuple[int, ...]:
    return tuple(int(code) for code in product(artifact.product).layer(artifact.layer or "").nodata)


def _header_nodata(artifact: Artifact) -> tuple[float, ...]:
    layer = product(artifact.product).layer(artifact.layer or "")
    return (*layer.nodata, *layer.ignored_header_nodata)


def forest_rule(context: Context) -> ForestRule:
    """Return the project's forest definition as the raster room reads it.

    Raises:
        ProjectError: The project does not define forest.
    """
    forest = context.definition.forest_definition
    if forest is None:
        raise ProjectError(
            "forest cannot be measured without a forest definition",
            where=f"{context.project.file}, forest_definition",
            remedy="declare what counts as forest, with its document",
        )
    return ForestRule(
        min_tree_cover_percent=forest.min_tree_cover_percent,
        tree_cover_rule=forest.tree_cover_rule,
        min_area_um2=int(forest.min_area_ha * UM2_PER_HA),
        min_area_rule=forest.min_area_rule,
        connectivity=forest.connectivity,
        patch_extent=forest.patch_extent,
    )
