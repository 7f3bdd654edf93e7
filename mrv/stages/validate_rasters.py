"""The raster part of `mrv check`: products, versions, layers and years of every source, and the project's own products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mrv.errors import MrvError, ProjectError
from mrv.project import LoadedProject
from mrv.project_sources import Files, RasterTiles
from mrv.sources import raster_tiles
from mrv.sources.products import Catalogue, catalogue_of


@dataclass(frozen=True)
class Declared:
    """A raster layer of one year that a source declares."""

    source: str
    where: str
    product: str
    version: str
    layer: str
    year: int | None

    @property
    def identity(self) -> tuple[str, str, int | None]:
        """What may come from one source only."""
        return self.product, self.layer, self.year


def raster_problems(project: LoadedProject) -> Iterator[MrvError]:
    """Yield what is wrong with the rasters that a project declares."""
    try:
        catalogue = catalogue_of(project)
    except ProjectError as error:
        yield error
        return
    yield from _sources(project, catalogue)
    declared = list(declared_rasters(project, catalogue))
    yield from _versions(project, declared)
    yield from _twice(declared)
    yield from _unnamed(project, catalogue)
    yield from _transitions(project, declared)
    yield from _alerts_apart(declared, catalogue)


def raster_notes(project: LoadedProject) -> Iterator[str]:
    """Yield what of the rasters is not confirmed."""
    try:
        catalogue = catalogue_of(project)
    except ProjectError:
        return
    used = {item.product for item in declared_rasters(project, catalogue)}
    for row in (catalogue.products[name] for name in sorted(used & set(catalogue.products))):
        if not row.confirmed and row.note is not None:
            yield f"the row of product {row.product} is not confirmed: {row.note.en}"


def measures_forest(project: LoadedProject) -> bool:
    """Tell whether a source gives a layer of the forest loss series."""
    try:
        catalogue = catalogue_of(project)
    except ProjectError:
        return False
    products = catalogue.products
    return any(
        layer.layer == item.layer and layer.role is not None
        for item in declared_rasters(project, catalogue)
        if item.product in products
        for layer in products[item.product].layers
    )


def _sources(project: LoadedProject, catalogue: Catalogue) -> Iterator[ProjectError]:
    """Ask each source for what the catalogue lacks, as the pull would."""
    for position, source in enumerate(project.definition.sources):
        where = f"{project.file}, sources.{position} ({source.name})"
        try:
            if isinstance(source, RasterTiles):
                item = catalogue.product(source.product)
                item.version(source.version)
                raster_tiles.check_years(source, item)
        except ProjectError as error:
            error.where = where
            yield error
        for raster in source.rasters if isinstance(source, Files) else ():
            try:
                item = catalogue.product(raster.product)
                item.version(raster.version)
                years = () if raster.year is None else (raster.year,)
                item.check_years(version=raster.version, layer=raster.layer, years=years)
            except ProjectError as error:
                error.where = f"{where}, {raster.path}"
                yield error


def declared_rasters(project: LoadedProject, catalogue: Catalogue) -> Iterator[Declared]:
    """Yield every layer and year that the sources declare."""
    for source in project.definition.sources:
        where = f"{project.file}, sources ({source.name})"
        if isinstance(source, RasterTiles):
            row = catalogue.products.get(source.product)
            annual = {layer.layer for layer in row.layers if layer.annual} if row else set()
            for layer in dict.fromkeys(source.layers):
                for year in source.years if layer in annual else (None,):
                    yield Declared(source.name, where, source.product, source.version, layer, year)
        elif isinstance(source, Files):
            for raster in source.rasters:
                yield Declared(source.name, where, raster.product, raster.version, raster.layer, raster.year)


def _versions(project: LoadedProject, declared: list[Declared]) -> Iterator[ProjectError]:
    for name in sorted({item.product for item in declared}):
        versions = sorted({item.version for item in declared if item.product == name})
        if len(versions) > 1:
            yield ProjectError(
                "two versions of a product are declared",
                found=", ".join(f"{name} {version}" for version in versions),
                where=f"{project.file}, sources",
                remedy="keep one: loss years and classes of different versions are not comparable",
            )


def _alerts_apart(declared: list[Declared], catalogue: Catalogue) -> Iterator[ProjectError]:
    """Name layers of alert days without their layer of confidence, and the other way round."""
    given = {(item.product, item.layer, item.year) for item in declared}
    for item in declared:
        row = catalogue.products.get(item.product)
        pairs = {layer.layer: layer.confidence_layer for layer in row.layers if layer.confidence_layer} if row else {}
        partner = pairs.get(item.layer) or next((days for days, level in pairs.items() if level == item.layer), None)
        if partner is not None and (item.product, partner, item.year) not in given:
            yield ProjectError(
                "alerts need their days and their confidence",
                expected=f"the layer {partner} beside {item.layer}",
                found=", ".join(
                    sorted(layer for name, layer, year in given if (name, year) == (item.product, item.year))
                ),
                where=item.where,
                remedy=f"add the layer {partner} of {item.product} to the sources",
            )


def _transitions(project: LoadedProject, declared: list[Declared]) -> Iterator[ProjectError]:
    """Name wanted changes of classes of which a year is not among the rasters."""
    given = {item.identity for item in declared}
    for position, item in enumerate(project.definition.measurement.transitions):
        for year in (item.year_from, item.year_to):
            if (item.product, item.layer, year) not in given:
                yield ProjectError(
                    "a change of classes lacks one of its years",
                    expected=f"{item.product} {item.layer} {year} among the rasters of the sources",
                    where=f"{project.file}, measurement.transitions.{position}",
                    remedy="add the year to the source, or mend the transition",
                )


def _unnamed(project: LoadedProject, catalogue: Catalogue) -> Iterator[ProjectError]:
    """Name rasters whose classes stand in an attribute table that nobody gives; one of a layer's tiles is enough."""
    for source in project.definition.sources:
        rasters = source.rasters if isinstance(source, Files) else ()
        told = {(item.product, item.layer, item.year) for item in rasters if item.attribute_table}
        for raster in rasters:
            row = catalogue.products.get(raster.product)
            needed = row and any(item.layer == raster.layer and item.classes == "from_rat" for item in row.layers)
            if needed and (raster.product, raster.layer, raster.year) not in told:
                yield ProjectError(
                    "nobody says what the codes of a raster mean",
                    expected="its raster attribute table",
                    found="none",
                    where=f"{project.file}, sources ({source.name}), {raster.path}",
                    remedy="name the file's .aux.xml or .vat.dbf in attribute_table, or declare a product of the project's "
                    "own with the classes",
                )


def _twice(declared: list[Declared]) -> Iterator[ProjectError]:
    """Name layers that two sources give; several files of one `files` source are tiles of a layer."""
    for identity in dict.fromkeys(item.identity for item in declared):
        sources = list(dict.fromkeys(item.source for item in declared if item.identity == identity))
        if len(sources) > 1:
            product, layer, year = identity
            yield ProjectError(
                "two sources give the same layer",
                expected="each layer from one source",
                found=f"{product} {layer}{'' if year is None else f' {year}'} from {', '.join(sources)}",
                where=next(item.where for item in declared if item.identity == identity),
                remedy="take the layer out of one of them",
            )
