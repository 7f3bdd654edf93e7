"""Small scenes of both missions, for the tests of composites."""

from datetime import date
from decimal import Decimal

import numpy as np
import rasterio
from rasterio.transform import Affine

from raster.scenes import Scene

CRS, WEST, NORTH = "EPSG:32718", 300_000, 9_200_000
VEGETATION, CLEAR_LAND = 4, 21824  # SCL class; QA_PIXEL of a clear pixel with low confidences


def write_band(path, values, *, pixel=20, west=WEST, north=NORTH, height=None, **changes):
    values = np.asarray(values)
    profile = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype.name,
        "crs": CRS, "transform": Affine(pixel, 0, west, 0, -(height or pixel), north), "compress": "deflate", "nodata": 0,
    } | changes  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values, 1)
    return path


def make_scene(folder, name, *, red, nir, swir22=None, mask=None, sensor="sentinel-2", day=1, offset="0", **place):
    """Write the four bands (digital numbers, any shape that numpy broadcasts to red's) and return the scene."""
    red = np.asarray(red, dtype=np.uint16)
    default = VEGETATION if sensor == "sentinel-2" else CLEAR_LAND
    arrays = {
        "red": red,
        "nir": np.broadcast_to(np.asarray(nir, dtype=np.uint16), red.shape),
        "swir22": np.broadcast_to(np.asarray(1000 if swir22 is None else swir22, dtype=np.uint16), red.shape),
        "mask": np.broadcast_to(np.asarray(default if mask is None else mask), red.shape).astype(
            np.uint8 if sensor == "sentinel-2" else np.uint16
        ),
    }
    bands = {role: write_band(folder / f"{name}-{role}.tif", values, **place) for role, values in arrays.items()}
    scale = Decimal("0.0001") if sensor == "sentinel-2" else Decimal("0.0000275")
    return Scene(name, sensor, date(2023, 7, day), scale, Decimal(offset), bands)
