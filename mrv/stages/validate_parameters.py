"""Problems and notes of `mrv check` about rule sets, parameters and their confirmations, each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mrv.errors import MrvError, ProjectError
from mrv.parameters import Parameter
from mrv.project import LoadedProject
from mrv.project_rules import Confirmation, ParameterOverride
from mrv.rule_sets import CONFIRMED, account_parameters, primary_parameters, project_parameters, used_parameters


def parameter_problems(project: LoadedProject) -> tuple[list[MrvError], list[Parameter]]:
    """Return what is wrong with the rule sets, parameters and confirmations, and the primary rule set's sound rows.

    Each is tried by itself, so that one that is refused hides no other. The rows are those of the last monitoring period.
    """
    try:
        project_parameters(_with(project, (), ()))
    except ProjectError as error:
        return [error], []
    problems: list[MrvError] = []
    overrides: list[ParameterOverride] = []
    for override in project.definition.parameters:
        try:
            project_parameters(_with(project, [*overrides, override], ()))
        except ProjectError as error:
            problems.append(error)
        else:
            overrides.append(override)
    confirmations: list[Confirmation] = []
    for confirmation in project.definition.confirmations:
        try:
            project_parameters(_with(project, overrides, [*confirmations, confirmation]))
        except ProjectError as error:
            problems.append(error)
        else:
            confirmations.append(confirmation)
    rows: list[Parameter] = []
    for period in project.definition.monitoring_periods:
        try:
            rows = primary_parameters(_with(project, overrides, confirmations), period)
        except ProjectError as error:
            problems.append(error)
    return problems, rows


def parameter_notes(project: LoadedProject) -> Iterator[str]:
    """Yield how many parameters of the rule sets nobody has confirmed; the report of a period names those it used."""
    try:
        by_account = {
            key: rows
            for period in project.definition.monitoring_periods
            for key, rows in account_parameters(project, period).items()
        }
    except ProjectError:
        return
    rows = used_parameters(by_account)
    unconfirmed = [row for row in rows if row.status != CONFIRMED]
    if unconfirmed:
        yield (
            f"{len(unconfirmed)} of {len(rows)} parameters in force are not confirmed against their documents; "
            "the package names those that are used (confirm them with confirmations in project.yaml)"
        )


def _with(
    project: LoadedProject, overrides: Sequence[ParameterOverride], confirmations: Sequence[Confirmation]
) -> LoadedProject:
    """The project with these parameters and confirmations alone."""
    changed = project.definition.model_copy(
        update={"parameters": tuple(overrides), "confirmations": tuple(confirmations)}
    )
    return project.model_copy(update={"definition": changed})
