"""Questions about a published version: which database answers them, and what is written down of who asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from mrv.dataroom.catalogue import Catalogue, NotFoundError, Package
from mrv.dataroom.models import access_log
from mrv.settings import Settings
from mrv.warehouse.sandbox import Answer, Limits, Sandbox
from mrv.warehouse.snapshots import PublishedDatabase, Tables, published_database, tables_of

TABLES = "data/tables/"
ACTION = "query"
MEDIA_TYPES: Mapping[str, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
"""Form of an answer to its media type."""
_HISTORY = 20


def page_limits(settings: Settings) -> Limits:
    """Return what an answer on a page or in JSON may cost."""
    return Limits(seconds=settings.sql_seconds, memory_bytes=settings.sql_memory_bytes)


def download_limits(settings: Settings) -> Limits:
    """Return what an answer that is taken away may cost."""
    return Limits(1_000_000, 50_000_000, settings.sql_seconds, settings.sql_memory_bytes)


def label(package: Package) -> str:
    """Return the short name of a version, such as `mp4-v2`."""
    return f"{package.period}-v{package.version}"


def chosen(packages: Sequence[Package], wanted: str | None) -> Package:
    """Return the version that a question is about: `mp4-v2`, `2` (of the newest period) or, by default, the newest.

    Args:
        packages: Versions that may be asked, newest first.
        wanted: Which.

    Raises:
        NotFoundError: There is no such version among them.
    """
    for package in packages:
        if not wanted or wanted == label(package):
            return package
        if wanted == str(package.version) and package.period == packages[0].period:
            return package
    raise NotFoundError(
        "there is no such version to ask",
        expected=", ".join(label(package) for package in packages) or None,
        found=wanted,
    )


def tables(package: Package) -> Tables:
    """Return the tables of a version as its package describes them."""
    return tables_of(json.loads(package.read(f"{TABLES}datapackage.json")), below=TABLES)


def database(package: Package, settings: Settings) -> PublishedDatabase:
    """Return the database of a version; it is made at the first question.

    Raises:
        WarehouseError: A table of the package is not the one that it declares.
    """
    cache = settings.dataroom_dir / "sql" / package.project
    return published_database(cache, package.manifest_sha512, tables(package), package.read)


def newest_packages(catalogue: Catalogue, project: str) -> tuple[Package, ...]:
    """Return the versions of a project, newest first.

    Raises:
        NotFoundError: It has none.
    """
    found = catalogue.packages(project)
    if not found:
        raise NotFoundError("nothing has been published of this project", found=project)
    return found


@dataclass(frozen=True)
class Question:
    """What somebody asks."""

    sql: str
    form: str
    limits: Limits
    person: str

    def logged(self, package: Package) -> dict[str, Any]:
        """Return what the access log says of it."""
        digest = hashlib.sha256(self.sql.encode("utf-8", "replace")).hexdigest()
        return {"sha256": digest, "sql": self.sql, "form": self.form, "as_of": label(package)}


def ask(sandbox: Sandbox, folder: Path, question: Question, stream: IO[bytes]) -> Answer:
    """Answer a question into a stream.

    Raises:
        QueryError: It is refused, wrong, too slow or too big.
    """
    return sandbox.run(folder, question.sql, stream, form=question.form, limits=question.limits, person=question.person)


def history(connection: sa.Connection, user_id: str | None, project: str) -> Iterator[tuple[str, str]]:
    """Yield moment and text of the newest different questions of somebody about a project."""
    rows = connection.execute(
        sa.select(access_log.c.at, access_log.c.detail)
        .where(
            access_log.c.user_id == user_id,
            access_log.c.project == project,
            access_log.c.action == ACTION,
        )
        .order_by(access_log.c.entry_no.desc())
        .limit(_HISTORY * 3)
    )
    seen: set[str] = set()
    for at, detail in rows:
        text = json.loads(str(detail)).get("sql", "")
        if text and text not in seen and len(seen) < _HISTORY:
            seen.add(text)
            yield str(at), text
