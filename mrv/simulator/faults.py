"""The ways in which a simulated source can misbehave, for tests of what the platform does then."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """One misbehaviour.

    Attributes:
        kind: `page` sends another body and status; `cut` breaks off after some bytes; `longer` declares more bytes than
            come; `truncate` leaves the end out and declares the shorter length; `change` breaks off and serves another
            content from then on; `stall` sends some bytes and then waits; `drip` waits after each of such parts;
            `contradict` names another extent in `Content-Range` than it sends; `empty_page` gives a page of submissions
            without any.
        after_bytes: Where `cut`, `truncate` and `change` end, and where `stall` falls silent; the parts of `drip`.
        seconds: How long `stall` and `drip` wait.
        digest: Whether the answer declares the digest of the whole content.
        status: Status of `page`.
        body: Body of `page`.
        headers: Further headers of `page`.
    """

    kind: Literal["page", "cut", "longer", "truncate", "change", "stall", "drip", "contradict", "empty_page"]
    after_bytes: int = 0
    seconds: float = 0.0
    digest: bool = True
    status: int = 500
    body: bytes = b"Internal Server Error"
    headers: dict[str, str] = field(default_factory=dict)


class Faults:
    """Faults waiting for requests, and a note of every request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, Fault]] = []
        self.changed: set[str] = set()
        self.requests: list[tuple[str, dict[str, str], int]] = []

    def add(self, path_part: str, fault: Fault, *, times: int = 1) -> None:
        """Let the next `times` requests whose path contains `path_part` meet the fault."""
        with self._lock:
            self._waiting.extend([(path_part, fault)] * times)

    def take(self, path: str) -> Fault | None:
        """Return the fault that waits for this request, if any."""
        with self._lock:
            for position, (part, fault) in enumerate(self._waiting):
                if part in path:
                    del self._waiting[position]
                    if fault.kind == "change":
                        self.changed.add(path)
                    return fault
        return None

    def note(self, path: str, headers: dict[str, str], status: int) -> None:
        """Remember a request and how it was answered."""
        with self._lock:
            self.requests.append((path, headers, status))
