"""Clip: the pixels that decided a measurement as rasters of their own, and a picture of them for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mrv.ledger import Artifact
from mrv.package.contents import LossPicture
from mrv.stages.context import Context, run_step
from mrv.stages.measure import forest_rule, naming_files, product_rule, raster_layers


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
            from raster.loss import needed_window
            from raster.rules import Shape

            shapes = [Shape(zone.zone_id, zone.geometry) for zone in context.zones]
            window = needed_window(shapes, product=rule, forest=forest_rule(context))
            target = context.settings.landed_dir / "rasters" / f"{name}-{key[:16]}.tif"
            with naming_files(context, items):
                clip_to_cog([context.store.get(item.sha256) for item in items], window, target, lattice=rule.lattice)
            return {"path": context.relative(target), "files": [context.relative(target)]}

        inputs = {
            "layer": [f"{item.address} {item.sha256}" for item in items],
            "zones": [zone.geometry.wkb_hex for zone in context.zones],
            "forest": str(context.definition.forest_definition),
        }
        outcome = run_step(context, stage="clip", dataset=name, inputs=inputs, work=work)
        clipped[name] = context.settings.root / outcome.result["path"]
    return clipped


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
