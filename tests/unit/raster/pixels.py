"""Small tiles and plain re-tellings of the rules, for the tests of the raster room."""

from decimal import Decimal

import numpy as np
import rasterio
import shapely
from rasterio.crs import CRS
from rasterio.transform import Affine

from raster.grid import Lattice
from raster.loss import ForestRule, LossLayers, ProductRule, Region, Shape, measure_loss
from raster.parts import Work

LATTICE = Lattice.square(Decimal(-180), Decimal(80), Decimal("0.00025"))
ROW, COL = 348000, 412000  # latitude -7, longitude -77
ANY_COVER = ForestRule(30, "greater")


def product(**changes):
    return ProductRule(
        **({"product": "p", "version": "v1", "lattice": LATTICE, "base_year": 2000, "last_year": 2023} | changes)
    )


def write_tile(path, values, *, row=ROW, col=COL, lattice=LATTICE, **changes):
    pixel = float(lattice.pixel_width)
    profile = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": values.dtype.name,
        "crs": CRS.from_epsg(4326),
        "transform": Affine(pixel, 0, float(lattice.x(col)), 0, -pixel, float(lattice.y(row))),
        "compress": "lzw",
    } | changes
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values, 1)
    return path


def polygon(*corners, row=ROW, col=COL):
    """Return a polygon whose corners are (column, row) in pixels from the corner of the test tile."""
    return to_degrees(shapely.Polygon(corners), row=row, col=col)


def to_degrees(geometry, row=ROW, col=COL):
    pixel = float(LATTICE.pixel_width)
    west, north = float(LATTICE.x(col)), float(LATTICE.y(row))
    return shapely.transform(geometry, lambda xy: np.column_stack([west + xy[:, 0] * pixel, north - xy[:, 1] * pixel]))


def box(left, top, right, bottom):
    return polygon((left, top), (right, top), (right, bottom), (left, bottom))


def told(zones, *, strata=(), default_stratum="all", pixel_rule="centre", **more):
    """Return the arguments of a measurement: those of its region and of its work put together, the others as they are."""
    work = {name: more.pop(name) for name in ("runner", "rows_per_band", "progress") if name in more}
    return {"region": Region(zones, strata, default_stratum, pixel_rule), "work": Work(**work)} | more


def measure(folder, cover, loss, *, zones=None, emissions=None, datamask=None, **changes):
    """Write one tile a layer and measure it."""
    cover, loss = np.asarray(cover, dtype=np.uint8), np.asarray(loss, dtype=np.uint8)
    height, width = cover.shape
    layers = LossLayers(
        tree_cover=(write_tile(folder / "cover.tif", cover),),
        loss_year=(write_tile(folder / "loss.tif", loss),),
        datamask=() if datamask is None else (write_tile(folder / "mask.tif", np.asarray(datamask, np.uint8)),),
        emissions=()
        if emissions is None
        else (write_tile(folder / "emissions.tif", np.asarray(emissions, np.float32)),),
    )
    arguments = {"product": product(), "forest": ANY_COVER} | changes
    return measure_loss(layers, **told(zones or [Shape("z", box(0, 0, width, height))], **arguments))


def counts(result):
    """Return {(zone, stratum, cover class, loss year): pixels}."""
    return {
        (row["zone_id"], row["stratum_id"], row["cover_class"], row["loss_year"]): row["pixel_count"]
        for row in result.land_cover.to_pylist()
    }


def spread(spans, shape, height, width, row=ROW, col=COL):
    """Return the runs of one shape as an array of parts; a pixel in two runs adds up."""
    parts = np.zeros((height, width))
    for index in np.flatnonzero(spans.shape == shape):
        line = spans.row[index] - row
        parts[line, spans.start[index] - col : spans.stop[index] - col] += spans.fraction[index]
    return parts
