"""Connector `stac`: scenes of Sentinel-2 and Landsat by a STAC API, searched by zone and days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mrv.errors import UsageError
from mrv.ledger import Artifact
from mrv.project_scenes import Composite, Stac
from mrv.sources.addresses import ASSETS_MIRROR
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import base_of, fetching
from mrv.sources.records import Records
from mrv.sources.stac_choice import choose
from mrv.sources.stac_images import pull_images
from mrv.sources.stac_items import Scene, UnusableItemError
from mrv.sources.stac_pages import REMEDY, scenes_of


def pull(spec: Stac, request: Request) -> list[Artifact]:
    """See `Connector.pull`: the pages of each composite's search, then each band of each scene that is used.

    Raises:
        UsageError: The source's mirror is a folder, which cannot be searched.
    """
    from mrv.sources.stac_search import page_policy, search_scenes

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
        fetching(request, source=spec.name, base=base, remedy=REMEDY, policy=page_policy(request.settings)) as fetcher,
        request.progress.task(f"{spec.name}: searches", len(composites)) as advance,
    ):
        for composite in composites:
            pages.extend(search_scenes(spec, composite, fetcher))
            advance(1)
    used: dict[tuple[str, str], Scene] = {}
    for composite in composites:
        scenes = [scene for _, scene in scenes_of(_pages_of(pages, composite), request) if isinstance(scene, Scene)]
        reasons = choose(scenes, spec, composite)
        used |= {key: scene for scene in scenes if reasons[key := (scene.collection, scene.scene_id)] is None}
    return [*pages, *pull_images(spec, [used[key] for key in sorted(used)], request)]


def parse(spec: Stac, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: the table `scenes`, of all that the searches found."""
    records = Records("scenes")
    pages = [artifact for artifact in artifacts if artifact.dataset == "scenes"]
    for composite in spec.composites:
        found = list(scenes_of(_pages_of(pages, composite), request))
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


def _pages_of(pages: Sequence[Artifact], composite: Composite) -> list[Artifact]:
    return [artifact for artifact in pages if artifact.address.rsplit("/", 2)[1] == composite.id]
