"""How deforestation alerts write day and confidence into pixels: the encodings, their tables, and the decoder.

GFW (`confidence_and_days`): the first of five decimal digits is the confidence (2 low, 3 high, 4 highest), the other four
count days since 31 December 2014, so that 20001 is 1 January 2015 and low. A decoder that counts from 1 January 2015 gives
each day one day late. DIST-ALERT counts from 31 December 2020 in the same way. Native RADD writes YYDOY (21001 is
1 January 2021), native GLAD-L the day of the layer's year, native GLAD-S2 days since a day on which readers disagree
(31 December 2018 or 1 January 2019): there the row of the product declares the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mrv.errors import ProjectError
from raster.spans import Ints, Ints32

EncodingName = Literal["confidence_and_days", "days", "radd_yydoy", "glad_l_day_of_year"]
Confidence = Literal["low", "high", "highest"]
CONFIDENCES: tuple[Confidence, ...] = ("low", "high", "highest")
NO_ALERT, LOW, HIGH, HIGHEST = 0, 2, 3, 4
IMPOSSIBLE = 255
"""Code of a pixel whose value the encoding does not have."""
_DATED = 1
_CODE: dict[Confidence, int] = {"low": LOW, "high": HIGH, "highest": HIGHEST}
_UNIX = date(1970, 1, 1)
TABLE = 100_000
"""All encodings are numbers of at most five digits."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Encoding:
    """How the layers of a product write day and confidence.

    Attributes:
        name: `confidence_and_days` has both in one layer; the others have the confidence in a layer beside the day.
        confidences: Codes of confidence and what they mean.
        epoch: Day 0 of `confidence_and_days` and `days`.
        year: Year of the layer of `glad_l_day_of_year`.
    """

    name: EncodingName
    confidences: tuple[tuple[int, Confidence], ...]
    epoch: date | None = None
    year: int | None = None

    def __post_init__(self) -> None:
        """Refuse an encoding that lacks its day 0.

        Raises:
            ProjectError: The epoch or the year is missing, or stands where the encoding has none.
        """
        counts, yearly = self.name in {"confidence_and_days", "days"}, self.name == "glad_l_day_of_year"
        if counts != (self.epoch is not None) or yearly != (self.year is not None) or not self.confidences:
            raise ProjectError(
                f"the alert encoding {self.name} is not whole",
                expected="an epoch where days are counted, a year where they are days of a year, and confidences",
                found=f"epoch {self.epoch}, year {self.year}, confidences {dict(self.confidences)}",
                remedy="mend the row of the product",
            )

    @property
    def two_layers(self) -> bool:
        """Whether the confidence stands in a layer of its own."""
        return self.name != "confidence_and_days"

    def describe(self) -> str:
        """Say in words how days are counted, for the tables."""
        if self.name == "radd_yydoy":
            return "year and day of year (YYDOY)"
        return f"day of the year {self.year}" if self.year else f"days since {self.epoch}"


class CodeTable(NamedTuple):
    """What each pixel value means.

    Attributes:
        day: Days since 1 January 1970, shape (TABLE,), 0 where there is no alert.
        confidence: NO_ALERT, LOW, HIGH, HIGHEST or IMPOSSIBLE, shape (TABLE,).
        level: Confidence of each value of the layer beside it, shape (256,); empty where there is none.
    """

    day: Ints32
    confidence: Bytes
    level: Bytes


class Decoded(NamedTuple):
    """Day (days since 1 January 1970, 0 without alert) and confidence code of each pixel, in the shape of the values."""

    day: Ints32
    confidence: Bytes


def code_table(encoding: Encoding, *, last_day: date) -> CodeTable:
    """Return what every value means; days after `last_day`, when the file was retrieved, are impossible."""
    codes = {code: _CODE[name] for code, name in encoding.confidences}
    day, dated = _days(encoding, np.arange(TABLE))
    dated &= day <= to_day(last_day)
    if encoding.two_layers:
        known = np.full(TABLE, _DATED, dtype=np.uint8)
        level = np.full(256, IMPOSSIBLE, dtype=np.uint8)
        level[0] = NO_ALERT
        level[list(codes)] = list(codes.values())
    else:
        digit = np.full(TABLE // 10_000, IMPOSSIBLE, dtype=np.uint8)
        digit[list(codes)] = list(codes.values())
        known = np.repeat(digit, 10_000)
        level = np.empty(0, dtype=np.uint8)
    dated &= known != IMPOSSIBLE
    confidence = np.where(dated, known, IMPOSSIBLE).astype(np.uint8)
    confidence[0] = NO_ALERT
    return CodeTable(np.where(dated, day, 0).astype(np.int32), confidence, level)


def _days(encoding: Encoding, values: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the day number of each value, and whether there is such a day."""
    if encoding.epoch is not None:
        count = values % 10_000 if encoding.name == "confidence_and_days" else values
        return to_day(encoding.epoch) + count, (count > 0) & (count < 10_000)
    if encoding.year is not None:
        years, count = np.full(len(values), encoding.year), values
    else:
        years, count = 2000 + values // 1000, values % 1000
    first = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    following = (years - 1969).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return first + count - 1, (count >= 1) & (count <= following - first)


def decode(
    values: NDArray[Any], encoding: Encoding, *, levels: NDArray[Any] | None = None, last_day: date = date.max
) -> Decoded:
    """Decode pixels.

    Args:
        values: Pixel values, unsigned, any shape.
        encoding: How they are written.
        levels: Values of the layer of confidence, in the same shape, where the encoding has one.
        last_day: The day of the retrieval.

    Returns:
        Day and confidence; the confidence is IMPOSSIBLE where the encoding does not have the value, where the day lies
        after `last_day`, and where only one of day and confidence is given.
    """
    table = code_table(encoding, last_day=last_day)
    inside = values < TABLE
    places = np.where(inside, values, 0).astype(np.int64)
    day = table.day[places]
    confidence = np.where(inside, table.confidence[places], IMPOSSIBLE).astype(np.uint8)
    if encoding.two_layers:
        if levels is None:
            raise ValueError(f"encoding {encoding.name} has its confidence in a layer of its own")
        level = np.where(levels < 256, table.level[np.minimum(levels, 255)], IMPOSSIBLE).astype(np.uint8)
        agree = (confidence == _DATED) & (level != NO_ALERT) | (confidence == NO_ALERT) & (level == NO_ALERT)
        confidence = np.where(agree, level, IMPOSSIBLE).astype(np.uint8)
    return Decoded(np.where(confidence == IMPOSSIBLE, 0, day).astype(np.int32), confidence)


def to_date(day: int) -> date:
    """Return the date of a day number of the decoder."""
    return _UNIX + timedelta(days=day)


def to_day(moment: date) -> int:
    """Return the day number of a date."""
    return (moment - _UNIX).days
