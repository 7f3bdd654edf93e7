"""Accounts that stand alone: a workbook of one project, or a folder of tables of a portfolio, to landed rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mrv.accounting.across import across_problems
from mrv.accounting.four_sheets import with_project
from mrv.accounting.frame import Frame, frame_problems, version_of
from mrv.accounting.measures import measure_problems
from mrv.accounting.pools import counted_pools, pool_problems
from mrv.accounting.rating import rating_problems
from mrv.accounting.raw import InputRow, RawTable
from mrv.accounting.rules import row_problems
from mrv.accounting.tables import read_rows
from mrv.errors import InputError, MrvError, ProjectError, UsageError
from mrv.monitored_parameters import monitored_parameter_rows
from mrv.parameters import Parameter, in_force, load_parameters
from mrv.parameters import rule_sets as known_rule_sets
from mrv.periods import Span, vintages
from mrv.project_accounting import TABLES
from mrv.project_rules import ParameterOverride
from mrv.rule_sets import declared_parameters, used_parameters
from mrv.stages.account_files import read_csv
from mrv.stages.account_inputs import open_layout
from mrv.stages.accounts import account_parameter_rows

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
ACCOUNTS, VERSIONS, OVERRIDES = "accounts", "baseline_versions", "parameters"
NAMES = {**TABLES, ACCOUNTS: ACCOUNTS, VERSIONS: VERSIONS}
"""Name of a file or sheet to its landed table."""
_OVERRIDE_COLUMNS = ("project_id", "rule_set", "name", "value", "choice", "source")


@dataclass
class ProjectInputs:
    """One project of a workbook or portfolio.

    Attributes:
        project_id: Its id.
        accounts: Rows of `accounts`, the primary one first.
        tables: Its input tables.
        overrides: Rows of name, value, choice, rule_set, source.
        problems: What must be mended before it can be computed.
        parameters: Rows in force by rule set and vintage year, once they are known.
    """

    project_id: str
    accounts: list[InputRow]
    tables: dict[str, list[InputRow]] = field(default_factory=dict)
    overrides: list[InputRow] = field(default_factory=list)
    problems: list[MrvError] = field(default_factory=list)
    parameters: dict[tuple[str, int], list[Parameter]] = field(default_factory=dict)


def read_inputs(path: Path, rule_sets: Sequence[str]) -> tuple[list[ProjectInputs], list[str]]:
    """Read a workbook or folder and judge every project of it.

    Args:
        path: A .xlsx in the four-sheet layout, or a folder with accounts.csv and a CSV for each input table.
        rule_sets: Rule sets that were asked for, the primary one first; a folder may name them itself.

    Returns:
        The projects in the order of their ids, each with its problems, and notes.

    Raises:
        InputError: A file cannot be read at all, or rows belong to no project.
        UsageError: Nothing says under which rule set.
    """
    if path.is_dir():
        projects, notes = _read_folder(path, rule_sets)
    else:
        projects, notes = _read_workbook(path, rule_sets)
    catalogue = load_parameters()
    known = known_rule_sets(catalogue)
    for name in rule_sets:
        if name not in known:
            raise UsageError(
                f"unknown rule set {name}",
                expected=", ".join(known),
                found=name,
                remedy="give one of these to --rule-set",
            )
    for project in projects:
        if project.accounts:
            _judge(project, catalogue)
    return projects, notes


def _need_rule_sets(rule_sets: Sequence[str]) -> None:
    if not rule_sets:
        raise UsageError(
            "nothing says under which rule set",
            expected="--rule-set, once or more, or a column rule_set in accounts.csv",
            remedy="add --rule-set fcpf_cf, for example",
        )


def _read_workbook(path: Path, rule_sets: Sequence[str]) -> tuple[list[ProjectInputs], list[str]]:
    _need_rule_sets(rule_sets)
    opened = open_layout(path, label=path.name)
    book = opened.four_sheets
    project_id = book.account.get("project_id") or re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_") or "account"
    reading = book.reading
    reading.tables = {name: with_project(rows, project_id) for name, rows in reading.tables.items()}
    for dataset, raw in opened.others.items():
        implied = {"project_id": project_id}
        if dataset == "prior_vintages" and "rule_set" not in raw.columns and len(rule_sets) == 1:
            implied["rule_set"] = rule_sets[0]
        reading.add(read_rows(raw, dataset, implied=implied))
    if book.years is None:
        # Without periods nothing else can be judged; why there are none is told already.
        return [ProjectInputs(project_id, [], problems=list(reading.problems))], reading.notes
    first, last = book.years
    start, end = book.account.get("period_start", date(first, 1, 1)), book.account.get("period_end", date(last, 12, 31))
    account = {
        "period_id": book.account.get("period_id", f"{start.year}-{end.year}"),
        "period_start": start,
        "period_end": end,
        "crediting_start": book.account.get("crediting_start", start),
        "crediting_end": book.account.get("crediting_end", end),
    }
    accounts = [
        InputRow(path.name, {"project_id": project_id, "rule_set": name, "is_primary": at == 0, **account})
        for at, name in enumerate(rule_sets)
    ]
    project = ProjectInputs(project_id, accounts, reading.tables, book.parameters, list(reading.problems))
    return [project], reading.notes


def _read_folder(path: Path, rule_sets: Sequence[str]) -> tuple[list[ProjectInputs], list[str]]:
    raw = {name: read_csv(file, label=file.name) for name, file in _files(path).items()}
    if ACCOUNTS not in raw:
        raise InputError(
            "a portfolio lacks accounts.csv",
            expected="accounts.csv with project_id, period_id, period_start, period_end, crediting_start, crediting_end",
            where=str(path),
            remedy="add it; one row for each project, or for each project and rule set",
        )
    projects = _accounts(raw.pop(ACCOUNTS), rule_sets)
    overrides = raw.pop(OVERRIDES, None)
    notes: list[str] = []
    for dataset, table in raw.items():
        _share_out(projects, dataset, table, notes)
    if overrides is not None:
        _share_overrides(projects, overrides)
    return [projects[name] for name in sorted(projects)], notes


def _files(path: Path) -> dict[str, Path]:
    """Return the file of each table; what is not read would be lost, so that anything else in the folder is refused."""
    files: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        if file.name.startswith("."):
            continue  # what systems leave behind, such as .DS_Store
        table = NAMES.get(file.stem, file.stem)
        is_known = table == OVERRIDES or table in NAMES.values()
        if file.suffix != ".csv" or not is_known or not file.is_file():
            raise InputError(
                "a file of a portfolio is no input table",
                expected=", ".join(f"{name}.csv" for name in (*NAMES, OVERRIDES)),
                found=file.name,
                where=str(file),
                remedy="rename it, or take it out of the folder: what is not read would be lost",
            )
        if table in files:
            raise InputError(
                f"a portfolio has two files of {table}",
                expected=f"one of {files[table].name} and {file.name}",
                found=f"{files[table].name} and {file.name}",
                where=str(file),
                remedy="put the rows into one file: one of the two would be lost",
            )
        files[table] = file
    return files


def _accounts(raw: RawTable, rule_sets: Sequence[str]) -> dict[str, ProjectInputs]:
    """Read accounts.csv; where it names no rule sets, each project is computed under those that were asked for."""
    own = "rule_set" in raw.columns
    if own and rule_sets:
        raise UsageError(
            "accounts.csv names rule sets itself", found=", ".join(rule_sets), remedy="leave --rule-set out"
        )
    if not own:
        _need_rule_sets(rule_sets)
    implied: dict[str, Any] = {} if own else {"rule_set": rule_sets[0]}
    if "is_primary" not in raw.columns:
        implied["is_primary"] = False
    found = read_rows(raw, ACCOUNTS, implied=implied)
    if found.problems:
        raise _together(found.problems, raw.label)
    by_project: dict[str, list[InputRow]] = defaultdict(list)
    for row in found.tables[ACCOUNTS]:
        names = [row["rule_set"]] if own else rule_sets
        by_project[row["project_id"]].extend(InputRow(row.where, {**row.values, "rule_set": name}) for name in names)
    projects = {}
    for name, rows in by_project.items():
        if not any(row["is_primary"] for row in rows):
            rows[0] = InputRow(rows[0].where, {**rows[0].values, "is_primary": True})
        rows.sort(key=lambda row: not row["is_primary"])
        projects[name] = ProjectInputs(name, rows)
    return projects


def _together(problems: Sequence[InputError], where: str) -> InputError:
    first = problems[0]
    return InputError(
        f"{where} has {len(problems)} problem(s); the first: {first.message}",
        expected=first.expected,
        found=first.found,
        where=first.where,
        remedy=first.remedy,
    )


def _share_out(projects: Mapping[str, ProjectInputs], dataset: str, raw: RawTable, notes: list[str]) -> None:
    """Give every row to its project, so that what is wrong in it concerns that project alone."""
    if header := read_rows(RawTable(raw.label, raw.columns, ()), dataset, implied={}).problems:
        raise header[0]
    shares: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    for number, cells in raw.rows:
        name = str(cells.get("project_id") or "").strip()
        if name not in projects:
            raise _stranger(name, f"{raw.label}, row {number}", projects)
        shares[name].append((number, cells))
    for name, rows in shares.items():
        found = read_rows(RawTable(raw.label, raw.columns, rows), dataset, implied={"project_id": name})
        projects[name].tables.update(found.tables)
        projects[name].problems.extend(found.problems)
        notes.extend(found.notes)


def _stranger(project_id: str, where: str, projects: Mapping[str, ProjectInputs]) -> InputError:
    shown = sorted(projects)
    return InputError(
        "a row belongs to no project of accounts.csv",
        expected=", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else ""),
        found=project_id,
        where=f"{where}, project_id",
        remedy="mend the id, or add the project to accounts.csv",
    )


def _share_overrides(projects: Mapping[str, ProjectInputs], raw: RawTable) -> None:
    if unknown := [name for name in raw.columns if name not in _OVERRIDE_COLUMNS]:
        raise InputError(
            "unknown columns of parameters.csv",
            expected=", ".join(_OVERRIDE_COLUMNS),
            found=", ".join(unknown),
            where=f"{raw.label}, header",
            remedy="name the columns so",
        )
    for number, cells in raw.rows:
        where = f"{raw.label}, row {number}"
        values = {name: (str(cells.get(name) or "").strip() or None) for name in _OVERRIDE_COLUMNS}
        name = values.pop("project_id") or ""
        if name not in projects:
            raise _stranger(name, where, projects)
        projects[name].overrides.append(InputRow(where, values))


def _judge(project: ProjectInputs, catalogue: Sequence[Parameter]) -> None:
    """Find every problem of a project, and its parameters."""
    project.problems.extend(row_problems(project.tables))
    primary = project.accounts[0]
    if not ID.fullmatch(project.project_id):
        project.problems.append(
            InputError(
                "an id of a project has other signs than it may",
                expected="small letters, digits, _ and -, at most 63, the first a letter or digit",
                found=project.project_id,
                where=primary.where,
                remedy="mend the id",
            )
        )
    frame = _frame(project)
    problems = list(frame_problems(frame))
    project.problems.extend(problems)
    project.problems.extend(_one_period(project))
    if not problems:
        project.problems.extend(across_problems(project.tables, frame))
        _set_parameters(project, catalogue, frame)


def _one_period(project: ProjectInputs) -> list[InputError]:
    """Return accounts of a project whose days differ: side by side means the same period."""
    first = project.accounts[0]
    columns = ("period_id", "period_start", "period_end", "crediting_start", "crediting_end")
    return [
        InputError(
            "accounts of one project have different periods",
            expected=f"{column} {first[column]}, as in {first.where}",
            found=str(row[column]),
            where=f"{row.where}, {column}",
            remedy="give the same days, or another project_id",
        )
        for row in project.accounts[1:]
        for column in columns
        if row[column] != first[column]
    ]


def _frame(project: ProjectInputs) -> Frame:
    primary = project.accounts[0]
    return Frame(
        project_id=project.project_id,
        where=primary.where,
        period_start=primary["period_start"],
        period_end=primary["period_end"],
        crediting_start=primary["crediting_start"],
        crediting_end=primary["crediting_end"],
        versions=[version_of(row) for row in project.tables.get(VERSIONS, ())],
    )


def _set_parameters(project: ProjectInputs, catalogue: Sequence[Parameter], frame: Frame) -> None:
    chosen = [row["rule_set"] for row in project.accounts]
    overrides = []
    for row in project.overrides:
        # One file may serve several rule sets, of which the command names some.
        if row["rule_set"] in known_rule_sets(catalogue) and row["rule_set"] not in chosen:
            continue
        try:
            overrides.append(ParameterOverride.model_validate(dict(row.values)))
        except ValidationError as error:
            project.problems.append(
                InputError(
                    "a parameter cannot be read",
                    expected="name, either value or choice, and source",
                    found="; ".join(item["msg"] for item in error.errors(include_url=False)),
                    where=row.where,
                    remedy="mend the row",
                )
            )
    try:
        rows = declared_parameters(project.project_id, chosen, overrides, catalogue=catalogue, where=frame.where)
        project.parameters = {
            (rule_set, part.year): in_force(held, rule_set=rule_set, start=part.start, end=part.end)
            for rule_set, held in rows.items()
            for part in vintages(Span(frame.period_start, frame.period_end))
        }
    except ProjectError as error:
        project.problems.append(_placed(error, project))
        return
    in_last = {row.name: row for row in project.parameters[chosen[0], frame.period_end.year]}
    project.problems.extend(rating_problems(project.tables, parameters=in_last))
    project.problems.extend(measure_problems(project.tables, in_last))
    project.problems.extend(pool_problems(project.tables, counted_pools(list(project.parameters.values()))))


def _placed(error: ProjectError, project: ProjectInputs) -> InputError:
    """Return an error of a parameter or rule set with the row that it is about."""
    where = error.where
    for row in project.overrides:
        if (error.where or "").endswith(f", {row['name']}"):
            where = row.where
    for row in project.accounts:
        if error.message == f"unknown rule set {row['rule_set']}":
            where = f"{row.where}, rule_set"
    found = error.found or next(
        (row["rule_set"] for row in project.accounts if where == f"{row.where}, rule_set"), None
    )
    return InputError(error.message, expected=error.expected, found=found, where=where, remedy=error.remedy)


def land_rows(projects: Sequence[ProjectInputs]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every landed table of sound projects."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    used: dict[tuple[str, int], list[Parameter]] = {}
    for project in projects:
        rows[ACCOUNTS].extend(dict(row.values) for row in project.accounts)
        chosen = [row["rule_set"] for row in project.accounts]
        rows["monitored_parameters"].extend(monitored_parameter_rows(project.project_id, chosen))
        rows["account_parameters"].extend(account_parameter_rows(project.project_id, project.parameters))
        for at, held in enumerate(project.parameters.values()):
            used[project.project_id, at] = held
        for dataset, found in project.tables.items():
            rows[dataset].extend(dict(row.values) for row in found)
    rows["parameters"] = [parameter.record() for parameter in used_parameters(used)]
    return rows
