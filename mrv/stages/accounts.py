"""The accounts that a period has: the project under each of its rule sets, and the parameters in force for each vintage."""

from __future__ import annotations

from typing import Any

from mrv.parameters import in_force, load_parameters, with_overrides
from mrv.project import LoadedProject, MonitoringPeriod


def account_rows(project: LoadedProject, period: MonitoringPeriod) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of `accounts`, `account_parameters` and `baseline_versions` of a period.

    Raises:
        ProjectError: Two rows of a parameter hold in one vintage, or one that does not hold in all of it.
    """
    definition = project.definition
    accounts: list[dict[str, Any]] = []
    parameters: list[dict[str, Any]] = []
    for rule_set in (definition.rule_set,):
        accounts.append(
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
        )
        for vintage in period.vintages:
            held = in_force(load_parameters(), rule_set=rule_set, start=vintage.start, end=vintage.end)
            chosen = with_overrides(held, definition.parameters, project_id=definition.id, where=str(project.file))
            parameters.extend(
                {
                    "project_id": definition.id,
                    "rule_set": rule_set,
                    "vintage_year": vintage.year,
                    "name": parameter.name,
                    "value": parameter.value,
                    "choice": parameter.choice,
                    "parameter_id": parameter.parameter_id,
                }
                for parameter in chosen
            )
    versions = [
        {
            "project_id": definition.id,
            "baseline_version": version.version,
            "mode": "annual_table",
            "valid_from": version.valid_from,
            "valid_to": version.valid_to,
            "reference_first_year": None,
            "reference_last_year": None,
            "document": version.document,
            "illustrative": version.illustrative,
        }
        for version in definition.baseline
    ]
    return {"accounts": accounts, "account_parameters": parameters, "baseline_versions": versions}
