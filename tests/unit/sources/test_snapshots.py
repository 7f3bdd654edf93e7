"""Files that change in place: each retrieval is kept, and one made after the period's end is the last."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mrv.ledger import Artifact
from mrv.periods import Span
from mrv.sources import fetch
from mrv.sources.contract import Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.snapshots import (
    dated_address,
    frozen,
    retrieval_day,
    retrievals,
    series_of,
    series_of_artifact,
    settling,
)

SERIES = "alerts/latest/alerts/00N_080W/2022-07-01..2022-07-12"


@pytest.fixture
def pull(request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Artifact]:
    """Pull on a day, from a folder that holds some bytes; what is frozen is not asked for."""

    def at(day: date, content: bytes | None) -> Artifact:
        monkeypatch.setattr(fetch, "now", lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        if kept := frozen(request_, SERIES):
            return kept
        assert content is not None, "it was fetched again"
        (tmp_path / "alerts.tif").write_bytes(b"II*\x00" + content)
        wanted = Wanted(
            "raster", "alerts", SERIES, "alerts.tif", "tiff", "-", "-", layer="alerts", snapshot_for=request_.window
        )
        with fetching(
            request_, source="a", base=base_of("a", str(tmp_path), request_.settings), remedy="look"
        ) as fetcher:
            return fetcher.fetch(wanted)

    return at


def test_the_address_carries_the_days_and_the_retrieval(request_: Request) -> None:
    assert series_of("alerts/latest/alerts/00N_080W", request_.window) == SERIES


def test_before_the_end_each_pull_asks_and_what_came_before_is_kept(request_: Request, pull) -> None:
    first = pull(date(2022, 7, 3), b"one")
    assert first.address == f"{SERIES}/retrieved-2022-07-03"
    second = pull(date(2022, 7, 5), b"two")
    assert (second.address, second.unchanged) == (f"{SERIES}/retrieved-2022-07-05", False)
    assert request_.store.get(first.sha256) != request_.store.get(second.sha256)
    assert [item.sha256 for item in retrievals(request_.ledger, "p", SERIES)] == [first.sha256, second.sha256]


def test_the_same_bytes_again_before_the_end_are_the_same_retrieval(request_: Request, pull) -> None:
    first, again = pull(date(2022, 7, 3), b"one"), pull(date(2022, 7, 9), b"one")
    assert (again.address, again.unchanged) == (first.address, True)
    assert len(retrievals(request_.ledger, "p", SERIES)) == 2


def test_after_the_end_one_more_retrieval_is_made_and_then_none(request_: Request, pull, caplog) -> None:
    caplog.set_level(logging.INFO)
    pull(date(2022, 7, 12), b"one")
    last = pull(date(2022, 7, 13), b"one")
    assert last.address == f"{SERIES}/retrieved-2022-07-13", "the last day itself is not over"
    later = pull(date(2023, 1, 1), None)
    assert (later.address, later.sha256, later.unchanged) == (last.address, last.sha256, True)
    assert later.retrieved_at == last.retrieved_at
    assert "not fetched" in caplog.text


def test_lost_bytes_are_retrieved_again(request_: Request, pull) -> None:
    lost = pull(date(2022, 7, 13), b"one")
    request_.store.get(lost.sha256).unlink()
    again = pull(date(2022, 8, 1), b"two")
    assert again.address == f"{SERIES}/retrieved-2022-08-01"
    assert pull(date(2022, 9, 1), None).address == again.address


def test_other_periods_and_projects_have_their_own(request_: Request, pull) -> None:
    pull(date(2022, 7, 13), b"one")
    assert not retrievals(request_.ledger, "p", SERIES[:-1])
    assert not retrievals(request_.ledger, "q", SERIES)


def test_the_day_of_a_file_without_series_is_that_of_its_retrieval(artifact_of) -> None:
    artifact = artifact_of(b"x", address="files/local/alerts.tif")
    assert retrieval_day(artifact) == date(2024, 1, 1)
    assert series_of_artifact(artifact) is None


def test_a_series_of_an_address_and_back(request_: Request, pull) -> None:
    artifact = pull(date(2022, 7, 3), b"one")
    assert series_of_artifact(artifact) == SERIES
    assert retrieval_day(artifact) == date(2022, 7, 3)
    assert dated_address(SERIES, today=date(2022, 7, 4), days=request_.window, same=artifact) == artifact.address


def test_alerts_are_asked_for_again_until_they_have_settled(request_: Request, tmp_path: Path, monkeypatch) -> None:
    slow = replace(request_, settle_days=180)
    assert settling(slow) == Span(date(2022, 7, 1), date(2023, 1, 8))

    def at(day: date, content: bytes) -> Artifact:
        monkeypatch.setattr(fetch, "now", lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        if kept := frozen(slow, SERIES):
            return kept
        (tmp_path / "alerts.tif").write_bytes(b"II*\x00" + content)
        wanted = Wanted(
            "raster", "alerts", SERIES, "alerts.tif", "tiff", "-", "-", layer="alerts", snapshot_for=settling(slow)
        )
        with fetching(slow, source="a", base=base_of("a", str(tmp_path), slow.settings), remedy="look") as fetcher:
            return fetcher.fetch(wanted)

    assert at(date(2022, 7, 13), b"low").address == f"{SERIES}/retrieved-2022-07-13"
    assert at(date(2023, 1, 8), b"confirmed").address == f"{SERIES}/retrieved-2023-01-08", (
        "the last day that is asked again"
    )
    last = at(date(2023, 1, 9), b"confirmed")
    assert last.address == f"{SERIES}/retrieved-2023-01-09"
    assert at(date(2023, 6, 1), b"never").sha256 == last.sha256
