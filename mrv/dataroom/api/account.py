"""One's own account as JSON. Programs sign in by tokens, so signing in itself has no JSON."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from mrv.dataroom import accounts, engagements, sessions, tokens, totp
from mrv.dataroom.permissions import Action, Decision
from mrv.dataroom.room import Access, DeniedError, Own

router = APIRouter(prefix="/api/v1/account", tags=["account"])


class Grant(BaseModel):
    """A role in a project, or one period of it."""

    grant_id: str
    email: str
    role: str
    project: str
    period: str | None = Field(description="Null: every period.")
    starts_on: str
    ends_on: str | None = Field(description="Last day; null: no end.")
    granted_by: str
    granted_at: str


class Account(BaseModel):
    """Somebody's own account."""

    user_id: str
    email: str
    name: str
    organisation: str
    language: str
    is_administrator: bool
    has_second_factor: bool
    grants: list[Grant]


class Details(BaseModel):
    """What people change about themselves."""

    name: str = Field(max_length=400)
    organisation: str = Field("", max_length=400)
    language: str = Field(max_length=10, description="en or es")


class NewPassword(BaseModel):
    """A new password and the one that it replaces."""

    current: str = Field(max_length=1000)
    password: str = Field(max_length=1000)


class Ended(BaseModel):
    """How many other sessions ended."""

    sessions_ended: int


class Code(BaseModel):
    """A code of the second factor."""

    code: str = Field(max_length=20)


class Seed(BaseModel):
    """The key of a second factor that waits for its first code."""

    key: str
    uri: str


class Session(BaseModel):
    """A session that lets in."""

    session_id: str
    created_at: str
    last_seen_at: str
    expires_at: str
    address: str
    agent: str
    is_complete: bool


class Token(BaseModel):
    """A token without its secret."""

    token_id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str
    last_used_at: str | None


class TokenWish(BaseModel):
    """A token that is asked for."""

    name: str = Field(max_length=400)
    scopes: list[Action] = Field(max_length=50)
    days: int = Field(ge=-1, le=100_000)


class NewToken(BaseModel):
    """A new token, told this once."""

    token: str


def token_of(row: Any) -> Token:
    """Return a row of a token as JSON tells it."""
    return Token.model_validate({**row, "scopes": row["scopes"].split()})


def _me(access: Access) -> str:
    return access.principal.user_id or ""


@router.get("", summary="One's own account")
def account(access: Own) -> Account:
    """Tell one's own details and roles."""
    with access.room.database.reading() as connection:
        user = accounts.user_of(connection, _me(access))
        held = [Grant.model_validate(dict(row)) for row in engagements.listed(connection, _me(access))]
    return Account.model_validate({**user, "has_second_factor": user["totp_confirmed_at"] is not None, "grants": held})


def _require_session(access: Access) -> None:
    """Refuse a token what decides who the owner is: whoever found one could lock the owner out."""
    if access.principal.session_id is None:
        raise DeniedError(Decision.REFUSED, access.action)


@router.put("", summary="Change one's details")
def change(access: Own, details: Details) -> Account:
    """Change one's name, organisation and language."""
    accounts.change_details(access, details.name, details.organisation, details.language)
    return account(access)


@router.post("/password", summary="Change one's password")
def change_password(access: Own, new: NewPassword) -> Ended:
    """Change one's password and end one's other sessions."""
    _require_session(access)
    ended = accounts.change_password(access, new.current, new.password, new.password)
    return Ended(sessions_ended=ended)


@router.post("/second-factor", summary="Begin to set up a second factor")
def begin_second_factor(access: Own) -> Seed:
    """Make the key of a second factor; it counts from its first code on."""
    _require_session(access)
    with access.room.database.writing() as connection:
        accounts.begin_second_factor(access.room.settings, connection, _me(access))
        user = accounts.user_of(connection, _me(access))
    seed = accounts.seed_of(access.room.settings, user) or ""
    return Seed(key=seed, uri=totp.uri(seed, user["email"]))


@router.post("/second-factor/confirm", summary="Confirm a second factor by its first code", status_code=204)
def confirm_second_factor(access: Own, given: Code) -> None:
    """Use a code up; from the first one on, the second factor is asked for at each sign-in."""
    _require_session(access)
    user = accounts.check_code(access, given.code)
    with access.room.database.writing() as connection:
        access.log(connection, "set_up_second_factor", user["user_id"])


@router.post("/second-factor/remove", summary="Remove one's second factor", status_code=204)
def drop_second_factor(access: Own, given: Code) -> None:
    """Remove one's second factor, by a code of it."""
    _require_session(access)
    accounts.drop_second_factor(access, given.code)


@router.get("/sessions", summary="One's sessions")
def own_sessions(access: Own) -> list[Session]:
    """Tell one's sessions that let in."""
    with access.room.database.reading() as connection:
        return [Session.model_validate(dict(row)) for row in sessions.live_of(connection, _me(access))]


@router.delete("/sessions/{session_id}", summary="End one of one's sessions", status_code=204)
def end_session(access: Own, session_id: str) -> None:
    """End one of one's sessions."""
    accounts.end_session(access, session_id)


@router.get("/tokens", summary="One's tokens")
def own_tokens(access: Own) -> list[Token]:
    """Tell one's tokens, without their secrets."""
    with access.room.database.reading() as connection:
        return [token_of(row) for row in tokens.listed(connection, _me(access))]


@router.post("/tokens", summary="Make a token", status_code=201)
def new_token(access: Own, wish: TokenWish) -> NewToken:
    """Make a token; its text is told this once."""
    return NewToken(token=accounts.new_token(access, tokens.Wish(wish.name, wish.scopes, wish.days)))


@router.delete("/tokens/{token_id}", summary="Revoke one of one's tokens", status_code=204)
def revoke_token(access: Own, token_id: str) -> None:
    """Revoke one of one's tokens."""
    with access.room.database.writing() as connection:
        tokens.revoke(connection, access, token_id, _me(access))
