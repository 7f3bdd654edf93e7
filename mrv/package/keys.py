"""Signing keys in OpenSSH's own files: make, load, enrol as allowed signer, revoke."""

from __future__ import annotations

import base64
import hashlib
import os
import shlex
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_ssh_private_key,
)

from mrv.errors import PackageError
from mrv.files import fsync_folder, storage_errors, write_bytes
from mrv.package.sshsig import KEY_TYPE, public_blob

KEY_FILE = "signing_key"
ALLOWED_FILE = "allowed_signers"
REVOKED_FILE = "revoked_keys"
_WIRE_START = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"


@dataclass(frozen=True)
class SigningKey:
    """A private key, ready to sign."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> bytes:
        """The public key in the SSH wire format."""
        return public_blob(self.private.public_key())

    @property
    def public_line(self) -> str:
        """The public key as a line of an SSH file, without a comment."""
        return public_line(self.public)

    @property
    def fingerprint(self) -> str:
        """The key's short name, as ssh-keygen -l shows it."""
        return fingerprint(self.public)


@dataclass(frozen=True)
class AllowedSigner:
    """One line of a file of allowed signers (see ssh-keygen(1), ALLOWED SIGNERS)."""

    principals: str
    public: bytes
    namespaces: tuple[str, ...]
    valid_after: datetime | None
    valid_before: datetime | None
    line: int

    def refusal(self, *, namespace: str, moment: datetime, signed: datetime | None = None) -> str | None:
        """Return why this line does not allow a signature, or None if it does.

        Args:
            namespace: What was signed for.
            moment: Now.
            signed: When it was signed, where something tells; a key that has served its time may have been good then.
        """
        if self.namespaces and not any(fnmatchcase(namespace, pattern) for pattern in self.namespaces):
            return f"line {self.line} allows only the namespaces {', '.join(self.namespaces)}"
        if self.valid_after and moment < self.valid_after:
            return f"line {self.line} holds only after {self.valid_after.isoformat()}"
        if self.valid_before and (signed or moment) > self.valid_before:
            return f"line {self.line} held only before {self.valid_before.isoformat()}"
        return None


def public_line(public: bytes) -> str:
    """Return a public key (SSH wire format) as `ssh-ed25519 AAAA…`."""
    return f"{KEY_TYPE} {base64.b64encode(public).decode()}"


