"""Mail that waits in the database and is sent in the background: nothing is lost when the server or the mail server ends."""

from __future__ import annotations

import logging
import smtplib
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import sqlalchemy as sa

from mrv.dataroom.database import Database, moment
from mrv.dataroom.models import mails
from mrv.errors import MrvError
from mrv.settings import Settings

log = logging.getLogger(__name__)
EVERY_S = 5.0
TIMEOUT_S = 30.0
ATTEMPTS = 12
_LEASE = timedelta(minutes=5)
"""How long another process leaves a mail alone that one is sending; after a crash it is sent again then."""
_LONGEST_WAIT = timedelta(hours=6)


def queue(connection: sa.Connection, recipient: str, subject: str, body: str) -> None:
    """Let a mail be sent, if the transaction of the act is kept.

    Args:
        connection: From `Database.writing`.
        recipient: Address.
        subject: One line, in the recipient's language; nothing confidential.
        body: Plain text, in the recipient's language; nothing confidential beside a link.
    """
    line = " ".join(subject.split())
    connection.execute(mails.insert().values(recipient=recipient, subject=line, body=body, created_at=moment()))


def send_due(database: Database, settings: Settings) -> int:
    """Send the mails whose turn it is; return how many went out. Does nothing where no mail server is set."""
    if settings.smtp_host is None:
        return 0
    sent = 0
    while (mail := _claim(database)) is not None:
        problem = _send(settings, mail)
        sent += problem is None
        with database.writing() as connection:
            connection.execute(
                mails.update().where(mails.c.mail_id == mail["mail_id"]).values(**_outcome(mail, problem))
            )
    return sent


def _claim(database: Database) -> sa.RowMapping | None:
    """Take the next mail, so that no other process sends it too."""
    now = datetime.now(UTC)
    waiting = (
        sa.select(mails)
        .where(
            mails.c.sent_at.is_(None),
            mails.c.failures < ATTEMPTS,
            sa.or_(mails.c.next_at.is_(None), mails.c.next_at <= moment(now)),
        )
        .order_by(mails.c.mail_id)
        .limit(1)
    )
    # Mostly nothing waits: looking takes no lock from those who write.
    with database.reading() as connection:
        if connection.execute(waiting).first() is None:
            return None
    with database.writing() as connection:
        mail = connection.execute(waiting.with_for_update(skip_locked=True)).mappings().first()
        if mail is not None:
            lease = mails.update().where(mails.c.mail_id == mail["mail_id"]).values(next_at=moment(now + _LEASE))
            connection.execute(lease)
    return mail


def _outcome(mail: sa.RowMapping, problem: str | None) -> dict[str, object]:
    if problem is None:
        return {"sent_at": moment(), "last_error": None}
    failures = mail["failures"] + 1
    # Neither address nor text: the log is read by others than the mail.
    log.warning("mail %d was not sent, attempt %d of %d: %s", mail["mail_id"], failures, ATTEMPTS, problem)
    wait = min(timedelta(seconds=10 * 2**failures), _LONGEST_WAIT)
    return {"failures": failures, "last_error": problem, "next_at": moment(datetime.now(UTC) + wait)}


def _send(settings: Settings, mail: sa.RowMapping) -> str | None:
    """Send one mail; return what went wrong, in words without address or secret, or None."""
    message = EmailMessage()
    message["From"] = settings.smtp_sender or settings.smtp_user or f"mrv@{settings.smtp_host}"
    message["To"] = mail["recipient"]
    message["Subject"] = mail["subject"]
    message["Date"] = format_datetime(datetime.fromisoformat(mail["created_at"]))
    # The same at each attempt, so that a mail that was sent twice is known as one.
    stamp = "".join(sign for sign in mail["created_at"] if sign.isdigit())
    message["Message-ID"] = f"<{mail['mail_id']}.{stamp}@{settings.smtp_host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail["body"])
    try:
        with _connected(settings) as server:
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        return f"{type(error).__name__} {error.smtp_code}"
    except (OSError, smtplib.SMTPException) as error:
        return type(error).__name__
    return None


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port = str(settings.smtp_host), settings.smtp_port
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server


class Background:
    """A thread that does what is due every few seconds until it is closed.

    Args:
        tasks: What is done each time; an error in one is logged and it is tried again.
        every_s: Seconds between two times.
    """

    def __init__(self, *tasks: Callable[[], object], every_s: float = EVERY_S) -> None:
        self._tasks, self._every_s, self._ended = tasks, every_s, threading.Event()
        self._thread = threading.Thread(target=self._run, name="dataroom-background", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            for task in self._tasks:
                try:
                    task()
                except (sa.exc.SQLAlchemyError, MrvError, OSError) as error:
                    log.warning("a task in the background failed and is tried again: %s", type(error).__name__)
            self._ended.wait(self._every_s)

    def close(self) -> None:
        """End the thread after what it is doing."""
        self._ended.set()
        self._thread.join(TIMEOUT_S)
