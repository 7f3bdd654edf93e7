"""A layer of a raster product: what its pixels hold, and what their codes mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from mrv.project_base import Identifier, Strict

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
    """What one pixel value means; `{last}` and `{last-9}` in a name are years counted from the version's last one."""

    value: int
    name: Text
    note: Text | None = None


class YearCodes(Strict):
    """Codes that are years: `code + base` is the year, from `first` to the last year of the version."""

    first: int
    base: int
    name: Text = Field(description="Name of a code, with {year} in its place.")


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
    first_day: date | None = Field(
        None, description="First day of which the product has alerts, where that is not the day after the epoch."
    )
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
            "days without an epoch or a year need the first_day of the product, and only a layer of days has one": (
                self.first_day is None
                if self.encoding == "radd_yydoy"
                else self.first_day is not None and self.encoding not in {"confidence_and_days", "days"}
            ),
            "the days of a layer of one year need `annual: true`": self.encoding == "glad_l_day_of_year"
            and not self.annual,
            "bands of years need `annual: true`": self.band_of_year is not None and not self.annual,
        }
        found = [text for text, wrong in problems.items() if wrong]
        if found:
            raise ValueError(f"layer {self.layer}: " + "; ".join(found))
        return self

    def days(self, year: int | None, *, retrieved_on: date) -> tuple[date, date]:
        """Return the first and last day of which a layer of alert days can have alerts; the last before the first: none.

        Args:
            year: Year of the layer, where there is one for each.
            retrieved_on: Day of the retrieval of its files.
        """
        if self.encoding == "glad_l_day_of_year" and year is not None:
            return date(year, 1, 1), min(retrieved_on, date(year, 12, 31))
        first = self.first_day or (self.epoch + timedelta(days=1) if self.epoch else date.min)
        return first, retrieved_on

    def band(self, year: int | None) -> int | None:
        """Return the 1-based band of a year in a file with one for each, or None where a file has one band."""
        return None if self.band_of_year is None or year is None else year - self.band_of_year.first + 1

    def file_name(self, year: int | None) -> str:
        """Return what stands for {layer} in a path."""
        return (self.file or self.layer).format(year=year)

    @property
    def names_years(self) -> bool:
        """Whether the meaning of codes depends on the last year of the version."""
        texts = (
            []
            if self.classes == "from_rat"
            else [text for item in self.classes for text in (item.name.en, item.name.es)]
        )
        return self.year_codes is not None or any(_LAST.search(text) for text in texts)

    def class_names(self, last_year: int | None) -> dict[int, Text]:
        """Return what the codes mean in a version that ends in a year; empty where the file's attribute table says it."""
        if self.classes == "from_rat":
            return {}
        names = {item.value: item.name if last_year is None else _dated(item.name, last_year) for item in self.classes}
        codes = self.year_codes
        if codes is not None and last_year is not None:
            for year in range(codes.first, last_year + 1):
                names[year - codes.base] = Text(en=codes.name.en.format(year=year), es=codes.name.es.format(year=year))
        return names


_LAST = re.compile(r"\{last(?:-([0-9]+))?\}")


def _dated(name: Text, last_year: int) -> Text:
    """Put years in the place of `{last}` and `{last-9}`."""

    def year(found: re.Match[str]) -> str:
        return str(last_year - int(found[1] or 0))

    return Text(en=_LAST.sub(year, name.en), es=_LAST.sub(year, name.es))
