"""What the data room counts about itself, and the outermost layer that counts, logs and answers faults."""

from __future__ import annotations

import logging
import secrets
import time
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mrv.dataroom.errors_as_answers import failed

log = logging.getLogger(__name__)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class Metrics:
    """Counters of one process."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    requests: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    sent: Counter = field(init=False)

    def __post_init__(self) -> None:
        """Make the counters in the registry of this application."""
        put, registry = object.__setattr__, self.registry
        put(self, "requests", Counter("mrv_requests", "Requests.", ["method", "route", "status"], registry=registry))
        told = "Seconds until the first byte of the answer."
        put(self, "seconds", Histogram("mrv_request_seconds", told, ["route"], buckets=_SECONDS, registry=registry))
        put(self, "sent", Counter("mrv_sent_bytes", "Bytes of the bodies sent.", ["route"], registry=registry))

    def text(self) -> bytes:
        """Return the counters in the text form of Prometheus."""
        return generate_latest(self.registry)


@dataclass
class _Sent:
    status: int = 500
    is_started: bool = False
    seconds: float = 0.0
    bytes: int = 0
    length: int = 0


@dataclass(frozen=True)
class Observed:
    """ASGI middleware: gives each request an id, counts and logs it, and turns a fault of ours into an answer."""

    app: ASGIApp
    metrics: Metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identifier = secrets.token_hex(8)
        # Shared with every layer below, which put the route and the principal into it.
        scope["state"] = {**scope.get("state", {}), "request_id": identifier}
        seen, began = _Sent(), time.perf_counter()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status, seen.is_started = message["status"], True
                seen.seconds = time.perf_counter() - began
                headers = message.setdefault("headers", [])
                seen.length = next((int(value) for name, value in headers if name.lower() == b"content-length"), 0)
                message["headers"] = [*headers, (b"x-request-id", identifier.encode())]
            elif message["type"] == "http.response.pathsend":
                seen.bytes = seen.length
            else:
                seen.bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self._answered(scope, receive, observed, seen)
        finally:
            self._note(scope, seen, time.perf_counter() - began)

    async def _answered(self, scope: Scope, receive: Receive, send: Send, seen: _Sent) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:  # the outermost layer: whatever it is, the reader gets an answer and the log a trace
            if seen.is_started:
                raise
            await failed(Request(scope), error)(scope, receive, send)

    def _note(self, scope: Scope, seen: _Sent, seconds: float) -> None:
        route, method = route_of(scope), scope["method"]
        self.metrics.requests.labels(method if method in _METHODS else "other", route, str(seen.status)).inc()
        self.metrics.seconds.labels(route).observe(seen.seconds or seconds)
        self.metrics.sent.labels(route).inc(seen.bytes)
        principal = scope["state"].get("principal")
        fields = {
            "request_id": scope["state"]["request_id"],
            "method": method,
            "route": route,
            "status": seen.status,
            "ms": round(seconds * 1000, 1),
            "bytes": seen.bytes,
            "user_id": principal.user_id if principal else None,
            "decision": scope["state"].get("decision"),
            "address": scope["client"][0] if scope.get("client") else None,
        }
        log.info("request", extra=fields)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def route_of(scope: Scope) -> str:
    """Return the template of the route that answered: an address itself may hold a secret, such as an invitation's."""
    found = scope["state"].get("route")
    if found is None:
        return "static" if scope["path"].startswith("/static/") else "unmatched"
    return str(found)
