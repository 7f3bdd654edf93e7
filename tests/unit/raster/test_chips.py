"""Chips: the right pixels, the outline where the place is, what is not clear, and pages that are the same twice."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from raster.chips import BRIGHTEST, OUTLINE, UNSEEN, Panel, draw_chips, open_composite
from raster.composite import NODATA

CRS = "EPSG:32718"
WEST, NORTH, PIXEL, SIDE = 280_000.0, 9_220_000.0, 10, 60
TO_LONLAT = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def ring(column: float, row: float, side_m: float = 30) -> list[tuple[float, float]]:
    """Outline of a square whose upper left corner is that of a pixel."""
    x, y = WEST + column * PIXEL, NORTH - row * PIXEL
    corners = [(x, y - side_m), (x + side_m, y - side_m), (x + side_m, y), (x, y), (x, y - side_m)]
    return [TO_LONLAT.transform(*corner) for corner in corners]


@pytest.fixture
def composite(tmp_path: Path) -> Path:
    """Columns in red, rows in near infrared, a constant in short-wave infrared; a corner is not clear."""
    rows, columns = np.indices((SIDE, SIDE))
    bands = np.stack([columns * 20, rows * 50, np.full((SIDE, SIDE), 4000)]).astype(np.int16)
    bands[:, 40:, 40:] = NODATA
    path = tmp_path / "composite.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=SIDE, height=SIDE, count=3, dtype="int16", nodata=NODATA, crs=CRS,
        transform=from_origin(WEST, NORTH, PIXEL, PIXEL),
    ) as dataset:  # fmt: skip
        dataset.write(bands)
    return path


def shade(code: float, band: int) -> int:
    return round(float(np.sqrt(code / 10_000 / BRIGHTEST[band])) * 255)


def test_the_place_is_in_the_middle_and_outlined(composite: Path) -> None:
    with open_composite(composite, crs=CRS) as reader:
        chip = reader.chip(ring(20, 30), size_m=210)
    assert chip.pixels.shape == (21, 21, 3)
    # Three pixels of ten metres in the middle of 21: the chip begins nine pixels before them.
    assert np.allclose(chip.outline.min(axis=0), 9, atol=1e-3)
    assert np.allclose(chip.outline.max(axis=0), 12, atol=1e-3)
    # Its middle pixel is column 21, row 31.
    assert chip.pixels[10, 10].tolist() == [shade(4000, 0), shade(31 * 50, 1), shade(21 * 20, 2)]
    assert chip.is_clear


def test_a_place_that_is_not_clear_is_told(composite: Path) -> None:
    with open_composite(composite, crs=CRS) as reader:
        hidden, half, edge = (reader.chip(ring(*at), size_m=200) for at in ((45, 45), (38, 45), (36, 45)))
    assert [hidden.is_clear, half.is_clear, edge.is_clear] == [False, True, True]
    assert hidden.pixels[10, 10].tolist() == list(UNSEEN)


def test_beyond_the_composite_nothing_is_clear(composite: Path) -> None:
    with open_composite(composite, crs=CRS) as reader:
        corner, outside = reader.chip(ring(0, 0), size_m=200), reader.chip(ring(500, 500), size_m=200)
    assert corner.is_clear
    assert corner.pixels[0, 0].tolist() == list(UNSEEN)
    assert corner.pixels.shape == outside.pixels.shape
    assert not outside.is_clear
    assert (outside.pixels == np.array(UNSEEN)).all()


def test_a_page_is_the_same_twice_and_holds_both_panels(composite: Path, tmp_path: Path) -> None:
    with open_composite(composite, crs=CRS) as reader:
        chip = reader.chip(ring(20, 30), size_m=300)
    panels = [Panel(chip, ("Before", "Antes"), "2022-07-01"), Panel(chip, ("After", "Después"), "2024-06-30")]
    files = [tmp_path / f"{name}.png" for name in "ab"]
    for file in files:
        draw_chips(file, panels, heading="cover-00001", notes=["a note", "una nota"], size_m=300)
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert first.startswith(b"\x89PNG")
    shown = matplotlib.image.imread(files[0])
    # The outline's yellow stands in the left half and in the right one.
    yellow = (np.abs(shown[..., :3] - np.array(OUTLINE) / 255) < 0.02).all(axis=-1)
    middle = shown.shape[1] // 2
    assert yellow[:, :middle].sum() > 100
    assert yellow[:, :middle].sum() == pytest.approx(yellow[:, middle:].sum(), rel=0.1)
