"""What changed in a project since a visit, as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from mrv.dataroom import visits
from mrv.dataroom.database import moment
from mrv.dataroom.room import ReadProject

router = APIRouter(prefix="/api/v1", tags=["visits"])


class SinceAnswer(BaseModel):
    """What changed: new versions with their headline figures, findings, what is due, people and what they did."""

    since: str | None
    versions: list[dict[str, Any]] = []
    findings: list[dict[str, Any]] = []
    due: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    visitors: list[dict[str, Any]] = []


@router.get("/projects/{project}/since")
def since(access: ReadProject, project: str, at: Annotated[AwareDatetime | None, Query()] = None) -> SinceAnswer:
    """Tell what changed since a moment (`at`, ISO 8601 with a zone), or since your visit before this one."""
    if at is not None:
        return SinceAnswer(**visits.changes(access, project, moment(at)).record())
    found = visits.since_last(access, project)
    return SinceAnswer(**found.record()) if found else SinceAnswer(since=None)
