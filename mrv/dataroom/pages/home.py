"""The address itself leads to the projects."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse

from mrv.dataroom.room import Open

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(access: Open) -> RedirectResponse:
    """Lead to the projects; who is not signed in is asked to there."""
    return RedirectResponse("/projects", status_code=303)
