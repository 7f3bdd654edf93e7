"""The map from which a sample is drawn: its files, pulled as a run pulls them, and the frame of pixels in the sampled zones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely

from mrv.boundaries import Zone
from mrv.errors import ProjectError
from mrv.project import Files, ForestDefinition, RasterTiles, SourceSpec
from mrv.project_sampling import ClassMap, Sampling
from mrv.sources.product_layers import Role
from mrv.sources.products import Catalogue
from mrv.sources.sample_design_files import DesignGrid, DesignMap, DesignZone, MapFile
from mrv.stages.context import Context
from mrv.stages.land import pull
from mrv.stages.measure import forest_rule, naming_files, product_rule
from mrv.stages.rasters import RasterLayer, RasterSet, group_rasters

if TYPE_CHECKING:
    from raster.grid import Lattice
    from raster.rules import Region
    from raster.sampling_frame import Frame, FrameRule

GAIN_LAYER = "gain"
"""Layer of the product of the loss series that maps gain, where a project pulls it."""
LOSS_ROLES: tuple[Role, ...] = ("tree_cover", "loss_year", "datamask")


@dataclass(frozen=True)
class SampledMap:
    """The map of a design, and all that decides which pixel belongs to which stratum.

    Attributes:
        frame: Its pixels by stratum.
        map: Product, version and files.
        grid: Grid of the pixels.
        first_year: First year of change.
        last_year: Last year of change.
        sampled_zones: Ids of the zones whose pixels are sampled.
        boundaries: These zones and the project's strata, as they are drawn now.
    """

    frame: Frame
    map: DesignMap
    grid: DesignGrid
    first_year: int
    last_year: int
    sampled_zones: tuple[str, ...]
    boundaries: tuple[DesignZone, ...]


def years_of(context_years: Sequence[int], spec: Sampling) -> tuple[int, int]:
    """Return first and last year of change: as declared, or those that the period touches."""
    first = min(context_years) if spec.first_year is None else spec.first_year
    last = max(context_years) if spec.last_year is None else spec.last_year
    return first, last


def sampled_zones(zones: Sequence[Zone], spec: Sampling) -> list[Zone]:
    """Return the zones that a design samples: those named, or every project area and leakage belt."""
    if spec.zones:
        return [zone for zone in zones if zone.zone_id in spec.zones]
    return [zone for zone in zones if zone.kind in ("project_area", "leakage_belt")]


def map_sources(sources: Sequence[SourceSpec], spec: Sampling, catalogue: Catalogue) -> list[SourceSpec]:
    """Return the sources that give the map of a design; others need not be reached to draw it."""
    return [source for source in sources if any(_of_map(*layer, spec, catalogue) for layer in _layers(source))]


def _layers(source: SourceSpec) -> list[tuple[str, str]]:
    if isinstance(source, RasterTiles):
        return [(source.product, layer) for layer in source.layers]
    return [(item.product, item.layer) for item in source.rasters] if isinstance(source, Files) else []


def _of_map(product: str, layer: str, spec: Sampling, catalogue: Catalogue) -> bool:
    if spec.class_map is not None:
        return (product, layer) == (spec.class_map.product, spec.class_map.layer)
    row = catalogue.product(product)
    return row.layer(layer).role in LOSS_ROLES or (
        layer == GAIN_LAYER and any(item.role == "loss_year" for item in row.layers)
    )


def survey_map(context: Context, spec: Sampling) -> SampledMap:
    """Pull the map of a design and survey its pixels in the sampled zones.

    Raises:
        ProjectError: The project does not declare the map, a zone or forest, or the years lie outside the map.
        SourceError: A source cannot be reached or sends something unusable.
        InputError: A file cannot be used.
    """
    specs = map_sources(context.definition.sources, spec, context.catalogue)
    artifacts = [artifact for source in specs for artifact in pull(context, source).artifacts]
    rasters = group_rasters(context, artifacts)
    zones = sampled_zones(context.zones, spec)
    years = years_of([part.year for part in context.period.vintages], spec)
    with naming_files(context, artifacts):
        survey = _survey_loss if spec.class_map is None else _survey_classes
        frame, described, lattice = survey(context, spec, rasters, _region(context, zones), years)
    strata = [zone for zone in context.zones if zone.kind == "stratum" and zone not in zones]
    return SampledMap(
        frame=frame,
        map=described,
        grid=_grid(lattice),
        first_year=years[0],
        last_year=years[1],
        sampled_zones=tuple(zone.zone_id for zone in zones),
        boundaries=tuple(_boundary(zone) for zone in sorted([*zones, *strata], key=lambda zone: zone.zone_id)),
    )


def _region(context: Context, zones: Sequence[Zone]) -> Region:
    """Return the sampled zones with the project's strata; a unit belongs to the zone that its centre lies in."""
    from raster.rules import Shape

    shapes = [Shape(zone.zone_id, zone.geometry) for zone in zones]
    return replace(context.region, zones=shapes, pixel_rule="centre")


