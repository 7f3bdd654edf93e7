"""A small frozen design in a folder, and the source that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from mrv.boundaries import load_zones
from mrv.project import LoadedProject, MonitoringPeriod, load_project
from mrv.project_sampling import Allocation, SampleSource, Sampling
from mrv.sources.sample_design_files import DesignGrid, DesignMap, DesignStep, DesignStratum, DesignZone, MapFile
from mrv.stages.sample_files import design_files, lines_sha256, unit_rows, write_design
from mrv.stages.sample_ground import Ground

DESIGN = "cover"
PIXEL = 0.00025
WEST, NORTH = -77.0, -7.0
STRATA = {"pa.loss": ("loss", 40), "pa.stable_forest": ("stable_forest", 400), "lb.loss": ("loss", 20)}
UNITS = (
    "pa.loss",
    "pa.stable_forest",
    "lb.loss",
    "pa.stable_forest",
    "pa.loss",
    "pa.stable_forest",
    "lb.loss",
    "pa.loss",
)
"""Stratum of each unit in the order of the ids."""
MAP_FILE = MapFile(layer="lossyear", year=None, address="a", sha256="0" * 64)
AREA_UM2 = 760_000_000_000_000


def unit(number: int) -> str:
    return f"{DESIGN}-{number:05d}"


def freeze(
    folder: Path,
    *,
    units: Sequence[str] = UNITS,
    project: str = "p",
    period: str = "mp4",
    years: tuple[int, int] = (2022, 2024),
    crs: str = "EPSG:4326",
    origin: tuple[float, float] = (WEST, NORTH),
    pixel: float = PIXEL,
    places: Sequence[tuple[float, float]] | None = None,
    declared_in: Path | None = None,
) -> None:
    """Write a design whose units lie in one row of pixels, or at `places` (longitude, latitude).

    With the folder of a project it has the ground of the sample that is declared there.
    """
    spec = Sampling(id=DESIGN, period=period, folder=folder.name, seed=1, size=len(units))
    count = len(units)
    columns = np.arange(count) * 3
    x = origin[0] + (columns + 0.5) * pixel
    longitude = x if places is None else np.array([place[0] for place in places])
    latitude = np.full(count, origin[1] - 0.5 * pixel) if places is None else np.array([place[1] for place in places])
    classes = [STRATA[name][0] for name in units]
    frame = SimpleNamespace(
        stratum_id=np.array(units),
        zone_id=np.array([name.split(".")[0] for name in units]),
        carbon_stratum_id=np.array(["terra_firme"] * count),
        map_class=np.array(classes),
        map_loss_year=np.array([2022 if name == "loss" else 0 for name in classes]),
        row=np.zeros(count, np.int64),
        column=columns,
        longitude=longitude,
        latitude=latitude,
        area_um2=np.full(count, AREA_UM2, object),
    )
    drawn = {name: units.count(name) for name in STRATA}
    lines = unit_rows(
        frame, [drawn[name] / STRATA[name][1] for name in units], design_id=DESIGN, step=1, first_number=1
    )
    strata = [
        DesignStratum(
            stratum_id=name,
            stratum_class=kind,
            map_class=kind,
            zone_id=name.split(".")[0],
            carbon_stratum_id=None,
            pixel_count=pixels,
            area_um2=pixels * AREA_UM2,
            drawn_count=drawn[name],
        )
        for name, (kind, pixels) in STRATA.items()
    ]
    step = DesignStep(
        step=1,
        size=count,
        target=None,
        allocation=Allocation(),
        spacing_pixels=None,
        drawn=drawn,
        unit_count=count,
        units_sha256=lines_sha256(lines),
    )
    fields: dict[str, Any] = {
        "schema_version": 1,
        "design_id": DESIGN,
        "project_id": project,
        "period": MonitoringPeriod(id=period, start=date(2022, 7, 1), end=date(2024, 6, 30)),
        "first_year": years[0],
        "last_year": years[1],
        "specification": spec,
        "map": DesignMap(
            product="hansen_gfc",
            version="v1.12",
            forest_definition=None,
            files=(MAP_FILE,),
        ),
        "default_stratum": None,
        "sampled_zones": ("pa", "lb"),
        "boundaries": tuple(
            DesignZone(zone_id=name, kind="project_area", boundary_version="1", geometry_sha256="0" * 64)
            for name in ("pa", "lb")
        ),
        "grid": DesignGrid(
            crs=crs,
            west=str(origin[0]),
            north=str(origin[1]),
            pixel_width=str(pixel),
            pixel_height=str(pixel),
            transformation=None,
        ),
        "pixel_count": sum(pixels for _, pixels in STRATA.values()),
        "area_um2": sum(pixels for _, pixels in STRATA.values()) * AREA_UM2,
        "unobserved_area_um2": 0,
        "steps": (step,),
    }
    if declared_in is not None:
        fields |= _ground(load_project(declared_in))
    write_design(folder, design_files(fields, strata=strata, unit_lines=lines))


def _ground(project: LoadedProject) -> dict[str, Any]:
    [spec] = project.definition.sampling
    ground = Ground.of(project, load_zones(project), spec)
    forest = ground.forest_definition
    return {
        "period": ground.period,
        "first_year": ground.years[0],
        "last_year": ground.years[1],
        "map": DesignMap(product="hansen_gfc", version="v1.12", forest_definition=forest, files=(MAP_FILE,)),
        "default_stratum": ground.default_stratum,
        "sampled_zones": ground.sampled_zones,
        "boundaries": ground.boundaries,
    }


def source(*labels: dict[str, Any], **changes: Any) -> SampleSource:
    """Return a source of the folder `sample` with files of labels."""
    spec = {
        "connector": "sample",
        "name": "labels_mp4",
        "period": "mp4",
        "folder": "sample",
        "labels": list(labels),
        "licence": "own",
        "citation": "-",
    }
    return SampleSource.model_validate(spec | changes)
