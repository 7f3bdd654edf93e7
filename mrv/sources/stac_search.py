"""The search of a STAC API for the scenes of a composite, through the STAC client and by the one door."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import shapely
from pystac_client import ItemSearch
from pystac_client.stac_api_io import StacApiIO

from mrv.errors import SourceError, UsageError
from mrv.ledger import Artifact
from mrv.project_scenes import Composite, Stac
from mrv.settings import Settings
from mrv.sources.attempts import Policy
from mrv.sources.contract import Request
from mrv.sources.fetch import Fetcher, Wanted
from mrv.sources.stac_images import terms
from mrv.sources.stac_pages import REMEDY, read_page

MAX_PAGES = 100
MAX_PAGE_BYTES = 16 * 2**20
"""An item has some 20 kB, so that this holds several hundred."""
MARGIN_DEG = 0.001
"""The searched shape is drawn a little larger than the zones, so that rounding its corners cuts nothing off."""


class _Door(StacApiIO):
    """Lets the STAC client read through the fetcher, with its time limits, bounds and ledger, and keeps what came."""

    def __init__(self, spec: Stac, composite: Composite, fetcher: Fetcher) -> None:
        super().__init__(max_retries=None)
        self.spec, self.composite, self.fetcher = spec, composite, fetcher
        self.pages: list[Artifact] = []
        self.asked: set[str] = set()

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """Fetch one page of the search."""
        del headers
        link = f"{href}?{urlencode(parameters)}" if parameters else href
        path = self.fetcher.base.path_of(link, own=self.spec.url)
        address = f"stac/{self.spec.name}/{self.composite.id}/page-{len(self.pages) + 1:04d}"
        problem = None
        if path is None:
            problem = f"a next page at {urlsplit(link).netloc or 'no address'}"
        elif (method or "GET").upper() != "GET":
            problem = f"a next page that must be asked by {method}"
        elif path in self.asked or len(self.pages) >= MAX_PAGES:
            problem = "the same page again" if path in self.asked else f"more than {MAX_PAGES} pages"
        if path is None or problem:
            raise _error(self.spec, address, "the search cannot be followed", problem or "")
        self.asked.add(path)
        artifact = self.fetcher.fetch(
            Wanted(
                dataset="scenes",
                product=",".join(self.spec.collections),
                address=address,
                path=path,
                kind="json",
                licence=terms(self.spec.collections[0])[0],
                citation=terms(self.spec.collections[0])[1],
            )
        )
        self.pages.append(artifact)
        page = read_page(artifact, self.fetcher.request)
        if (count := len(page["features"])) > self.spec.page_size:
            found = f"{count} features on a page of at most {self.spec.page_size}"
            raise _error(self.spec, address, "a page of a STAC search holds more than was asked for", found)
        return json.dumps(page)


def page_policy(settings: Settings) -> Policy:
    """Return how hard to try for a page, and how much of it to accept: it is read as a whole."""
    return Policy(
        settings.http_attempts,
        min(MAX_PAGE_BYTES, settings.max_file_bytes),
        too_large="set a smaller page_size for the source; if it is small, check that url is the root of a STAC API",
    )


def search_scenes(spec: Stac, composite: Composite, fetcher: Fetcher) -> list[Artifact]:
    """Return the pages of a composite's search; whether a scene is clear enough is decided here, not by the server.

    Raises:
        SourceError: The API fails, or its pages lead elsewhere or do not fit together.
        UsageError: There is no zone to search.
    """
    door = _Door(spec, composite, fetcher)
    search = ItemSearch(
        url=f"{spec.url.rstrip('/')}/search",
        method="GET",
        stac_io=door,
        collections=[str(name) for name in spec.collections],
        intersects=_searched_shape(spec, fetcher.request),
        datetime=f"{composite.start}T00:00:00Z/{composite.end}T23:59:59Z",
        limit=spec.page_size,
    )
    received, matched = 0, None
    for page in search.pages_as_dicts():
        received += len(page["features"])
        matched = page.get("numberMatched", matched)
    if isinstance(matched, int) and matched != received:
        raise _error(
            spec,
            door.pages[-1].address,
            "the search changed while it was read, or its pages do not fit together",
            f"{received} of {matched} scenes",
        )
    return door.pages


def _searched_shape(spec: Stac, request: Request) -> dict[str, Any]:
    """Return the convex hull of the zones as GeoJSON: one ring of few corners, which any API takes."""
    shapes = [zone.geometry for zone in request.zones if not spec.zone_kinds or zone.kind in spec.zone_kinds]
    if not shapes:
        raise UsageError(
            f"source {spec.name} has no zone to search",
            expected=f"a zone of kind {', '.join(spec.zone_kinds)}",
            where="project.yaml, zone_kinds",
            remedy="name kinds of zones that the boundaries have, or leave zone_kinds out",
        )
    hull = shapely.convex_hull(shapely.union_all(shapes))
    drawn = shapely.simplify(hull.buffer(MARGIN_DEG, join_style="mitre"), MARGIN_DEG / 4)
    ring = [[round(x, 5), round(y, 5)] for x, y in shapely.orient_polygons(drawn).exterior.coords]
    return {"type": "Polygon", "coordinates": [ring]}


def _error(spec: Stac, address: str, message: str, found: str) -> SourceError:
    return SourceError(
        message, expected="pages of one search, asked by GET at the API", found=found,
        where=f"{address} of source {spec.name}", remedy=REMEDY,
    )  # fmt: skip
