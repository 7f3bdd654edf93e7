"""A raw table to rows of its landed table: header, types, keys. Every problem of it, in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mrv.accounting.cells import CellError, read_cell
from mrv.accounting.raw import InputRow, RawTable, Reading
from mrv.errors import InputError
from mrv.refusals import names_found
from mrv.schemas import DATASETS

MAX_PROBLEMS = 50
"""Problems of one table that are told; a table of which all rows are wrong has one cause."""


def read_rows(raw: RawTable, dataset: str, *, implied: Mapping[str, Any]) -> Reading:
    """Read a table whose columns are those of its landed table.

    Args:
        raw: The table.
        dataset: Name of the landed table.
        implied: Columns that the project fills itself, where the file need not: its id, its rule set. Where the file has
            them, it must agree.

    Returns:
        Its rows; a row of which a cell cannot be read is left out and told.
    """
    problems = _header_problems(raw, dataset, implied)
    if problems:
        return Reading(problems=problems)
    reading = Reading(tables={dataset: []})
    rows = []
    for number, cells in raw.rows:
        row = _row(cells, dataset, f"{raw.label}, row {number}", implied, reading)
        if row is not None:
            rows.append(row)
    keep_unique(rows, dataset, reading)
    del reading.problems[MAX_PROBLEMS:]
    return reading


def keep_unique(rows: Iterable[InputRow], dataset: str, reading: Reading) -> None:
    """Add the rows of a table to what was read; one whose key came before is told instead."""
    kept = reading.tables.setdefault(dataset, [])
    first: dict[tuple[Any, ...], str] = {}
    for row in rows:
        key = tuple(row.values.get(name) for name in DATASETS[dataset].key)
        if key not in first:
            first[key] = row.where
            kept.append(row)
            continue
        reading.problems.append(
            InputError(
                f"a row of {dataset} stands twice",
                expected=f"each {', '.join(DATASETS[dataset].key)} once",
                found=f"{words_of(key)}, also in {first[key]}",
                where=row.where,
                remedy="keep one, or add the two up",
            )
        )


def words_of(key: tuple[Any, ...]) -> str:
    """Return a key in words."""
    return ", ".join("none" if part is None else str(part) for part in key)


def _header_problems(raw: RawTable, dataset: str, implied: Mapping[str, Any]) -> list[InputError]:
    schema = DATASETS[dataset].schema
    needed = [item.name for item in schema if not item.nullable and item.name not in implied]
    wrong = [
        *(f"{name} is missing" for name in needed if name not in raw.columns),
        *(f"{name} stands twice" for name in sorted(set(raw.columns)) if name and list(raw.columns).count(name) > 1),
    ]
    unknown = [name for name in raw.columns if name and name not in schema.names]
    if unknown and any(name in schema.names for name in raw.columns):
        wrong.append(f"unknown: {', '.join(unknown)}")
    if not wrong:
        return []
    return [
        InputError(
            f"the columns are not those of {dataset}",
            expected=", ".join(f"{item.name} (may be empty)" if item.nullable else item.name for item in schema),
            found=f"{'; '.join(wrong)}; the header: {names_found(list(raw.columns), schema.names)}",
            where=f"{raw.label}, header",
            remedy="name the columns so; names are case-sensitive, and a column that is not read would be lost",
        )
    ]


def _row(
    cells: Mapping[str, Any], dataset: str, where: str, implied: Mapping[str, Any], reading: Reading
) -> InputRow | None:
    values: dict[str, Any] = {}
    before = len(reading.problems)
    for item in DATASETS[dataset].schema:
        cell = cells.get(item.name)
        try:
            value = read_cell(cell, item.type)
        except CellError as error:
            reading.problems.append(_refused(item.name, cell, where, error))
            continue
        if item.name in implied:
            if value is not None and value != implied[item.name]:
                other = CellError(f"{implied[item.name]}, or an empty cell", "this file belongs to one project")
                reading.problems.append(_refused(item.name, cell, where, other))
            value = implied[item.name]
        elif value is None and not item.nullable:
            reading.problems.append(_refused(item.name, cell, where, CellError("a value: null is not zero", "fill it")))
        values[item.name] = value
    return InputRow(where, values) if len(reading.problems) == before else None


def _refused(column: str, cell: Any, where: str, error: CellError) -> InputError:
    found = "nothing" if cell is None or cell == "" else str(getattr(cell, "found", cell))[:80]
    return InputError(
        f"{column} cannot be read",
        expected=error.expected,
        found=found,
        where=f"{where}, {column}",
        remedy=error.remedy,
    )
