"""Input tables that a project declares for its accounts: read, judged and handed on as landed rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from mrv.accounting import layout
from mrv.accounting.across import across_problems
from mrv.accounting.four_sheets import Workbook, read_four_sheets
from mrv.accounting.four_sheets import with_project as named
from mrv.accounting.frame import Frame, Version
from mrv.accounting.measures import measure_problems
from mrv.accounting.pools import counted_pools, pool_problems
from mrv.accounting.rating import rating_problems
from mrv.accounting.raw import InputRow, RawTable, Reading
from mrv.accounting.result_sheets import RESULT_EMISSIONS, RESULT_YEARS
from mrv.accounting.rules import row_problems
from mrv.accounting.sheet_rows import likeness
from mrv.accounting.stock_formulas import RESULT_STOCKS
from mrv.accounting.tables import read_rows
from mrv.accounting.workbook import HELP
from mrv.boundaries import Zone
from mrv.errors import InputError, MrvError, ProjectError
from mrv.parameters import Parameter
from mrv.project import LoadedProject, MonitoringPeriod
from mrv.project_accounting import TABLES
from mrv.rule_sets import account_rule_sets
from mrv.schemas import DATASETS
from mrv.stages.account_files import read_book, read_csv, read_sheet

WRITTEN = {HELP, RESULT_STOCKS, RESULT_EMISSIONS, RESULT_YEARS}
"""Sheets that the platform itself writes beside those it reads."""
SCOPE_OF_KIND = {"project_area": "project_area", "leakage_belt": "leakage_belt"}
_DAY = {"risk_scores": "assessed_on", "loss_events": "occurred_on", "prior_vintages": "vintage_start"}
"""Column that says from which day on a row is known."""


@dataclass(frozen=True)
class OpenedBook:
    """The sheets of a workbook.

    Attributes:
        four_sheets: The sheets of the layout, as they were understood.
        others: Landed table to a sheet of that name, with its own columns.
    """

    four_sheets: Workbook
    others: Mapping[str, RawTable] = field(default_factory=dict)


def open_layout(project: Any, *, label: str) -> OpenedBook:
    """Open a workbook of the four-sheet layout.

    Args:
        project: Path of the file.
        label: How errors call it.

    Raises:
        InputError: The file cannot be read at all; what is wrong in it is told with its rows.
    """
    book, content = read_book(project, label=label)
    known = {**{name: name for name in layout.COLUMNS}, **layout.OLDER_SHEETS}
    tables = {**TABLES, **{name: name for name in TABLES.values()}}
    named: dict[str, str] = {}
    unread = []
    problems = []
    for sheet in book.sheets:
        meant = known.get(sheet.strip()) or tables.get(sheet.strip())
        like = None if meant else likeness(sheet, (*known, *tables))
        if meant in named.values() or like:
            problems.append(_unclear_sheet(sheet, str(meant or like), book.label, is_second=like is None))
        elif meant:
            named[sheet] = meant
        elif sheet.strip() not in WRITTEN:
            unread.append(sheet.strip())
    read = {meant: read_sheet(book, content, sheet) for sheet, meant in named.items()}
    four_sheets = read_four_sheets({name: raw for name, raw in read.items() if name in layout.COLUMNS}, label=label)
    four_sheets.reading.problems.extend(problems)
    if unread:
        four_sheets.reading.notes.append(f"{label}: sheets that are not read: {', '.join(unread)}")
    return OpenedBook(four_sheets, {name: raw for name, raw in read.items() if name not in layout.COLUMNS})


def _unclear_sheet(sheet: str, meant: str, label: str, *, is_second: bool) -> InputError:
    return InputError(
        f"a workbook has two sheets {meant}" if is_second else f"the sheet {sheet} is perhaps {meant}",
        expected=f"one sheet {meant}, its name written so",
        found=sheet,
        where=f"{label}, sheet {sheet}",
        remedy="rename or remove it: what is not read would be lost",
    )


def read_project_tables(project: LoadedProject) -> Reading:
    """Read every table that `accounting` of a definition names, for all periods.

    What cannot be read is told in the problems; nothing is raised that is the files' fault.
    """
    definition = project.definition
    reading = Reading()
    for dataset, file in definition.accounting.tables.items():
        implied: dict[str, Any] = {"project_id": definition.id}
        try:
            raw = read_csv(project.path(file), label=file)
        except InputError as error:
            reading.problems.append(error)
            continue
        if dataset == "prior_vintages" and "rule_set" not in raw.columns and len(account_rule_sets(definition)) == 1:
            implied["rule_set"] = definition.rule_set
        reading.add(read_rows(raw, dataset, implied=implied))
    if definition.accounting.workbook:
        _read_workbook(project, definition.accounting.workbook, reading)
    reading.problems.extend(row_problems(reading.tables))
    return reading


def _read_workbook(project: LoadedProject, file: str, reading: Reading) -> None:
    try:
        opened = open_layout(project.path(file), label=file)
    except InputError as error:
        reading.problems.append(error)
        return
    found = opened.four_sheets.reading
    versions = [row["baseline_version"] for row in found.tables.pop("baseline_versions", [])]
    declared = [item.version for item in project.definition.baseline]
    if unknown := sorted(set(versions) - set(declared)):
        reading.problems.append(
            InputError(
                f"a workbook has the baseline {', '.join(unknown)}, which the project does not declare",
                expected=", ".join(declared) or "versions in project.yaml, baseline",
                where=f"{file}, sheet {layout.TIME_PERIODS}",
                remedy="name the version in the column baseline_version, or declare it in project.yaml",
            )
        )
    if opened.four_sheets.parameters:
        reading.notes.append(f"{file}: parameters of a workbook are not used here; declare them in project.yaml")
    for name, rows in found.tables.items():
        found.tables[name] = named(rows, project.definition.id)
    reading.add(found)
    for dataset, raw in opened.others.items():
        reading.add(read_rows(raw, dataset, implied={"project_id": project.definition.id}))


def until(tables: Mapping[str, Sequence[InputRow]], period: MonitoringPeriod) -> dict[str, list[InputRow]]:
    """Return what is known at the end of a period: rows of later years belong to later periods."""
    return {name: [row for row in rows if _is_known(name, row, period)] for name, rows in tables.items()}


def _is_known(dataset: str, row: InputRow, period: MonitoringPeriod) -> bool:
    if dataset in _DAY:
        day: date = row[_DAY[dataset]]
        return day < period.start if dataset == "prior_vintages" else day <= period.end
    values = row.values
    if values.get("scenario") == "baseline":
        return True
    first = values.get("first_year", values.get("year"))
    return first is None or int(first) <= period.end.year


def project_frame(project: LoadedProject, period: MonitoringPeriod, zones: Sequence[Zone]) -> Frame:
    """Return what the tables of a project must fit in a period."""
    definition = project.definition
    strata = {zone.zone_id for zone in zones if zone.kind == "stratum"}
    strata |= {definition.default_stratum} if definition.default_stratum else set()
    measured = definition.emission_factors.method != "none"
    wide = definition.accounting.stock_range
    limits = {}
    if wide is not None:
        limits = dict.fromkeys(("least_tc_ha", "least_total_tc_ha"), wide.least_tc_ha)
        limits |= dict.fromkeys(("most_tc_ha", "most_total_tc_ha", "most_with_soil_tc_ha"), wide.most_tc_ha)
    return Frame(
        project_id=definition.id,
        where=f"{project.file}, monitoring_periods ({period.id})",
        period_start=period.start,
        period_end=period.end,
        crediting_start=definition.crediting_period.start,
        crediting_end=definition.crediting_period.end,
        versions=[
            Version(
                item.version,
                item.mode,
                item.valid_from,
                item.valid_to,
                (item.reference.first_year, item.reference.last_year) if item.reference else None,
                f"{project.file}, baseline ({item.version})",
            )
            for item in definition.baseline
        ],
        zones={zone.zone_id: (SCOPE_OF_KIND[zone.kind], zone.area_ha) for zone in zones if zone.kind in SCOPE_OF_KIND},
        strata=strata,
        other_states={(stratum, state) for stratum in strata for state in ("forest", "post_deforestation")}
        if measured
        else set(),
        **limits,
    )


def _given_twice(
    project: LoadedProject, tables: Mapping[str, Sequence[InputRow]], *, measured: bool
) -> list[InputError]:
    """Return rows of deforestation that the platform has from elsewhere too: both would be added up."""
    by_file = {item.version: item.file for item in project.definition.baseline if item.file}
    problems = []
    for row in tables.get("account_activity", ()):
        other = by_file.get(row["baseline_version"]) if row["baseline_version"] else None
        is_measured = row["scenario"] == "monitored" and measured and row["scope"] != "outside"
        if row["activity"] == "deforestation" and (other or is_measured):
            problems.append(
                InputError(
                    "the same loss of forest is given twice",
                    expected="deforestation from one place",
                    found=f"this row, and {other or 'the forest loss that the sources give'}",
                    where=row.where,
                    remedy="remove the row, or the other: the ledger would add the two up",
                )
            )
    return problems


def account_problems(
    project: LoadedProject,
    zones: Sequence[Zone],
    parameters: Mapping[str, Mapping[str, Parameter]],
    *,
    measured: bool,
) -> tuple[list[MrvError], list[str]]:
    """Return every problem of the declared tables, and notes.

    Args:
        project: The project.
        zones: Its zones.
        parameters: Period id to its rows in force by name, of the primary rule set.
        measured: Whether the sources give the loss of forest.
    """
    reading = read_project_tables(project)
    problems: list[MrvError] = [*reading.problems, *_given_twice(project, reading.tables, measured=measured)]
    told = {str(problem) for problem in problems}
    for period in project.definition.monitoring_periods:
        tables = until(reading.tables, period)
        frame, known = project_frame(project, period, zones), parameters.get(period.id, {})
        found = list(across_problems(tables, frame))
        if known:  # without parameters their own problems are told
            found += rating_problems(tables, parameters=known)
            found += measure_problems(tables, known)
            found += pool_problems(tables, counted_pools([list(known.values())]))
        for problem in found:
            if str(problem) not in told:
                told.add(str(problem))
                problems.append(problem)
    return problems, reading.notes


def account_tables(project: LoadedProject, period: MonitoringPeriod) -> dict[str, pa.Table]:
    """Return the declared tables of a period as they are landed, only those that the project names.

    Raises:
        ProjectError: A file has problems, which `mrv check` names one by one.
    """
    reading = read_project_tables(project)
    if reading.problems:
        first = reading.problems[0]
        raise ProjectError(
            f"the tables of the accounts have {len(reading.problems)} problem(s); the first: {first.message}",
            expected=first.expected,
            found=first.found,
            where=first.where,
            remedy=f"{first.remedy}; list them all with: mrv check {project.folder}",
        )
    known = until(reading.tables, period)
    return {name: DATASETS[name].table([dict(row.values) for row in rows]) for name, rows in known.items()}
