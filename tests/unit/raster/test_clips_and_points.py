"""Clips as COG, and points in zones."""

import hashlib
import threading

import numpy as np
import pytest
import rasterio
import shapely
from rio_cogeo import cog_validate

from mrv.errors import GridError, InputError
from raster.cog import clip_to_cog
from raster.grid import Window
from raster.points import zones_of_points
from raster.rules import Shape
from tests.unit.raster.pixels import COL, LATTICE, ROW, write_tile

NOISE = np.random.default_rng(5).integers(0, 24, (1300, 1100), dtype=np.uint8)


def tiles(folder, values, **changes):
    seam = 700
    lower = write_tile(folder / "lower.tif", values[seam:], row=ROW + seam, **changes)
    return [lower, write_tile(folder / "upper.tif", values[:seam], **changes)]


@pytest.mark.parametrize(("dtype", "nodata"), [("uint8", 255), ("float32", float("nan"))])
def test_a_clip_is_a_valid_cog_of_the_same_pixels_on_the_lattice(tmp_path, dtype, nodata):
    values = NOISE.astype(dtype)
    window, target = Window(ROW + 100, COL + 50, 1150, 1000), tmp_path / "out" / "clip.tif"
    kept = clip_to_cog(tiles(tmp_path, values, nodata=nodata), window, target, lattice=LATTICE)
    assert kept == window
    valid, errors, _ = cog_validate(target, strict=True)
    assert valid, errors
    with rasterio.open(target) as dataset:
        np.testing.assert_array_equal(dataset.read(1), values[100:1250, 50:1050])
        assert dataset.nodata == nodata or (np.isnan(dataset.nodata) and np.isnan(nodata))
        assert dataset.dtypes == (dtype,)
        assert (dataset.transform.c, dataset.transform.f) == (
            float(LATTICE.x(COL + 50)),
            float(LATTICE.y(ROW + 100)),
        )
    assert [path.name for path in target.parent.iterdir()] == ["clip.tif"]


def test_the_same_bytes_every_time_and_from_any_tiling(tmp_path):
    window, digests = Window(ROW + 10, COL + 10, 900, 900), set()
    whole = [write_tile(tmp_path / "whole.tif", NOISE)]
    for number, sources in enumerate((whole, tiles(tmp_path, NOISE), tiles(tmp_path, NOISE)[::-1])):
        clip_to_cog(sources, window, tmp_path / f"{number}.tif", lattice=LATTICE)
        digests.add(hashlib.sha256((tmp_path / f"{number}.tif").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_beyond_the_tiles_a_clip_has_no_pixels(tmp_path):
    kept = clip_to_cog(
        [write_tile(tmp_path / "a.tif", NOISE)],
        Window(ROW - 50, COL - 50, 300, 300),
        tmp_path / "c.tif",
        lattice=LATTICE,
    )
    assert kept == Window(ROW, COL, 250, 250)


def test_a_clip_of_nothing_or_over_a_hole_is_refused(tmp_path):
    upper = write_tile(tmp_path / "a.tif", NOISE[:100, :100])
    far = write_tile(tmp_path / "b.tif", NOISE[:100, :100], row=ROW + 100, col=COL + 100)
    for sources, window in (
        ([upper], Window(ROW + 500, COL, 9, 9)),
        ([upper, far], Window(ROW + 50, COL + 50, 99, 99)),
    ):
        with pytest.raises(InputError, match="do not hold the window"):
            clip_to_cog(sources, window, tmp_path / "c.tif", lattice=LATTICE)
    assert not (tmp_path / "c.tif").exists()


def test_tiles_of_different_nodata_are_refused(tmp_path):
    one = write_tile(tmp_path / "a.tif", NOISE[:50], nodata=255)
    other = write_tile(tmp_path / "b.tif", NOISE[50:], row=ROW + 50, nodata=0)
    with pytest.raises(GridError, match="different nodata"):
        clip_to_cog([one, other], Window(ROW, COL, 99, 99), tmp_path / "c.tif", lattice=LATTICE)


def test_threads_may_clip_at_once(tmp_path):
    source = [write_tile(tmp_path / "whole.tif", NOISE)]
    jobs = [
        threading.Thread(
            target=clip_to_cog,
            args=(source, Window(ROW, COL, 600, 600), tmp_path / f"{i}.tif"),
            kwargs={"lattice": LATTICE},
        )
        for i in range(4)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert len({(tmp_path / f"{i}.tif").read_bytes() for i in range(4)}) == 1


# --- points ------------------------------------------------------------------------------------------------------
ZONES = [
    Shape("west", shapely.box(-77, -8, -76, -7)),
    Shape("east", shapely.box(-76, -8, -75, -7)),
    Shape("all", shapely.box(-77, -8, -75, -7)),
]


def test_points_lie_in_every_zone_that_holds_them_borders_included():
    longitude, latitude = [-76.5, -76.0, -75.2, -70.0, -75.0], [-7.5, -7.5, -7.1, -7.5, -8.0]
    assert zones_of_points(longitude, latitude, ZONES) == [
        (0, "all"), (0, "west"), (1, "all"), (1, "east"), (1, "west"), (2, "all"), (2, "east"), (4, "all"), (4, "east"),
    ]  # fmt: skip


def test_no_points_or_no_zones():
    assert zones_of_points([], [], ZONES) == []
    assert zones_of_points([-76.5], [-7.5], []) == []


@pytest.mark.parametrize(("longitude", "latitude"), [([1.0], [1.0, 2.0]), ([np.nan], [1.0]), ([1.0], [np.inf])])
def test_points_without_coordinates_are_refused(longitude, latitude):
    with pytest.raises(InputError):
        zones_of_points(longitude, latitude, ZONES)