def _rule(spec: Sampling, years: tuple[int, int]) -> FrameRule:
    from raster.sampling_frame import FrameRule

    return FrameRule(
        first_year=years[0],
        last_year=years[1],
        loss_buffer_pixels=spec.loss_buffer_pixels,
        by_zone=spec.by_zone,
        by_stratum=spec.by_stratum,
    )


def _survey_loss(
    context: Context, spec: Sampling, rasters: RasterSet, region: Region, years: tuple[int, int]
) -> tuple[Frame, DesignMap, Lattice]:
    from raster.rules import LossLayers
    from raster.sampling_frame import survey_loss_frame

    layers: dict[str, RasterLayer] = {role: rasters.loss[role] for role in LOSS_ROLES if role in rasters.loss}
    if "tree_cover" not in layers or "loss_year" not in layers:
        raise ProjectError(
            "the project has no forest loss series to draw a sample from",
            expected="layers of tree cover and of loss years in a source",
            where=f"{context.project.file}, sampling ({spec.id})",
            remedy="add the source, or name a class_map",
        )
    product = product_rule({role: list(layer.artifacts) for role, layer in layers.items()})
    loss = layers["loss_year"]
    gain = [item for item in rasters.classes if (item.product, item.layer.layer) == (loss.product, GAIN_LAYER)]
    frame = survey_loss_frame(
        LossLayers(**{role: tuple(layer.paths(context)) for role, layer in layers.items()}),
        region,
        product=product,
        forest=forest_rule(context),
        rule=_rule(spec, years),
        gain=tuple(path for layer in gain for path in layer.paths(context)),
        work=context.work,
    )
    return frame, _described(loss, [*layers.values(), *gain], context.definition.forest_definition), product.lattice


def _survey_classes(
    context: Context, spec: Sampling, rasters: RasterSet, region: Region, years: tuple[int, int]
) -> tuple[Frame, DesignMap, Lattice]:
    from raster.sampling_frame import survey_class_frame

    wanted = spec.class_map
    assert isinstance(wanted, ClassMap)  # noqa: S101 - the caller chose by it
    found = [
        layer
        for layer in rasters.classes
        if (layer.product.product, layer.layer.layer) == (wanted.product, wanted.layer)
        and wanted.year in (None, layer.year)
    ]
    if len(found) != 1:
        raise ProjectError(
            "the class map of a sample is not one layer of the sources",
            expected=f"{wanted.product} {wanted.layer} {wanted.year or ''}".strip(),
            found=", ".join(layer.name for layer in found) or "no such layer",
            where=f"{context.project.file}, sampling ({spec.id})",
            remedy="declare its source, and the year where there are several",
        )
    layer, lattice = found[0], found[0].lattice(context)
    frame = survey_class_frame(
        tuple(layer.paths(context)),
        region,
        lattice=lattice,
        classes={**wanted.classes},
        nodata=tuple(int(code) for code in layer.layer.nodata),
        rule=_rule(spec, years),
        band=layer.band,
        work=context.work,
    )
    return frame, _described(layer, [layer], None), lattice


def _described(main: RasterLayer, layers: Sequence[RasterLayer], forest: ForestDefinition | None) -> DesignMap:
    files = [
        MapFile(layer=layer.layer.layer, year=layer.year, address=item.address, sha256=item.sha256)
        for layer in layers
        for item in layer.artifacts
    ]
    return DesignMap(
        product=main.product.product,
        version=main.version,
        forest_definition=forest,
        files=tuple(sorted(files, key=lambda item: (item.layer, item.address))),
    )


def _grid(lattice: Lattice) -> DesignGrid:
    return DesignGrid(
        crs=lattice.crs,
        west=str(lattice.west),
        north=str(lattice.north),
        pixel_width=str(lattice.pixel_width),
        pixel_height=str(lattice.pixel_height),
        transformation=lattice.transformation,
    )


def _boundary(zone: Zone) -> DesignZone:
    return DesignZone(
        zone_id=zone.zone_id,
        kind=zone.kind,
        boundary_version=zone.boundary_version,
        geometry_sha256=hashlib.sha256(shapely.to_wkb(shapely.normalize(zone.geometry))).hexdigest(),
    )
