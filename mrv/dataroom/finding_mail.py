"""Who is told of a finding by mail: the preparers of its periods, and the verifiers who take part; of its text, nothing."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from mrv.dataroom import findings as reading
from mrv.dataroom import mail
from mrv.dataroom.finding_rules import State
from mrv.dataroom.findings import DUE_SOON_DAYS, Finding
from mrv.dataroom.language import translator
from mrv.dataroom.models import findings, grants, users
from mrv.dataroom.permissions import Role
from mrv.dataroom.room import Room, today

DUE_SOON = "due_soon"


def tell(connection: sa.Connection, room: Room, finding: Finding, kind: str, *, but: str | None = None) -> None:
    """Let those be told who have to do with a finding.

    Args:
        connection: The transaction of the act.
        room: The data room.
        finding: What it is about.
        kind: What was done.
        but: Who did it, and knows.
    """
    base = (room.settings.dataroom_base_url or "").rstrip("/")
    link = f"{base}/projects/{finding.project}/findings/{finding.finding_id}" if base else ""
    for recipient in _recipients(connection, room, finding):
        if recipient["user_id"] == but:
            continue
        say = translator(recipient["language"])
        values = {"code": finding.code, "project": finding.project, "period": finding.period}
        lines = [say(f"findings.mail_{kind}", **values)]
        # A link made of what a request called this server could lead elsewhere: without a set address there is none.
        lines.append(say("findings.mail_link", link=link) if link else say("findings.mail_open"))
        subject = say("findings.mail_subject", **values)
        mail.queue(connection, recipient["email"], subject, "\n\n".join([*lines, say("findings.mail_end")]) + "\n")


def remind(room: Room) -> int:
    """Let people be reminded, once for each day, of findings that are due soon; return of how many."""
    soon = (today() + timedelta(days=DUE_SOON_DAYS)).isoformat()
    waiting = sa.select(findings.c.project, findings.c.finding_id, findings.c.due_on).where(
        findings.c.state != State.CLOSED,
        findings.c.due_on <= soon,
        findings.c.due_on >= today().isoformat(),
        sa.or_(findings.c.reminded_for.is_(None), findings.c.reminded_for != findings.c.due_on),
    )
    with room.database.reading() as connection:
        if connection.execute(waiting.limit(1)).first() is None:
            return 0
    with room.database.writing() as connection:
        rows = list(connection.execute(waiting.with_for_update(skip_locked=True)).mappings())
        for row in rows:
            tell(connection, room, reading.one(connection, row["project"], row["finding_id"]), DUE_SOON)
            this = findings.c.finding_id == row["finding_id"]
            noted = findings.update().where(this).values(reminded_for=row["due_on"])
            connection.execute(noted)
    return len(rows)


def _recipients(connection: sa.Connection, room: Room, finding: Finding) -> list[sa.RowMapping]:
    day = today().isoformat()
    periods = reading.reach(finding.type, finding.period, reading.starts(room.catalogue, finding.project))
    taking_part = {entry.author_id for entry in finding.entries}
    query = (
        sa.select(users.c.user_id, users.c.email, users.c.language)
        .join(grants, grants.c.user_id == users.c.user_id)
        .where(
            users.c.is_active,
            grants.c.project == finding.project,
            grants.c.revoked_at.is_(None),
            grants.c.starts_on <= day,
            sa.or_(grants.c.ends_on.is_(None), grants.c.ends_on >= day),
            sa.or_(grants.c.period.is_(None), grants.c.period.in_(periods)),
            sa.or_(
                grants.c.role == Role.PREPARER,
                sa.and_(grants.c.role == Role.VERIFIER, users.c.user_id.in_(taking_part)),
            ),
        )
        .distinct()
        .order_by(users.c.email)
    )
    return list(connection.execute(query).mappings())
