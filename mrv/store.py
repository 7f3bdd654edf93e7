"""Immutable files by sha256: written once, never changed, checked whenever asked."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mrv.errors import StoreError
from mrv.files import fsync_folder, hash_file, storage_errors

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stored:
    """A file in the store."""

    sha256: str
    bytes: int
    new: bool


class Store:
    """Content-addressed files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / ".incoming"

    def path(self, sha256: str) -> Path:
        """Return where a file lies, whether it exists or not."""
        return self.root / sha256[:2] / sha256

    def part(self, name: str) -> Path:
        """Return a stable path for a download in progress, so that it can be resumed."""
        with storage_errors(self.incoming):
            self.incoming.mkdir(parents=True, exist_ok=True)
        return self.incoming / f"{name}.part"

    def put_file(self, source: Path) -> Stored:
        """Move a finished file into the store; a damaged file of its name is replaced.

        Raises:
            StoreError: The disk refuses the write.
        """
        sha256, size = hash_file(source), source.stat().st_size
        target = self.path(sha256)
        with storage_errors(target):
            if self.sound(sha256):
                source.unlink()
                return Stored(sha256, size, new=False)
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as stream:
                os.fsync(stream.fileno())
            source.chmod(0o444)
            source.replace(target)
            fsync_folder(target.parent)
        return Stored(sha256, size, new=True)

    def put_bytes(self, content: bytes) -> Stored:
        """Store bytes that are already in memory."""
        with storage_errors(self.incoming):
            self.incoming.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.incoming)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                return self.put_file(Path(name))
            finally:
                Path(name).unlink(missing_ok=True)

    def get(self, sha256: str) -> Path:
        """Return the path of a stored file.

        Raises:
            StoreError: There is no such file.
        """
        path = self.path(sha256)
        if not path.is_file():
            raise StoreError(
                "a file of the store is missing",
                expected=sha256,
                where=str(path),
                remedy="restore it from a backup or a package, or pull the source again",
            )
        return path

    def sound(self, sha256: str) -> bool:
        """Tell whether a file is there with the bytes of its name; a damaged one is removed, to be fetched anew.

        Raises:
            StoreError: The disk refuses to remove it.
        """
        path = self.path(sha256)
        try:
            held = path.stat()
            if hash_file(path) == sha256:
                return True
            log.warning("%s: a file of the store was damaged and is removed", path)
            # Another run may have put a whole one in its place meanwhile.
            if os.path.samestat(held, path.stat()):
                with storage_errors(path):
                    path.unlink()
        except FileNotFoundError:
            pass
        return False

    def damaged(self) -> Iterator[str]:
        """Yield the sha256 of each stored file whose bytes no longer match its name."""
        for path in sorted(self.root.glob("??/*")):
            if hash_file(path) != path.name:
                yield path.name
