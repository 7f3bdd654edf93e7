"""Tree cover and its loss in zones and strata, from tiles to rows of the landed tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mrv.schemas import DATASETS
from raster.bands import BandPart, Layers, ZonePart
from raster.columns import spread, whole_numbers
from raster.crosstab import Tally
from raster.grid import Window
from raster.parts import PLAIN, Layout, Work, lay_out
from raster.patches import LOW, patch_margin
from raster.rules import FOREST, NODATA, NON_FOREST, ForestRule, LossLayers, PixelRule, ProductRule, Region, Shape

__all__ = [
    "ForestRule",
    "LossLayers",
    "LossMeasurement",
    "PixelRule",
    "ProductRule",
    "Region",
    "Shape",
    "measure_loss",
    "needed_window",
]


@dataclass(frozen=True)
class LossMeasurement:
    """What was measured, as landed tables in the order of their keys.

    Attributes:
        land_cover: `land_cover_area`.
        pixel_emissions: `pixel_emissions`, a row for each year with lost forest, also where no pixel has a value
            (count 0); empty without a layer of emissions.
        zone_pixels: `zone_pixels`: what each zone takes before any class is looked at.
    """

    land_cover: pa.Table
    pixel_emissions: pa.Table
    zone_pixels: pa.Table


def needed_window(region: Region, *, product: ProductRule, forest: ForestRule) -> Window:
    """Return the pixels that decide a measurement: the zones' bounds and the margin that forest patches need."""
    window = region.window(product.lattice)
    return window.expand(patch_margin(window, lattice=product.lattice, forest=forest, earth=region.earth))


def measure_loss(
    layers: LossLayers, region: Region, *, product: ProductRule, forest: ForestRule, work: Work = PLAIN
) -> LossMeasurement:
    """Measure forest, non-forest and loss by year in zones and strata.

    The loss year is kept for forest and non-forest; pixels not observed are `nodata` without a year. Emissions are summed
    over lost forest pixels, each counted fully once for every zone that takes it, whatever part of it the zone covers;
    pixels without a value add nothing.

    Memory is bounded by the bands in work; with patches by zone also by one byte a pixel, and the runs, of each zone in
    work.

    Args:
        layers: Tiles of one product version, in any order.
        region: Zones and strata.
        product: Codes and grid.
        forest: What is forest.
        work: How it is done.

    Raises:
        InputError: A tile cannot be used, lacks, or holds a value that the product does not have.
        GridError: A tile is of another grid.
        ProjectError: The region does not hold.
    """
    cells = Layers.open(layers, product, forest, region.earth)
    by_zone = forest.filters_patches and forest.patch_extent == "zone"
    layout = lay_out(region, lattice=product.lattice, mosaics=cells.mosaics, work=work, whole_zones=by_zone)
    parts = [ZonePart(band, cells, work.rows_per_band) if by_zone else BandPart(band, cells) for band in layout.bands]
    total = Tally.zero(len(layout.pairs), product.years)
    for counted in work.do("measure loss", parts):
        total.add(counted.tally, layout.places(counted.groups))
    taken = [zone.row(product=product.product, version=product.version) for zone in layout.zones]
    return LossMeasurement(
        _land_cover(layout, total, product),
        _pixel_emissions(layout, total, product) if layers.emissions else DATASETS["pixel_emissions"].empty(),
        DATASETS["zone_pixels"].table(taken),
    )


def _land_cover(layout: Layout, total: Tally, product: ProductRule) -> pa.Table:
    # Classes by their names, and pixels not lost after the years: the order of the table's key.
    kinds, codes = np.array([FOREST, NODATA, NON_FOREST]), np.array([*range(1, product.years + 1), 0])
    pair, kind, code = np.nonzero(total.pixels[:, kinds[:, None], codes])
    kind, code = kinds[kind], codes[code]
    rules = {zone.zone_id: zone.pixel_rule for zone in layout.zones}
    return DATASETS["land_cover_area"].columns(
        {
            "zone_id": spread([zone for zone, _ in layout.pairs], pair),
            "stratum_id": spread([stratum for _, stratum in layout.pairs], pair),
            "cover_class": spread(["nodata", "non_forest", "forest"], kind),
            "loss_year": pa.array(product.base_year + code, mask=code == 0),
            "pixel_rule": spread([rules[zone] for zone, _ in layout.pairs], pair),
            "pixel_count": pa.array(total.pixels[pair, kind, code]),
            "area_um2": whole_numbers(total.high[pair, kind, code], total.low[pair, kind, code]),
            **_product(product.product, product.version, len(pair)),
            "base_year": spread([product.base_year], np.zeros(len(pair), dtype=np.int64)),
            "last_year": spread([product.last_year], np.zeros(len(pair), dtype=np.int64)),
        }
    )


def _pixel_emissions(layout: Layout, total: Tally, product: ProductRule) -> pa.Table:
    pair, code = np.nonzero(total.pixels[:, FOREST, 1:])
    code += 1
    grams = total.grams[pair, code]
    return DATASETS["pixel_emissions"].columns(
        {
            "zone_id": spread([zone for zone, _ in layout.pairs], pair),
            "stratum_id": spread([stratum for _, stratum in layout.pairs], pair),
            "loss_year": pa.array(product.base_year + code),
            "pixel_count": pa.array(total.emitting[pair, code]),
            "emissions_g": whole_numbers(grams >> 32, grams & LOW),
            **_product(
                product.emissions_product or product.product, product.emissions_version or product.version, len(pair)
            ),
        }
    )


def _product(name: str, version: str, rows: int) -> dict[str, pa.Array]:
    first = np.zeros(rows, dtype=np.int64)
    return {"product": spread([name], first), "product_version": spread([version], first)}
