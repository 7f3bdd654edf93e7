"""The keys of an installation: a new one in place of an old one, whom to trust, what was revoked and why.

A folder of keys holds `signing_key` and its public part, `allowed_signers` and `revoked_keys` as ssh-keygen(1) reads them,
`notes.csv` (each act, with moment and reason), and the keys that were used before.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mrv.errors import PackageError
from mrv.files import fsync_folder, storage_errors, write_bytes
from mrv.package import keys
from mrv.package.sshsig import KEY_TYPE, NAMESPACE

NOTES_FILE = "notes.csv"
MIN_PASSPHRASE = 12
_COLUMNS = ("moment", "act", "fingerprint", "principal", "reason")
MADE, RETIRED, REVOKED, ALLOWED = "made", "retired", "revoked", "allowed"


@dataclass(frozen=True)
class Note:
    """One act on a key; `moment` is ISO 8601 in UTC."""

    moment: str
    act: str
    fingerprint: str
    principal: str
    reason: str


@dataclass(frozen=True)
class KnownKey:
    """One key as a folder of keys knows it.

    Attributes:
        kind: `own` (signs packages here), `former` (did so before) or `trusted`.
        since: When it was made or allowed here; empty where nobody noted it.
        valid_until: After which nothing new is signed with it; empty while it is in use.
        revoked: When it was revoked; empty if it was not.
        reason: Why it was revoked.
    """

    fingerprint: str
    principal: str
    kind: str
    since: str
    valid_until: str
    revoked: str
    reason: str


def new_signing_key(
    folder: Path, *, principal: str | None, passphrase: bytes | None, moment: datetime
) -> tuple[keys.SigningKey, str | None]:
    """Make the key that signs from now on; one that did so before is kept aside, and its packages go on to verify.

    Args:
        folder: Folder of keys.
        principal: Name of the signer in `allowed_signers`; default: that of the key before, or `publisher`.
        passphrase: Protects the private key on the disk.
        moment: Now.

    Returns:
        The key, and the fingerprint of the one it follows.

    Raises:
        PackageError: The folder lies in a repository, the passphrase is short, or a file of keys cannot be read.
        StoreError: The disk refuses a write.
    """
    keys.refuse_repository(folder)
    if passphrase is not None and len(passphrase) < MIN_PASSPHRASE:
        raise PackageError(
            "the passphrase is too short",
            expected=f"at least {MIN_PASSPHRASE} characters",
            found=f"{len(passphrase)}",
            remedy="use several words",
        )
    before = _retire(folder, moment)
    name = principal or (before.principal if before else "publisher")
    key = keys.ensure_key(folder, principal=name, passphrase=passphrase)
    _note(folder, Note(moment.isoformat(), MADE, key.fingerprint, name, ""))
    return key, before.fingerprint if before else None


def _retire(folder: Path, moment: datetime) -> KnownKey | None:
    """Set the key that signs aside: its line gets an end, its file another name."""
    path = folder / keys.KEY_FILE
    public = _public_part(path)
    if public is None:
        return None
    short = keys.fingerprint(public)
    known = next((key for key in known_keys(folder) if key.fingerprint == short), None)
    _end_line(folder / keys.ALLOWED_FILE, public, moment)
    name = known.principal if known else ""
    _note(folder, Note(moment.isoformat(), RETIRED, short, name, ""))
    with storage_errors(path):
        for suffix in ("", ".pub"):
            os.replace(f"{path}{suffix}", f"{path}-{re.sub(r'[^0-9A-Za-z]', '', short)[6:18]}{suffix}")  # noqa: PTH105
        fsync_folder(folder)
    return known or KnownKey(short, "publisher", "former", "", moment.isoformat(), "", "")


def _public_part(path: Path) -> bytes | None:
    """Return the public key beside a private one; it may be read without a passphrase."""
    if not path.exists():
        return None
    public = path.with_name(path.name + ".pub")
    if not public.exists():
        raise PackageError(
            "the signing key lacks its public part",
            where=str(public),
            remedy=f"write it with: ssh-keygen -y -f {path} > {public}",
        )
    return keys.read_public(public.read_text(encoding="utf-8"), where=str(public))


def _end_line(path: Path, public: bytes, moment: datetime) -> None:
    """Give each open line of a key an end. Moments end in Z: others are local time to ssh-keygen."""
    if not path.exists():
        return
    ends = f'valid-before="{moment:%Y%m%d%H%M%S}Z"'
    open_lines = {
        entry.line for entry in keys.allowed_signers(path) if entry.public == public and not entry.valid_before
    }
    lines = path.read_text(encoding="utf-8").splitlines()
    for number in open_lines:
        principal, rest = lines[number - 1].split(maxsplit=1)
        separator = " " if rest.startswith(KEY_TYPE) else ","
        lines[number - 1] = f"{principal} {ends}{separator}{rest}"
    write_bytes(path, "".join(f"{line}\n" for line in lines).encode())


def trust(folder: Path, *, principal: str, public_line: str, moment: datetime) -> str:
    """Allow a publisher's key, which was told by another way than its packages; return its fingerprint.

    Raises:
        PackageError: It is no ed25519 public key, it was revoked, or the principal is not one word.
    """
    public = keys.read_public(public_line, where="the public key")
    if public in keys.revoked_keys(folder / keys.REVOKED_FILE):
        raise PackageError(
            "the key was revoked",
            found=keys.fingerprint(public),
            where=str(folder / keys.REVOKED_FILE),
            remedy="ask the publisher for the key that is used now",
        )
    keys.allow(folder / keys.ALLOWED_FILE, principal=principal, public=public, namespaces=(NAMESPACE,))
    _note(folder, Note(moment.isoformat(), ALLOWED, keys.fingerprint(public), principal, ""))
    return keys.fingerprint(public)


def revoke_key(folder: Path, *, fingerprint: str, reason: str, moment: datetime) -> None:
    """Revoke a known key: nothing that it ever signed is accepted from now on, whenever that was.

    Raises:
        PackageError: No key of that fingerprint is known here.
    """
    found = {keys.fingerprint(entry.public): entry for entry in keys.allowed_signers(folder / keys.ALLOWED_FILE)}
    if fingerprint not in found:
        raise PackageError(
            "no such key is known here",
            expected=", ".join(sorted(found)) or "a key in allowed_signers",
            found=fingerprint,
            where=str(folder / keys.ALLOWED_FILE),
            remedy="mrv keys list shows the fingerprints",
        )
    keys.revoke(folder / keys.REVOKED_FILE, public=found[fingerprint].public)
    _note(folder, Note(moment.isoformat(), REVOKED, fingerprint, found[fingerprint].principals, reason))


def known_keys(folder: Path) -> list[KnownKey]:
    """Return the keys of a folder of keys, in the order of its list of signers.

    Raises:
        PackageError: A file cannot be read.
    """
    revoked = {keys.fingerprint(public) for public in keys.revoked_keys(folder / keys.REVOKED_FILE)}
    noted = list(_notes(folder))
    own = _public_part(folder / keys.KEY_FILE)
    former = {note.fingerprint for note in noted if note.act == RETIRED}
    known = []
    for entry in keys.allowed_signers(folder / keys.ALLOWED_FILE):
        short = keys.fingerprint(entry.public)
        acts = {note.act: note for note in noted if note.fingerprint == short}
        began, ended = acts.get(MADE) or acts.get(ALLOWED), acts.get(REVOKED)
        known.append(
            KnownKey(
                fingerprint=short,
                principal=entry.principals,
                kind="own" if entry.public == own else "former" if short in former else "trusted",
                since=began.moment if began else "",
                valid_until=entry.valid_before.isoformat() if entry.valid_before else "",
                revoked=(ended.moment if ended else "yes") if short in revoked else "",
                reason=ended.reason if ended and short in revoked else "",
            )
        )
    return known


def _notes(folder: Path) -> Iterator[Note]:
    path = folder / NOTES_FILE
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            yield Note(**{name: row[name] or "" for name in _COLUMNS})


def _note(folder: Path, note: Note) -> None:
    path, buffer = folder / NOTES_FILE, io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if not path.exists():
        writer.writerow(_COLUMNS)
    writer.writerow([getattr(note, name) for name in _COLUMNS])
    before = path.read_bytes() if path.exists() else b""
    write_bytes(path, before + buffer.getvalue().encode())
