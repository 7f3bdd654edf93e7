"""Clip: the pixels that decided a measurement as rasters of their own, and a picture of them for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mrv.ledger import Artifact
from mrv.package.contents import LossPicture
from mrv.stages.context import Context, run_step
from mrv.stages.measure import forest_rule, naming_files, product_rule, raster_layers
from raster.grid import Window
from raster.rules import ProductRule


def clip_name(artifact: Artifact) -> str:
    """Return the name of a layer's clip."""
    return f"{artifact.product}_{artifact.version}_{artifact.layer}".replace(".", "-")


def clip_rasters(context: Context, artifacts: Sequence[Artifact]) -> dict[str, Path]:
    """Clip each raster layer to the pixels that decided the measurement, as COGs; return them by name."""
    layers = raster_layers(context, artifacts)
    if not layers.get("tree_cover") or not layers.get("loss_year"):
        return {}
    rule = product_rule(layers)
    clipped = {}
    for items in layers.values():
        name = clip_name(items[0])

        def work(key: str, items: Sequence[Artifact] = items, name: str = name) -> dict[str, Any]:
            from raster.cog import clip_to_cog

            window = needed(context, rule)
            target = context.settings.landed_dir / "rasters" / f"{name}-{key[:16]}.tif"
            with naming_files(context, items):
                clip_to_cog([context.store.get(item.sha256) for item in items], window, target, lattice=rule.lattice)
            return {"path": context.relative(target), "files": [context.relative(target)]}

        inputs = {
            "layer": [f"{item.address} {item.sha256}" for item in items],
            "zones": [zone.geometry.wkb_hex for zone in context.zones],
            "forest": str(context.definition.forest_definition),
            "beyond_m": _beyond_m(context),
        }
        outcome = run_step(context, stage="clip", dataset=name, inputs=inputs, work=work)
        clipped[name] = context.settings.root / outcome.result["path"]
    return clipped


def needed(context: Context, rule: ProductRule) -> Window:
    """Return the pixels that decide what is measured of the forest: of the zones, of its patches, and of what lies near."""
    from raster.distance import reach_pixels
    from raster.loss import needed_window

    region = context.region
    window = needed_window(region, product=rule, forest=forest_rule(context))
    if not _beyond_m(context):
        return window
    reach = reach_pixels(window, lattice=rule.lattice, metres=float(_beyond_m(context)), earth=region.earth)
    # One pixel more: the sides of the outermost pixels are edges or not by what lies beyond them.
    return window.expand(reach + 1)


def _beyond_m(context: Context) -> int:
    """Return how far around the zones patches of loss and edges of forest look."""
    patches, shape = context.definition.patches, context.definition.fragmentation
    return max(patches.earlier_loss_within_m if patches else 0, shape.edge_depth_m if shape else 0)


def draw_loss(context: Context, artifacts: Sequence[Artifact], clipped: Mapping[str, Path]) -> LossPicture | None:
    """Draw forest and its loss from the clips, or return None where the project has no rasters."""
    if not clipped:
        return None
    layers = raster_layers(context, artifacts)
    rule = product_rule(layers)
    years = (context.period.vintages[0].year, min(context.period.vintages[-1].year, rule.last_year))

    def work(key: str) -> dict[str, Any]:
        from raster.picture import loss_picture

        target = context.settings.landed_dir / "rasters" / f"loss-{key[:16]}.png"
        picture = loss_picture(
            clipped[clip_name(layers["tree_cover"][0])],
            clipped[clip_name(layers["loss_year"][0])],
            target,
            forest=forest_rule(context),
            product=rule,
            years=years,
        )
        path = context.relative(picture.path)
        return {"path": path, "files": [path], "bounds": picture.bounds, "block": picture.block}

    inputs = {
        "clips": {name: path.name for name, path in sorted(clipped.items())},
        "forest": str(context.definition.forest_definition),
        "years": years,
    }
    result = run_step(context, stage="clip", dataset="picture of loss", inputs=inputs, work=work).result
    west, south, east, north = result["bounds"]
    return LossPicture(
        path=context.settings.root / result["path"],
        bounds=(west, south, east, north),
        block=result["block"],
        first_year=years[0],
        last_year=years[1],
    )
