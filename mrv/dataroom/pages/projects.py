"""The list of projects, a project, and a period of it."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter
from starlette.responses import Response

from mrv.dataroom import findings, visits
from mrv.dataroom.catalogue import NotFoundError, Package
from mrv.dataroom.finding_rules import State
from mrv.dataroom.overview import overview
from mrv.dataroom.permissions import Action
from mrv.dataroom.rendering import page
from mrv.dataroom.room import Access, ReadProject

router = APIRouter(include_in_schema=False)


@router.get("/projects")
def projects(access: ReadProject) -> Response:
    """Show the projects that the reader may see, each with its newest version."""
    newest = [(name, packages_of(access, name)[:1]) for name in access.visible_projects]
    shown = [(name, found[0], overview(found[0])) for name, found in newest if found]
    return page(access.request, "projects.html", access=access, projects=shown)


@router.get("/projects/{project}")
def project(access: ReadProject, project: str) -> Response:
    """Show what is known of a project: its newest version, its charts and every version."""
    packages = packages_of(access, project)
    newest = packages[0] if packages else None
    return page(
        access.request,
        "project.html",
        access=access,
        package=newest,
        overview=newest and overview(newest),
        packages=packages,
        unusable=[
            one for one in access.room.catalogue.unusable(project) if access.may(access.action, project, one.period)
        ],
        open_findings=open_findings(access),
        since=visits.since_last(access, project),
    )


@router.get("/projects/{project}/periods/{period}")
def period(access: ReadProject, project: str, period: str) -> Response:
    """Show the versions of a monitoring period."""
    packages = [one for one in packages_of(access, project) if one.period == period]
    if not packages:
        raise NotFoundError("there is no package of this period", found=period, where=project)
    return page(
        access.request,
        "period.html",
        access=access,
        packages=packages,
        overview=overview(packages[0]),
        open_findings=open_findings(access),
    )


def open_findings(access: Access) -> Counter[tuple[str, int]] | None:
    """Count the findings that are not closed by period and version; none where the reader may not see findings."""
    if not access.may(Action.READ_FINDINGS):
        return None
    with access.room.database.reading() as connection:
        found = findings.listed(connection, access, findings.Wanted())
    return Counter((one.period, one.version) for one in found if one.state != State.CLOSED)


def packages_of(access: Access, project: str) -> list[Package]:
    """Return the packages of a project that the reader may see, newest first.

    Raises:
        NotFoundError: The project has no package at all.
    """
    packages = access.room.catalogue.packages(project)
    if not packages and not access.room.catalogue.unusable(project):
        raise NotFoundError("there is no such project", found=project)
    return [one for one in packages if access.may(access.action, project, one.period)]
