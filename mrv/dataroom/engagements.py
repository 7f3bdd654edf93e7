"""Grants: who has which role in which project, or one period of it, from which day to which; and projects open to all."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from mrv.dataroom import doers
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.database import moment
from mrv.dataroom.models import grants, public_projects, sessions, users
from mrv.dataroom.permissions import ENGAGED, TWO_FACTORS, Role
from mrv.dataroom.phrased import Refused

GRANTED = (Role.VERIFIER, Role.PREPARER, Role.ANALYST, Role.REGISTRY_READER)
"""Roles that a grant gives; administrators are invited as such, and the public is nobody in particular."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Wish:
    """A role that somebody shall have. Days are ISO 8601 text, as forms and JSON send them; both are included."""

    project: str
    role: str
    period: str | None = None
    starts_on: str | None = None
    ends_on: str | None = None


def checked(wish: Wish) -> Wish:
    """Return a wish in order, from today where it names no first day.

    Raises:
        Refused: It names no project or role, its days do not hold, or the role needs an end.
    """
    if not _NAME.fullmatch(wish.project) or (wish.period and not _NAME.fullmatch(wish.period)):
        raise Refused("admin.grant_needs_project")
    if wish.role not in GRANTED:
        raise Refused("admin.grant_needs_role")
    starts_on = _day(wish.starts_on) or datetime.now(UTC).date()
    ends_on = _day(wish.ends_on)
    if ends_on is None and wish.role in ENGAGED:
        raise Refused("admin.grant_needs_end")
    if ends_on is not None and ends_on < starts_on:
        raise Refused("admin.grant_days")
    return Wish(
        wish.project, wish.role, wish.period or None, starts_on.isoformat(), ends_on.isoformat() if ends_on else None
    )


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused("admin.grant_days") from error


def as_json(wishes: Iterable[Wish]) -> str:
    """Return wishes as an invitation holds them."""
    return json.dumps([asdict(wish) for wish in wishes], sort_keys=True)


def from_json(text: str) -> list[Wish]:
    """Return the wishes that an invitation holds."""
    return [Wish(**row) for row in json.loads(text)]


def grant(connection: sa.Connection, doer: doers.Doer, user_id: str, wish: Wish) -> str:
    """Give a user a role; return the id of the grant.

    Raises:
        Refused: The wish does not hold.
        NotFoundError: There is no such user.
    """
    email = connection.scalar(sa.select(users.c.email).where(users.c.user_id == user_id))
    if email is None:
        raise NotFoundError("there is no such user", found=user_id)
    right, grant_id = checked(wish), secrets.token_hex(8)
    said: dict[str, Any] = {"to": email, "role": right.role, "starts_on": right.starts_on, "ends_on": right.ends_on}
    by = doers.log(connection, doer, "grant", grant_id, project=right.project, period=right.period, **said)
    add(connection, user_id, right, by=by, grant_id=grant_id)
    return grant_id


def add(connection: sa.Connection, user_id: str, wish: Wish, *, by: str, grant_id: str | None = None) -> None:
    """Write down a grant that was checked and logged."""
    connection.execute(
        grants.insert().values(
            grant_id=grant_id or secrets.token_hex(8),
            user_id=user_id,
            **asdict(wish),
            granted_by=by,
            granted_at=moment(),
        )
    )
    if wish.role in TWO_FACTORS:
        # Local accounts without a second factor must set one up before they go on, in sessions that are open too.
        lacking = sa.select(users.c.user_id).where(
            users.c.user_id == user_id, users.c.password_hash.is_not(None), users.c.totp_confirmed_at.is_(None)
        )
        connection.execute(sessions.update().where(sessions.c.user_id.in_(lacking)).values(is_complete=False))


def revoke(connection: sa.Connection, doer: doers.Doer, grant_id: str) -> None:
    """Take a grant back.

    Raises:
        NotFoundError: There is no such grant.
    """
    row = _live(connection, grant_id)
    connection.execute(grants.update().where(grants.c.grant_id == grant_id).values(revoked_at=moment()))
    said = {"from": row["email"], "role": row["role"]}
    doers.log(connection, doer, "revoke_grant", grant_id, project=row["project"], period=row["period"], **said)


def end(connection: sa.Connection, doer: doers.Doer, grant_id: str, ends_on: str) -> None:
    """Set the last day of a grant.

    Raises:
        Refused: The day is none, or before the first one.
        NotFoundError: There is no such grant.
    """
    row = _live(connection, grant_id)
    right = checked(Wish(row["project"], row["role"], row["period"], row["starts_on"], ends_on))
    connection.execute(grants.update().where(grants.c.grant_id == grant_id).values(ends_on=right.ends_on))
    said = {"of": row["email"], "role": row["role"], "from": row["ends_on"], "to": right.ends_on}
    doers.log(connection, doer, "end_grant", grant_id, project=row["project"], period=row["period"], **said)


def listed(connection: sa.Connection, user_id: str | None = None) -> list[sa.RowMapping]:
    """Return the grants of a user (default: of everybody) that nobody revoked, by project."""
    query = sa.select(grants, users.c.email, users.c.name).join(users, users.c.user_id == grants.c.user_id)
    query = query.where(grants.c.revoked_at.is_(None))
    if user_id is not None:
        query = query.where(grants.c.user_id == user_id)
    order = (grants.c.project, users.c.email, grants.c.starts_on, grants.c.grant_id)
    return list(connection.execute(query.order_by(*order)).mappings())


def state(row: sa.RowMapping, today: date) -> str:
    """Return whether a grant is `ahead`, `running` or `over` on a day."""
    if today.isoformat() < row["starts_on"]:
        return "ahead"
    return "over" if row["ends_on"] and row["ends_on"] < today.isoformat() else "running"


def open_to_all(connection: sa.Connection, doer: doers.Doer, project: str) -> None:
    """Let everybody read a project, signed in or not.

    Raises:
        Refused: That is no name of a project.
    """
    if not _NAME.fullmatch(project):
        raise Refused("admin.grant_needs_project")
    found = connection.scalar(sa.select(public_projects.c.project).where(public_projects.c.project == project))
    if found is None:
        by = doers.log(connection, doer, "open_project", project, project=project)
        connection.execute(public_projects.insert().values(project=project, opened_by=by, opened_at=moment()))


def close_to_all(connection: sa.Connection, doer: doers.Doer, project: str) -> None:
    """Let only those read a project who have a grant."""
    if connection.execute(public_projects.delete().where(public_projects.c.project == project)).rowcount:
        doers.log(connection, doer, "close_project", project, project=project)


def open_projects(connection: sa.Connection) -> list[sa.RowMapping]:
    """Return the projects that are open to all, with who opened them and when."""
    return list(connection.execute(sa.select(public_projects).order_by(public_projects.c.project)).mappings())


def _live(connection: sa.Connection, grant_id: str) -> sa.RowMapping:
    query = sa.select(grants, users.c.email).join(users, users.c.user_id == grants.c.user_id)
    query = query.where(grants.c.grant_id == grant_id, grants.c.revoked_at.is_(None))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundError("there is no such grant", found=grant_id)
    return row
