"""Connector `stac`: scenes of Sentinel-2 and Landsat by a STAC API, searched by zone and days."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import shapely
from pystac_client import ItemSearch
from pystac_client.stac_api_io import StacApiIO

from mrv.errors import InputError, SourceError, UsageError
from mrv.ledger import Artifact
from mrv.project_scenes import Composite, Stac
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Fetcher, Wanted, base_of, fetching
from mrv.sources.json_reading import read_json, writable
from mrv.sources.records import Records
from mrv.sources.stac_choice import choose
from mrv.sources.stac_images import ASSETS_MIRROR, pull_images, terms
from mrv.sources.stac_items import Scene, UnusableItemError, read_item

MAX_PAGES = 100
MARGIN_DEG = 0.001
"""The searched shape is drawn a little larger than the zones, so that rounding its corners cuts nothing off."""
_REMEDY = "check url and collections of the source in project.yaml, then pull again"


def pull(spec: Stac, request: Request) -> list[Artifact]:
    """See `Connector.pull`: the pages of each composite's search, then each band of each scene that is used.

    Raises:
        UsageError: The source's mirror is a folder, which cannot be searched.
    """
    base = base_of(spec.name, spec.url, request.settings)
    if base.folder is not None:
        raise UsageError(
            f"source {spec.name} cannot be searched in a folder",
            expected="the address of a STAC API",
            where="MRV_MIRRORS" if base.mirror else "project.yaml",
            remedy=f"serve the items by a STAC API, or set a mirror for {spec.name}{ASSETS_MIRROR} only, where the images lie",
        )
    composites, _ = spec.of_window(request.window)
    pages: list[Artifact] = []
    with (
        fetching(request, source=spec.name, base=base, remedy=_REMEDY) as fetcher,
        request.progress.task(f"{spec.name}: searches", len(composites)) as advance,
    ):
        for composite in composites:
            pages.extend(_search(spec, composite, fetcher))
            advance(1)
    used: dict[tuple[str, str], Scene] = {}
    for composite in composites:
        scenes = [scene for _, scene in _scenes(_pages_of(pages, composite), request) if isinstance(scene, Scene)]
        reasons = choose(scenes, spec, composite)
        used |= {key: scene for scene in scenes if reasons[key := (scene.collection, scene.scene_id)] is None}
    return [*pages, *pull_images(spec, [used[key] for key in sorted(used)], request)]


# --- search ------------------------------------------------------------------------------------------------------
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
            raise _search_error(self.spec, address, "the search cannot be followed", problem or "")
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
        return json.dumps(_read_page(artifact, self.fetcher.request))


def _search(spec: Stac, composite: Composite, fetcher: Fetcher) -> list[Artifact]:
    """Return the pages of a composite's search; whether a scene is clear enough is decided here, not by the server."""
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
        raise _search_error(
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


def _read_page(artifact: Artifact, request: Request) -> dict[str, Any]:
    """Read a page of a search.

    Raises:
        SourceError: It is no JSON, or not a page of items with links.
    """
    try:
        page = read_json(
            request.store.get(artifact.sha256), label=artifact.address, what="a page of a STAC search", remedy=_REMEDY
        )
    except InputError as error:
        raise SourceError(error.message, found=error.found, where=error.where, remedy=error.remedy) from error
    features, links = (page.get("features"), page.get("links", [])) if isinstance(page, dict) else (None, None)
    sound = isinstance(features, list) and all(isinstance(item, dict) for item in features)
    if sound and isinstance(links, list) and all(_is_link(link) for link in links):
        return dict(page)
    raise SourceError(
        "a page of a STAC search has another shape",
        expected="an object with features and links",
        found=", ".join(map(str, writable(list(page)))) if isinstance(page, dict) else type(page).__name__,
        where=artifact.address,
        remedy="check that url is the root of a STAC API with item search",
    )


def _is_link(link: Any) -> bool:
    return isinstance(link, dict) and isinstance(link.get("rel"), str) and isinstance(link.get("href"), str)


def _search_error(spec: Stac, address: str, message: str, found: str) -> SourceError:
    return SourceError(
        message, expected="pages of one search, asked by GET at the API", found=found,
        where=f"{address} of source {spec.name}", remedy=_REMEDY,
    )  # fmt: skip


# --- table -------------------------------------------------------------------------------------------------------
def parse(spec: Stac, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: the table `scenes`, of all that the searches found."""
    records = Records("scenes")
    pages = [artifact for artifact in artifacts if artifact.dataset == "scenes"]
    for composite in spec.composites:
        found = list(_scenes(_pages_of(pages, composite), request))
        reasons = choose([scene for _, scene in found if isinstance(scene, Scene)], spec, composite)
        for (artifact, row, item), scene in found:
            record = records.record(
                item,
                artifact=artifact.sha256,
                row=row,
                where=f"{artifact.address}, item {row}",
                remedy="the other scenes are used; tell the provider, or choose another API",
            )
            record.set("composite_id", composite.id)
            if isinstance(scene, UnusableItemError):
                record.reject("unreadable_item", str(scene))
            else:
                _fill(record.values, spec, scene, reasons[scene.collection, scene.scene_id])
            record.done()
    return {"scenes": records.parsed()}


def _fill(values: dict[str, Any], spec: Stac, scene: Scene, reason: str | None) -> None:
    values.update(
        scene_id=scene.scene_id,
        collection=scene.collection,
        source=spec.name,
        platform=scene.platform,
        acquired_at_utc=scene.acquired_at,
        acquired_on_utc=scene.acquired_at.date(),
        tile=scene.tile,
        cloud_percent=scene.cloud_percent,
        processing_version=scene.version,
        processed_at_utc=scene.processed_at,
        offset_applied=scene.offset_applied,
        reflectance_scale=scene.scale if scene.offset is not None else None,
        reflectance_offset=scene.offset,
        used=reason is None,
        reason_not_used=reason,
        item_sha256=scene.item_sha256,
    )


Place = tuple[Artifact, int, Mapping[str, Any]]


def _pages_of(pages: Sequence[Artifact], composite: Composite) -> list[Artifact]:
    return [artifact for artifact in pages if artifact.address.rsplit("/", 2)[1] == composite.id]


def _scenes(pages: Sequence[Artifact], request: Request) -> Iterator[tuple[Place, Scene | UnusableItemError]]:
    """Yield every item of some pages with its place, and the scene it is or why it is none."""
    for artifact in pages:
        for row, raw in enumerate(_read_page(artifact, request)["features"], start=1):
            item = writable(raw)
            try:
                yield (artifact, row, item), read_item(item)
            except UnusableItemError as error:
                yield (artifact, row, item), error
