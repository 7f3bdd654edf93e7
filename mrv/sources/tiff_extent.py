"""How long a TIFF must be by its own directories: one that is cut short is found before anybody reads a pixel."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

_OFFSETS, _COUNTS = (273, 324), (279, 325)
"""Tags of the places and of the byte counts of strips, and of tiles."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS = {3: "u2", 4: "u4", 16: "u8"}


@dataclass(frozen=True)
class _Layout:
    """How a classic TIFF or a BigTIFF writes its directories: struct codes and sizes in bytes."""

    order: str
    count: str
    entry: str
    offset: str

    def size(self, code: str) -> int:
        return struct.calcsize(self.order + code)


def tiff_extent(path: Path) -> int:
    """Return the length in bytes that a TIFF must have at least: to the end of its directories and of its pixels.

    A directory that cannot be read whole counts with the place at which it should end, so that a file is cut short
    exactly if it is shorter than this. Source: TIFF 6.0, section 2; the BigTIFF design of libtiff.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(16)
        order = "<" if head.startswith(b"II") else ">"
        big = head[2:4] in {b"+\x00", b"\x00+"}
        layout = _Layout(order, "Q", "HHQQ", "Q") if big else _Layout(order, "H", "HHLL", "L")
        start = 8 if big else 4
        width = layout.size(layout.offset)
        if len(head) < start + width:
            return start + width
        (offset,) = struct.unpack(order + layout.offset, head[start : start + width])
        extent, seen = start + width, set()
        while offset and offset not in seen and extent <= size:
            seen.add(offset)
            end, offset = _directory(stream, offset, layout, size)
            extent = max(extent, end)
    return extent


def _directory(stream: IO[bytes], offset: int, layout: _Layout, size: int) -> tuple[int, int]:
    """Return where a directory and all that it names end, and where the next one begins (0: it is the last)."""
    count_size, entry_size, offset_size = (layout.size(code) for code in (layout.count, layout.entry, layout.offset))
    end = offset + count_size
    if end > size:
        return end, 0
    stream.seek(offset)
    (count,) = struct.unpack(layout.order + layout.count, stream.read(count_size))
    end += count * entry_size + offset_size
    if end > size:
        return end, 0
    entries = stream.read(count * entry_size)
    (following,) = struct.unpack(layout.order + layout.offset, stream.read(offset_size))
    arrays: dict[int, np.ndarray] = {}
    for position in range(0, len(entries), entry_size):
        tag, kind, number, place = struct.unpack_from(layout.order + layout.entry, entries, position)
        length = number * _SIZES.get(kind, 0)
        outside = length > offset_size
        if outside:
            end = max(end, place + length)
        if tag in (*_OFFSETS, *_COUNTS) and kind in _INTEGERS and end <= size:
            at = place if outside else offset + count_size + position + entry_size - offset_size
            stream.seek(at)
            values = np.frombuffer(stream.read(length), dtype=layout.order + _INTEGERS[kind])
            arrays[tag] = values.astype(np.uint64)
    for offsets, counts in zip(_OFFSETS, _COUNTS, strict=True):
        if offsets in arrays and counts in arrays and arrays[offsets].shape == arrays[counts].shape:
            end = max(end, int((arrays[offsets] + arrays[counts]).max(initial=0)))
    return end, following
