"""Read-only SQL on a snapshot, each query in a process of its own that is killed when its time is over.

A query is one SELECT or EXPLAIN of at most 20 kB. The process that runs it has its memory and time limited from outside,
because DuckDB's own limits do not hold for every query, and sees no network and no file but the snapshot (`confinement`).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from mrv.errors import UsageError
from mrv.warehouse.sandbox_child import DATABASE, FORMS, Task

log = logging.getLogger(__name__)

MAX_QUERY_BYTES = 20_000
START_S = 30.0
_STATUS_BYTES = 2**20
_GRACE_S = 1.0
_READ_BYTES = 1 << 18

_MESSAGES: dict[str, tuple[str, str | None, str]] = {
    "too_long": ("the query is too long", f"at most {MAX_QUERY_BYTES} bytes", "shorten it"),
    "unreadable": ("the query cannot be read", None, "mend the SQL"),
    "not_one_select": (
        "only one SELECT is answered", "one SELECT or EXPLAIN", "ask one question at a time; the tables cannot be changed",
    ),
    "refused": ("the query was refused", None, "mend the SQL"),
    "form": ("the answer cannot be written in this form", None, "cast the column to text, or ask for another form"),
    "memory": ("the query needs too much memory", None, "ask for less, or group it"),
    "too_slow": ("the query took too long", None, "ask for less, or group it; or take the snapshot to your own machine"),
    "ended": ("the query ended its process: too much memory, or a fault of the engine", None, "ask it in another way"),
    "busy": ("too many queries at once", None, "try again in a moment"),
}  # fmt: skip
"""Code of a refusal to its message, what was expected, and the remedy."""


class QueryError(UsageError):
    """A query that is not answered; `code` is one of a closed list, so that pages can say it in the reader's language."""

    def __init__(self, code: str, *, found: str | None = None, expected: str | None = None) -> None:
        message, usual, remedy = _MESSAGES[code]
        super().__init__(message, expected=expected or usual, found=found or None, remedy=remedy)
        self.code = code


def check_text(sql: str) -> None:
    """Refuse a text that can be no query, before anything is done with it.

    Raises:
        QueryError: It is too long, or holds a character that no SQL has.
    """
    if len(sql.encode("utf-8", "surrogatepass")) > MAX_QUERY_BYTES:
        raise QueryError("too_long")
    if "\0" in sql or any("\ud800" <= letter <= "\udfff" for letter in sql):
        raise QueryError("unreadable", found="a character that no SQL has")


@dataclass(frozen=True)
class Limits:
    """What one answer may cost."""

    rows: int = 1000
    bytes: int = 5_000_000
    seconds: float = 20.0
    memory_bytes: int = 2**30


@dataclass(frozen=True)
class Answer:
    """What came back of a query, next to the bytes of its rows."""

    columns: tuple[dict[str, str], ...]
    rows: int
    truncated: bool
    elapsed_s: float


@dataclass
class Turns:
    """How many queries run at once, and how many wait, of all people and of one."""

    at_once: int
    waiting: int = 20
    per_person: int = 4
    wait_s: float = 20.0
    _people: Counter[str] = field(default_factory=Counter)
    _queue: deque[object] = field(default_factory=deque)
    _running: int = 0
    _free: threading.Condition = field(default_factory=threading.Condition)

    @contextlib.contextmanager
    def taken(self, person: str) -> Iterator[None]:
        """Wait for a turn, and hold it while the block runs.

        Raises:
            QueryError: Too many run or wait, or none became free in time.
        """
        with self._free:
            if self._people.total() >= self.at_once + self.waiting or self._people[person] >= self.per_person:
                raise QueryError("busy")
            self._people[person] += 1
            ticket = object()
            self._queue.append(ticket)
            # Who came first goes first: else whoever asks again at once would overtake those that wait.
            came = self._free.wait_for(lambda: self._queue[0] is ticket and self._running < self.at_once, self.wait_s)
            self._queue.remove(ticket)
            self._free.notify_all()
            if not came:
                self._leave(person)
                raise QueryError("busy")
            self._running += 1
        try:
            yield
        finally:
            with self._free:
                self._running -= 1
                self._leave(person)
                self._free.notify_all()

    def _leave(self, person: str) -> None:
        self._people[person] -= 1
        if not self._people[person]:
            del self._people[person]


