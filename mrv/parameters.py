"""Methodological constants as data: rows with document, section, validity and who confirmed them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from mrv.errors import ProjectError
from mrv.project_rules import ParameterOverride
from mrv.settings import REPOSITORY

PARAMETERS_CSV = REPOSITORY / "dbt_project" / "seeds" / "parameters.csv"
COMMON = "common"
"""Rule set of the rows that hold under each rule set that has none of its own."""
TO_DECLARE = "to_declare"
"""Status of a parameter that has no default: it is in force only where a project declares it."""


@dataclass(frozen=True)
class Parameter:
    """One parameter row. `value` is a number, `choice` a word; exactly one is set, none where the project must declare it."""

    parameter_id: str
    rule_set: str
    name: str
    value: Decimal | None
    choice: str | None
    unit: str
    standard: str
    document: str
    version: str
    section: str
    valid_from: date | None
    valid_to: date | None
    status: str
    confirmed_by: str | None
    confirmed_on: date | None
    confirmed_in: str | None
    note: str | None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    choices: tuple[str, ...] = ()
    declared_by: str = "catalogue"

    def record(self) -> dict[str, Any]:
        """Return the row as the landed table `parameters` wants it."""
        limits = {"minimum", "maximum", "choices"}
        return {name: value for name, value in asdict(self).items() if name not in limits}

    @property
    def problem(self) -> str | None:
        """Say what is wrong with the value: out of its limits, not finite, or none of the choices."""
        if self.value is not None:
            low, high = self.minimum, self.maximum
            if (
                not self.value.is_finite()
                or (low is not None and self.value < low)
                or (high is not None and self.value > high)
            ):
                return f"{self.value} is not from {low} to {high} {self.unit}"
        if self.choice is not None and self.choice not in self.choices:
            return f"{self.choice} is none of {', '.join(self.choices)}"
        return None


def load_parameters(path: Path = PARAMETERS_CSV) -> list[Parameter]:
    """Read the catalogue of parameters.

    Raises:
        ProjectError: A row has neither a value nor a choice, or both, or a date that is none.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [_parse(row, where=f"{path}, row {number}") for number, row in enumerate(rows, start=2)]


