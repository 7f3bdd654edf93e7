"""A version of a monitoring period: what it says first, and the ways into it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from mrv.dataroom import findings
from mrv.dataroom.overview import overview
from mrv.dataroom.permissions import Action
from mrv.dataroom.rendering import page
from mrv.dataroom.room import Access, ReadPackage

router = APIRouter(include_in_schema=False)


@router.get("/projects/{project}/periods/{period}/versions/{version}")
def package(access: ReadPackage, project: str, period: str, version: int) -> Response:
    """Show a package: figures, checks, files, changes, signature and findings."""
    found = access.room.catalogue.package(project, period, version)
    access.log_first("open_package", found.name)
    return page(
        access.request,
        "package.html",
        access=access,
        package=found,
        overview=overview(found),
        findings=_findings(access, period, version),
    )


def _findings(access: Access, period: str, version: int) -> list[findings.Finding] | None:
    """Return the findings of a version; none where the reader may not see findings."""
    if not access.may(Action.READ_FINDINGS):
        return None
    with access.room.database.reading() as connection:
        return findings.listed(connection, access, findings.Wanted(period=period, version=version))
