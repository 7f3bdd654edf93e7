"""How long work tells how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """Somebody who shows progress."""

    def task(self, label: str, total: int | None) -> AbstractContextManager[Advance]:
        """Begin a task of `total` units (None: unknown); call the given function with each number of units done."""
        ...


class Silent:
    """Shows nothing."""

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Advance]:
        """See Progress."""
        del label, total
        yield lambda units: None


SILENT = Silent()
