"""The first administrator's link: there is no default password, and whoever starts the server invites themselves."""

from __future__ import annotations

from mrv.dataroom import invitations
from mrv.dataroom.database import Database
from mrv.dataroom.inviting import link_to


def link(database: Database, base: str) -> str | None:
    """Return a link for the first administrator, which works once and for a day, or None where there are users.

    Args:
        database: Of the data room, its tables in their newest form.
        base: Address that people reach the data room at.
    """
    with database.writing() as connection:
        secret = invitations.first_administrator(connection)
    return link_to(base, secret) if secret else None
