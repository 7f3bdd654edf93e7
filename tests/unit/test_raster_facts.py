"""Facts of a raster from its header."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from mrv.errors import InputError
from raster.facts import read_facts


def write(path, *, crs, transform, **tags):
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": 2, "width": 3, "nodata": 255}
    with rasterio.open(path, "w", crs=crs, transform=transform, **profile) as target:
        target.write(np.zeros((1, 2, 3), "uint8"))
        target.update_tags(**tags)
    return path


def test_a_grid_in_degrees(tmp_path):
    path = write(
        tmp_path / "a.tif",
        crs="EPSG:4326",
        transform=Affine(0.5, 0, -77, 0, -0.5, -6),
        CLASS_1="One / Uno",
        CLASS_X="x",
    )
    facts = read_facts(path)
    assert (facts.epsg, facts.shape, facts.transform) == (4326, (2, 3), (0.5, 0, -77, 0, -0.5, -6))
    assert facts.footprint == ((-77, -7), (-75.5, -7), (-75.5, -6), (-77, -6), (-77, -7))
    assert [(band.name, band.data_type, band.nodata) for band in facts.bands] == [("band-1", "uint8", 255)]
    assert facts.classes == {1: "One / Uno"}


def test_a_footprint_in_metres_follows_its_sides(tmp_path):
    facts = read_facts(write(tmp_path / "a.tif", crs="EPSG:32718", transform=Affine(1000, 0, 3e5, 0, -1000, 9.2e6)))
    assert facts.epsg == 32718
    assert facts.footprint[0] == facts.footprint[-1]
    assert len(facts.footprint) == 65
    # 300 km west of the meridian 75°W less 500 km, at 7.2°S: by the definition of UTM about 76.81°W.
    assert facts.footprint[0] == pytest.approx((-76.811, -7.254), abs=0.01)


def test_what_is_no_raster_or_has_no_place_is_refused(tmp_path):
    (tmp_path / "text.tif").write_text("no")
    with pytest.raises(InputError, match="cannot be opened"):
        read_facts(tmp_path / "text.tif")
    with pytest.raises(InputError, match="reference system"):
        read_facts(write(tmp_path / "b.tif", crs=None, transform=Affine(0.5, 0, 1, 0, -0.5, 1)))
