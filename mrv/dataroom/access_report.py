"""What the access log says, for those who may read it: entries by person, act and day, and a line for each person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from mrv.dataroom.models import access_log
from mrv.dataroom.permissions import Action
from mrv.dataroom.room import Access

PAGE = 100
SHOWN = (
    "entry_no", "at", "user_id", "actor", "session_id", "token_id", "address", "action", "project", "period", "object",
    "outcome",
)  # fmt: skip
COUNTED = ("open_package", "download", "query")
"""Acts that the line of a person counts by themselves."""


@dataclass(frozen=True)
class Sight:
    """What of the log somebody may read.

    Attributes:
        project: The project; null: of every project and of none.
        periods: Periods of it; null: all, and what is of no period.
        user_id: Whose own acts are seen whatever their period.
    """

    project: str | None
    periods: frozenset[str] | None
    user_id: str | None

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Return whether an entry is within sight."""
        if self.project is not None and row["project"] != self.project:
            return False
        return self.periods is None or row["period"] in self.periods or row["user_id"] == self.user_id

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the same for a query."""
        found: list[sa.ColumnElement[bool]] = []
        if self.project is not None:
            found.append(access_log.c.project == self.project)
        if self.periods is not None:
            own = access_log.c.user_id == self.user_id
            found.append(sa.or_(access_log.c.period.in_(sorted(self.periods)), own))
        return found


@dataclass(frozen=True)
class Chosen:
    """What a reader looks for; null: everything. Days are UTC, both included."""

    actor: str | None = None
    action: str | None = None
    first: date | None = None
    last: date | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return it for a query."""
        found: list[sa.ColumnElement[bool]] = []
        if self.actor:
            found.append(access_log.c.actor == self.actor)
        if self.action:
            found.append(access_log.c.action == self.action)
        if self.first:
            found.append(access_log.c.at >= self.first.isoformat())
        if self.last:
            found.append(access_log.c.at < (self.last + timedelta(days=1)).isoformat())
        return found


def sight_of(access: Access, project: str | None) -> Sight:
    """Return what of a project's log (null: of the whole one) the person of a request may read."""
    principal = access.principal
    # An empty period is none that a grant could name: whoever may read that one may read every period.
    if project is None or access.may(Action.READ_ACCESS_LOG, project, ""):
        return Sight(project, None, principal.user_id)
    named = {grant.period for grant in principal.grants if grant.project == project and grant.period}
    return Sight(
        project,
        frozenset(period for period in named if access.may(Action.READ_ACCESS_LOG, project, period)),
        principal.user_id,
    )


def own_sight(user_id: str) -> Sight:
    """Return sight of what somebody did themselves, in every project and in none."""
    return Sight(None, frozenset(), user_id)


def entries(connection: sa.Connection, sight: Sight, chosen: Chosen, *, page: int = 1) -> list[dict[str, Any]]:
    """Return one page of entries, newest first."""
    query = (
        sa.select(*(access_log.c[name] for name in (*SHOWN, "detail")))
        .where(*sight.conditions(), *chosen.conditions())
        .order_by(access_log.c.entry_no.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return [{**row, "detail": json.loads(row["detail"])} for row in connection.execute(query).mappings()]


def count(connection: sa.Connection, sight: Sight, chosen: Chosen) -> int:
    """Return how many entries there are."""
    query = sa.select(sa.func.count()).select_from(access_log).where(*sight.conditions(), *chosen.conditions())
    return int(connection.scalar(query) or 0)


def values(connection: sa.Connection, sight: Sight, column: str) -> list[str]:
    """Return what a column holds within sight, sorted: the choices of a filter."""
    query = sa.select(access_log.c[column]).distinct().where(*sight.conditions()).order_by(access_log.c[column])
    return list(connection.scalars(query))


def people(connection: sa.Connection, sight: Sight, chosen: Chosen) -> list[dict[str, Any]]:
    """Return a line for each person: first and last act, and how often they did what matters."""
    each = access_log.c

    def times(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    done = each.outcome == "done"
    query = (
        sa.select(
            each.actor,
            sa.func.min(each.at).label("first_at"),
            sa.func.max(each.at).label("last_at"),
            sa.func.count().label("entries"),
            *(times(sa.and_(each.action == name, done)).label(name) for name in COUNTED),
            times(each.outcome == "refused").label("refused"),
        )
        .where(*sight.conditions(), *chosen.conditions())
        .group_by(each.actor)
        .order_by(sa.func.max(each.at).desc())
    )
    return [
        {name: value if isinstance(value, str) else int(value) for name, value in row.items()}
        for row in connection.execute(query).mappings()
    ]
