"""The answer to each kind of error: a page in the reader's language, or JSON below the API."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from mrv.dataroom.attempts import TooManyError
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.permissions import Decision
from mrv.dataroom.rendering import page
from mrv.dataroom.room import DeniedError
from mrv.errors import MrvError

API = "/api/v1"
CODES = {
    400: "bad_request",
    403: "cross_site",
    404: "not_found",
    405: "wrong_method",
    408: "too_slow",
    413: "too_large",
    421: "wrong_host",
    422: "invalid",
    429: "too_many",
    500: "failed",
}


class Problem(BaseModel):
    """What the API answers where it does not do what was asked; further members say more."""

    error: str = Field(description="Word for programs.")
    detail: str = Field(description="Sentence for people.")
    request_id: str = Field(description="Id under which the log of the data room has the request.")


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": told}
    for status, told in {
        400: "The request cannot be read.",
        401: "Nobody is signed in, or the token does not count.",
        403: "Not allowed.",
        404: "There is none, or it is not open to you.",
        413: "Too large.",
        422: "What was sent does not hold.",
        429: "Too many attempts.",
    }.items()
}
"""Answers that every route may give; part of the API's description."""
_PAGES = {404: "not_found.html", 500: "failed.html"}
_PARTS = ("expected", "found", "where", "remedy")
log = logging.getLogger(__name__)


def add_handlers(app: FastAPI) -> None:
    """Teach an application how to answer errors."""
    app.add_exception_handler(DeniedError, _denied)
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(MrvError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def answer(request: Request, status: int, code: str, *, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """Return an error as a page or as JSON, with the id of the request.

    Args:
        request: What is answered.
        status: HTTP status.
        code: Word for programs, and the phrase `errors.<code>` for people.
        headers: Further headers.
        more: Further members of the JSON.
    """
    identifier = getattr(request.state, "request_id", "")
    if wants_json(request):
        told = {"error": code, "detail": HTTPStatus(status).phrase, "request_id": identifier, **more}
        return JSONResponse(told, status_code=status, headers=headers)
    template = _PAGES.get(status, "problem.html")
    made = page(request, template, status=status, code=code, request_id=identifier)
    made.headers.update(headers or {})
    return made


def wants_json(request: Request) -> bool:
    """Return whether a request is one of a program."""
    return request.url.path.startswith(f"{API}/") or request.url.path in {"/metrics", "/healthz"}


def failed(request: Request, error: Exception) -> Response:
    """Return the answer to a fault of ours: its trace goes to the log, its id to the reader, nothing else."""
    log.error("a request failed", exc_info=error, extra={"request_id": getattr(request.state, "request_id", "")})
    return answer(request, 500, "failed")


def _denied(request: Request, error: Exception) -> Response:
    assert isinstance(error, DeniedError)  # noqa: S101 - registered for it alone
    status = 401 if error.decision is Decision.SIGN_IN else 403
    if wants_json(request):
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
        return answer(request, status, error.decision, headers=headers, detail=error.message, action=error.action)
    if error.decision is Decision.SIGN_IN and request.method == "GET":
        return RedirectResponse("/sign-in", status_code=303)
    if error.decision is Decision.SECOND_FACTOR and request.method == "GET":
        return RedirectResponse("/second-factor", status_code=303)
    return page(request, "denied.html", status=status)


def _not_found(request: Request, error: Exception) -> Response:
    assert isinstance(error, MrvError)  # noqa: S101 - registered for it alone
    return answer(request, 404, "not_found", detail=error.message)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, MrvError)  # noqa: S101 - registered for it alone
    if isinstance(error, TooManyError):
        return answer(request, 429, "too_many", headers={"Retry-After": str(error.wait_s)}, message=error.message)
    if wants_json(request):
        parts = {name: getattr(error, name) for name in _PARTS}
        return answer(request, 422, "refused", detail=error.message, message=error.message, **parts)
    return page(request, "refused.html", status=422, error=error)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    # What was sent is not sent back: it may be a password.
    fields = [{"where": ".".join(map(str, item["loc"])), "problem": item["msg"]} for item in error.errors()]
    return answer(request, 422, "invalid", fields=fields)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    code = CODES.get(error.status_code, "bad_request")
    return answer(request, error.status_code, code, headers=dict(error.headers or {}))
