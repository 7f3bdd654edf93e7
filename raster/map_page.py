"""A page with a map for people: title, map with graticule, legend, scale bar, north arrow and notes, as a PNG."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from mrv.files import write_bytes
from raster.grid import Bounds
from raster.maps import GREEN, GREY, INK, PALE_GREEN, PAPER, SAND, Colour, Ground, Pixels, year_colour
from raster.paper import Paper, own_settings, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

Both = tuple[str, str]
"""A text in English and Spanish."""
DPI = 150
_PX = DPI / 72
"""Picture pixels to a point (1/72 inch), the unit of everything on the page."""
_STEP = 12
"""Page and map start at multiples of this: whole pixels."""
_LEFT, _GAP, _COLUMN, _MARGIN = 60, 24, 252, 24
_WIDEST, _TALLEST, _NARROWEST = 480, 600, 288
_BAR = 140
"""Greatest length of the scale bar: even the least, 56, has room for its labels."""
_APART = 72
"""Least distance of two lines of the graticule, so that their labels do not meet."""
_TITLE, _SUBTITLE, _TEXT, _SMALL = 13.0, 10.0, 8.5, 7.5
SOFT, _ALARM = (96, 96, 96), (176, 24, 24)
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Mark:
    """Points of one kind on a map.

    Attributes:
        places: Longitude and latitude of each, degrees, shape (n, 2).
        colour: Their colour.
        name: What one point is, for the legend.
        size: Diameter, points.
    """

    places: NDArray[np.float64]
    colour: Colour
    name: Both
    size: float = 2.0


@dataclass(frozen=True)
class Border:
    """Outlines of one kind on a map.

    Attributes:
        shapes: Polygons, longitude and latitude in degrees.
        name: What they bound, for the legend.
        dashes: Lengths of strokes and gaps in widths of the line; empty for an unbroken line.
        width: Width of the line, points.
        colour: Its colour.
    """

    shapes: Sequence[BaseGeometry]
    name: Both
    dashes: tuple[float, ...] = ()
    width: float = 1.2
    colour: Colour = INK


@dataclass(frozen=True)
class Sheet:
    """What a page shows beside its ground.

    Attributes:
        title: Heading.
        period: What days it is about.
        warnings: What nobody may overlook, such as that the data are simulated.
        notes: Where the data come from and what is drawn how.
        forest_year: The year at whose end the forest of the ground stood.
        years: Years of loss that have a colour each. None shows no loss at all.
        borders: Outlines, drawn in this order.
        marks: Points; those of all kinds are drawn from north to south.
    """

    title: Both
    period: Both
    warnings: Sequence[Both]
    notes: Sequence[Both]
    forest_year: int
    years: range | None
    borders: Sequence[Border] = field(default=())
    marks: Sequence[Mark] = field(default=())


def draw_map(base: Ground, destination: Path, sheet: Sheet) -> None:
    """Draw a page as a PNG; the same contents give the same bytes.

    Args:
        base: Forest and loss.
        destination: Where the PNG goes.
        sheet: What to show.

    Raises:
        StoreError: The file could not be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure, written = page(base, sheet), io.BytesIO()
    with own_settings():
        # The name of the library would be the only text in the file, and change with its version.
        FigureCanvasAgg(figure).print_figure(written, format="png", dpi=DPI, metadata={"Software": None})
    write_bytes(destination, written.getvalue())


def page(base: Ground, sheet: Sheet) -> Figure:
    """Lay out a page: the map is the second of the figure's axes, and everything written stands in the first.

    The map is drawn at a size at which no cell of the ground is lost, the degree of longitude shortened as it is at the
    middle latitude.

    Args:
        base: Forest and loss.
        sheet: What to show.
    """
    from matplotlib.figure import Figure

    width, height = _map_size(base)
    column = _LEFT + math.ceil(max(_NARROWEST, width) / _STEP) * _STEP + _GAP
    across = column + _COLUMN + _MARGIN
    with own_settings():
        figure = Figure(dpi=DPI)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        paper = Paper(axes)
        row = _heading(paper, sheet, across - 2 * _MARGIN)
        legend = _legend(paper, base, sheet, left=column, top=row)
        legend = _scale_and_north(paper, base.bounds, width, left=column, top=legend)
        _graticule_labels(paper, base.bounds, (_LEFT, row, width, height))
        end = max(row + height + 18, legend) + 10
        for note in sheet.notes:
            for text, colour in zip(note, (INK, SOFT), strict=True):
                end = paper.write(text, _MARGIN, end, _SMALL, colour=colour, fold=across - 2 * _MARGIN)
        down = math.ceil((end + _MARGIN) / _STEP) * _STEP
        figure.set_size_inches(across / 72, down / 72)
        axes.set_xlim(0, across)
        axes.set_ylim(down, 0)
        _map(figure.add_axes((_LEFT / across, 1 - (row + height) / down, width / across, height / down)), base, sheet)
    return figure


