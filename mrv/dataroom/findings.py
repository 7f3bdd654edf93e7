"""Findings as they are read: lists, threads, counts; what a reader may see of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from mrv.dataroom.catalogue import Catalogue, NotFoundError, Package
from mrv.dataroom.finding_rules import Act, Bound, Kind, State, code, is_overdue, possible
from mrv.dataroom.models import attachments, finding_entries, findings, users
from mrv.dataroom.permissions import Action
from mrv.dataroom.room import Access, today

_EXACT = ("type", "state", "version", "bound_kind", "bound_to")
_ID = re.compile(r"[0-9a-f]{32}")
DUE_SOON_DAYS = 3
_author, _raiser, _closer = users.alias("author"), users.alias("raiser"), users.alias("closer")


@dataclass(frozen=True)
class Wanted:
    """What a list shall show; a null leaves everything in."""

    type: str | None = None
    state: str | None = None
    period: str | None = None
    version: int | None = None
    bound_kind: str | None = None
    bound_to: str | None = None
    overdue: bool = False


@dataclass(frozen=True)
class Entry:
    """One entry of a thread, with its attachments."""

    entry_id: str
    round: int
    kind: str
    author: str
    author_id: str
    at: str
    body: str
    linked_version: int | None
    attachments: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Finding:
    """A finding; `entries` where its thread was asked for."""

    finding_id: str
    project: str
    number: int
    type: str
    period: str
    version: int
    manifest_sha512: str
    bound_kind: str
    bound_to: str
    title: str
    state: str
    due_on: str | None
    raised_by: str
    raised_by_id: str
    raised_at: str
    closed_by: str | None
    closed_at: str | None
    resolved_version: int | None
    entries: Sequence[Entry] = field(default=())

    @property
    def code(self) -> str:
        """How people call it, such as CAR-3."""
        return code(self.type, self.number)

    @property
    def is_overdue(self) -> bool:
        """Whether it is not closed and past its day."""
        return is_overdue(self.state, self.due_on, today())

    @property
    def rounds(self) -> int:
        """The round that the thread is in."""
        return max((entry.round for entry in self.entries), default=1)


def _query() -> sa.Select[Any]:
    return (
        sa.select(
            *(column for column in findings.c if column.name not in {"raised_by", "closed_by", "reminded_for"}),
            findings.c.raised_by.label("raised_by_id"),
            _raiser.c.name.label("raised_by"),
            _closer.c.name.label("closed_by"),
        )
        .join(_raiser, _raiser.c.user_id == findings.c.raised_by)
        .outerjoin(_closer, _closer.c.user_id == findings.c.closed_by)
    )


def starts(catalogue: Catalogue, project: str) -> dict[str, str]:
    """Return the periods of a project that have a package, with their first days, in their order."""
    found = {package.period: str(package.facts["period"]["start"]) for package in catalogue.packages(project)}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def reach(kind: str, period: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the periods that a finding concerns: its own, and for a FAR those after it, where it is carried over.

    Args:
        kind: Type of the finding.
        period: Period that it was raised in.
        known: Periods of the project with their first days.
    """
    if kind != Kind.FAR or period not in known:
        return (period,)
    return tuple(name for name, start in known.items() if start >= known[period])


def may(access: Access, action: Action, finding: Finding, known: Mapping[str, str]) -> bool:
    """Return whether somebody may do something with a finding: in its period, or in one that it was carried over to."""
    return any(access.may(action, finding.project, period) for period in reach(finding.type, finding.period, known))


def acts_of(access: Access, finding: Finding, known: Mapping[str, str]) -> tuple[Act, ...]:
    """Return what the reader may do with a finding now."""
    asked = (Action.ANSWER_FINDING, Action.RAISE_FINDING, Action.CLOSE_FINDING)
    return possible(State(finding.state), {action for action in asked if may(access, action, finding, known)})


def listed(connection: sa.Connection, access: Access, wanted: Wanted) -> list[Finding]:
    """Return the findings of the request's project that the reader may see, newest first.

    A period's list holds the FARs of earlier periods that are not closed.

    Raises:
        NotFoundError: The project has no package.
    """
    project = str(access.project)
    known = starts(access.room.catalogue, project)
    if not known:
        raise NotFoundError("there is no such project", found=project[:80])
    query = _query().where(findings.c.project == project)
    rows = connection.execute(query.order_by(findings.c.raised_at.desc(), findings.c.number.desc())).mappings()
    found = [Finding(**row) for row in rows]
    return [
        one
        for one in found
        if may(access, Action.READ_FINDINGS, one, known)
        and all(getattr(wanted, name) in {None, getattr(one, name)} for name in _EXACT)
        and (wanted.period is None or _in_list_of(one, wanted.period, known))
        and (one.is_overdue or not wanted.overdue)
    ]


