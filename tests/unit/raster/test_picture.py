"""The picture of loss: blocks, colours, and where it lies."""

import zlib
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import rasterio

from raster.grid import Lattice
from raster.picture import COLOURS, EARLIER_LOSS, MOST_FOREST, OPEN_LAND, PERIOD_LOSS, SOME_FOREST, loss_picture, png
from raster.rules import ForestRule, ProductRule

PRODUCT = ProductRule("p", "1", Lattice.square(Decimal(-180), Decimal(80), Decimal("0.00025")), 2000, 2024)
FOREST = ForestRule(30, "greater")


def write(path: Path, pixels: np.ndarray) -> Path:
    profile = {
        "driver": "GTiff", "height": pixels.shape[0], "width": pixels.shape[1], "count": 1, "dtype": "uint8",
        "crs": "EPSG:4326", "transform": rasterio.Affine(0.00025, 0, -77, 0, -0.00025, -7),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels, 1)
    return path


def drawn(path: Path) -> np.ndarray:
    """Decode our own PNG: one IDAT, no filter."""
    data = path.read_bytes()
    width, height = (int.from_bytes(data[at : at + 4]) for at in (16, 20))
    start = data.index(b"IDAT") + 4
    lines = zlib.decompress(data[start : start + int.from_bytes(data[start - 8 : start - 4])])
    return np.frombuffer(lines, np.uint8).reshape(height, width + 1)[:, 1:]


def picture(tmp_path: Path, cover: np.ndarray, loss: np.ndarray, width: int):
    layers = (write(tmp_path / "cover.tif", cover), write(tmp_path / "loss.tif", loss))
    return loss_picture(*layers, tmp_path / "loss.png", forest=FOREST, product=PRODUCT, years=(2022, 2024), width=width)


def test_each_block_shows_the_most_important_of_its_pixels(tmp_path: Path) -> None:
    cover = np.full((4, 10), 90, np.uint8)
    cover[:, 2:4] = 10  # open land
    cover[0:1, 4:6] = cover[2:3, 4:6] = 10  # half forest
    loss = np.zeros((4, 10), np.uint8)
    loss[0, 6] = 5  # one pixel lost long ago
    loss[3, 7] = 24  # one lost in the period, in the block below
    loss[1, 2] = 23  # loss where there was no forest does not count
    result = picture(tmp_path, cover, loss, width=5)
    assert result.block == 2
    expected = [MOST_FOREST, OPEN_LAND, SOME_FOREST]
    np.testing.assert_array_equal(
        drawn(result.path), [[*expected, EARLIER_LOSS, MOST_FOREST], [*expected, PERIOD_LOSS, MOST_FOREST]]
    )


@pytest.mark.parametrize("width", [10, 4, 3, 1])
def test_the_picture_covers_the_raster(tmp_path: Path, width: int) -> None:
    result = picture(tmp_path, np.full((7, 10), 90, np.uint8), np.zeros((7, 10), np.uint8), width)
    shape = drawn(result.path).shape
    assert shape == (-(-7 // result.block), -(-10 // result.block))
    west, south, east, north = result.bounds
    assert (west, north) == (-77, -7)
    assert east - west == pytest.approx(shape[1] * result.block * 0.00025)
    assert north - south == pytest.approx(shape[0] * result.block * 0.00025)


def test_other_readers_see_the_same_colours(tmp_path: Path) -> None:
    (tmp_path / "all.png").write_bytes(png(np.arange(len(COLOURS), dtype=np.uint8)[None, :]))
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(tmp_path / "all.png") as dataset:
        palette = dataset.colormap(1)
        assert dataset.read(1).tolist() == [list(range(len(COLOURS)))]
    assert [palette[index][:3] for index in range(len(COLOURS))] == list(COLOURS)
