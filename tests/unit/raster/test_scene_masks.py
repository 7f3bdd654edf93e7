"""Which pixels of a scene are clear, by the published codes of both missions, and what their numbers mean."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyproj
import pytest
import rasterio
import shapely

from mrv.errors import GridError, InputError
from raster.grid import Lattice, Window
from raster.scenes import Scene, clear_codes, place, read_window, scene_grid
from tests.unit.raster.scene_files import CRS, make_scene, write_band

LATTICE = Lattice.square(Decimal(300_000), Decimal(9_200_000), Decimal(20), crs=CRS)


def test_scene_classification():
    codes = np.flatnonzero(clear_codes("sentinel-2", strict=False))
    assert set(range(12)) - set(codes) == {0, 3, 8, 9, 10, 11}
    assert codes.max() < 12
    assert set(np.flatnonzero(clear_codes("sentinel-2", strict=True))) == {4, 5, 6}


@pytest.mark.parametrize(
    ("code", "standard", "strict"),
    [
        (21824, True, True),  # clear land
        (21952, True, True),  # clear water
        (1, False, False),  # fill
        (0, False, False),  # outside the scene
        (21824 | 1 << 1, False, False),  # dilated cloud
        (21824 | 1 << 2, False, False),  # cirrus
        (22280, False, False),  # cloud, high confidence
        (23888, False, False),  # cloud shadow
        (30048, False, False),  # snow
        (21824 & ~(3 << 8) | 2 << 8, True, False),  # cloud with medium confidence
        (21824 & ~(3 << 8) | 3 << 8, False, False),
        (21824 & ~(3 << 10) | 3 << 10, False, False),  # shadow with high confidence
        (21824 & ~(3 << 12) | 3 << 12, False, False),
        (21824 & ~(3 << 14) | 3 << 14, False, False),
    ],
)
def test_bits_of_qa_pixel(code, standard, strict):
    assert clear_codes("landsat", strict=False)[code] == standard
    assert clear_codes("landsat", strict=True)[code] == strict


def test_units_are_exact():
    assert Scene("s", "landsat", date(2023, 1, 1), Decimal("0.0000275"), Decimal("-0.2"), {}).units == (275, -2_000_000)
    with pytest.raises(InputError, match="scale and offset"):
        _ = Scene("s", "landsat", date(2023, 1, 1), Decimal("0.00000001"), Decimal(0), {}).units


def test_mask_is_never_interpolated(tmp_path):
    """Between no data (0) and water (6) bilinear would invent shadow (3)."""
    mask = np.zeros((40, 40), dtype=np.uint8)
    mask[:, 20:] = 6
    scene = make_scene(tmp_path, "a", red=np.full((40, 40), 500), nir=3000, mask=mask, pixel=10)
    coarse = Lattice.square(Decimal(300_000 - 15), Decimal(9_200_000), Decimal(30), crs=CRS)
    bands = read_window(place(scene, coarse), coarse, Window(0, 0, 13, 13), resampling="bilinear")
    assert set(np.unique(bands["mask"])) == {0, 6}


def test_pixels_beyond_the_scene_have_no_number(tmp_path):
    scene = make_scene(tmp_path, "a", red=np.full((10, 10), 500), nir=3000)
    bands = read_window(place(scene, LATTICE), LATTICE, Window(-2, -2, 6, 6), resampling="nearest")
    assert (bands["red"][:2] == 0).all() and (bands["red"][2:, 2:] == 500).all()


def test_non_square_pixels_of_another_zone_come_to_the_grid(tmp_path):
    columns = np.arange(60, dtype=np.uint16) * 100 + 1000
    scene = make_scene(tmp_path, "a", red=np.tile(columns, (60, 1)), nir=3000, pixel=40, height=30)
    bands = read_window(place(scene, LATTICE), LATTICE, Window(0, 0, 80, 118), resampling="nearest")
    assert (bands["red"] == np.repeat(columns, 2)[:118]).all()


def test_grid_holds_every_zone_at_whole_pixels():
    boxes = [(-77.01, -7.01, -77.0, -7.0), (-76.9, -7.2, -76.8, -7.1)]
    lattice, window = scene_grid(boxes, crs=CRS, resolution_m=30)
    assert lattice.west % 30 == 0 and lattice.north % 30 == 0
    to_grid = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    edges = shapely.get_coordinates(shapely.segmentize([shapely.box(*box) for box in boxes], 0.001))
    x, y = to_grid.transform(edges[:, 0], edges[:, 1])
    columns, rows = lattice.columns(x), lattice.rows(y)
    assert columns.min() >= 0 and columns.max() <= window.width
    assert rows.min() >= 0 and rows.max() <= window.height
    assert min(columns.min(), rows.min()) < 2 and window.width - columns.max() < 2 and window.height - rows.max() < 2


def test_grid_in_degrees_is_refused():
    with pytest.raises(GridError, match="grid in degrees"):
        scene_grid([(-77.1, -7.1, -77, -7)], crs="EPSG:4326", resolution_m=30)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"nodata": 7}, "not what it should be"),
        ({"crs": None}, "no place"),
        ({"transform": rasterio.transform.Affine(14, 14, 300_000, 14, -14, 9_200_000)}, "no place"),
        ({"transform": rasterio.transform.Affine(20, 0, 500_000, 0, -20, 9_200_000)}, "in one place"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_bands_that_would_be_misread_are_refused(tmp_path, changes, problem):
    scene = make_scene(tmp_path, "a", red=np.full((10, 10), 500), nir=3000)
    write_band(scene.bands["nir"], np.full((10, 10), 3000, dtype=np.uint16), **changes)
    with pytest.raises((InputError, GridError), match=problem) as caught:
        place(scene, LATTICE)
    assert "nir" in caught.value.where


def test_reflectance_as_numbers_with_decimals_is_refused(tmp_path):
    scene = make_scene(tmp_path, "a", red=np.full((10, 10), 500), nir=3000)
    write_band(scene.bands["red"], np.full((10, 10), 0.05, dtype=np.float32))
    with pytest.raises(InputError, match="not what it should be") as caught:
        place(scene, LATTICE)
    assert caught.value.found == "float32"


def test_a_band_that_is_cut_short_is_named(tmp_path):
    scene = make_scene(tmp_path, "cut", red=np.random.default_rng(1).integers(1, 9999, (300, 300)), nir=3000)
    path = scene.bands["red"]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(InputError, match=r"cut short or corrupt|cannot be opened") as caught:
        read_window(place(scene, LATTICE), LATTICE, Window(0, 0, 300, 300), resampling="nearest")
    assert "cut-red.tif" in caught.value.where
