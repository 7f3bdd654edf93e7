"""What the rows of all input tables of one project must hold together."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mrv.accounting.frame import Frame, Version
from mrv.accounting.raw import InputRow, Tables
from mrv.accounting.rules import plain
from mrv.accounting.stocks import EVERY_STRATUM, stock_problems
from mrv.accounting.unmonitored import unmonitored_problems
from mrv.errors import InputError
from mrv.periods import Span, overlaps

TEMPORAL = ("account_activity", "account_emissions", "account_burnt_areas")
PLACED = ("account_activity", "account_burnt_areas", "account_area_samples")


def across_problems(tables: Tables, frame: Frame) -> Iterator[InputError]:
    """Yield every problem that rows have together or with their project; the frame itself was judged before."""
    yield from _years(tables, frame)
    yield from _samples(tables, frame)
    yield from _double_areas(tables)
    yield from _unnamed_strata(tables)
    yield from unmonitored_problems(tables, frame)
    yield from _places(tables, frame)
    yield from _too_large(tables, frame)
    yield from stock_problems(tables, frame)
    yield from _prior(tables, frame)


def _span(row: InputRow) -> tuple[int, int]:
    values = row.values
    return (values["year"], values["year"]) if "year" in values else (values["first_year"], values["last_year"])


def _years(tables: Tables, frame: Frame) -> Iterator[InputError]:
    """Yield baseline rows of years that their version does not cover, and monitored rows of years still to come."""
    versions = {item.name: item for item in frame.versions}
    for row in (row for name in TEMPORAL for row in tables.get(name, ())):
        version = versions.get(row["baseline_version"])
        if row["scenario"] == "monitored":
            yield from _monitored_years(row, frame)
        elif version is None:
            yield InputError(
                f"a row names the unknown baseline version {row['baseline_version']}",
                expected=", ".join(versions) or "a declared version",
                found=row["baseline_version"],
                where=f"{row.where}, baseline_version",
                remedy="use the name of a declared version, or declare it",
            )
        else:
            yield from _version_years(row, version)


def _monitored_years(row: InputRow, frame: Frame) -> Iterator[InputError]:
    first, last = _span(row)
    if last > frame.period_end.year or first < frame.crediting_start.year:
        yield InputError(
            "a monitored row lies outside the years that were monitored",
            expected=f"{frame.crediting_start.year} to {frame.period_end.year}",
            found=f"{first} to {last}",
            where=f"{row.where}, first_year and last_year",
            remedy="mend the years, or remove the row",
        )
        return
    if first < frame.period_start.year <= last:
        yield InputError(
            "a monitored row begins before the period and ends in it",
            expected=f"a span before {frame.period_start.year}, or from it on",
            found=f"{first} to {last}",
            where=f"{row.where}, first_year and last_year",
            remedy="split the row at the start of the period: nobody can say how much of it belongs there",
        )


def _version_years(row: InputRow, version: Version) -> Iterator[InputError]:
    first, last = _span(row)
    if first < version.years[0] or last > version.years[1]:
        what = "its reference years" if version.reference else "its validity"
        yield InputError(
            f"a row of baseline version {version.name} lies outside {what}",
            expected=f"{version.years[0]} to {version.years[1]}",
            found=f"{first} to {last}",
            where=f"{row.where}, first_year and last_year" if first != last else row.where,
            remedy="mend the years, or those of the version",
        )


def _samples(tables: Tables, frame: Frame) -> Iterator[InputError]:
    """Yield sampling strata beside declared areas of the same zone and years: the loss would count twice."""
    activity: dict[tuple[Any, ...], list[InputRow]] = defaultdict(list)
    for row in tables.get("account_activity", ()):
        if row["scenario"] == "monitored" and row["activity"] == "deforestation":
            activity[row["scope"], row["zone_id"], row["stratum_id"]].append(row)
    for row in tables.get("account_area_samples", ()):
        yield from _monitored_years(row, frame)
        for other in activity[row["scope"], row["zone_id"], row["stratum_id"]]:
            if row["first_year"] <= other["last_year"] and other["first_year"] <= row["last_year"]:
                yield InputError(
                    "the same loss is given as an area and as a sample",
                    expected="one of the two",
                    found=f"{row['zone_id']}, {row['stratum_id']}, also in {other.where}",
                    where=row.where,
                    remedy="keep the sample, from which the area follows with its interval",
                )


def _double_areas(tables: Tables) -> Iterator[InputError]:
    """Yield rows of one change whose spans of years overlap."""
    groups: dict[tuple[Any, ...], list[InputRow]] = defaultdict(list)
    for row in tables.get("account_activity", ()):
        key = ("scenario", "baseline_version", "scope", "zone_id", "stratum_id", "activity", "from_state", "to_state")
        groups[tuple(row[name] for name in key)].append(row)
    for rows in groups.values():
        ordered = sorted(rows, key=lambda row: (row["first_year"], row["last_year"]))
        for one, other in itertools.pairwise(ordered):
            if other["first_year"] <= one["last_year"]:
                yield InputError(
                    "two rows of the same change cover the same years",
                    expected="spans that follow each other",
                    found=f"{one['first_year']} to {one['last_year']} in {one.where}, and {other['first_year']} to "
                    f"{other['last_year']}",
                    where=f"{other.where}, first_year",
                    remedy="an area of a span is that of the whole span: shorten one of the two",
                )


def _unnamed_strata(tables: Tables) -> Iterator[InputError]:
    """Yield strata in which loss was monitored and of which no version of the baseline says anything, not even 0."""
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in tables.get("account_activity", ()):
        if row["scenario"] == "baseline":
            named[row["scope"], row["zone_id"]].add(row["stratum_id"])
    told: set[tuple[str, str, str]] = set()
    monitored = [row for row in tables.get("account_activity", ()) if row["scenario"] == "monitored"]
    for row in (*monitored, *tables.get("account_area_samples", ())):
        place = (row["scope"], row["zone_id"])
        key = (*place, row["stratum_id"])
        # A zone without any baseline row takes its baseline from elsewhere, or is told as a gap by the ledger.
        if place in named and row["stratum_id"] not in named[place] and key not in told:
            told.add(key)
            yield InputError(
                f"the baseline of zone {row['zone_id']} does not name stratum {row['stratum_id']}",
                expected="a row of the baseline for each stratum, also where it expects 0 ha",
                found=f"baseline rows of {', '.join(sorted(named[place]))}",
                where=f"{row.where}, stratum_id",
                remedy="add the stratum to the baseline, with 0 where the approved table says so",
            )


def _places(tables: Tables, frame: Frame) -> Iterator[InputError]:
    """Yield rows of zones and strata that the project does not have."""
    for row in (row for name in PLACED for row in tables.get(name, ())):
        if frame.zones is not None:
            scope = frame.zones.get(row["zone_id"], (None, None))[0]
            if scope != row["scope"]:
                known = ", ".join(f"{zone} ({item[0]})" for zone, item in sorted(frame.zones.items()))
                yield _unknown(row, "zone_id", f"zone {row['zone_id']} of scope {row['scope']}", known)
        if frame.strata is not None and row["stratum_id"] not in frame.strata:
            yield _unknown(row, "stratum_id", f"stratum {row['stratum_id']}", ", ".join(sorted(frame.strata)))

    for row in tables.get("account_stocks", ()):
        if frame.strata is not None and row["stratum_id"] not in {*frame.strata, EVERY_STRATUM}:
            yield _unknown(row, "stratum_id", f"stratum {row['stratum_id']}", ", ".join(sorted(frame.strata)))


def _unknown(row: InputRow, column: str, found: str, known: str) -> InputError:
    return InputError(
        "a row names a place that the project does not have",
        expected=known,
        found=found,
        where=f"{row.where}, {column}",
        remedy="use the ids of the boundaries",
    )


def _too_large(tables: Tables, frame: Frame) -> Iterator[InputError]:
    """Yield zones that lose more forest in one scenario than they have land."""
    lost: dict[tuple[str, str, str | None], list[InputRow]] = defaultdict(list)
    for row in tables.get("account_activity", ()):
        if row["activity"] == "deforestation":
            lost[row["zone_id"], row["scenario"], row["baseline_version"]].append(row)
    for (zone, scenario, _), rows in lost.items():
        area = sum((row["area_ha"] for row in rows), Decimal(0))
        whole = (frame.zones or {}).get(zone)
        if whole is not None and area > whole[1]:
            yield InputError(
                f"zone {zone} loses more forest ({scenario}) than it has land",
                expected=f"at most {plain(whole[1])} ha",
                found=f"{plain(area)} ha in {len(rows)} row(s)",
                where=f"{rows[0].where}, area_ha",
                remedy="check the unit and the zone of the rows",
            )


def _prior(tables: Tables, frame: Frame) -> Iterator[InputError]:
    by_account: Mapping[str, list[InputRow]] = defaultdict(list)
    for row in tables.get("prior_vintages", ()):
        if row["vintage_end"] >= row["vintage_start"]:
            by_account[row["rule_set"]].append(row)
    for rows in by_account.values():
        yield from _prior_rows(rows, frame)


def _prior_rows(rows: Sequence[InputRow], frame: Frame) -> Iterator[InputError]:
    spans = {Span(row["vintage_start"], row["vintage_end"]): row for row in rows}
    for span, row in spans.items():
        if span.start < frame.crediting_start or span.end >= frame.period_start:
            yield InputError(
                "an earlier vintage is not before the period, within the crediting period",
                expected=f"days from {frame.crediting_start} to the day before {frame.period_start}",
                found=f"{span.start} to {span.end}",
                where=row.where,
                remedy="mend the days, or remove the row: vintages of this period are computed",
            )
    for one, other in overlaps(list(spans)):
        yield InputError(
            "two earlier vintages share days",
            expected="each day in one vintage",
            found=f"{one.start} to {one.end} in {spans[one].where}, and {other.start} to {other.end}",
            where=spans[other].where,
            remedy="mend the days: the same tonnes would count twice",
        )
