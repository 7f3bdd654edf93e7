"""What is measured and by which rule: region, layers, product and forest definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mrv.errors import ProjectError
from raster.area import WGS84, EarthModel
from raster.grid import Lattice, Window

PixelRule = Literal["centre", "fraction", "by_size"]
"""A pixel counts whole in the zone of its centre; in each zone by the part covered; or so only where centres miss."""
NODATA, NON_FOREST, FOREST, UNREAD, INVALID = range(5)
"""Codes of a pixel's cover at the base year. UNREAD: no tile holds it; INVALID: a value the product does not have."""
MAX_YEARS = 254


@dataclass(frozen=True)
class Shape:
    """A polygon in lon/lat (EPSG:4326) with its id."""

    id: str
    geometry: BaseGeometry


@dataclass(frozen=True)
class Region:
    """Where to measure, and how its pixels are taken.

    Each zone is measured whole, also where zones overlap. A zone takes pixels by the pixel rule; the stratum of a pixel is
    that of its centre, and where its centre lies in none and no stratum is the default, that which covers most of it.
    What does not hold is refused when it is laid over a lattice, before a pixel is read, as a ProjectError: no zone at
    all, a shape that is no valid polygon or has the id of another, a zone that takes no pixel, strata that overlap within
    a zone, a pixel of a zone that no stratum touches.

    Attributes:
        zones: What is measured; ids unique.
        strata: Polygons that must not overlap.
        default_stratum: Stratum of pixels outside every polygon; None refuses what none touches.
        pixel_rule: `centre`: a pixel counts whole where its centre lies; `fraction`: by the part covered; `by_size`: so in
            zones of less than SMALL_ZONE_PIXELS, and in those whose area centres miss by more than CENTRES_MISS; by
            centres in all others.
        earth: The ellipsoid of the areas.
    """

    zones: Sequence[Shape]
    strata: Sequence[Shape] = ()
    default_stratum: str | None = None
    pixel_rule: PixelRule = "by_size"
    earth: EarthModel = WGS84

    @property
    def undivided(self) -> Region:
        """The same zones without strata."""
        return replace(self, strata=(), default_stratum="")

    def window(self, lattice: Lattice) -> Window:
        """Return the pixels that the bounds of the zones touch."""
        window = lattice.window(self.zones[0].geometry.bounds)
        for zone in self.zones[1:]:
            window = window.union(lattice.window(zone.geometry.bounds))
        return window


@dataclass(frozen=True)
class LossLayers:
    """Files of one product version; each layer may be several tiles, in any order.

    Attributes:
        tree_cover: Per cent of tree cover at the base year, uint8.
        loss_year: 0 not lost, n lost in base year + n, uint8.
        datamask: Optional: land, water or nothing, uint8.
        emissions: Optional: gross emissions, Mg CO2e per pixel, float.
    """

    tree_cover: tuple[Path, ...]
    loss_year: tuple[Path, ...]
    datamask: tuple[Path, ...] = ()
    emissions: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ProductRule:
    """How a product codes its pixels; headers of files are not believed, since they often declare 0 or nothing.

    Attributes:
        product: Name written into the tables.
        version: Its version.
        lattice: Its grid.
        base_year: Year of the tree cover layer; loss code n is base_year + n.
        last_year: Last year that this version maps.
        tree_cover_nodata: Codes of tree cover that mean 'not observed'.
        loss_year_nodata: Codes of loss year that mean 'not observed'.
        datamask_nodata: Codes of the data mask that mean 'not observed'.
        known_nodata: By layer, every value that a file's header may declare as nodata; another one is refused. None: any.
        datamask_land: Code of land; every other code that is not nodata (water) is non-forest.
        emissions_product: Name of the emission layer's product, where it is another one.
        emissions_version: Its version.
    """

    product: str
    version: str
    lattice: Lattice
    base_year: int
    last_year: int
    tree_cover_nodata: tuple[int, ...] = (255,)
    loss_year_nodata: tuple[int, ...] = ()
    datamask_nodata: tuple[int, ...] = (0,)
    datamask_land: int = 1
    emissions_product: str | None = None
    emissions_version: str | None = None
    known_nodata: Mapping[str, tuple[float, ...]] | None = None

    def __post_init__(self) -> None:
        """Refuse rules that contradict themselves.

        Raises:
            ProjectError: The years do not fit a byte, or a nodata code is also a value.
        """
        if not 1 <= self.years <= MAX_YEARS:
            raise ProjectError(
                "the years of a product do not fit its codes",
                expected=f"1 to {MAX_YEARS} years after {self.base_year}",
                found=f"last_year {self.last_year}",
                where=f"{self.product} {self.version}",
                remedy="mend base_year or last_year",
            )
        clash = [code for code in self.tree_cover_nodata if not 100 < code < 256]
        clash += [code for code in self.loss_year_nodata if not self.years < code < 256]
        if clash:
            raise ProjectError(
                "a nodata code is also a value of the layer, or no byte",
                found=", ".join(map(str, clash)),
                where=f"{self.product} {self.version}",
                remedy="mend tree_cover_nodata or loss_year_nodata; 0 is 'no cover' and 'no loss', never nodata",
            )

    @property
    def years(self) -> int:
        """How many years of loss the version maps."""
        return self.last_year - self.base_year


