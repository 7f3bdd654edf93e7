"""How long a TIFF must be: whole files are never called short, and a file that lost its end always is."""

import struct
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.sources.tiff_extent import tiff_extent

STYLES = {
    "strips": {"compress": "lzw"},
    "plain": {},
    "tiles": {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"},
    "big": {"BIGTIFF": "YES", "compress": "lzw"},
    "big-endian": {"ENDIANNESS": "BIG", "compress": "lzw"},
    "cog": {"driver": "COG", "compress": "lzw", "blocksize": 128},
    "sparse": {"tiled": True, "blockxsize": 64, "blockysize": 64, "SPARSE_OK": True},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tiffs")
    pixels = np.random.default_rng(5).integers(0, 9, (300, 260), dtype=np.uint8)
    pixels[:128, :128] = 0
    transform = rasterio.Affine(0.00025, 0, -77, 0, -0.00025, -7)
    for name, style in STYLES.items():
        profile = {"driver": "GTiff", "width": 260, "height": 300, "count": 1, "dtype": "uint8"}
        with rasterio.open(
            folder / f"{name}.tif", "w", **{**profile, **style}, crs="EPSG:4326", transform=transform
        ) as target:
            target.write(pixels, 1)
    return {name: folder / f"{name}.tif" for name in STYLES}


@pytest.mark.parametrize("style", STYLES)
def test_a_whole_file_is_as_long_as_it_must_be(files: dict[str, Path], style: str) -> None:
    size = files[style].stat().st_size
    # A COG repeats the last bytes of a block behind it, for readers: up to four bytes that no directory names.
    assert size - 4 <= tiff_extent(files[style]) <= size


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 1))
def test_a_file_that_lost_its_end_is_told(files: dict[str, Path], tmp_path_factory, style: str, share: float) -> None:
    content = files[style].read_bytes()
    length = 8 + int(share * (tiff_extent(files[style]) - 9))
    short = tmp_path_factory.getbasetemp() / "short.tif"
    short.write_bytes(content[:length])
    assert tiff_extent(short) > length


@settings(max_examples=200, deadline=None)
@given(
    head=st.sampled_from([b"II*\x00", b"MM\x00*", b"II+\x00\x08\x00\x00\x00", b"MM\x00+"]), rest=st.binary(max_size=300)
)
def test_any_bytes_are_read_to_an_end(tmp_path_factory, head: bytes, rest: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.tif"
    file.write_bytes(head + rest)
    assert tiff_extent(file) >= 8


def test_directories_that_name_each_other_in_a_circle_end(tmp_path: Path) -> None:
    file = tmp_path / "circle.tif"
    file.write_bytes(b"II*\x00" + struct.pack("<L", 8) + struct.pack("<HL", 0, 14) + struct.pack("<HL", 0, 8))
    assert tiff_extent(file) == file.stat().st_size
