"""What the input tables of an account must fit: its period, its crediting period, the versions of its baseline."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from mrv.accounting.raw import InputRow
from mrv.accounting.vocabulary import (
    LEAST_FOREST_TC_HA,
    LEAST_TOTAL_TC_HA,
    MODES,
    MOST_FOREST_TC_HA,
    MOST_TOTAL_TC_HA,
    MOST_WITH_SOIL_TC_HA,
)
from mrv.errors import InputError
from mrv.periods import Span, gaps

OF_REFERENCE = ("reference_average", "crediting_level")
"""Modes whose baseline is a mean of reference years."""


@dataclass(frozen=True)
class Version:
    """A version of a baseline.

    Attributes:
        name: Its id.
        mode: How it gives areas or emissions.
        valid_from: First day of its validity.
        valid_to: Last day.
        reference: First and last reference year, for the modes that have them.
        where: Where it is declared.
    """

    name: str
    mode: str
    valid_from: date
    valid_to: date
    reference: tuple[int, int] | None
    where: str

    @property
    def years(self) -> tuple[int, int]:
        """First and last year of which it may hold rows."""
        if self.mode in OF_REFERENCE and self.reference:
            return self.reference
        return self.valid_from.year, self.valid_to.year


@dataclass(frozen=True)
class Frame:
    """One project of one period.

    Attributes:
        project_id: Its id.
        where: Where it is declared.
        period_start: First day of the period.
        period_end: Last day.
        crediting_start: First day of the crediting period.
        crediting_end: Last day.
        versions: Versions of the baseline.
        zones: Zone to its scope and its area in ha; None where nothing but the tables themselves says which there are.
        strata: The project's strata; None likewise.
        other_states: (stratum, state) whose stock comes from elsewhere, such as field plots.
        least_tc_ha: Least plausible above-ground stock of forest, tC/ha.
        most_tc_ha: Most plausible above-ground stock of forest.
        least_total_tc_ha: Least plausible total stock of forest.
        most_total_tc_ha: Most plausible total stock of forest, a pool of soil left out.
        most_with_soil_tc_ha: Most plausible total stock of forest where its soil is a pool of its own.
    """

    project_id: str
    where: str
    period_start: date
    period_end: date
    crediting_start: date
    crediting_end: date
    versions: Sequence[Version] = ()
    zones: Mapping[str, tuple[str, Decimal]] | None = None
    strata: Collection[str] | None = None
    other_states: Collection[tuple[str, str]] = ()
    least_tc_ha: Decimal = LEAST_FOREST_TC_HA
    most_tc_ha: Decimal = MOST_FOREST_TC_HA
    least_total_tc_ha: Decimal = LEAST_TOTAL_TC_HA
    most_total_tc_ha: Decimal = MOST_TOTAL_TC_HA
    most_with_soil_tc_ha: Decimal = MOST_WITH_SOIL_TC_HA


def version_of(row: InputRow) -> Version:
    """Return the version that a row of `baseline_versions` holds."""
    first, last = row["reference_first_year"], row["reference_last_year"]
    reference = None if first is None or last is None else (first, last)
    return Version(row["baseline_version"], row["mode"], row["valid_from"], row["valid_to"], reference, row.where)


def frame_problems(frame: Frame) -> Iterator[InputError]:
    """Yield what is wrong with the period and the versions of the baseline, before any table is looked at."""
    reversed_spans = list(_reversed(frame))
    yield from reversed_spans
    if reversed_spans:
        return
    yield from _outside_crediting(frame)
    yield from _versions(frame)


def _reversed(frame: Frame) -> Iterator[InputError]:
    named: list[tuple[str, date, date, str]] = [
        ("the period", frame.period_start, frame.period_end, frame.where),
        ("the crediting period", frame.crediting_start, frame.crediting_end, frame.where),
        *((f"baseline version {item.name}", item.valid_from, item.valid_to, item.where) for item in frame.versions),
    ]
    for name, start, end, where in named:
        if end < start:
            yield InputError(
                f"{name} ends before it starts",
                expected=f"an end from {start} on",
                found=str(end),
                where=where,
                remedy="exchange the two days",
            )


def _outside_crediting(frame: Frame) -> Iterator[InputError]:
    for words, day, is_outside in (
        ("starts before", frame.period_start, frame.period_start < frame.crediting_start),
        ("ends after", frame.period_end, frame.period_end > frame.crediting_end),
    ):
        if is_outside:
            yield InputError(
                f"the period of {frame.project_id} {words} its crediting period",
                expected=f"days from {frame.crediting_start} to {frame.crediting_end}",
                found=str(day),
                where=frame.where,
                remedy="nothing is credited outside of it: shorten the period, or mend the crediting period",
            )


def _versions(frame: Frame) -> Iterator[InputError]:
    period = Span(frame.period_start, frame.period_end)
    spans = [Span(item.valid_from, item.valid_to) for item in frame.versions]
    for (one, first), (other, second) in itertools.pairwise(
        sorted(zip(spans, frame.versions, strict=True), key=lambda item: item[0])
    ):
        if not one.intersect(other):
            continue
        yield InputError(
            f"two baseline versions of {frame.project_id} hold on the same days",
            expected="one version for each day",
            found=f"{first.name} {_words(one)}, and {second.name} {_words(other)}",
            where=second.where,
            remedy="end the older the day before the newer begins",
        )
    for gap in gaps(spans, period):
        yield InputError(
            f"no baseline of {frame.project_id} holds for a part of the period",
            expected=f"a version for {_words(period)}",
            found=f"none for {_words(gap)}",
            where=frame.where,
            remedy="declare the version that was in force then, or correct valid_from and valid_to",
        )
    for item in frame.versions:
        yield from _mode(item)


def _mode(item: Version) -> Iterator[InputError]:
    wrong: tuple[str, str, Any] | None = None
    if item.mode not in MODES:
        wrong = ("has an unknown mode", ", ".join(MODES), item.mode)
    elif item.mode in OF_REFERENCE and item.reference is None:
        wrong = ("is a mean of reference years but names none", "first and last reference year", "none")
    elif item.mode not in OF_REFERENCE and item.reference is not None:
        wrong = (f"of mode {item.mode} has no reference years", "no reference years", item.reference)
    elif item.reference is not None and item.reference[1] < item.reference[0]:
        wrong = ("has reversed reference years", f"a last year from {item.reference[0]} on", item.reference[1])
    if wrong:
        problem, expected, found = wrong
        yield InputError(
            f"baseline version {item.name} {problem}",
            expected=expected,
            found=str(found),
            where=item.where,
            remedy="mend the mode, or the reference years",
        )


def _words(span: Span) -> str:
    return f"{span.start} to {span.end}"
