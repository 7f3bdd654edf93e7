"""What is refused before a pixel is read, and what a read says of a broken file."""

from decimal import Decimal

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from mrv.errors import GridError, InputError
from raster.grid import Lattice, Window
from raster.mosaic import Mosaic
from raster.reading import MAX_BLOCK_BYTES, inspect_tile, read_tile
from tests.unit.raster.pixels import COL, LATTICE, ROW, write_tile

NOISE = np.random.default_rng(1).integers(0, 101, (300, 200), dtype=np.uint8)


def look(path, kind="classes", lattice=LATTICE):
    return inspect_tile(path, lattice=lattice, kind=kind)


def test_a_tile_is_placed_on_the_lattice_exactly(tmp_path):
    tile = look(write_tile(tmp_path / "a.tif", NOISE))
    assert tile.window == Window(ROW, COL, 300, 200)
    np.testing.assert_array_equal(read_tile(tile, Window(ROW + 7, COL + 3, 5, 4)), NOISE[7:12, 3:7])


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><title>Sign in</title>",
        b'{"error": "invalid key"}',
        b'<?xml version="1.0"?><VRTDataset/>',
        b"",
        b"PK\x03\x04zip",
    ],
)
def test_what_is_no_tiff_is_refused_before_gdal_sees_it(tmp_path, content):
    path = tmp_path / "tile.tif"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a GeoTIFF") as caught:
        look(path)
    assert "not a raster" in str(caught.value.remedy)
    assert str(path) in str(caught.value.where)
    if content.startswith(b"<!D"):
        assert "Sign in" in str(caught.value.found)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        look(tmp_path / "none.tif")


def test_a_tiff_that_is_only_magic(tmp_path):
    path = tmp_path / "tile.tif"
    path.write_bytes(b"II*\x00\xff\xff\xff\xff")
    with pytest.raises(InputError, match="cannot be opened"):
        look(path)


@pytest.mark.parametrize(
    ("profile", "error", "message"),
    [
        ({"crs": None}, GridError, "no coordinate system"),
        ({"crs": CRS.from_epsg(32718)}, GridError, "32718"),
        ({"transform": Affine(0.00025, 0, -77.000125, 0, -0.00025, -7)}, GridError, "another grid"),  # half a pixel
        ({"transform": Affine(0.00025, 0, -77, 0, 0.00025, -7.075)}, GridError, "another grid"),  # north down
        ({"transform": Affine(0.00025, 1e-6, -77, 1e-6, -0.00025, -7)}, GridError, "rotation"),
        ({"transform": Affine(0.0003, 0, -77, 0, -0.0003, -7)}, GridError, "another grid"),
        ({"transform": Affine(0.00025 * (1 + 1e-7), 0, -77, 0, -0.00025, -7)}, GridError, "another grid"),  # drift
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # writing the file without a CRS
def test_another_grid_is_refused(tmp_path, profile, error, message):
    path = write_tile(tmp_path / "tile.tif", NOISE, **profile)
    with pytest.raises(error) as caught:
        look(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_coarser_product_has_its_own_lattice(tmp_path):
    coarse = Lattice.square(Decimal(-180), Decimal(90), Decimal("0.01"))
    assert look(write_tile(tmp_path / "a.tif", NOISE, row=10, col=20, lattice=coarse), lattice=coarse).window.row == 10
    with pytest.raises(GridError):
        look(tmp_path / "a.tif")


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_classes_are_bytes(tmp_path, dtype):
    with pytest.raises(InputError, match="uint8"):
        look(write_tile(tmp_path / "a.tif", NOISE.astype(dtype)))


def test_a_measure_is_a_float(tmp_path):
    with pytest.raises(InputError, match="float32 or float64"):
        look(write_tile(tmp_path / "a.tif", NOISE), kind="measure")
    assert look(write_tile(tmp_path / "b.tif", NOISE.astype("float32")), kind="measure").dtype == "float32"


def test_several_bands_are_refused(tmp_path):
    with pytest.raises(InputError, match="2 bands"):
        look(write_tile(tmp_path / "a.tif", NOISE, count=2))


def test_a_block_that_would_fill_the_memory_is_refused(tmp_path):
    side = 32768
    path = write_tile(tmp_path / "a.tif", NOISE, tiled=True, blockxsize=side, blockysize=side, compress="deflate")
    assert side * side > MAX_BLOCK_BYTES > 100 * path.stat().st_size
    with pytest.raises(InputError, match="blocks of at most"):
        look(path)


@pytest.mark.parametrize("compress", ["lzw", "deflate", None])
@pytest.mark.parametrize("tiled", [False, True])
def test_a_file_cut_short_names_the_rows_and_the_remedy(tmp_path, compress, tiled):
    layout = {"tiled": True, "blockxsize": 64, "blockysize": 64} if tiled else {"blockysize": 10}
    path = write_tile(tmp_path / "tile.tif", NOISE, compress=compress, **layout)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(InputError) as caught:
        read_tile(look(path), Window(ROW + 250, COL, 50, 200))
    assert str(path) in str(caught.value.where)
    assert "pull it again" in str(caught.value.remedy)
    if "read" in caught.value.message:
        assert "rows 250 to 299" in str(caught.value.where)


def test_a_corrupt_block_is_not_read_as_pixels(tmp_path):
    path = write_tile(tmp_path / "tile.tif", NOISE, compress="deflate", blockysize=10)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)
    with pytest.raises(InputError, match="cut short or corrupt"):
        read_tile(look(path), Window(ROW, COL, 300, 200))


def test_sidecar_files_are_not_read(tmp_path):
    path = write_tile(tmp_path / "tile.tif", NOISE)
    path.with_suffix(".tif.aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:32718</SRS><GeoTransform>0,1,0,0,0,-1</GeoTransform></PAMDataset>"
    )
    assert look(path).window == Window(ROW, COL, 300, 200)


def test_a_mosaic_reads_over_seams_whatever_the_order_of_its_tiles(tmp_path):
    pieces = {
        (0, 0): NOISE[:120, :90],
        (0, 90): NOISE[:120, 90:],
        (120, 0): NOISE[120:, :90],
        (120, 90): NOISE[120:, 90:],
    }
    paths = [write_tile(tmp_path / f"{r}_{c}.tif", part, row=ROW + r, col=COL + c) for (r, c), part in pieces.items()]
    for order in (paths, paths[::-1]):
        mosaic = Mosaic.of("cover", order, lattice=LATTICE, kind="classes")
        assert mosaic.extent == Window(ROW, COL, 300, 200)
        np.testing.assert_array_equal(mosaic.read(Window(ROW + 100, COL + 80, 50, 30), fill=9), NOISE[100:150, 80:110])
    beyond = mosaic.read(Window(ROW - 1, COL - 1, 2, 2), fill=9)
    np.testing.assert_array_equal(beyond, [[9, 9], [9, NOISE[0, 0]]])
    assert not mosaic.covers(Window(ROW - 1, COL, 2, 2))


def test_tiles_that_overlap_are_refused(tmp_path):
    one = write_tile(tmp_path / "one.tif", NOISE)
    other = write_tile(tmp_path / "other.tif", NOISE, row=ROW + 299)
    for pair in ([one, other], [one, one]):
        with pytest.raises(GridError, match="overlap"):
            Mosaic.of("cover", pair, lattice=LATTICE, kind="classes")


def test_a_layer_without_files_is_refused():
    with pytest.raises(InputError, match="no tile"):
        Mosaic.of("cover", [], lattice=LATTICE, kind="classes")
