"""The acts of the SQL page and of its JSON: ask, take away, look at what there is to ask."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from typing import IO

from starlette.responses import FileResponse, Response, StreamingResponse

from mrv.dataroom import queries
from mrv.dataroom.catalogue import Package
from mrv.dataroom.downloads import repr_digest
from mrv.dataroom.permissions import Action
from mrv.dataroom.room import Access
from mrv.warehouse.sandbox import Answer, check_text

_PART = 1 << 18


def versions(access: Access) -> tuple[Package, ...]:
    """Return the versions that somebody may ask, newest first.

    Raises:
        NotFoundError: The project has none.
    """
    project = str(access.project)
    found = queries.newest_packages(access.room.catalogue, project)
    return tuple(package for package in found if access.may(Action.QUERY, project, package.period))


def asked(access: Access, package: Package, sql: str) -> tuple[Answer, bytes]:
    """Answer a question with its rows as a JSON array; who asked what is in the access log before it is answered.

    Raises:
        QueryError: It is refused, wrong, too slow or too big.
    """
    rows = io.BytesIO()
    return _run(access, package, sql, "json", rows), rows.getvalue()


def taken(access: Access, package: Package, sql: str, form: str) -> Response:
    """Answer a question with a file to take away.

    Raises:
        QueryError: It is refused, wrong, too slow or too big.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last part of the answer is sent
    try:
        answer = _run(access, package, sql, form, file)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{package.project}-{queries.label(package)}.{form}"',
        "X-Rows": str(answer.rows),
        "X-Truncated": str(answer.truncated).lower(),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_sent(file), media_type=queries.MEDIA_TYPES[form], headers=headers)


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(_PART):
            yield part


def _run(access: Access, package: Package, sql: str, form: str, stream: IO[bytes]) -> Answer:
    check_text(sql)
    room = access.room
    limits = queries.page_limits(room.settings) if form == "json" else queries.download_limits(room.settings)
    question = queries.Question(sql, form, limits, str(access.principal.user_id))
    database = queries.database(package, room.settings)
    with room.database.writing() as connection:
        access.log(connection, queries.ACTION, package.name, **question.logged(package))
    return queries.ask(room.sandbox, database.folder, question, stream)


def snapshot(access: Access, package: Package) -> Response:
    """Answer with the database itself, for somebody's own tools."""
    database = queries.database(package, access.room.settings)
    with access.room.database.writing() as connection:
        access.log(connection, "download_snapshot", package.name, sha256=database.sha256)
    return FileResponse(
        database.file,
        media_type="application/vnd.duckdb",
        filename=f"{package.project}-{queries.label(package)}.duckdb",
        headers={
            "ETag": f'"{database.sha256}"',
            "Repr-Digest": repr_digest([("sha-256", database.sha256)]),
            "X-Sha256": database.sha256,
            "Cache-Control": "private, no-cache",
        },
    )
