"""Loss near pixels across the borders of bands, without decoding blocks of neighbours twice.

Files are decoded by whole blocks: a few rows beyond a band of tall blocks, or a few columns of the next tile, would cost as
much as the neighbour itself. So a band reads no further than its own tile (and, of tall blocks, its own rows), hands over
what lies along these borders as bits, and stable forest near loss of a neighbour is found when all bands are done. Only
what no band has read is read for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raster.bands import Codes
from raster.grid import Window
from raster.reading import Tile
from raster.sampling_map import ChangeMap
from raster.sampling_states import LOSS, LOSS_BUFFER, STABLE_FOREST, UNSEEN, widen_loss
from raster.spans import Ints

LOW_BLOCK_ROWS = 8
"""Blocks of so few rows at most are read beyond a band: this adds less to it than the bits along its borders."""


class Strip(NamedTuple):
    """Pixels along a border that a band did not read beyond.

    Attributes:
        window: Where they lie.
        loss: Whether each is loss, as packed bits.
        forest: Whether each is stable forest without loss near it in what the band read, as packed bits.
    """

    window: Window
    loss: NDArray[np.uint8]
    forest: NDArray[np.uint8]

    def unpacked(self, bits: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return bits as an array of the strip's shape."""
        count = self.window.pixels
        return np.unpackbits(bits, count=count).reshape(self.window.height, self.window.width).astype(np.bool_)


class Seam(NamedTuple):
    """What lies along the borders of a band.

    Attributes:
        needed: Pixels that decide about the band's.
        read: What it read of them.
        strips: Strips that do not overlap; there are none where the band read all that it needed.
    """

    needed: Window
    read: Window
    strips: tuple[Strip, ...]


def own_window(needed: Window, window: Window, tile: Tile, reach: int) -> Window:
    """Return what the band of a window reads of the pixels that it needs."""
    more = reach if tile.block[0] <= LOW_BLOCK_ROWS else 0
    home = Window(window.row - more, window.col, window.height + 2 * more, window.width)
    return needed.intersection(home) or needed


def seam_of(states: Codes, window: Window, needed: Window, reach: int) -> Seam:
    """Cut out the strips along the borders beyond which a band needed more than it read.

    Args:
        states: States of what it read, forest near loss marked as far as loss was read.
        window: What it read.
        needed: What it needed.
        reach: Width of the buffer of loss.
    """
    places, rest = [], window
    if needed.row < rest.row:
        height = min(reach, rest.height)
        places.append(Window(rest.row, rest.col, height, rest.width))
        rest = Window(rest.row + height, rest.col, rest.height - height, rest.width)
    if needed.row_stop > rest.row_stop:
        height = min(reach, rest.height)
        places.append(Window(rest.row_stop - height, rest.col, height, rest.width))
        rest = Window(rest.row, rest.col, rest.height - height, rest.width)
    if needed.col < rest.col:
        width = min(reach, rest.width)
        places.append(Window(rest.row, rest.col, rest.height, width))
        rest = Window(rest.row, rest.col + width, rest.height, rest.width - width)
    if needed.col_stop > rest.col_stop:
        width = min(reach, rest.width)
        places.append(Window(rest.row, rest.col_stop - width, rest.height, width))
    strips = []
    for place in places:
        if place.pixels:
            part = states[_within(place, window)]
            strips.append(Strip(place, np.packbits(part == LOSS), np.packbits(part == STABLE_FOREST)))
    return Seam(needed, window, tuple(strips))


def found_across(seams: Sequence[Seam], change: ChangeMap, reach: int) -> Iterator[tuple[int, Ints, Ints]]:
    """Find stable forest near loss beyond the borders of bands.

    Args:
        seams: Those of all bands.
        change: The map, of which only is read what no strip holds.
        reach: Width of the buffer of loss.

    Yields:
        Number of the seam, rows and columns of pixels, each once.
    """
    strips = [strip for seam in seams for strip in seam.strips]
    if not strips:
        return
    places = np.array([astuple(strip.window) for strip in strips])
    for number, seam in enumerate(seams):
        for strip in seam.strips:
            wide = strip.window.expand(reach).intersection(seam.needed) or strip.window
            states = np.full((wide.height, wide.width), UNSEEN, dtype=np.uint8)
            beyond = [wide]
            for other in [strips[place] for place in _touching(places, wide)]:
                shared = other.window.intersection(wide)
                if shared:
                    lost = other.unpacked(other.loss)[_within(shared, other.window)]
                    states[_within(shared, wide)][lost] = LOSS
                    beyond = [piece for part in beyond for piece in _without(part, shared)]
            beyond = [piece for part in beyond for piece in _without(part, seam.read)]
            for piece, pixels in zip(beyond, change.read(beyond), strict=True):
                states[_within(piece, wide)][pixels.states == LOSS] = LOSS
            own = states[_within(strip.window, wide)]
            own[strip.unpacked(strip.forest)] = STABLE_FOREST
            widen_loss(states, reach)
            row, column = np.nonzero(own == LOSS_BUFFER)
            yield number, row + strip.window.row, column + strip.window.col


def _within(part: Window, whole: Window) -> tuple[slice, slice]:
    top, left = part.row - whole.row, part.col - whole.col
    return slice(top, top + part.height), slice(left, left + part.width)


def _touching(places: Ints, window: Window) -> list[int]:
    """Return which windows (row, column, height, width; shape (n, 4)) share pixels with one."""
    below, right = places[:, 0] + places[:, 2], places[:, 1] + places[:, 3]
    rows = (places[:, 0] < window.row_stop) & (below > window.row)
    found: list[int] = np.flatnonzero(rows & (places[:, 1] < window.col_stop) & (right > window.col)).tolist()
    return found


def _without(window: Window, other: Window) -> list[Window]:
    """Return what remains of a window without another one, as windows that do not overlap."""
    shared = window.intersection(other)
    if not shared:
        return [window]
    pieces = [
        Window(window.row, window.col, shared.row - window.row, window.width),
        Window(shared.row_stop, window.col, window.row_stop - shared.row_stop, window.width),
        Window(shared.row, window.col, shared.height, shared.col - window.col),
        Window(shared.row, shared.col_stop, shared.height, window.col_stop - shared.col_stop),
    ]
    return [piece for piece in pieces if piece.pixels]
