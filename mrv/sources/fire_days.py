"""Of which days fires are known: what was asked of FIRMS and what files cover, cut to the days that a collection has.

A day without detections is a day without fires only if somebody looked. This module says who did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from pydantic import model_validator

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.periods import Span
from mrv.project_base import Strict
from mrv.project_sources import Files, Firms
from mrv.sources.fire_files import days_in
from mrv.sources.snapshots import retrieval_day
from mrv.store import Store
from mrv.yaml_reading import read_yaml

FILE = Path(__file__).with_name("fire_collections.yaml")
ASKED, DECLARED, OCCURS = "asked", "declared", "in the file"
"""Why a day counts as observed: the API was asked for it, the definition says so of a file, or the file has detections of it."""
_DAY = timedelta(days=1)


class Collection(Strict):
    """Days that a collection of FIRMS has.

    Attributes:
        first_day: First of all.
        satellites: Which it is of.
        delay_days: Of an archive: how long before a retrieval its last day lies at most.
        keeps_days: Of near-real-time data: how many days before a retrieval are there at least.
    """

    first_day: date
    satellites: tuple[str, ...]
    delay_days: int | None = None
    keeps_days: int | None = None

    @model_validator(mode="after")
    def _one(self) -> Collection:
        if (self.delay_days is None) == (self.keeps_days is None):
            raise ValueError("an archive has delay_days, near-real-time data keeps_days")
        return self

    def days(self, retrieved_on: date) -> Span | None:
        """Return the days that a retrieval surely finds; the day of the retrieval itself is not over."""
        if self.delay_days is not None:
            return _span(self.first_day, retrieved_on - max(self.delay_days, 1) * _DAY)
        return _span(max(self.first_day, retrieved_on - (self.keeps_days or 0) * _DAY), retrieved_on - _DAY)


class _Table(Strict):
    reference: str
    collections: Mapping[str, Collection]


@dataclass(frozen=True)
class Observed:
    """Days of which a source shows the fires of a collection, and why they count."""

    source: str
    collection: str
    days: Span
    basis: str


@cache
def collections() -> Mapping[str, Collection]:
    """Return the collections that the platform knows."""
    return _Table.model_validate(read_yaml(FILE)).collections


def first_day(spec: Firms, collection: str) -> date:
    """Return the first day of a collection of the API.

    Raises:
        ProjectError: Neither the platform nor the project knows it.
    """
    if collection in spec.available:
        return spec.available[collection].start
    if collection in collections():
        return collections()[collection].first_day
    raise ProjectError(
        f"the FIRMS collection {collection} is not known",
        expected=f"one of {', '.join(sorted(collections()))}, or its days under available",
        found=collection,
        where=f"source {spec.name}",
        remedy="mend the name; or declare the collection's first and last day, without which no day without fires is known",
    )


def asked_days(spec: Firms, artifacts: Sequence[Artifact], store: Store) -> Iterator[Observed]:
    """Say which days the answers of the API cover.

    An archive has every day up to the last of which it shows a fire, near-real-time data from the first such day on.

    Args:
        spec: The source.
        artifacts: Its files; their addresses end with the days asked.
        store: Where their bytes are.

    Raises:
        ProjectError: A collection is not known.
        InputError: A file lacks the column of the day.
    """
    for collection in dict.fromkeys(item.product for item in artifacts):
        first_day(spec, collection)
        files = [(item, _asked(item)) for item in artifacts if item.product == collection]
        shown: set[date] = set()
        if collection not in spec.available:
            for item, asked in files:
                if (has := collections()[collection].days(retrieval_day(item))) is None or asked.intersect(
                    has
                ) != asked:
                    shown |= days_in(store.get(item.sha256), label=item.address)
        for item, asked in files:
            has = _has(spec, collection, retrieval_day(item), shown)
            if has and (days := asked.intersect(has)):
                yield Observed(spec.name, collection, days, ASKED)


def _asked(artifact: Artifact) -> Span:
    start, _, end = artifact.address.rpartition("/")[2].partition("..")
    return Span(date.fromisoformat(start), date.fromisoformat(end))


def _has(spec: Firms, collection: str, retrieved_on: date, shown: set[date]) -> Span | None:
    declared = spec.available.get(collection)
    if declared is not None:
        return _span(declared.start, min(declared.end, retrieved_on - _DAY))
    known = collections()[collection]
    sure = known.days(retrieved_on)
    if not shown:
        return sure
    if known.delay_days is not None:
        return _span(known.first_day, min(max([*shown, *([sure.end] if sure else [])]), retrieved_on - _DAY))
    return _span(min([*shown, *([sure.start] if sure else [])]), retrieved_on - _DAY)


def file_days(spec: Files, artifacts: Sequence[Artifact], store: Store) -> Iterator[Observed]:
    """Say which days files of fires cover: those declared, not before the collection began nor after the file came, and those in it.

    Args:
        spec: The source.
        artifacts: Its files of fires.
        store: Where their bytes are.

    Raises:
        InputError: A file lacks the column of the day.
    """
    by_path = {f"files/{spec.name}/{item.path}": item for item in spec.fires}
    for artifact in artifacts:
        declared = by_path[artifact.address]
        if declared.days is not None:
            known = collections().get(declared.collection)
            start = max(declared.days.start, known.first_day) if known else declared.days.start
            days = _span(start, min(declared.days.end, retrieval_day(artifact) - _DAY))
            if days:
                yield Observed(spec.name, declared.collection, days, DECLARED)
        for day in sorted(days_in(store.get(artifact.sha256), label=artifact.address)):
            yield Observed(spec.name, declared.collection, Span(day, day), OCCURS)


def _span(start: date, end: date) -> Span | None:
    return Span(start, end) if start <= end else None
