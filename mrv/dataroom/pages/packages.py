"""A version of a monitoring period: what it says first, and the ways into it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from mrv.dataroom.overview import overview
from mrv.dataroom.rendering import page
from mrv.dataroom.room import ReadPackage

router = APIRouter(include_in_schema=False)


@router.get("/projects/{project}/periods/{period}/versions/{version}")
def package(access: ReadPackage, project: str, period: str, version: int) -> Response:
    """Show a package: figures, checks, files, changes, signature and findings."""
    found = access.room.catalogue.package(project, period, version)
    return page(access.request, "package.html", access=access, package=found, overview=overview(found))
