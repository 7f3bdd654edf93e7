"""What the data room does for findings in the background."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mrv.dataroom import finding_mail, finding_record, mail
from mrv.dataroom.room import Room


def start(room: Room) -> mail.Background:
    """Write the files of findings once, and from then on remind of days and send mail."""
    tasks: tuple[Callable[[], object], ...] = (
        _Once(partial(finding_record.write_all, room)),
        partial(finding_mail.remind, room),
        partial(mail.send_due, room.database, room.settings),
    )
    return mail.Background(*tasks)


class _Once:
    """A task that is tried until it succeeded once."""

    def __init__(self, task: Callable[[], object]) -> None:
        self._task, self._done = task, False

    def __call__(self) -> None:
        if not self._done:
            self._task()
            self._done = True
