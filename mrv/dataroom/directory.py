"""The users of the installation, as administrators see and change them."""

from __future__ import annotations

import sqlalchemy as sa

from mrv.dataroom import doers, models, sessions
from mrv.dataroom.accounts import user_of
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.models import users
from mrv.dataroom.permissions import Principal
from mrv.dataroom.phrased import Refused

SHOWN = ("user_id", "email", "name", "organisation", "language", "is_administrator", "is_active", "created_at")


def listed(connection: sa.Connection) -> list[sa.RowMapping]:
    """Return every user by address, without secrets; with the moment of their last request and their second factor."""
    seen = sa.select(sa.func.max(models.sessions.c.last_seen_at)).where(models.sessions.c.user_id == users.c.user_id)
    query = sa.select(
        *(users.c[name] for name in SHOWN),
        users.c.totp_confirmed_at.is_not(None).label("has_second_factor"),
        users.c.password_hash.is_not(None).label("is_local"),
        seen.scalar_subquery().label("last_seen_at"),
    )
    return list(connection.execute(query.order_by(users.c.email)).mappings())


def one(connection: sa.Connection, user_id: str) -> sa.RowMapping:
    """Return a user as `listed` does.

    Raises:
        NotFoundError: There is no such user.
    """
    found = [row for row in listed(connection) if row["user_id"] == user_id]
    if not found:
        raise NotFoundError("there is no such user", found=user_id)
    return found[0]


def by_email(connection: sa.Connection, email: str) -> str:
    """Return the id of the user with an address.

    Raises:
        NotFoundError: There is none.
    """
    user_id: str | None = connection.scalar(sa.select(users.c.user_id).where(users.c.email == email.strip().lower()))
    if user_id is None:
        raise NotFoundError("no user has this e-mail address", found=email, remedy="`mrv user list` names them")
    return user_id


def set_active(connection: sa.Connection, doer: doers.Doer, user_id: str, *, is_active: bool) -> None:
    """Disable a user, whose sessions end at once and whose tokens are dead, or let them in again.

    Raises:
        Refused: Nobody would be left to administrate.
        NotFoundError: There is no such user.
    """
    user = user_of(connection, user_id)
    if not is_active and user["is_administrator"]:
        others = sa.select(users.c.user_id).where(
            users.c.is_administrator, users.c.is_active, users.c.user_id != user_id
        )
        if connection.execute(others.limit(1)).first() is None:
            raise Refused("admin.last_administrator")
    connection.execute(users.update().where(users.c.user_id == user_id).values(is_active=is_active))
    if not is_active:
        sessions.end_others(connection, user_id)
    doers.log(connection, doer, "enable_user" if is_active else "disable_user", user_id, of=user["email"])


def principal_of(connection: sa.Connection, user_id: str) -> Principal:
    """Return a user with what they may, for what is done in their name at the terminal.

    Raises:
        Refused: The user is disabled.
    """
    user = user_of(connection, user_id)
    if not user["is_active"]:
        raise Refused("admin.user_disabled", email=user["email"])
    return Principal(
        user_id=user_id,
        email=user["email"],
        name=user["name"],
        language=user["language"],
        is_administrator=user["is_administrator"],
        is_complete=True,
        grants=sessions.grants_of(connection, user_id),
    )