def _heading(paper: Paper, sheet: Sheet, width: float) -> float:
    """Write titles, period and warnings; return where the map starts."""
    row: float = _MARGIN
    row = paper.write(sheet.title[0], _MARGIN, row, _TITLE, bold=True, fold=width)
    row = paper.write(sheet.title[1], _MARGIN, row, _TITLE, colour=SOFT, fold=width)
    row = paper.write(" / ".join(sheet.period), _MARGIN, row, _SUBTITLE, fold=width)
    for warning in sheet.warnings:
        row = paper.write(" / ".join(warning), _MARGIN, row, _TEXT, bold=True, colour=_ALARM, fold=width)
    return math.ceil((row + 4) / _STEP) * _STEP


def _legend(paper: Paper, base: Ground, sheet: Sheet, *, left: float, top: float) -> float:
    """Write what each colour, line and point is; return where the column goes on."""
    from matplotlib.lines import Line2D

    row = paper.write("Legend / Leyenda", left, top, _SUBTITLE, bold=True) + 4
    text = left + 30

    def named(name: Both, row: float) -> float:
        for part, colour in zip(name, (INK, SOFT), strict=True):
            row = paper.write(part, text, row, _TEXT, colour=colour, fold=_COLUMN - 30)
        return row + 3

    def swatch(colour: Colour, row: float) -> None:
        paper.patch([(left, row), (left + 20, row), (left + 20, row + 9), (left, row + 9)], colour)

    for mark in sheet.marks:
        _dots(paper.axes, [replace(mark, places=np.array([[left + 10, row + 5]]), size=max(4, mark.size))])
        row = named(mark.name, row)
    for border in sheet.borders:
        style = (0, border.dashes) if border.dashes else "-"
        paper.axes.add_line(
            Line2D([left, left + 24], [row + 5, row + 5], lw=border.width, ls=style, color=share(border.colour))
        )
        row = named(border.name, row)
    if sheet.years:
        row = named(
            ("Forest lost, by the latest year in the cell:", "Bosque perdido, por el último año en la celda:"), row
        )
        for place, year in enumerate(sheet.years):
            swatch(year_colour(place, len(sheet.years)), row)
            row = paper.write(str(year), text, row, _TEXT) + 1
        row += 3
    for colour, name in _ground_names(base, sheet):
        swatch(colour, row)
        row = named(name, row)
    return row


def _ground_names(base: Ground, sheet: Sheet) -> list[tuple[Colour, Both]]:
    year, other = sheet.forest_year, ("Other land", "Otra tierra")
    if sheet.years:
        first = sheet.years[0]
        other = (f"Other land, or lost before {first}", "Otra tierra, o pérdida anterior")
    names = [
        (
            GREEN,
            (f"Forest at the end of {year} (≥ 75 % of the cell)", f"Bosque al final de {year} (≥ 75 % de la celda)"),
        ),
        (PALE_GREEN, ("Some forest (25 to 75 % of the cell)", "Algo de bosque (25 a 75 % de la celda)")),
        (SAND, (f"{other[0]} (< 25 % forest)", f"{other[1]} (< 25 % bosque)")),
    ]
    return [*names, (GREY, ("Not observed", "No observado"))] if base.unseen.any() else names


def _scale_and_north(paper: Paper, bounds: Bounds, width: float, *, left: float, top: float) -> float:
    """Draw the scale bar, right at the middle latitude, and an arrow to the north; return where the column ends."""
    west, south, east, north = bounds
    middle = (south + north) / 2
    points_per_km = width / (_GEOD.inv(west, middle, east, middle)[2] / 1000)
    length = _round_step(_BAR / points_per_km)
    row, half = top + 22, length * points_per_km / 2
    for number, fill in enumerate((INK, PAPER)):
        start = left + number * half
        corners = [(start, row), (start + half, row), (start + half, row + 4), (start, row + 4)]
        paper.patch(corners, fill, name="scale_bar")
    for place, label in ((0.0, "0"), (half, f"{length / 2:g}"), (2 * half, f"{length:g} km")):
        paper.write(label, left + place, row + 5, _SMALL, align="center" if place else "left")
    arrow = left + _COLUMN - 30
    paper.patch([(arrow, row - 16), (arrow + 6, row + 4), (arrow, row), (arrow - 6, row + 4)], INK)
    paper.write("N", arrow, row + 5, _SUBTITLE, bold=True, align="center")
    return row + 22


