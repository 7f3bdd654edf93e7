"""Where a form leads back to: an address of this data room, never one that a stranger chose elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit


def local(path: str | None, default: str = "/projects") -> str:
    """Return a path of this data room, or the default for anything that could lead elsewhere."""
    if not path or not path.startswith("/") or path[1:2] in {"/", "\\"} or not path.isprintable() or "\\" in path:
        return default
    parts = urlsplit(path)
    return default if parts.scheme or parts.netloc else path
