"""What verifying a package said: made once by a process of its own, in the background, and kept."""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from mrv.errors import MrvError
from mrv.files import write_bytes
from mrv.package import keys
from mrv.settings import Settings

log = logging.getLogger(__name__)

State = Literal["running", "accepted", "refused", "failed"]
LONGEST_S = 3600.0
MODULE = "mrv.dataroom.inspecting"


@dataclass(frozen=True)
class CheckSaid:
    """One check of `mrv.package.verify`: `ok`, `failed` or `not_checked`, and of what or why."""

    name: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class Inspection:
    """What verifying a package said.

    Attributes:
        state: `failed` where verifying itself did not come to an end.
        at: When it was made, ISO 8601 in UTC; empty while it is going on.
    """

    state: State
    at: str = ""
    checks: tuple[CheckSaid, ...] = ()

    @property
    def problems(self) -> tuple[CheckSaid, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.outcome == "failed")


RUNNING = Inspection("running")


def read_inspection(content: bytes) -> Inspection:
    """Read an inspection as it is kept."""
    said = json.loads(content)
    checks = tuple(CheckSaid(**check) for check in said["checks"])
    return Inspection(said["state"], said["at"], checks)


class Inspections:
    """The inspections of an installation, kept in a folder; one is made at a time, so that pages keep their processor.

    Args:
        settings: Where things live, and whose signatures count.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.dataroom_dir / "inspections"
        self._signers = settings.keys_dir / keys.ALLOWED_FILE
        self._roots = settings.timestamp_roots
        self._known: dict[str, Inspection] = {}
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[str, Callable[[], AbstractContextManager[Path]]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def of(self, name: str, stamp: str, whole: Callable[[], AbstractContextManager[Path]]) -> Inspection:
        """Return what is known of a package; where nothing is, have it verified.

        Args:
            name: Name of the package.
            stamp: Differs when its files do.
            whole: Gives its folder.
        """
        # A key that is revoked later makes what was said before worthless, so the lists of keys are part of the name.
        key = f"{name}-{_digest(stamp, self._trust())[:32]}"
        with self._lock:
            if key in self._known:
                return self._known[key]
            self._known[key] = kept = self._kept(key)
            if kept is RUNNING:
                self._waiting.put((key, whole))
                self._start()
        return kept

    def _trust(self) -> str:
        paths = (self._signers, self._signers.with_name(keys.REVOKED_FILE), self._roots)
        stats = (path.stat() if path is not None and path.is_file() else None for path in paths)
        return repr([(stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None for stat in stats])

    def _kept(self, key: str) -> Inspection:
        try:
            return read_inspection((self._folder / f"{key}.json").read_bytes())
        except FileNotFoundError:
            return RUNNING
        except (ValueError, KeyError, TypeError):
            log.warning("what was kept of %s cannot be read and is made again", key)
            return RUNNING

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="inspections", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            key, whole = self._waiting.get()
            said = self._made(key, whole)
            with self._lock:
                self._known[key] = said

    def _made(self, key: str, whole: Callable[[], AbstractContextManager[Path]]) -> Inspection:
        try:
            with whole() as folder:
                content = _inspect(folder, self._signers, self._roots)
            said = read_inspection(content)
            write_bytes(self._folder / f"{key}.json", content)
        except (MrvError, OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            log.warning("%s could not be verified: %s", key, error)
            return Inspection("failed", checks=(CheckSaid("verify", "failed", str(error).splitlines()[0]),))
        return said


def _inspect(folder: Path, signers: Path, roots: Path | None) -> bytes:
    """Verify in a process of its own: it takes memory and a processor that pages should not wait for."""
    command = [sys.executable, "-m", MODULE, str(folder), str(signers), *([str(roots)] if roots else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=LONGEST_S, check=True)
    return done.stdout


def record(inspection: Inspection) -> Mapping[str, Any]:
    """Return an inspection as it is kept and as the API tells it."""
    return asdict(inspection)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
