"""The map of a project, with the same numbers as a table."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from mrv.dataroom.catalogue import NotFoundError, Package
from mrv.dataroom.map_layers import LAYERS, layer, numbers, picture_of
from mrv.dataroom.pages.projects import packages_of
from mrv.dataroom.rendering import page
from mrv.dataroom.room import ReadProject

router = APIRouter(include_in_schema=False)


@router.get("/projects/{project}/map")
def project_map(access: ReadProject, project: str, version: str = "", year: int = 0) -> Response:
    """Show the map of a version: the newest, or `version` as in `mp4-v2`; `year` is the one whose loss the table has."""
    packages = packages_of(access, project)
    package = _chosen(packages, version)
    rows = numbers(package)
    years = sorted({each for row in rows for each in row["loss_ha"]})
    chosen = year if year in years else (years[-1] if years else None)
    picture = picture_of(package)
    base = f"/api/v1/projects/{project}/periods/{package.period}/versions/{package.version}/map"
    layers = {name: layer(package, name) for name in LAYERS}
    told: dict[str, Any] = {
        "base": base,
        "layers": {name: each.count for name, each in layers.items()},
        "period": package.facts["period"],
        "picture": None if picture is None else {"corners": picture.corners, "years": picture.years},
        "year": chosen,
        "loss": {row["zone_id"]: {str(each): float(area) for each, area in row["loss_ha"].items()} for row in rows},
    }
    return page(
        access.request,
        "map.html",
        access=access,
        packages=packages,
        package=package,
        rows=rows,
        years=years,
        year=chosen,
        layers=layers,
        kinds={row["kind"]: {"en": row["kind_en"], "es": row["kind_es"]} for row in rows},
        picture=picture,
        told=json.dumps(told, ensure_ascii=False),
    )


def _chosen(packages: list[Package], version: str) -> Package:
    for package in packages:
        if version in ("", f"{package.period}-v{package.version}"):
            return package
    raise NotFoundError("there is no such version", found=version)
