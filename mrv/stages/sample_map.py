"""The map from which a sample is drawn: its files, pulled as a run pulls them, and the frame of pixels in the sampled zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mrv.boundaries import Zone
from mrv.errors import ProjectError
from mrv.project import ForestDefinition
from mrv.project_sampling import ClassMap, Sampling
from mrv.project_sources import Files, RasterTiles, SourceSpec
from mrv.sources.product_layers import Role
from mrv.sources.products import Catalogue
from mrv.sources.sample_design_files import DesignGrid, DesignMap, MapFile
from mrv.stages.context import Context
from mrv.stages.land import pull
from mrv.stages.measure import forest_rule, naming_files, product_rule
from mrv.stages.rasters import RasterLayer, RasterSet, group_rasters
from mrv.stages.sample_ground import Ground, sampled_zones

if TYPE_CHECKING:
    from raster.grid import Lattice
    from raster.rules import Region
    from raster.sampling_frame import Frame, FrameRule

GAIN_LAYER = "gain"
"""Layer of the product of the loss series that maps gain, where a project pulls it."""
LOSS_ROLES: tuple[Role, ...] = ("tree_cover", "loss_year", "datamask")


@dataclass(frozen=True)
class SampledMap:
    """The map of a design, and the ground that it stands on.

    Attributes:
        frame: Its pixels by stratum.
        map: Product, version and files.
        grid: Grid of the pixels.
        ground: Period, years, zones and forest.
    """

    frame: Frame
    map: DesignMap
    grid: DesignGrid
    ground: Ground


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
    ground = Ground.of(context.project, context.zones, spec)
    region = _region(context, sampled_zones(context.zones, spec))
    with naming_files(context, artifacts):
        survey = _survey_loss if spec.class_map is None else _survey_classes
        frame, described, lattice = survey(context, spec, rasters, region, ground.years)
    return SampledMap(frame, described, _grid(lattice), ground)


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

    layers = _loss_layers(rasters)
    if "tree_cover" not in layers or "loss_year" not in layers:
        raise ProjectError(
            "the project has no forest loss series to draw a sample from",
            expected="layers of tree cover and of loss years in a source",
            where=f"{context.project.file}, sampling ({spec.id})",
            remedy="add the source, or name a class_map",
        )
    product = product_rule({role: list(layer.artifacts) for role, layer in layers.items()})
    loss = layers["loss_year"]
    gain = _gain_layers(rasters)
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
    found = _class_layers(rasters, wanted)
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


def map_sha256(rasters: RasterSet, spec: Sampling) -> str | None:
    """Return the hash over the files that a run has of a design's map, as `DesignMap.sha256`; None where it has none."""
    if spec.class_map is not None:
        layers = _class_layers(rasters, spec.class_map)
    else:
        layers = [*_loss_layers(rasters).values(), *_gain_layers(rasters)]
    return _described(layers[0], layers, None).sha256 if layers else None


def _loss_layers(rasters: RasterSet) -> dict[str, RasterLayer]:
    return {role: rasters.loss[role] for role in LOSS_ROLES if role in rasters.loss}


def _gain_layers(rasters: RasterSet) -> list[RasterLayer]:
    if "loss_year" not in rasters.loss:
        return []
    product = rasters.loss["loss_year"].product
    return [item for item in rasters.classes if (item.product, item.layer.layer) == (product, GAIN_LAYER)]


def _class_layers(rasters: RasterSet, wanted: ClassMap) -> list[RasterLayer]:
    return [
        layer
        for layer in rasters.classes
        if (layer.product.product, layer.layer.layer) == (wanted.product, wanted.layer)
        and wanted.year in (None, layer.year)
    ]


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