def fingerprint(public: bytes) -> str:
    """Return `SHA256:…` of a public key (SSH wire format)."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")


def raw_public(public: bytes) -> bytes:
    """Return the 32 bytes of a public key in the SSH wire format, which end it."""
    return public[-32:]


def new_key(path: Path, *, passphrase: bytes | None = None, comment: str = "") -> SigningKey:
    """Make a key: the private part at `path` (mode 0600), the public part beside it as `.pub`.

    Raises:
        PackageError: There is a key already; it is never replaced.
        StoreError: The disk refuses the write.
    """
    key = _create(path, passphrase=passphrase)
    if key is None:
        raise PackageError(
            "there is a signing key already",
            where=str(path),
            remedy="use it, or choose another path; a key that signed packages must not be lost",
        )
    _write_public(path, key, comment=comment)
    return key


def read_public(line: str, *, where: str) -> bytes:
    """Return the public key (SSH wire format) of a line `ssh-ed25519 AAAA… comment`.

    Raises:
        PackageError: It is none.
    """
    words = line.split()
    if len(words) < 2 or words[0] != KEY_TYPE:
        raise PackageError(
            "this is no public key", expected=f"{KEY_TYPE} AAAA…", where=where, remedy="copy the line of the .pub file"
        )
    public = _public(words[1], Path(where), 1)
    if len(public) != len(_WIRE_START) + 32 or not public.startswith(_WIRE_START):
        raise PackageError("this is no ed25519 public key", where=where, remedy="copy the whole line of the .pub file")
    return public


def refuse_repository(folder: Path) -> None:
    """Refuse a place for keys from which a commit could take them along.

    Raises:
        PackageError: The folder lies in a git work tree that does not ignore it.
    """
    place = folder.absolute()
    root = next((parent for parent in (place, *place.parents) if (parent / ".git").exists()), None)
    if root is None:
        return
    command = ["git", "-C", str(root), "check-ignore", "--quiet", str(place / KEY_FILE)]
    try:
        ignored = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        ignored = False
    if not ignored:
        raise PackageError(
            "a signing key would lie in a repository",
            expected="a folder outside, or one that .gitignore names",
            found=f"{place} in {root}",
            remedy="set MRV_HOME to another place, or add the folder to .gitignore",
        )


def _create(path: Path, *, passphrase: bytes | None) -> SigningKey | None:
    """Make a private key at `path`, whole or not at all; None if there is one already, be it made this moment."""
    refuse_repository(path.parent)
    private = Ed25519PrivateKey.generate()
    protection = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    content = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, protection)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Nobody else may read what mkstemp makes.
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            # Unlike a rename, a link never takes the place of a key that is there.
            os.link(name, path)
            fsync_folder(path.parent)
        except FileExistsError:
            return None
        finally:
            Path(name).unlink()
    return SigningKey(private)


def _write_public(path: Path, key: SigningKey, *, comment: str) -> None:
    write_bytes(path.with_name(path.name + ".pub"), f"{key.public_line} {comment}".strip().encode() + b"\n")


def load_key(path: Path, *, passphrase: bytes | None = None) -> SigningKey:
    """Read a private key.

    Raises:
        PackageError: It is missing, readable by others, of another kind, or its passphrase is missing or wrong.
    """
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except FileNotFoundError as error:
        raise PackageError(
            "there is no signing key", where=str(path), remedy="make one, or set MRV_SIGNING_KEY to where it lies"
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise PackageError(
            "the signing key can be read by others",
            expected="mode 0600",
            found=f"mode {stat.S_IMODE(mode):04o}",
            where=str(path),
            remedy="chmod 600 it, and consider whether somebody else has used it",
        )
    try:
        private = load_ssh_private_key(content, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PackageError(
            "the signing key cannot be read",
            expected="an OpenSSH ed25519 private key and its passphrase, if it has one",
            found=str(error),
            where=str(path),
            remedy="check the file and the passphrase",
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise PackageError(
            "the signing key is of another kind",
            expected="ed25519",
            found=type(private).__name__,
            where=str(path),
            remedy="make one with: ssh-keygen -t ed25519",
        )
    return SigningKey(private)


def ensure_key(folder: Path, *, principal: str, passphrase: bytes | None = None) -> SigningKey:
    """Return the key of a keys folder, enrolled as an allowed signer; on first use make it.

    Every call completes what an earlier one was kept from doing; calls at the same moment end with one key.

    Raises:
        PackageError: The key exists but cannot be used, or was revoked.
        StoreError: The disk refuses the write.
    """
    path = folder / KEY_FILE
    if not path.exists():
        _create(path, passphrase=passphrase)
    key = load_key(path, passphrase=passphrase)
    refuse_revoked(folder, key)
    if not path.with_name(path.name + ".pub").exists():
        _write_public(path, key, comment=principal)
    allow(folder / ALLOWED_FILE, principal=principal, public=key.public, namespaces=("redd-package",))
    return key


def refuse_revoked(folder: Path, key: SigningKey) -> None:
    """Refuse to sign with a key that was revoked here: nobody would accept it.

    Raises:
        PackageError: It was.
    """
    if key.public in revoked_keys(folder / REVOKED_FILE):
        raise PackageError(
            "the signing key was revoked",
            found=key.fingerprint,
            where=str(folder / REVOKED_FILE),
            remedy="make another one: mrv keys new",
        )


def allow(path: Path, *, principal: str, public: bytes, namespaces: tuple[str, ...]) -> None:
    """Add a signer to a file of allowed signers, once.

    Raises:
        PackageError: The principal is not one word, or the file cannot be read.
        StoreError: The disk refuses the write.
    """
    if not principal or any(char.isspace() or char in '"#,*?!' for char in principal):
        raise PackageError(
            "a signer's name must be one plain word", found=repr(principal), remedy="use an e-mail address or a slug"
        )
    present = path.read_text(encoding="utf-8") if path.exists() else ""
    if any(entry.public == public and entry.principals == principal for entry in allowed_signers(path)):
        return
    if present and not present.endswith("\n"):
        present += "\n"
    line = f'{principal} namespaces="{",".join(namespaces)}" {public_line(public)}\n'
    write_bytes(path, (present + line).encode())


def revoke(path: Path, *, public: bytes) -> None:
    """Add a key to a file of revoked keys (the plain form that ssh-keygen -Y verify -r reads), once.

    Raises:
        PackageError: The file cannot be read.
        StoreError: The disk refuses the write.
    """
    if public not in revoked_keys(path):
        present = path.read_text(encoding="utf-8") if path.exists() else ""
        write_bytes(path, (present + public_line(public) + "\n").encode())


def allowed_signers(path: Path) -> list[AllowedSigner]:
    """Read a file of allowed signers; a missing file allows nobody. Certificate authorities are not supported.

    Raises:
        PackageError: A line cannot be understood.
    """
    return [_allowed(words, number, path) for number, words in _lines(path)]


def revoked_keys(path: Path) -> set[bytes]:
    """Read a file of revoked keys, one public key a line; a missing file revokes none.

    Raises:
        PackageError: A line cannot be understood, as in a binary revocation list.
    """
    revoked = set()
    for number, words in _lines(path):
        if len(words) < 2 or words[0] != KEY_TYPE:
            raise _unreadable(path, number, "expected a line: ssh-ed25519 AAAA…")
        revoked.add(_public(words[1], path, number))
    return revoked


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    if not path.exists():
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(path, 1, "not text") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            yield number, shlex.split(line)
        except ValueError as error:
            raise _unreadable(path, number, str(error)) from error


def _allowed(words: list[str], number: int, path: Path) -> AllowedSigner:
    if KEY_TYPE not in words[1:3] or words.index(KEY_TYPE) + 1 >= len(words):
        raise _unreadable(path, number, "expected: principal [options] ssh-ed25519 AAAA…")
    position = words.index(KEY_TYPE)
    options = dict(_options(words[1], path, number)) if position == 2 else {}
    namespaces = options.get("namespaces", "")
    return AllowedSigner(
        principals=words[0],
        public=_public(words[position + 1], path, number),
        namespaces=tuple(namespaces.split(",")) if namespaces else (),
        valid_after=_moment(options.get("valid-after"), path, number),
        valid_before=_moment(options.get("valid-before"), path, number),
        line=number,
    )


def _options(word: str, path: Path, number: int) -> Iterator[tuple[str, str]]:
    name, value = "", ""
    for part in word.split(","):
        key, equals, rest = part.partition("=")
        if equals:
            if name:
                yield name, value
            name, value = key, rest
        elif name == "namespaces":
            value += f",{part}"
        else:
            raise _unreadable(path, number, f"option {part} is not supported")
        if name not in {"namespaces", "valid-after", "valid-before"}:
            raise _unreadable(path, number, f"option {name} is not supported")
    yield name, value


def _moment(text: str | None, path: Path, number: int) -> datetime | None:
    if text is None:
        return None
    for pattern in ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S"):
        digits = text.removesuffix("Z")
        if len(digits) == len(datetime(2000, 1, 1, tzinfo=UTC).strftime(pattern)):
            try:
                return datetime.strptime(digits, pattern).replace(tzinfo=UTC)
            except ValueError:
                break
    raise _unreadable(path, number, f"{text} is not a date (YYYYMMDD, in UTC)")


def _public(word: str, path: Path, number: int) -> bytes:
    try:
        return base64.b64decode(word, validate=True)
    except ValueError as error:
        raise _unreadable(path, number, "the key is not base64") from error


def _unreadable(path: Path, number: int, found: str) -> PackageError:
    return PackageError(
        "a file of keys cannot be understood",
        found=found,
        where=f"{path}, line {number}",
        remedy="mend the line; see ssh-keygen(1), ALLOWED SIGNERS",
    )
