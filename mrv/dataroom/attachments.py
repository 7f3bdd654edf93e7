"""Files that people attach to entries of findings: kept by hash, given back as downloads and never opened here."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from mrv.dataroom.models import attachments
from mrv.dataroom.phrased import Refused
from mrv.settings import Settings
from mrv.store import Store

MAX_BYTES = 25 * 2**20
MAX_FILES = 10
NAME_LENGTH = 120
_UNSAFE = re.compile(r'[\\/:*?"<>|%;]+')
_MEDIA = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")
_ACTIVE = ("html", "xml", "svg", "javascript", "ecmascript")
OTHER = "application/octet-stream"


@dataclass(frozen=True)
class Upload:
    """A file as it was sent."""

    name: str
    media_type: str
    content: bytes


def store_of(settings: Settings) -> Store:
    """Return where attachments lie."""
    return Store(settings.dataroom_dir / "attachments")


def safe_name(name: str) -> str:
    """Return a file's name without folders, signs that systems treat specially, or characters that nobody sees."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    seen = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    stem, dot, ending = _UNSAFE.sub("_", seen).strip(" .").rpartition(".")
    ending = ending[:12]
    return (f"{stem[: NAME_LENGTH - len(ending) - 1]}{dot}{ending}" if stem else ending) or "file"


def safe_media_type(said: str) -> str:
    """Return a media type that no browser runs; what is unknown or active becomes plain bytes."""
    kind = said.partition(";")[0].strip().lower()
    return kind if _MEDIA.fullmatch(kind) and not any(word in kind for word in _ACTIVE) else OTHER


def require(uploads: Sequence[Upload]) -> None:
    """Refuse too many files, too large ones and empty ones.

    Raises:
        Refused: One of them is not accepted.
    """
    if len(uploads) > MAX_FILES:
        raise Refused("findings.refused_files", most=MAX_FILES, found=len(uploads))
    for upload in uploads:
        if len(upload.content) > MAX_BYTES:
            raise Refused("findings.refused_size", name=safe_name(upload.name), most=MAX_BYTES // 2**20)
        if not upload.content:
            raise Refused("findings.refused_empty_file", name=safe_name(upload.name))


def add(connection: sa.Connection, settings: Settings, entry_id: str, uploads: Sequence[Upload]) -> None:
    """Keep files with an entry. Their bytes are durable before the row that names them; a file without a row is harmless."""
    store = store_of(settings)
    for upload in uploads:
        stored = store.put_bytes(upload.content)
        connection.execute(
            attachments.insert().values(
                attachment_id=uuid.uuid4().hex,
                entry_id=entry_id,
                name=safe_name(upload.name),
                media_type=safe_media_type(upload.media_type),
                bytes=stored.bytes,
                sha256=stored.sha256,
            )
        )
