"""One's own account: details, password, second factor, sessions and tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.responses import RedirectResponse, Response

from mrv.dataroom import accounts, engagements, sessions, tokens
from mrv.dataroom.database import moment
from mrv.dataroom.pages.sign_in import status_of
from mrv.dataroom.permissions import Action
from mrv.dataroom.phrased import Refused
from mrv.dataroom.rendering import LANGUAGE_COOKIE, page
from mrv.dataroom.room import Access, Own, today

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]
DONE = {"saved": "account.saved", "password": "account.password_changed"}


def _page(access: Access, *, error: Refused | None = None, done: str = "", token: str | None = None) -> Response:
    user_id = access.principal.user_id or ""
    with access.room.database.reading() as connection:
        values: dict[str, Any] = {
            "user": accounts.user_of(connection, user_id),
            "grants": engagements.listed(connection, user_id),
            "sessions": sessions.live_of(connection, user_id),
            "tokens": tokens.listed(connection, user_id),
        }
    return page(
        access.request,
        "account.html",
        status=status_of(error),
        access=access,
        error=error,
        done=DONE.get(done),
        token=token,
        now=moment(),
        scopes=tokens.scopes_of(access.principal),
        longest=tokens.LONGEST_DAYS,
        state=lambda row: engagements.state(row, today()),
        **values,
    )


def _done(access: Access, act: Callable[[], object], done: str = "saved") -> Response:
    try:
        act()
    except Refused as error:
        return _page(access, error=error)
    return RedirectResponse(f"/account?done={done}", status_code=303)


@router.get("/account")
def account(access: Own, done: Annotated[str, Query()] = "") -> Response:
    """Show one's own account."""
    return _page(access, done=done)


@router.post("/account")
def change(access: Own, name: Text = "", organisation: Text = "", language: Text = "") -> Response:
    """Change one's name, organisation and language."""
    answer = _done(access, lambda: accounts.change_details(access, name, organisation, language))
    answer.delete_cookie(LANGUAGE_COOKIE)  # else an earlier choice in the browser would hide this one
    return answer


@router.post("/account/password")
def change_password(access: Own, current: Text = "", password: Text = "", repeated: Text = "") -> Response:
    """Change one's password and end one's other sessions."""
    return _done(access, lambda: accounts.change_password(access, current, password, repeated), "password")


@router.post("/account/second-factor")
def begin_second_factor(access: Own) -> Response:
    """Begin to set up a second factor."""
    try:
        with access.room.database.writing() as connection:
            accounts.begin_second_factor(access.room.settings, connection, access.principal.user_id or "")
    except Refused as error:
        return _page(access, error=error)
    return RedirectResponse("/second-factor?next=/account", status_code=303)


@router.post("/account/second-factor/remove")
def drop_second_factor(access: Own, code: Text = "") -> Response:
    """Remove one's second factor."""
    return _done(access, lambda: accounts.drop_second_factor(access, code))


@router.post("/account/sessions/{session_id}/end")
def end_session(access: Own, session_id: str) -> Response:
    """End one of one's sessions."""
    return _done(access, lambda: accounts.end_session(access, session_id))


@router.post("/account/tokens")
def new_token(
    access: Own,
    name: Text = "",
    days: Text = "",
    scopes: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Make a token, shown on the page that answers and never again."""
    known = [Action(scope) for scope in scopes or () if scope in set(Action)]
    wish = tokens.Wish(name, known, int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0)
    try:
        text = accounts.new_token(access, wish)
    except Refused as error:
        return _page(access, error=error)
    return _page(access, token=text)


@router.post("/account/tokens/{token_id}/revoke")
def revoke_token(access: Own, token_id: str) -> Response:
    """Revoke one of one's tokens."""
    with access.room.database.writing() as connection:
        tokens.revoke(connection, access, token_id, access.principal.user_id)
    return RedirectResponse("/account?done=saved", status_code=303)
