"""Connector `raster_tiles`: the tiles of a catalogue product that cover the project's zones."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.project import RasterTiles
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Fetcher, Wanted, base_of, fetching
from mrv.sources.product_rows import Product


def wanted(spec: RasterTiles, request: Request) -> list[Wanted]:
    """List the files that a request needs: every layer of every tile that the zones touch.

    Raises:
        ProjectError: The catalogue lacks the product, version or layer, or the product is taken from files only.
    """
    item = request.catalogue.product(spec.product)
    item.version(spec.version)
    if item.path is None:
        raise ProjectError(
            f"product {spec.product} cannot be fetched",
            where=f"source {spec.name}",
            remedy="give it as a raster of a `files` source",
        )
    years = check_years(spec, item)
    return [
        Wanted(
            dataset="raster",
            product=spec.product,
            version=spec.version,
            layer=layer.layer,
            year=year,
            address=_address(spec, layer.layer, year, str(parts["tile"])),
            path=item.path.format(version=spec.version, layer=layer.file or layer.layer, year=year, **parts),
            kind="tiff",
            licence=item.licence,
            citation=item.citation,
        )
        for layer in map(item.layer, spec.layers)
        for year in (years if layer.annual else (None,))
        for parts in item.tile_parts(request.bounds)
    ]


def check_years(spec: RasterTiles, item: Product) -> tuple[int, ...]:
    """Return the years of the source's annual layers; none where it takes no such layer.

    Raises:
        ProjectError: A layer or year is named twice, or the years do not fit the layers.
    """
    if len(set(spec.layers)) != len(spec.layers):
        raise ProjectError(
            f"a layer of {spec.product} is named twice",
            found=", ".join(spec.layers),
            where=f"source {spec.name}",
            remedy="keep one",
        )
    annual = [name for name in spec.layers if item.layer(name).annual]
    for name in annual or spec.layers[:1]:
        item.check_years(version=spec.version, layer=name, years=spec.years)
    return spec.years


def _address(spec: RasterTiles, layer: str, year: int | None, tile: str) -> str:
    return "/".join([spec.product, spec.version, layer, *([] if year is None else [str(year)]), tile])


def opened(spec: RasterTiles, request: Request) -> AbstractContextManager[Fetcher]:
    """Return a fetcher for the files of the source."""
    return fetching(
        request,
        source=spec.name,
        base=base_of(spec.name, request.catalogue.product(spec.product).base_url, request.settings),
        remedy="check the version in project.yaml and the address of the source or its mirror, then pull again",
    )


def pull(spec: RasterTiles, request: Request) -> list[Artifact]:
    """See `Connector.pull`."""
    files = wanted(spec, request)
    with opened(spec, request) as fetcher:
        return fetcher.fetch_large(files, label=f"{spec.name}: {spec.product} {spec.version}")


def parse(spec: RasterTiles, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """Rasters become tables by measuring, not here."""
    del spec, artifacts, request
    return {}
