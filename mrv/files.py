"""Durable, atomic and deterministic writing of files."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.errors import StoreError

CHUNK = 1 << 20


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what a full, broken or read-only disk says into a StoreError that names the file and the remedy."""
    try:
        yield
    except OSError as error:
        remedies = {
            errno.ENOSPC: "free space on the disk or set MRV_HOME to another one; what was published before is untouched",
            errno.EDQUOT: "free space within the quota or set MRV_HOME elsewhere; what was published before is untouched",
            errno.EROFS: "set MRV_HOME to a folder that can be written",
            errno.EACCES: "give this user the right to write there, or set MRV_HOME elsewhere",
        }
        if error.errno not in {*remedies, errno.EIO, errno.EFBIG}:
            raise
        raise StoreError(
            "a file could not be written",
            found=error.strerror or str(error),
            where=str(path),
            remedy=remedies.get(error.errno, "check the disk; run again when it is sound"),
        ) from error


def fsync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; when the block ends well, fsync it and move it there in one step.

    Raises:
        StoreError: The disk is full, broken or read-only. Nothing is left behind.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
        os.close(handle)
    temporary = Path(name)
    try:
        with storage_errors(path):
            yield temporary
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
            fsync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file durably and atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write Parquet whose bytes depend on the table alone."""
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", version="2.6", store_schema=True, row_group_size=131_072)


def hash_file(path: Path, algorithm: str = "sha256") -> str:
    """Return the hex digest of a file, read in pieces."""
    digest = hashlib.new(algorithm)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