def _parse(row: dict[str, str], *, where: str) -> Parameter:
    optional = {key: (value or None) for key, value in row.items()}
    if row["status"] == "confirmed" and not (optional["confirmed_by"] and optional["confirmed_on"]):
        raise ProjectError(
            f"parameter {row['parameter_id']} is confirmed by nobody",
            where=where,
            remedy="fill confirmed_by and confirmed_on, or set the status to unconfirmed",
        )
    filled = (optional["value"] is not None) + (optional["choice"] is not None)
    if filled != (0 if row["status"] == TO_DECLARE else 1):
        raise ProjectError(
            f"parameter {row['parameter_id']} needs either a value or a choice",
            where=where,
            remedy=f"fill one of the two, or none where the status is {TO_DECLARE}",
        )
    try:
        parameter = Parameter(
            parameter_id=row["parameter_id"],
            rule_set=row["rule_set"],
            name=row["name"],
            value=Decimal(row["value"]) if row["value"] else None,
            choice=optional["choice"],
            unit=row["unit"],
            standard=row["standard"],
            document=row["document"],
            version=row["version"],
            section=row["section"],
            valid_from=_day(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            status=row["status"],
            confirmed_by=optional["confirmed_by"],
            confirmed_on=_day(row["confirmed_on"]),
            confirmed_in=optional.get("confirmed_in"),
            note=optional["note"],
            minimum=Decimal(row["minimum"]) if row["minimum"] else None,
            maximum=Decimal(row["maximum"]) if row["maximum"] else None,
            choices=tuple(row["choices"].split("|")) if row["choices"] else (),
        )
    except (ValueError, ArithmeticError) as error:
        raise ProjectError(f"parameter {row['parameter_id']} cannot be read", found=str(error), where=where) from error
    if parameter.problem:
        raise ProjectError(
            f"parameter {parameter.parameter_id} is out of its limits",
            found=parameter.problem,
            where=where,
            remedy="correct the value, or the limits with a reason",
        )
    return parameter


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def rule_sets(parameters: Iterable[Parameter]) -> list[str]:
    """Return the names of the rule sets that the catalogue knows."""
    return sorted({parameter.rule_set for parameter in parameters} - {COMMON})


def in_force(parameters: Sequence[Parameter], *, rule_set: str, start: date, end: date) -> list[Parameter]:
    """Return the rows that hold for a rule set in a period, the rule set's own before the common ones.

    Raises:
        ProjectError: A name has two rows that both hold in the period, or one that does not hold in all of it.
    """
    chosen: dict[str, Parameter] = {}
    for scope in (COMMON, rule_set):
        seen: set[str] = set()
        for parameter in parameters:
            if parameter.rule_set != scope or (parameter.valid_from and parameter.valid_from > end):
                continue
            if parameter.valid_to and parameter.valid_to < start:
                continue
            if (parameter.valid_from and parameter.valid_from > start) or (
                parameter.valid_to and parameter.valid_to < end
            ):
                raise ProjectError(
                    f"parameter {parameter.name} changes within the period {start} to {end}",
                    found=f"{parameter.parameter_id} holds from {parameter.valid_from} to {parameter.valid_to}",
                    where=str(PARAMETERS_CSV),
                    remedy="split the monitoring period at that day",
                )
            if parameter.name in seen:
                raise ProjectError(
                    f"two rows of parameter {parameter.name} hold in the period {start} to {end}",
                    found=f"{chosen[parameter.name].parameter_id} and {parameter.parameter_id}",
                    where=str(PARAMETERS_CSV),
                    remedy="end the older row before the period, or split the period",
                )
            seen.add(parameter.name)
            chosen[parameter.name] = parameter
    return [chosen[name] for name in sorted(chosen)]


def with_overrides(
    chosen: Sequence[Parameter], overrides: Iterable[ParameterOverride], *, project_id: str, where: str
) -> list[Parameter]:
    """Replace parameters by what the project declares, and leave out those that nobody declares.

    Args:
        chosen: Rows of one rule set; a name may have several, one after another in time.
        overrides: What the project sets for this rule set.
        project_id: Id of the project, which the ids of its own rows begin with.
        where: File of the definition.

    Raises:
        ProjectError: A name that the rule set does not have, a value of another kind or out of its limits, or a name
            given twice.
    """
    by_name: dict[str, list[Parameter]] = {}
    for parameter in chosen:
        by_name.setdefault(parameter.name, []).append(parameter)
    declared: set[str] = set()
    for override in overrides:
        key = f"{where}, parameters, {override.name}"
        if override.name not in by_name:
            raise ProjectError(
                f"unknown parameter {override.name}",
                expected=", ".join(sorted(by_name)),
                where=key,
                remedy="use a name of the catalogue, or add a row to dbt_project/seeds/parameters.csv",
            )
        if override.name in declared:
            raise ProjectError(f"parameter {override.name} is declared twice", where=key, remedy="keep one")
        declared.add(override.name)
        by_name[override.name] = [
            _declared(parameter, override, project_id=project_id, where=key) for parameter in by_name[override.name]
        ]
    return [row for name in sorted(by_name) for row in by_name[name] if row.status != TO_DECLARE]


def _declared(parameter: Parameter, override: ParameterOverride, *, project_id: str, where: str) -> Parameter:
    wants_word = parameter.unit == "choice"
    if wants_word != (override.choice is not None):
        raise ProjectError(
            f"parameter {override.name} has the wrong kind of value",
            expected="a choice" if wants_word else f"a value in {parameter.unit}",
            where=where,
            remedy="use the other of value and choice",
        )
    replaced = replace(
        parameter,
        parameter_id=_declared_id(parameter, override, project_id=project_id),
        value=override.value,
        choice=override.choice,
        status="declared",
        confirmed_by=None,
        confirmed_on=None,
        confirmed_in=None,
        note=override.source,
        declared_by="project",
    )
    if replaced.problem:
        raise ProjectError(
            f"parameter {override.name} is out of its limits",
            found=replaced.problem,
            where=where,
            remedy="use one of these words" if wants_word else "a rate is a fraction, not per cent; mend the value",
        )
    return replaced


def _declared_id(parameter: Parameter, override: ParameterOverride, *, project_id: str) -> str:
    """Id of the row that takes the place of another: rows of other rule sets and of other years keep ids of their own."""
    rule_set = override.rule_set or (None if parameter.rule_set == COMMON else parameter.rule_set)
    version = parameter.parameter_id.partition(f"{parameter.rule_set}.{parameter.name}")[2]
    return ".".join(part for part in (project_id, rule_set, override.name) if part) + version
