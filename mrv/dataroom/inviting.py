"""Inviting somebody from a page or the API: the invitation, its link, and the mail that brings it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from mrv.dataroom import invitations, mail
from mrv.dataroom.language import translator
from mrv.dataroom.room import Access


@dataclass(frozen=True)
class Made:
    """An invitation that was made.

    Attributes:
        link: Lets in once; shown this once.
        is_mailed: Whether it was sent by mail too.
    """

    email: str
    link: str
    is_mailed: bool


def link_to(base: str, secret: str) -> str:
    """Return the address of an invitation."""
    return f"{base.rstrip('/')}/invitations/{secret}"


def base_of(access: Access) -> str:
    """Return the address that people reach the data room at."""
    request: Request = access.request
    return access.room.settings.dataroom_base_url or str(request.base_url)


def invite(access: Access, invited: invitations.Invited) -> Made:
    """Invite somebody, in one transaction with the mail.

    Raises:
        Refused: The invitation does not hold.
    """
    is_mailed = access.room.settings.smtp_host is not None
    email = invitations.normal_email(invited.email)
    with access.room.database.writing() as connection:
        link = link_to(base_of(access), invitations.invite(connection, access, invited))
        if is_mailed:
            # Who is invited has chosen no language yet: both, the inviter's first.
            languages = sorted(("es", "en"), key=lambda code: code != access.principal.language)
            said = [translator(code) for code in languages]
            subject = " / ".join(say("admin.mail_subject") for say in said)
            body = "\n\n".join(say("admin.mail_body", days=invitations.LIFE.days, link=link) for say in said)
            mail.queue(connection, email, subject, body)
    return Made(email, link, is_mailed)
