"""`mrv check` of sources of scenes: what their definition says about zones, grids and days that cannot hold together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from mrv.boundaries import Zone
from mrv.errors import GridError, MrvError, ProjectError
from mrv.project import LoadedProject
from mrv.project_scenes import Stac


def scene_problems(project: LoadedProject, zones: Sequence[Zone]) -> Iterator[MrvError]:
    """Yield every problem of the project's sources of scenes."""
    specs = [source for source in project.definition.sources if isinstance(source, Stac)]
    where = f"{project.file}, sources"
    ids = [composite.id for spec in specs for composite in spec.composites]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield ProjectError("two sources have a composite of the same id", found=name, where=where, remedy="rename one")
    for spec in specs:
        yield from _of_source(project, spec, zones, f"{where} ({spec.name})")


def _of_source(project: LoadedProject, spec: Stac, zones: Sequence[Zone], where: str) -> Iterator[MrvError]:
    from raster.scenes import scene_grid

    if urlsplit(spec.url).scheme not in {"http", "https"}:
        yield ProjectError(
            "the address of a STAC API cannot be used",
            expected="https://host/path",
            found=spec.url,
            where=where,
            remedy="give the root of the API",
        )
    chosen = [zone for zone in zones if not spec.zone_kinds or zone.kind in spec.zone_kinds]
    if zones and not chosen:
        yield ProjectError(
            "scenes are asked for zones that the project does not have",
            expected=", ".join(sorted({zone.kind for zone in zones})),
            found=", ".join(spec.zone_kinds),
            where=where,
            remedy="mend zone_kinds, or leave it out for all zones",
        )
    if chosen:
        try:
            boxes = [zone.geometry.bounds for zone in chosen]
            scene_grid(boxes, crs=spec.crs or project.definition.local_crs, resolution_m=spec.resolution_m)
        except GridError as error:
            error.where = where
            yield error
    used = {
        composite.id for period in project.definition.monitoring_periods for composite in spec.of_window(period.span)[0]
    }
    for composite in spec.composites:
        if composite.id not in used:
            yield ProjectError(
                f"composite {composite.id} is made in no monitoring period",
                expected="days in a period, or a change to a composite that has some",
                found=f"{composite.start} to {composite.end}",
                where=where,
                remedy="mend its days, or compare it with another one",
            )
