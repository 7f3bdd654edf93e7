"""SQL on published versions, as JSON, CSV, Arrow or Parquet."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Query as Parameter
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from mrv.dataroom import asking, queries, sql_schema
from mrv.dataroom.room import Access, Query
from mrv.warehouse.sandbox import QueryError

router = APIRouter(prefix="/api/v1/projects/{project}/sql", tags=["SQL"])
AsOf = Annotated[
    str | None,
    Parameter(pattern=r"^[A-Za-z0-9_.-]{1,80}$", description="Version, such as mp4-v2; default: the newest."),
]
Form = Literal["json", "csv", "arrow", "parquet"]
_SNAPSHOT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/vnd.duckdb": {}}, "description": "The file; `X-Sha256` has its hash."},
    206: {"description": "The ranges that were asked for, several as multipart/byteranges."},
    304: {"description": "The file is the one that the reader has."},
    400: {"description": "The header `Range` cannot be read."},
    416: {"description": "The file has no such range."},
}


class Asked(BaseModel):
    """A question."""

    sql: str = Field(description="One SELECT or EXPLAIN, at most 20 kB.")
    as_of: str | None = Field(None, pattern=r"^[A-Za-z0-9_.-]{1,80}$", description="Version, such as mp4-v2 or 2.")
    format: Form | None = Field(None, description="Form of the rows; default: as the header Accept says, else JSON.")


@router.post("")
def ask(project: str, asked: Asked, access: Query) -> Response:
    """Ask a published version one question; JSON gives at most 1,000 rows or 5 MB, the other forms 50 MB.

    JSON: `columns` (name, type), `rows` (arrays; decimals and dates as text, so that no digit is lost), `truncated`,
    `elapsed_s`. The other forms say `X-Rows` and `X-Truncated` in headers.
    """
    package = queries.chosen(asking.versions(access), asked.as_of)
    form = asked.format or _accepted(access.request.headers.get("accept", ""))
    try:
        if form != "json":
            return asking.taken(access, package, asked.sql, form)
        answer, rows = asking.asked(access, package, asked.sql)
    except QueryError as error:
        return refused(access, error)
    head = {
        "as_of": queries.label(package),
        "columns": answer.columns,
        "row_count": answer.rows,
        "truncated": answer.truncated,
        "elapsed_s": round(answer.elapsed_s, 4),
    }
    body = json.dumps(head, ensure_ascii=False).encode()[:-1] + b', "rows": ' + rows + b"}"
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def refused(access: Access, error: QueryError) -> JSONResponse:
    """Return the answer to a question that is not answered."""
    status = 429 if error.code == "busy" else 422
    names = ("message", "expected", "found", "where", "remedy")
    told = {"error": error.code, "detail": error.message, "request_id": access.request.state.request_id}
    content: dict[str, Any] = {**told, **{name: getattr(error, name) for name in names}}
    return JSONResponse(content, status_code=status, headers={"Retry-After": "5"} if status == 429 else None)


def _accepted(accept: str) -> Form:
    for form in ("csv", "arrow", "parquet"):
        if queries.MEDIA_TYPES[form].partition(";")[0] in accept:
            return form
    return "json"


@router.get("/versions")
def versions(project: str, access: Query) -> list[dict[str, Any]]:
    """Return the versions that can be asked, newest first."""
    return [
        {"as_of": queries.label(package), "period": package.period, "version": package.version, "package": package.name}
        for package in asking.versions(access)
    ]


@router.get("/tables")
def tables(project: str, access: Query, as_of: AsOf = None) -> list[dict[str, Any]]:
    """Return the tables of a version: meaning, columns with units, and hash and size of their Parquet."""
    found = queries.tables(queries.chosen(asking.versions(access), as_of))
    return [
        {
            **mart.record(),
            "parquet": {
                "path": found.parquet[mart.name].path,
                "bytes": found.parquet[mart.name].bytes,
                "sha256": found.parquet[mart.name].sha256,
            },
        }
        for mart in found.marts
        if mart.name in found.parquet
    ]


@router.get("/tables/{table}")
def table(project: str, table: str, access: Query, as_of: AsOf = None) -> dict[str, Any]:
    """Return how one table of the calculation is made: of what, by which SQL, and what is made of it."""
    step = sql_schema.step(queries.chosen(asking.versions(access), as_of), table)
    return {
        "name": step.name,
        "kind": step.kind,
        "description": step.description,
        "parents": step.parents,
        "children": step.children,
        "sql": step.sql,
        "columns": step.mart.record()["columns"] if step.mart else [],
    }


@router.get("/history")
def history(project: str, access: Query) -> list[dict[str, str]]:
    """Return one's own newest questions."""
    return [{"at": at, "sql": text} for at, text in own_questions(access)]


def own_questions(access: Access) -> list[tuple[str, str]]:
    """Return moment and text of one's own newest questions."""
    with access.room.database.reading() as connection:
        return list(queries.history(connection, access.principal.user_id, str(access.project)))


@router.get("/snapshot", response_class=Response, responses=_SNAPSHOT)
def snapshot(project: str, access: Query, as_of: AsOf = None) -> Response:
    """Return the DuckDB file of a version, read-only for one's own tools; its sha256 is the ETag."""
    return asking.snapshot(access, queries.chosen(asking.versions(access), as_of))
