"""Of which days no detections mean no fires: first days of collections, what was asked and when, and what files cover."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import ProjectError
from mrv.periods import Span
from mrv.project_sources import Files, FireFile, Firms
from mrv.sources import firms
from mrv.sources.fire_days import asked_days, collections, file_days, first_day
from tests.unit.sources.test_firms_parsing import VIIRS, viirs

SPEC = Firms(connector="firms", name="fires", collections=("VIIRS_SNPP_SP",))


def answer(artifact_of, collection, span, *, retrieved="2024-01-01", days=()):
    content = "\n".join((VIIRS, *(viirs(acq_date=day) for day in days), "")).encode()
    address = f"firms/{collection}/{span}"
    return replace(
        artifact_of(content, address=address), product=collection, retrieved_at=f"{retrieved}T05:00:00+00:00"
    )


def spans(found):
    return [(str(item.days.start), str(item.days.end)) for item in found]


def test_the_first_days_are_those_of_firms() -> None:
    # Listed by FIRMS under data availability.
    firsts = {name: row.first_day for name, row in collections().items()}
    assert firsts["VIIRS_SNPP_SP"] == date(2012, 1, 20)
    assert firsts["VIIRS_NOAA20_SP"] == date(2018, 4, 1)
    assert firsts["MODIS_SP"] == date(2000, 11, 1)


def test_days_before_a_collection_began_are_neither_asked_nor_observed(request_, artifact_of) -> None:
    old = replace(request_, window=Span(date(2010, 1, 1), date(2012, 1, 25)))
    asked = [item.address for item in firms.wanted(SPEC, old)]
    assert asked[-1].endswith("..2012-01-25")
    assert len(asked) <= 3, "blocks of five days from 20 January on"
    none = replace(request_, window=Span(date(2010, 1, 1), date(2011, 12, 31)))
    assert firms.wanted(SPEC, none) == []
    found = asked_days(SPEC, [answer(artifact_of, "VIIRS_SNPP_SP", "2012-01-18..2012-01-22")], request_.store)
    assert spans(found) == [("2012-01-20", "2012-01-22")]


def test_an_archive_follows_by_months_and_what_it_shows_is_there(request_, artifact_of) -> None:
    def days(*lines):
        item = answer(artifact_of, "VIIRS_SNPP_SP", "2023-06-10..2023-06-20", days=lines)
        return spans(asked_days(SPEC, [item], request_.store))

    last = date(2024, 1, 1) - timedelta(days=collections()["VIIRS_SNPP_SP"].delay_days or 0)
    assert days() == [("2023-06-10", str(last))]
    assert days("2023-06-18") == [("2023-06-10", "2023-06-18")]


def test_near_real_time_data_are_kept_for_weeks_and_the_day_of_the_retrieval_is_not_over(request_, artifact_of) -> None:
    spec = Firms(connector="firms", name="fires", collections=("VIIRS_NOAA20_NRT",))
    item = answer(artifact_of, "VIIRS_NOAA20_NRT", "2023-10-01..2024-01-05")
    keeps = collections()["VIIRS_NOAA20_NRT"].keeps_days or 0
    assert spans(asked_days(spec, [item], request_.store)) == [
        (str(date(2024, 1, 1) - timedelta(days=keeps)), "2023-12-31")
    ]
    item = answer(artifact_of, "VIIRS_NOAA20_NRT", "2023-10-01..2024-01-05", days=("2023-10-05",))
    assert spans(asked_days(spec, [item], request_.store)) == [("2023-10-05", "2023-12-31")]


def test_a_collection_that_nobody_knows_is_refused_or_declared(request_, artifact_of) -> None:
    spec = Firms(connector="firms", name="fires", collections=("GOES_X",))
    with pytest.raises(ProjectError, match="GOES_X is not known") as caught:
        firms.wanted(spec, request_)
    assert "VIIRS_SNPP_SP" in str(caught.value)
    said = Firms.model_validate(
        {**spec.model_dump(), "available": {"GOES_X": {"start": "2022-07-03", "end": "2022-07-09"}}}
    )
    assert first_day(said, "GOES_X") == date(2022, 7, 3)
    item = answer(artifact_of, "GOES_X", "2022-07-01..2022-07-12")
    assert spans(asked_days(said, [item], request_.store)) == [("2022-07-03", "2022-07-09")]


def test_of_a_file_only_the_days_in_it_count_unless_it_is_declared(request_, artifact_of) -> None:
    """A file of 9 November says nothing of October and December."""
    content = "\n".join(
        (VIIRS, viirs(acq_date="2023-11-09"), viirs(acq_date="2023-11-12"), viirs(acq_date="soon"), "")
    ).encode()
    artifact = artifact_of(content, address="files/f/november.txt")

    def found(**declared):
        item = FireFile.model_validate({"path": "november.txt", "collection": "VIIRS_NOAA20_SP", **declared})
        spec = Files(connector="files", name="f", root="fires", fires=(item,))
        observed = list(file_days(spec, [artifact], request_.store))
        return [(*span, one.basis) for span, one in zip(spans(observed), observed, strict=True)]

    single = [("2023-11-09", "2023-11-09", "in the file"), ("2023-11-12", "2023-11-12", "in the file")]
    assert found() == single
    whole = {"start": "2023-11-01", "end": "2023-11-30"}
    assert found(days=whole) == [("2023-11-01", "2023-11-30", "declared"), *single]
    # Neither before the collection began nor after the file came, on 1 January 2024.
    long = {"start": "2010-01-01", "end": "2030-01-01"}
    assert found(days=long)[0] == ("2018-04-01", "2023-12-31", "declared")
    assert found(days={"start": "2010-01-01", "end": "2011-01-01"}) == single


@given(start=st.dates(date(2010, 1, 1), date(2024, 12, 31)), retrieved=st.dates(date(2010, 1, 1), date(2025, 12, 31)))
def test_no_day_is_observed_before_its_collection_or_on_and_after_the_retrieval(start: date, retrieved: date) -> None:
    for row in collections().values():
        has = row.days(retrieved)
        both = has.intersect(Span(start, start + timedelta(days=9))) if has else None
        if both:
            assert row.first_day <= both.start <= both.end < retrieved
