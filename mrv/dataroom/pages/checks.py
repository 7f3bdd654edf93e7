"""The checks of a version, who signed it, and how to check it without this server."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from mrv.dataroom.package_checks import GOOD, checks_of, signed_by
from mrv.dataroom.rendering import page
from mrv.dataroom.room import ReadPackage
from mrv.dataroom.traces import file_ids
from mrv.package.keys import ALLOWED_FILE

router = APIRouter(include_in_schema=False)


@router.get("/projects/{project}/periods/{period}/versions/{version}/checks")
def checks(access: ReadPackage, project: str, period: str, version: int) -> Response:
    """Show the checks of a version."""
    package = access.room.catalogue.package(project, period, version)
    return page(
        access.request,
        "checks.html",
        access=access,
        package=package,
        checks=checks_of(package),
        good=GOOD,
        signed=signed_by(package, access.room.settings.keys_dir / ALLOWED_FILE),
        file_ids=file_ids(package),
    )
