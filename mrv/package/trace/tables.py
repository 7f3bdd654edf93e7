"""Tables of a package, read once each and found by key."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = Mapping[str, Any]

MARTS = "data/tables"
LANDED = "data/landed"
INPUTS = "data/provenance/inputs.csv"
LINEAGE = "data/calc/lineage.json"


class Tables:
    """Marts and landed tables of a package's folder. Every table is read once, and indexed once for each set of columns."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._rows: dict[str, list[Row]] = {}
        self._indexes: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], list[Row]]] = {}

    def has(self, name: str) -> bool:
        """Return whether the package holds a table; landed ones are named `landed.<dataset>`."""
        return self._path(name).is_file()

    def columns(self, name: str) -> Sequence[str]:
        """Return the names of a table's columns; none where the package does not hold it."""
        return list(pq.read_schema(self._path(name)).names) if self.has(name) else []

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a table in its order; none where the package does not hold it."""
        if name not in self._rows:
            self._rows[name] = pq.read_table(self._path(name)).to_pylist() if self.has(name) else []
        return self._rows[name]

    def find(self, name: str, /, **key: Any) -> list[Row]:
        """Return the rows of a table that have these values."""
        columns = tuple(sorted(key))
        index = self._indexes.get((name, columns))
        if index is None:
            index = {}
            for row in self.rows(name):
                index.setdefault(tuple(row.get(column) for column in columns), []).append(row)
            self._indexes[name, columns] = index
        return index.get(tuple(key[column] for column in columns), [])

    def only(self, name: str, /, **key: Any) -> Row | None:
        """Return the one row that has these values, or None where there is none or several."""
        found = self.find(name, **key)
        return found[0] if len(found) == 1 else None

    def inputs(self) -> list[dict[str, str]]:
        """Return the received files that the package lists."""
        path = self.root / INPUTS
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", newline="") as stream:
            return [*csv.DictReader(stream)]

    def lineage(self) -> Mapping[str, Any]:
        """Return which table is made of which, and what each step reads; empty where the package does not tell."""
        path = self.root / LINEAGE
        if not path.is_file():
            return {"tables": {}, "steps": {}}
        told: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return told

    def project_files(self) -> list[str]:
        """Return the names of the project's files in the package, relative to its folder."""
        folder = self.root / "data/project"
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def _path(self, name: str) -> Path:
        folder, _, dataset = name.rpartition(".")
        return self.root / (LANDED if folder else MARTS) / f"{dataset}.parquet"


def total(values: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum; unknown as soon as one part is, zero of nothing."""
    told = [*values]
    known = [value for value in told if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(told) else None


def row_ranges(numbers: Iterable[int]) -> str:
    """Return row numbers as `2-40,57`."""
    ranges: list[list[int]] = []
    for number in sorted({*numbers}):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in ranges)
