"""The raster catalogue: products, versions, layers and tiles, read from `products.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from mrv.errors import ProjectError
from mrv.project import Identifier, Strict
from mrv.sources.contract import Bounds

CATALOGUE = Path(__file__).with_name("products.yaml")


class Text(Strict):
    """A name in the languages of the reports."""

    en: str
    es: str


class ClassValue(Strict):
    """What one pixel value means."""

    value: int
    name: Text


class Layer(Strict):
    """One layer of a product: what its pixels hold."""

    layer: Identifier
    name: Text
    kind: Literal["class", "measure"]
    dtype: Literal["uint8", "float32"]
    unit: str
    nodata: tuple[float, ...] = Field(description="Pixel values that mean: not measured.")
    valid_from: int | None = None
    valid_to: int | None = None
    classes: tuple[ClassValue, ...] = ()


class LatticeSpec(Strict):
    """The grid of pixel corners on which every tile of a product lies, in EPSG:4326."""

    west: Decimal
    north: Decimal
    pixel_deg: Decimal


class Tiling(Strict):
    """How a product is cut into tiles."""

    tile_deg: int = Field(gt=0)
    tile_pixels: int = Field(gt=0)
    northernmost_deg: int = Field(description="Top of the northernmost tiles.")
    southernmost_deg: int = Field(description="Top of the southernmost tiles.")


class VersionSpec(Strict):
    """One published version; versions are never mixed within a series."""

    version: str
    last_year: int


class Product(Strict):
    """A raster product."""

    product: Identifier
    name: Text
    licence: str
    citation: str
    lattice: LatticeSpec
    layers: tuple[Layer, ...] = Field(min_length=1)
    base_url: str | None = None
    path: str | None = None
    tiling: Tiling | None = None
    base_year: int | None = None
    versions: tuple[VersionSpec, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Product:
        if len({self.base_url is None, self.path is None, self.tiling is None}) != 1:
            raise ValueError("a product that can be fetched needs base_url, path and tiling together")
        if self.tiling and self.tiling.tile_pixels * self.lattice.pixel_deg != self.tiling.tile_deg:
            raise ValueError("tile_pixels of pixel_deg do not make tile_deg")
        return self

    def layer(self, name: str) -> Layer:
        """Return a layer by its name.

        Raises:
            ProjectError: The product has none of that name.
        """
        for layer in self.layers:
            if layer.layer == name:
                return layer
        raise _unknown("layer", name, of=self.product, known=[layer.layer for layer in self.layers])

    def last_year(self, version: str) -> int | None:
        """Return the last year that a version covers; None where the product has no versions of its own.

        Raises:
            ProjectError: The product has versions, but not this one.
        """
        if not self.versions:
            return None
        for item in self.versions:
            if item.version == version:
                return item.last_year
        raise _unknown("version", version, of=self.product, known=[item.version for item in self.versions])

    def tiles_for(self, bounds: Bounds) -> list[str]:
        """Return the names of the tiles that share area with the bounds, from north to south and west to east.

        A tile is named after its top-left corner: `00N_080W` covers latitudes 0 to -10 and longitudes -80 to -70.

        Raises:
            ProjectError: The bounds reach beyond the product, or it has no tiles.
        """
        if self.tiling is None:
            raise ProjectError(
                f"product {self.product} has no tiles to fetch", remedy="give it as a raster of a `files` source"
            )
        west, south, east, north = bounds
        step, top, bottom = self.tiling.tile_deg, self.tiling.northernmost_deg, self.tiling.southernmost_deg - 10
        if not (-180 <= west < east <= 180 and bottom <= south < north <= top):
            raise ProjectError(
                f"the zones reach beyond product {self.product}",
                expected=f"longitudes -180 to 180, latitudes {bottom} to {top}, west before east",
                found=f"west {west}, south {south}, east {east}, north {north}",
                remedy="mend the boundaries, or take a product that covers them",
            )
        tops = range(-int(-north // step) * step, int(south // step) * step, -step)
        lefts = range(int(west // step) * step, -int(-east // step) * step, step)
        return [tile_name(top=row, left=column) for row in tops for column in lefts]


def tile_name(*, top: int, left: int) -> str:
    """Name a tile after its top-left corner, in whole degrees: two digits of latitude, three of longitude."""
    return f"{abs(top):02d}{'N' if top >= 0 else 'S'}_{abs(left):03d}{'E' if left >= 0 else 'W'}"


def tile_corner(name: str) -> tuple[int, int]:
    """Return (top, left) in degrees of a tile's name."""
    latitude, _, longitude = name.partition("_")
    return (
        int(latitude[:-1]) * (1 if latitude.endswith("N") else -1),
        int(longitude[:-1]) * (1 if longitude.endswith("E") else -1),
    )


def load_products(path: Path = CATALOGUE) -> dict[str, Product]:
    """Read a catalogue.

    Raises:
        ProjectError: It cannot be read, or a key is unknown, missing or of another kind.
    """
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))["products"]
        products = [Product.model_validate(row) for row in rows]
    except (yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        raise ProjectError(
            "the raster catalogue cannot be used", found=str(error), where=str(path), remedy="mend the catalogue"
        ) from error
    return {product.product: product for product in products}


@cache
def _catalogue() -> dict[str, Product]:
    return load_products()


def product(name: str) -> Product:
    """Return a product of the catalogue.

    Raises:
        ProjectError: There is none of that name.
    """
    known = _catalogue()
    if name not in known:
        raise _unknown("product", name, of="the raster catalogue", known=sorted(known))
    return known[name]


def tiles_for(bounds: Bounds, *, product_name: str = "hansen_gfc") -> list[str]:
    """Return the tiles of a product that share area with the bounds; see `Product.tiles_for`."""
    return product(product_name).tiles_for(bounds)


def _unknown(what: str, name: str, *, of: str, known: Sequence[str]) -> ProjectError:
    return ProjectError(
        f"{of} has no {what} {name}",
        expected="one of " + ", ".join(known),
        found=name,
        remedy=f"mend the {what} in project.yaml, or add it to mrv/sources/products.yaml with its meaning",
    )
