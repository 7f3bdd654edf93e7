"""Measure scenes: composites of the scenes that were found clear, and the change of vegetation by zone between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from mrv.boundaries import Zone
from mrv.errors import InputError
from mrv.ledger import Artifact
from mrv.project_scenes import SENTINEL_2, Stac
from mrv.schemas import DATASETS
from mrv.sources.stac_images import DATASET as IMAGES
from mrv.sources.stac_images import image_address
from mrv.stages.check import Checked
from mrv.stages.context import Context, run_step
from mrv.stages.measure import Measured, naming_files, run_measurement

FOLDER = "scenes"


@dataclass(frozen=True)
class MadeComposite:
    """A composite of one source; without scenes it has no files.

    Attributes:
        composite_id: Its id.
        key: What its files depend on.
        files: Raster by what it shows: reflectance, ndvi, nbr.
        first_day: First day of its scenes.
        last_day: Last day of them.
    """

    composite_id: str
    key: str = ""
    files: Mapping[str, Path] | None = None
    first_day: date | None = None
    last_day: date | None = None


def measure_scenes(context: Context, scenes: Checked, artifacts: Sequence[Artifact]) -> Measured | None:
    """Compare the composites of the period by zone; None where no change is declared for it.

    Args:
        context: The run.
        scenes: The accepted rows of `scenes`.
        artifacts: Every pulled file.

    Raises:
        InputError: A scene's files cannot be used, or contradict its offset.
        GridError: The grid is not in metres, or a file has no usable place.
    """
    table = scenes.table()
    specs = [spec for spec in _specs(context) if spec.of_window(context.period.span)[1]]
    if not specs:
        return None
    made = {spec.name: _composites(context, spec, table, artifacts) for spec in specs}

    def measure() -> dict[str, pa.Table]:
        rows = [row for spec in specs for row in _changes(context, spec, made[spec.name])]
        return {"vegetation_change": DATASETS["vegetation_change"].table(rows)}

    inputs = {
        spec.name: {
            "composites": {name: [item.key, str(item.first_day)] for name, item in made[spec.name].items()},
            "changes": [change.model_dump() for change in spec.of_window(context.period.span)[1]],
            "zones": _zone_inputs(context, spec),
        }
        for spec in specs
    }
    return run_measurement(context, "vegetation_change", inputs, measure)


def scene_rasters(context: Context, tables: Mapping[str, pa.Table], artifacts: Sequence[Artifact]) -> dict[str, Path]:
    """Return the composites, their indices and the changes of these as COGs, by name.

    Args:
        context: The run.
        tables: What dbt starts from; `scenes` among it where the project has any.
        artifacts: Every pulled file.
    """
    rasters: dict[str, Path] = {}
    for spec in _specs(context) if "scenes" in tables else []:
        made = _composites(context, spec, tables["scenes"], artifacts)
        for composite in made.values():
            for kind, path in (composite.files or {}).items():
                rasters[f"{spec.name}_{composite.composite_id}_{kind}"] = path
        for change in spec.of_window(context.period.span)[1]:
            before, after = made[change.before], made[change.after]
            for index, path in _change_rasters(context, spec, before, after).items():
                rasters[f"{spec.name}_{index}_change_{before.composite_id}_to_{after.composite_id}"] = path
    return rasters


def seen_composites(
    context: Context, spec: Stac, scenes: pa.Table, artifacts: Sequence[Artifact]
) -> list[MadeComposite]:
    """Return the period's composites of a source that have scenes, the earliest first.

    Args:
        context: The run.
        spec: The source.
        scenes: Accepted rows of `scenes`.
        artifacts: Every pulled file of the source.
    """
    made = _composites(context, spec, scenes, artifacts).values()
    return sorted((item for item in made if item.files), key=lambda item: (item.first_day, item.composite_id))


def _specs(context: Context) -> list[Stac]:
    return [source for source in context.definition.sources if isinstance(source, Stac)]


def _zones(context: Context, spec: Stac) -> list[Zone]:
    return [zone for zone in context.zones if not spec.zone_kinds or zone.kind in spec.zone_kinds]


def _zone_inputs(context: Context, spec: Stac) -> list[list[str]]:
    return [[zone.zone_id, shapely.to_wkb(zone.geometry, hex=True)] for zone in _zones(context, spec)]


def _grid(context: Context, spec: Stac) -> Any:
    from raster.scenes import scene_grid

    boxes = [zone.geometry.bounds for zone in _zones(context, spec)]
    return scene_grid(boxes, crs=spec.crs or context.definition.local_crs, resolution_m=spec.resolution_m)


# --- composites --------------------------------------------------------------------------------------------------
def _composites(
    context: Context, spec: Stac, table: pa.Table, artifacts: Sequence[Artifact]
) -> dict[str, MadeComposite]:
    """Make the period's composites of a source, each once per key."""
    files = {item.address: item for item in artifacts if item.dataset == IMAGES}
    used = [row for row in table.to_pylist() if row["used"] and row["source"] == spec.name]
    made = {}
    for composite in spec.of_window(context.period.span)[0]:
        rows = [row for row in used if row["composite_id"] == composite.id]
        made[composite.id] = _composite(context, spec, composite.id, rows, files)
    return made


