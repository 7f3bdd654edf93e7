"""The images of scenes: where each band lies, and fetching it whole by the one door."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from mrv.errors import SourceError
from mrv.ledger import Artifact
from mrv.project_scenes import SENTINEL_2, Stac
from mrv.sources.addresses import ASSETS_MIRROR, Base, check_base, is_private
from mrv.sources.contract import Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.stac_items import Scene

DATASET = "scene_bands"
_SIGNED_HOSTS = (".blob.core.windows.net",)
_SENTINEL_2 = (
    "Copernicus Sentinel data terms (free, full and open, with attribution)",
    "Contains modified Copernicus Sentinel data, Sentinel-2 Level-2A",
)
_LANDSAT = (
    "Public domain (USGS)",
    "Landsat Collection 2 Level-2 surface reflectance, courtesy of the U.S. Geological Survey",
)


def terms(collection: str) -> tuple[str, str]:
    """Return licence and citation of a collection."""
    return _SENTINEL_2 if collection in SENTINEL_2 else _LANDSAT


def image_address(scene_id: str, collection: str, role: str) -> str:
    """Return the stable name of a band of a scene."""
    return f"stac/{collection}/{scene_id}/{role}"


def pull_images(spec: Stac, scenes: Sequence[Scene], request: Request) -> list[Artifact]:
    """Fetch the bands of scenes, from each host in turn; the order of the result does not depend on the hosts.

    Raises:
        SourceError: A band lies where it cannot be had, or its host fails.
    """
    mirror = None
    if f"{spec.name}{ASSETS_MIRROR}" in request.settings.mirrors:
        mirror = base_of(f"{spec.name}{ASSETS_MIRROR}", None, request.settings)
    by_base: dict[Base, list[Wanted]] = {}
    for scene in scenes:
        for role, href in sorted((scene.assets or {}).items()):
            where = f"{image_address(scene.scene_id, scene.collection, role)} of source {spec.name}"
            base, path = _at_home(href, spec, where) if mirror is None else (mirror, _below(href, mirror))
            by_base.setdefault(base, []).append(_wanted(scene, role, path))
    artifacts: list[Artifact] = []
    for base, wanted in sorted(by_base.items(), key=lambda item: item[0].text):
        check_base(base, source=spec.name)
        remedy = f"pull again; if the provider has withdrawn the image, set a mirror for {spec.name}{ASSETS_MIRROR}"
        with fetching(request, source=spec.name, base=base, remedy=remedy) as fetcher:
            artifacts += fetcher.fetch_all(wanted, label=f"{spec.name}: bands of scenes")
    return sorted(artifacts, key=lambda artifact: artifact.address)


def _at_home(href: str, spec: Stac, where: str) -> tuple[Base, str]:
    """Return base and path of an image at its own host.

    Raises:
        SourceError: It lies where it cannot be had without a signature or payment, or not on the web at all.
    """
    try:
        parts = urlsplit(href)
        host = parts.hostname or ""
        problem = None if parts.scheme in {"http", "https"} and host else "an address of another scheme than https"
        if problem is None and not is_private(href):
            problem = "an address without https"
    except ValueError:
        parts, host, problem = urlsplit(""), "", "no address"
    if host.endswith(_SIGNED_HOSTS):
        problem = f"an image at {host}, which needs a signature"
    if problem:
        raise SourceError(
            "an image of a scene cannot be fetched from where its item says",
            expected="https, without signature, account or payment",
            found=problem,
            where=where,
            remedy=f"take an API whose images are open, or set a mirror for {spec.name}{ASSETS_MIRROR} in MRV_MIRRORS",
        )
    # A query may hold a signature: as part of the base it is neither shown nor kept.
    query = f"?{parts.query}" if parts.query else ""
    return Base(f"{parts.scheme}://{parts.netloc}{query}", mirror=False), parts.path.lstrip("/")


def _below(href: str, mirror: Base) -> str:
    """Return the path of an image below a mirror: as on its own host, written as the mirror wants it."""
    path = urlsplit(href).path.lstrip("/")
    return path if mirror.folder is None and mirror.bucket is None else unquote(path)


def _wanted(scene: Scene, role: str, path: str) -> Wanted:
    licence, citation = terms(scene.collection)
    return Wanted(
        dataset=DATASET,
        product=scene.collection,
        version=scene.version,
        layer=role,
        address=image_address(scene.scene_id, scene.collection, role),
        path=path,
        kind="tiff",
        licence=licence,
        citation=citation,
    )