def _in_list_of(finding: Finding, period: str, known: Mapping[str, str]) -> bool:
    carried = finding.state != State.CLOSED and period in reach(finding.type, finding.period, known)
    return finding.period == period or carried


def of_project(connection: sa.Connection, project: str) -> list[Finding]:
    """Return every finding of a project with its thread, in the order of raising; for the terminal and for packages."""
    query = _query().where(findings.c.project == project).order_by(findings.c.raised_at, findings.c.finding_id)
    rows = list(connection.execute(query).mappings())
    entries = _entries(connection, [row["finding_id"] for row in rows])
    return [Finding(**row, entries=entries.get(row["finding_id"], ())) for row in rows]


def thread(connection: sa.Connection, access: Access, finding_id: str) -> Finding:
    """Return a finding of the request's project with its entries.

    Raises:
        NotFoundError: There is none, or the reader may not know of it.
    """
    found = one(connection, str(access.project), finding_id)
    known = starts(access.room.catalogue, found.project)
    if not may(access, Action.READ_FINDINGS, found, known):
        raise _unknown(finding_id)
    return found


def one(connection: sa.Connection, project: str, finding_id: str) -> Finding:
    """Return a finding with its entries.

    Raises:
        NotFoundError: There is none in the project.
    """
    query = _query().where(findings.c.project == project, findings.c.finding_id == finding_id)
    row = connection.execute(query).mappings().first() if _ID.fullmatch(finding_id) else None
    if row is None:
        raise _unknown(finding_id)
    return Finding(**row, entries=_entries(connection, [finding_id]).get(finding_id, ()))


def _unknown(finding_id: str) -> NotFoundError:
    return NotFoundError("there is no such finding, or it is not open to you", found=finding_id[:64])


def _entries(connection: sa.Connection, finding_ids: Sequence[str]) -> dict[str, list[Entry]]:
    query = (
        sa.select(finding_entries, _author.c.name)
        .join(_author, _author.c.user_id == finding_entries.c.author)
        .where(finding_entries.c.finding_id.in_(finding_ids))
        .order_by(finding_entries.c.at, finding_entries.c.entry_id)
    )
    rows = list(connection.execute(query).mappings())
    files: dict[str, list[Mapping[str, Any]]] = {}
    wanted = attachments.c.entry_id.in_([row["entry_id"] for row in rows])
    for file in connection.execute(sa.select(attachments).where(wanted).order_by(attachments.c.name)).mappings():
        files.setdefault(file["entry_id"], []).append(dict(file))
    found: dict[str, list[Entry]] = {}
    for row in rows:
        found.setdefault(row["finding_id"], []).append(
            Entry(
                entry_id=row["entry_id"],
                round=row["round"],
                kind=row["kind"],
                author=row["name"],
                author_id=row["author"],
                at=row["at"],
                body=row["body"],
                linked_version=row["linked_version"],
                attachments=files.get(row["entry_id"], ()),
            )
        )
    return found


def counts(connection: sa.Connection, project: str, periods: Collection[str] | None = None) -> dict[str, int]:
    """Return how many findings of a project are open, answered, closed, and overdue.

    Args:
        connection: Connection.
        project: Project.
        periods: Periods to count; null: all. A reader's own are those that they may read findings of.
    """
    query = sa.select(findings.c.state, findings.c.due_on).where(findings.c.project == project)
    if periods is not None:
        query = query.where(findings.c.period.in_(list(periods)))
    day: date = today()
    found = {**{str(state): 0 for state in State}, "overdue": 0}
    for row in connection.execute(query).mappings():
        found[row["state"]] += 1
        found["overdue"] += is_overdue(row["state"], row["due_on"], day)
    return found


def bound_to(connection: sa.Connection, package: Package, kind: str, bound: str) -> list[Finding]:
    """Return the findings about one figure, file or section of a period, whatever the version, newest first.

    A finding about an older version is shown beside the newer one too: its figure is the same one.
    """
    # A whole version is bound by its own name.
    query = _query().where(
        findings.c.project == package.project,
        findings.c.period == package.period,
        findings.c.bound_kind == Bound(kind),
        findings.c.bound_to == bound,
    )
    rows = connection.execute(query.order_by(findings.c.raised_at.desc(), findings.c.finding_id)).mappings()
    return [Finding(**row) for row in rows]
