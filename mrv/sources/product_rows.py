"""A row of the raster catalogue: what a raster product is, which versions it has, and where its files are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mrv.errors import ProjectError
from mrv.project_base import Identifier, Strict
from mrv.sources.product_layers import Layer, Text
from mrv.sources.tiling import Bounds, LatticeSpec, SingleFile, Tiling

PATH_PLACES = frozenset({"version", "layer", "tile", "year", "NS", "lat", "EW", "lon"})


class Years(Strict):
    """Years in a row; both ends belong to it."""

    first: int
    last: int

    @model_validator(mode="after")
    def _ordered(self) -> Years:
        if self.last < self.first:
            raise ValueError(f"last {self.last} is before first {self.first}")
        return self


class VersionSpec(Strict):
    """One published version; versions are never mixed within a series."""

    version: str
    last_year: int | None = Field(None, description="Last year that the version's year codes cover.")
    years: Years | tuple[int, ...] = Field((), description="Years of the version's annual layers.")
    year: int | None = Field(None, description="Year that the whole version shows, where it shows one.")

    @property
    def all_years(self) -> tuple[int, ...]:
        """Every year of the annual layers."""
        return tuple(range(self.years.first, self.years.last + 1)) if isinstance(self.years, Years) else self.years


class Product(Strict):
    """A raster product."""

    product: Identifier
    name: Text
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    lattice: LatticeSpec
    layers: tuple[Layer, ...] = Field(min_length=1)
    base_url: str | None = Field(None, description="Where the files are: http(s), s3://bucket/prefix, or a folder.")
    path: str | None = Field(None, description="Path of a file below it, with {version}, {layer}, {tile}, {year}.")
    tiling: Annotated[Tiling | SingleFile, Field(discriminator="scheme")] | None = None
    api_key: Literal["gfw_api_key"] | None = Field(
        None, description="Setting that holds the key which the source asks."
    )
    base_year: int | None = None
    versions: tuple[VersionSpec, ...] = Field((), description="Known versions; without any, each is taken as declared.")
    confirmed: bool = Field(True, description="False: the note says what of the row is not confirmed.")
    note: Text | None = None

    @model_validator(mode="after")
    def _whole(self) -> Product:
        if (self.path is None) != (self.tiling is None):
            raise ValueError("a product that can be fetched needs path and tiling together")
        if self.base_url is not None and self.path is None:
            raise ValueError("base_url needs path and tiling")
        for what, names in (
            ("layer", [item.layer for item in self.layers]),
            ("version", [item.version for item in self.versions]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"a {what} stands twice")
        if not self.confirmed and self.note is None:
            raise ValueError("a row that is not confirmed says in its note what is not")
        layers = {item.layer for item in self.layers}
        for layer in self.layers:
            if layer.confidence_layer is not None and layer.confidence_layer not in layers - {layer.layer}:
                raise ValueError(f"layer {layer.layer}: confidence_layer is no other layer of the product")
        self._check_path()
        self._check_years()
        return self

    def _check_path(self) -> None:
        if self.path is None:
            return
        if any(layer.classes == "from_rat" for layer in self.layers):
            raise ValueError("an attribute table lies beside its file: without path, the product is given as files")
        places = {name for _, name, _, _ in Formatter().parse(self.path) if name is not None}
        if places - PATH_PLACES:
            raise ValueError(f"path names {sorted(places - PATH_PLACES)}; known are {sorted(PATH_PLACES)}")
        tiling = self.tiling
        if isinstance(tiling, Tiling):
            if "tile" not in places and not {"NS", "lat", "EW", "lon"} <= places:
                raise ValueError("path does not tell tiles apart")
            if tiling.tile_pixels and tiling.tile_pixels * self.lattice.pixel_width != tiling.tile_deg:
                raise ValueError("tile_pixels of pixel_width do not make tile_deg")
        for layer in self.layers:
            dated = "year" in places or ("layer" in places and "{year}" in (layer.file or ""))
            if layer.annual and layer.band_of_year is None and not dated:
                raise ValueError(f"path does not tell the years of {layer.layer} apart")
        if len(self.layers) > 1 and "layer" not in places:
            raise ValueError("path does not tell layers apart")

    def _check_years(self) -> None:
        for layer in self.layers:
            for version in self.versions:
                if layer.annual and not version.years:
                    raise ValueError(f"layer {layer.layer} is annual, but version {version.version} has no years")
                if layer.names_years and version.last_year is None:
                    raise ValueError(f"codes of {layer.layer} are years, but {version.version} has no last_year")
            if layer.names_years and not self.versions:
                raise ValueError(f"codes of {layer.layer} are years: declare versions with last_year")

    def layer(self, name: str) -> Layer:
        """Return a layer by its name.

        Raises:
            ProjectError: The product has none of that name.
        """
        for layer in self.layers:
            if layer.layer == name:
                return layer
        raise unknown("layer", name, of=self.product, known=[layer.layer for layer in self.layers])

    def version(self, name: str) -> VersionSpec:
        """Return a version by its name; any where the product lists none.

        Raises:
            ProjectError: The product has versions, but not this one.
        """
        if not self.versions:
            return VersionSpec(version=name)
        for item in self.versions:
            if item.version == name:
                return item
        raise unknown("version", name, of=self.product, known=[item.version for item in self.versions])

    def last_year(self, version: str) -> int | None:
        """Return the last year that the year codes of a version cover, if it has any.

        Raises:
            ProjectError: The product has versions, but not this one.
        """
        return self.version(version).last_year

    def check_years(self, *, version: str, layer: str, years: Sequence[int]) -> None:
        """Make sure that years are named where a layer has them, each once, and nowhere else.

        Raises:
            ProjectError: They are not, or the version does not have one.
        """
        item, known = self.layer(layer), self.version(version).all_years
        problem = None
        if not item.annual and years:
            problem = ("no year: the layer is not annual", ", ".join(map(str, years)))
        elif item.annual and not years:
            problem = ("the years wanted: the layer is annual", "none")
        elif len(set(years)) != len(years):
            problem = ("each year once", ", ".join(map(str, years)))
        elif known and set(years) - set(known):
            problem = (f"years of {version}: {spans(known)}", spans(sorted(set(years) - set(known))))
        if problem:
            raise ProjectError(
                f"the years of layer {layer} of {self.product} do not hold",
                expected=problem[0],
                found=problem[1],
                remedy="mend year or years of the source in project.yaml",
            )

    def class_names(self, layer: str, *, version: str) -> dict[int, Text]:
        """Return what the codes of a class layer mean in a version; empty where the file's attribute table says it."""
        return self.layer(layer).class_names(self.version(version).last_year)

    def file_path(self, *, version: str, layer: str, year: int | None, tile: Mapping[str, str | int]) -> str:
        """Return the path of a file below the product's address.

        Args:
            version: Version of the product.
            layer: Layer of the product.
            year: Year of an annual layer.
            tile: What `tile_parts` says of the tile.
        """
        item, shown = self.layer(layer), self.version(version).year if year is None else year
        return str(self.path).format(version=version, layer=item.file_name(shown), year=shown, **tile)

    def tiles_for(self, bounds: Bounds) -> list[str]:
        """Return the names of the tiles that share area with the bounds, from north to south and west to east.

        Raises:
            ProjectError: The bounds reach beyond the product, or it has no tiles.
        """
        return [str(parts["tile"]) for parts in self.tile_parts(bounds)]

    def tile_parts(self, bounds: Bounds) -> list[dict[str, str | int]]:
        """Return what is known of the tiles that share area with the bounds: see `Tiling.parts` and `tiles_for`."""
        west, south, east, north = bounds
        if self.tiling is None:
            raise ProjectError(
                f"product {self.product} has no tiles to fetch", remedy="give it as a raster of a `files` source"
            )
        if isinstance(self.tiling, Tiling):
            # Where pixel corners do not lie on whole degrees, tiles do not either.
            right, up = self.lattice.offset(self.tiling.tile_deg)
            try:
                corners = self.tiling.tiles_for((west - right, south - up, east - right, north - up))
            except ValueError as error:
                limits = str(error)
            else:
                return [self.tiling.parts(top=top, left=left) for top, left in corners]
        else:
            box = self.tiling.bounds_deg
            if box is None or (box[0] <= west < east <= box[2] and box[1] <= south < north <= box[3]):
                return [{"tile": self.tiling.name}]
            limits = f"longitudes {box[0]} to {box[2]}, latitudes {box[1]} to {box[3]}, west before east"
        raise ProjectError(
            f"the zones reach beyond product {self.product}",
            expected=limits,
            found=f"west {west}, south {south}, east {east}, north {north}",
            remedy="mend the boundaries, or take a product that covers them",
        )


def spans(years: Sequence[int]) -> str:
    """Say years as spans: 1985 to 2024, 2030."""
    starts = [year for year in years if year - 1 not in years]
    ends = [year for year in years if year + 1 not in years]
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in zip(starts, ends, strict=True))


def unknown(what: str, name: str, *, of: str, known: Sequence[str]) -> ProjectError:
    """Build the refusal of a product, version or layer that the catalogue does not have."""
    return ProjectError(
        f"{of} has no {what} {name}",
        expected="one of " + ", ".join(known),
        found=name,
        remedy=f"mend the {what} in project.yaml, or declare a product of the project's own with its meaning",
    )
