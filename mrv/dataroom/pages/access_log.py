"""Pages of the access log: of a project, its people, one's own accesses, and the whole log for administrators."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from mrv.dataroom import access_report
from mrv.dataroom.access_report import PAGE, Chosen, Sight
from mrv.dataroom.api.access_log import MAX_PAGE
from mrv.dataroom.rendering import page as rendered
from mrv.dataroom.room import Access, Administer, Own, ReadAccessLog

router = APIRouter(include_in_schema=False)
Page = Annotated[int, Query(ge=1, le=MAX_PAGE)]
Word = Annotated[str, Query(max_length=320)]


def day_of(text: str) -> date | None:
    """Return a day of a form; nothing, and what is none, is no limit."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def show(access: Access, sight: Sight, chosen: Chosen, page: int, *, where: str, kind: str) -> Response:
    """Show one page of the log.

    Args:
        access: Request.
        sight: What the reader may read.
        chosen: What they look for.
        page: Number of the page.
        where: Address of this list.
        kind: `project`, `whole` or `own`: which of the texts stand above it.
    """
    with access.room.database.reading() as connection:
        count = access_report.count(connection, sight, chosen)
        values: dict[str, Any] = {
            "entries": access_report.entries(connection, sight, chosen, page=page),
            "actors": access_report.values(connection, sight, "actor"),
            "actions": access_report.values(connection, sight, "action"),
        }
    asked = {
        "actor": chosen.actor,
        "action": chosen.action,
        "first": chosen.first and chosen.first.isoformat(),
        "last": chosen.last and chosen.last.isoformat(),
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return rendered(
        access.request,
        "access_log.html",
        access=access,
        kind=kind,
        where=where,
        paged=f"{where}?{query}&" if query else f"{where}?",
        chosen=asked,
        count=count,
        number=page,
        last=max(1, -(-count // PAGE)),
        **values,
    )


@router.get("/projects/{project}/access-log")
def project_log(
    access: ReadAccessLog,
    project: str,
    actor: Word = "",
    action: Word = "",
    first: Word = "",
    last: Word = "",
    page: Page = 1,
) -> Response:
    """Show who did what in a project."""
    chosen = Chosen(actor, action, day_of(first), day_of(last))
    sight = access_report.sight_of(access, project)
    return show(access, sight, chosen, page, where=f"/projects/{project}/access-log", kind="project")


@router.get("/projects/{project}/access-log/people")
def project_people(access: ReadAccessLog, project: str) -> Response:
    """Show a line for each person who did anything in a project."""
    with access.room.database.reading() as connection:
        people = access_report.people(connection, access_report.sight_of(access, project), Chosen())
    return rendered(access.request, "access_people.html", access=access, project=project, people=people)


@router.get("/admin/access-log")
def whole_log(
    access: Administer, actor: Word = "", action: Word = "", first: Word = "", last: Word = "", page: Page = 1
) -> Response:
    """Show who did what anywhere."""
    chosen = Chosen(actor, action, day_of(first), day_of(last))
    return show(access, access_report.sight_of(access, None), chosen, page, where="/admin/access-log", kind="whole")


@router.get("/account/accesses")
def own_accesses(access: Own, page: Page = 1) -> Response:
    """Show what one did oneself."""
    sight = access_report.own_sight(str(access.principal.user_id))
    return show(access, sight, Chosen(), page, where="/account/accesses", kind="own")
