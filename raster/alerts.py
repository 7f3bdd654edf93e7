"""Alerts by zone: one pass over the tiles of an alert product, to area by zone, day and confidence.

The pass also gives the alert pixels of the days of interest, of which `raster.alert_clusters` makes clusters. Those are
taken from the whole rectangle around all zones: a clearing does not end at a line on a map.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mrv.errors import GridError, InputError
from raster.alert_codes import (
    HIGH,
    HIGHEST,
    IMPOSSIBLE,
    LOW,
    NO_ALERT,
    TABLE,
    Bytes,
    CodeTable,
    Encoding,
    code_table,
    to_date,
    to_day,
)
from raster.alert_columns import AlertPixels, Sums, ZoneAlerts, add_up
from raster.covering import check_covered
from raster.grid import Lattice, Window
from raster.mosaic import Mosaic
from raster.parts import PLAIN, Work
from raster.patches import LOW as LOW_BITS
from raster.rules import Region, Shape
from raster.spans import Ints, Ints32
from raster.zoning import CountedBy, Outline, ZoneSpans, check_taken

CODES = {LOW: "low", HIGH: "high", HIGHEST: "highest"}
"""Code of a confidence to its name in the tables."""
_NO_LEVELS = np.empty((0, 0), dtype=np.uint8)


@dataclass(frozen=True)
class AlertLayers:
    """Files of one retrieval of an alert product, in any order.

    Attributes:
        days: Tiles that hold the day (and, by the encoding, the confidence), unsigned integers.
        confidences: Tiles that hold the confidence, where it has a layer of its own.
        encoding: How they are written.
        retrieved_on: Day of the retrieval; a later alert is a fault of the file.
        nodata: Values beside 0 that headers may declare and that mean: no alert known.
    """

    days: tuple[Path, ...]
    encoding: Encoding
    retrieved_on: date
    confidences: tuple[Path, ...] = ()
    nodata: tuple[int, ...] = ()


@dataclass(frozen=True)
class AlertMeasurement:
    """What a pass gave.

    Attributes:
        areas: Rows of zone_id, alert_date, confidence, pixel_count, area_um2 (whole square micrometres) and
            pixel_rule (by which the zone takes pixels), by the first three.
        pixels: Alert pixels of the days of interest in the rectangle around all zones.
        zone_pixels: The same in zones, with what each counts.
    """

    areas: list[dict[str, Any]]
    pixels: AlertPixels
    zone_pixels: ZoneAlerts


def measure_alerts(
    layers: Sequence[AlertLayers],
    region: Region,
    *,
    lattice: Lattice,
    days: tuple[date, date],
    whole: bool = True,
    work: Work = PLAIN,
) -> AlertMeasurement:
    """Measure alerts of one product by zone, day and confidence.

    Args:
        layers: The product's layers: one entry, or one for each year where it has a layer for each.
        region: Zones; its strata do not divide them here.
        lattice: Grid of the product, in longitude and latitude.
        days: First and last day of interest: of these the pixels are returned too. Areas are given for every day.
        whole: Whether every pixel of every zone must lie in a tile.
        work: How it is done.

    Raises:
        InputError: A tile cannot be used, tiles lack, or a pixel has a value that the encoding does not have; its tile,
            row and column are named.
        GridError: A tile is of another grid, or the product's grid is not in longitude and latitude.
        ProjectError: The region does not hold.
    """
    if not lattice.is_lonlat:
        raise GridError(
            "alerts are measured on grids in longitude and latitude",
            found=lattice.crs,
            remedy="take the product from its own source, which is in EPSG:4326",
        )
    outline, rules = Outline.of(region.undivided, lattice)
    zones, spans = region.zones, outline.lay()
    check_taken(np.bincount(spans.zone, minlength=len(zones)), zones)
    spans = spans.pick(np.lexsort((spans.start, spans.row)))
    parts = [
        part
        for layer in layers
        for part in _parts(layer, zones, spans, lattice, days, rows_per_band=work.rows_per_band, whole=whole)
    ]
    found = list(work.do("measure alerts", parts))
    return AlertMeasurement(
        _area_rows([piece.sums for piece in found], zones, rules),
        AlertPixels.joined([piece.pixels for piece in found]).ordered("row", "col", "day"),
        ZoneAlerts.joined([piece.zone_pixels for piece in found]),
    )


@dataclass(frozen=True)
class AlertPiece:
    """What a part of the pass gives."""

    sums: Sums
    pixels: AlertPixels
    zone_pixels: ZoneAlerts


@dataclass(frozen=True)
class AlertPart:
    """Some rows of one tile; plain data, so that it can be done on another machine.

    Attributes:
        tile: Number of the tile.
        window: The pixels to look at.
        spans: Runs of zones in it.
        days: The layer of days.
        confidences: The layer of confidence, where there is one.
        layers: How they are written.
        interest: First and last day of interest.
    """

    tile: int
    window: Window
    spans: ZoneSpans
    days: Mosaic
    confidences: Mosaic | None
    layers: AlertLayers
    interest: tuple[int, int]

    def run(self) -> AlertPiece:
        """Read, decode and count.

        Raises:
            InputError: A pixel has a value that the encoding does not have.
        """
        table = code_table(self.layers.encoding, last_day=self.layers.retrieved_on)
        table.confidence[[code for code in self.layers.nodata if 0 <= code < TABLE]] = NO_ALERT
        pixels = self._pixels(table)
        first = np.searchsorted(pixels.row, np.arange(self.window.row, self.window.row_stop + 1))
        run, place = _meet(
            self.spans.row - self.window.row, self.spans.start, self.spans.stop, first.astype(np.int64), pixels.col
        )
        zone, area = self.spans.zone[run], self.spans.area_um2[run]
        met_day, ones = pixels.day[place], np.ones(len(run), dtype=np.int64)
        sums = add_up(Sums(zone, met_day, pixels.confidence[place], ones, area >> 32, area & LOW_BITS))
        kept = (pixels.day >= self.interest[0]) & (pixels.day <= self.interest[1])
        own = kept[place]
        own_pixels = pixels.pick(place[own])
        return AlertPiece(
            sums,
            pixels.pick(kept),
            ZoneAlerts(zone[own], own_pixels.row, own_pixels.col, own_pixels.day, own_pixels.confidence, area[own]),
        )

    def _pixels(self, table: CodeTable) -> AlertPixels:
        values = self.days.read(self.window, fill=0)
        levels = self.confidences.read(self.window, fill=0) if self.confidences else _NO_LEVELS
        row, col, day, confidence = _scan(values, levels, table.day, table.confidence, table.level)
        if len(confidence) and confidence[-1] == IMPOSSIBLE:
            self._refuse(int(row[-1]), int(col[-1]), values, levels)
        return AlertPixels(row + np.int32(self.window.row), col + np.int32(self.window.col), day, confidence)

    def _refuse(self, row: int, col: int, values: NDArray[Any], levels: NDArray[Any]) -> None:
        pixel = Window(self.window.row + row, self.window.col + col, 1, 1)
        tile = next(tile for tile in self.days.tiles if tile.window.intersection(pixel))
        encoding = self.layers.encoding
        confidences = ", ".join(f"{code} {name}" for code, name in encoding.confidences)
        beside = f" with confidence {levels[row, col]}" if levels.size else ""
        raise InputError(
            f"a pixel of the layer {self.days.layer} has a value that its encoding does not have",
            expected=f"0, or {encoding.describe()} up to {self.layers.retrieved_on} (the retrieval); "
            f"confidences {confidences}",
            found=f"{values[row, col]}{beside}",
            where=f"{tile.path}, row {pixel.row - tile.window.row}, column {pixel.col - tile.window.col} "
            f"({self.days.lattice.extent(pixel)})",
            remedy="check that the file is of the declared product; pull it again if it was cut or mixed up",
        )


def _parts(
    layers: AlertLayers,
    zones: Sequence[Shape],
    spans: ZoneSpans,
    lattice: Lattice,
    days: tuple[date, date],
    *,
    rows_per_band: int,
    whole: bool = True,
) -> Iterable[AlertPart]:
    """Cut the rectangle around the zones at the borders of tiles and every few rows."""
    mosaic = _open("alerts", layers.days, layers, lattice)
    levels = _open("confidence", layers.confidences, layers, lattice) if layers.encoding.two_layers else None
    if whole:
        for layer in (mosaic, levels) if levels else (mosaic,):
            check_covered(spans, layer, zones)
    around, interest = spans.window, (to_day(days[0]), to_day(days[1]))
    for number, tile in enumerate(mosaic.tiles):
        for row in range(tile.window.row, tile.window.row_stop, rows_per_band):
            height = min(rows_per_band, tile.window.row_stop - row)
            window = Window(row, tile.window.col, height, tile.window.width).intersection(around)
            if window:
                yield AlertPart(number, window, _clip(spans, window), mosaic, levels, layers, interest)


def _open(name: str, paths: tuple[Path, ...], layers: AlertLayers, lattice: Lattice) -> Mosaic:
    mosaic = Mosaic.of(name, paths, lattice=lattice, kind="alerts")
    for tile in mosaic.tiles:
        if tile.nodata is not None and tile.nodata not in (0, *layers.nodata):
            raise InputError(
                "an alert tile declares a nodata that its product does not have",
                expected=", ".join(map(str, ("none", 0, *layers.nodata))),
                found=f"{tile.nodata:g}",
                where=str(tile.path),
                remedy="check that the file is of the declared product, or add the value to nodata of the product's row",
            )
    return mosaic


def _clip(spans: ZoneSpans, window: Window) -> ZoneSpans:
    """Return the parts of runs (ordered by row) that lie in a window."""
    low, high = np.searchsorted(spans.row, [window.row, window.row_stop]).tolist()
    part = spans.pick(slice(low, high))
    start, stop = np.maximum(part.start, window.col), np.minimum(part.stop, window.col_stop)
    inside = start < stop
    return replace(part.pick(inside), start=start[inside], stop=stop[inside])


def _area_rows(sums: Sequence[Sums], zones: Sequence[Shape], rules: Sequence[CountedBy]) -> list[dict[str, Any]]:
    total = add_up(Sums.joined(sums))
    columns = (getattr(total, item.name).tolist() for item in fields(total))
    rows = [
        {
            "zone_id": zones[zone].id,
            "alert_date": to_date(day),
            "confidence": CODES[confidence],
            "pixel_count": pixels,
            "area_um2": (high << 32) + low,
            "pixel_rule": rules[zone],
        }
        for zone, day, confidence, pixels, high, low in zip(*columns, strict=True)
    ]
    return sorted(rows, key=lambda row: (row["zone_id"], row["alert_date"], row["confidence"]))


@njit(cache=True, nogil=True)
def _scan(
    values: NDArray[Any], levels: NDArray[Any], day_of: Ints32, confidence_of: Bytes, level_of: Bytes
) -> tuple[Ints32, Ints32, Ints32, Bytes]:
    """Collect the alert pixels of a window in row order; the first impossible one ends the list."""
    rows, columns = values.shape
    count = 0
    for row in range(rows):
        for column in range(columns):
            count += values[row, column] != 0 or (levels.size and levels[row, column] != 0)
    out_row, out_col = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    out_day, out_confidence = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.uint8)
    used = 0
    for row in range(rows):
        for column in range(columns):
            value = np.int64(values[row, column])
            level = np.int64(levels[row, column]) if levels.size else 0
            if value == 0 and level == 0:
                continue
            confidence = confidence_of[value] if value < len(confidence_of) else IMPOSSIBLE
            if levels.size and confidence != IMPOSSIBLE:
                own = level_of[level] if level < len(level_of) else IMPOSSIBLE
                confidence = own if (confidence == NO_ALERT) == (own == NO_ALERT) else IMPOSSIBLE
            if confidence == NO_ALERT:
                continue
            out_row[used], out_col[used], out_confidence[used] = row, column, confidence
            out_day[used] = 0 if confidence == IMPOSSIBLE else day_of[value]
            used += 1
            if confidence == IMPOSSIBLE:
                return out_row[:used], out_col[:used], out_day[:used], out_confidence[:used]
    return out_row[:used], out_col[:used], out_day[:used], out_confidence[:used]


@njit(cache=True, nogil=True)
def _meet(line: Ints32, start: Ints32, stop: Ints32, first: Ints, col: Ints32) -> tuple[Ints, Ints]:
    """Return (run, alert pixel) of each alert pixel in a run; `first` is the first pixel of each line, and the total."""
    run_of, place_of = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for write in (False, True):
        count = 0
        for run in range(len(line)):
            low, high = first[line[run]], first[line[run] + 1]
            place = low + np.searchsorted(col[low:high], start[run])
            while place < high and col[place] < stop[run]:
                if write:
                    run_of[count], place_of[count] = run, place
                count += 1
                place += 1
        if not write:
            run_of, place_of = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    return run_of, place_of
