"""The files of a package: list, how to check them, and their bytes."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from mrv.dataroom import downloads, file_listing
from mrv.dataroom.rendering import page
from mrv.dataroom.room import Access, Download, ReadPackage

router = APIRouter(prefix="/projects/{project}/periods/{period}/versions/{version}/files", include_in_schema=False)
Asked = Annotated[str, Query(max_length=200)]


@router.get("")
def files(access: ReadPackage, project: str, period: str, version: int, q: Asked = "", folder: Asked = "") -> Response:
    """Show the files of a package by folder, with their hashes: all that match, or those of one folder."""
    package = access.room.catalogue.package(project, period, version)
    found = file_listing.inside(package, folder) if folder else file_listing.matching(package, q)
    return page(
        access.request,
        "files.html",
        access=access,
        package=package,
        archive=file_listing.archive(package),
        folders=file_listing.folders(found[: file_listing.MOST] if q else found),
        count=len(found),
        asked=q,
        folder=folder,
        day=file_listing.signing_day(package),
        can_be_viewed=downloads.can_be_viewed,
        known=file_listing.KNOWN,
        most=None if q or folder else file_listing.OPEN_UP_TO,
        address=address_of(access),
    )


def address_of(access: Access) -> str:
    """Return the address that commands to copy name: that which people reach the data room at."""
    base = access.room.settings.dataroom_base_url
    return (base or str(access.request.base_url)).rstrip("/")


@router.api_route("/{file_id}", methods=["GET", "HEAD"])
def file(access: Download, project: str, period: str, version: int, file_id: str) -> Response:
    """Give a file to keep."""
    package = access.room.catalogue.package(project, period, version)
    return downloads.download(access, package, downloads.file_of(package, file_id))


@router.api_route("/{file_id}/view", methods=["GET", "HEAD"])
def view(access: Download, project: str, period: str, version: int, file_id: str) -> Response:
    """Lead to a file as it is shown, at an address where the links in it lead on."""
    package = access.room.catalogue.package(project, period, version)
    shown = downloads.viewed(package, downloads.file_of(package, file_id))
    return RedirectResponse(f"{access.request.url.path}/{quote(shown.path)}", status_code=303)


@router.api_route("/{file_id}/view/{path:path}", methods=["GET", "HEAD"])
def view_linked(access: Download, project: str, period: str, version: int, file_id: str, path: str) -> Response:
    """Show a file in the browser, walled in, or one that it links to; what no browser shows is saved."""
    package = access.room.catalogue.package(project, period, version)
    downloads.file_of(package, file_id)
    linked = downloads.file_at(package, path)
    return downloads.download(access, package, linked, view=downloads.can_be_viewed(linked))
