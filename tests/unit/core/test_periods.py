"""Periods, vintages and gaps."""

import itertools
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.periods import Span, gaps, overlaps, vintages

days = st.dates(min_value=date(1999, 1, 1), max_value=date(2060, 12, 31))
spans = st.tuples(days, st.integers(0, 4000)).map(lambda pair: Span(pair[0], pair[0] + timedelta(days=pair[1])))


def test_first_monitoring_period_of_the_project() -> None:
    parts = vintages(Span(date(2010, 1, 1), date(2015, 10, 22)))
    assert [part.year for part in parts] == [2010, 2011, 2012, 2013, 2014, 2015]
    assert parts[-1].days == 295
    assert parts[-1].fraction == Fraction(295, 365)
    assert all(part.fraction == 1 for part in parts[:-1])


def test_two_years_across_three_calendar_years() -> None:
    parts = vintages(Span(date(2022, 7, 1), date(2024, 6, 30)))
    assert [part.days for part in parts] == [184, 365, 182]
    assert [part.days_in_year for part in parts] == [365, 365, 366]


@given(spans)
def test_vintages_hold_each_day_once(period: Span) -> None:
    parts = vintages(period)
    assert sum(part.days for part in parts) == period.days
    assert parts[0].start == period.start
    assert parts[-1].end == period.end
    assert all(a.end + timedelta(days=1) == b.start for a, b in itertools.pairwise(parts))


@given(st.lists(spans, max_size=6), spans)
def test_gaps_are_the_days_that_no_span_covers(covering: list[Span], whole: Span) -> None:
    missing = gaps(covering, whole)
    uncovered = sum(
        not any(span.start <= day <= span.end for span in covering)
        for day in (whole.start + timedelta(days=offset) for offset in range(whole.days))
    )
    assert sum(gap.days for gap in missing) == uncovered


def test_overlaps_name_the_pair() -> None:
    one, other = Span(date(2020, 1, 1), date(2020, 12, 31)), Span(date(2020, 12, 31), date(2021, 1, 1))
    assert overlaps([other, one]) == [(one, other)]
    assert overlaps([one, Span(date(2021, 1, 1), date(2021, 2, 1))]) == []


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Span(date(2020, 1, 2), date(2020, 1, 1))
