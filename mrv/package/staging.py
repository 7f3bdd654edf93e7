"""A package's folder while it is written: every file is hashed as it passes, durable, and free of secrets."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from mrv.errors import PackageError
from mrv.files import CHUNK, fsync_folder
from mrv.package.bag import Entry, unsafe

_FILE_MODE = 0o644
_FOLDER_MODE = 0o755


class HashingWriter:
    """Writes to a file and hashes the same bytes, in pieces; memory does not grow with the file."""

    def __init__(self, stream: BinaryIO, secrets: Sequence[bytes]) -> None:
        self._stream = stream
        self._secrets = secrets
        self._overlap = max(map(len, secrets), default=1) - 1
        self._tail = b""
        self._sha256, self._sha512 = hashlib.sha256(), hashlib.sha512()
        self._bytes = 0

    def write(self, piece: bytes) -> None:
        """Write one piece.

        Raises:
            PackageError: A secret would be published.
        """
        if self._secrets:
            window = self._tail + piece
            if any(secret in window for secret in self._secrets):
                raise PackageError(
                    "a secret would be published",
                    remedy="find where the file got it from; revoke the secret if it was in the file before",
                )
            self._tail = window[-self._overlap :] if self._overlap else b""
        self._stream.write(piece)
        self._sha256.update(piece)
        self._sha512.update(piece)
        self._bytes += len(piece)

    @property
    def entry(self) -> Entry:
        """Size and digests of what was written so far."""
        return Entry(self._bytes, self._sha256.hexdigest(), self._sha512.hexdigest())


class Staging:
    """The folder and the entries of the files written into it.

    Args:
        root: The folder.
        secrets: Texts that no file may hold.
        private: The private part of the signing key, which no file may hold either.
    """

    def __init__(self, root: Path, *, secrets: Sequence[str] = (), private: bytes = b"") -> None:
        self.root = root
        self.entries: dict[str, Entry] = {}
        self._secrets = tuple(filter(None, (*(secret.encode() for secret in secrets), private)))
        root.chmod(_FOLDER_MODE)

    @contextmanager
    def writer(self, name: str) -> Iterator[HashingWriter]:
        """Open a new file of the package.

        Raises:
            PackageError: The name is unsafe or taken, or a secret would be published.
        """
        path = self.place(name)
        with path.open("xb") as stream:
            path.chmod(_FILE_MODE)
            writer = HashingWriter(stream, self._secrets)
            try:
                yield writer
            except PackageError as error:
                error.where = error.where or name
                raise
            stream.flush()
            os.fsync(stream.fileno())
        self.entries[name] = writer.entry

    def place(self, name: str) -> Path:
        """Return the path of a new file; its folder is made.

        Raises:
            PackageError: The name is unsafe or taken.
        """
        if reason := "it is taken" if name in self.entries else unsafe(name):
            raise PackageError(
                "a file cannot go into the package under its name", found=reason, where=name, remedy="rename the file"
            )
        path = self.root / name
        for parent in [*path.relative_to(self.root).parents][-2::-1]:
            folder = self.root / parent
            if not folder.is_dir():
                folder.mkdir()
                folder.chmod(_FOLDER_MODE)
        return path

    def write(self, name: str, content: bytes) -> None:
        """Write a small file."""
        with self.writer(name) as writer:
            writer.write(content)

    def write_json(self, name: str, value: Any) -> None:
        """Write JSON with sorted keys, two spaces and a final line break."""
        text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        self.write(name, text.encode() + b"\n")

    def write_csv(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write rows as CSV: UTF-8, line feeds, empty for null, dates in ISO 8601, decimals in full."""
        with self.writer(name) as writer:
            writer.write(_csv_line(columns))
            for row in rows:
                writer.write(_csv_line([cell_text(value) for value in row]))

    def copy(self, name: str, source: Path, *, sha256: str | None = None) -> None:
        """Copy a file.

        Raises:
            PackageError: The source is missing, or its bytes are not those of `sha256`.
        """
        if not source.is_file():
            raise PackageError(
                "a file of the package is missing at its source",
                where=str(source),
                remedy="run the stage that makes it",
            )
        with source.open("rb") as stream, self.writer(name) as writer:
            while piece := stream.read(CHUNK):
                writer.write(piece)
        if sha256 is not None and self.entries[name].sha256 != sha256:
            raise PackageError(
                "a stored file is damaged",
                expected=sha256,
                found=self.entries[name].sha256,
                where=str(source),
                remedy="restore it from a backup or pull the source again",
            )

    def sync_folders(self) -> None:
        """Make the names of all files survive a power cut."""
        for folder in sorted({(self.root / name).parent for name in self.entries} | {self.root}):
            fsync_folder(folder)


def _csv_line(values: Sequence[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue().encode()


def cell_text(value: Any) -> str:
    """Return a value as a CSV holds it: empty for null, dates in ISO 8601, decimals in full."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
