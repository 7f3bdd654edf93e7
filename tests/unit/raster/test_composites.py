"""Composites of best pixels and the change between two, against numbers worked out by hand and by plain numpy."""

import hashlib
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import raster.composite
from mrv.errors import InputError
from raster.composite import NODATA, _index_code, make_composite, write_change
from raster.grid import Lattice, Window
from raster.rules import Shape
from raster.vegetation import zone_changes
from tests.unit.raster.scene_files import CRS, NORTH, WEST, make_scene

LATTICE = Lattice.square(Decimal(WEST), Decimal(NORTH), Decimal(20), crs=CRS)


def composite(folder, scenes, name="c", *, window=Window(0, 0, 4, 4), strict=False, resampling="nearest"):  # noqa: B008
    return make_composite(scenes, folder, name, lattice=LATTICE, window=window, strict=strict, resampling=resampling)


def values(path, band=1):
    with rasterio.open(path) as dataset:
        return dataset.read(band)


def full(number):
    return np.full((4, 4), number)


def test_reflectance_and_indices_of_each_rule_for_the_offset(tmp_path):
    """The same surface: red 0.04, nir 0.36, swir22 0.12, in the numbers of each mission and baseline."""
    rules = {
        "old baseline": make_scene(tmp_path, "o", red=full(400), nir=3600, swir22=1200),
        "new baseline": make_scene(tmp_path, "n", red=full(1400), nir=4600, swir22=2200, offset="-0.1"),
        "landsat": make_scene(tmp_path, "l", red=full(8727), nir=20364, swir22=11636, sensor="landsat", offset="-0.2"),
    }
    for name, scene in rules.items():
        made = composite(tmp_path, [scene], name.replace(" ", "_"))
        assert [values(made.reflectance, band)[0, 0] for band in (1, 2, 3)] == [400, 3600, 1200], name
        assert (values(made.indices["ndvi"]) == 8000).all(), name  # (0.36 - 0.04) / 0.40
        assert (values(made.indices["nbr"]) == 5000).all(), name  # (0.36 - 0.12) / 0.48


def test_offset_applied_twice_is_noticed(tmp_path):
    scene = make_scene(tmp_path, "twice", red=full(400), nir=3600, offset="-0.1")
    with pytest.raises(InputError, match="contradict its offset") as caught:
        composite(tmp_path, [scene])
    assert caught.value.where == "twice" and "16 of 16" in caught.value.found
    assert not list(tmp_path.glob("c_*"))


def test_best_pixel_is_the_clear_one_with_the_highest_ndvi(tmp_path):
    cloudy = full(4)
    cloudy[0] = 9
    best = make_scene(tmp_path, "best", red=full(400), nir=3600, mask=cloudy, day=3)
    other = make_scene(tmp_path, "other", red=full(1000), nir=3000, day=2)
    made = composite(tmp_path, [best, other])
    ndvi = values(made.indices["ndvi"])
    assert (ndvi[0] == 5000).all() and (ndvi[1:] == 8000).all()
    assert made.pixels_of_scenes == {"best": 12, "other": 4}


def test_of_equal_pixels_the_earliest_counts_whatever_the_order(tmp_path):
    late = make_scene(tmp_path, "a-late", red=full(400), nir=3600, swir22=500, day=9)
    early = make_scene(tmp_path, "z-early", red=full(400), nir=3600, swir22=900, day=2)
    same_day = make_scene(tmp_path, "zz-same-day", red=full(400), nir=3600, swir22=700, day=2)
    hashes = set()
    for number, scenes in enumerate([[late, early, same_day], [same_day, early, late]]):
        made = composite(tmp_path, scenes, f"c{number}")
        assert (values(made.reflectance, 3) == 900).all()
        assert made.pixels_of_scenes["z-early"] == 16
        hashes.add(tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in made.indices.values()))
    assert len(hashes) == 1


def test_pixels_never_clear_are_nodata(tmp_path):
    mask, red = full(4), full(400)
    mask[0, 0], red[0, 1] = 8, 0
    made = composite(tmp_path, [make_scene(tmp_path, "a", red=red, nir=3600, mask=mask)])
    for path in (made.reflectance, *made.indices.values()):
        found = values(path)
        assert (found[0, :2] == NODATA).all() and (found != NODATA).sum() == 14
        with rasterio.open(path) as dataset:
            assert dataset.nodata == NODATA and dataset.scales[0] == 0.0001
            assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_strict_mask_takes_out_dark_pixels(tmp_path):
    mask = full(4)
    mask[2, 2] = 2
    scene = make_scene(tmp_path, "a", red=full(400), nir=3600, mask=mask)
    assert values(composite(tmp_path, [scene]).indices["ndvi"])[2, 2] == 8000
    assert values(composite(tmp_path, [scene], strict=True).indices["ndvi"])[2, 2] == NODATA


