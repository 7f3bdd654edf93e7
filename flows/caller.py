"""Who starts a flow in this process. Apart from the flows, since what they name travels to the workers of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from mrv.approvals import Approver
from mrv.progress import Progress
from mrv.settings import Settings

_caller: ContextVar[tuple[Settings, Progress, Approver | None] | None] = ContextVar("caller", default=None)


def current_caller() -> tuple[Settings, Progress, Approver | None] | None:
    """Return settings, progress and approval of whoever starts the flow; a deployment's run has none and reads its own settings."""
    return _caller.get()


@contextmanager
def calling(settings: Settings, progress: Progress, approver: Approver | None = None) -> Iterator[None]:
    """Start flows with these settings, and with somebody who watches and may approve."""
    token = _caller.set((settings, progress, approver))
    try:
        yield
    finally:
        _caller.reset(token)
