"""Changes that the baseline expects and of which the monitoring says nothing: not named is not zero."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mrv.accounting.frame import Frame
from mrv.accounting.raw import InputRow, Tables
from mrv.accounting.rules import plain
from mrv.errors import InputError

COUNTED = ("deforestation", "degradation")
"""Activities whose omission adds credits; growth that nobody monitored credits nothing."""
Place = tuple[str, str, str, str]
"""Scope, zone, stratum, activity."""
Expected = Sequence[tuple[InputRow, range]]
"""Rows of the baseline with an area, each with the years of the period that take it."""


def unmonitored_problems(tables: Tables, frame: Frame) -> Iterator[InputError]:
    """Yield what a baseline in force expects to be lost and no monitored row of the year names.

    An activity of which a scope has no monitored row at all is not asked for: its emissions are declared, measured by the
    sources, or told as a gap by the ledger.
    """
    expected = _expected(tables, frame)
    monitored = [row.values for row in tables.get("account_activity", ()) if row["scenario"] == "monitored"]
    samples = [{**row.values, "activity": "deforestation"} for row in tables.get("account_area_samples", ())]
    rows = [*monitored, *samples]
    asked = {(row["scope"], row["activity"]) for row in rows}
    expected = [(row, years) for row, years in expected if (row["scope"], row["activity"]) in asked]
    yield from _by_year(expected, rows, _declared(tables))
    yield from _by_state_after(expected, monitored)


def _place(row: Mapping[str, Any] | InputRow) -> Place:
    return row["scope"], row["zone_id"], row["stratum_id"], row["activity"]


def _expected(tables: Tables, frame: Frame) -> Expected:
    valid: dict[str, tuple[range, bool]] = {}
    for version in frame.versions:
        first, last = max(version.valid_from, frame.period_start).year, min(version.valid_to, frame.period_end).year
        valid[version.name] = (range(first, last + 1), version.reference is not None)
    found = []
    for row in tables.get("account_activity", ()):
        if row["scenario"] != "baseline" or row["activity"] not in COUNTED or row["area_ha"] <= 0:
            continue
        years, is_mean = valid.get(row["baseline_version"], (range(0), False))
        if not is_mean:
            years = range(max(years.start, row["first_year"]), min(years.stop, row["last_year"] + 1))
        if years:
            found.append((row, years))
    return found


def _declared(tables: Tables) -> set[tuple[str, str, int]]:
    """Return (scope, activity, year) whose emissions were declared: they stand for areas that nobody gives."""
    return {
        (row["scope"], row["component"], year)
        for row in tables.get("account_emissions", ())
        if row["scenario"] == "monitored"
        for year in range(row["first_year"], row["last_year"] + 1)
    }


def _by_year(
    expected: Expected, rows: Sequence[Mapping[str, Any]], declared: set[tuple[str, str, int]]
) -> Iterator[InputError]:
    """Yield places and states before that a year of the monitoring leaves out; a sample is of every state."""
    seen: dict[Place, set[tuple[str | None, int]]] = defaultdict(set)
    for found in rows:
        span = range(found["first_year"], found["last_year"] + 1)
        seen[_place(found)].update((found.get("from_state"), year) for year in span)
    lacking: dict[tuple[Place, str], tuple[InputRow, set[int]]] = {}
    for row, years in expected:
        place, state = _place(row), row["from_state"]
        for year in years:
            is_seen = {(state, year), (None, year)} & seen[place]
            if not is_seen and (row["scope"], row["activity"], year) not in declared:
                lacking.setdefault((place, state), (row, set()))[1].add(year)
    for row, missing in lacking.values():
        yield _forgotten(row, "of " + ", ".join(map(str, sorted(missing))))


def _by_state_after(expected: Expected, monitored: Sequence[Mapping[str, Any]]) -> Iterator[InputError]:
    """Yield states after that the monitoring forgot.

    Where it has names of its own for what follows, its legend is another; where it has some of the baseline's names and no
    others, a row is missing.
    """
    after: dict[tuple[Place, str], set[str]] = defaultdict(set)
    for row in monitored:
        after[_place(row), row["from_state"]].add(row["to_state"])
    before: dict[tuple[Place, str], dict[str, InputRow]] = defaultdict(dict)
    for baseline, _ in expected:
        before[_place(baseline), baseline["from_state"]].setdefault(baseline["to_state"], baseline)
    for key, rows in before.items():
        if after[key] and after[key] < set(rows):
            for state in sorted(rows.keys() - after[key]):
                yield _forgotten(rows[state], f"to {state}")


def _forgotten(row: InputRow, what: str) -> InputError:
    return InputError(
        f"no monitored row of {row['activity']} from {row['from_state']} in stratum {row['stratum_id']} of zone "
        f"{row['zone_id']} {what}",
        expected="a monitored row for each stratum and change that the baseline names, also where it found 0 ha",
        found=f"a baseline of {plain(row['area_ha'])} ha, nothing monitored",
        where=f"{row.where}, stratum_id",
        remedy="add the row, with 0 where nothing was lost: 0 is a value, and what is not named would be credited whole",
    )
