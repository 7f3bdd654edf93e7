"""Signing in with a local account, its second factor, and what people change about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from fastapi import Request

from mrv.dataroom import access_log, attempts, doers, models, passwords, secret, sessions, tokens, totp
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.database import moment
from mrv.dataroom.models import users
from mrv.dataroom.permissions import asks_for_second_factor
from mrv.dataroom.phrased import Refused
from mrv.dataroom.room import Access, Room, address_of
from mrv.settings import Settings

NAME = 200


@dataclass(frozen=True)
class SignedIn:
    """A session that began: its secret for the cookie, and whether a second factor is missing."""

    cookie: str
    is_complete: bool


def user_of(connection: sa.Connection, user_id: str | None) -> sa.RowMapping:
    """Return a user.

    Raises:
        NotFoundError: There is no such user.
    """
    row = connection.execute(sa.select(users).where(users.c.user_id == user_id)).mappings().first()
    if row is None:
        raise NotFoundError("there is no such user", found=user_id)
    return row


def needs_second_factor(connection: sa.Connection, user: Mapping[Any, Any]) -> bool:
    """Return whether a local account has a second factor, or has a role that needs one."""
    if user["totp_confirmed_at"] is not None:
        return True
    held, today = sessions.grants_of(connection, user["user_id"]), datetime.now(UTC).date()
    return asks_for_second_factor(held, today, is_administrator=user["is_administrator"])


def session_for(
    room: Room, connection: sa.Connection, user_id: str, request: Request, *, is_complete: bool = True
) -> str:
    """Start a session for somebody who was recognised, end the one that the request came with, return the secret.

    A secret that was in the browser before is never one that is signed in afterwards: nobody can plant it there.
    """
    before = request.cookies.get(sessions.COOKIE)
    if before:
        sessions.end(connection, before)
    user = user_of(connection, user_id)
    if not is_complete and user["totp_confirmed_at"] is None and user["totp_secret"] is None:
        _plant(room.settings, connection, user_id)
    agent = request.headers.get("user-agent", "")
    return sessions.start(connection, user_id, is_complete=is_complete, address=address_of(request), agent=agent)


def sign_in(access: Access, email: str, password: str) -> SignedIn:
    """Let somebody in who knows the password of a local account.

    Raises:
        Refused: Wrong, or no such account, which look the same; or too many failed before.
    """
    room, mail = access.room, email.strip().lower()
    with room.database.writing() as connection:
        query = sa.select(users).where(users.c.email == mail, users.c.is_active, users.c.password_hash.is_not(None))
        user = connection.execute(query).mappings().first()
        attempt = attempts.begin(connection, mail, user["user_id"] if user else None, address_of(access.request))
    # The hash takes long, on purpose: not inside a transaction, where others would wait for it.
    right = passwords.matches(user["password_hash"] if user else None, password)
    if user is None or not right:
        _note_failure(access, user, "password")
        raise Refused("account.sign_in_wrong")
    fresh = passwords.hashed(password) if passwords.is_outdated(user["password_hash"]) else None
    with room.database.writing() as connection:
        if user_of(connection, user["user_id"])["password_hash"] != user["password_hash"]:
            raise Refused("account.sign_in_wrong")  # it was changed while we looked at the old one
        if fresh is not None:
            mine = users.c.user_id == user["user_id"]
            connection.execute(users.update().where(mine).values(password_hash=fresh))
        complete = not needs_second_factor(connection, user)
        attempts.right(connection, attempt, is_complete=complete)
        cookie = session_for(room, connection, user["user_id"], access.request, is_complete=complete)
        _note(connection, access, user, "sign_in", cookie, second_factor="missing" if not complete else "not needed")
    return SignedIn(cookie, complete)


def give_code(access: Access, code: str) -> str:
    """Complete a session by a code, or by the first code of a second factor that is set up; return the new secret.

    Raises:
        Refused: The code is wrong or was used, or too many failed before.
    """
    user = check_code(access, code)
    with access.room.database.writing() as connection:
        cookie = session_for(access.room, connection, user["user_id"], access.request)
        first = user["totp_confirmed_at"] is None
        _note(connection, access, user, "set_up_second_factor" if first else "second_factor", cookie)
    return cookie


def check_code(access: Access, code: str) -> sa.RowMapping:
    """Use up a code of whoever asks, within the limit of failures; return the user as they were before.

    Raises:
        Refused: The code is wrong or was used, or too many failed before.
    """
    room = access.room
    with room.database.writing() as connection:
        user = user_of(connection, access.principal.user_id)
        attempt = attempts.begin(connection, user["email"], user["user_id"], address_of(access.request))
    with room.database.writing() as connection:
        right = use_code(room.settings, connection, user["user_id"], code)
        if right:
            attempts.right(connection, attempt, is_complete=True)
    if not right:
        _note_failure(access, user, "code")
        raise Refused("account.code_wrong")
    return user


def drop_second_factor(access: Access, code: str) -> None:
    """Take one's own second factor away, which needs a code of it.

    Raises:
        Refused: The account has none, its role needs one, or the code is wrong.
    """
    with access.room.database.reading() as connection:
        user = user_of(connection, access.principal.user_id)
        if user["totp_confirmed_at"] is None:
            raise Refused("account.no_second_factor")
        if needs_second_factor(connection, {**user, "totp_confirmed_at": None}):
            raise Refused("account.second_factor_needed")
    check_code(access, code)
    with access.room.database.writing() as connection:
        remove_second_factor(connection, access, user["user_id"])


def use_code(settings: Settings, connection: sa.Connection, user_id: str, code: str) -> bool:
    """Use a code up, and confirm the second factor by it where it was not; return whether the code was right."""
    user = user_of(connection, user_id)
    if user["totp_secret"] is None:
        return False
    step = totp.step_of(secret.opened(settings, user["totp_secret"]), code, user["totp_last_step"])
    if step is None:
        return False
    unused = sa.or_(users.c.totp_last_step.is_(None), users.c.totp_last_step < step)
    same = sa.and_(users.c.user_id == user_id, users.c.totp_secret == user["totp_secret"], unused)
    confirmed = {"totp_last_step": step, "totp_confirmed_at": user["totp_confirmed_at"] or moment()}
    return connection.execute(users.update().where(same).values(**confirmed)).rowcount == 1


def seed_of(settings: Settings, user: sa.RowMapping) -> str | None:
    """Return the seed of a second factor that waits for its first code; once confirmed, it is never shown again."""
    if user["totp_secret"] is None or user["totp_confirmed_at"] is not None:
        return None
    return secret.opened(settings, user["totp_secret"])


def begin_second_factor(settings: Settings, connection: sa.Connection, user_id: str) -> None:
    """Make the seed of a second factor, which counts from its first code on.

    Raises:
        Refused: The account has one, or signs in elsewhere.
    """
    user = user_of(connection, user_id)
    if user["totp_confirmed_at"] is not None:
        raise Refused("account.second_factor_there")
    if user["password_hash"] is None:
        raise Refused("account.signs_in_elsewhere")
    _plant(settings, connection, user_id)


def remove_second_factor(connection: sa.Connection, doer: doers.Doer, user_id: str) -> None:
    """Take a second factor away; sessions of an account that needs one end, and it is set up anew at the next sign-in."""
    empty = dict.fromkeys(("totp_secret", "totp_confirmed_at", "totp_last_step"))
    connection.execute(users.update().where(users.c.user_id == user_id).values(**empty))
    user = user_of(connection, user_id)
    if needs_second_factor(connection, user):
        sessions.end_others(connection, user_id)
    doers.log(connection, doer, "remove_second_factor", user_id, of=user["email"])


def sign_out(access: Access) -> None:
    """End the session that a request came with."""
    cookie = access.request.cookies.get(sessions.COOKIE)
    with access.room.database.writing() as connection:
        if cookie and access.principal.session_id is not None:
            sessions.end(connection, cookie)
            access.log(connection, "sign_out", access.principal.session_id)


def change_password(access: Access, current: str, password: str, repeated: str) -> int:
    """Change one's own password and end one's other sessions; return how many ended.

    Raises:
        Refused: The current one is wrong, the new one is not accepted, or the account signs in elsewhere.
    """
    room = access.room
    with room.database.writing() as connection:
        user = user_of(connection, access.principal.user_id)
        if user["password_hash"] is None:
            raise Refused("account.signs_in_elsewhere")
        attempt = attempts.begin(connection, user["email"], user["user_id"], address_of(access.request))
    if not passwords.matches(user["password_hash"], current):
        _note_failure(access, user, "password")
        raise Refused("account.password_wrong")
    stored = passwords.accepted(password, repeated, user["email"])
    with room.database.writing() as connection:
        attempts.right(connection, attempt, is_complete=True)
        connection.execute(users.update().where(users.c.user_id == user["user_id"]).values(password_hash=stored))
        ended = sessions.end_others(connection, user["user_id"], access.principal.session_id)
        access.log(connection, "change_password", user["user_id"], other_sessions_ended=ended)
    return ended


def change_details(access: Access, name: str, organisation: str, language: str) -> None:
    """Change one's own name, organisation and language.

    Raises:
        Refused: The name is empty or too long, or the language is none of the two.
    """
    said = {"name": name.strip(), "organisation": organisation.strip(), "language": language}
    if not said["name"] or any(len(text) > NAME or not text.isprintable() for text in said.values()):
        raise Refused("account.name_needed", longest=NAME)
    if language not in {"en", "es"}:
        raise Refused("account.language_needed")
    with access.room.database.writing() as connection:
        user_id = user_of(connection, access.principal.user_id)["user_id"]
        connection.execute(users.update().where(users.c.user_id == user_id).values(**said))
        access.log(connection, "change_account", user_id, **said)


def end_session(access: Access, session_id: str) -> None:
    """End one of one's own sessions.

    Raises:
        NotFoundError: One has no such session.
    """
    with access.room.database.writing() as connection:
        table = models.sessions
        mine = sa.and_(table.c.session_id == session_id, table.c.user_id == access.principal.user_id)
        live = sa.and_(mine, table.c.revoked_at.is_(None))
        if not connection.execute(table.update().where(live).values(revoked_at=moment())).rowcount:
            raise NotFoundError("there is no such session", found=session_id)
        access.log(connection, "end_session", session_id)


def new_token(access: Access, wish: tokens.Wish) -> str:
    """Make a token for whoever asks and return it; one that a token asks for lives no longer than that one.

    Raises:
        Refused: It asks for more than its owner, or the token that asks, may do.
    """
    with access.room.database.writing() as connection:
        until = tokens.expiry(connection, access.principal.token_id)
        return tokens.new(connection, access, access.principal, replace(wish, until=until))


def _plant(settings: Settings, connection: sa.Connection, user_id: str) -> None:
    kept = secret.sealed(settings, totp.new_seed())
    connection.execute(users.update().where(users.c.user_id == user_id).values(totp_secret=kept, totp_last_step=None))


def _note(
    connection: sa.Connection, access: Access, user: sa.RowMapping, what: str, cookie: str, **detail: str
) -> None:
    # The session that the entry names is the new one: the request came with another, or none.
    session_id = sessions.id_of(connection, cookie)
    act = access.act(what, session_id, **detail)
    access_log.append(connection, replace(act, user_id=user["user_id"], actor=user["email"], session_id=session_id))


def _note_failure(access: Access, user: sa.RowMapping | None, what: str) -> None:
    # Of an unknown account nothing that was typed is kept: people type passwords into the wrong box.
    act = access.act("sign_in", user["user_id"] if user else "unknown", outcome="refused", wrong=what)
    if user is not None:
        act = replace(act, user_id=user["user_id"], actor=user["email"])
    with access.room.database.writing() as connection:
        access_log.append(connection, act)
