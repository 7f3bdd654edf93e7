"""Points of patrols by the million: columns of text to columns of `patrol_tracks`, and the reasons of those left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mrv.schemas import DATASETS, TIMESTAMP
from mrv.sources.contract import Parsed
from mrv.sources.coordinates import MARGIN_DEG
from mrv.sources.tiling import Bounds

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Order = Literal["iso", "dmy", "mdy"]

SWAPPED = "the point lies near the project only if latitude and longitude are exchanged"
REMEDY = "mend the value at the source and export the file again"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times are counted without a zone first
_ORDERS: Mapping[Order, str] = {
    "iso": r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
    "dmy": r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})",
    "mdy": r"(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[/.-](?P<y>\d{4})",
}
_TWO_WAYS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?\s*(?:([ap])\.?\s*m\.?)?", re.IGNORECASE)


@dataclass
class Points:
    """Columns of points on their way into `patrol_tracks`; all of length n.

    Attributes:
        system: Name of the source's kind.
        artifact: File that they came from.
        label: How errors call it.
        row: Number of each record in the file.
        patrol_id: Null where there is none.
        leg_id: Null where there is none.
        time_us: Microseconds since 1970-01-01 UTC; of any value where a problem was noted.
        longitude: Degrees, NaN where there is none.
        latitude: The same.
        is_junk: Null where the source does not say.
        raw: Gives the raw record at a place, for those that are set aside.
        problems: Rule, places that break it, and why.
    """

    system: str
    artifact: str
    label: str
    row: Ints
    patrol_id: pa.Array
    leg_id: pa.Array
    time_us: Ints
    longitude: Floats
    latitude: Floats
    is_junk: pa.Array
    raw: Callable[[int], Mapping[str, Any]]
    problems: list[tuple[str, Flags, str]] = field(default_factory=list)

    def refuse(self, rule: str, where: Flags, reason: str) -> None:
        """Note that points cannot be used."""
        if where.any():
            self.problems.append((rule, where, reason))


def parsed(points: Points, bounds: Bounds) -> Parsed:
    """Return points as rows of `patrol_tracks`; what cannot be used is set aside, one by one, with its reason.

    A point without a position or marked as junk is kept: the track leaves it out and counts it.
    """
    points.refuse("missing_value", _flags(pc.is_null(points.patrol_id)), "the patrol is missing")
    points.refuse("swapped_coordinates", swapped(points.longitude, points.latitude, bounds), SWAPPED)
    bad = np.zeros(len(points.row), dtype=np.bool_)
    for _, where, _ in points.problems:
        bad |= where
    keep = np.flatnonzero(~bad)
    table = DATASETS["patrol_tracks"].sort(
        pa.table(
            {
                "patrol_id": points.patrol_id.take(pa.array(keep)),
                "source_system": pa.DictionaryArray.from_arrays(
                    pa.array(np.zeros(len(keep), dtype=np.int32)), [points.system]
                ).cast(pa.string()),
                "leg_id": points.leg_id.take(pa.array(keep)),
                "recorded_at": pa.array(points.time_us[keep]).cast(TIMESTAMP),
                "longitude": pa.array(points.longitude[keep], mask=np.isnan(points.longitude[keep])),
                "latitude": pa.array(points.latitude[keep], mask=np.isnan(points.latitude[keep])),
                "is_junk": points.is_junk.take(pa.array(keep)),
                "_artifact": pa.array([points.artifact]).take(pa.array(np.zeros(len(keep), dtype=np.int32))),
                "_row": pa.array(points.row[keep]),
            },
            schema=DATASETS["patrol_tracks"].schema,
        )
    )
    return Parsed(table, list(_rejected(points)), len(points.row))


def _rejected(points: Points) -> Any:
    for rule, where, reason in points.problems:
        for place in np.flatnonzero(where).tolist():
            row = int(points.row[place])
            yield {
                "dataset": "patrol_tracks",
                "artifact": points.artifact,
                "row": row,
                "rule": rule,
                "severity": "error",
                "reason": f"{points.label}, row {row}: {reason}. Remedy: {REMEDY}",
                "record": json.dumps(points.raw(place), ensure_ascii=False, sort_keys=True, default=str),
            }


def swapped(longitude: Floats, latitude: Floats, bounds: Bounds) -> Flags:
    """Tell which points lie near the project only with their coordinates exchanged (see `coordinates.are_swapped`)."""
    return ~_near(longitude, latitude, bounds) & _near(latitude, longitude, bounds)


def _near(x: Floats, y: Floats, bounds: Bounds) -> Flags:
    west, south, east, north = bounds
    return np.asarray(
        (x >= west - MARGIN_DEG) & (x <= east + MARGIN_DEG) & (y >= south - MARGIN_DEG) & (y <= north + MARGIN_DEG)
    )


def _flags(column: pa.Array) -> Flags:
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


# --- columns of text ---------------------------------------------------------------------------------------------
def text_or_null(column: pa.Array) -> pa.Array:
    """Return trimmed text, null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def numbers(column: pa.Array, *, decimal: str) -> tuple[Floats, Flags]:
    """Read a column of text as numbers.

    Returns:
        The numbers, NaN where there is none, and which texts are no finite number; one with a decimal point where the
        file has decimal commas could be read in two ways, and is none.
    """
    text = text_or_null(column)
    dotted = np.zeros(len(text), dtype=np.bool_)
    if decimal != ".":
        dotted = _flags(pc.match_substring(text, "."))
        text = pc.replace_substring(text, decimal, ".")
    fine = _flags(pc.match_substring_regex(text, _NUMBER)) & ~dotted
    values = np.full(len(text), np.nan)
    values[fine] = pc.cast(text.filter(pa.array(fine)), pa.float64()).to_numpy(zero_copy_only=False)
    broken = (~fine & ~_flags(pc.is_null(text))) | np.isinf(values)
    return values, broken


