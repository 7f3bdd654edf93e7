"""Connector `firms`: active fires of VIIRS and MODIS by the FIRMS area API (CSV)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mrv.ledger import Artifact
from mrv.periods import Span
from mrv.project import Firms
from mrv.sources.addresses import secret_or_mirror
from mrv.sources.contract import Parsed, Request
from mrv.sources.csv_reading import CsvFile, Row
from mrv.sources.fetch import SECRET, Wanted, base_of, fetching
from mrv.sources.records import Record, Records
from mrv.sources.tiling import Bounds

BASE_URL = "https://firms.modaps.eosdis.nasa.gov"
LICENCE = "NASA open data (EOSDIS), free to use with acknowledgement"
CITATION = "NASA FIRMS (Fire Information for Resource Management System), collection {collection}"
KEY_VARIABLE = "MRV_FIRMS_MAP_KEY"
EPOCH = date(1970, 1, 1)

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
_PERCENT = re.compile(r"[0-9]{1,3}")
_REMEDY = "the rest of the file is used; report the row to FIRMS or pull again"


def windows(span: Span, days: int) -> list[Span]:
    """Cut a span into blocks of `days`, aligned to the calendar so that periods share the same blocks."""
    first = (span.start - EPOCH).days // days
    last = (span.end - EPOCH).days // days
    blocks = (
        Span(EPOCH + timedelta(days=block * days), EPOCH + timedelta(days=block * days + days - 1))
        for block in range(first, last + 1)
    )
    return [part for block in blocks if (part := block.intersect(span)) is not None]


def wanted(spec: Firms, request: Request) -> list[Wanted]:
    """List the requests: per collection one for each block of days."""
    area = _area(request.bounds)
    return [
        Wanted(
            dataset="fires",
            product=collection,
            address=f"firms/{collection}/{part.start}..{part.end}",
            path=f"api/area/csv/{SECRET}/{collection}/{area}/{part.days}/{part.start}",
            kind="csv",
            licence=LICENCE,
            citation=CITATION.format(collection=collection),
        )
        for collection in spec.collections
        for part in windows(request.window, spec.days_per_request)
    ]


def _area(bounds: Bounds) -> str:
    """Return the bounds in 0.01 degrees, rounded outwards so that no zone is cut."""
    west, south, east, north = bounds
    rounded = (math.floor(west * 100), math.floor(south * 100), math.ceil(east * 100), math.ceil(north * 100))
    return ",".join(f"{value / 100:.2f}" for value in rounded)


def pull(spec: Firms, request: Request) -> list[Artifact]:
    """See `Connector.pull`."""
    base = base_of(spec.name, BASE_URL, request.settings)
    key = request.settings.firms_map_key
    secret = secret_or_mirror(
        key.get_secret_value() if key else None, base=base, variable=KEY_VARIABLE, source=spec.name
    )
    with fetching(
        request,
        source=spec.name,
        base=base,
        secret=secret,
        remedy=f"check {KEY_VARIABLE} and the collections in project.yaml; a key allows 5000 requests in 10 minutes",
    ) as fetcher:
        return fetcher.fetch_all(wanted(spec, request), label=f"{spec.name}: active fires")


def parse(spec: Firms, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: the table `fires`; a file with a header only is a valid answer: no fires."""
    del spec
    records = Records("fires")
    for artifact in artifacts:
        _parse_file(records, artifact, request)
    return {"fires": records.parsed()}


def _parse_file(records: Records, artifact: Artifact, request: Request) -> None:
    path = request.store.get(artifact.sha256)
    file = CsvFile(path, label=artifact.address, required=REQUIRED)
    brightness = next((name for name in BRIGHTNESS if name in file.columns), "bright_ti4")
    file.require((brightness,))
    for row in file.rows():
        _parse_row(records, row, artifact=artifact, brightness=brightness)


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
    record.read("version", cells["version"])
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
