"""Signing in with an organisation's account: to the provider, and back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from mrv.dataroom import oidc, sessions
from mrv.dataroom.phrased import Refused
from mrv.dataroom.rendering import page
from mrv.dataroom.room import Access, Open

router = APIRouter(include_in_schema=False)
_STATUS = {"oidc.away": 502, "oidc.unusable": 502, "oidc.state": 400}
Word = Annotated[str, Query(max_length=4096)]


@router.get("/sign-in/oidc")
def start(access: Open, next: Word = "") -> Response:  # noqa: A002 - the name of the parameter in the address
    """Lead to the provider. It is a link and no form: the policy of the pages lets no form lead to another host."""
    try:
        started = oidc.start(access, next)
    except Refused as refusal:
        return _refused(access, refusal)
    answer = RedirectResponse(started.url, status_code=303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        oidc.COOKIE,
        started.state,
        max_age=int(oidc.LIFE.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get(oidc.CALLBACK)
def callback(access: Open, state: Word = "", code: Word = "", error: Word = "", iss: Word = "") -> Response:
    """Let somebody in whom the provider sends back."""
    kept = access.request.cookies.get(oidc.COOKIE, "")
    try:
        signed_in = oidc.finish(access, oidc.Answered(state=state, code=code, error=error, issuer=iss, kept=kept))
    except Refused as refusal:
        answer = _refused(access, refusal)
    else:
        answer = RedirectResponse(signed_in.path, status_code=303, headers={"Cache-Control": "no-store"})
        sessions.set_cookie(answer, signed_in.secret)
    answer.delete_cookie(oidc.COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _refused(access: Access, refusal: Refused) -> Response:
    settings, status = access.room.settings, _STATUS.get(refusal.phrase, 403)
    return page(access.request, "oidc.html", status=status, access=access, refusal=refusal, label=settings.oidc_label)
