"""Failed sign-ins are limited per account and per address, in a window that passes by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from mrv.dataroom.database import moment
from mrv.dataroom.models import attempts, sessions
from mrv.dataroom.phrased import Refused

WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 10, 50
_LOCK = 7_302_960


class TooManyError(Refused):
    """Too many sign-ins failed.

    Args:
        until: When to try again.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__("account.too_many", until=f"{until:%H:%M} UTC")
        self.until = until
        self.wait_s = max(1, int((until - datetime.now(UTC)).total_seconds()) + 1)


@dataclass(frozen=True)
class Attempt:
    """One attempt, counted as failed until it is told that it was not."""

    account: str
    ids: tuple[int, ...]


def begin(connection: sa.Connection, email: str, user_id: str | None, address: str) -> Attempt:
    """Count an attempt before the password is looked at, so that many at the same time do not slip through.

    Raises:
        TooManyError: The account or the address has no attempt left.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    now = datetime.now(UTC)
    connection.execute(attempts.delete().where(attempts.c.failed_at <= moment(now - WINDOW)))
    account = _account(connection, email, user_id, address)
    asked = (("account", account, PER_ACCOUNT), ("address", address, PER_ADDRESS))
    for kind, subject, most in asked:
        mine = sa.and_(attempts.c.kind == kind, attempts.c.subject == subject)
        failed: list[str] = list(
            connection.scalars(sa.select(attempts.c.failed_at).where(mine).order_by(attempts.c.failed_at))
        )
        if len(failed) >= most:
            raise TooManyError(datetime.fromisoformat(failed[-most]) + WINDOW)
    ids: list[int] = []
    for kind, subject, _most in asked:
        added = attempts.insert().values(kind=kind, subject=subject, failed_at=moment(now))
        ids.append(connection.execute(added.returning(attempts.c.attempt_id)).scalar_one())
    return Attempt(account, tuple(ids))


def right(connection: sa.Connection, attempt: Attempt, *, is_complete: bool) -> None:
    """Take an attempt back that was right; once somebody is wholly signed in, their failures before it too."""
    connection.execute(attempts.delete().where(attempts.c.attempt_id.in_(attempt.ids)))
    if is_complete:
        earlier = sa.and_(attempts.c.kind == "account", attempts.c.subject == attempt.account)
        connection.execute(attempts.delete().where(earlier))


def _account(connection: sa.Connection, email: str, user_id: str | None, address: str) -> str:
    # A stranger who fails on purpose shuts an account's owner out only at addresses the owner never came from.
    known = sa.select(sessions.c.session_id).where(
        sessions.c.user_id == user_id, sessions.c.address == address, sessions.c.is_complete
    )
    if user_id is not None and connection.execute(known.limit(1)).first() is not None:
        return f"{email} at {address}"
    return email
