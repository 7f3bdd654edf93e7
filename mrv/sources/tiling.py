"""How raster products lie on the ground: the grid of their pixels, and the tiles that their publishers cut and name."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, StringConstraints, model_validator

from mrv.project_base import Strict

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees (EPSG:4326)."""
DIGITS = 40
"""Digits of a pixel size that has no end, such as 1/12000 of a degree: over 4 million columns it drifts by less than 1e-30."""


def _exact(value: Any) -> Fraction:
    """Read a number that YAML must not round: text such as `0.00025`, `-180` or `1/12000`."""
    if isinstance(value, Fraction):
        return value
    if not isinstance(value, str):
        raise ValueError('write the number in quotes, "0.00025" or "1/12000", so that no digit is lost')
    return Fraction(value)


Exact = Annotated[Fraction, PlainValidator(_exact), PlainSerializer(str)]
"""A number kept exactly: pixel sizes are often no finite decimals."""


def as_decimal(value: Fraction) -> Decimal:
    """Return a fraction as a decimal of 40 digits, exact where it ends before."""
    with localcontext() as context:
        context.prec = DIGITS
        return Decimal(value.numerator) / Decimal(value.denominator)


class LatticeSpec(Strict):
    """The grid of pixel corners on which every tile of a product lies, in the units of its coordinate system.

    Where `west` and `north` are not declared, the file says where its grid begins: for products of one file, or whose
    origin is not published. Coordinate system and pixel size are always declared.
    """

    crs: Annotated[str, StringConstraints(pattern=r"^EPSG:\d+$")]
    pixel_width: Exact
    pixel_height: Exact
    west: Exact | None = None
    north: Exact | None = None
    transformation: str | None = Field(
        None, description="Registered name of the change of datum from WGS 84, where there is more than one."
    )

    @model_validator(mode="after")
    def _whole(self) -> LatticeSpec:
        if self.pixel_width <= 0 or self.pixel_height <= 0:
            raise ValueError("pixel_width and pixel_height are lengths: more than 0")
        if (self.west is None) != (self.north is None):
            raise ValueError("give both west and north, or neither")
        return self

    def offset(self, tile_deg: int) -> tuple[float, float]:
        """Return how far tiles of whole degrees lie to the east and north of them, in degrees: less than a pixel."""
        if self.west is None or self.north is None:
            return 0.0, 0.0
        right, up = (value - round(value / tile_deg) * tile_deg for value in (self.west, self.north))
        return float(right), float(up)


class Tiling(Strict):
    """Square tiles of whole degrees, whose borders are multiples of their side."""

    scheme: Literal["degrees"]
    tile_deg: int = Field(gt=0)
    tile_pixels: int | None = Field(None, gt=0, description="Columns of a tile, where they are a whole number.")
    name: str = Field(description="Name of a tile, from {NS}, {lat}, {EW} and {lon} of its naming corner.")
    named_by: Literal["top_left", "bottom_left"]
    north_deg: int = Field(description="Top of the northernmost tiles.")
    south_deg: int = Field(description="Bottom of the southernmost tiles.")

    @model_validator(mode="after")
    def _named(self) -> Tiling:
        if self.north_deg % self.tile_deg or self.south_deg % self.tile_deg or self.south_deg >= self.north_deg:
            raise ValueError("north_deg and south_deg are multiples of tile_deg, the north above the south")
        places = [(row * self.tile_deg, column * self.tile_deg) for row in (-1, 0, 1, 2) for column in (-1, 0, 1, 2)]
        if len({self.tile_name(top=top, left=left) for top, left in places}) != len(places):
            raise ValueError("name does not tell tiles apart: use {NS}, {lat}, {EW} and {lon}")
        return self

    def tiles_for(self, bounds: Bounds) -> list[tuple[int, int]]:
        """Return (top, left) in degrees of the tiles that share area with the bounds, from north to south and west to east.

        Raises:
            ValueError: The bounds reach beyond the product.
        """
        west, south, east, north = bounds
        step = self.tile_deg
        if not (-180 <= west < east <= 180 and self.south_deg <= south < north <= self.north_deg):
            raise ValueError(
                f"longitudes -180 to 180, latitudes {self.south_deg} to {self.north_deg}, west before east"
            )
        tops = range(-int(-north // step) * step, int(south // step) * step, -step)
        lefts = range(int(west // step) * step, -int(-east // step) * step, step)
        return [(top, left) for top in tops for left in lefts]

    def parts(self, *, top: int, left: int) -> dict[str, str | int]:
        """Return what is known of a tile: its name (`tile`), NS, lat, EW, lon of its naming corner, and its `top` and `left`."""
        latitude = top if self.named_by == "top_left" else top - self.tile_deg
        values: dict[str, str | int] = {
            "NS": "N" if latitude >= 0 else "S",
            "lat": abs(latitude),
            "EW": "E" if left >= 0 else "W",
            "lon": abs(left),
        }
        return {**values, "tile": self.name.format(**values), "top": top, "left": left}

    def tile_name(self, *, top: int, left: int) -> str:
        """Name the tile whose top-left corner is given in degrees."""
        return str(self.parts(top=top, left=left)["tile"])


class SingleFile(Strict):
    """One file for the whole product, for example a country."""

    scheme: Literal["single"]
    name: str = Field(description="What the file covers; stands in addresses where tiles have their names.")
    bounds_deg: tuple[float, float, float, float] | None = Field(
        None, description="West, south, east, north of what the product covers, where it is known."
    )
