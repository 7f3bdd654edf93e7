"""Bytes of packages for readers: logged before they go, named by their hash, resumable, and never changed on the way."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from starlette.responses import FileResponse, RedirectResponse, Response

from mrv.dataroom.catalogue import NotFoundError, Package, PackageFile
from mrv.dataroom.database import moment
from mrv.dataroom.models import access_log
from mrv.dataroom.room import Access

ACTION = "download"
ONE_TRANSFER = timedelta(minutes=10)
"""Requests of one reader for one file within this time of a logged one are parts of the same transfer."""
_VIEWED = {".html": "text/html; charset=utf-8", ".pdf": "application/pdf", ".png": "image/png",
           ".csv": "text/plain; charset=utf-8", ".json": "text/plain; charset=utf-8",
           ".md": "text/plain; charset=utf-8", ".sql": "text/plain; charset=utf-8",
           ".txt": "text/plain; charset=utf-8", ".py": "text/plain; charset=utf-8"}  # fmt: skip
_LOCKED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# With its own origin the pictures beside a page may be asked for with the reader's cookie; without scripts nothing else may.
_SANDBOX = f"sandbox allow-same-origin allow-downloads; {_LOCKED}"


class EvidenceResponse(FileResponse):
    """A file of a package, whole or in ranges; pieces are large, for each one costs a change of threads."""

    chunk_size = 2**20
    max_ranges = 16


def file_of(package: Package, file_id: str) -> PackageFile:
    """Return a file by its id.

    Raises:
        NotFoundError: The package has no such file.
    """
    file = package.files.get(file_id)
    if file is None:
        raise NotFoundError("there is no such file", found=file_id, where=package.name)
    return file


def file_at(package: Package, path: str) -> PackageFile:
    """Return a file by its path: looked up in the list of the package's files, never on the disk.

    Raises:
        NotFoundError: The package lists no such file.
    """
    for file in package.files.values():
        if file.path == path:
            return file
    raise NotFoundError("there is no such file", found=path, where=package.name)


def viewed(package: Package, file: PackageFile) -> PackageFile:
    """Return a file if a browser may show it.

    Raises:
        NotFoundError: It is saved, not shown.
    """
    if not can_be_viewed(file):
        raise NotFoundError("this kind of file is saved, not shown", found=file.path, where=package.name)
    return file


def can_be_viewed(file: PackageFile) -> bool:
    """Return whether a browser may show a file, walled in."""
    return _suffix(file) in _VIEWED and file.bytes <= 2**26


def view_headers(file: PackageFile) -> Mapping[str, str]:
    """Return what walls a file in that a browser shows: it runs nothing, and asks nobody for anything."""
    # Chromium shows no PDF in a sandbox; its viewer runs apart from the page's origin anyway.
    policy = _LOCKED if _suffix(file) == ".pdf" else _SANDBOX
    return {"Content-Security-Policy": policy, "Content-Type": _VIEWED[_suffix(file)]}


def download(access: Access, package: Package, file: PackageFile, *, view: bool = False) -> Response:
    """Answer with a file of a package.

    Args:
        access: Who asks, and how.
        package: The package.
        file: One of its files.
        view: A browser shall show it, not save it.

    Raises:
        NotFoundError: It is no longer there.
        PackageError: It was changed since it was published.
    """
    headers = _headers(package, file, view=view)
    if _is_known(access, headers):
        kept = ("etag", "last-modified", "cache-control", "vary")
        return Response(status_code=304, headers={name: headers[name] for name in kept})
    # What is shown comes from here wherever it lies: only we can wall it in, and its bytes are checked first.
    served = package.local(file.path) if view else package.served(file, headers["content-disposition"])
    if access.request.method == "GET":
        note(access, package, file, view=view)
    if isinstance(served, str):
        return RedirectResponse(served, status_code=303, headers={"cache-control": "no-store"})
    return EvidenceResponse(served, headers=headers, stat_result=served.stat())


def note(access: Access, package: Package, file: PackageFile, *, view: bool) -> None:
    """Write a download to the access log, before its bytes: once for a transfer, in however many parts it comes."""
    asked = access.request.headers.get("range")
    detail: dict[str, Any] = {"path": file.path, "sha256": file.sha256, "bytes": file.bytes}
    detail |= {"view": True} if view else {}
    detail |= {"range": asked[:200]} if asked else {}
    act = access.act(ACTION, f"{package.name}/{file.file_id}", **detail)
    same = (
        access_log.c.action == act.action,
        access_log.c.object == act.object,
        access_log.c.at >= moment(datetime.now(UTC) - ONE_TRANSFER),
        access_log.c.address == act.address,
        access_log.c.user_id == act.user_id if act.user_id else access_log.c.user_id.is_(None),
        access_log.c.session_id == act.session_id if act.session_id else access_log.c.session_id.is_(None),
        access_log.c.token_id == act.token_id if act.token_id else access_log.c.token_id.is_(None),
    )
    query = sa.select(access_log.c.entry_no).where(*same).limit(1)
    with access.room.database.reading() as connection:
        if connection.execute(query).first() is not None:
            return
    with access.room.database.writing() as connection:
        # Two parts may have asked at once: the second finds what the first wrote while it waited.
        if connection.execute(query).first() is None:
            access.log(connection, act.action, act.object, **act.detail)


def repr_digest(digests: Iterable[tuple[str, str]]) -> str:
    """Return the value of `Repr-Digest` (RFC 9530): names of algorithms with hexadecimal digests."""
    return ", ".join(f"{name}=:{base64.b64encode(bytes.fromhex(value)).decode()}:" for name, value in digests)


def _headers(package: Package, file: PackageFile, *, view: bool) -> dict[str, str]:
    made = datetime.fromisoformat(str(package.facts["created_at"])).astimezone(UTC)
    digests = (("sha-256", file.sha256), ("sha-512", file.sha512))
    kind = "inline" if view else "attachment"
    return {
        "etag": f'"{file.sha256}"',
        "repr-digest": repr_digest(digests),
        "last-modified": format_datetime(made.replace(microsecond=0), usegmt=True),
        "content-disposition": f"{kind}; filename*=UTF-8''{quote(save_as(package, file), safe='')}",
        "content-type": file.media_type,
        "cache-control": "private, no-cache, no-transform",
        "vary": "Cookie, Authorization",
        **({name.lower(): value for name, value in view_headers(file).items()} if view else _attached()),
    }


def _attached() -> Mapping[str, str]:
    return {"content-security-policy": _SANDBOX}


def save_as(package: Package, file: PackageFile) -> str:
    """Return the name under which a reader keeps a file: by itself it says which package it is of."""
    return file.name if file.name.startswith(package.name) else f"{package.name}_{file.name}"


def _is_known(access: Access, headers: Mapping[str, str]) -> bool:
    """Return whether the reader has the file already (RFC 9110, 13.2.2)."""
    asked = access.request.headers
    if (tags := asked.get("if-none-match")) is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return bool(known & {"*", headers["etag"]})
    try:
        since = parsedate_to_datetime(asked.get("if-modified-since", ""))
        return since.tzinfo is not None and since >= parsedate_to_datetime(headers["last-modified"])
    except ValueError:
        return False


def _suffix(file: PackageFile) -> str:
    return f".{file.name.rpartition('.')[2]}"
