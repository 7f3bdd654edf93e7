"""What a version changed."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from mrv.dataroom.package_changes import changes_of, compared, decimal
from mrv.dataroom.pages.projects import packages_of
from mrv.dataroom.rendering import page
from mrv.dataroom.room import ReadPackage
from mrv.dataroom.traces import file_ids

router = APIRouter(include_in_schema=False)


@router.get("/projects/{project}/periods/{period}/versions/{version}/changes")
def changes(access: ReadPackage, project: str, period: str, version: int, against: int = 0) -> Response:
    """Show what a version changed of the one before it, or its figures beside those of another version."""
    package = access.room.catalogue.package(project, period, version)
    others = [one for one in packages_of(access, project) if one.period == period and one.version != version]
    old = access.room.catalogue.package(project, period, against) if against else None
    return page(
        access.request,
        "changes.html",
        access=access,
        package=package,
        others=others,
        old=old,
        compared=compared(old, package) if old else (),
        changes=changes_of(package),
        file_ids=file_ids(package),
        decimal=decimal,
    )
