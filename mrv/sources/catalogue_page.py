"""The raster catalogue as a page of the documentation, written from its rows: `make dictionary`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mrv.settings import REPOSITORY
from mrv.sources.product_layers import Layer
from mrv.sources.product_rows import Product, spans
from mrv.sources.products import builtin
from mrv.sources.tiling import Tiling

TARGET = REPOSITORY / "docs" / "raster-catalogue.md"
HEAD = """# The raster catalogue

Every raster product that the platform knows. Made by `make dictionary` from `mrv/sources/catalogue`; do not edit. The
[guide to rasters](guide/rasters.md) says how a project takes one of them, or declares its own.
"""


def catalogue_page() -> str:
    """Return the page as Markdown: an overview, then one section a product."""
    rows = sorted(builtin().products.values(), key=lambda row: row.product)
    overview = ["| product | what it is | layers | confirmed |", "|---|---|---|---|"]
    for row in rows:
        kinds = ", ".join(f"`{layer.layer}` ({layer.kind})" for layer in row.layers)
        overview.append(f"| `{row.product}` | {row.name.en} | {kinds} | {'yes' if row.confirmed else 'see its note'} |")
    return "\n".join([HEAD, *overview, "", *(line for row in rows for line in _section(row))])


def _section(row: Product) -> Iterator[str]:
    yield from (f"## `{row.product}`", "", f"{row.name.en}", "", f"*{row.name.es}*", "")
    grid = row.lattice
    origin = "the file's own origin" if grid.west is None else f"from {grid.west}, {grid.north}"
    yield f"Grid: {grid.crs}, pixels of {grid.pixel_width} by {grid.pixel_height}, {origin}. {_tiles(row)}"
    yield ""
    for version in row.versions:
        years = f", years {spans(version.all_years)}" if version.years else ""
        shows = f", shows {version.year}" if version.year else ""
        last = f", codes to {version.last_year}" if version.last_year else ""
        yield f"- version `{version.version}`{years}{shows}{last}"
    if not row.versions:
        yield "- any version, as declared"
    yield from ("", f"Licence: {row.licence}. Citation: {row.citation.strip().rstrip('.')}.", "")
    if row.note:
        yield from (row.note.en.strip(), "", f"*{row.note.es.strip()}*", "")
    yield from ("| layer | what it holds | kind | pixels | nodata | years |", "|---|---|---|---|---|---|")
    for layer in row.layers:
        nodata = ", ".join(f"{value:g}" for value in layer.nodata) or "none"
        pixels = f"{layer.dtype}, {layer.unit}" + (f", step {layer.step}" if layer.step else "")
        yield (
            f"| `{layer.layer}` | {layer.name.en} / *{layer.name.es}* | {layer.kind} | {pixels} | {nodata} "
            f"| {'one raster a year' if layer.annual else ''} |"
        )
    yield ""
    for layer in row.layers:
        yield from _codes(layer)


def _tiles(row: Product) -> str:
    if row.tiling is None:
        return "Given as files."
    if isinstance(row.tiling, Tiling):
        corner = row.tiling.named_by.replace("_", "-")
        degrees = "1 degree" if row.tiling.tile_deg == 1 else f"{row.tiling.tile_deg} degrees"
        tiles = f"Tiles of {degrees}, named `{row.tiling.name}` by their {corner} corner"
    else:
        tiles = "One file"
    address = "no address of its own: files or a mirror" if row.base_url is None else f"from `{row.base_url}`"
    return f"{tiles}, {address}."


def _codes(layer: Layer) -> Iterator[str]:
    if layer.classes == "from_rat":
        yield from (f"The codes of `{layer.layer}` are read from the raster attribute table of the file.", "")
    elif layer.classes or layer.year_codes:
        yield from (f"Codes of `{layer.layer}`:", "", "| code | meaning | significado |", "|---|---|---|")
        for item in layer.classes:
            note = ("", "") if item.note is None else (f" ({item.note.en})", f" ({item.note.es})")
            yield f"| {item.value} | {item.name.en}{note[0]} | {item.name.es}{note[1]} |"
        if layer.year_codes:
            first = layer.year_codes.first - layer.year_codes.base
            yield f"| {first} and on | {layer.year_codes.name.en} | {layer.year_codes.name.es} |"
        yield ""
    elif layer.encoding is not None:
        confidences = ", ".join(f"{code} {name}" for code, name in sorted(layer.confidences.items()))
        epoch = f", days since {layer.epoch}" if layer.epoch else ""
        epoch += f", alerts from {layer.first_day}" if layer.first_day else ""
        yield from (
            f"Encoding of `{layer.layer}`: `{layer.encoding}`{epoch}{f'; confidence {confidences}' if confidences else ''}.",
            "",
        )


@click.command()
def main() -> None:
    """Write docs/raster-catalogue.md anew."""
    TARGET.write_text(catalogue_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
