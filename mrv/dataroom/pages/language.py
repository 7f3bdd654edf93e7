"""The reader's language and their choice of light or dark: kept in cookies, the language in the account too."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse

from mrv.dataroom.models import users
from mrv.dataroom.rendering import LANGUAGE_COOKIE, THEME_COOKIE
from mrv.dataroom.room import Open
from mrv.dataroom.ways_back import local

router = APIRouter(include_in_schema=False)
_YEAR_S = 365 * 24 * 3600


@router.post("/language")
def language(
    access: Open, language: Annotated[Literal["en", "es"], Form()], back: Annotated[str, Form()] = "/projects"
) -> RedirectResponse:
    """Keep the language of the pages and lead back."""
    if access.principal.user_id is not None and access.principal.language != language:
        with access.room.database.writing() as connection:
            mine = users.c.user_id == access.principal.user_id
            connection.execute(users.update().where(mine).values(language=language))
    return _kept(LANGUAGE_COOKIE, language, back)


@router.post("/theme")
def theme(
    access: Open,
    theme: Annotated[Literal["light", "dark", "system"], Form()],
    back: Annotated[str, Form()] = "/projects",
) -> RedirectResponse:
    """Keep the choice of light or dark and lead back."""
    return _kept(THEME_COOKIE, theme, back)


def _kept(cookie: str, value: str, back: str) -> RedirectResponse:
    answer = RedirectResponse(local(back), status_code=303)
    answer.set_cookie(cookie, value, max_age=_YEAR_S, httponly=True, samesite="lax")
    return answer
