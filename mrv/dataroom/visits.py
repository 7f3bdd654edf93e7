"""What changed in a project since somebody was there last. A visit ends after half an hour of silence."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from mrv.dataroom.access_report import sight_of
from mrv.dataroom.catalogue import NotFoundError, Package
from mrv.dataroom.database import moment
from mrv.dataroom.models import access_log, finding_entries, findings, grants, users, visits
from mrv.dataroom.permissions import Action
from mrv.dataroom.room import Access, today

SILENCE = timedelta(minutes=30)
_COARSE = timedelta(minutes=1)
"""Pages that follow one another faster are not noted one by one."""
DUE_SOON = timedelta(days=14)
CHANGES = "data/changes/figures.csv"
_FINDING_KINDS = ("raised", "answered", "closed", "reopened")


@dataclass(frozen=True)
class ChangedFigure:
    """A headline figure whose value is another one in the new version; `reason` says why there is none now."""

    figure_id: str
    label_en: str
    label_es: str
    unit: str
    old: Decimal | None
    new: Decimal | None
    difference: Decimal | None
    reason: str | None


@dataclass(frozen=True)
class NewVersion:
    """A package that was published since."""

    name: str
    period: str
    version: int
    created_at: str
    figures: tuple[ChangedFigure, ...]


@dataclass(frozen=True)
class FindingEvent:
    """Something that happened to a finding since; `what` is raised, answered, closed or reopened."""

    finding_id: str
    label: str
    title: str
    what: str
    at: str
    by: str


@dataclass(frozen=True)
class Due:
    """An open finding that is due soon, or was."""

    finding_id: str
    label: str
    title: str
    due_on: str
    is_late: bool


@dataclass(frozen=True)
class NewPerson:
    """Somebody who was given access since."""

    name: str
    role: str
    period: str | None
    at: str


@dataclass(frozen=True)
class Visitors:
    """How often others did something since: acts by word."""

    act: str
    people: int
    times: int


@dataclass(frozen=True)
class Since:
    """What changed since the visit before.

    Attributes:
        since: End of that visit; null on a first one, on which everything would be new and nothing is listed but what is due.
    """

    since: str | None
    versions: tuple[NewVersion, ...] = ()
    findings: tuple[FindingEvent, ...] = ()
    due: tuple[Due, ...] = ()
    people: tuple[NewPerson, ...] = ()
    visitors: tuple[Visitors, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing changed."""
        return not (self.versions or self.findings or self.due or self.people or self.visitors)

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def previous(connection: sa.Connection, user_id: str, project: str, now: datetime) -> tuple[str | None, bool]:
    """Return when the visit before this one ended, and whether this moment should be noted."""
    query = sa.select(visits.c.previous_at, visits.c.last_at)
    row = connection.execute(query.where(visits.c.user_id == user_id, visits.c.project == project)).first()
    if row is None:
        return None, True
    before: str | None = row.last_at if row.last_at < moment(now - SILENCE) else row.previous_at
    return before, bool(row.last_at < moment(now - _COARSE))


def note(connection: sa.Connection, user_id: str, project: str, now: datetime) -> None:
    """Note that somebody is in a project now."""
    before, is_due = previous(connection, user_id, project, now)
    if not is_due:
        return
    here = (visits.c.user_id == user_id) & (visits.c.project == project)
    done = connection.execute(visits.update().where(here).values(previous_at=before, last_at=moment(now)))
    if done.rowcount == 0:
        connection.execute(visits.insert().values(user_id=user_id, project=project, last_at=moment(now)))


def since_last(access: Access, project: str) -> Since | None:
    """Note the visit of whoever asks, and return what changed since the one before; None for the public."""
    user_id, now = access.principal.user_id, datetime.now(UTC)
    if user_id is None:
        return None
    database = access.room.database
    with database.reading() as connection:
        before, is_due = previous(connection, user_id, project, now)
    if is_due:
        # Two pages at the same moment of a first visit: one of them notes it, and that does.
        with suppress(IntegrityError), database.writing() as connection:
            note(connection, user_id, project, now)
    return changes(access, project, before)


def changes(access: Access, project: str, since: str | None) -> Since:
    """Return what changed since a moment, as far as the person may know of it."""
    with access.room.database.reading() as connection:
        due = tuple(_due(access, connection, project))
        if since is None:
            return Since(None, due=due)
        return Since(
            since,
            versions=tuple(_versions(access, project, since)),
            findings=tuple(_findings(access, connection, project, since)),
            due=due,
            people=tuple(_people(access, connection, project, since)),
            visitors=tuple(_visitors(access, connection, project, since)),
        )


