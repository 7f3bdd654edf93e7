"""Facts of a finished raster for a catalogue, read from its header alone."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.warp import transform

from mrv.errors import InputError
from mrv.raster_facts import Band, RasterFacts
from raster.reading import gdal_environment

_CLASS = "CLASS_"
_STEPS = 16
"""Points along each side of a footprint: straight sides of a projected grid bend in degrees."""
_DIGITS = 7
"""Decimals of a degree of a footprint, about a centimetre."""


def read_facts(path: Path) -> RasterFacts:
    """Return what the header of a GeoTIFF says.

    Raises:
        InputError: It cannot be opened, or its reference system has no code.
    """
    try:
        with gdal_environment(), rasterio.open(path) as source:
            epsg = source.crs.to_epsg() if source.crs else None
            if epsg is None:
                raise InputError(
                    "a raster has no reference system with a code",
                    expected="an EPSG code",
                    found=str(source.crs),
                    where=str(path),
                    remedy="make the raster again",
                )
            names = [text or f"band-{number}" for number, text in enumerate(source.descriptions, start=1)]
            bands = [Band(*facts) for facts in zip(names, source.dtypes, source.nodatavals, strict=True)]
            tags = source.tags()
            return RasterFacts(
                epsg=epsg,
                shape=(source.height, source.width),
                transform=tuple(source.transform)[:6],
                footprint=_footprint(source.bounds, source.crs),
                bands=tuple(bands),
                classes={
                    int(name.removeprefix(_CLASS)): tags[name]
                    for name in sorted(tags)
                    if name.startswith(_CLASS) and name.removeprefix(_CLASS).isdigit()
                },
            )
    except RasterioError as error:
        raise InputError(
            "a raster cannot be opened", found=str(error), where=str(path), remedy="run the stage that makes it again"
        ) from error


def _footprint(bounds: rasterio.coords.BoundingBox, crs: rasterio.crs.CRS) -> tuple[tuple[float, float], ...]:
    steps = 1 if crs.is_geographic else _STEPS
    west, south, east, north = bounds
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    xs, ys = [], []
    for (x0, y0), (x1, y1) in pairwise(corners):
        xs += np.linspace(x0, x1, steps, endpoint=False).tolist()
        ys += np.linspace(y0, y1, steps, endpoint=False).tolist()
    longitudes, latitudes = transform(crs, "EPSG:4326", xs, ys)
    points = [(round(x, _DIGITS), round(y, _DIGITS)) for x, y in zip(longitudes, latitudes, strict=True)]
    return (*points, points[0])
