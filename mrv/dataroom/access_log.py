"""The access log: append-only, each entry chained to the one before by its hash, written in the transaction of the act."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from mrv.dataroom.database import moment
from mrv.dataroom.models import access_log

FIRST = "0" * 64
"""What the first entry follows."""
_LOCK = 7_302_959
HASHED = (
    "entry_no", "at", "user_id", "actor", "session_id", "token_id", "address", "action", "project", "object", "outcome",
    "detail", "previous_hash",
)  # fmt: skip
"""Columns that the hash of an entry covers, as a JSON array in this order."""


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
    session_id: str | None = None
    token_id: str | None = None
    outcome: str = "done"
    detail: Mapping[str, Any] = field(default_factory=dict)


def entry_hash(row: Mapping[str, Any]) -> str:
    """Return the sha256 of an entry."""
    text = json.dumps([row[name] for name in HASHED], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def append(connection: sa.Connection, act: Act) -> int:
    """Write an act to the log in the transaction of the connection (from `Database.writing`); return its number."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    newest = sa.select(access_log.c.entry_no, access_log.c.entry_hash).order_by(access_log.c.entry_no.desc()).limit(1)
    before = connection.execute(newest).first()
    row: dict[str, Any] = {
        "entry_no": before.entry_no + 1 if before else 1,
        "at": moment(),
        **{name: getattr(act, name) for name in ("user_id", "actor", "session_id", "token_id", "address", "action")},
        "project": act.project,
        "object": act.object,
        "outcome": act.outcome,
        "detail": json.dumps(act.detail, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        "previous_hash": before.entry_hash if before else FIRST,
    }
    row["entry_hash"] = entry_hash(row)
    connection.execute(access_log.insert().values(**row))
    return int(row["entry_no"])
