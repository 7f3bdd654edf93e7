"""The access log: append-only, each entry chained to the one before by its hash, written in the transaction of the act."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mrv.dataroom.database import moment
from mrv.dataroom.models import access_log

FIRST = "0" * 64
"""What the first entry follows."""
_LOCK = 7_302_959
HASHED = (
    "entry_no", "at", "user_id", "actor", "session_id", "token_id", "address", "action", "project", "period", "object",
    "outcome", "detail", "salt",
)  # fmt: skip
"""Columns that the hash of an entry's content covers, as a JSON array in this order."""


@dataclass(frozen=True)
class Act:
    """What somebody did, or was refused.

    Attributes:
        action: Word for the act, such as `download`.
        object: What it was done to, such as the id of a package or file.
    """

    user_id: str | None
    actor: str
    address: str
    action: str
    object: str
    project: str | None = None
    period: str | None = None
    session_id: str | None = None
    token_id: str | None = None
    outcome: str = "done"
    detail: Mapping[str, Any] = field(default_factory=dict)


def content_hash(row: Mapping[str, Any]) -> str:
    """Return the sha256 of what an entry says, without its place in the chain.

    The chain needs no more of an entry than this: whoever may not read an entry can still check that it is where it was.
    """
    text = json.dumps([row[name] for name in HASHED], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chained(previous_hash: str, content: str) -> str:
    """Return the hash of an entry: that of the entry before it and of its own content, as hexadecimal text."""
    return hashlib.sha256(f"{previous_hash}{content}".encode()).hexdigest()


def entry_hash(row: Mapping[str, Any]) -> str:
    """Return the hash that an entry ought to have."""
    return chained(row["previous_hash"], content_hash(row))


def append(connection: sa.Connection, act: Act) -> int:
    """Write an act to the log in the transaction of the connection (from `Database.writing`); return its number."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    before = newest(connection)
    row: dict[str, Any] = {
        "entry_no": before[0] + 1,
        "at": moment(),
        **{name: _plain(getattr(act, name)) for name in _OF_ACT},
        "detail": _plain(json.dumps(act.detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))),
        "salt": secrets.token_hex(16),
        "previous_hash": before[1],
    }
    row["entry_hash"] = entry_hash(row)
    connection.execute(access_log.insert().values(**row))
    return int(row["entry_no"])


_OF_ACT = (
    "user_id", "actor", "session_id", "token_id", "address", "action", "project", "period", "object", "outcome",
)  # fmt: skip


def newest(connection: sa.Connection) -> tuple[int, str]:
    """Return number and hash of the newest entry; 0 and `FIRST` where there is none."""
    query = sa.select(access_log.c.entry_no, access_log.c.entry_hash).order_by(access_log.c.entry_no.desc()).limit(1)
    row = connection.execute(query).first()
    return (row.entry_no, row.entry_hash) if row else (0, FIRST)


def is_noted(connection: sa.Connection, act: Act) -> bool:
    """Return whether the same session or token has the same act in the log already, today (UTC)."""
    same = [
        access_log.c[name].is_(None) if getattr(act, name) is None else access_log.c[name] == getattr(act, name)
        for name in ("session_id", "token_id", "user_id", "project", "period")
    ]
    query = sa.select(access_log.c.entry_no).where(
        *same,
        access_log.c.action == act.action,
        access_log.c.object == act.object,
        access_log.c.at >= datetime.now(UTC).date().isoformat(),
    )
    return connection.execute(query.limit(1)).first() is not None


def _plain(text: str | None) -> str | None:
    # PostgreSQL holds no NUL and no half of a surrogate pair; a hostile address must not keep an act from being logged.
    return (
        None if text is None else text.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")
    )
