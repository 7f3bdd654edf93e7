"""The rows of one project as the reference reads them: exact fractions, found by project, rule set and year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]
Rules = Mapping[str, Any]
Known = Fraction | None
"""A number, or None where it is not known."""


@dataclass(frozen=True)
class Account:
    """One project's period under one rule set, with the parameters of each of its years."""

    project_id: str
    rule_set: str
    start: date
    end: date
    crediting_start: date
    rules: Mapping[int, Rules]

    def years(self) -> Iterator[tuple[int, date, date]]:
        """Give each calendar year of the period with its first and last day in it."""
        for year in range(self.start.year, self.end.year + 1):
            yield year, max(self.start, date(year, 1, 1)), min(self.end, date(year, 12, 31))


@dataclass
class Project:
    """All rows of one project by table."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    _found: dict[tuple[str, ...], dict[tuple[Any, ...], list[Row]]] = field(default_factory=dict)

    def rows(self, table: str, **wanted: Any) -> list[Row]:
        """Return the rows of a table whose columns have these values."""
        names = (table, *wanted)
        if names not in self._found:
            by_values = self._found[names] = defaultdict(list)
            for row in self.tables[table]:
                by_values[tuple(row[name] for name in wanted)].append(row)
        return self._found[names].get(tuple(wanted.values()), [])


def exact(row: Row) -> dict[str, Any]:
    """Return the row with its decimals as fractions."""
    return {name: Fraction(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def projects(rows: Mapping[str, Sequence[Row]]) -> dict[str, Project]:
    """Return the rows of every project."""
    found: dict[str, Project] = defaultdict(Project)
    for table, records in rows.items():
        for record in records if table != "parameters" else ():
            found[record["project_id"]].tables[table].append(exact(record))
    return found


def accounts(project: Project) -> list[Account]:
    """Return the accounts of a project."""
    rules: dict[str, dict[int, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for row in project.tables["account_parameters"]:
        value = row["choice"] if row["value"] is None else row["value"]
        rules[row["rule_set"]][row["vintage_year"]][row["name"]] = value
    return [
        Account(
            row["project_id"],
            row["rule_set"],
            row["period_start"],
            row["period_end"],
            row["crediting_start"],
            rules[row["rule_set"]],
        )
        for row in project.tables["accounts"]
    ]


def days(first: date, last: date) -> int:
    """Return the number of days from the first to the last, both counted; none where they are reversed."""
    return max(0, (last - first).days + 1)


def days_in_year(year: int) -> int:
    """Return 365 or 366."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)) // timedelta(days=1)


def total(values: Iterable[Known]) -> Known:
    """Add up; one value that is not known makes the sum not known."""
    result = Fraction(0)
    for value in values:
        if value is None:
            return None
        result += value
    return result
