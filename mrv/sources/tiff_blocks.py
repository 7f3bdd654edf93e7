"""Whether the strips and tiles of a TIFF unpack to what was packed: by the checksum that DEFLATE carries and decoders skip."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import IO

from mrv.sources.tiff_extent import SHAPE, Directory, directories

DEFLATE = frozenset({8, 32946})
"""Values of the tag Compression whose blocks are zlib streams, each with an Adler-32 checksum of what was packed."""
CHUNK = 1 << 20
_WIDTH, _LENGTH, _BITS, _COMPRESSION, _SAMPLES, _ROWS, _PLANES, _TILE_WIDTH, _TILE_LENGTH = SHAPE
_SEPARATE = 2


def damaged_block(path: Path) -> str | None:
    """Unpack each DEFLATE strip and tile of a TIFF once, and say which of them is not what was packed.

    A decoder stops when a block is full and never sees its checksum, so that damage would come out as other pixels.
    Blocks of other compressions are left to the decoder: they carry no checksum. No more than `CHUNK` bytes are held
    unpacked, and a block that unpacks to more than its pixels is given up there.
    Source: TIFF 6.0, sections 3 and 15; TIFF Technical Note on DEFLATE; RFC 1950.

    Returns:
        The block, its rows and what is wrong with it, or None.
    """
    with path.open("rb") as stream:
        for number, directory in enumerate(directories(stream, path.stat().st_size)):
            if directory.blocks is not None and _value(directory, _COMPRESSION, 1) in DEFLATE:
                damage = _damage(stream, directory)
                if damage:
                    # The head of the file is yielded before the first image.
                    return damage if number == 1 else f"image {number} of the file, {damage}"
    return None


def _value(directory: Directory, tag: int, default: int) -> int:
    values = directory.tags.get(tag)
    return default if values is None or not len(values) else int(values.max())


def _damage(stream: IO[bytes], directory: Directory) -> str | None:
    width, length = _value(directory, _WIDTH, 0), _value(directory, _LENGTH, 0)
    tiled = _TILE_LENGTH in directory.tags
    across = _value(directory, _TILE_WIDTH, width) if tiled else width
    rows = _value(directory, _TILE_LENGTH, length) if tiled else min(_value(directory, _ROWS, length), length)
    if not (across and rows and width and length and directory.blocks):
        return None
    samples, separate = _value(directory, _SAMPLES, 1), _value(directory, _PLANES, 1) == _SEPARATE
    row_bytes = (across * (1 if separate else samples) * _value(directory, _BITS, 1) + 7) // 8
    columns, bands = -(-width // across), -(-length // rows)
    for block, (place, count) in enumerate(zip(*(values.tolist() for values in directory.blocks), strict=True)):
        band = block // columns % bands
        if not place or not count:
            # A block that nobody wrote is all nodata.
            continue
        first, last = band * rows, min((band + 1) * rows, length)
        # The last strip may hold the rows that are left only.
        least = row_bytes * (rows if tiled else last - first)
        stream.seek(place)
        problem = _unpack(stream, count, least=least, most=row_bytes * rows)
        if problem:
            return f"{'tile' if tiled else 'strip'} {block} (rows {first} to {last - 1}): {problem}"
    return None


def _unpack(stream: IO[bytes], left: int, *, least: int, most: int) -> str | None:
    """Unpack `left` bytes of a stream and say what is wrong with them, if anything."""
    inflater, packed, total = zlib.decompressobj(), b"", 0
    while not inflater.eof:
        if not packed:
            packed = stream.read(min(CHUNK, left))
            left -= len(packed)
        ended = not packed
        try:
            made = len(inflater.decompress(packed, CHUNK))
        except zlib.error as error:
            return str(error)
        packed = inflater.unconsumed_tail
        total += made
        if total > most:
            return f"it unpacks to more than its {most} bytes of pixels"
        if ended and not made and not inflater.eof:
            return f"it ends before its checksum, after {total} bytes of pixels"
    return None if total >= least else f"it unpacks to {total} bytes of pixels, not {least}"
