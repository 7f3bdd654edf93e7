"""Signed checkpoints of the access log: whoever holds one can tell whether the log up to it is still the same.

A checkpoint is a small text and its SSH signature by the key that signs packages, in the namespace `redd-access-log`:
`ssh-keygen -Y verify` checks it. They lie in the database and, as files, beside it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from mrv.dataroom import access_log
from mrv.dataroom.access_chain import Mark
from mrv.dataroom.database import Database, moment
from mrv.dataroom.mail import Background
from mrv.dataroom.models import checkpoints
from mrv.errors import DataRoomError, MrvError, PackageError
from mrv.files import storage_errors, write_bytes
from mrv.package import keys, sshsig
from mrv.package.keys import SigningKey
from mrv.settings import Settings

log = logging.getLogger(__name__)

NAMESPACE = "redd-access-log"
SIGNER = "publisher"
"""Name under which the lists of allowed signers that are exported here have the key."""
EVERY_ENTRIES = 1_000
EVERY = timedelta(hours=1)
_POLL_S = 30.0
_FORM = re.compile(
    r"redd-access-log 1\nentry ([1-9][0-9]*)\nsha256 ([0-9a-f]{64})\nat ([0-9T:.-]+Z)\n", re.ASCII
)  # the whole text, so that there is one spelling of each checkpoint


@dataclass(frozen=True)
class Checkpoint:
    """A point of the chain, signed."""

    entry_no: int
    entry_hash: str
    at: str
    signature: str

    @property
    def text(self) -> bytes:
        """What is signed."""
        return f"redd-access-log 1\nentry {self.entry_no}\nsha256 {self.entry_hash}\nat {self.at}\n".encode()

    @property
    def name(self) -> str:
        """Name of its file; the signature's adds `.sig`."""
        return f"checkpoint-{self.entry_no:012d}.txt"


def folder_of(settings: Settings) -> Path:
    """Return where checkpoints lie as files."""
    return settings.dataroom_dir / "checkpoints"


def signing_key(settings: Settings) -> SigningKey:
    """Return the key that signs checkpoints: that of the packages.

    Raises:
        PackageError: There is none, it cannot be used, or it was revoked.
    """
    path = settings.signing_key or settings.keys_dir / keys.KEY_FILE
    key = keys.load_key(path, passphrase=settings.passphrase)
    keys.refuse_revoked(settings.keys_dir, key)
    return key


def signers(settings: Settings) -> tuple[bytes, ...]:
    """Return the public keys (SSH wire format) whose checkpoints count here: the own key and those before it, not revoked."""
    places = list(settings.keys_dir.glob(f"{keys.KEY_FILE}*.pub"))
    if settings.signing_key is not None:
        places.append(settings.signing_key.with_name(settings.signing_key.name + ".pub"))
    found = {keys.read_public(path.read_text(encoding="utf-8"), where=str(path)) for path in places if path.is_file()}
    return tuple(sorted(found - keys.revoked_keys(settings.keys_dir / keys.REVOKED_FILE)))


def make(database: Database, key: SigningKey, folder: Path) -> Checkpoint | None:
    """Sign the newest entry, unless it is signed already; None where the log is empty."""
    with database.writing() as connection:
        number, digest = access_log.newest(connection)
        if number == 0:
            return None
        if made := _of(connection, number):
            return made
        bare = Checkpoint(number, digest, moment(), "")
        signature = sshsig.sign(bare.text, key.private, namespace=NAMESPACE).decode()
        made = Checkpoint(number, digest, bare.at, signature)
        # The files first: one without a row is still a witness, a row without files can be deleted with the entries.
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        write_bytes(folder / made.name, made.text)
        write_bytes(folder / f"{made.name}.sig", signature.encode())
        connection.execute(
            checkpoints.insert().values(entry_no=number, entry_hash=digest, at=made.at, signature=signature)
        )
    return made


def _of(connection: sa.Connection, number: int) -> Checkpoint | None:
    row = connection.execute(sa.select(checkpoints).where(checkpoints.c.entry_no == number)).mappings().first()
    return Checkpoint(**row) if row else None


