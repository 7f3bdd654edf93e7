"""Sessions of signed-in people: the secret lies in their cookie, its hash and everything else in the database."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

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


def needs_touch(connection: sa.Connection, secret: str) -> bool:
    """Return whether a session was last noted as used so long ago that it should be noted again."""
    seen = connection.scalar(sa.select(sessions.c.last_seen_at).where(sessions.c.session_hash == hashed(secret)))
    return seen is not None and seen < moment(datetime.now(UTC) - _SEEN_EVERY)


def touch(connection: sa.Connection, secret: str) -> None:
    """Note that a session was used now."""
    connection.execute(sessions.update().where(sessions.c.session_hash == hashed(secret)).values(last_seen_at=moment()))


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
