"""KoboToolbox and ODK Central on loopback: pages of submissions to who shows a key, and their attachments."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrv.simulator.answers import Content, asked
from mrv.simulator.faults import Fault, Faults

KOBO_ROOT = "https://kf.kobotoolbox.org"
ODK_ROOT = "https://odk.example.org"
"""Pages name the real host in their links, as a mirror's copies would, so that their bytes do not depend on a port."""
MAX_PAGE = 1000

Answering = Callable[[Request, Content, Fault | None], Response]
Refusing = Callable[[int, str], Response]
Submissions = Mapping[str, Sequence[Mapping[str, Any]]]


class FormServer:
    """Both servers of forms.

    Args:
        kobo: Submissions by asset, sorted by `_id`.
        odk: Values of the table `Submissions` by `<project number>/<form id>`, newest first.
        attachments: Bytes of attachments by their file name.
        faults: Misbehaviour for tests.
        answer: Answers with content.
        refuse: Answers with a status and a body.
    """

    def __init__(
        self,
        kobo: Submissions,
        odk: Submissions,
        attachments: Mapping[str, bytes],
        *,
        faults: Faults,
        answer: Answering,
        refuse: Refusing,
    ) -> None:
        self.kobo, self.odk, self.attachments = kobo, odk, attachments
        self.faults, self._answer, self._refuse = faults, answer, refuse

    def routes(self) -> list[Route]:
        """Return where they listen."""
        return [
            Route("/api/v2/assets/{asset}/data/", self.kobo_page),
            Route("/api/v2/assets/{asset}/data/{number}/attachments/{name}", self.kobo_attachment),
            Route("/v1/projects/{project}/forms/{form}.svc/Submissions", self.odk_page),
            Route("/v1/projects/{project}/forms/{form}/submissions/{identity}/attachments/{name}", self.odk_attachment),
        ]

    async def kobo_page(self, request: Request) -> Response:
        """Serve a page of submissions to who shows a token."""
        if not _shown(request, "Token"):
            return self._refuse(401, '{"detail":"Authentication credentials were not provided."}')
        asset = request.path_params["asset"]
        if asset not in self.kobo:
            return self._refuse(404, '{"detail":"Not found."}')
        listed = self.kobo[asset]
        start = int(request.query_params.get("start", "0"))
        limit = min(MAX_PAGE, int(request.query_params.get("limit", "100")))
        fault = self.faults.take(asked(request))
        following = start + limit if start + limit < len(listed) else None
        page = {
            "count": len(listed),
            "next": _kobo_link(request, following, limit),
            "previous": _kobo_link(request, max(0, start - limit) if start else None, limit),
            "results": [] if _empties(fault) else listed[start : start + limit],
        }
        return self._answer(request, _json(page), fault)

    async def kobo_attachment(self, request: Request) -> Response:
        """Serve an attachment to who shows a token."""
        if not _shown(request, "Token"):
            return self._refuse(401, '{"detail":"Authentication credentials were not provided."}')
        return self._file(request)

    async def odk_page(self, request: Request) -> Response:
        """Serve a page of submissions to a user, as OData: after `$skiptoken`, with a link to the next page."""
        if not _shown(request, "Basic"):
            return self._refuse(401, '{"message":"Could not authenticate with the provided credentials.","code":401.2}')
        service = f"v1/projects/{request.path_params['project']}/forms/{request.path_params['form']}.svc"
        key = f"{request.path_params['project']}/{request.path_params['form']}"
        if key not in self.odk:
            return self._refuse(404, '{"message":"Could not find the resource you were looking for.","code":404.1}')
        query = dict(request.query_params)
        deleted = "__system/deletedAt ne null" in query.get("$filter", "")
        listed = [item for item in self.odk[key] if deleted or item["__system"]["deletedAt"] is None]
        start = _after(query.get("$skiptoken"), [str(item["__id"]) for item in listed])
        if start is None:
            return self._refuse(400, '{"message":"Invalid $skiptoken","code":400.35}')
        limit = int(query.get("$top", str(len(listed) or 1)))
        fault = self.faults.take(asked(request))
        values = [] if _empties(fault) else [_expanded(item, query) for item in listed[start : start + limit]]
        page: dict[str, Any] = {"value": values, "@odata.context": f"{ODK_ROOT}/{service}/$metadata#Submissions"}
        if query.get("$count") == "true":
            page["@odata.count"] = len(listed)
        if start + limit < len(listed):
            token = json.dumps({"instanceId": listed[start + limit - 1]["__id"]}).encode()
            following = {**query, "$skiptoken": f"01{base64.b64encode(token).decode()}"}
            page["@odata.nextLink"] = f"{ODK_ROOT}/{service}/Submissions?{urlencode(following)}"
        return self._answer(request, _json(page), fault)

    async def odk_attachment(self, request: Request) -> Response:
        """Serve an attachment to a user."""
        if not _shown(request, "Basic"):
            return self._refuse(401, '{"message":"Could not authenticate with the provided credentials.","code":401.2}')
        return self._file(request)

    def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.attachments:
            return self._refuse(404, '{"detail":"Not found."}')
        content = Content.of(self.attachments[name], "image/jpeg")
        return self._answer(request, content, self.faults.take(asked(request)))


def _shown(request: Request, scheme: str) -> str:
    header = request.headers.get("authorization", "")
    return header.removeprefix(f"{scheme} ").strip() if header.startswith(f"{scheme} ") else ""


def _empties(fault: Fault | None) -> bool:
    return fault is not None and fault.kind == "empty_page"


def _json(page: Mapping[str, Any]) -> Content:
    return Content.of(json.dumps(page, ensure_ascii=False).encode(), "application/json")


def _kobo_link(request: Request, start: int | None, limit: int) -> str | None:
    if start is None:
        return None
    query = dict(request.query_params) | {"start": str(start), "limit": str(limit)}
    return f"{KOBO_ROOT}{request.url.path}?{urlencode(query)}"


def _after(token: str | None, ids: Sequence[str]) -> int | None:
    """Return the place after the submission that a token names."""
    if token is None:
        return 0
    try:
        last = json.loads(base64.b64decode(token.removeprefix("01")))["instanceId"]
        return ids.index(last) + 1
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None


def _expanded(item: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """Return a submission with its repeats, or where nobody asks for them with links in their place."""
    if query.get("$expand") == "*":
        return dict(item)
    return {
        f"{name}@odata.navigationLink" if isinstance(value, list) else name: f"Submissions('{item['__id']}')/{name}"
        if isinstance(value, list)
        else value
        for name, value in item.items()
    }
