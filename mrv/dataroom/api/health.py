"""Whether the data room works."""

from __future__ import annotations

from fastapi import APIRouter

from mrv.dataroom.room import Open

router = APIRouter()


@router.get("/healthz")
def healthz(access: Open) -> dict[str, str]:
    """Answer that the data room serves and that its database answers."""
    return {"status": "ok"}