def is_due(connection: sa.Connection, now: datetime) -> bool:
    """Return whether so many entries, or so much time with any entry, have passed that a checkpoint should be made."""
    number, _ = access_log.newest(connection)
    last = connection.execute(
        sa.select(checkpoints.c.entry_no, checkpoints.c.at).order_by(checkpoints.c.entry_no.desc()).limit(1)
    ).first()
    if last is None:
        return number > 0
    fresh = int(number - last.entry_no)
    return fresh >= EVERY_ENTRIES or (fresh > 0 and str(last.at) <= moment(now - EVERY))


def stored(connection: sa.Connection) -> list[Checkpoint]:
    """Return the checkpoints of the database, oldest first."""
    query = sa.select(checkpoints).order_by(checkpoints.c.entry_no)
    return [Checkpoint(**row) for row in connection.execute(query).mappings()]


def read_file(path: Path) -> Checkpoint:
    """Read a checkpoint from its file and the signature beside it.

    Raises:
        DataRoomError: It is none.
    """
    try:
        text, signature = path.read_text("utf-8"), path.with_name(f"{path.name}.sig").read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, f"{type(error).__name__}: {error}") from error
    match = _FORM.fullmatch(text)
    if match is None:
        raise _unreadable(path, text[:200])
    return Checkpoint(int(match[1]), match[2], match[3], signature)


def _unreadable(path: Path, found: str) -> DataRoomError:
    return DataRoomError(
        "a checkpoint of the access log cannot be read",
        expected="the text of a checkpoint, and its signature in the file of the same name with .sig",
        found=found,
        where=str(path),
        remedy="take it from the export again",
    )


def vouched(found: Iterable[Checkpoint], public_keys: Iterable[bytes]) -> list[Mark]:
    """Return the points that checkpoints vouch for.

    Raises:
        DataRoomError: A signature does not hold, or is of a key that does not count here.
    """
    allowed = set(public_keys)
    marks = []
    for checkpoint in found:
        try:
            signer = sshsig.verify(checkpoint.text, checkpoint.signature.encode(), namespace=NAMESPACE)
        except MrvError as error:
            raise _refused(checkpoint, error.message) from error
        if signer not in allowed:
            raise _refused(checkpoint, f"signed by {keys.fingerprint(signer)}")
        marks.append(Mark(checkpoint.entry_no, checkpoint.entry_hash))
    return marks


def _refused(checkpoint: Checkpoint, found: str) -> DataRoomError:
    return DataRoomError(
        "a checkpoint of the access log is not what was signed",
        expected=f"a signature in the namespace {NAMESPACE} by a key of this installation that was not revoked",
        found=found,
        where=f"checkpoint of entry {checkpoint.entry_no}",
        remedy="compare it with the copy that a verifier holds: somebody changed the database or the files beside it",
    )


def all_known(connection: sa.Connection, settings: Settings, more: Iterable[Path] = ()) -> list[Checkpoint]:
    """Return every checkpoint: of the database, of the files beside it, and of files that somebody brings.

    Raises:
        DataRoomError: A file is no checkpoint.
    """
    known: dict[tuple[int, str], Checkpoint] = {(one.entry_no, one.entry_hash): one for one in stored(connection)}
    for path in (*sorted(folder_of(settings).glob("checkpoint-*.txt")), *more):
        one = read_file(path)
        known.setdefault((one.entry_no, one.entry_hash), one)
    return [known[name] for name in sorted(known)]


def allowed_signers(public_keys: Iterable[bytes]) -> str:
    """Return the lines by which `ssh-keygen -Y verify` accepts checkpoints of these keys."""
    return "".join(f'{SIGNER} namespaces="{NAMESPACE}" {keys.public_line(key)}\n' for key in public_keys)


class WhenDue:
    """Makes a checkpoint when one is due; a task of the background."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings, self._told = database, settings, ""

    def __call__(self) -> None:
        """Make one if it is time."""
        with self._database.reading() as connection:
            if not is_due(connection, datetime.now(UTC)):
                return
        try:
            make(self._database, signing_key(self._settings), folder_of(self._settings))
            self._told = ""
        except PackageError as error:
            # Serving goes on without a key to sign with: the log itself is chained. Said once for each cause.
            if self._told != error.message:
                log.warning("the access log is not signed: %s", error)
            self._told = error.message


def start(database: Database, settings: Settings) -> Background:
    """Make checkpoints when they are due, until closed."""
    return Background(WhenDue(database, settings), every_s=_POLL_S)
