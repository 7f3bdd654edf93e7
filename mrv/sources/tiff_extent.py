"""What the directories of a TIFF say, and how long it must be by them: one cut short is found before anybody reads a pixel."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

_OFFSETS, _COUNTS = (273, 324), (279, 325)
"""Tags of the places and of the byte counts of strips, and of tiles."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS = {3: "u2", 4: "u4", 16: "u8"}
SHAPE = (256, 257, 258, 259, 277, 278, 284, 322, 323)
"""Tags of width, length, bits of each sample, compression, samples, rows of a strip, planes, width and length of a tile."""
_READ = frozenset((*_OFFSETS, *_COUNTS, *SHAPE))


@dataclass(frozen=True)
class Directory:
    """One image of a TIFF.

    Attributes:
        end: Byte behind all that it names, as far as it could be read.
        following: Where the next directory begins (0: it is the last).
        tags: Values of the tags `SHAPE` and of the places and counts that could be read, each of shape (values,), uint64.
        blocks: Places and lengths in bytes of its strips or tiles, two arrays of shape (blocks,), where it has them.
    """

    end: int
    following: int
    tags: Mapping[int, np.ndarray]
    blocks: tuple[np.ndarray, np.ndarray] | None = None


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
    with path.open("rb") as stream:
        return max((directory.end for directory in directories(stream, path.stat().st_size)), default=0)


def directories(stream: IO[bytes], size: int) -> Iterator[Directory]:
    """Yield what stands at the head of a TIFF, as a directory without tags, and each of its directories.

    Args:
        stream: The file; it may be read elsewhere between two directories.
        size: Its length in bytes.
    """
    stream.seek(0)
    head = stream.read(16)
    order = "<" if head.startswith(b"II") else ">"
    big = head[2:4] in {b"+\x00", b"\x00+"}
    layout = _Layout(order, "Q", "HHQQ", "Q") if big else _Layout(order, "H", "HHLL", "L")
    start = 8 if big else 4
    width = layout.size(layout.offset)
    if len(head) < start + width:
        yield Directory(start + width, 0, {})
        return
    (offset,) = struct.unpack(order + layout.offset, head[start : start + width])
    latest, seen = Directory(start + width, offset, {}), set()
    yield latest
    while latest.following and latest.following not in seen and latest.end <= size:
        seen.add(latest.following)
        latest = _directory(stream, latest.following, layout, size)
        yield latest


def _directory(stream: IO[bytes], offset: int, layout: _Layout, size: int) -> Directory:
    count_size, entry_size, offset_size = (layout.size(code) for code in (layout.count, layout.entry, layout.offset))
    end = offset + count_size
    if end > size:
        return Directory(end, 0, {})
    stream.seek(offset)
    (count,) = struct.unpack(layout.order + layout.count, stream.read(count_size))
    end += count * entry_size + offset_size
    if end > size:
        return Directory(end, 0, {})
    entries = stream.read(count * entry_size)
    (following,) = struct.unpack(layout.order + layout.offset, stream.read(offset_size))
    tags: dict[int, np.ndarray] = {}
    for position in range(0, len(entries), entry_size):
        tag, kind, number, place = struct.unpack_from(layout.order + layout.entry, entries, position)
        length = number * _SIZES.get(kind, 0)
        outside = length > offset_size
        if outside:
            end = max(end, place + length)
        if tag in _READ and kind in _INTEGERS and end <= size:
            at = place if outside else offset + count_size + position + entry_size - offset_size
            stream.seek(at)
            values = np.frombuffer(stream.read(length), dtype=layout.order + _INTEGERS[kind])
            tags[tag] = values.astype(np.uint64)
    blocks = _blocks(tags)
    if blocks is not None:
        end = max(end, int((blocks[0] + blocks[1]).max(initial=0)))
    return Directory(end, following, tags, blocks)


def _blocks(tags: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray] | None:
    for offsets, counts in zip(_OFFSETS, _COUNTS, strict=True):
        if offsets in tags and counts in tags and tags[offsets].shape == tags[counts].shape:
            return tags[offsets], tags[counts]
    return None
