"""Signing in and out, the second factor, and the page behind an invitation's link."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from mrv.dataroom import accounts, engagements, invitations, passwords, sessions, totp
from mrv.dataroom.attempts import TooManyError
from mrv.dataroom.phrased import Refused
from mrv.dataroom.rendering import language_of, page
from mrv.dataroom.room import Access, Open, SecondFactor
from mrv.dataroom.ways_back import local

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]
Next = Annotated[str, Query(alias="next")]
NextField = Annotated[str, Form(alias="next")]


def status_of(error: Refused | None) -> int:
    """Return the HTTP status of a page that tells why something was refused."""
    if error is None:
        return 200
    return 429 if isinstance(error, TooManyError) else 422


def _again(answer: Response, error: Refused | None) -> Response:
    if isinstance(error, TooManyError):
        answer.headers["Retry-After"] = str(error.wait_s)
    return answer


def _signed_in(cookie: str, *, is_complete: bool, next_path: str) -> Response:
    onward = next_path if is_complete else f"/second-factor?next={quote(next_path)}"
    answer = RedirectResponse(onward, status_code=303)
    sessions.set_cookie(answer, cookie)
    return answer


def _sign_in_page(access: Access, next_path: str, email: str = "", error: Refused | None = None) -> Response:
    settings = access.room.settings
    answer = page(
        access.request,
        "sign_in.html",
        status=status_of(error),
        access=access,
        next=local(next_path),
        email=email,
        error=error,
        elsewhere=settings.oidc_label if settings.oidc_issuer else None,
    )
    return _again(answer, error)


@router.get("/sign-in")
def sign_in_page(access: Open, next_path: Next = "/projects") -> Response:
    """Ask for address and password."""
    if not access.principal.is_public and access.principal.is_complete:
        return RedirectResponse(local(next_path), status_code=303)
    return _sign_in_page(access, next_path)


@router.post("/sign-in")
def sign_in(access: Open, email: Text = "", password: Text = "", next_path: NextField = "/projects") -> Response:
    """Let in who knows the password."""
    try:
        signed_in = accounts.sign_in(access, email, password)
    except Refused as error:
        return _sign_in_page(access, next_path, email, error)
    return _signed_in(signed_in.cookie, is_complete=signed_in.is_complete, next_path=local(next_path))


@router.post("/sign-out")
def sign_out(access: Open) -> Response:
    """End the session; nobody signed in is no fault."""
    accounts.sign_out(access)
    answer = RedirectResponse("/sign-in", status_code=303)
    sessions.clear_cookie(answer)
    return answer


def _second_factor_page(access: Access, next_path: str, error: Refused | None = None) -> Response:
    with access.room.database.reading() as connection:
        user = accounts.user_of(connection, access.principal.user_id)
    seed = accounts.seed_of(access.room.settings, user)
    answer = page(
        access.request,
        "second_factor.html",
        status=status_of(error),
        access=access,
        next=local(next_path),
        error=error,
        seed=seed,
        picture=Markup(totp.picture(totp.uri(seed, user["email"]))) if seed else None,  # noqa: S704 - our own drawing
        is_needed=not access.principal.is_complete,
        is_there=user["totp_secret"] is not None,
    )
    return _again(answer, error)


@router.get("/second-factor")
def second_factor_page(access: SecondFactor, next_path: Next = "/projects") -> Response:
    """Ask for a code; where the second factor is being set up, show its key too."""
    return _second_factor_page(access, next_path)


@router.post("/second-factor")
def second_factor(access: SecondFactor, code: Text = "", next_path: NextField = "/projects") -> Response:
    """Complete the session."""
    try:
        cookie = accounts.give_code(access, code)
    except Refused as error:
        return _second_factor_page(access, next_path, error)
    return _signed_in(cookie, is_complete=True, next_path=local(next_path))


def _invitation_page(access: Access, secret: str, answer: dict[str, str], error: Refused | None = None) -> Response:
    with access.room.database.reading() as connection:
        row = invitations.opened(connection, secret)
    return page(
        access.request,
        "invitation.html",
        status=status_of(error),
        access=access,
        invitation=row,
        is_for_password=invitations.is_password_link(row),
        grants=engagements.from_json(row["grants"]),
        answer=answer,
        error=error,
    )


@router.get("/invitations/{secret}")
def invitation_page(access: Open, secret: str) -> Response:
    """Show what somebody was invited to, and ask for name and password."""
    return _invitation_page(access, secret, {"name": "", "organisation": "", "email": ""})


@router.post("/invitations/{secret}")
def accept(
    access: Open,
    secret: str,
    name: Text = "",
    organisation: Text = "",
    email: Text = "",
    password: Text = "",
    repeated: Text = "",
) -> Response:
    """Make the account and sign it in."""
    try:
        signed_in = _accept(
            access, secret, {"name": name, "organisation": organisation, "email": email}, password, repeated
        )
    except Refused as error:
        return _invitation_page(access, secret, {"name": name, "organisation": organisation, "email": email}, error)
    return _signed_in(signed_in.cookie, is_complete=signed_in.is_complete, next_path="/projects")


def _accept(access: Access, secret: str, said: dict[str, str], password: str, repeated: str) -> accounts.SignedIn:
    room = access.room
    with room.database.reading() as connection:
        row = invitations.opened(connection, secret)
    email = row["email"] or invitations.normal_email(said["email"])
    stored = passwords.accepted(password, repeated, email)
    language = language_of(access.request)
    with room.database.writing() as connection:
        if invitations.is_password_link(row):
            user_id = invitations.set_password(connection, access, row, stored)
        else:
            answer = invitations.Answer(password_hash=stored, language=language, **said)
            user_id = invitations.accept(connection, access, row, answer)
        complete = not accounts.needs_second_factor(connection, accounts.user_of(connection, user_id))
        cookie = accounts.session_for(room, connection, user_id, access.request, is_complete=complete)
    return accounts.SignedIn(cookie, complete)
