"""What people do with findings: raise, answer, comment, close, reopen, set a day. Each in one transaction with its log and mail."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from mrv.dataroom import access_log, attachments, finding_bounds, finding_mail, finding_record
from mrv.dataroom import findings as reading
from mrv.dataroom.attachments import Upload
from mrv.dataroom.catalogue import Package
from mrv.dataroom.database import moment
from mrv.dataroom.finding_rules import (
    BODY_LENGTH,
    NEEDS,
    RAISED,
    TITLE_LENGTH,
    Act,
    Bound,
    Kind,
    State,
    after,
    code,
    day_of,
    text_of,
)
from mrv.dataroom.findings import Finding
from mrv.dataroom.models import finding_entries, findings
from mrv.dataroom.permissions import Action, Decision
from mrv.dataroom.phrased import Refused
from mrv.dataroom.room import Access, DeniedError

_LOCK = 7_302_960
"""Advisory lock on PostgreSQL under which numbers are given, so that none is missing or twice."""


@dataclass(frozen=True)
class Said:
    """What somebody writes with an act.

    Attributes:
        linked_version: With an answer: the version that has the correction.
        due_on: With a raised, reopened or newly due finding: its day.
    """

    body: str = ""
    uploads: Sequence[Upload] = ()
    linked_version: int | None = None
    due_on: str | None = None


def raise_finding(
    access: Access, package: Package, kind: Kind, bound: tuple[Bound, str], title: str, said: Said
) -> str:
    """Raise a finding on something of a version; return its id.

    Raises:
        Refused: The version has nothing of the kind, or a text or file is not accepted.
    """
    bound_to = finding_bounds.require(package, *bound)
    title = text_of(title, most=TITLE_LENGTH, is_line=True)
    body, due_on = text_of(said.body, most=BODY_LENGTH), day_of(said.due_on)
    attachments.require(said.uploads)
    finding_id, now = uuid.uuid4().hex, moment()
    row: dict[str, Any] = {
        "finding_id": finding_id,
        "project": package.project,
        "type": kind,
        "period": package.period,
        "version": package.version,
        "manifest_sha512": package.manifest_sha512,
        "bound_kind": bound[0],
        "bound_to": bound_to,
        "title": title,
        "state": State.OPEN,
        "due_on": due_on,
        "raised_by": access.principal.user_id,
        "raised_at": now,
    }
    with access.room.database.writing() as connection:
        row["number"] = _next_number(connection, package.project, kind)
        connection.execute(findings.insert().values(**row))
        entry = {"kind": RAISED, "round": 1, "at": now, "body": body}
        _add_entry(connection, access, finding_id, entry, said.uploads)
        finding = reading.one(connection, package.project, finding_id)
        _note(connection, access, finding, RAISED)
    finding_record.write(access.room, package.project)
    return finding_id


def do(access: Access, finding_id: str, act: Act, said: Said) -> Finding:
    """Do something with a finding of the request's project; return it as it is then.

    Raises:
        NotFoundError: There is no such finding that the reader may see.
        DeniedError: They may not do this with it.
        Refused: It cannot be done in its state, or a text, version or file is not accepted.
    """
    body = text_of(said.body, most=BODY_LENGTH) if act is not Act.DUE or said.body.strip() else ""
    due_on = day_of(said.due_on)
    attachments.require(said.uploads)
    with access.room.database.writing() as connection:
        finding = _locked(connection, access, finding_id)
        _require_allowed(access, finding, act)
        state = after(State(finding.state), act)
        _require_version(access, finding, said.linked_version)
        now = moment()
        entry = {
            "kind": act,
            "round": finding.rounds + (act is Act.REOPEN),
            "at": now,
            "body": body or (due_on or ""),
            "linked_version": said.linked_version if act is Act.ANSWER else None,
        }
        changed = _changed(finding, act, state, said, access.principal.user_id, now, due_on)
        connection.execute(findings.update().where(findings.c.finding_id == finding_id).values(**changed))
        _add_entry(connection, access, finding_id, entry, said.uploads)
        finding = reading.one(connection, finding.project, finding_id)
        _note(connection, access, finding, act)
    finding_record.write(access.room, finding.project)
    return finding


def _next_number(connection: sa.Connection, project: str, kind: Kind) -> int:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    highest = sa.select(sa.func.max(findings.c.number)).where(findings.c.project == project, findings.c.type == kind)
    return (connection.scalar(highest) or 0) + 1


def _locked(connection: sa.Connection, access: Access, finding_id: str) -> Finding:
    """Return a finding that nobody else changes until the transaction ends."""
    found = reading.thread(connection, access, finding_id)
    row = sa.select(findings.c.finding_id).where(findings.c.finding_id == finding_id)
    connection.execute(row.with_for_update())
    return reading.one(connection, found.project, finding_id)


def _require_allowed(access: Access, finding: Finding, act: Act) -> None:
    known = reading.starts(access.room.catalogue, finding.project)
    if not any(reading.may(access, action, finding, known) for action in NEEDS[act]):
        raise DeniedError(Decision.REFUSED, min(NEEDS[act]))


def _require_version(access: Access, finding: Finding, version: int | None) -> None:
    """Refuse an answer that names a version which is not there, or not newer, or not open to the one who names it."""
    if version is None:
        return
    known = {
        package.version
        for package in access.room.catalogue.packages(finding.project)
        if package.period == finding.period and access.may(Action.READ_PACKAGE, finding.project, package.period)
    }
    if version <= finding.version or version not in known:
        raise Refused("findings.refused_version", found=version, version=finding.version)


def _changed(
    finding: Finding, act: Act, state: State, said: Said, user_id: str | None, now: str, due_on: str | None
) -> dict[str, Any]:
    changed: dict[str, Any] = {"state": state}
    if act is Act.CLOSE:
        changed |= {"closed_by": user_id, "closed_at": now}
    if act is Act.REOPEN:
        changed |= {"closed_by": None, "closed_at": None}
    if act is Act.DUE or (act is Act.REOPEN and due_on):
        changed["due_on"] = due_on
    if act is Act.ANSWER and said.linked_version is not None:
        changed["resolved_version"] = said.linked_version
    return changed


def _add_entry(
    connection: sa.Connection, access: Access, finding_id: str, entry: dict[str, Any], uploads: Sequence[Upload]
) -> None:
    entry_id = uuid.uuid4().hex
    whole = {"entry_id": entry_id, "finding_id": finding_id, "author": access.principal.user_id, **entry}
    connection.execute(finding_entries.insert().values(**whole))
    attachments.add(connection, access.room.settings, entry_id, uploads)


def _note(connection: sa.Connection, access: Access, finding: Finding, kind: str) -> None:
    """Write the act to the access log and let mail go out, in the same transaction."""
    name = code(finding.type, finding.number)
    act = access.act(f"finding_{kind}", finding.finding_id, code=name, state=finding.state)
    access_log.append(connection, replace(act, project=finding.project, period=finding.period))
    finding_mail.tell(connection, access.room, finding, kind, but=access.principal.user_id)
