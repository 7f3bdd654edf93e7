"""The accounts of a project: under which rule sets it is computed, and the parameters of each, as declared and confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from mrv.errors import ProjectError
from mrv.parameters import COMMON, PARAMETERS_CSV, Parameter, in_force, load_parameters, rule_sets, with_overrides
from mrv.project import LoadedProject, MonitoringPeriod, Project
from mrv.project_rules import Confirmation, ParameterOverride

CONFIRMED = "confirmed"
SHARED = ("carbon_fraction", "root_shoot_ratio", "dead_wood_", "litter_ratio", "full_time_days", "max_unobserved")
"""Start of the names of parameters that shape what is measured once for all accounts: no rule set has its own."""


def account_rule_sets(definition: Project) -> tuple[str, ...]:
    """Return the rule sets that a project is computed under, the primary one first."""
    return (definition.rule_set, *definition.also_under)


def account_parameters(project: LoadedProject, period: MonitoringPeriod) -> dict[tuple[str, int], list[Parameter]]:
    """Return the parameters in force by rule set and vintage year, as the project declares and confirms them.

    Raises:
        ProjectError: A rule set, parameter or confirmation does not hold, or two rows of a parameter in one vintage.
    """
    rows = project_parameters(project)
    return {
        (rule_set, vintage.year): in_force(held, rule_set=rule_set, start=vintage.start, end=vintage.end)
        for rule_set, held in rows.items()
        for vintage in period.vintages
    }


def used_parameters(by_account: Mapping[tuple[str, int], Iterable[Parameter]]) -> list[Parameter]:
    """Return every row of the accounts once, by its id."""
    by_id = {parameter.parameter_id: parameter for rows in by_account.values() for parameter in rows}
    return [by_id[parameter_id] for parameter_id in sorted(by_id)]


def primary_parameters(project: LoadedProject, period: MonitoringPeriod) -> list[Parameter]:
    """Return the rows of the primary rule set in a period, each once: what is measured, is measured by them.

    Raises:
        ProjectError: As `account_parameters`.
    """
    by_account = account_parameters(project, period)
    return used_parameters({key: rows for key, rows in by_account.items() if key[0] == project.definition.rule_set})


def project_parameters(project: LoadedProject) -> dict[str, list[Parameter]]:
    """Return the rows of each rule set of a project for all times, as the project declares and confirms them.

    Raises:
        ProjectError: A rule set is unknown or stands twice, or a parameter or confirmation does not hold.
    """
    definition, file = project.definition, str(project.file)
    declared = declared_parameters(
        definition.id, account_rule_sets(definition), definition.parameters, catalogue=load_parameters(), where=file
    )
    _refuse_confirmations(definition.confirmations, declared, where=file)
    seen = {confirmation.parameter_id: confirmation for confirmation in definition.confirmations}
    return {
        rule_set: [_confirmed(row, seen.get(row.parameter_id)) for row in held] for rule_set, held in declared.items()
    }


def declared_parameters(
    project_id: str,
    chosen: Sequence[str],
    overrides: Sequence[ParameterOverride],
    *,
    catalogue: Sequence[Parameter],
    where: str,
) -> dict[str, list[Parameter]]:
    """Return the rows of each rule set for all times, with what a project declares itself.

    Args:
        project_id: Id of the project.
        chosen: Its rule sets, the primary one first.
        overrides: What it declares.
        catalogue: Rows of the catalogue.
        where: Where the project is declared.

    Raises:
        ProjectError: A rule set is unknown or stands twice, or a parameter does not hold.
    """
    _refuse_rule_sets(chosen, rule_sets(catalogue), where=where)
    rows = {rule_set: _scope(catalogue, rule_set) for rule_set in chosen}
    return {
        rule_set: with_overrides(
            rows[rule_set],
            _overrides_of(rule_set, overrides, rows, where=where),
            project_id=project_id,
            where=where,
        )
        for rule_set in chosen
    }


def _refuse_rule_sets(chosen: Sequence[str], known: Sequence[str], *, where: str) -> None:
    for position, rule_set in enumerate(chosen):
        key = "rule_set" if position == 0 else f"also_under.{position - 1}"
        if rule_set not in known:
            raise ProjectError(
                f"unknown rule set {rule_set}",
                expected=", ".join(known),
                where=f"{where}, {key}",
                remedy="choose one of these",
            )
        if rule_set in chosen[:position]:
            raise ProjectError(
                "a project is computed twice under one rule set",
                found=rule_set,
                where=f"{where}, {key}",
                remedy="keep one",
            )


def _scope(catalogue: Iterable[Parameter], rule_set: str) -> list[Parameter]:
    """Rows that a rule set may take at any time: its own, and the common ones of names that it has none of."""
    rows = [parameter for parameter in catalogue if parameter.rule_set in (COMMON, rule_set)]
    own = {parameter.name for parameter in rows if parameter.rule_set == rule_set}
    return [parameter for parameter in rows if parameter.rule_set == rule_set or parameter.name not in own]


def _overrides_of(
    rule_set: str, overrides: Sequence[ParameterOverride], rows: Mapping[str, Sequence[Parameter]], *, where: str
) -> list[ParameterOverride]:
    """Overrides that hold under a rule set; one that names it goes before one that names none."""
    chosen: dict[str, ParameterOverride] = {}
    for position, override in enumerate(overrides):
        key = f"{where}, parameters, {override.name}"
        twice = [
            item for item in overrides[:position] if (item.name, item.rule_set) == (override.name, override.rule_set)
        ]
        if twice:
            raise ProjectError(f"parameter {override.name} is declared twice", where=key, remedy="keep one")
        if rule_set not in _holders(override, rows, where=key):
            continue
        if override.name not in chosen or override.rule_set is not None:
            chosen[override.name] = override
    return list(chosen.values())


def _holders(override: ParameterOverride, rows: Mapping[str, Sequence[Parameter]], *, where: str) -> list[str]:
    """Rule sets of the project that an override is for.

    A name may be the programme's own rule, so that a rate of one programme is never taken for that of another.
    """
    owners = {
        rule_set: parameter.rule_set
        for rule_set, held in rows.items()
        for parameter in held
        if parameter.name == override.name
    }
    if override.rule_set is not None:
        if override.name.startswith(SHARED):
            raise ProjectError(
                f"parameter {override.name} cannot have a value of its own under one rule set",
                expected="one value for all rule sets: it shapes measurements that they share",
                found=override.rule_set,
                where=where,
                remedy="leave rule_set out",
            )
        if override.rule_set not in rows:
            raise ProjectError(
                f"parameter {override.name} is declared for a rule set that the project is not computed under",
                expected=", ".join(rows),
                found=override.rule_set,
                where=where,
                remedy="add the rule set to also_under, or leave the parameter out",
            )
        return [override.rule_set]
    primary = next(iter(rows))
    if not owners:
        return [primary]
    if primary in owners:
        return [rule_set for rule_set, owner in owners.items() if owner == owners[primary]]
    if len(owners) > 1:
        raise ProjectError(
            f"several rule sets have the parameter {override.name}, the primary one has not",
            found=", ".join(owners),
            where=where,
            remedy="say with rule_set which of them it is for",
        )
    return list(owners)


def _refuse_confirmations(
    confirmations: Sequence[Confirmation], declared: Mapping[str, Sequence[Parameter]], *, where: str
) -> None:
    rows = {row.parameter_id: row for held in declared.values() for row in held}
    for position, confirmation in enumerate(confirmations):
        key, name = f"{where}, confirmations.{position}", confirmation.parameter_id
        if name not in rows:
            near = get_close_matches(name, rows, n=3)
            raise ProjectError(
                f"the parameter {name} is confirmed but not used",
                expected="the id of a parameter of the project's rule sets"
                + (f", such as {', '.join(near)}" if near else ""),
                where=key,
                remedy="mend the id: the report lists them; a parameter that the project declares itself has an id of its own",
            )
        if name in [item.parameter_id for item in confirmations[:position]]:
            raise ProjectError("a parameter is confirmed twice", found=name, where=key, remedy="keep one")
        row = rows[name]
        if (row.value, row.choice) != (confirmation.value, confirmation.choice):
            given = confirmation.choice if confirmation.value is None else confirmation.value
            raise ProjectError(
                f"what was confirmed of {name} is not what is in force",
                expected=f"{given}, as {confirmation.confirmed_by} saw it on {confirmation.confirmed_on}",
                found=f"{row.choice if row.value is None else row.value} {row.unit}",
                where=key,
                remedy=f"look it up again and confirm what is in force, or correct the value in parameters or {PARAMETERS_CSV}",
            )


def _confirmed(parameter: Parameter, confirmation: Confirmation | None) -> Parameter:
    if confirmation is None:
        return parameter
    return replace(
        parameter,
        status=CONFIRMED,
        confirmed_by=confirmation.confirmed_by,
        confirmed_on=confirmation.confirmed_on,
        confirmed_in=confirmation.document,
    )
