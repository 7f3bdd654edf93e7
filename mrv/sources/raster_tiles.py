"""Connector `raster_tiles`: the tiles of a catalogue product that cover the project's zones."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.project_sources import RasterTiles
from mrv.sources.addresses import NO_SECRET, secret_or_mirror
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import KEY_HEADER, Fetcher, Wanted, base_of, fetching
from mrv.sources.product_rows import Product
from mrv.sources.snapshots import frozen, series_of, settling


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
    window = request.window
    return [
        Wanted(
            dataset="raster",
            product=spec.product,
            version=spec.version,
            layer=layer.layer,
            year=year,
            address=series_of(_address(spec, layer.layer, year, str(parts["tile"])), window)
            if layer.kind == "alert"
            else _address(spec, layer.layer, year, str(parts["tile"])),
            snapshot_for=settling(request) if layer.kind == "alert" else None,
            path=item.file_path(version=spec.version, layer=layer.layer, year=year, tile=parts),
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
    item = request.catalogue.product(spec.product)
    base = base_of(spec.name, item.base_url, request.settings)
    secret, remedy = (
        None,
        "check the version in project.yaml and the address of the source or its mirror, then pull again",
    )
    if item.api_key is not None:
        key, variable = getattr(request.settings, item.api_key), f"MRV_{item.api_key.upper()}"
        secret = secret_or_mirror(
            key.get_secret_value() if key else None, base=base, variable=variable, source=spec.name
        )
        remedy = f"check {variable} (the key may have ended: ask the source for a new one); {remedy}"
    return fetching(
        request,
        source=spec.name,
        base=base,
        remedy=remedy,
        secret=secret,
        headers={KEY_HEADER: secret} if secret and secret != NO_SECRET else None,
    )


def pull(spec: RasterTiles, request: Request) -> list[Artifact]:
    """See `Connector.pull`; alerts that were retrieved when they had settled are not asked for again."""
    files = wanted(spec, request)
    kept = {item.address: frozen(request, item.address) for item in files if item.snapshot_for}
    missing = [item for item in files if kept.get(item.address) is None]
    if missing:
        with opened(spec, request) as fetcher:
            came = fetcher.fetch_large(missing, label=f"{spec.name}: {spec.product} {spec.version}")
        kept |= {item.address: artifact for item, artifact in zip(missing, came, strict=True)}
    return [artifact for item in files if (artifact := kept[item.address])]


def parse(spec: RasterTiles, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """Rasters become tables by measuring, not here."""
    del spec, artifacts, request
    return {}
