"""Dates of Darwin Core: a day, a span of days, a month or a year, as the first and last day that they can mean."""

from __future__ import annotations

import calendar
import re
from datetime import date

from mrv.sources.records import UnusableValueError

Span = tuple[date | None, date | None]

_PART = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ].*)?")
_EXPECTED = "an ISO 8601 date, a month, a year, or a span of them with /"


def event_days(text: str) -> Span:
    """Return the first and last day of an `eventDate`; both None where there is none.

    The day is taken as it is written: a time and its offset do not move it, because collectors write local days. The end of
    a span may leave out what it shares with its start, as ISO 8601 allows (2024-03-01/05).

    Raises:
        UnusableValueError: It is no date of ISO 8601, a day that does not exist, or a span that ends before it starts.
    """
    cleaned = text.strip()
    if not cleaned:
        return None, None
    start, slash, end = cleaned.partition("/")
    first, last = _days(start)
    if slash:
        _, last = _days(_completed(start, end.strip()))
    if last < first:
        raise UnusableValueError("unreadable_value", f"{_EXPECTED} that ends after it starts")
    return first, last


def _completed(start: str, end: str) -> str:
    """Give the end of a span the year and month of its start, where it leaves them out."""
    if re.fullmatch(r"\d{1,2}(?:T.*)?", end):
        return f"{start[:7]}-{end}"
    if re.fullmatch(r"\d{2}-\d{2}(?:T.*)?", end):
        return f"{start[:4]}-{end}"
    return end


def _days(text: str) -> tuple[date, date]:
    found = _PART.fullmatch(text.strip())
    if found is None:
        raise UnusableValueError("unreadable_value", _EXPECTED)
    year, month, day = (None if part is None else int(part) for part in found.groups())
    assert year is not None  # noqa: S101 - the pattern has it
    try:
        if month is None:
            return date(year, 1, 1), date(year, 12, 31)
        if day is None:
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return date(year, month, day), date(year, month, day)
    except (ValueError, calendar.IllegalMonthError) as error:
        raise UnusableValueError("unreadable_value", "a day that exists") from error
