"""Pages from templates: what every template knows, in the reader's language."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse

from mrv.dataroom.language import LANGUAGES, chosen, phrases, translator
from mrv.dataroom.permissions import PUBLIC, Action
from mrv.dataroom.shown import add_filters
from mrv.package.wording import Text

if TYPE_CHECKING:
    from mrv.dataroom.room import Access

_TEMPLATES = Path(__file__).with_name("templates")
_STATIC = Path(__file__).with_name("static")
LANGUAGE_COOKIE = "mrv-language"
THEME_COOKIE = "mrv-theme"
THEMES = ("light", "dark")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(Action=Action, stamp=_stamp(), project_name=_project_name)
    add_filters(environment)
    environment.filters["act"] = _act
    return environment


def _project_name(access: Access) -> Text:
    """Return a project's name as its newest package that the reader may see has it; its id where there is none."""
    project = str(access.project)
    for package in access.room.catalogue.packages(project):
        if access.may(Action.READ_PROJECT, project, package.period):
            told = package.facts["project"]
            return Text(told["name"], told.get("name_es") or told["name"])
    return Text(project, project)


@pass_context
def _act(context: Context, word: str) -> str:
    """Write an act of the access log in words; one that has none yet stands as it was written."""
    texts = phrases().get(f"acts.{word}")
    return texts[context["language"]] if texts else word


def _stamp() -> str:
    """Return what changes with the styles and scripts, so that browsers may keep them until then."""
    files = sorted(path for path in _STATIC.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def language_of(request: Request) -> str:
    """Return the language of the page that answers a request."""
    principal = getattr(request.state, "principal", PUBLIC)
    return chosen(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        None if principal.is_public else principal.language,
        request.headers.get("accept-language", ""),
    )


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page.

    Args:
        request: What the page answers.
        template: File below `templates/`.
        status: HTTP status.
        values: What the template shows; `access` where the route has one.
    """
    language = language_of(request)
    theme = request.cookies.get(THEME_COOKIE)
    path = request.url.path
    text = (
        _environment()
        .get_template(template)
        .render(
            request=request,
            language=language,
            languages=LANGUAGES,
            t=translator(language),
            theme=theme if theme in THEMES else "system",
            path=path,
            # What answers a form is no address to come back to.
            here=f"{path}?{request.url.query}".rstrip("?") if request.method == "GET" else "/projects",
            principal=getattr(request.state, "principal", PUBLIC),
            **{"access": None, **values},
        )
    )
    return HTMLResponse(text, status_code=status, headers={"Content-Language": language, "Cache-Control": "no-store"})