def _composite(
    context: Context, spec: Stac, composite_id: str, rows: Sequence[dict[str, Any]], files: Mapping[str, Artifact]
) -> MadeComposite:
    if not rows:
        return MadeComposite(composite_id)
    bands = {(row["scene_id"], role): _band(row, role, files) for row in rows for role in _roles()}

    def work(key: str) -> dict[str, Any]:
        from raster.composite import make_composite
        from raster.scenes import Scene

        scenes = [
            Scene(
                scene_id=row["scene_id"],
                sensor="sentinel-2" if row["collection"] in SENTINEL_2 else "landsat",
                acquired_on=row["acquired_on_utc"],
                scale=row["reflectance_scale"],
                offset=row["reflectance_offset"],
                bands={role: context.store.get(bands[row["scene_id"], role].sha256) for role in _roles()},
            )
            for row in rows
        ]
        lattice, window = _grid(context, spec)
        folder = context.settings.landed_dir / FOLDER
        with naming_files(context, bands.values()):
            made = make_composite(
                scenes,
                folder,
                f"{spec.name}-{composite_id}-{key[:16]}",
                lattice=lattice,
                window=window,
                strict=spec.mask == "strict",
                resampling=spec.resampling,
            )
        paths = {"reflectance": made.reflectance, **made.indices}
        names = {kind: context.relative(path) for kind, path in paths.items()}
        return {"rasters": names, "files": list(names.values()), "key": key}

    inputs = {
        "scenes": [
            [
                row["scene_id"],
                str(row["acquired_on_utc"]),
                str(row["reflectance_scale"]),
                str(row["reflectance_offset"]),
            ]
            for row in rows
        ],
        "bands": sorted(f"{item.address} {item.sha256}" for item in bands.values()),
        "grid": [spec.crs or context.definition.local_crs, spec.resolution_m],
        "extent": [list(zone.geometry.bounds) for zone in _zones(context, spec)],
        "mask": spec.mask,
        "resampling": spec.resampling,
    }
    result = run_step(
        context, stage="composite", dataset=f"{spec.name} {composite_id}", inputs=inputs, work=work
    ).result
    days = [row["acquired_on_utc"] for row in rows]
    paths = {kind: context.settings.root / name for kind, name in result["rasters"].items()}
    return MadeComposite(composite_id, result["key"], paths, min(days), max(days))


def _roles() -> tuple[str, ...]:
    from raster.scenes import BANDS

    return BANDS


def _band(row: Mapping[str, Any], role: str, files: Mapping[str, Artifact]) -> Artifact:
    address = image_address(row["scene_id"], row["collection"], role)
    if address not in files:
        raise InputError(
            "a band of a scene was not pulled",
            expected=address,
            where=f"composite {row['composite_id']}",
            remedy="pull the source again",
        )
    return files[address]


# --- change ------------------------------------------------------------------------------------------------------
def _changes(context: Context, spec: Stac, made: Mapping[str, MadeComposite]) -> list[dict[str, Any]]:
    from raster.composite import INDICES
    from raster.rules import Shape
    from raster.vegetation import zone_changes

    lattice, window = _grid(context, spec)
    shapes = [Shape(zone.zone_id, zone.geometry) for zone in _zones(context, spec)]
    rows = []
    for change in spec.of_window(context.period.span)[1]:
        before, after = made[change.before], made[change.after]
        for index in INDICES:
            one, two = ((item.files or {}).get(index) for item in (before, after))
            rows += [
                {
                    "zone_id": found.zone_id,
                    "vegetation_index": index,
                    "source": spec.name,
                    "before_id": before.composite_id,
                    "after_id": after.composite_id,
                    "before_first_day": before.first_day,
                    "before_last_day": before.last_day,
                    "after_first_day": after.first_day,
                    "after_last_day": after.last_day,
                    "mean_before": found.mean_before,
                    "mean_after": found.mean_after,
                    "mean_change": found.mean_change,
                    "clear_pixel_count": found.clear_pixels,
                    "clear_area_um2": found.clear_area_um2,
                    "zone_pixel_count": found.pixels,
                    "zone_area_um2": found.area_um2,
                }
                for found in zone_changes(one, two, shapes, lattice=lattice, window=window)
            ]
    return rows


def _change_rasters(context: Context, spec: Stac, before: MadeComposite, after: MadeComposite) -> dict[str, Path]:
    """Write what changed between two composites as rasters; none where one of them has no scene."""
    earlier, later = before.files, after.files
    if earlier is None or later is None:
        return {}

    def work(key: str) -> dict[str, Any]:
        from raster.composite import INDICES, write_change

        lattice, window = _grid(context, spec)
        names = {}
        for index in INDICES:
            path = context.settings.landed_dir / FOLDER / f"{spec.name}-change-{index}-{key[:16]}.tif"
            write_change(earlier[index], later[index], path, lattice=lattice, window=window, index=index)
            names[index] = context.relative(path)
        return {"rasters": names, "files": list(names.values())}

    name = f"{spec.name} {before.composite_id} to {after.composite_id}"
    inputs = {"before": before.key, "after": after.key}
    result = run_step(context, stage="composite", dataset=name, inputs=inputs, work=work).result
    return {index: context.settings.root / path for index, path in result["rasters"].items()}
