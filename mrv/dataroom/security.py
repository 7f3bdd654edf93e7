"""What every request and every answer must pass before a route is asked: host, origin, size, time, headers."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mrv.dataroom import sessions
from mrv.dataroom.errors_as_answers import answer
from mrv.errors import UsageError
from mrv.settings import Settings

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT = "max-age=31536000"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
BODY_BYTES = 2**20
ATTACHMENT_BYTES = 32 * 2**20
BODY_SECONDS = 60.0
"""Longest wait for the next part of a request's body."""
DRAINED_BYTES, DRAINED_SECONDS = 2 * ATTACHMENT_BYTES, 20.0
"""How much of a body that is too large is read and thrown away, and for how long."""
_WITH_FILES = re.compile(r"/findings(/|$)")
_YEAR = "public, max-age=31536000, immutable"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Guard:
    """ASGI middleware: refuses what no route should see, and gives every answer its headers.

    Attributes:
        app: What is guarded.
        base: Scheme and host that people reach the data room at; null: whatever it listens on.
        proxies: Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` count.
    """

    app: ASGIApp
    base: tuple[str, str] | None
    proxies: tuple[Network, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        _forward(scope, self.proxies)
        headers = Headers(scope=scope)
        limit = _body_limit(scope, headers)
        problem = self._problem(scope, headers, limit)
        guarded = self._with_headers(scope, send)
        if problem is None:
            await self.app(scope, _limited(receive, limit), guarded)
        else:
            if problem[0] == 413 and _is_on_its_way(headers):
                await _drain(receive)
            await answer(Request(scope), *problem)(scope, receive, guarded)

    def _problem(self, scope: Scope, headers: Headers, limit: int) -> tuple[int, str] | None:
        if not _host_allowed(headers.get("host", ""), self.base):
            return 421, "wrong_host"
        if scope["method"] not in SAFE and not _own_origin(headers, self.base):
            return 403, "cross_site"
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return 400, "bad_request"
        return (413, "too_large") if int(length) > limit else None

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self.base and self.base[0] == "https":
                    headers["Strict-Transport-Security"] = STRICT_TRANSPORT
                headers.setdefault("Cache-Control", "no-store")
                if scope["path"].startswith("/static/") and message["status"] in {200, 206, 304}:
                    # The stamp in the query changes with the files: what has one never changes.
                    headers["Cache-Control"] = _YEAR if scope["query_string"] else "no-cache"
            await send(message)

        return guarded


def base_of(settings: Settings) -> tuple[str, str] | None:
    """Return scheme and host of the base URL.

    Raises:
        UsageError: It is not an address.
    """
    if settings.dataroom_base_url is None:
        return None
    parts = urlsplit(settings.dataroom_base_url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or "@" in parts.netloc:
        raise UsageError(
            "the data room's base URL is not an address",
            expected="scheme and host, such as https://dataroom.example.org",
            found=settings.dataroom_base_url,
            remedy="mend MRV_DATAROOM_BASE_URL",
        )
    return parts.scheme, parts.netloc.lower()


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return networks from their texts.

    Raises:
        UsageError: One is no network.
    """
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise UsageError(
            "a trusted proxy is not an address or network",
            expected='a JSON list such as ["10.0.0.5", "172.16.0.0/12"]',
            found=str(error),
            remedy="mend MRV_DATAROOM_TRUSTED_PROXIES",
        ) from error


def _is_inside(address: str, proxies: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in proxies)


def _forward(scope: Scope, proxies: Sequence[Network]) -> None:
    """Put the address and scheme that trusted proxies tell into the scope; those of strangers are ignored."""
    client = scope.get("client")
    if not proxies or client is None or not _is_inside(client[0], proxies):
        return
    headers = Headers(scope=scope)
    hops = [part.strip() for line in headers.getlist("x-forwarded-for") for part in line.split(",") if part.strip()]
    # From the right: each proxy adds whom it saw, and what stands left of a stranger is the stranger's word.
    outside = next((hop for hop in reversed(hops) if not _is_inside(hop, proxies)), client[0])
    scope["client"] = (outside[:64], 0)
    scheme = headers.get("x-forwarded-proto")
    if scheme in {"http", "https"}:
        scope["scheme"] = scheme


def _host_allowed(host: str, base: tuple[str, str] | None) -> bool:
    """Return whether a request names us: names that merely resolve to us (DNS rebinding) do not."""
    if base and host.lower() == base[1]:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
        address = ipaddress.ip_address("127.0.0.1" if name == "localhost" else name)
    except ValueError:
        return False
    return address.is_loopback or base is None


def _own_origin(headers: Headers, base: tuple[str, str] | None) -> bool:
    """Return whether a request that changes something comes from our own pages, or from no browser at all."""
    authorization, cookies = headers.get("authorization", ""), headers.get("cookie", "")
    if authorization.lower().startswith("bearer ") and sessions.COOKIE not in cookies:
        return True  # no browser sends a token by itself
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site == "same-origin"
    if origin is not None:
        parts = urlsplit(origin)
        ours = {headers.get("host", "").lower()} | ({base[1]} if base else set())
        return parts.scheme in {"http", "https"} and parts.netloc.lower() in ours
    return not cookies


def _body_limit(scope: Scope, headers: Headers) -> int:
    has_files = headers.get("content-type", "").startswith("multipart/form-data") and _WITH_FILES.search(scope["path"])
    return ATTACHMENT_BYTES if has_files else BODY_BYTES


def _limited(receive: Receive, limit: int) -> Receive:
    """Return `receive` with a limit on size, whatever the length said, and on the wait for each part."""
    read, is_whole = 0, False

    async def limited() -> Message:
        nonlocal read, is_whole
        if is_whole:
            return await receive()  # waits for the other side to leave
        try:
            message = await asyncio.wait_for(receive(), BODY_SECONDS)
        except TimeoutError as error:
            raise HTTPException(408) from error
        if message["type"] == "http.request":
            read += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if read > limit:
                if not is_whole:
                    await _drain(receive)
                raise HTTPException(413)
        return message

    return limited


def _is_on_its_way(headers: Headers) -> bool:
    """Return whether a refused body is sent anyway, and short enough to be waited for."""
    return "expect" not in headers and int(headers["content-length"]) <= DRAINED_BYTES


async def _drain(receive: Receive) -> None:
    """Throw away the rest of a body: who is still sending when the line ends sees a reset, and not why."""
    read = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAINED_SECONDS):
            while read <= DRAINED_BYTES:
                message = await receive()
                read += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