def moments(
    days: pa.Array, clocks: pa.Array | None, *, order: Order, time_zone: str
) -> tuple[Ints, list[tuple[str, Flags, str]]]:
    """Read columns of local days and times as moments; each different text is read once.

    Args:
        days: Text of the day, or of day and time where there is no other column.
        clocks: Text of the time.
        order: Order of day, month and year.
        time_zone: Of both.

    Returns:
        Microseconds since 1970-01-01 UTC, and rule, places and reason of what cannot be read.
    """
    if clocks is None:
        parts = pc.split_pattern_regex(pc.utf8_trim_whitespace(days), r"[ T]+", max_splits=1)
        days, clocks = pc.list_element(parts, 0), pc.list_element(parts, 1)
    day, faults = _each(days, lambda text: day_us(text, order))
    clock, no_clock = _each(clocks, clock_us)
    problems = [
        (rule, np.asarray(faults == rule), reason)
        for rule, reason in (
            ("missing_value", "the day is missing"),
            ("ambiguous_date", "the day can be read in two ways, and its order is not declared"),
            ("unreadable_value", f"the day is no date in the order {order}"),
        )
    ]
    problems.append(("unreadable_value", np.asarray(no_clock != ""), "the time is missing or no time of day"))
    return to_utc(day + clock, time_zone), [item for item in problems if item[1].any()]


def _each(column: pa.Array, read: Callable[[str], int | str]) -> tuple[Ints, NDArray[np.object_]]:
    """Read each different text once: a number, or the rule that it breaks ('' for none)."""
    coded = pc.dictionary_encode(column.fill_null(""))
    found = [read(text) for text in coded.dictionary.to_pylist()]
    values = np.array([item if isinstance(item, int) else 0 for item in found], dtype=np.int64)
    faults = np.array([item if isinstance(item, str) else "" for item in found], dtype=object)
    place = coded.indices.to_numpy(zero_copy_only=False)
    return (values[place], faults[place]) if found else (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=object))


def day_us(text: str, order: Order) -> int | str:
    """Return the microseconds from 1970-01-01 to a day, or the rule that its text breaks."""
    if not text.strip():
        return "missing_value"
    match = re.fullmatch(_ORDERS[order], text.strip())
    if match is None:
        both = _TWO_WAYS.fullmatch(text.strip())
        return "ambiguous_date" if both and max(int(both[1]), int(both[2])) <= 12 else "unreadable_value"
    try:
        day = date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        return "unreadable_value"
    return (day - _EPOCH.date()).days * 86_400_000_000


def clock_us(text: str) -> int | str:
    """Return the microseconds from midnight to a time (24 hours, or 12 with a.m. and p.m.), or the rule that it breaks."""
    match = _CLOCK.fullmatch(text.strip().replace("\u00a0", " ").replace("\u202f", " "))
    if match is None:
        return "unreadable_value"
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[5]:
        if not 1 <= hour <= 12:
            return "unreadable_value"
        hour = hour % 12 + (12 if match[5].lower() == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return "unreadable_value"
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + int((match[4] or "0").ljust(6, "0"))


def to_utc(local_us: Ints, time_zone: str) -> Ints:
    """Return the moments of local times; the clock's second hour where it is turned back is read as the first."""
    zone = ZoneInfo(time_zone)
    block_us = 900 * 1_000_000
    blocks, place = np.unique(local_us // block_us, return_inverse=True)
    offsets = np.array([_offset_us(int(number) * block_us, zone) for number in blocks], dtype=np.int64)
    return local_us - offsets[place] if len(blocks) else local_us


def _offset_us(local_us: int, zone: ZoneInfo) -> int:
    local = (_EPOCH + timedelta(microseconds=local_us)).replace(tzinfo=zone)
    return round((local.utcoffset() or timedelta()).total_seconds()) * 1_000_000


def moment_of(time_us: int) -> datetime:
    """Return a moment."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)


def texts(values: Sequence[str | None]) -> pa.Array:
    """Return a column of text."""
    return pa.array(values, pa.string())
