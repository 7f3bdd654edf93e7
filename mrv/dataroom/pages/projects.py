"""The list of projects."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from mrv.dataroom.rendering import page
from mrv.dataroom.room import ReadProject

router = APIRouter(include_in_schema=False)


@router.get("/projects")
def projects(access: ReadProject) -> Response:
    """Show the projects that the reader may see."""
    return page(access.request, "projects.html", access=access, projects=access.visible_projects)
