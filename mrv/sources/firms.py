"""Connector `firms`: active fires of VIIRS and MODIS by the FIRMS area API (CSV)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

from mrv.ledger import Artifact
from mrv.periods import Span
from mrv.project_sources import Firms
from mrv.sources.addresses import secret_or_mirror
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import SECRET, Wanted, base_of, fetching
from mrv.sources.fire_days import first_day
from mrv.sources.fire_files import parse_fires
from mrv.sources.tiling import Bounds

BASE_URL = "https://firms.modaps.eosdis.nasa.gov"
LICENCE = "NASA open data (EOSDIS), free to use with acknowledgement"
CITATION = "NASA FIRMS (Fire Information for Resource Management System), collection {collection}"
KEY_VARIABLE = "MRV_FIRMS_MAP_KEY"
EPOCH = date(1970, 1, 1)


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
    """List the requests: per collection one for each block of days, from the first day that the collection has.

    Raises:
        ProjectError: A collection is not known.
    """
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
        if part.end >= first_day(spec, collection)
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
    return {"fires": parse_fires(artifacts, request)}
