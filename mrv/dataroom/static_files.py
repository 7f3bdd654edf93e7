"""Styles, scripts and the vendored map: packed once, named by their hash, the same for everybody."""

from __future__ import annotations

import gzip
import hashlib
import os
from functools import lru_cache
from pathlib import Path, PurePath
from stat import S_ISREG

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

PACKED = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
          ".mjs": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}  # fmt: skip


class PackedFiles(StaticFiles):
    """Static files; texts go out packed to who takes them packed."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer with a file, packed or as it is."""
        headers = Headers(scope=scope)
        media_type = PACKED.get(PurePath(full_path).suffix)
        if media_type is None or not S_ISREG(stat_result.st_mode):
            return super().file_response(full_path, stat_result, scope, status_code)
        if "range" in headers or not takes_gzip(headers.get("accept-encoding", "")):
            plain = super().file_response(full_path, stat_result, scope, status_code)
            plain.headers["vary"] = "Accept-Encoding"
            return plain
        content, digest = packed(os.fspath(full_path), stat_result.st_mtime_ns, stat_result.st_size)
        response = Response(
            content,
            status_code,
            media_type=media_type,
            headers={"etag": f'"{digest}-gzip"', "content-encoding": "gzip", "vary": "Accept-Encoding"},
        )
        return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, headers) else response


def takes_gzip(accepted: str) -> bool:
    """Return whether a header `Accept-Encoding` takes gzip (RFC 9110, 12.5.3)."""
    weights = {}
    for coding in accepted.lower().split(","):
        name, _, weight = (part.strip() for part in coding.partition(";"))
        try:
            weights[name] = float(weight.removeprefix("q=") or 1)
        except ValueError:
            weights[name] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0


@lru_cache(maxsize=64)
def packed(path: str, changed_ns: int, size: int) -> tuple[bytes, str]:
    """Return a file packed and the start of its sha256; the moment of its change and its size tell one state from another."""
    content = Path(path).read_bytes()
    return gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:32]
