"""The accounts that a period has: the project under each of its rule sets, and the parameters in force for each vintage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mrv.parameters import Parameter
from mrv.project import LoadedProject, MonitoringPeriod
from mrv.rule_sets import account_rule_sets


def account_rows(
    project: LoadedProject, period: MonitoringPeriod, parameters: Mapping[tuple[str, int], Sequence[Parameter]]
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of `accounts`, `account_parameters` and `baseline_versions` of a period.

    Args:
        project: The project.
        period: The monitoring period.
        parameters: Rows in force by rule set and vintage year.
    """
    definition = project.definition
    accounts = [
        {
            "project_id": definition.id,
            "rule_set": rule_set,
            "is_primary": rule_set == definition.rule_set,
            "period_id": period.id,
            "period_start": period.start,
            "period_end": period.end,
            "crediting_start": definition.crediting_period.start,
            "crediting_end": definition.crediting_period.end,
        }
        for rule_set in account_rule_sets(definition)
    ]
    versions = [
        {
            "project_id": definition.id,
            "baseline_version": version.version,
            "mode": version.mode,
            "valid_from": version.valid_from,
            "valid_to": version.valid_to,
            "reference_first_year": version.reference.first_year if version.reference else None,
            "reference_last_year": version.reference.last_year if version.reference else None,
            "document": version.document,
            "illustrative": version.illustrative,
        }
        for version in definition.baseline
    ]
    return {
        "accounts": accounts,
        "account_parameters": account_parameter_rows(definition.id, parameters),
        "baseline_versions": versions,
    }


def account_parameter_rows(
    project_id: str, parameters: Mapping[tuple[str, int], Sequence[Parameter]]
) -> list[dict[str, Any]]:
    """Return the rows of `account_parameters` of one project: one per rule set, vintage year and name."""
    return [
        {
            "project_id": project_id,
            "rule_set": rule_set,
            "vintage_year": vintage_year,
            "name": parameter.name,
            "value": parameter.value,
            "choice": parameter.choice,
            "parameter_id": parameter.parameter_id,
        }
        for (rule_set, vintage_year), rows in parameters.items()
        for parameter in rows
    ]
