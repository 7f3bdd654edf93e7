"""FIRMS active fires as CSV or text: VIIRS and MODIS, near-real-time and archive, HHMM and HH:MM, to one table."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mrv.ledger import Artifact
from mrv.sources.contract import Parsed, Request
from mrv.sources.csv_reading import CsvFile, Row
from mrv.sources.records import Record, Records, UnusableValueError, day, number

log = logging.getLogger(__name__)

REQUIRED = ("latitude", "longitude", "acq_date", "acq_time", "satellite", "confidence", "version", "frp", "daynight")
BRIGHTNESS = {"bright_ti4": "VIIRS", "brightness": "MODIS"}
SATELLITES = {
    "N": "Suomi NPP",
    "1": "NOAA-20",
    "N20": "NOAA-20",
    "2": "NOAA-21",
    "N21": "NOAA-21",
    "T": "Terra",
    "A": "Aqua",
}
CONFIDENCES = {"l": "low", "n": "nominal", "h": "high", "low": "low", "nominal": "nominal", "high": "high"}
_CLOCK = re.compile(r"([0-9]{1,2}):?([0-9]{2})")
_PROVISIONAL = re.compile(r"(?i)(NRT|RT)$")
"""Versions such as 6.1NRT, 2.0NRT, 2.0URT and 2.0RT, or collections such as VIIRS_SNPP_NRT, are near-real-time."""
MARGIN_DEG = 0.01
"""The API is asked for a box rounded outwards by as much."""
_PERCENT = re.compile(r"[0-9]{1,3}")
_REMEDY = "the rest of the file is used; report the row to FIRMS or pull again"


def parse_fires(artifacts: Iterable[Artifact], request: Request, *, only_wanted: bool = False) -> Parsed:
    """Read files of FIRMS into the table `fires`.

    Args:
        artifacts: The files, of any satellite and collection.
        request: Where the bytes are, and which days and bounds are wanted.
        only_wanted: Pass over detections beyond the days and the bounds, as in files of a whole continent or year. They are
            counted in the log and nowhere else.

    Raises:
        InputError: A file lacks a column.
    """
    records = Records("fires")
    for artifact in artifacts:
        _parse_file(records, artifact, request, only_wanted=only_wanted)
    return records.parsed()


def days_in(path: Path, *, label: str) -> set[date]:
    """Return the days (UTC) of the detections of a file, wherever they lie.

    Args:
        path: The file.
        label: What errors call it.

    Raises:
        InputError: It lacks the column.
    """
    found = {
        row.cells["acq_date"] for row in CsvFile(path, label=label, required=("acq_date",)).rows() if not row.problem
    }
    days = set()
    for text in found:
        with suppress(UnusableValueError):
            days.add(day(text))
    return days


def _parse_file(records: Records, artifact: Artifact, request: Request, *, only_wanted: bool) -> None:
    path = request.store.get(artifact.sha256)
    file = CsvFile(path, label=artifact.address, required=REQUIRED)
    brightness = next((name for name in BRIGHTNESS if name in file.columns), "bright_ti4")
    file.require((brightness,))
    passed_over = 0
    for row in file.rows():
        if only_wanted and _is_beyond(row, request):
            passed_over += 1
            continue
        _parse_row(records, row, artifact=artifact, brightness=brightness)
    if passed_over:
        log.info("%s: %d detection(s) beyond the days and the bounds were passed over", artifact.address, passed_over)


def _is_beyond(row: Row, request: Request) -> bool:
    """Tell whether a detection surely lies beyond what is wanted; one that cannot be read is not passed over."""
    if row.problem:
        return False
    west, south, east, north = request.bounds
    try:
        longitude, latitude = number(row.cells["longitude"]), number(row.cells["latitude"])
        acquired_on = day(row.cells["acq_date"])
    except UnusableValueError:
        return False
    window = request.window
    return not (
        west - MARGIN_DEG <= longitude <= east + MARGIN_DEG
        and south - MARGIN_DEG <= latitude <= north + MARGIN_DEG
        and window.start <= acquired_on <= window.end
    )


def _parse_row(records: Records, row: Row, *, artifact: Artifact, brightness: str) -> None:
    cells = row.cells
    record = records.record(
        cells, artifact=artifact.sha256, row=row.number, where=f"{artifact.address}, row {row.number}", remedy=_REMEDY
    )
    if row.problem:
        record.reject(*row.problem)
        record.done()
        return
    latitude = record.read("latitude", cells["latitude"])
    longitude = record.read("longitude", cells["longitude"])
    acquired_at = _acquired_at(record, cells)
    satellite = _satellite(record, cells["satellite"])
    instrument = cells.get("instrument", "").strip() or BRIGHTNESS[brightness]
    record.set("instrument", instrument)
    _confidence(record, cells["confidence"])
    record.read("brightness_k", cells[brightness], name=brightness)
    record.read("frp_mw", cells["frp"], name="frp")
    record.read("daynight", cells["daynight"])
    version = record.read("version", cells["version"])
    record.set("near_real_time", bool(_PROVISIONAL.search(version or artifact.product)))
    record.read("fire_type", cells.get("type"), name="type")
    if not record.problems:
        record.set("fire_id", f"{instrument}|{satellite}|{acquired_at:%Y-%m-%dT%H:%MZ}|{latitude:.5f}|{longitude:.5f}")
    record.done()


def _acquired_at(record: Record, cells: dict[str, str]) -> datetime | None:
    """Join day and time; the API gives HHMM without leading zeros, archives give HH:MM, both in UTC."""
    acquired_on = record.read("acquired_on_utc", cells["acq_date"], name="acq_date")
    text = cells["acq_time"].strip()
    match = _CLOCK.fullmatch(text.zfill(4) if text.isdigit() else text)
    hour, minute = (int(match[1]), int(match[2])) if match else (24, 0)
    if hour > 23 or minute > 59:
        record.reject("unreadable_value", f"acq_time is {text!r}, not a time as HHMM or HH:MM")
        return None
    if acquired_on is None:
        return None
    value = datetime(acquired_on.year, acquired_on.month, acquired_on.day, hour, minute, tzinfo=UTC)
    record.set("acquired_at_utc", value)
    return value


def _satellite(record: Record, raw: str) -> Any:
    name = record.read("satellite", raw)
    if name is not None:
        name = SATELLITES.get(name, name)
        record.set("satellite", name)
    return name


def _confidence(record: Record, raw: str) -> None:
    """Bring words, letters and MODIS percentages (low below 30, high from 80 on) to one scale."""
    text = record.read("confidence_raw", raw, name="confidence")
    if text is None:
        record.set("confidence", None)
    elif text.lower() in CONFIDENCES:
        record.set("confidence", CONFIDENCES[text.lower()])
    elif _PERCENT.fullmatch(text) and int(text) <= 100:
        percent = int(text)
        record.set("confidence", "low" if percent < 30 else "nominal" if percent < 80 else "high")
    else:
        record.reject("unreadable_value", f"confidence is {text!r}, not low, nominal, high or 0 to 100")
