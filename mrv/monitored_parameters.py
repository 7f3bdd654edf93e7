"""The parameters of the monitoring plan of each rule set: the fields of the standard's table, as data."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mrv.settings import REPOSITORY

SEEDS = REPOSITORY / "dbt_project" / "seeds"
MONITORED_CSV = SEEDS / "monitored_parameters.csv"
RULE_SETS_CSV = SEEDS / "rule_sets.csv"


def monitored_parameter_rows(project_id: str, rule_sets: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of `monitored_parameters` of a project, in the order in which the catalogue has them."""
    versions = {row["rule_set"]: row["methodology_version"] for row in _read(RULE_SETS_CSV)}
    catalogue = _read(MONITORED_CSV)
    return [
        {
            "project_id": project_id,
            "rule_set": rule_set,
            "methodology_version": versions[rule_set],
            "position": position,
            **{name: value or None for name, value in row.items() if name != "rule_sets"},
        }
        for rule_set in rule_sets
        for position, row in enumerate(catalogue, start=1)
        if rule_set in row["rule_sets"].split("|")
    ]


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