def _graticule(low: float, high: float, length: float) -> list[tuple[float, str]]:
    """Return the round degrees along a side of the map, `length` points long, each with its label."""
    least = (high - low) / length * _APART
    step = next(step for step in (_round_step(least) * factor for factor in (1, 2, 2.5)) if step >= least * 0.9999999)
    digits = max(0, -math.floor(math.log10(step)))
    values = [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]
    # A zero that rounding left with a sign, and a true minus.
    return [(value, f"{round(value, digits) + 0.0:.{digits}f}°".replace("-", "\u2212")) for value in values]


def _graticule_labels(paper: Paper, bounds: Bounds, frame: tuple[float, float, float, float]) -> None:
    west, south, east, north = bounds
    left, top, width, height = frame
    for value, label in _graticule(west, east, width):
        place = left + (value - west) / (east - west) * width
        paper.write(label, place, top + height + 3, _SMALL, colour=SOFT, align="center")
    for value, label in _graticule(south, north, height):
        place = top + (north - value) / (north - south) * height
        paper.write(label, left - 4, place - _SMALL / 2 - 1, _SMALL, colour=SOFT, align="right")


def _map(axes: Axes, base: Ground, sheet: Sheet) -> None:
    from matplotlib.collections import LineCollection

    west, south, east, north = base.bounds
    axes.imshow(
        _ground_pixels(base, sheet), extent=(west, east, south, north), interpolation="nearest", aspect="auto", zorder=0
    )
    width, height = _map_size(base)
    for value, _ in _graticule(west, east, width):
        axes.axvline(value, color=share(INK), alpha=0.3, linewidth=0.4, zorder=1)
    for value, _ in _graticule(south, north, height):
        axes.axhline(value, color=share(INK), alpha=0.3, linewidth=0.4, zorder=1)
    for border in sheet.borders:
        rings = [shapely.get_coordinates(ring) for shape in border.shapes for ring in shapely.get_parts(shape.boundary)]
        style: Any = (0, border.dashes) if border.dashes else "-"
        # White below the line keeps it apart from dark ground.
        for line, colour, dashes in ((border.width + 1.2, "white", "-"), (border.width, share(border.colour), style)):
            lines = LineCollection(rings, linewidths=line, colors=[colour], linestyles=[dashes], zorder=2)
            axes.add_collection(lines, autolim=False)
    _dots(axes, sheet.marks).set_zorder(3)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_xticks([])
    axes.set_yticks([])


def _dots(axes: Axes, marks: Sequence[Mark]) -> PathCollection:
    """Draw all marks from north to south, so that no kind covers the others everywhere."""
    count = [len(mark.places) for mark in marks]
    places = np.concatenate([np.empty((0, 2)), *(mark.places for mark in marks)])
    colours = np.repeat(np.array([share(mark.colour) for mark in marks]).reshape(-1, 3), count, axis=0)
    areas = np.repeat(np.array([mark.size**2 for mark in marks]), count)
    order = np.lexsort((places[:, 0], -places[:, 1]))
    return axes.scatter(places[order, 0], places[order, 1], s=areas[order], c=colours[order], linewidths=0)


def _ground_pixels(base: Ground, sheet: Sheet) -> Pixels:
    """Return red, green and blue of each cell, shape (rows, columns, 3)."""
    picture = np.full((*base.forest.shape, 3), SAND, dtype=np.uint8)
    picture[base.forest >= 0.25] = PALE_GREEN
    picture[base.forest >= 0.75] = GREEN
    for place, year in enumerate(sheet.years or ()):
        picture[base.last == year - base.base_year] = year_colour(place, len(sheet.years or ()))
    picture[base.unseen] = GREY
    return picture


def _map_size(base: Ground) -> tuple[float, float]:
    """Return width and height of the map, points, in whole pixels and not less than one for each cell."""
    west, south, east, north = base.bounds
    shape = (north - south) / (east - west) / math.cos(math.radians((south + north) / 2))
    width = max(min(_WIDEST, _TALLEST / shape) * _PX, base.forest.shape[1])
    return round(width) / _PX, max(round(width * shape), base.forest.shape[0]) / _PX


def _round_step(most: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not above a number."""
    magnitude = 10.0 ** math.floor(math.log10(most))
    return max(factor * magnitude for factor in (1, 2, 5) if factor * magnitude <= most * 1.0000001)
