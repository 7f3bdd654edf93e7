"""Who does something that is logged: a request that was let in, or somebody at the terminal of the server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import sqlalchemy as sa

from mrv.dataroom import access_log


class Doer(Protocol):
    """Makes entries for the access log; `Access` is one."""

    def act(self, what: str, target: str, *, outcome: str = "done", **detail: Any) -> access_log.Act:
        """Return an entry for the access log."""
        ...


@dataclass(frozen=True)
class System:
    """Somebody at the terminal, who has the files of the server anyway."""

    def act(self, what: str, target: str, *, outcome: str = "done", **detail: Any) -> access_log.Act:
        """Return an entry for the access log."""
        return access_log.Act(
            user_id=None,
            actor="system",
            address="terminal",
            action=what,
            object=target,
            outcome=outcome,
            detail=detail,
        )


def log(
    connection: sa.Connection,
    doer: Doer,
    what: str,
    target: str,
    *,
    project: str | None = None,
    period: str | None = None,
    **detail: Any,
) -> str:
    """Write an act to the access log, below the project that it concerns; return who did it."""
    act = doer.act(what, target, **detail)
    access_log.append(connection, replace(act, project=project or act.project, period=period or act.period))
    return act.actor
