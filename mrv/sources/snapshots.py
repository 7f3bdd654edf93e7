"""Files that change in place, as alerts do: every retrieval is kept, and one made long enough after the period's end is the last.

The address of such a file carries the days it is retrieved for and the day of the retrieval. Until the declared days after
the period's end are over each pull asks again; what came before stays in the store and in the ledger. Alerts are confirmed
or withdrawn for months, but what a report rests on must not move for ever.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

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


def settling(request: Request) -> Span:
    """Return the days wanted and those after them in which the file may still change what it says of them."""
    return Span(request.window.start, request.window.end + timedelta(days=request.settle_days))


def frozen(request: Request, series: str) -> Artifact | None:
    """Return the first retrieval made when the days wanted had settled, if there is one with its bytes in the store."""
    for item in retrievals(request.ledger, request.project_id, series):
        if retrieval_day(item) <= settling(request).end:
            continue
        if request.store.sound(item.sha256):
            log.info(
                "%s was retrieved when the alerts of its period had settled and is used again, not fetched",
                item.address,
            )
            return replace(item, unchanged=True)
        log.warning("%s: its bytes are not in the store any more", item.address)
    return None


def dated_address(series: str, *, today: date, days: Span, same: Artifact | None) -> str:
    """Return the address of a retrieval.

    Args:
        series: What was retrieved.
        today: When.
        days: From the first day it is for to the last on which it is asked again.
        same: The newest retrieval before, if it brought the same bytes. It keeps its address until these days are over.
    """
    if same is not None and (today <= days.end or retrieval_day(same) > days.end):
        return same.address
    return f"{series}/retrieved-{today}"


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(UTC).date()