def test_blocks_leave_no_seams(tmp_path, monkeypatch):
    rng = np.random.default_rng(5)
    scenes = [
        make_scene(
            tmp_path, f"s{number}", red=rng.integers(1, 3000, (90, 70)), nir=rng.integers(1, 5000, (90, 70)),
            mask=rng.integers(0, 12, (90, 70)), day=number + 1, west=WEST - 40 * number,
        )
        for number in range(4)
    ]  # fmt: skip
    window = Window(0, 0, 80, 64)
    whole = composite(tmp_path, scenes, "whole", window=window)
    cut = raster.composite.blocks
    monkeypatch.setattr(
        raster.composite, "blocks",
        lambda window: (Window(row, col, min(16, window.height - row), min(48, window.width - col))
                        for row in range(0, window.height, 16) for col in range(0, window.width, 48)),
    )  # fmt: skip
    parts = composite(tmp_path, scenes[::-1], "parts", window=window)
    monkeypatch.setattr(raster.composite, "blocks", cut)
    for index in ("ndvi", "nbr"):
        assert (values(whole.indices[index]) == values(parts.indices[index])).all()
    assert whole.pixels_of_scenes == parts.pixels_of_scenes
    # And the rule told again in plain numpy, pixel by pixel of the finest NDVI.
    found = np.full((80, 64), -99.0)
    for number, scene in enumerate(scenes):
        red, nir, mask = (values(scene.bands[role]).astype(float) for role in ("red", "nir", "mask"))
        ndvi = np.where(np.isin(mask, (1, 2, 4, 5, 6, 7)), (nir - red) / (nir + red), -99)[:80]
        shifted = np.full((80, 64), -99.0)
        columns = min(64, 70 - 2 * number)
        shifted[:, :columns] = ndvi[:, 2 * number : 2 * number + columns]
        found = np.maximum(found, shifted)
    made = values(whole.indices["ndvi"])
    assert ((made == NODATA) == (found == -99)).all()
    assert np.abs(made / 10_000 - found)[made != NODATA].max() <= 0.00005 + 1e-12


@given(st.integers(0, 16_000), st.integers(0, 16_000))
@settings(max_examples=200, deadline=None)
def test_index_is_rounded_to_the_nearest_ten_thousandth(one, other):
    code = _index_code(one, other)
    if one + other == 0:
        assert code == NODATA
        return
    exact = Fraction(one - other, one + other) * 10_000
    assert abs(code - exact) <= Fraction(1, 2)
    assert _index_code(other, one) == -code


# --- change ------------------------------------------------------------------------------------------------------
def lonlat(left, top, right, bottom):
    """Return a box given in columns and rows, with straight lines between corners that are close by."""
    edges = shapely.segmentize(
        shapely.box(WEST + 20 * left, NORTH - 20 * bottom, WEST + 20 * right, NORTH - 20 * top), 20
    )
    to_lonlat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    return shapely.transform(edges, lambda xy: np.column_stack(to_lonlat.transform(xy[:, 0], xy[:, 1])))


def two_composites(folder):
    """Before: NDVI 0.8 everywhere. After: 0.5 in the left half, and cloud in the first row."""
    window = Window(0, 0, 8, 8)
    before = make_scene(folder, "b", red=np.full((8, 8), 400), nir=3600, swir22=1200)
    red, nir, mask = np.full((8, 8), 400), np.full((8, 8), 3600), np.full((8, 8), 4)
    red[:, :4], nir[:, :4], mask[0] = 1000, 3000, 9
    after = make_scene(folder, "a", red=red, nir=nir, swir22=1200, mask=mask, day=20)
    return [composite(folder, [scene], scene.scene_id, window=window) for scene in (before, after)], window


def test_change_by_zone(tmp_path):
    (before, after), window = two_composites(tmp_path)
    zones = [Shape("whole", lonlat(0, 0, 8, 8)), Shape("left", lonlat(0, 0, 4, 8)), Shape("clouds", lonlat(0, 0, 8, 1))]
    found = zone_changes(before.indices["ndvi"], after.indices["ndvi"], zones, lattice=LATTICE, window=window)
    whole, left, clouds = found
    assert (whole.pixels, whole.clear_pixels) == (64, 56)
    assert (whole.mean_before, whole.mean_after, whole.mean_change) == (
        Decimal("0.8"), Decimal("0.65"), Decimal("-0.15")
    )  # fmt: skip
    assert (left.clear_pixels, left.mean_change) == (28, Decimal("-0.3"))
    assert (clouds.clear_pixels, clouds.clear_area_um2, clouds.mean_change) == (0, 0, None)
    geod = pyproj.Geod(ellps="WGS84")
    for zone, change in zip(zones, found, strict=True):
        assert change.area_um2 / 1e12 == pytest.approx(abs(geod.geometry_area_perimeter(zone.geometry)[0]), rel=1e-6)
    assert whole.clear_area_um2 + clouds.area_um2 == whole.area_um2


def test_a_composite_without_scenes_leaves_null(tmp_path):
    (before, _), window = two_composites(tmp_path)
    (change,) = zone_changes(
        before.indices["nbr"], None, [Shape("z", lonlat(0, 0, 8, 8))], lattice=LATTICE, window=window
    )
    assert (change.pixels, change.clear_pixels, change.mean_before) == (64, 0, None)


def test_raster_of_change(tmp_path):
    (before, after), window = two_composites(tmp_path)
    digests = set()
    for name in ("one", "two"):
        path = tmp_path / f"{name}.tif"
        write_change(before.indices["ndvi"], after.indices["ndvi"], path, lattice=LATTICE, window=window, index="ndvi")
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    change = values(path)
    assert (change[0] == NODATA).all() and (change[1:, :4] == -3000).all() and (change[1:, 4:] == 0).all()
    assert len(digests) == 1
