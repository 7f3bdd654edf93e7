"""A map of alerts for a GIS: the month of each alert and its confidence as one byte a pixel, on the product's own grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mrv.errors import InputError
from raster.alert_codes import IMPOSSIBLE, LOW, decode, to_day
from raster.alerts import AlertLayers
from raster.cog import BLOCK, RasterClass, write_class_cog
from raster.grid import Bounds, Lattice, Window
from raster.maps import GREY, PAPER, Colour, Pixels, year_colour
from raster.mosaic import Mosaic
from raster.spans import Ints, Ints32

NO_ALERT, UNSEEN = 0, 255
MOST = 120
"""Most months that fit; codes of low confidence are larger by this."""
_ROWS, _COLUMNS = 2 * BLOCK, 8 * BLOCK


@dataclass(frozen=True)
class AlertCalendar:
    """What the codes of a period are: its months in order, or its years where it has more than `MOST` months.

    Attributes:
        first: First day of the period.
        last: Last day of it.
    """

    first: date
    last: date

    @property
    def by_year(self) -> bool:
        """Whether a code is a year."""
        return _month(self.last) - _month(self.first) >= MOST

    @property
    def steps(self) -> list[str]:
        """The months (2022-07) or years (2022) of the period in order; the first has code 1."""
        if self.by_year:
            return [str(year) for year in range(self.first.year, self.last.year + 1)]
        months = range(_month(self.first), _month(self.last) + 1)
        return [f"{month // 12}-{month % 12 + 1:02d}" for month in months]

    def codes(self, day: Ints32, low: NDArray[np.bool_]) -> Pixels:
        """Return the codes of alerts.

        Args:
            day: Days since 1 January 1970, shape (n,).
            low: Whether the confidence is low, shape (n,).

        Returns:
            Codes, 0 for days beyond the period; shape (n,).
        """
        month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 12 * 1970
        place = month // 12 - self.first.year if self.by_year else month - _month(self.first)
        code = place + 1 + MOST * low
        inside = (day >= to_day(self.first)) & (day <= to_day(self.last))
        return np.where(inside, code, NO_ALERT).astype(np.uint8)

    def classes(self) -> dict[int, RasterClass]:
        """Return what each code means: from light to dark in the order of time, paler where the confidence is low."""
        steps = self.steps
        classes = {NO_ALERT: RasterClass(("No alert of the period", "Sin alerta del período"), PAPER)}
        for place, step in enumerate(steps):
            colour = year_colour(place, len(steps))
            high = (f"Alert of high or highest confidence, {step}", f"Alerta de confianza alta o máxima, {step}")
            low = (f"Alert of low confidence, {step}", f"Alerta de confianza baja, {step}")
            classes[1 + place] = RasterClass(high, colour)
            classes[1 + place + MOST] = RasterClass(low, _paler(colour))
        classes[UNSEEN] = RasterClass(("No tile of the product", "Sin tesela del producto"), GREY)
        return classes

    def tags(self) -> dict[str, str]:
        """Return what the metadata say of the codes, in English and Spanish."""
        en, es = ("year", "año") if self.by_year else ("month", "mes")
        return {
            "CODES": (
                f"1 to {MOST}: {en} of the alert, counted from the first {en} of the period, of high or highest confidence; "
                f"{MOST + 1} to {2 * MOST}: the same of low confidence, plus {MOST}; {NO_ALERT}: no alert of the period; "
                f"{UNSEEN}: no tile / 1 a {MOST}: {es} de la alerta, contado desde el primer {es} del período, de confianza "
                f"alta o máxima; {MOST + 1} a {2 * MOST}: lo mismo de confianza baja, más {MOST}; {NO_ALERT}: sin alerta del "
                f"período; {UNSEEN}: sin tesela"
            ),
            "PERIOD": f"{self.first}/{self.last}",
        }


def write_alert_map(
    layers: Sequence[AlertLayers],
    destination: Path,
    *,
    bounds: Bounds,
    lattice: Lattice,
    days: tuple[date, date],
    tags: dict[str, str],
) -> Window:
    """Write the alerts of a period as a COG of classes: month and confidence as `AlertCalendar` has them.

    Where a product has a layer for each year and a pixel alerts in several, the first of the period stands. Memory is
    bounded by some hundred rows of the window, whatever its height.

    Args:
        layers: The product's layers: one entry, or one for each year where it has a layer for each.
        destination: The file to write; replaced as a whole.
        bounds: West, south, east, north of what to show, degrees.
        lattice: Grid of the product.
        days: First and last day of the period.
        tags: What the metadata say besides.

    Returns:
        The window written.

    Raises:
        InputError: A tile cannot be used, or holds a value that its encoding does not have.
        GridError: A tile is of another grid.
        StoreError: The file could not be written.
    """
    calendar, window = AlertCalendar(*days), lattice.window(bounds)
    opened = [_Opened.of(layer, lattice) for layer in layers]

    def rows() -> Iterator[Pixels]:
        for top in range(window.row, window.row_stop, _ROWS):
            height = min(_ROWS, window.row_stop - top)
            band = np.empty((height, window.width), dtype=np.uint8)
            for left in range(0, window.width, _COLUMNS):
                part = Window(top, window.col + left, height, min(_COLUMNS, window.width - left))
                band[:, left : left + part.width] = _codes(opened, part, calendar)
            yield band

    write_class_cog(
        destination,
        rows(),
        lattice=lattice,
        window=window,
        classes=calendar.classes(),
        nodata=NO_ALERT,
        tags={**calendar.tags(), **tags},
    )
    return window


@dataclass(frozen=True)
class _Opened:
    """A layer of days with its checked tiles, and those of its confidence."""

    layers: AlertLayers
    days: Mosaic
    levels: Mosaic | None

    @classmethod
    def of(cls, layers: AlertLayers, lattice: Lattice) -> _Opened:
        days = Mosaic.of("alerts", layers.days, lattice=lattice, kind="alerts")
        if not layers.encoding.two_layers:
            return cls(layers, days, None)
        return cls(layers, days, Mosaic.of("confidence", layers.confidences, lattice=lattice, kind="alerts"))


def _codes(opened: Sequence[_Opened], window: Window, calendar: AlertCalendar) -> Pixels:
    """Return the codes of a window; of several layers the first alert of the period."""
    result = np.zeros((window.height, window.width), dtype=np.uint8)
    first = np.full(result.shape, np.iinfo(np.int32).max, dtype=np.int32) if len(opened) > 1 else None
    for one in opened:
        row, col, day, code = _alerts(one, window, calendar)
        if first is not None:
            earlier = (code != NO_ALERT) & (day < first[row, col])
            row, col, day, code = row[earlier], col[earlier], day[earlier], code[earlier]
            first[row, col] = day
        result[row, col] = code
    for mosaic in (one.days for one in opened):
        if not mosaic.covers(window):
            held = np.zeros(result.shape, dtype=np.bool_)
            for tile in mosaic.tiles:
                part = tile.window.intersection(window)
                if part:
                    top, left = part.row - window.row, part.col - window.col
                    held[top : top + part.height, left : left + part.width] = True
            result[~held & (result == NO_ALERT)] = UNSEEN
    return result


def _alerts(one: _Opened, window: Window, calendar: AlertCalendar) -> tuple[Ints, Ints, Ints32, Pixels]:
    """Return row, column, day and code of the pixels of a window that hold anything: mostly few."""
    values = one.days.read(window, fill=0)
    for code in one.layers.nodata:
        values[values == code] = 0
    found = values != 0
    levels = one.levels.read(window, fill=0) if one.levels else None
    if levels is not None:
        found |= levels != 0
    row, col = np.nonzero(found)
    chosen = None if levels is None else levels[row, col]
    decoded = decode(values[row, col], one.layers.encoding, levels=chosen, last_day=one.layers.retrieved_on)
    if (decoded.confidence == IMPOSSIBLE).any():
        at = int(np.flatnonzero(decoded.confidence == IMPOSSIBLE)[0])
        raise InputError(
            "an alert layer holds a value that its encoding does not have",
            expected=f"{one.layers.encoding.describe()}, up to {one.layers.retrieved_on}",
            found=f"{values[row[at], col[at]]} at row {window.row + row[at]}, column {window.col + col[at]} of the grid",
            where="; ".join(str(tile.path) for tile in one.days.tiles if tile.window.intersection(window)),
            remedy="check that the file is of the declared product; pull it again if it was cut or mixed up",
        )
    return row, col, decoded.day, calendar.codes(decoded.day, decoded.confidence == LOW)


def _paler(colour: Colour) -> Colour:
    red, green, blue = ((channel + 255) // 2 for channel in colour)
    return red, green, blue


def _month(day: date) -> int:
    """Return months since the year 0."""
    return day.year * 12 + day.month - 1
