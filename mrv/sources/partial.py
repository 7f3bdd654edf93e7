"""The partial file of a download: locked while in use, and resumed only under the strong ETag noted beside it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

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


def forget_note(part: Path) -> None:
    """Drop the note of what the bytes belong to, before the finished file is moved away.

    From that moment on the name is free: a note found under it must be of the run that took it next.
    """
    with storage_errors(part):
        _side(part).unlink(missing_ok=True)


def discard(part: Path, held: IO[bytes]) -> None:
    """Remove the partial file and its note if the name is still that of the file that we hold.

    A finished file was moved into the store; what stands under its name then is the file of another run.
    """
    with storage_errors(part):
        if _same(part, held):
            _side(part).unlink(missing_ok=True)
            part.unlink(missing_ok=True)


def _same(part: Path, held: IO[bytes]) -> bool:
    """Tell whether the name is that of an open file; nobody renames a file that another run holds locked."""
    try:
        named = part.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(held.fileno()))


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
        size = part.stat().st_size
    except (FileNotFoundError, ValueError):
        return 0, ""
    return (size, str(note["etag"])) if size and note.get("url") == url else (0, "")


@contextmanager
def locked(part: Path) -> Iterator[IO[bytes]]:
    """Hold a partial file alone: two runs that pull the same file wait for each other instead of mixing bytes."""
    while True:
        with storage_errors(part):
            stream = part.open("a+b")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
            # The former holder may have moved the file into the store: then this handle is of the stored file.
            if _same(part, stream):
                yield stream
                return
        finally:
            stream.close()
