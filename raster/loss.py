"""Tree cover and its loss in zones and strata, from tiles to rows of the landed tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mrv.progress import SILENT, Progress
from raster.area import WGS84, EarthModel
from raster.bands import BandPart, Layers, ZonePart
from raster.crosstab import Tally
from raster.grid import Window
from raster.parts import ONE_THREAD, ROWS_PER_BAND, Runner, lay_out
from raster.patches import patch_margin
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

_CLASSES = {NODATA: "nodata", NON_FOREST: "non_forest", FOREST: "forest"}


@dataclass(frozen=True)
class LossMeasurement:
    """What was measured.

    Attributes:
        land_cover: Rows of the landed table `land_cover_area`, in the order of its key (not lost first).
        pixel_emissions: Rows of the landed table `pixel_emissions`, one for each year with lost forest, also where no
            pixel has a value (count 0); empty without a layer of emissions.
        zone_pixel_area_um2: All classes of each zone together, square micrometres, to compare with its polygon.
    """

    land_cover: list[dict[str, Any]]
    pixel_emissions: list[dict[str, Any]]
    zone_pixel_area_um2: dict[str, int]


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
        pixel_rule: `centre`: a pixel counts whole where its centre lies; `fraction`: by the part covered.
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
    )
    parts = [ZonePart(band, cells, rows_per_band) if by_zone else BandPart(band, cells) for band in layout.bands]
    total = Tally.zero(len(layout.pairs), product.years)
    with progress.task("measure loss", len(parts)) as advance:
        for counted in runner.run(parts):
            total.add(counted.tally, layout.places(counted.groups))
            advance(1)
    land_cover = _land_cover(layout.pairs, total, product)
    zone_area = dict.fromkeys((zone.id for zone in zones), 0)
    for row in land_cover:
        zone_area[row["zone_id"]] += row["area_um2"]
    emissions = _pixel_emissions(layout.pairs, total, product) if layers.emissions else []
    return LossMeasurement(land_cover, emissions, zone_area)


def _land_cover(names: list[tuple[str, str]], total: Tally, product: ProductRule) -> list[dict[str, Any]]:
    # The default stratum may also be the id of a polygon: both are one row.
    sums: dict[tuple[str, str, str, int], list[int]] = {}
    for group, cover, code in np.argwhere(total.pixels).tolist():
        cell = sums.setdefault((*names[group], _CLASSES[cover], code), [0, 0])
        cell[0] += int(total.pixels[group, cover, code])
        cell[1] += total.area_um2(group, cover, code)
    return [
        {
            "zone_id": zone,
            "stratum_id": stratum,
            "cover_class": cover,
            "loss_year": product.base_year + code if code else None,
            "pixel_count": pixels,
            "area_um2": area,
            "product": product.product,
            "product_version": product.version,
            "base_year": product.base_year,
            "last_year": product.last_year,
        }
        for (zone, stratum, cover, code), (pixels, area) in sorted(sums.items())
    ]


def _pixel_emissions(names: list[tuple[str, str]], total: Tally, product: ProductRule) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str, int], list[int]] = {}
    for group, code in np.argwhere(total.pixels[:, FOREST, 1:]).tolist():
        cell = sums.setdefault((*names[group], code + 1), [0, 0])
        cell[0] += int(total.emitting[group, code + 1])
        cell[1] += int(total.grams[group, code + 1])
    return [
        {
            "zone_id": zone,
            "stratum_id": stratum,
            "loss_year": product.base_year + code,
            "pixel_count": pixels,
            "emissions_g": grams,
            "product": product.emissions_product or product.product,
            "product_version": product.emissions_version or product.version,
        }
        for (zone, stratum, code), (pixels, grams) in sorted(sums.items())
    ]
