"""The files of a package as JSON, and their bytes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from mrv.dataroom import downloads, file_listing
from mrv.dataroom.api.packages import ROOT, Version, root_of
from mrv.dataroom.room import Download, ReadPackage

router = APIRouter(prefix=ROOT, tags=["Files"])
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "The file; `Repr-Digest` has its hashes."},
    206: {"description": "The ranges that were asked for, several as multipart/byteranges."},
    303: {"description": "It lies in object storage: an address that is good for a minute."},
    304: {"description": "The file is the one that the reader has."},
    400: {"description": "The header `Range` cannot be read."},
    416: {"description": "The file has no such range."},
}


@router.get("/files")
def files(
    access: ReadPackage,
    project: str,
    period: str,
    version: Version,
    q: Annotated[str, Query(max_length=200, description="Part of the path, or a whole hash.")] = "",
) -> dict[str, Any]:
    """List the files of a package with sizes and hashes; `archive` is the whole package in one file."""
    package = access.room.catalogue.package(project, period, version)
    root, archive = root_of(package), file_listing.archive(package)
    return {
        "package": package.name,
        "archive": file_listing.record(archive, root) if archive else None,
        "files": [file_listing.record(file, root) for file in file_listing.matching(package, q)],
    }


@router.api_route("/files/{file_id}", methods=["GET", "HEAD"], response_class=Response, responses=_BYTES)
def file(access: Download, project: str, period: str, version: Version, file_id: str) -> Response:
    """Give the bytes of a file; ETag is its sha256, ranges and If-Range resume a transfer that was cut."""
    package = access.room.catalogue.package(project, period, version)
    return downloads.download(access, package, downloads.file_of(package, file_id))
