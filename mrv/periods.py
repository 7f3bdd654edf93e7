"""Monitoring periods and their vintages: a vintage is a period cut by calendar years, counted in days."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction


@dataclass(frozen=True, order=True)
class Span:
    """A span of days; both ends belong to it."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span cannot end ({self.end}) before it starts ({self.start})")

    @property
    def days(self) -> int:
        """Number of days, both ends counted."""
        return (self.end - self.start).days + 1

    def intersect(self, other: Span) -> Span | None:
        """Return the days that both spans share, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start <= end else None


@dataclass(frozen=True)
class Vintage:
    """One calendar year's part of a monitoring period."""

    year: int
    start: date
    end: date
    days: int
    days_in_year: int

    @property
    def fraction(self) -> Fraction:
        """Share of the calendar year that the vintage covers."""
        return Fraction(self.days, self.days_in_year)


def vintages(period: Span) -> list[Vintage]:
    """Cut a period into its vintages, oldest first."""
    result = []
    for year in range(period.start.year, period.end.year + 1):
        calendar_year = Span(date(year, 1, 1), date(year, 12, 31))
        part = period.intersect(calendar_year)
        if part is not None:
            result.append(Vintage(year, part.start, part.end, part.days, calendar_year.days))
    return result


def gaps(spans: Sequence[Span], whole: Span) -> list[Span]:
    """Return the days of `whole` that no span covers, as spans in order."""
    missing, cursor = [], whole.start
    for span in sorted(spans):
        if span.start > cursor and cursor <= whole.end:
            missing.append(Span(cursor, min(span.start - timedelta(days=1), whole.end)))
        cursor = max(cursor, span.end + timedelta(days=1))
    if cursor <= whole.end:
        missing.append(Span(cursor, whole.end))
    return missing


def overlaps(spans: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Return each pair of neighbouring spans that share a day."""
    ordered = sorted(spans)
    return [(a, b) for a, b in itertools.pairwise(ordered) if a.intersect(b)]