@dataclass(frozen=True)
class ForestRule:
    """What counts as forest at the base year.

    Attributes:
        min_tree_cover_percent: The minimum tree cover, per cent.
        tree_cover_rule: Strictly `greater` than the minimum, or `at_least`.
        min_area_um2: The minimum area of a patch, square micrometres; 0 keeps every pixel.
        min_area_rule: Strictly `greater` than the minimum, or `at_least`.
        connectivity: 4: pixels of a patch share sides; 8: sides or corners.
        patch_extent: `landscape`: a patch is measured whole, by whole pixels, beyond zone borders too;
            `zone`: only its pixels in the zone, each by the part covered.
    """

    min_tree_cover_percent: int
    tree_cover_rule: Literal["greater", "at_least"]
    min_area_um2: int = 0
    min_area_rule: Literal["greater", "at_least"] = "at_least"
    connectivity: Literal[4, 8] = 8
    patch_extent: Literal["landscape", "zone"] = "landscape"

    @property
    def reach(self) -> int:
        """How many columns further pixels of the next row still touch: 1 where corners join, else 0."""
        return 1 if self.connectivity == 8 else 0

    @property
    def filters_patches(self) -> bool:
        """Whether small patches are taken out."""
        return self.min_area_um2 > 0

    def keeps(self, area_um2: int) -> bool:
        """Whether a patch of this area reaches the minimum."""
        if not self.filters_patches:
            return True
        return area_um2 >= self.min_area_um2 if self.min_area_rule == "at_least" else area_um2 > self.min_area_um2

    def cover_codes(self, product: ProductRule) -> NDArray[np.uint8]:
        """Return the code of each tree cover value, shape (256,)."""
        codes = np.full(256, INVALID, dtype=np.uint8)
        percent = np.arange(101)
        minimum = self.min_tree_cover_percent
        forest = percent > minimum if self.tree_cover_rule == "greater" else percent >= minimum
        codes[:101] = np.where(forest, FOREST, NON_FOREST)
        codes[list(product.tree_cover_nodata)] = NODATA
        return codes


def check_shapes(shapes: tuple[Shape, ...]) -> None:
    """Refuse what cannot be turned into pixels.

    Raises:
        ProjectError: An id occurs twice, or a shape is not a valid polygon.
    """
    seen: set[str] = set()
    valid = shapely.is_valid([shape.geometry for shape in shapes])
    for index, shape in enumerate(shapes):
        geometry = shape.geometry
        problem = None
        if shape.id in seen:
            problem = "another shape has the same id"
        elif geometry.geom_type not in {"Polygon", "MultiPolygon"} or geometry.is_empty:
            problem = f"{'an empty ' if geometry.is_empty else ''}{geometry.geom_type}"
        elif not valid[index]:
            problem = str(shapely.is_valid_reason(geometry))
        if problem:
            raise ProjectError(
                "a shape cannot be laid over pixels",
                expected="a valid polygon with an id of its own",
                found=problem,
                where=f"shape {shape.id}",
                remedy="mend the boundary file",
            )
        seen.add(shape.id)
