"""Image chips: what two composites show around a place, side by side, with the place outlined, for whoever looks at it."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.windows import Window as RasterioWindow

from mrv.files import write_bytes
from raster.composite import CODES_PER_UNIT, NODATA
from raster.maps import PAPER, Colour
from raster.paper import Paper, own_settings, share
from raster.projected import Projection, projection
from raster.reading import gdal_environment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BANDS = (3, 2, 1)
"""Short-wave infrared, near infrared and red as red, green and blue: forest is green, cleared land pink, haze is thin."""
BRIGHTEST = (0.4, 0.5, 0.2)
"""Reflectance that is shown at full strength; the same on every chip, so that chips can be compared."""
UNSEEN: Colour = (255, 255, 255)
"""As a cloud: no land is white in these bands."""
OUTLINE: Colour = (255, 235, 0)
DPI = 120
_MARGIN, _PANEL, _GAP, _TOP = 14.0, 250.0, 12.0, 58.0
_BAR = 90.0

Both = tuple[str, str]
Pixels = NDArray[np.uint8]
Ring = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Chip:
    """A square cut-out of a composite.

    Attributes:
        pixels: Colours, (side, side, 3).
        outline: Corners of the place in pixels of the chip, (n, 2): columns, rows.
        is_clear: Whether a pixel within the outline's box is clear.
    """

    pixels: Pixels
    outline: NDArray[np.float64]
    is_clear: bool


@dataclass(frozen=True)
class Panel:
    """One of the two pictures of a chip's page.

    Attributes:
        chip: What it shows.
        title: What it is, English and Spanish.
        days: Of which days it is, as text.
    """

    chip: Chip
    title: Both
    days: str


class CompositeReader:
    """Cuts chips out of one composite."""

    def __init__(self, dataset: DatasetReader, way: Projection) -> None:
        self.dataset = dataset
        self.way = way

    def chip(self, ring: Ring, *, size_m: float) -> Chip:
        """Cut out what lies around a place; beyond the composite nothing is clear.

        Args:
            ring: Corners of the place, longitude and latitude.
            size_m: Side of the square, metres.
        """
        longitude, latitude = (np.array(values, dtype=np.float64) for values in zip(*ring, strict=True))
        x, y = self.way.forward(longitude, latitude)
        transform = self.dataset.transform
        columns, rows = (x - transform.c) / transform.a, (y - transform.f) / transform.e
        side = max(1, math.ceil(size_m / transform.a))
        left = round((columns.min() + columns.max() - side) / 2)
        top = round((rows.min() + rows.max() - side) / 2)
        codes = self._read(left, top, side)
        outline = np.stack([columns - left, rows - top], axis=1)
        clear = (codes != NODATA).all(axis=0)
        low, high = np.floor(outline.min(axis=0)).astype(int), np.ceil(outline.max(axis=0)).astype(int)
        inside = clear[max(low[1], 0) : high[1], max(low[0], 0) : high[0]]
        return Chip(_coloured(codes, clear), outline, bool(inside.any()))

    def _read(self, left: int, top: int, side: int) -> NDArray[np.int16]:
        codes = np.full((len(BANDS), side, side), NODATA, dtype=np.int16)
        first_column, first_row = max(left, 0), max(top, 0)
        width = min(left + side, self.dataset.width) - first_column
        height = min(top + side, self.dataset.height) - first_row
        if width > 0 and height > 0:
            window = RasterioWindow(first_column, first_row, width, height)
            rows = slice(first_row - top, first_row - top + height)
            columns = slice(first_column - left, first_column - left + width)
            codes[:, rows, columns] = self.dataset.read(BANDS, window=window)
        return codes


@contextmanager
def open_composite(path: Path, *, crs: str) -> Iterator[CompositeReader]:
    """Open the reflectance of a composite (bands red, nir, swir22) for the length of a block.

    Args:
        path: The file.
        crs: Its coordinate system, metres.

    Raises:
        GridError: The coordinate system is not known.
    """
    with gdal_environment(), rasterio.open(path, driver="GTiff") as dataset:
        yield CompositeReader(dataset, projection(crs))


def _coloured(codes: NDArray[np.int16], clear: NDArray[np.bool_]) -> Pixels:
    limits = np.array(BRIGHTEST)[:, np.newaxis, np.newaxis] * CODES_PER_UNIT
    # The square root lifts the dark greens of forest, in which most of what matters lies.
    shown = np.sqrt(np.clip(codes / limits, 0, 1)) * 255
    colours = np.where(clear[..., np.newaxis], np.moveaxis(shown, 0, -1), np.array(UNSEEN))
    return np.round(colours).astype(np.uint8)


def draw_chips(
    destination: Path, panels: Sequence[Panel], *, heading: str, notes: Sequence[str], size_m: float
) -> None:
    """Draw panels side by side as a PNG; the same contents give the same bytes.

    Args:
        destination: Where the PNG goes.
        panels: What to show, the earlier one first.
        heading: First line.
        notes: Lines below the panels.
        size_m: Side of each panel, metres.

    Raises:
        StoreError: The file could not be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = 2 * _MARGIN + len(panels) * _PANEL + (len(panels) - 1) * _GAP
    height = _TOP + _PANEL + 28 + 10 * len(notes)
    written = io.BytesIO()
    with own_settings():
        figure = Figure(figsize=(width / 72, height / 72), facecolor=share(PAPER))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        paper = Paper(axes)
        paper.write(heading, _MARGIN, 10, 11, bold=True)
        for number, panel in enumerate(panels):
            left = _MARGIN + number * (_PANEL + _GAP)
            paper.write(f"{panel.title[0]} / {panel.title[1]}", left, _TOP - 27, 9, bold=True)
            paper.write(panel.days, left, _TOP - 14, 7)
            _draw_panel(figure, panel, left=left, width=width, height=height)
        bottom = _scale_bar(paper, size_m, top=_TOP + _PANEL + 8)
        for note in notes:
            bottom = paper.write(note, _MARGIN, bottom, 7)
        FigureCanvasAgg(figure).print_figure(written, format="png", dpi=DPI, metadata={"Software": None})
    write_bytes(destination, written.getvalue())


def _draw_panel(figure: Figure, panel: Panel, *, left: float, width: float, height: float) -> None:
    from matplotlib.patches import Polygon

    axes = figure.add_axes((left / width, 1 - (_TOP + _PANEL) / height, _PANEL / width, _PANEL / height))
    side = len(panel.chip.pixels)
    axes.imshow(panel.chip.pixels, extent=(0, side, side, 0), interpolation="nearest", aspect="auto")
    axes.add_patch(Polygon(panel.chip.outline, closed=True, fill=False, edgecolor=share(OUTLINE), linewidth=1.2))
    axes.set_xlim(0, side)
    axes.set_ylim(side, 0)
    axes.set_xticks([])
    axes.set_yticks([])


def _scale_bar(paper: Paper, size_m: float, *, top: float) -> float:
    """Draw a bar of a round length below the first panel; return where the next line starts."""
    most = size_m * _BAR / _PANEL
    power = 10 ** math.floor(math.log10(most))
    length = max(step * power for step in (1, 2, 5) if step * power <= most)
    end = _MARGIN + length / size_m * _PANEL
    paper.patch([(_MARGIN, top), (end, top), (end, top + 3), (_MARGIN, top + 3)], (0, 0, 0), name="scale_bar")
    paper.write(f"{length:g} m", end + 5, top - 4, 7)
    return top + 9
