"""The access log as JSON and as an export that is verified offline."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from mrv.dataroom import access_export, access_report, checkpoints
from mrv.dataroom.access_report import Chosen, Sight
from mrv.dataroom.room import Access, Administer, Own, ReadAccessLog
from mrv.errors import PackageError

router = APIRouter(prefix="/api/v1", tags=["access log"])
_CHUNK = 1 << 20
MAX_PAGE = 10_000
Page = Annotated[int, Query(ge=1, le=MAX_PAGE)]
Word = Annotated[str | None, Query(max_length=320)]
Day = Annotated[date | None, Query()]


class Entry(BaseModel):
    """One entry of the access log."""

    entry_no: int
    at: str
    actor: str
    address: str
    action: str
    project: str | None
    period: str | None
    object: str
    outcome: str
    session_id: str | None
    token_id: str | None
    detail: dict[str, Any]


class Entries(BaseModel):
    """One page of entries, newest first, 100 a page."""

    page: int
    count: int
    entries: list[Entry]


class Person(BaseModel):
    """What one person did."""

    actor: str
    first_at: str
    last_at: str
    entries: int
    open_package: int
    download: int
    query: int
    refused: int


def listed(access: Access, sight: Sight, chosen: Chosen, page: int) -> Entries:
    """Return a page of the log."""
    with access.room.database.reading() as connection:
        return Entries(
            page=page,
            count=access_report.count(connection, sight, chosen),
            entries=[Entry(**row) for row in access_report.entries(connection, sight, chosen, page=page)],
        )


@router.get("/projects/{project}/access-log")
def project_log(
    access: ReadAccessLog,
    project: str,
    actor: Word = None,
    action: Word = None,
    first: Day = None,
    last: Day = None,
    page: Page = 1,
) -> Entries:
    """List who did what in a project."""
    return listed(access, access_report.sight_of(access, project), Chosen(actor, action, first, last), page)


@router.get("/projects/{project}/access-log/people")
def project_people(access: ReadAccessLog, project: str, first: Day = None, last: Day = None) -> list[Person]:
    """Give a line for each person who did anything in a project."""
    sight = access_report.sight_of(access, project)
    with access.room.database.reading() as connection:
        return [Person(**row) for row in access_report.people(connection, sight, Chosen(None, None, first, last))]


@router.get("/projects/{project}/access-log/export", response_class=Response)
def project_export(access: ReadAccessLog, project: str) -> StreamingResponse:
    """Download the log as a zip that is verified offline: entries of the project in full, others as links of the chain."""
    return exported(access, access_report.sight_of(access, project), project)


@router.get("/admin/access-log")
def whole_log(
    access: Administer,
    actor: Word = None,
    action: Word = None,
    first: Day = None,
    last: Day = None,
    page: Page = 1,
) -> Entries:
    """List who did what anywhere, signing in and administration too."""
    return listed(access, access_report.sight_of(access, None), Chosen(actor, action, first, last), page)


@router.get("/admin/access-log/export", response_class=Response)
def whole_export(access: Administer) -> StreamingResponse:
    """Download the whole log as a zip that is verified offline."""
    return exported(access, access_report.sight_of(access, None), "all")


@router.get("/account/accesses")
def own_accesses(access: Own, page: Page = 1) -> Entries:
    """List what one did oneself."""
    sight = access_report.own_sight(str(access.principal.user_id))
    return listed(access, sight, Chosen(), page)


def exported(access: Access, sight: Sight, name: str) -> StreamingResponse:
    """Return the export; a fresh checkpoint ends it where there is a key to sign with."""
    room = access.room
    with room.database.writing() as connection:
        access.log(connection, "export_access_log", name)
    sign_now(access)
    stream = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it has been sent
    with room.database.reading() as connection:
        access_export.write(stream, connection, room.settings, sight)
    size = stream.tell()
    headers = {"Content-Disposition": f'attachment; filename="access-log-{name}.zip"', "Content-Length": str(size)}
    return StreamingResponse(_chunks(stream), media_type="application/zip", headers=headers)


def sign_now(access: Access) -> bool:
    """Make a checkpoint; False where this installation has no key that may sign: the chain is exported all the same."""
    settings = access.room.settings
    try:
        key = checkpoints.signing_key(settings)
    except PackageError:
        return False
    checkpoints.make(access.room.database, key, checkpoints.folder_of(settings))
    return True


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        stream.seek(0)
        while chunk := stream.read(_CHUNK):
            yield chunk