class Sandbox:
    """Runs queries in processes forked from a warm parent, which is started at the first query (or by `warm`).

    Args:
        at_once: Most queries that run at the same time.
    """

    def __init__(self, *, at_once: int = os.cpu_count() or 1) -> None:
        self.turns = Turns(at_once)
        self._lock = threading.Lock()
        self._parent: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._warned = False

    def warm(self) -> None:
        """Start the parent, where it does not run yet."""
        with self._lock:
            self._ready()

    def close(self) -> None:
        """End the parent; it kills whatever still runs."""
        with self._lock:
            self._end()

    def run(
        self, folder: Path, sql: str, stream: IO[bytes], *, form: str, limits: Limits, person: str = "terminal"
    ) -> Answer:
        """Run a query on the snapshot in a folder and write its rows to a stream.

        Args:
            folder: Folder that holds `snapshot.duckdb`.
            sql: One SELECT or EXPLAIN.
            stream: Takes the rows: JSON (an array of arrays), CSV, an Arrow stream or Parquet.
            form: One of `FORMS`.
            limits: What it may cost.
            person: Who asks, for the limit of each person.

        Raises:
            QueryError: The query is refused, wrong, too slow or too big; `code` says which. The stream may hold a part.
        """
        if not (folder / DATABASE).is_file():
            raise UsageError(
                "there is no snapshot to read", where=str(folder), remedy="run the period again: mrv run PROJECT"
            )
        check_text(sql)
        if form not in FORMS:
            raise QueryError("form", found=form, expected=", ".join(FORMS))
        task = Task(str(folder), sql, form, limits.rows, limits.bytes, limits.seconds, limits.memory_bytes)
        with self.turns.taken(person):
            return self._answer(task, stream)

    def _answer(self, task: Task, stream: IO[bytes]) -> Answer:
        start = time.monotonic()
        data, status = self._send(task)
        end = start + task.seconds + _GRACE_S
        try:
            for part in _parts(data, end):
                stream.write(part)
            said = b"".join(_parts(status, end))
        finally:
            os.close(data)
            os.close(status)
        elapsed = time.monotonic() - start
        if not said:
            raise QueryError("too_slow" if elapsed >= task.seconds else "ended", expected=_within(task, elapsed))
        told: dict[str, Any] = json.loads(said[:_STATUS_BYTES])
        if "code" in told:
            raise QueryError(str(told["code"]), found=str(told["found"]))
        if not told["enclosed"] and not self._warned:
            self._warned = True
            log.warning("queries are not shut off from the machine's files by chroot; DuckDB's own settings hold them")
        return Answer(tuple(told["columns"]), int(told["rows"]), bool(told["truncated"]), elapsed)

    def _send(self, task: Task) -> tuple[int, int]:
        """Hand a query to the parent with the pipes of its answer; return the ends to read from."""
        (data, data_in), (status, status_in) = os.pipe(), os.pipe()
        message = json.dumps(asdict(task), ensure_ascii=False).encode()
        try:
            with self._lock:
                try:
                    socket.send_fds(self._ready(), [message], [data_in, status_in])
                except OSError:  # the parent has died since the last query
                    self._end()
                    socket.send_fds(self._ready(), [message], [data_in, status_in])
        except BaseException:
            os.close(data)
            os.close(status)
            raise
        finally:
            os.close(data_in)
            os.close(status_in)
        return data, status

    def _ready(self) -> socket.socket:
        if self._control is not None and self._parent is not None and self._parent.poll() is None:
            return self._control
        self._end()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._parent = subprocess.Popen(
                [sys.executable, "-I", "-m", "mrv.warehouse.sandbox_parent"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
                env={
                    "LC_ALL": "C.UTF-8",
                    "TZ": "UTC",
                    "OPENBLAS_NUM_THREADS": "1",
                    "ARROW_DEFAULT_MEMORY_POOL": "system",
                },
            )
        ours.settimeout(START_S)
        if ours.recv(16) != b"ready":
            ours.close()
            raise UsageError("the process for queries does not start", remedy="look at the log of the server")
        self._control = ours
        return ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._parent is not None:
            try:
                self._parent.wait(5)
            except subprocess.TimeoutExpired:
                self._parent.kill()
                self._parent.wait()
            self._parent = None


def _within(task: Task, elapsed: float) -> str | None:
    return f"at most {task.seconds:g} s" if elapsed >= task.seconds else None


def _parts(pipe: int, end: float) -> Iterator[bytes]:
    """Yield what comes through a pipe until it is closed or the time is over."""
    while (left := end - time.monotonic()) > 0:
        ready, _, _ = select.select([pipe], [], [], left)
        if not ready or not (part := os.read(pipe, _READ_BYTES)):
            return
        yield part
