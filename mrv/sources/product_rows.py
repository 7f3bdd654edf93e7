"""A row of the raster catalogue: what a raster product is, what its pixels hold, and where its files are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from string import Formatter
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mrv.errors import ProjectError
from mrv.project_base import Identifier, Strict
from mrv.sources.tiling import Bounds, LatticeSpec, SingleFile, Tiling

Kind = Literal["class", "measure", "alert"]
Role = Literal["tree_cover", "loss_year", "datamask", "emissions"]
Dtype = Literal["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
Encoding = Literal["confidence_and_days", "days", "radd_yydoy", "glad_l_day_of_year", "confidence"]
"""How an alert layer writes what it knows.

`confidence_and_days`: the first decimal digit is the confidence, the rest days since `epoch`. `days`: days since `epoch`.
`radd_yydoy`: two digits of the year, three of the day of the year. `glad_l_day_of_year`: day of the layer's year.
`confidence`: codes of confidence alone; the layer beside it holds the days.
"""
Confidence = Literal["low", "high", "highest"]
PATH_PLACES = frozenset({"version", "layer", "tile", "year", "NS", "lat", "EW", "lon"})
WHOLE: Mapping[str, tuple[int, int]] = {
    "uint8": (0, 2**8 - 1),
    "int8": (-(2**7), 2**7 - 1),
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1),
}
"""Integer pixel types to the values they can hold."""


class Text(Strict):
    """A name in the languages of the reports."""

    en: str = Field(min_length=1)
    es: str = Field(min_length=1)


class ClassValue(Strict):
    """What one pixel value means."""

    value: int
    name: Text
    note: Text | None = None


class YearCodes(Strict):
    """Codes that are years: `code + base` is the year, from `first` to the last year of the version."""

    first: int
    base: int
    name: Text = Field(description="Name of a code, with {year} in its place.")


class Years(Strict):
    """Years in a row; both ends belong to it."""

    first: int
    last: int

    @model_validator(mode="after")
    def _ordered(self) -> Years:
        if self.last < self.first:
            raise ValueError(f"last {self.last} is before first {self.first}")
        return self


class BandOfYear(Strict):
    """A file with one band for each year in a row."""

    first: int = Field(description="Year of the first band.")


class Layer(Strict):
    """One layer of a product: what its pixels hold."""

    layer: Identifier
    name: Text
    kind: Kind
    dtype: Dtype
    unit: str
    nodata: tuple[float, ...] = Field(
        description="Pixel values that mean: not measured. Required: an empty list says that there are none."
    )
    ignored_header_nodata: tuple[float, ...] = Field(
        (), description="Values that headers of files declare as nodata although they are values of the layer."
    )
    valid_from: Decimal | None = None
    valid_to: Decimal | None = None
    step: Decimal | None = Field(None, gt=0, description="Measures are counted in whole steps, so that sums are exact.")
    classes: tuple[ClassValue, ...] | Literal["from_rat"] = Field(
        (), description="What codes mean; from_rat: the raster attribute table of the file says it."
    )
    year_codes: YearCodes | None = None
    annual: bool = Field(False, description="One raster for each year of the version.")
    band_of_year: BandOfYear | None = Field(None, description="Where a file has a band for each year.")
    file: str | None = Field(None, description="What stands for {layer} in the path, where it is not the layer's id.")
    role: Role | None = Field(None, description="What the layer is in the measurement of forest loss.")
    encoding: Encoding | None = None
    epoch: date | None = Field(None, description="Day 0 of an encoding that counts days.")
    confidences: dict[int, Confidence] = Field(default_factory=dict)
    confidence_layer: Identifier | None = Field(None, description="Layer of the product that holds the confidence.")

    @model_validator(mode="after")
    def _whole(self) -> Layer:
        whole = WHOLE.get(self.dtype)
        codes = [item.value for item in self.classes] if self.classes != "from_rat" else []
        problems = {
            "a code stands twice in classes": len(set(codes)) != len(codes),
            "a class lies outside the pixel type": any(
                whole is None or not whole[0] <= code <= whole[1] for code in codes
            ),
            "a class layer has whole numbers": self.kind == "class" and whole is None,
            "a class layer needs classes, year_codes or `classes: from_rat`": self.kind == "class"
            and not self.classes
            and self.year_codes is None,
            "a measure needs a step": self.kind == "measure" and self.step is None,
            "only a measure has a step": self.kind != "measure" and self.step is not None,
            "a class is nodata too: list it in one of the two": bool(set(codes) & set(self.nodata)),
            "an alert layer, and no other, has an encoding": (self.kind == "alert") != (self.encoding is not None),
            "an encoding that counts days, and no other, needs its epoch": (
                self.encoding in {"confidence_and_days", "days"}
            )
            != (self.epoch is not None),
            "an encoding of confidence needs its confidences": (self.encoding in {"confidence_and_days", "confidence"})
            != bool(self.confidences),
            "an encoding of days alone names the layer of its confidence": (
                self.encoding in {"days", "radd_yydoy", "glad_l_day_of_year"}
            )
            != (self.confidence_layer is not None),
            "bands of years need `annual: true`": self.band_of_year is not None and not self.annual,
        }
        found = [text for text, wrong in problems.items() if wrong]
        if found:
            raise ValueError(f"layer {self.layer}: " + "; ".join(found))
        return self

    def band(self, year: int | None) -> int | None:
        """Return the 1-based band of a year in a file with one for each, or None where a file has one band."""
        return None if self.band_of_year is None or year is None else year - self.band_of_year.first + 1


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
        places = {name for _, name, _, _ in Formatter().parse(self.path) if name is not None}
        if places - PATH_PLACES:
            raise ValueError(f"path names {sorted(places - PATH_PLACES)}; known are {sorted(PATH_PLACES)}")
        tiling = self.tiling
        if isinstance(tiling, Tiling):
            if "tile" not in places and not {"NS", "lat", "EW", "lon"} <= places:
                raise ValueError("path does not tell tiles apart")
            if tiling.tile_pixels and tiling.tile_pixels * self.lattice.pixel_width != tiling.tile_deg:
                raise ValueError("tile_pixels of pixel_width do not make tile_deg")
        if any(layer.annual and layer.band_of_year is None for layer in self.layers) and "year" not in places:
            raise ValueError("path does not tell years apart")

    def _check_years(self) -> None:
        for layer in self.layers:
            for version in self.versions:
                if layer.annual and not version.years:
                    raise ValueError(f"layer {layer.layer} is annual, but version {version.version} has no years")
                if layer.year_codes and version.last_year is None:
                    raise ValueError(f"layer {layer.layer} has year_codes, but {version.version} has no last_year")
            if layer.year_codes and not self.versions:
                raise ValueError(f"layer {layer.layer} has year_codes: declare versions with last_year")

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
            problem = (f"years of {version}: {_spans(known)}", _spans(sorted(set(years) - set(known))))
        if problem:
            raise ProjectError(
                f"the years of layer {layer} of {self.product} do not hold",
                expected=problem[0],
                found=problem[1],
                remedy="mend year or years of the source in project.yaml",
            )

    def class_names(self, layer: str, *, version: str) -> dict[int, Text]:
        """Return what the codes of a class layer mean in a version; empty where the file's attribute table says it."""
        item = self.layer(layer)
        names = {} if item.classes == "from_rat" else {entry.value: entry.name for entry in item.classes}
        codes, last = item.year_codes, self.version(version).last_year
        if codes is not None and last is not None:
            for year in range(codes.first, last + 1):
                names[year - codes.base] = Text(en=codes.name.en.format(year=year), es=codes.name.es.format(year=year))
        return names

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
            try:
                return [self.tiling.parts(top=top, left=left) for top, left in self.tiling.tiles_for(bounds)]
            except ValueError as error:
                limits = str(error)
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


def _spans(years: Sequence[int]) -> str:
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
