"""Maps for people and for a GIS: forest and the year of its loss as a COG with colours, and pictures with a legend."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from mrv.files import write_bytes
from raster.area import WGS84, EarthModel
from raster.bands import Layers
from raster.cog import BLOCK, RasterClass, write_class_cog
from raster.forest_years import KEPT, OPEN, UNSEEN, Years, forest_years
from raster.grid import Bounds, Window
from raster.letters import ABOVE, HEIGHT, LETTER_PIXELS, words
from raster.picture import png
from raster.rules import ForestRule, LossLayers, ProductRule

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]
PAPER, INK = (255, 255, 255), (38, 38, 38)
SAND, PALE_GREEN, GREEN, GREY = (240, 236, 224), (172, 200, 178), (74, 128, 98), (200, 200, 200)
EARLY, LATE = (250, 218, 142), (122, 16, 44)
"""Loss goes from light yellow to dark red: its order is seen by lightness alone."""
_GEOD = Geod(ellps="WGS84")
_LINE, _GAP, _INDENT = (ABOVE + HEIGHT) * 2 + 6, 12, 50


def year_colour(place: int, count: int) -> Colour:
    """Return the colour of the year at a place (from 0) among `count` years, from light to dark."""
    share = place / max(1, count - 1)
    red, green, blue = (round(low + (high - low) * share) for low, high in zip(EARLY, LATE, strict=True))
    return red, green, blue


def write_forest_years(
    files: LossLayers,
    destination: Path,
    *,
    window: Window,
    product: ProductRule,
    forest: ForestRule,
    last_year: int,
    earth: EarthModel = WGS84,
) -> Window:
    """Write forest and the year of its loss as a COG of classes: 0 no forest, year after the base year, 254 forest.

    Small patches of forest are taken out as the forest definition says, where it measures patches in the landscape.

    Args:
        files: Tiles of one product version.
        destination: The file to write; replaced as a whole.
        window: What to show; what lies beyond the bounds of all tiles is left out.
        product: Codes and grid.
        forest: What is forest.
        last_year: Last year of loss to show; what was lost later is forest.
        earth: The ellipsoid.

    Returns:
        The window written.

    Raises:
        InputError: A tile cannot be used.
        StoreError: The file could not be written.
    """
    layers = Layers.open(files, product, forest, earth)
    kept = layers.loss_year.extent.intersection(window) or window
    codes = range(1, min(last_year, product.last_year) - product.base_year + 1)
    classes = {
        OPEN: RasterClass(("Not forest", "No es bosque"), SAND),
        **{
            code: RasterClass(
                (f"Forest lost in {product.base_year + code}", f"Bosque perdido en {product.base_year + code}"),
                year_colour(code - 1, len(codes)),
            )
            for code in codes
        },
        KEPT: RasterClass(("Forest", "Bosque"), GREEN),
        UNSEEN: RasterClass(("Not observed", "No observado"), GREY),
    }

    def rows() -> Iterator[Pixels]:
        for top in range(0, kept.height, BLOCK):
            part = Window(kept.row + top, kept.col, min(BLOCK, kept.height - top), kept.width)
            years = forest_years(layers, part)
            years[(years >= codes.stop) & (years < KEPT)] = KEPT
            yield years

    write_class_cog(destination, rows(), lattice=product.lattice, window=kept, classes=classes, nodata=UNSEEN)
    return kept


@dataclass(frozen=True)
class Mark:
    """Points of one kind on a map.

    Attributes:
        places: Longitude and latitude of each, shape (n, 2).
        colour: Their colour.
        name: In English and Spanish, for the legend.
        size: Side of a mark, picture pixels.
    """

    places: NDArray[np.float64]
    colour: Colour
    name: tuple[str, str]
    size: int = 3


@dataclass(frozen=True)
class Sheet:
    """What a map shows beside its ground.

    Attributes:
        title: In English and Spanish.
        note: Where the data come from and what a dot means, a sentence a line, in English and Spanish.
        years: Years of loss that have a colour each; of other years loss is one colour. None shows no loss at all.
        outlines: Borders with their colour.
        border: Name of what the outlines are, in English and Spanish.
        marks: Points.
    """

    title: tuple[str, str]
    note: tuple[str, ...]
    years: range | None
    outlines: Sequence[tuple[BaseGeometry, Colour]]
    border: tuple[str, str]
    marks: Sequence[Mark] = field(default=())


@dataclass(frozen=True)
class Ground:
    """The codes of `raster.forest_years`, brought to the size of a picture.

    Attributes:
        forest: Share of forest of each block at the end, shape (rows, columns).
        last: Code of the latest loss shown in each block, 0 for none; the same shape.
        unseen: Whether nothing of the block was observed.
        base_year: The year that code 0 stands for.
        bounds: West, south, east, north of the blocks.
    """

    forest: NDArray[np.float32]
    last: Pixels
    unseen: NDArray[np.bool_]
    base_year: int
    bounds: Bounds


def ground(cog: Path, *, base_year: int, width: int = 900) -> Ground:
    """Read a COG of `write_forest_years` by blocks: a block shows loss where any of its pixels was lost.

    Args:
        cog: The file.
        base_year: The year that code 0 stands for.
        width: Largest width, blocks.
    """
    import rioxarray  # noqa: F401 - gives xarray its engine and the accessor `rio`
    import xarray

    forest, last, unseen = [], [], []
    with xarray.open_dataarray(cog, engine="rasterio", mask_and_scale=False) as array:
        block = max(1, math.ceil(array.rio.width / width))
        strip = block * max(1, BLOCK // block)
        for top in range(0, array.rio.height, strip):
            years: Years = array.isel(band=0, y=slice(top, top + strip)).to_numpy()
            height, columns = -(-years.shape[0] // block), -(-years.shape[1] // block)
            padding = ((0, height * block - years.shape[0]), (0, columns * block - years.shape[1]))
            cells = np.pad(years, padding, constant_values=UNSEEN).reshape(height, block, columns, block)
            forest.append((cells == KEPT).mean(axis=(1, 3), dtype=np.float32))
            last.append(np.where(cells < KEPT, cells, 0).max(axis=(1, 3)))
            unseen.append((cells == UNSEEN).all(axis=(1, 3)))
        west, south, east, north = array.rio.bounds()
        side_x, side_y = (east - west) / array.rio.width * block, (north - south) / array.rio.height * block
    shares = np.concatenate(forest)
    edges = (west, north - side_y * shares.shape[0], west + side_x * shares.shape[1], north)
    return Ground(shares, np.concatenate(last), np.concatenate(unseen), base_year, edges)


def draw_map(base: Ground, destination: Path, sheet: Sheet) -> None:
    """Draw a map with title, legend, scale bar and north arrow as a PNG.

    Args:
        base: Forest and loss.
        destination: Where the PNG goes.
        sheet: What to show.
    """
    palette = _Palette()
    picture = _ground_pixels(base, sheet, palette)
    for geometry, colour in sheet.outlines:
        _outline(picture, base.bounds, geometry, palette.index(colour))
    for mark in sheet.marks:
        _points(picture, base.bounds, mark, palette.index(mark.colour))
    _north_arrow(picture, palette)
    _scale_bar(picture, base.bounds, palette)
    panel = _legend(sheet, _entries(base, sheet), picture.shape[1], palette)
    write_bytes(destination, png(np.concatenate([picture, panel]), palette.colours))


class _Palette:
    """Colours by the order in which they are first used; white is the first."""

    def __init__(self) -> None:
        self.colours: list[Colour] = [PAPER]

    def index(self, colour: Colour) -> int:
        if colour not in self.colours:
            self.colours.append(colour)
        return self.colours.index(colour)


def _ground_pixels(base: Ground, sheet: Sheet, palette: _Palette) -> Pixels:
    picture = np.full(base.forest.shape, palette.index(SAND), dtype=np.uint8)
    picture[base.forest >= 0.25] = palette.index(PALE_GREEN)
    picture[base.forest >= 0.75] = palette.index(GREEN)
    if sheet.years is not None:
        picture[base.last > 0] = palette.index(SAND)
        for place, year in enumerate(sheet.years):
            picture[base.last == year - base.base_year] = palette.index(year_colour(place, len(sheet.years)))
    picture[base.unseen] = palette.index(GREY)
    return picture


def _entries(base: Ground, sheet: Sheet) -> list[tuple[Colour, tuple[str, str]]]:
    lost = [
        (year_colour(place, len(sheet.years)), (f"Forest lost in {year}", f"Bosque perdido en {year}"))
        for place, year in enumerate(sheet.years or ())
        if sheet.years is not None
    ]
    entries = [(GREEN, ("Forest", "Bosque")), (PALE_GREEN, ("Some forest", "Algo de bosque"))]
    entries += [(SAND, ("Other land, older loss", "Otra tierra, pérdida anterior")), *lost]
    entries += [(mark.colour, mark.name) for mark in sheet.marks]
    if sheet.outlines:
        entries.append((sheet.outlines[0][1], sheet.border))
    return [*entries, (GREY, ("Not observed", "No observado"))] if base.unseen.any() else entries


def _places(bounds: Bounds, shape: tuple[int, ...], coordinates: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return rows and columns of points, shape (n, 2), those outside left out."""
    west, south, east, north = bounds
    rows = np.floor((north - coordinates[:, 1]) / (north - south) * shape[0]).astype(np.int64)
    columns = np.floor((coordinates[:, 0] - west) / (east - west) * shape[1]).astype(np.int64)
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return np.stack([rows[inside], columns[inside]], axis=1)


