"""A finding in the data room of a home, as a verifier's page writes it."""

from __future__ import annotations

from mrv.dataroom import finding_record
from mrv.dataroom.catalogues import catalogue_of
from mrv.dataroom.database import Database, moment
from mrv.dataroom.models import finding_entries, findings, users
from mrv.dataroom.room import Room
from mrv.settings import Settings


def raised(settings: Settings, project: str, period: str, *, kind: str = "CAR", number: int = 1) -> None:
    """Put a raised finding on version 1 of a period into the database, and its files into the home."""
    database = Database(settings.dataroom_address)
    database.migrate()
    user = {"user_id": f"u{number}", "email": f"v{number}@example.org", "name": "A. Quispe", "created_at": moment()}
    finding = {
        "finding_id": f"{number:032x}",
        "project": project,
        "number": number,
        "type": kind,
        "period": period,
        "version": 1,
        "manifest_sha512": "0" * 128,
        "bound_kind": "section",
        "bound_to": "7.3",
        "title": "Source of the loss",
        "state": "open",
        "raised_by": user["user_id"],
        "raised_at": moment(),
    }
    entry = {"entry_id": f"e{number}", "round": 1, "kind": "raised", "author": user["user_id"], "body": "Which tile?"}
    with database.writing() as connection:
        connection.execute(users.insert().values(is_administrator=False, is_active=True, **user))
        connection.execute(findings.insert().values(**finding))
        connection.execute(
            finding_entries.insert().values(finding_id=finding["finding_id"], at=finding["raised_at"], **entry)
        )
    finding_record.write(Room(settings, database, catalogue_of(settings)), project)
    database.close()
