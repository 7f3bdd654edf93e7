"""Whether the strips and tiles of a TIFF are what was packed: damage that a decoder passes over is found, whole files never are."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.enums import Resampling

from mrv.sources import tiff_blocks
from mrv.sources.tiff_blocks import damaged_block
from mrv.sources.tiff_extent import directories

WIDTH, LENGTH = 260, 300
TILES = {"tiled": True, "blockxsize": 64, "blockysize": 64}
STYLES = {
    "strips": {"blockysize": 32},
    "tiles": TILES,
    "big": {"BIGTIFF": "YES", "blockysize": 32},
    "big-endian": {"ENDIANNESS": "BIG", "blockysize": 32},
    "big-endian-big": {"ENDIANNESS": "BIG", "BIGTIFF": "YES", **TILES},
    "predictor": {"predictor": 2, "dtype": "uint16", "blockysize": 32},
    "floats": {"predictor": 3, "dtype": "float32", "blockysize": 32},
    "bands": {"count": 3, "interleave": "pixel", "blockysize": 32},
    "planes": {"count": 3, "interleave": "band", **TILES},
    "bits": {"nbits": 1, "blockysize": 32},
    "sparse": {"SPARSE_OK": True, **TILES},
    "cog": {"driver": "COG", "blocksize": 128},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tiffs")
    pixels = np.random.default_rng(5).integers(0, 2, (LENGTH, WIDTH), dtype=np.uint8)
    pixels[:128, :128] = 0
    transform = rasterio.Affine(0.00025, 0, -77, 0, -0.00025, -7)
    for name, style in STYLES.items():
        profile = {"driver": "GTiff", "width": WIDTH, "height": LENGTH, "count": 1, "dtype": "uint8", **style}
        place = folder / f"{name}.tif"
        with rasterio.open(place, "w", **profile, compress="deflate", crs="EPSG:4326", transform=transform) as target:
            for band in range(1, profile["count"] + 1):
                target.write(pixels.astype(profile["dtype"]), band)
        if name == "tiles":
            with rasterio.open(place, "r+") as target:
                target.build_overviews([2], Resampling.nearest)
    return {name: folder / f"{name}.tif" for name in STYLES}


def blocks(path: Path) -> list[tuple[int, int]]:
    """Return place and length of each block of the first image."""
    with path.open("rb") as stream:
        found = next(item.blocks for item in directories(stream, path.stat().st_size) if item.blocks)
    return list(zip(*(values.tolist() for values in found), strict=True))


@pytest.mark.parametrize("style", STYLES)
def test_a_whole_file_passes(files: dict[str, Path], style: str) -> None:
    assert damaged_block(files[style]) is None


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_changed_byte_of_a_block_is_told(
    files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, style: str, data: st.DataObject
) -> None:
    content = bytearray(files[style].read_bytes())
    place, count = data.draw(st.sampled_from([block for block in blocks(files[style]) if block[1]]))
    at = place + data.draw(st.integers(2, count - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    spoiled = tmp_path_factory.getbasetemp() / "spoiled.tif"
    spoiled.write_bytes(content)
    told = damaged_block(spoiled)
    if told is None:
        # The bits that fill up the last byte of a stream before its checksum mean nothing.
        whole, now = (
            zlib.decompress(bytes(text[place : place + count])) for text in (files[style].read_bytes(), content)
        )
        assert whole == now
    else:
        assert "rows" in told


def test_damage_that_a_decoder_passes_over_is_named_with_its_rows(tmp_path: Path) -> None:
    """The strip is full before its checksum: it decodes, to other pixels."""
    pixels = np.random.default_rng(1).integers(0, 3, (64, 4000), dtype=np.uint8)
    path = tmp_path / "a.tif"
    profile = {"driver": "GTiff", "width": 4000, "height": 64, "count": 1, "dtype": "uint8", "blockysize": 32}
    transform = rasterio.Affine(0.00025, 0, -77, 0, -0.00025, -7)
    with rasterio.open(path, "w", **profile, compress="deflate", crs="EPSG:4326", transform=transform) as target:
        target.write(pixels, 1)
    place, count = blocks(path)[1]
    content = bytearray(path.read_bytes())
    content[place + count // 2 : place + count // 2 + 2000] = b"\xff" * 2000
    path.write_bytes(content)
    told = damaged_block(path)
    assert told is not None and told.startswith("strip 1 (rows 32 to 63): ")


@pytest.mark.parametrize(
    ("packed", "problem"),
    [
        (lambda strip: zlib.compress(strip)[:-4] + bytes(4), "incorrect data check"),
        (lambda strip: zlib.compress(strip)[:-4], "it ends before its checksum, after 256 bytes of pixels"),
        (lambda strip: zlib.compress(strip[:-1]), "it unpacks to 255 bytes of pixels, not 256"),
        (lambda strip: zlib.compress(strip + b"x"), "it unpacks to more than its 256 bytes of pixels"),
        (lambda strip: zlib.compress(strip * 100_000), "it unpacks to more than its 256 bytes of pixels"),
        (lambda strip: zlib.compress(strip), None),
        (lambda strip: zlib.compress(strip) + b"behind", None),
    ],
)
@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_a_strip_holds_its_pixels_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed, problem: str | None, chunk: int
) -> None:
    monkeypatch.setattr(tiff_blocks, "CHUNK", chunk)
    strip = packed(np.random.default_rng(3).integers(0, 256, 256, dtype=np.uint8).tobytes())
    path = tmp_path / "strip.tif"
    path.write_bytes(one_strip(strip, compression=8))
    told = damaged_block(path)
    assert (told is None) if problem is None else (told is not None and problem in told)


def test_other_compressions_are_left_to_the_decoder(tmp_path: Path) -> None:
    path = tmp_path / "lzw.tif"
    path.write_bytes(one_strip(b"no LZW", compression=5))
    assert damaged_block(path) is None


def one_strip(strip: bytes, *, compression: int) -> bytes:
    """Return a TIFF of 16 by 16 pixels of one byte in one strip."""
    tags = {256: 16, 257: 16, 258: 8, 259: compression, 273: 8, 277: 1, 278: 16, 279: len(strip)}
    entries = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\x00" + struct.pack("<L", 8 + len(strip)) + strip
    return head + struct.pack("<H", len(tags)) + entries + bytes(4)
