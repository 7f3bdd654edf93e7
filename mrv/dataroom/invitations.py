"""Invitations: a link with a secret, for one e-mail address, once, for seven days; the first administrator's too."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from mrv.dataroom import doers, engagements
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.database import moment
from mrv.dataroom.models import invitations, tokens, users
from mrv.dataroom.phrased import Refused
from mrv.dataroom.sessions import end_others, hashed

LIFE = timedelta(days=7)
FIRST_LIFE = timedelta(hours=24)
_EMAIL = re.compile(r"[^@\s<>\"']{1,64}@[^@\s<>\"']{1,189}")
_NAME = 200


@dataclass(frozen=True)
class Invited:
    """What an invitation gives."""

    email: str
    grants: Sequence[engagements.Wish] = ()
    is_administrator: bool = False


@dataclass(frozen=True)
class Answer:
    """What somebody who opens an invitation writes; the address counts only where the invitation names none."""

    name: str
    organisation: str
    password_hash: str
    email: str = ""
    language: str = "es"


def normal_email(text: str) -> str:
    """Return an e-mail address as accounts hold it.

    Raises:
        Refused: It is none.
    """
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise Refused("account.email_needed")
    return email


def invite(connection: sa.Connection, doer: doers.Doer, invited: Invited) -> str:
    """Invite somebody; return the secret of the link, which is shown this once.

    Raises:
        Refused: The address is none or has an account, nothing is given, or a grant does not hold.
    """
    email = normal_email(invited.email)
    if connection.scalar(sa.select(users.c.user_id).where(users.c.email == email)) is not None:
        raise Refused("admin.has_account", email=email)
    if not invited.grants and not invited.is_administrator:
        raise Refused("admin.invitation_empty")
    wishes = [engagements.checked(wish) for wish in invited.grants]
    invitation_id = secrets.token_hex(8)
    roles = ["administrator"] if invited.is_administrator else [f"{wish.role} of {wish.project}" for wish in wishes]
    by = doers.log(connection, doer, "invite", invitation_id, email=email, roles=roles)
    return _write(
        connection,
        invitation_id=invitation_id,
        email=email,
        is_administrator=invited.is_administrator,
        grants=engagements.as_json(wishes),
        invited_by=by,
        life=LIFE,
    )


def password_link(connection: sa.Connection, doer: doers.Doer, email: str) -> str:
    """Return the secret of a link by which the owner of a local account sets a new password.

    Raises:
        Refused: There is no local account of this address.
    """
    local = sa.select(users.c.user_id).where(users.c.email == email, users.c.password_hash.is_not(None))
    if connection.scalar(local) is None:
        raise Refused("account.signs_in_elsewhere")
    _void_password_links(connection, email)
    invitation_id = secrets.token_hex(8)
    by = doers.log(connection, doer, "invite", invitation_id, email=email, roles=["new password"])
    given: dict[str, str | bool | None] = {"email": email, "is_administrator": False, "grants": "[]"}
    return _write(connection, invitation_id=invitation_id, invited_by=by, life=LIFE, **given)


def _void_password_links(connection: sa.Connection, email: str) -> None:
    nothing_else = sa.and_(invitations.c.is_administrator.is_(False), invitations.c.grants == "[]")
    connection.execute(
        invitations.delete().where(invitations.c.email == email, nothing_else, invitations.c.used_at.is_(None))
    )


def is_password_link(row: sa.RowMapping) -> bool:
    """Return whether an invitation gives nothing but a new password for the account that is there."""
    return row["email"] is not None and not row["is_administrator"] and row["grants"] == "[]"


def set_password(connection: sa.Connection, doer: doers.Doer, row: sa.RowMapping, password_hash: str) -> str:
    """Set the password of an account by its link, end its sessions, tokens and other such links; return the user's id.

    The link is the way back after a theft. The second factor stays.

    Raises:
        NotFoundError: The link does not let in any more.
    """
    mine = sa.and_(users.c.email == row["email"], users.c.is_active, users.c.password_hash.is_not(None))
    user_id: str | None = connection.scalar(sa.select(users.c.user_id).where(mine))
    if user_id is None:
        raise NotFoundError("this link does not let in any more", remedy="ask for a new one")
    redeem(connection, row["invitation_id"], user_id)
    connection.execute(users.update().where(mine).values(password_hash=password_hash))
    end_others(connection, user_id)
    _void_password_links(connection, row["email"])
    alive = sa.and_(tokens.c.user_id == user_id, tokens.c.revoked_at.is_(None))
    connection.execute(tokens.update().where(alive).values(revoked_at=moment()))
    doers.log(connection, doer, "change_password", user_id, by_link=row["invitation_id"])
    return user_id


def first_administrator(connection: sa.Connection) -> str | None:
    """Return the secret of a new link for the first administrator, or None where there are accounts.

    Links of earlier starts are void from then on.
    """
    if connection.execute(sa.select(users.c.user_id).limit(1)).first() is not None:
        return None
    connection.execute(invitations.delete().where(invitations.c.email.is_(None), invitations.c.used_at.is_(None)))
    return _write(
        connection,
        invitation_id=secrets.token_hex(8),
        email=None,
        is_administrator=True,
        grants="[]",
        invited_by="system",
        life=FIRST_LIFE,
    )


def _write(connection: sa.Connection, *, life: timedelta, **values: str | bool | None) -> str:
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    connection.execute(
        invitations.insert().values(
            secret_hash=hashed(secret), created_at=moment(now), expires_at=moment(now + life), **values
        )
    )
    return secret


def opened(connection: sa.Connection, secret: str) -> sa.RowMapping:
    """Return the invitation of a link.

    Raises:
        NotFoundError: It was used, withdrawn, has expired, or there never was one; which of them is not told.
    """
    row = connection.execute(_live().where(invitations.c.secret_hash == hashed(secret))).mappings().first()
    if row is None:
        raise NotFoundError(
            "this invitation does not let in: it was used or withdrawn, or its time is over",
            remedy="ask for a new one",
        )
    return row


def live_for(connection: sa.Connection, email: str) -> sa.RowMapping | None:
    """Return the newest invitation of an address that still lets in, for those who sign in elsewhere."""
    gives = sa.or_(invitations.c.is_administrator, invitations.c.grants != "[]")
    query = _live().where(invitations.c.email == email.strip().lower(), gives).order_by(invitations.c.created_at.desc())
    return connection.execute(query.limit(1)).mappings().first()


def redeem(connection: sa.Connection, invitation_id: str, user_id: str) -> None:
    """Give a user what an invitation gives, once.

    Raises:
        NotFoundError: It does not let in any more.
    """
    row = connection.execute(_live().where(invitations.c.invitation_id == invitation_id)).mappings().first()
    mine = sa.and_(invitations.c.invitation_id == invitation_id, invitations.c.used_at.is_(None))
    used = connection.execute(invitations.update().where(mine).values(used_at=moment())).rowcount
    if row is None or not used:
        raise NotFoundError("this invitation does not let in any more", remedy="ask for a new one")
    for wish in engagements.from_json(row["grants"]):
        engagements.add(connection, user_id, wish, by=row["invited_by"])


def accept(connection: sa.Connection, doer: doers.Doer, row: sa.RowMapping, answer: Answer) -> str:
    """Make the account of somebody who opened an invitation; return the user's id.

    Raises:
        Refused: The name is empty, or the address is none or has an account.
        NotFoundError: The invitation does not let in any more.
    """
    email = row["email"] or normal_email(answer.email)
    name, user_id = answer.name.strip(), secrets.token_hex(16)
    said = (name, answer.organisation)
    if not name or any(len(text) > _NAME or not text.isprintable() for text in said):
        raise Refused("account.name_needed", longest=_NAME)
    if connection.scalar(sa.select(users.c.user_id).where(users.c.email == email)) is not None:
        raise Refused("account.has_account")
    connection.execute(
        users.insert().values(
            user_id=user_id,
            email=email,
            name=name,
            organisation=answer.organisation.strip(),
            language=answer.language,
            is_administrator=row["is_administrator"],
            is_active=True,
            password_hash=answer.password_hash,
            created_at=moment(),
        )
    )
    redeem(connection, row["invitation_id"], user_id)
    doers.log(connection, doer, "accept_invitation", row["invitation_id"], email=email)
    return user_id


def withdraw(connection: sa.Connection, doer: doers.Doer, invitation_id: str) -> None:
    """Take an invitation back.

    Raises:
        NotFoundError: It was used, or there is none.
    """
    mine = sa.and_(invitations.c.invitation_id == invitation_id, invitations.c.used_at.is_(None))
    if not connection.execute(invitations.delete().where(mine)).rowcount:
        raise NotFoundError("there is no such invitation", found=invitation_id)
    doers.log(connection, doer, "withdraw_invitation", invitation_id)


def listed(connection: sa.Connection) -> list[sa.RowMapping]:
    """Return the invitations that still let in, the newest first; without their secrets."""
    rows = connection.execute(_live().where(invitations.c.email.is_not(None)).order_by(invitations.c.created_at.desc()))
    return list(rows.mappings())


def _live() -> sa.Select[tuple[object, ...]]:
    columns = [column for column in invitations.c if column.name != "secret_hash"]
    return sa.select(*columns).where(invitations.c.used_at.is_(None), invitations.c.expires_at > moment())
