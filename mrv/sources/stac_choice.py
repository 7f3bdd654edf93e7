"""Which scenes of a search make a composite: clear enough, each once, and not more of a tile than asked for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from mrv.project_scenes import Composite, Stac
from mrv.sources.stac_items import Scene


def choose(scenes: Sequence[Scene], spec: Stac, composite: Composite) -> dict[tuple[str, str], str | None]:
    """Say of each scene why it is not used, or None if it is.

    Copies of one scene share tile and day; the highest processing baseline is used (Landsat: Tier 1 before Tier 2), then the
    one processed last. Copies are judged before clouds, so that a worse copy never stands in for a cloudy one.

    Args:
        scenes: What the search found, in any order; the same item may stand twice.
        spec: Limits.
        composite: The days wanted.

    Returns:
        (collection, scene_id) to the reason.
    """
    found = {(scene.collection, scene.scene_id): scene for scene in scenes}
    reasons: dict[tuple[str, str], str | None] = {}
    for key, scene in found.items():
        reasons[key] = _unfit(scene, spec, composite)
    _only_best_copies(found, reasons)
    clear = sorted((_cloud(scene), key) for key, scene in found.items() if reasons[key] is None)
    taken: dict[str, int] = {}
    for cloud, key in clear:
        tile = found[key].tile or ""
        if cloud > spec.max_cloud_percent:
            reasons[key] = f"more cloud than {spec.max_cloud_percent} per cent, or an unknown share"
        elif taken.get(tile, 0) >= spec.max_scenes_per_tile:
            reasons[key] = f"{spec.max_scenes_per_tile} clearer scenes of the tile"
        else:
            taken[tile] = taken.get(tile, 0) + 1
    return reasons


def _unfit(scene: Scene, spec: Stac, composite: Composite) -> str | None:
    if scene.scene_id in spec.exclude:
        return "excluded by the project"
    if scene.problem is not None:
        return f"refused: {scene.problem}"
    if scene.collection not in spec.collections:
        return "refused: of a collection that was not asked for"
    if not composite.start <= scene.acquired_at.date() <= composite.end:
        return "refused: taken outside the days that were asked for"
    return None


def _only_best_copies(found: dict[tuple[str, str], Scene], reasons: dict[tuple[str, str], str | None]) -> None:
    best: dict[tuple[str, str], Scene] = {}
    fit = sorted(
        (found[key] for key, reason in reasons.items() if reason is None),
        key=lambda scene: (scene.rank, scene.collection),
    )
    for scene in fit:
        best[(scene.tile or "", scene.acquired_at.date().isoformat())] = scene
    for scene in fit:
        other = best[(scene.tile or "", scene.acquired_at.date().isoformat())]
        if other is not scene:
            reasons[(scene.collection, scene.scene_id)] = f"copy of {other.scene_id}"


def _cloud(scene: Scene) -> Decimal:
    """Return the cloud cover; an unknown one counts as more than any."""
    return Decimal(101) if scene.cloud_percent is None else scene.cloud_percent
