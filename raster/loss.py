"""Tree cover and its loss in zones and strata, from tiles to rows of the landed tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mrv.progress import SILENT, Progress
from mrv.schemas import DATASETS
from raster.area import WGS84, EarthModel
from raster.bands import BandPart, Layers, ZonePart
from raster.columns import spread, whole_numbers
from raster.crosstab import Tally
from raster.grid import Window
from raster.parts import ONE_THREAD, ROWS_PER_BAND, Layout, Runner, lay_out
from raster.patches import LOW, patch_margin
from raster.rules import FOREST, NODATA, NON_FOREST, ForestRule, LossLayers, PixelRule, ProductRule, Shape

__all__ = [
    "ForestRule",
    "LossLayers",
    "LossMeasurement",
    "PixelRule",
    "ProductRule",
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


def needed_window(
    zones: Sequence[Shape], *, product: ProductRule, forest: ForestRule, earth: EarthModel = WGS84
) -> Window:
    """Return the pixels that decide a measurement: the zones' bounds and the margin that forest patches need."""
    window = product.lattice.window(zones[0].geometry.bounds)
    for zone in zones[1:]:
        window = window.union(product.lattice.window(zone.geometry.bounds))
    return window.expand(patch_margin(window, lattice=product.lattice, forest=forest, earth=earth))


def measure_loss(
    layers: LossLayers,
    *,
    zones: Sequence[Shape],
    strata: Sequence[Shape],
    default_stratum: str | None,
    product: ProductRule,
    forest: ForestRule,
    pixel_rule: PixelRule,
    earth: EarthModel = WGS84,
    runner: Runner = ONE_THREAD,
    rows_per_band: int = ROWS_PER_BAND,
    progress: Progress = SILENT,
) -> LossMeasurement:
    """Measure forest, non-forest and loss by year in zones and strata.

    Each zone is measured whole, also where zones overlap. The stratum is that of the pixel's centre. The loss year is
    kept for forest and non-forest; pixels not observed are `nodata` without a year. Emissions are summed over lost
    forest pixels, each counted fully once for every zone that takes it, whatever part of it the zone covers; pixels
    without a value add nothing.

    Memory is bounded by the bands of `rows_per_band` rows in work, not by the region; with patches by zone also by one
    byte a pixel, and the runs, of each zone in work. Neither number changes the result.

    Args:
        layers: Tiles of one product version, in any order.
        zones: What is measured; ids unique, may overlap.
        strata: Polygons that must not overlap.
        default_stratum: Stratum of pixels outside every polygon; None refuses such pixels.
        product: Codes and grid.
        forest: What is forest.
        pixel_rule: `centre`: a pixel counts whole where its centre lies; `fraction`: by the part covered; `by_size`: so in
            zones of less than SMALL_ZONE_PIXELS, by centres in larger ones.
        earth: The ellipsoid.
        runner: Where the parts are done.
        rows_per_band: Rows read at once.
        progress: Who is told about finished parts.

    Raises:
        InputError: A tile cannot be used, lacks, or holds a value that the product does not have.
        GridError: A tile is of another grid.
        ProjectError: Zones or strata do not hold.
    """
    cells = Layers.open(layers, product, forest, earth)
    by_zone = forest.filters_patches and forest.patch_extent == "zone"
    layout = lay_out(
        zones,
        strata,
        default_stratum=default_stratum,
        lattice=product.lattice,
        pixel_rule=pixel_rule,
        earth=earth,
        mosaics=cells.mosaics,
        rows_per_band=rows_per_band,
        whole_zones=by_zone,
        workers=runner.workers,
    )
    parts = [ZonePart(band, cells, rows_per_band) if by_zone else BandPart(band, cells) for band in layout.bands]
    total = Tally.zero(len(layout.pairs), product.years)
    with progress.task("measure loss", len(parts)) as advance:
        for counted in runner.run(parts):
            total.add(counted.tally, layout.places(counted.groups))
            advance(1)
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
