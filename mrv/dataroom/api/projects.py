"""Projects as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from mrv.dataroom.api.packages import API, brief
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.permissions import Action
from mrv.dataroom.room import ReadProject

router = APIRouter(prefix=f"{API}/projects", tags=["Projects"])


@router.get("")
def projects(access: ReadProject) -> dict[str, Any]:
    """List the projects that the caller may see."""
    return {"projects": [{"id": name, "address": f"{API}/projects/{name}"} for name in access.visible_projects]}


@router.get("/{project}")
def project(access: ReadProject, project: str) -> dict[str, Any]:
    """Tell a project: its packages, newest first, and those that are there and cannot be served."""
    catalogue = access.room.catalogue
    if project not in catalogue.projects():
        raise NotFoundError("there is no such project", found=project)
    seen = [one for one in catalogue.packages(project) if access.may(Action.READ_PROJECT, project, one.period)]
    broken = [one for one in catalogue.unusable(project) if access.may(Action.READ_PROJECT, project, one.period)]
    return {
        "id": project,
        "facts": seen[0].facts["project"] if seen else None,
        "packages": [brief(one) for one in seen],
        "unusable": [asdict(one) for one in broken],
    }