def _outline(picture: Pixels, bounds: Bounds, geometry: BaseGeometry, colour: int) -> None:
    step = (bounds[2] - bounds[0]) / picture.shape[1] / 2
    line = shapely.get_coordinates(shapely.segmentize(shapely.boundary(geometry), step))
    _square(picture, _places(bounds, picture.shape, line), 2, colour)


def _points(picture: Pixels, bounds: Bounds, mark: Mark, colour: int) -> None:
    _square(picture, _places(bounds, picture.shape, mark.places), mark.size, colour)


def _square(picture: Pixels, places: NDArray[np.int64], size: int, colour: int) -> None:
    for down in range(size):
        for right in range(size):
            rows = np.clip(places[:, 0] + down - size // 2, 0, picture.shape[0] - 1)
            picture[rows, np.clip(places[:, 1] + right - size // 2, 0, picture.shape[1] - 1)] = colour


def _write(picture: Pixels, text: str, *, row: int, column: int, colour: int) -> None:
    """Write a line; what does not fit is cut off."""
    letters = words(text)
    letters = letters[: picture.shape[0] - row, : max(0, picture.shape[1] - column)]
    target = picture[row : row + letters.shape[0], column : column + letters.shape[1]]
    target[letters] = colour


def _north_arrow(picture: Pixels, palette: _Palette) -> None:
    row, column = _GAP, picture.shape[1] - 40
    if column < 0 or picture.shape[0] < 80:
        return
    picture[row : row + 56, column : column + 28] = palette.index(PAPER)
    ink = palette.index(INK)
    for line in range(26):
        half = line * 10 // 26
        picture[row + 4 + line, column + 14 - half : column + 15 + half] = ink
    _write(picture, "N", row=row + 32, column=column + 9, colour=ink)


def _scale_bar(picture: Pixels, bounds: Bounds, palette: _Palette) -> None:
    west, south, east, north = bounds
    middle = (south + north) / 2
    km_per_pixel = _GEOD.inv(west, middle, east, middle)[2] / 1000 / picture.shape[1]
    most = km_per_pixel * picture.shape[1] / 5
    magnitude = 10.0 ** math.floor(math.log10(most))
    length_km = max(factor * magnitude for factor in (1, 2, 5) if factor * magnitude <= most * 1.0000001)
    length = round(length_km / km_per_pixel)
    row, column = picture.shape[0] - 34, _GAP
    if row < 0 or length + 100 > picture.shape[1]:
        return
    text = words(f"{length_km:g} km")
    picture[row - 4 : row + 26, column - 4 : column + length + text.shape[1] + 14] = palette.index(PAPER)
    ink = palette.index(INK)
    picture[row + 10 : row + 14, column : column + length] = ink
    picture[row + 4 : row + 14, [column, column + 1, column + length - 2, column + length - 1]] = ink
    _write(picture, f"{length_km:g} km", row=row, column=column + length + 8, colour=ink)


def _legend(sheet: Sheet, entries: Sequence[tuple[Colour, tuple[str, str]]], width: int, palette: _Palette) -> Pixels:
    """Return the panel below a map: title, what each colour is, and notes, each in English and Spanish."""
    lines: list[tuple[Colour | None, str]] = [
        (None, part) for text in sheet.title for part in _fold(text, width - 2 * _GAP)
    ]
    for colour, name in entries:
        first, *rest = _fold(" / ".join(name), width - _INDENT - _GAP)
        lines += [(colour, first), *((PAPER, part) for part in rest)]
    lines += [(None, part) for text in sheet.note for part in _fold(text, width - 2 * _GAP)]
    panel = np.full((len(lines) * _LINE + 2 * _GAP, width), palette.index(PAPER), dtype=np.uint8)
    ink = palette.index(INK)
    for number, (swatch, text) in enumerate(lines):
        row = _GAP + number * _LINE
        if swatch is not None and swatch != PAPER:
            panel[row + 2 : row + _LINE - 4, _GAP : _GAP + 28] = ink
            panel[row + 3 : row + _LINE - 5, _GAP + 1 : _GAP + 27] = palette.index(swatch)
        _write(panel, text, row=row, column=_GAP if swatch is None else _INDENT, colour=ink)
    return panel


def _fold(text: str, width: int) -> list[str]:
    """Break a text into lines that fit."""
    return textwrap.wrap(text, max(1, width // LETTER_PIXELS)) or [""]
