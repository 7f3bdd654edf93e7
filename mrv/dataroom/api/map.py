"""Layers of the map."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.map_layers import FIRST_YEAR, Layer, draw_loss, layer, numbers
from mrv.dataroom.room import ReadProject

router = APIRouter(prefix="/api/v1/projects/{project}/periods/{period}/versions/{version}/map", tags=["map"])
GEOJSON = "application/geo+json"
_KEPT = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie"}
"""Browsers keep a layer and ask whether it is still theirs: who may see it is decided each time."""


@router.get("/zones")
def zone_numbers(access: ReadProject, project: str, period: str, version: int) -> list[dict[str, Any]]:
    """Return what is told of each zone: area, loss by year, fires and alerts of the period."""
    return numbers(access.room.catalogue.package(project, period, version))


@router.get("/loss-{year}.png", response_class=Response)
def loss_picture(access: ReadProject, project: str, period: str, version: int, year: int) -> Response:
    """Return the picture of forest, loss of a year and loss before it, as PNG on EPSG:4326."""
    if not FIRST_YEAR < year < FIRST_YEAR + 100:
        raise NotFoundError("there is no picture of loss of that year", found=str(year))
    content = draw_loss(access.room.catalogue.package(project, period, version), year)
    return _answer(access.request, Layer(content, 1), "image/png")


@router.get("/{name}.geojson", response_class=Response)
def geojson(access: ReadProject, project: str, period: str, version: int, name: str) -> Response:
    """Return a layer (`zones`, `loss`, `alerts` or `fires`) as GeoJSON of at most 2 MB, compressed where the client takes gzip.

    `X-Left-Out` says how many features, the smallest, did not fit.
    """
    made = layer(access.room.catalogue.package(project, period, version), name)
    return _answer(access.request, made, GEOJSON)


def _answer(request: Request, made: Layer, media_type: str) -> Response:
    headers = {**_KEPT, "ETag": made.etag, "X-Left-Out": str(made.left_out)}
    if made.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    # Pictures are compressed already.
    if media_type == GEOJSON and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(made.compressed, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(made.content, media_type=media_type, headers=headers)
