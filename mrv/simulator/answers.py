"""How the simulated servers answer with content: ETag, ranges, conditions, and faults when a test asks for them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mrv.simulator.faults import Fault, Faults

LAST_MODIFIED = "Wed, 01 Jan 2025 00:00:00 GMT"
CHUNK = 1 << 18
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True)
class Content:
    """What is served: bytes, or a file with its known sha256."""

    media_type: str
    sha256: str
    size: int
    data: bytes | None = None
    path: Path | None = None

    @classmethod
    def of(cls, data: bytes, media_type: str) -> Content:
        """Make content of bytes."""
        return cls(media_type, hashlib.sha256(data).hexdigest(), len(data), data=data)

    @property
    def etag(self) -> str:
        """A strong ETag: the hash of the content."""
        return f'"{self.sha256}"'

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not with, `end`."""
        if self.data is not None:
            yield self.data[start:end]
            return
        if self.path is None:
            raise ValueError("content has neither bytes nor a file")
        with self.path.open("rb") as stream:
            stream.seek(start)
            while start < end and (chunk := stream.read(min(CHUNK, end - start))):
                yield chunk
                start += len(chunk)

    def changed(self) -> Content:
        """Return the same content with one byte more at its end, as after an update at the source."""
        return Content.of(b"".join(self.chunks(0, self.size)) + b"\n", self.media_type)


def asked(request: Request) -> str:
    """Return the path and query of a request."""
    return f"{request.url.path}?{request.url.query}"


class Answer(Response):
    """A response with content, honest or faulty."""

    def __init__(self, request: Request, content: Content, *, seed: int, faults: Faults, fault: Fault | None) -> None:
        super().__init__()
        path = asked(request)
        self.content = content.changed() if path in faults.changed and not fault else content
        self.fault = fault
        self.start, self.end, self.status_code = self._extent(request)
        self.raw_headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self._all_headers(seed).items()
        ]
        faults.note(path, dict(request.headers), self.status_code)

    def _extent(self, request: Request) -> tuple[int, int, int]:
        size, etag = self.content.size, self.content.etag
        match = _RANGE.fullmatch(request.headers.get("range", ""))
        if match and request.headers.get("if-range", etag) == etag:
            start = int(match[1])
            if start >= size:
                return 0, 0, 416
            return start, min(size, int(match[2]) + 1) if match[2] else size, 206
        if request.headers.get("if-none-match") == etag:
            return 0, 0, 304
        return 0, size, 200

    def _all_headers(self, seed: int) -> dict[str, str]:
        headers = {
            "X-Simulated-Data": f"mrv simulator, seed {seed}",
            "ETag": self.content.etag,
            "Last-Modified": LAST_MODIFIED,
            "Accept-Ranges": "bytes",
        }
        if self.status_code == 416:
            return headers | {"Content-Range": f"bytes */{self.content.size}", "Content-Length": "0"}
        if self.status_code == 304:
            return headers
        length = self.end - self.start
        if self.fault and self.fault.kind == "longer":
            length += 100
        if self.fault and self.fault.kind == "truncate":
            self.end = min(self.end, self.start + self.fault.after_bytes)
            length = self.end - self.start
        if self.status_code == 206:
            last = self.end - (101 if self.fault and self.fault.kind == "contradict" else 1)
            headers["Content-Range"] = f"bytes {self.start}-{last}/{self.content.size}"
        if self.fault is None or self.fault.digest:
            digest = base64.b64encode(bytes.fromhex(self.content.sha256)).decode()
            headers["Repr-Digest"] = f"sha-256=:{digest}:"
        return headers | {"Content-Type": self.content.media_type, "Content-Length": str(length)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; a fault that breaks off returns early, and the server then closes the connection."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self.fault and self.fault.kind == "stall":
            silent = min(self.end, self.start + self.fault.after_bytes)
            for chunk in self.content.chunks(self.start, silent):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(self.fault.seconds)
            self.start = silent
        if self.fault and self.fault.kind == "drip":
            for start in range(self.start, self.end, self.fault.after_bytes):
                for chunk in self.content.chunks(start, min(self.end, start + self.fault.after_bytes)):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await asyncio.sleep(self.fault.seconds)
            self.start = self.end
        end, breaks = self.end, False
        if self.fault and self.fault.kind in {"cut", "change", "longer"}:
            breaks = True
            if self.fault.kind != "longer":
                end = min(end, self.start + self.fault.after_bytes)
        for chunk in self.content.chunks(self.start, end):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if not breaks:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
