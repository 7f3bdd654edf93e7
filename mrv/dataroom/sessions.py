"""Sessions of signed-in people: the secret lies in their cookie, its hash and everything else in the database."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from starlette.responses import Response

from mrv.dataroom.database import moment
from mrv.dataroom.models import grants, sessions, users
from mrv.dataroom.permissions import Grant, Principal, Role

COOKIE = "__Host-mrv"
LENGTH = timedelta(hours=12)
IDLE = timedelta(hours=2)
_SEEN_EVERY = timedelta(minutes=1)


def hashed(secret: str) -> str:
    """Return what is stored of a random secret; it is long, so a fast hash does."""
    return hashlib.sha256(secret.encode()).hexdigest()


def start(connection: sa.Connection, user_id: str, *, is_complete: bool, address: str, agent: str) -> str:
    """Start a session and return the secret for the cookie."""
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    connection.execute(
        sessions.insert().values(
            session_hash=hashed(secret),
            session_id=secrets.token_hex(8),
            user_id=user_id,
            is_complete=is_complete,
            created_at=moment(now),
            last_seen_at=moment(now),
            expires_at=moment(now + LENGTH),
            address=address,
            agent=agent[:200],
        )
    )
    return secret


def principal_of(connection: sa.Connection, secret: str) -> Principal | None:
    """Return who a session is of, or None where it is unknown, over, idle for too long, or of a disabled account."""
    now = datetime.now(UTC)
    query = (
        sa.select(sessions.c.session_id, sessions.c.is_complete, users)
        .join(users, users.c.user_id == sessions.c.user_id)
        .where(
            sessions.c.session_hash == hashed(secret),
            sessions.c.revoked_at.is_(None),
            sessions.c.expires_at > moment(now),
            sessions.c.last_seen_at > moment(now - IDLE),
            users.c.is_active,
        )
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return Principal(
        user_id=row["user_id"],
        email=row["email"],
        name=row["name"],
        language=row["language"],
        is_administrator=row["is_administrator"],
        is_complete=row["is_complete"],
        grants=grants_of(connection, row["user_id"]),
        session_id=row["session_id"],
    )


def id_of(connection: sa.Connection, secret: str) -> str:
    """Return the open name of the session of a secret, as the access log has it."""
    found = connection.scalar(sa.select(sessions.c.session_id).where(sessions.c.session_hash == hashed(secret)))
    return found or ""


def set_cookie(response: Response, secret: str) -> None:
    """Give a session's secret to the browser; it ends with the session."""
    response.set_cookie(
        COOKIE, secret, max_age=int(LENGTH.total_seconds()), path="/", secure=True, httponly=True, samesite="lax"
    )


def clear_cookie(response: Response) -> None:
    """Take the session's secret from the browser."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def end(connection: sa.Connection, secret: str) -> None:
    """End the session of a secret, if there is one."""
    mine = sa.and_(sessions.c.session_hash == hashed(secret), sessions.c.revoked_at.is_(None))
    connection.execute(sessions.update().where(mine).values(revoked_at=moment()))


def end_others(connection: sa.Connection, user_id: str, session_id: str | None = None) -> int:
    """End the sessions of a user but one (default: all); return how many."""
    others = sa.and_(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None))
    if session_id is not None:
        others = sa.and_(others, sessions.c.session_id != session_id)
    return connection.execute(sessions.update().where(others).values(revoked_at=moment())).rowcount


def live_of(connection: sa.Connection, user_id: str) -> list[sa.RowMapping]:
    """Return the sessions of a user that still let in, the one used last first; without their secrets."""
    now = datetime.now(UTC)
    query = sa.select(*(column for column in sessions.c if column.name != "session_hash")).where(
        sessions.c.user_id == user_id,
        sessions.c.revoked_at.is_(None),
        sessions.c.expires_at > moment(now),
        sessions.c.last_seen_at > moment(now - IDLE),
    )
    return list(connection.execute(query.order_by(sessions.c.last_seen_at.desc())).mappings())


def due_note(connection: sa.Connection, session_id: str) -> sa.Update | None:
    """Return what notes that a session is used now, where that was last noted long enough ago."""
    now = datetime.now(UTC)
    mine = sessions.c.session_id == session_id
    seen = connection.scalar(sa.select(sessions.c.last_seen_at).where(mine))
    if seen is None or seen >= moment(now - _SEEN_EVERY):
        return None
    return sessions.update().where(mine).values(last_seen_at=moment(now))


def grants_of(connection: sa.Connection, user_id: str) -> tuple[Grant, ...]:
    """Return the grants of a user that nobody revoked, whatever their days."""
    query = sa.select(grants).where(grants.c.user_id == user_id, grants.c.revoked_at.is_(None))
    return tuple(
        Grant(
            Role(row["role"]),
            row["project"],
            row["period"],
            date.fromisoformat(row["starts_on"]),
            date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
        )
        for row in connection.execute(query.order_by(grants.c.grant_id)).mappings()
    )
