"""The partial file of a download: locked while in use, and resumed only under the strong ETag noted beside it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mrv.files import storage_errors


def part_name(*identity: str) -> str:
    """Return a stable name for the download of a thing, safe as a file name."""
    return hashlib.sha256("\n".join(identity).encode()).hexdigest()[:40]


def _side(part: Path) -> Path:
    return part.with_suffix(".etag")


def forget(part: Path) -> None:
    """Drop what was received, but keep the file itself, because it is locked."""
    with storage_errors(part):
        os.truncate(part, 0)
        _side(part).unlink(missing_ok=True)


def discard(part: Path) -> None:
    """Remove the partial file and its note."""
    with storage_errors(part):
        part.unlink(missing_ok=True)
        _side(part).unlink(missing_ok=True)


def resumable(part: Path) -> bool:
    """Tell whether a later run can go on from what is there."""
    return part.is_file() and part.stat().st_size > 0 and _side(part).is_file()


def note_validator(part: Path, *, etag: str | None, url: str) -> None:
    """Remember what the bytes belong to, if the source gave a strong ETag; else they cannot be resumed."""
    if etag and not etag.startswith("W/"):
        _side(part).write_text(json.dumps({"etag": etag, "url": url}), encoding="utf-8")
    else:
        _side(part).unlink(missing_ok=True)


def kept(part: Path, url: str) -> tuple[int, str]:
    """Return how many bytes can be kept and the strong ETag they belong to; (0, "") to begin anew."""
    try:
        note = json.loads(_side(part).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return 0, ""
    size = part.stat().st_size
    return (size, str(note["etag"])) if size and note.get("url") == url else (0, "")


@contextmanager
def locked(part: Path) -> Iterator[None]:
    """Hold a partial file alone: two runs that pull the same file wait for each other instead of mixing bytes."""
    while True:
        with storage_errors(part):
            stream = part.open("a+b")
        fcntl.flock(stream, fcntl.LOCK_EX)
        # The former holder may have moved the file into the store: then this handle is of the stored file.
        if part.exists() and part.stat().st_ino == os.fstat(stream.fileno()).st_ino:
            break
        stream.close()
    try:
        yield
    finally:
        stream.close()
