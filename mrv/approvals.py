"""Who approved which changed content as the next version of a package, and what waits for an approval."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mrv.errors import LedgerError
from mrv.ledger import Ledger, now

metadata = sa.MetaData()
_text = sa.Text

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("project", _text, primary_key=True),
    sa.Column("period", _text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content_key", _text, primary_key=True),
    sa.Column("approved_by", _text, nullable=False),
    sa.Column("reason", _text, nullable=False),
    sa.Column("approved_at", _text, nullable=False),
)
proposals = sa.Table(
    "proposals",
    metadata,
    sa.Column("project", _text, primary_key=True),
    sa.Column("period", _text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("content_key", _text, nullable=False),
    sa.Column("difference", _text, nullable=False),
    sa.Column("proposed_at", _text, nullable=False),
)


@dataclass(frozen=True)
class Proposal:
    """Content that would become a version: `difference` says what it would change, as JSON."""

    version: int
    content_key: str
    difference: Mapping[str, Any]
    proposed_at: str


@dataclass(frozen=True)
class Approver:
    """Who approves, and why.

    Raises:
        LedgerError: One of the two is empty.
    """

    name: str
    reason: str

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.reason.strip():
            raise LedgerError("an approval needs a name and a reason", remedy="give both")


@dataclass(frozen=True)
class Approved:
    """Who approved a content, why, and when (ISO 8601)."""

    approved_by: str
    reason: str
    approved_at: str


class Approvals:
    """Approvals of one period of one project, in the ledger's database."""

    def __init__(self, ledger: Ledger, project: str, period: str) -> None:
        self._engine = ledger.engine
        self._names = {"project": project, "period": period}
        metadata.create_all(self._engine)

    def _of(self, table: sa.Table, **more: Any) -> list[sa.ColumnElement[bool]]:
        return [table.c[name] == value for name, value in {**self._names, **more}.items()]

    def proposal(self) -> Proposal | None:
        """Return what waits for an approval."""
        with self._engine.connect() as connection:
            row = connection.execute(proposals.select().where(*self._of(proposals))).mappings().first()
        if row is None:
            return None
        return Proposal(row["version"], row["content_key"], json.loads(row["difference"]), row["proposed_at"])

    def propose(self, *, version: int, content_key: str, difference: Mapping[str, Any]) -> None:
        """Note what waits for an approval; a newer content takes the place of an older one."""
        said = {"version": version, "content_key": content_key, "difference": json.dumps(difference)}
        with self._engine.begin() as connection:
            connection.execute(proposals.delete().where(*self._of(proposals)))
            connection.execute(proposals.insert().values(**self._names, **said, proposed_at=now().isoformat()))

    def withdraw(self) -> None:
        """Note that nothing waits any longer."""
        if self.proposal() is not None:
            with self._engine.begin() as connection:
                connection.execute(proposals.delete().where(*self._of(proposals)))

    def approved(self, *, version: int, content_key: str) -> Approved | None:
        """Return who approved exactly this content as this version."""
        where = self._of(approvals, version=version, content_key=content_key)
        with self._engine.connect() as connection:
            row = connection.execute(approvals.select().where(*where)).mappings().first()
        return None if row is None else Approved(row["approved_by"], row["reason"], row["approved_at"])

    def approve(self, approver: Approver, *, version: int, content_key: str) -> Approved:
        """Record an approval; the first one of a content stands."""
        if (known := self.approved(version=version, content_key=content_key)) is not None:
            return known
        made = {"approved_by": approver.name, "reason": approver.reason, "approved_at": now().isoformat()}
        with self._engine.begin() as connection:
            values = {**self._names, "version": version, "content_key": content_key, **made}
            connection.execute(approvals.insert().values(**values))
        return Approved(**made)
