"""Files that change in place, as alerts do: every retrieval is kept, and one made after the period's end is the last.

The address of such a file carries the days it is retrieved for and the day of the retrieval. Before the period's end each
pull asks again; what came before stays in the store and in the ledger. Low-confidence alerts vanish again, so that what a
report rests on must not move once its period is over.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, date, datetime

from mrv.ledger import Artifact, Ledger
from mrv.periods import Span
from mrv.sources.contract import Request

log = logging.getLogger(__name__)

_RETRIEVED = re.compile(r"/retrieved-(\d{4}-\d{2}-\d{2})$")


def series_of(address: str, days: Span) -> str:
    """Return the start of the addresses of all retrievals of a file for some days."""
    return f"{address}/{days.start}..{days.end}"


def retrievals(ledger: Ledger, project: str, series: str) -> list[Artifact]:
    """Return every retrieval of a series, oldest first; one that found the same bytes again stands too."""
    return ledger.retrievals_below(project, f"{series}/retrieved-")


def retrieval_day(artifact: Artifact) -> date:
    """Return the day (UTC) of the retrieval of a file: of its address, or else of its first retrieval known."""
    found = _RETRIEVED.search(artifact.address)
    return date.fromisoformat(found[1]) if found else _day(artifact.retrieved_at)


def series_of_artifact(artifact: Artifact) -> str | None:
    """Return the series of a retrieval, or None if its file does not change in place."""
    found = _RETRIEVED.search(artifact.address)
    return artifact.address[: found.start()] if found else None


def frozen(request: Request, series: str) -> Artifact | None:
    """Return the retrieval of a series that was made after the days wanted, if there is one with its bytes in the store."""
    for item in retrievals(request.ledger, request.project_id, series):
        if retrieval_day(item) <= request.window.end:
            continue
        if request.store.sound(item.sha256):
            log.info("%s was retrieved after the end of its period and is used again, not fetched", item.address)
            return replace(item, unchanged=True)
        log.warning("%s: its bytes are not in the store any more", item.address)
    return None


def dated_address(series: str, *, today: date, days: Span, same: Artifact | None) -> str:
    """Return the address of a retrieval.

    Args:
        series: What was retrieved.
        today: When.
        days: For which days.
        same: The newest retrieval before, if it brought the same bytes. It keeps its address until the days are over.
    """
    if same is not None and (today <= days.end or retrieval_day(same) > days.end):
        return same.address
    return f"{series}/retrieved-{today}"


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(UTC).date()