def _versions(access: Access, project: str, since: str) -> Iterator[NewVersion]:
    for package in access.room.catalogue.packages(project):
        created = moment(datetime.fromisoformat(str(package.facts["created_at"])))
        if created > since and access.may(Action.READ_PACKAGE, project, package.period):
            yield NewVersion(package.name, package.period, package.version, created, tuple(_changed(package)))


def _changed(package: Package) -> Iterator[ChangedFigure]:
    headline = {figure["figure_id"] for figure in package.facts["headline"]}
    try:
        text = package.read(CHANGES).decode("utf-8-sig")
    except NotFoundError:
        return  # a first version follows none
    for row in csv.DictReader(io.StringIO(text)):
        if row["figure_id"] in headline:
            old, new, difference = (Decimal(row[name]) if row[name] else None for name in ("old", "new", "difference"))
            reason = row["new_reason"] or None
            labels = row["figure_id"], row["label_en"], row["label_es"], row["unit"]
            yield ChangedFigure(*labels, old, new, difference, reason)


def _readable(access: Access, project: str, rows: Iterable[Any]) -> Iterator[Any]:
    return (row for row in rows if access.may(Action.READ_FINDINGS, project, row["period"]))


def _findings(access: Access, connection: sa.Connection, project: str, since: str) -> Iterator[FindingEvent]:
    query = (
        sa.select(findings, finding_entries.c.kind, finding_entries.c.at, users.c.name.label("by"))
        .join(finding_entries, finding_entries.c.finding_id == findings.c.finding_id)
        .join(users, users.c.user_id == finding_entries.c.author)
        .where(
            findings.c.project == project,
            finding_entries.c.at > since,
            finding_entries.c.kind.in_(_FINDING_KINDS),
            finding_entries.c.author != access.principal.user_id,
        )
        .order_by(finding_entries.c.at.desc())
    )
    for row in _readable(access, project, connection.execute(query).mappings()):
        yield FindingEvent(row["finding_id"], _label(row), row["title"], row["kind"], row["at"], row["by"])


def _due(access: Access, connection: sa.Connection, project: str) -> Iterator[Due]:
    now: date = today()
    query = (
        sa.select(findings)
        .where(
            findings.c.project == project,
            findings.c.state != "closed",
            findings.c.due_on <= (now + DUE_SOON).isoformat(),
        )
        .order_by(findings.c.due_on, findings.c.finding_id)
    )
    for row in _readable(access, project, connection.execute(query).mappings()):
        yield Due(row["finding_id"], _label(row), row["title"], row["due_on"], row["due_on"] < now.isoformat())


def _label(row: Any) -> str:
    return f"{row['type']}-{row['number']}"


def _people(access: Access, connection: sa.Connection, project: str, since: str) -> Iterator[NewPerson]:
    if not access.may(Action.READ_ACCESS_LOG, project):
        return
    query = (
        sa.select(users.c.name, grants.c.role, grants.c.period, grants.c.granted_at)
        .join(users, users.c.user_id == grants.c.user_id)
        .where(
            grants.c.project == project,
            grants.c.granted_at > since,
            grants.c.revoked_at.is_(None),
            grants.c.user_id != access.principal.user_id,
        )
        .order_by(grants.c.granted_at)
    )
    for row in connection.execute(query):
        if access.may(Action.READ_ACCESS_LOG, project, row.period or ""):
            yield NewPerson(row.name, row.role, row.period, row.granted_at)


def _visitors(access: Access, connection: sa.Connection, project: str, since: str) -> Iterator[Visitors]:
    if not access.may(Action.READ_ACCESS_LOG, project):
        return
    each = access_log.c
    query = (
        sa.select(each.action, sa.func.count(sa.distinct(each.actor)).label("people"), sa.func.count().label("times"))
        .where(*sight_of(access, project).conditions(), each.at > since, each.outcome == "done")
        .where(sa.or_(each.user_id.is_(None), each.user_id != access.principal.user_id))
        .group_by(each.action)
        .order_by(each.action)
    )
    for row in connection.execute(query):
        yield Visitors(row.action, int(row.people), int(row.times))
