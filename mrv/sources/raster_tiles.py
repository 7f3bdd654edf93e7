"""Connector `raster_tiles`: the tiles of a catalogue product that cover the project's zones."""

from __future__ import annotations

from collections.abc import Sequence

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.project import RasterTiles
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.products import product


def wanted(spec: RasterTiles, request: Request) -> list[Wanted]:
    """List the files that a request needs: every layer of every tile that the zones touch.

    Raises:
        ProjectError: The catalogue lacks the product, version or layer, or the product is taken from files only.
    """
    item = product(spec.product)
    item.last_year(spec.version)
    if item.path is None:
        raise ProjectError(
            f"product {spec.product} cannot be fetched",
            where=f"source {spec.name}",
            remedy="give it as a raster of a `files` source",
        )
    return [
        Wanted(
            dataset="raster",
            product=spec.product,
            version=spec.version,
            layer=item.layer(layer).layer,
            address=f"{spec.product}/{spec.version}/{layer}/{tile}",
            path=item.path.format(version=spec.version, layer=layer, tile=tile),
            kind="tiff",
            licence=item.licence,
            citation=item.citation,
        )
        for layer in spec.layers
        for tile in item.tiles_for(request.bounds)
    ]


def pull(spec: RasterTiles, request: Request) -> list[Artifact]:
    """See `Connector.pull`."""
    files = wanted(spec, request)
    base = base_of(spec.name, product(spec.product).base_url or "", request.settings)
    with fetching(
        request,
        source=spec.name,
        base=base,
        remedy="check the version in project.yaml and the address of the source or its mirror, then pull again",
    ) as fetcher:
        return fetcher.fetch_large(files, label=f"{spec.name}: {spec.product} {spec.version}")


def parse(spec: RasterTiles, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """Rasters become tables by measuring, not here."""
    del spec, artifacts, request
    return {}
