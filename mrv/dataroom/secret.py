"""The secret of the installation: encrypts what the database must hold and give back, such as seeds of second factors."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from mrv.errors import DataRoomError
from mrv.files import fsync_folder, storage_errors
from mrv.settings import Settings

NAME = "secret"


def box(settings: Settings) -> Fernet:
    """Return what encrypts and decrypts; the secret is made at the first call, readable for its owner alone.

    Raises:
        DataRoomError: The file is no such secret.
    """
    path = settings.dataroom_dir / NAME
    with storage_errors(path):
        if not path.exists():
            _make(path)
        content = path.read_bytes()
    try:
        return Fernet(content.strip())
    except ValueError as error:
        raise DataRoomError(
            "the secret of the installation cannot be used",
            expected="the file as the data room wrote it at its first start",
            where=str(path),
            remedy="restore it from the backup; without it, every second factor must be reset",
        ) from error


def opened(settings: Settings, sealed: str) -> str:
    """Return what was encrypted.

    Raises:
        DataRoomError: It was encrypted with another secret.
    """
    try:
        return box(settings).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise DataRoomError(
            "a second factor was stored with another secret of the installation",
            where=str(settings.dataroom_dir / NAME),
            remedy="restore the file from the backup, or let an administrator reset the second factor",
        ) from error


def sealed(settings: Settings, text: str) -> str:
    """Return a text encrypted."""
    return box(settings).encrypt(text.encode()).decode()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{NAME}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(Fernet.generate_key())
        stream.flush()
        os.fsync(stream.fileno())
    # Of processes that start together the first one's secret stays: a link, unlike a rename, replaces nothing.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    fsync_folder(path.parent)
