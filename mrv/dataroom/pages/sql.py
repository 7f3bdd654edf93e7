"""The SQL page: tables, examples, editor, rows and their chart; and how each table is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from markupsafe import Markup
from starlette.responses import Response

from mrv.dataroom import asking, queries, sql_schema
from mrv.dataroom.api.sql import AsOf, own_questions
from mrv.dataroom.catalogue import Package
from mrv.dataroom.rendering import page
from mrv.dataroom.room import Access, Query
from mrv.package.charts import Series, bars
from mrv.package.wording import Text
from mrv.warehouse.sandbox import Answer, QueryError

router = APIRouter(prefix="/projects/{project}/sql", include_in_schema=False)
Sql = Annotated[str, Form()]
AsOfField = Annotated[str, Form(pattern=r"^[A-Za-z0-9_.-]{0,80}$")]
Choice = Annotated[str, Form(max_length=300)]
_MOST_BARS = 60
_NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UINTEGER", "UBIGINT")


@dataclass(frozen=True)
class Shown:
    """An answer as the page shows it."""

    answer: Answer
    rows: list[list[Any]]
    x: str
    y: str
    chart: Markup | None

    @property
    def numbers(self) -> list[str]:
        """Columns that a chart can draw."""
        return [column["name"] for column in self.answer.columns if is_number(column["type"])]


def is_number(kind: str) -> bool:
    """Return whether a type of DuckDB is a number."""
    return kind.startswith(_NUMBERS) and "[" not in kind


@router.get("")
def show(access: Query, sql: str = "", as_of: AsOf = None) -> Response:
    """Show the page; a link may carry a question, which runs when the reader says so."""
    versions = asking.versions(access)
    access.room.sandbox.warm()
    return _page(access, versions, queries.chosen(versions, as_of), sql)


@router.post("")
def ask(access: Query, sql: Sql = "", as_of: AsOfField = "", x: Choice = "", y: Choice = "") -> Response:
    """Answer a question on the page."""
    versions = asking.versions(access)
    package = queries.chosen(versions, as_of or None)
    try:
        answer, rows = asking.asked(access, package, sql)
    except QueryError as error:
        return _page(access, versions, package, sql, error=error)
    return _page(access, versions, package, sql, shown=_shown(answer, json.loads(rows), x, y))


@router.post("/download")
def download(
    access: Query, form: Annotated[Literal["csv", "arrow", "parquet"], Form()], sql: Sql = "", as_of: AsOfField = ""
) -> Response:
    """Answer a question with a file."""
    versions = asking.versions(access)
    package = queries.chosen(versions, as_of or None)
    try:
        return asking.taken(access, package, sql, form)
    except QueryError as error:
        return _page(access, versions, package, sql, error=error)


@router.get("/snapshot")
def snapshot(access: Query, as_of: AsOf = None) -> Response:
    """Give the DuckDB file of a version."""
    return asking.snapshot(access, queries.chosen(asking.versions(access), as_of))


@router.get("/tables/{table}")
def table(access: Query, table: str, as_of: AsOf = None) -> Response:
    """Show how a table is made, and what its columns are."""
    package = queries.chosen(asking.versions(access), as_of)
    step = sql_schema.step(package, table)
    file_id = hashlib.sha256(step.parquet.path.encode()).hexdigest()[:16] if step.parquet else None
    return page(
        access.request,
        "sql_table.html",
        access=access,
        package=package,
        as_of=queries.label(package),
        step=step,
        file_id=file_id,
    )


def _page(
    access: Access,
    versions: Sequence[Package],
    package: Package,
    sql: str,
    *,
    shown: Shown | None = None,
    error: QueryError | None = None,
) -> Response:
    found = queries.tables(package)
    status = 200 if error is None else 429 if error.code == "busy" else 422
    return page(
        access.request,
        "sql.html",
        status=status,
        access=access,
        package=package,
        as_of=queries.label(package),
        versions=[queries.label(one) for one in versions],
        marts=found.marts,
        examples=sql_schema.examples(found.marts),
        history=own_questions(access),
        seconds=f"{access.room.settings.sql_seconds:g}",
        sql=sql,
        shown=shown,
        error=error,
        is_number=is_number,
    )


def _shown(answer: Answer, rows: list[list[Any]], x: str, y: str) -> Shown:
    names = [column["name"] for column in answer.columns]
    if y not in names:
        # By default the last column with numbers over the first: totals are written last, groups first.
        filled = [
            column["name"]
            for at, column in enumerate(answer.columns)
            if at and is_number(column["type"]) and any(row[at] is not None for row in rows)
        ]
        y = filled[-1] if filled else ""
    x = x if x in names else names[0] if names else ""
    return Shown(answer, rows, x, y, _chart(names, rows, x, y) if x and y else None)


def _chart(names: list[str], rows: list[list[Any]], x: str, y: str) -> Markup | None:
    at_x, at_y = names.index(x), names.index(y)
    if len(rows) > _MOST_BARS:
        return None
    values = [_number(row[at_y]) for row in rows]
    groups = ["–" if row[at_x] is None else str(row[at_x]) for row in rows]
    return bars(
        title=Text(f"{y}, {x}", f"{y}, {x}"), unit=y, groups=groups, series=[Series(Text(y, y), "fill-project", values)]
    )


def _number(cell: Any) -> Decimal | None:
    """Return a cell as a number that can be drawn; what is none, or beyond drawing, leaves a gap."""
    try:
        number = Decimal(str(cell))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < Decimal("1e30") else None
