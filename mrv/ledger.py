"""The period ledger: what was retrieved, landed, run, published, and by whom it was waived."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from mrv.errors import LedgerError
from mrv.files import storage_errors

LEASE = timedelta(minutes=5)
HEARTBEAT_S = 30.0
WAL_WAIT_S = 30.0

metadata = sa.MetaData()
_text, _int = sa.Text, sa.BigInteger

retrievals = sa.Table(
    "retrievals",
    metadata,
    sa.Column("retrieval_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("project", _text, nullable=False, index=True),
    sa.Column("source", _text, nullable=False),
    sa.Column("dataset", _text, nullable=False),
    sa.Column("product", _text, nullable=False),
    sa.Column("version", _text),
    sa.Column("layer", _text),
    sa.Column("year", sa.Integer),
    sa.Column("address", _text, nullable=False, index=True),
    sa.Column("url", _text, nullable=False),
    sa.Column("sha256", _text, nullable=False),
    sa.Column("bytes", _int, nullable=False),
    sa.Column("media_type", _text, nullable=False),
    sa.Column("etag", _text),
    sa.Column("last_modified", _text),
    sa.Column("licence", _text, nullable=False),
    sa.Column("citation", _text, nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("retrieved_at", _text, nullable=False),
)
steps = sa.Table(
    "steps",
    metadata,
    sa.Column("key", _text, primary_key=True),
    sa.Column("project", _text, nullable=False, index=True),
    sa.Column("period", _text, nullable=False),
    sa.Column("stage", _text, nullable=False),
    sa.Column("dataset", _text, nullable=False),
    sa.Column("status", _text, nullable=False),
    sa.Column("owner", _text, nullable=False),
    sa.Column("lease_until", _text, nullable=False),
    sa.Column("started_at", _text, nullable=False),
    sa.Column("finished_at", _text),
    sa.Column("inputs", _text, nullable=False),
    sa.Column("result", _text),
    sa.Column("error", _text),
)
snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("snapshot_id", _text, primary_key=True),
    sa.Column("project", _text, nullable=False),
    sa.Column("period", _text, nullable=False),
    sa.Column("path", _text, nullable=False),
    sa.Column("created_at", _text, nullable=False),
)
current = sa.Table(
    "current",
    metadata,
    sa.Column("project", _text, primary_key=True),
    sa.Column("period", _text, primary_key=True),
    sa.Column("snapshot_id", _text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
packages = sa.Table(
    "packages",
    metadata,
    sa.Column("project", _text, primary_key=True),
    sa.Column("period", _text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content_key", _text, nullable=False),
    sa.Column("snapshot_id", _text, nullable=False),
    sa.Column("path", _text, nullable=False),
    sa.Column("manifest_sha512", _text, nullable=False),
    sa.Column("created_at", _text, nullable=False),
)
waivers = sa.Table(
    "waivers",
    metadata,
    sa.Column("project", _text, primary_key=True),
    sa.Column("period", _text, primary_key=True),
    sa.Column("dataset", _text, primary_key=True),
    sa.Column("rule", _text, primary_key=True),
    sa.Column("waived_by", _text, nullable=False),
    sa.Column("reason", _text, nullable=False),
    sa.Column("created_at", _text, nullable=False),
)


@dataclass(frozen=True)
class Artifact:
    """One retrieved file: the exact bytes, and where they came from.

    `address` is the stable name of the thing fetched (source and path, no host); `url` is where it was fetched.
    """

    project: str
    source: str
    dataset: str
    product: str
    version: str | None
    layer: str | None
    address: str
    url: str
    sha256: str
    bytes: int
    media_type: str
    etag: str | None
    last_modified: str | None
    licence: str
    citation: str
    simulated: bool
    retrieved_at: str
    year: int | None = None
    unchanged: bool = False

    def record(self) -> dict[str, Any]:
        """Return the row that the ledger keeps."""
        return {key: value for key, value in asdict(self).items() if key != "unchanged"}


@dataclass(frozen=True)
class Step:
    """A finished or running step."""

    key: str
    status: str
    result: Mapping[str, Any] | None


@dataclass(frozen=True)
class Package:
    """A published package."""

    project: str
    period: str
    version: int
    content_key: str
    snapshot_id: str
    path: str
    manifest_sha512: str
    created_at: str


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def content_key(value: Any) -> str:
    """Return the sha256 of a value's canonical JSON: the name of a step or a snapshot."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Ledger:
    """Access to the ledger's tables; every write is one transaction."""

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() == "sqlite" and parsed.database:
                with storage_errors(Path(parsed.database)):
                    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = sa.create_engine(parsed)
        except (SQLAlchemyError, ModuleNotFoundError) as error:
            raise LedgerError(
                "the ledger's address cannot be used",
                expected="a SQLAlchemy URL whose driver is installed, or no MRV_LEDGER_URL",
                found=f"{type(error).__name__}: {error}",
                remedy="mend MRV_LEDGER_URL",
            ) from error
        if parsed.get_backend_name() == "sqlite":
            sa.event.listen(self.engine, "connect", _set_sqlite_pragmas)
            sa.event.listen(self.engine, "begin", _begin_immediate)
        try:
            metadata.create_all(self.engine)
            _add_new_columns(self.engine)
        except SQLAlchemyError as error:
            raise LedgerError(
                "the ledger cannot be opened",
                found=str(error).splitlines()[0],
                where=parsed.render_as_string(hide_password=True),
                remedy="check that the home can be written and the file is a sound SQLite database; restore it from a backup if not",
            ) from error

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()

    # --- retrievals -----------------------------------------------------------------------------------------
    def record_retrieval(self, artifact: Artifact) -> None:
        """Note that a file was fetched, or was found unchanged."""
        with self.engine.begin() as connection:
            connection.execute(retrievals.insert().values(**artifact.record()))

    def last_retrieval(self, project: str, address: str) -> Artifact | None:
        """Return the newest retrieval of an address for a project."""
        query = (
            retrievals.select()
            .where(retrievals.c.project == project, retrievals.c.address == address)
            .order_by(retrievals.c.retrieval_id.desc())
            .limit(1)
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _artifact(row)

    def retrievals_below(self, project: str, start: str) -> list[Artifact]:
        """Return every retrieval of a project whose address begins so, oldest first."""
        query = (
            retrievals.select()
            .where(retrievals.c.project == project, retrievals.c.address.startswith(start, autoescape=True))
            .order_by(retrievals.c.retrieval_id)
        )
        with self.engine.connect() as connection:
            return [_artifact(row) for row in connection.execute(query).mappings()]

    def first_retrieval(self, artifact: Artifact) -> Artifact:
        """Return the retrieval that first brought these bytes from this address: the act a package tells of.

        Later ones found the same; a package that told of them would differ each time it is built anew.
        """
        query = (
            retrievals.select()
            .where(
                retrievals.c.project == artifact.project,
                retrievals.c.address == artifact.address,
                retrievals.c.sha256 == artifact.sha256,
            )
            .order_by(retrievals.c.retrieval_id)
            .limit(1)
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return artifact if row is None else _artifact(row)

    def addresses(self, project: str, hashes: Iterable[str]) -> dict[str, str]:
        """Return where files came from, by sha256; of several addresses with the same bytes the first by name."""
        query = (
            sa.select(retrievals.c.sha256, sa.func.min(retrievals.c.address))
            .where(retrievals.c.project == project, retrievals.c.sha256.in_(sorted(set(hashes))))
            .group_by(retrievals.c.sha256)
        )
        with self.engine.connect() as connection:
            return {str(row[0]): str(row[1]) for row in connection.execute(query)}

    # --- steps ----------------------------------------------------------------------------------------------
    def finished(self, key: str) -> Step | None:
        """Return a step that is done, or None."""
        with self.engine.connect() as connection:
            row = (
                connection.execute(steps.select().where(steps.c.key == key, steps.c.status == "done"))
                .mappings()
                .first()
            )
        return None if row is None else Step(row["key"], row["status"], json.loads(row["result"]))

    @contextmanager
    def running(
        self, key: str, *, project: str, period: str, stage: str, dataset: str, inputs: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Hold the lease of a step while the block works; what the block puts into the dict is the step's result.

        Raises:
            LedgerError: Another live process holds the lease.
        """
        owner = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
        self._claim(key, owner, project=project, period=period, stage=stage, dataset=dataset, inputs=inputs)
        stop = threading.Event()
        beat = threading.Thread(target=self._heartbeat, args=(key, owner, stop), daemon=True)
        beat.start()
        result: dict[str, Any] = {}
        try:
            yield result
        except BaseException as error:
            self._finish(key, owner, status="failed", error=f"{type(error).__name__}: {error}")
            raise
        else:
            self._finish(key, owner, status="done", result=json.dumps(result, default=str))
        finally:
            stop.set()
            beat.join()

    def _claim(self, key: str, owner: str, *, inputs: Mapping[str, Any], **names: str) -> None:
        moment = now()
        values = {
            **names,
            "key": key,
            "status": "running",
            "owner": owner,
            "lease_until": (moment + LEASE).isoformat(),
            "started_at": moment.isoformat(),
            "finished_at": None,
            "result": None,
            "error": None,
            "inputs": json.dumps(inputs, sort_keys=True, default=str),
        }
        with self.engine.begin() as connection:
            row = connection.execute(steps.select().where(steps.c.key == key)).mappings().first()
            if (
                row is not None
                and row["status"] == "running"
                and row["lease_until"] > moment.isoformat()
                and _alive(row["owner"])
            ):
                raise LedgerError(
                    f"step {names['stage']} of {names['project']} {names['period']} is already running",
                    found=f"held by {row['owner']} since {row['started_at']}",
                    where=names["dataset"],
                    remedy="wait until it ends; a crashed holder loses the lease within five minutes",
                )
            connection.execute(steps.delete().where(steps.c.key == key))
            connection.execute(steps.insert().values(**values))

    def _heartbeat(self, key: str, owner: str, stop: threading.Event) -> None:
        while not stop.wait(HEARTBEAT_S):
            with self.engine.begin() as connection:
                connection.execute(
                    steps.update()
                    .where(steps.c.key == key, steps.c.owner == owner)
                    .values(lease_until=(now() + LEASE).isoformat())
                )

    def _finish(self, key: str, owner: str, **values: str | None) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                steps.update()
                .where(steps.c.key == key, steps.c.owner == owner)
                .values(finished_at=now().isoformat(), **values)
            )

    def history(self, project: str) -> list[dict[str, Any]]:
        """Return the project's steps, newest first, for `mrv status`."""
        query = steps.select().where(steps.c.project == project).order_by(steps.c.started_at.desc(), steps.c.key)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    # --- snapshots and packages -----------------------------------------------------------------------------
    def record_snapshot(self, *, project: str, period: str, snapshot_id: str, path: str) -> str:
        """Enter a snapshot where it is new, without making it the current one; return when it was entered."""
        where = snapshots.c.snapshot_id == snapshot_id
        with self.engine.begin() as connection:
            row = connection.execute(snapshots.select().where(where)).mappings().first()
            if row is not None:
                return str(row["created_at"])
            values = {"snapshot_id": snapshot_id, "project": project, "period": period, "path": path}
            created_at = now().isoformat()
            connection.execute(snapshots.insert().values(**values, created_at=created_at))
            return created_at

    def publish_snapshot(self, *, project: str, period: str, snapshot_id: str, path: str) -> bool:
        """Make a snapshot the current one of its period by one compare-and-swap; False if it already was."""
        with self.engine.begin() as connection:
            if connection.execute(snapshots.select().where(snapshots.c.snapshot_id == snapshot_id)).first() is None:
                connection.execute(
                    snapshots.insert().values(
                        snapshot_id=snapshot_id, project=project, period=period, path=path, created_at=now().isoformat()
                    )
                )
            where = sa.and_(current.c.project == project, current.c.period == period)
            row = connection.execute(current.select().where(where)).mappings().first()
            if row is None:
                connection.execute(
                    current.insert().values(project=project, period=period, snapshot_id=snapshot_id, version=1)
                )
                return True
            if row["snapshot_id"] == snapshot_id:
                return False
            swapped = connection.execute(
                current.update()
                .where(where, current.c.version == row["version"])
                .values(snapshot_id=snapshot_id, version=row["version"] + 1)
            )
            if swapped.rowcount != 1:
                raise LedgerError(
                    "another run published at the same moment", where=f"{project} {period}", remedy="run again"
                )
            return True

    def current_snapshot(self, project: str, period: str | None = None) -> dict[str, Any] | None:
        """Return the current snapshot of a period, or of the newest one."""
        query = (
            sa.select(snapshots, current.c.version)
            .join(current, current.c.snapshot_id == snapshots.c.snapshot_id)
            .where(current.c.project == project)
            .order_by(snapshots.c.created_at.desc())
        )
        if period is not None:
            query = query.where(current.c.period == period)
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else dict(row)

    def latest_package(self, project: str, period: str) -> Package | None:
        """Return the newest package of a period."""
        where = sa.and_(packages.c.project == project, packages.c.period == period)
        return self._package(packages.select().where(where).order_by(packages.c.version.desc()).limit(1))

    def package(self, project: str, period: str, version: int) -> Package | None:
        """Return a version of a period's package."""
        where = sa.and_(packages.c.project == project, packages.c.period == period, packages.c.version == version)
        return self._package(packages.select().where(where))

    def _package(self, query: sa.Select[Any]) -> Package | None:
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else Package(**row)

    def record_package(self, package: Package) -> Package:
        """Enter a package; the version must be free.

        Raises:
            LedgerError: Another run took the version in between.
        """
        entry = replace(package, created_at=package.created_at or now().isoformat())
        try:
            with self.engine.begin() as connection:
                connection.execute(packages.insert().values(**asdict(entry)))
        except IntegrityError as error:
            raise LedgerError(
                f"version {package.version} of {package.project} {package.period} exists already",
                remedy="run again: it will be found as published, or get the next version",
            ) from error
        return entry

    # --- waivers --------------------------------------------------------------------------------------------
    def waive(self, *, project: str, period: str, dataset: str, rule: str, waived_by: str, reason: str) -> None:
        """Let a failed critical check pass; the name and the reason are printed in the package."""
        if not waived_by.strip() or not reason.strip():
            raise LedgerError("a waiver needs a name and a reason", where=f"{dataset}: {rule}", remedy="give both")
        with self.engine.begin() as connection:
            connection.execute(
                waivers.insert().values(
                    project=project,
                    period=period,
                    dataset=dataset,
                    rule=rule,
                    waived_by=waived_by,
                    reason=reason,
                    created_at=now().isoformat(),
                )
            )

    def waivers(self, project: str, period: str) -> dict[tuple[str, str], tuple[str, str]]:
        """Return waivers as (dataset, rule) to (who, why)."""
        rows = self.waiver_rows(project, period)
        return {(row["dataset"], row["rule"]): (row["waived_by"], row["reason"]) for row in rows}

    def waiver_rows(self, project: str, period: str) -> list[dict[str, str]]:
        """Return waivers whole, with when they were given, in the order of what they let pass."""
        columns = [waivers.c[name] for name in ("dataset", "rule", "waived_by", "reason", "created_at")]
        where = sa.and_(waivers.c.project == project, waivers.c.period == period)
        query = sa.select(*columns).where(where).order_by(waivers.c.dataset, waivers.c.rule)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _artifact(row: sa.RowMapping) -> Artifact:
    return Artifact(**{str(key): value for key, value in row.items() if key != "retrieval_id"})


def _alive(owner: str) -> bool:
    """Tell whether the holder of a lease may still live: on another machine it may, on this one its process is asked."""
    host, pid, _ = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _add_new_columns(engine: sa.Engine) -> None:
    """Give a ledger of an earlier version the columns that it lacks; they are all nullable."""
    with engine.begin() as connection:
        known = {column["name"] for column in sa.inspect(connection).get_columns(retrievals.name)}
        for column in (retrievals.c.year,):
            if column.name not in known:
                kind = column.type.compile(engine.dialect)
                connection.execute(sa.text(f"ALTER TABLE {retrievals.name} ADD COLUMN {column.name} {kind}"))


def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("busy_timeout=30000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    deadline = time.monotonic() + WAL_WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            # SQLite does not wait for its own busy timeout while another process changes the mode of a fresh file.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
