"""Tokens for programs: `mrv_<token_id>_<secret>`, of one user, for some actions, for at most 90 days."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from mrv.dataroom import doers
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.database import moment
from mrv.dataroom.models import tokens, users
from mrv.dataroom.permissions import ALLOWED, Action, Principal, Role, asks_for_second_factor
from mrv.dataroom.phrased import Refused
from mrv.dataroom.sessions import grants_of, hashed

LONGEST_DAYS = 90
_USED_EVERY = timedelta(hours=1)
_NAME = 100


@dataclass(frozen=True)
class Wish:
    """A token that somebody asks for.

    Attributes:
        until: Last moment that it may live to: that of the token that asks, where one does.
    """

    name: str
    scopes: Collection[Action]
    days: int
    until: datetime | None = None


def scopes_of(principal: Principal) -> tuple[Action, ...]:
    """Return what a token of somebody may be made for: never more than they, or the token they use, may do."""
    roles = {grant.role for grant in principal.grants} | {Role.PUBLIC}
    roles |= {Role.ADMINISTRATOR} if principal.is_administrator else set()
    may = {Action.OWN}.union(*(ALLOWED[role] for role in roles))
    if principal.scopes is not None:
        may &= principal.scopes
    return tuple(action for action in Action if action in may)


def new(connection: sa.Connection, doer: doers.Doer, owner: Principal, wish: Wish) -> str:
    """Make a token and return it; it is shown this once.

    Raises:
        Refused: It has no name, lives too long, or asks for more than its owner may do.
    """
    name, may = wish.name.strip(), scopes_of(owner)
    if not name or len(name) > _NAME:
        raise Refused("account.token_needs_name", longest=_NAME)
    if not 1 <= wish.days <= LONGEST_DAYS:
        raise Refused("account.token_days", longest=LONGEST_DAYS)
    if not wish.scopes:
        raise Refused("account.token_needs_scope")
    beyond = sorted(set(wish.scopes) - set(may))
    if beyond:
        raise Refused("account.token_beyond", scopes=", ".join(beyond))
    now = datetime.now(UTC)
    until = min(now + timedelta(days=wish.days), wish.until or datetime.max.replace(tzinfo=UTC))
    token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    connection.execute(
        tokens.insert().values(
            token_id=token_id,
            secret_hash=hashed(secret),
            user_id=owner.user_id,
            name=name,
            scopes=" ".join(sorted(wish.scopes)),
            created_at=moment(now),
            expires_at=moment(until),
        )
    )
    doers.log(connection, doer, "new_token", token_id, of=owner.email, scopes=sorted(wish.scopes), until=moment(until))
    return f"mrv_{token_id}_{secret}"


def row_of(connection: sa.Connection, text: str) -> sa.RowMapping | None:
    """Return the row of a token that still lets in, with its user, or None."""
    prefix, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    person = (users.c.email, users.c.name.label("user_name"), users.c.language, users.c.is_administrator)
    query = (
        sa.select(tokens, *person, users.c.password_hash, users.c.totp_confirmed_at)
        .join(users, users.c.user_id == tokens.c.user_id)
        .where(
            tokens.c.token_id == token_id,
            tokens.c.revoked_at.is_(None),
            tokens.c.expires_at > moment(),
            users.c.is_active,
        )
    )
    row = connection.execute(query).mappings().first()
    if prefix != "mrv" or row is None or not hmac.compare_digest(row["secret_hash"], hashed(secret)):
        return None
    return row


def principal_of(connection: sa.Connection, text: str) -> Principal | None:
    """Return who a token is of, limited to what it is for, or None where it does not let in."""
    row = row_of(connection, text)
    if row is None:
        return None
    held = grants_of(connection, row["user_id"])
    asked_for = asks_for_second_factor(held, datetime.now(UTC).date(), is_administrator=row["is_administrator"])
    # A role that came after the token, or a second factor that was taken away, stops the token as it stops a session.
    is_lacking = asked_for and row["password_hash"] is not None and row["totp_confirmed_at"] is None
    return Principal(
        user_id=row["user_id"],
        email=row["email"],
        name=row["user_name"],
        language=row["language"],
        is_administrator=row["is_administrator"],
        is_complete=not is_lacking,
        grants=held,
        token_id=row["token_id"],
        scopes=_known(row["scopes"].split()),
    )


def due_note(connection: sa.Connection, token_id: str) -> sa.Update | None:
    """Return what notes that a token is used now, once an hour: a busy program must not write at each request."""
    now, mine = datetime.now(UTC), tokens.c.token_id == token_id
    used = connection.scalar(sa.select(tokens.c.last_used_at).where(mine))
    if used is not None and used >= moment(now - _USED_EVERY):
        return None
    return tokens.update().where(mine).values(last_used_at=moment(now))


def expiry(connection: sa.Connection, token_id: str | None) -> datetime | None:
    """Return when a token ends; None where there is none."""
    ends = connection.scalar(sa.select(tokens.c.expires_at).where(tokens.c.token_id == token_id))
    return datetime.fromisoformat(ends) if ends else None


def listed(connection: sa.Connection, user_id: str | None = None) -> list[sa.RowMapping]:
    """Return the tokens of a user (default: of everybody) that were not revoked, the newest first; without secrets."""
    columns = [column for column in tokens.c if column.name != "secret_hash"]
    query = sa.select(*columns, users.c.email).join(users, users.c.user_id == tokens.c.user_id)
    query = query.where(tokens.c.revoked_at.is_(None)).order_by(tokens.c.created_at.desc())
    if user_id is not None:
        query = query.where(tokens.c.user_id == user_id)
    return list(connection.execute(query).mappings())


def revoke(connection: sa.Connection, doer: doers.Doer, token_id: str, user_id: str | None = None) -> None:
    """Revoke a token, by default whoever's it is; it is dead at the next request.

    Raises:
        NotFoundError: There is no such token.
    """
    mine = sa.and_(tokens.c.token_id == token_id, tokens.c.revoked_at.is_(None))
    if user_id is not None:
        mine = sa.and_(mine, tokens.c.user_id == user_id)
    if not connection.execute(tokens.update().where(mine).values(revoked_at=moment())).rowcount:
        raise NotFoundError("there is no such token", found=token_id)
    doers.log(connection, doer, "revoke_token", token_id)


def _known(names: Iterable[str]) -> frozenset[Action]:
    # An action of an earlier release that is no more allows nothing.
    return frozenset(Action(name) for name in names if name in set(Action))
