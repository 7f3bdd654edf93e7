"""Signing in with an organisation's account: a request that counts once, and whose account it is.

Nobody makes an account by signing in: an administrator has invited the address, and the provider says that it is verified.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from mrv.dataroom import access_log, accounts, invitations, oidc_provider, sessions
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.database import moment
from mrv.dataroom.models import oidc_requests, users
from mrv.dataroom.oidc_provider import Client, Identity
from mrv.dataroom.phrased import Refused
from mrv.dataroom.rendering import language_of
from mrv.dataroom.room import Access
from mrv.dataroom.sessions import hashed
from mrv.dataroom.ways_back import local
from mrv.settings import Settings

COOKIE = "__Host-mrv-oidc"
LIFE = timedelta(minutes=10)
CALLBACK = "/sign-in/oidc/callback"


@dataclass(frozen=True)
class Started:
    """A request to sign in: where the browser goes, and what it keeps until it is back."""

    url: str
    state: str = field(repr=False)


@dataclass(frozen=True)
class Answered:
    """What the browser brings back from the provider."""

    state: str
    code: str = field(repr=False)
    error: str
    issuer: str
    kept: str = field(repr=False)


@dataclass(frozen=True)
class SignedIn:
    """Somebody who signed in: the secret of their session, and where they wanted to go."""

    secret: str = field(repr=False)
    path: str


def is_offered(settings: Settings) -> bool:
    """Return whether there is a provider to sign in at."""
    return bool(settings.oidc_issuer and settings.oidc_client_id)


def start(access: Access, path: str) -> Started:
    """Begin: note a request, which counts once and for ten minutes, and say where the browser goes.

    Raises:
        NotFoundError: This data room has no provider.
        Refused: The provider does not answer.
    """
    settings = access.room.settings
    if not is_offered(settings):
        raise NotFoundError("this data room has no other way to sign in")
    provider = oidc_provider.discover(str(settings.oidc_issuer))
    state, nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    now = datetime.now(UTC)
    with access.room.database.writing() as connection:
        connection.execute(oidc_requests.delete().where(oidc_requests.c.expires_at < moment(now)))
        connection.execute(
            oidc_requests.insert().values(
                state_hash=hashed(state),
                nonce=nonce,
                code_verifier=verifier,
                next_path=local(path),
                expires_at=moment(now + LIFE),
            )
        )
    url = oidc_provider.authorization_url(provider, _client(access), state=state, nonce=nonce, code_verifier=verifier)
    return Started(url, state)


def finish(access: Access, answered: Answered) -> SignedIn:
    """Let somebody in whom the provider has sent back.

    Raises:
        Refused: The request is not of this browser, was used or is over; the provider refused; or nobody knows the person.
    """
    # Without what this browser kept, somebody else could sign it in under their own name.
    if not answered.state or not hmac.compare_digest(answered.state.encode(), answered.kept.encode()):
        raise Refused("oidc.state")
    request = _taken(access, answered.state)
    provider = oidc_provider.discover(str(access.room.settings.oidc_issuer))
    if answered.issuer and answered.issuer != provider.issuer:
        raise Refused("oidc.state")
    if answered.error or not answered.code:
        raise Refused("oidc.denied" if answered.error == "access_denied" else "oidc.failed")
    person = oidc_provider.identity(
        provider, _client(access), code=answered.code, nonce=request["nonce"], code_verifier=request["code_verifier"]
    )
    try:
        with access.room.database.writing() as connection:
            user_id = _account(access, connection, person)
            secret = accounts.session_for(access.room, connection, user_id, access.request, is_complete=True)
            _log(access, connection, person, user_id, sessions.id_of(connection, secret))
    except Refused as refusal:
        with access.room.database.writing() as connection:
            act = access.act("sign_in", person.subject, outcome="refused", method="oidc", why=refusal.phrase)
            access_log.append(connection, act)
        raise
    except IntegrityError as error:
        raise Refused("oidc.state") from error  # the same person, twice at the same moment
    return SignedIn(secret, request["next_path"])


def _client(access: Access) -> Client:
    settings = access.room.settings
    base = settings.dataroom_base_url or str(access.request.base_url)
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    return Client(str(settings.oidc_client_id), secret, base.rstrip("/") + CALLBACK)


def _taken(access: Access, state: str) -> sa.RowMapping:
    """Return a request and forget it: it counts once."""
    mine = oidc_requests.c.state_hash == hashed(state)
    with access.room.database.writing() as connection:
        row = connection.execute(sa.select(oidc_requests).where(mine)).mappings().first()
        gone = connection.execute(oidc_requests.delete().where(mine)).rowcount
    if row is None or not gone or row["expires_at"] < moment():
        raise Refused("oidc.state")
    return row


def _account(access: Access, connection: sa.Connection, person: Identity) -> str:
    """Return whose account it is: linked before, or by an invitation to the verified address."""
    linked = sa.and_(users.c.oidc_issuer == person.issuer, users.c.oidc_subject == person.subject)
    user = connection.execute(sa.select(users).where(linked)).mappings().first()
    if user is None:
        return _first_time(access, connection, person)
    if not user["is_active"]:
        raise Refused("oidc.disabled")
    return str(user["user_id"])


def _first_time(access: Access, connection: sa.Connection, person: Identity) -> str:
    if person.email is None:
        raise Refused("oidc.unverified")
    invitation = invitations.live_for(connection, person.email)
    user = connection.execute(sa.select(users).where(users.c.email == person.email)).mappings().first()
    if user is not None:
        return _linked(connection, person, user)
    if invitation is None:
        raise Refused("oidc.unknown", email=person.email)
    user_id = secrets.token_hex(16)
    connection.execute(
        users.insert().values(
            user_id=user_id,
            email=person.email,
            name=person.name,
            language=language_of(access.request),
            is_administrator=invitation["is_administrator"],
            is_active=True,
            oidc_issuer=person.issuer,
            oidc_subject=person.subject,
            created_at=moment(),
        )
    )
    invitations.redeem(connection, invitation["invitation_id"], user_id)
    return user_id


def _linked(connection: sa.Connection, person: Identity, user: sa.RowMapping) -> str:
    """Link an account that has no way in yet. One with a password keeps it: the address alone must not take it over."""
    if not user["is_active"]:
        raise Refused("oidc.disabled")
    if user["password_hash"] is not None or user["oidc_subject"] is not None:
        raise Refused("oidc.local", email=user["email"])
    values = {"oidc_issuer": person.issuer, "oidc_subject": person.subject}
    connection.execute(users.update().where(users.c.user_id == user["user_id"]).values(**values))
    return str(user["user_id"])


def _log(access: Access, connection: sa.Connection, person: Identity, user_id: str, session_id: str) -> None:
    email = connection.scalar(sa.select(users.c.email).where(users.c.user_id == user_id))
    act = access.act("sign_in", session_id, method="oidc", issuer=person.issuer)
    access_log.append(connection, replace(act, user_id=user_id, actor=str(email), session_id=session_id))
