"""What the workbook is made of: the primary account's tables, rules and vintages, as the package publishes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mrv.package.contents import Contents
from mrv.parameters import Parameter

Rows = Sequence[Mapping[str, Any]]
BELT, PROJECT = "leakage_belt", "project_area"


@dataclass(frozen=True)
class Vintage:
    """A calendar year's part of the period."""

    year: int
    start: date
    end: date


@dataclass(frozen=True)
class Rule:
    """A parameter that is in force in a vintage: a number or a choice, and where it stands."""

    name: str
    value: Decimal | None
    choice: str | None
    parameter_id: str


class Account:
    """The primary account of a package.

    Args:
        contents: Of the package.
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self._tables: dict[str, list[dict[str, Any]]] = {}

    def mart(self, name: str) -> Rows:
        """Return the rows of a mart, in their published order; none where there is no such mart."""
        return self._read(self.contents.marts_folder / f"{name}.parquet")

    def landed(self, name: str) -> Rows:
        """Return the rows of a table that SQL started from; none where it is not in the package."""
        path = self.contents.landed.get(name)
        return [] if path is None else self._read(path)

    def _read(self, path: Path) -> Rows:
        if str(path) not in self._tables:
            self._tables[str(path)] = pq.read_table(path).to_pylist() if path.is_file() else []
        return self._tables[str(path)]

    @cached_property
    def rule_set(self) -> str | None:
        """Rule set of the primary account; None where the package has no account."""
        return next((row["rule_set"] for row in self.mart("emission_reductions") if row["is_primary"]), None)

    @cached_property
    def project_id(self) -> str:
        """Project whose account it is: a warehouse of several holds each under its name."""
        return next((row["project_id"] for row in self.mart("emission_reductions") if row["is_primary"]), "")

    def own(self, name: str) -> Rows:
        """Return the rows of a mart that are the account's."""
        return [
            row for row in self.mart(name) if row["rule_set"] == self.rule_set and row["project_id"] == self.project_id
        ]

    def by_vintage(self, name: str) -> dict[int, Mapping[str, Any]]:
        """Return the account's row of each vintage."""
        return {row["vintage_year"]: row for row in self.own(name)}

    @cached_property
    def vintages(self) -> Sequence[Vintage]:
        """The vintages, in their order."""
        rows = sorted(self.own("emission_reductions"), key=lambda row: row["vintage_year"])
        return [Vintage(row["vintage_year"], row["vintage_start"], row["vintage_end"]) for row in rows]

    @cached_property
    def years(self) -> Sequence[int]:
        """Years of the vintages."""
        return [vintage.year for vintage in self.vintages]

    @cached_property
    def rules(self) -> Mapping[str, Mapping[int, Rule]]:
        """Name of a parameter to what is in force in each vintage."""
        found: dict[str, dict[int, Rule]] = {}
        for row in self.landed("account_parameters"):
            if row["rule_set"] == self.rule_set and row["project_id"] == self.project_id:
                rule = Rule(row["name"], row["value"], row["choice"], row["parameter_id"])
                found.setdefault(row["name"], {})[row["vintage_year"]] = rule
        return dict(sorted(found.items()))

    def choice(self, name: str, year: int | None = None) -> str | None:
        """Return a choice in force, of a vintage or of all; None where it is not set or changes."""
        rules = self.rules.get(name, {})
        if year is not None:
            return rules[year].choice if year in rules else None
        found = {rules[one].choice if one in rules else None for one in self.years}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def documents(self) -> Mapping[str, Parameter]:
        """Parameter id to the parameter with its document."""
        return {item.parameter_id: item for item in self.contents.parameters}

    @cached_property
    def cleared(self) -> frozenset[str]:
        """States that deforestation leaves behind; every other one is forest."""
        sides = (*self.own("baseline_emissions"), *self.own("project_emissions"), *self.landed("account_activity"))
        ends = {row["to_state"] for row in sides if row["activity"] == "deforestation" and row["to_state"] != "*"}
        return frozenset({"post_deforestation", *ends})
