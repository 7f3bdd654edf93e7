"""How long work tells how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Protocol

Advance = Callable[[int], None]


def _nobody(*_: object) -> None:
    """Listen to nothing."""


@dataclass(frozen=True)
class Meter:
    """Told of one download.

    Attributes:
        advance: Called with each number of bytes that came.
        expect: Called when an attempt begins to receive: bytes that are here from before, and bytes still to come
            (None: the source does not say).
    """

    advance: Advance = _nobody
    expect: Callable[[int, int | None], None] = _nobody


def stopping(meter: Meter, stop: Event) -> Meter:
    """Return a meter that ends its download with the next bytes once `stop` is set; what stopped it is what is told."""

    def advance(units: int) -> None:
        if stop.is_set():
            raise CancelledError
        meter.advance(units)

    return Meter(advance, meter.expect)


class Progress(Protocol):
    """Somebody who shows progress."""

    def task(self, label: str, total: int | None) -> AbstractContextManager[Advance]:
        """Begin a task of `total` units (None: unknown); call the given function with each number of units done."""
        ...

    def downloads(self, label: str, files: int) -> AbstractContextManager[Callable[[str], Meter]]:
        """Begin to fetch some files, perhaps several at a time; the given function makes the meter of a named file."""
        ...


class Silent:
    """Shows nothing."""

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Advance]:
        """See Progress."""
        del label, total
        yield lambda units: None

    @contextmanager
    def downloads(self, label: str, files: int) -> Iterator[Callable[[str], Meter]]:
        """See Progress."""
        del label, files
        yield lambda name: Meter()


SILENT = Silent()
