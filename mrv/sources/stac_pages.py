"""Pages of a STAC search: what they must be, and the scenes in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mrv.errors import InputError, SourceError
from mrv.ledger import Artifact
from mrv.sources.contract import Request
from mrv.sources.json_reading import read_json, writable
from mrv.sources.stac_items import Scene, UnusableItemError, read_item

REMEDY = "check url and collections of the source in project.yaml, then pull again"
Place = tuple[Artifact, int, Mapping[str, Any]]
"""Page, place in it from 1, and the item itself."""


def scenes_of(pages: Sequence[Artifact], request: Request) -> Iterator[tuple[Place, Scene | UnusableItemError]]:
    """Yield every item of some pages with its place, and the scene it is or why it is none."""
    for artifact in pages:
        for row, raw in enumerate(read_page(artifact, request)["features"], start=1):
            item = writable(raw)
            try:
                yield (artifact, row, item), read_item(item)
            except UnusableItemError as error:
                yield (artifact, row, item), error


def read_page(artifact: Artifact, request: Request) -> dict[str, Any]:
    """Read a page of a search.

    Raises:
        SourceError: It is no JSON, or not a page of items with links.
    """
    try:
        page = read_json(
            request.store.get(artifact.sha256), label=artifact.address, what="a page of a STAC search", remedy=REMEDY
        )
    except InputError as error:
        raise SourceError(error.message, found=error.found, where=error.where, remedy=error.remedy) from error
    features, links = (page.get("features"), page.get("links", [])) if isinstance(page, dict) else (None, None)
    sound = isinstance(features, list) and all(isinstance(item, dict) for item in features)
    if sound and isinstance(links, list) and all(_is_link(link) for link in links):
        strange = next((row for row, item in enumerate(features or [], start=1) if not _is_item(item)), None)
        if strange is None:
            return dict(page)
        raise SourceError(
            "a page of a STAC search holds something else than items",
            expected="features with id and properties",
            found=f"feature {strange} of {len(features or [])} has not both",
            where=artifact.address,
            remedy="check that url is the root of a STAC API with item search",
        )
    raise SourceError(
        "a page of a STAC search has another shape",
        expected="an object with features and links",
        found=", ".join(map(str, writable(list(page)))) if isinstance(page, dict) else type(page).__name__,
        where=artifact.address,
        remedy="check that url is the root of a STAC API with item search",
    )


def _is_item(item: dict[str, Any]) -> bool:
    return isinstance(item.get("id"), str) and isinstance(item.get("properties"), dict)


def _is_link(link: Any) -> bool:
    return isinstance(link, dict) and isinstance(link.get("rel"), str) and isinstance(link.get("href"), str)
