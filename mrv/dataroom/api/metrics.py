"""Counters for a monitoring system: for administrators, and for tokens that may administer."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse

from mrv.dataroom.room import Administer

router = APIRouter(include_in_schema=False)


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(access: Administer) -> PlainTextResponse:
    """Return the counters in the text form that Prometheus reads."""
    text = access.request.app.state.metrics.text()
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")
