"""What a version offers to questions: its tables, how each is made of others, and examples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mrv.dataroom.catalogue import NotFoundError, Package
from mrv.dataroom.queries import tables
from mrv.warehouse.snapshot import Mart
from mrv.warehouse.snapshots import Source

_LINEAGE = "data/calc/lineage.json"
_SQL = "data/calc/sql/"
_EXAMPLES = Path(__file__).with_name("sql_examples.yaml")


@dataclass(frozen=True)
class Example:
    """A question to start from."""

    title: Mapping[str, str]
    sql: str


@dataclass(frozen=True)
class Step:
    """A table of the calculation: landed, staging, intermediate or mart.

    Attributes:
        parents: Tables that it is made of.
        children: Tables that are made of it.
        sql: The statement that made it; null for what is landed.
        mart: Description and columns, where it is published.
        parquet: Its file in the package, where it is published.
    """

    name: str
    kind: str
    description: str
    parents: tuple[str, ...]
    children: tuple[str, ...]
    sql: str | None
    mart: Mart | None
    parquet: Source | None


@cache
def _all_examples() -> tuple[tuple[Example, frozenset[str]], ...]:
    content = yaml.safe_load(_EXAMPLES.read_text(encoding="utf-8"))
    return tuple((Example(item["title"], item["sql"].strip()), frozenset(item["tables"])) for item in content)


def examples(marts: Sequence[Mart]) -> list[Example]:
    """Return the examples whose tables are all there."""
    names = {mart.name for mart in marts}
    return [example for example, needed in _all_examples() if needed <= names]


def lineage(package: Package) -> Mapping[str, Mapping[str, Any]]:
    """Return every table of the calculation by name; empty where the package tells none."""
    try:
        content = json.loads(package.read(_LINEAGE))
    except NotFoundError:
        return {}
    found: Mapping[str, Mapping[str, Any]] = content["tables"]
    return found


def step(package: Package, name: str) -> Step:
    """Return one table of the calculation.

    Raises:
        NotFoundError: There is none of that name.
    """
    steps, published = lineage(package), tables(package)
    mart = next((mart for mart in published.marts if mart.name == name), None)
    entry = steps.get(name)
    if entry is None and mart is None:
        raise NotFoundError("there is no such table", found=name, where=package.name)
    entry = entry or {"kind": "mart", "description": "", "parents": [], "path": None}
    return Step(
        name=name,
        kind=str(entry["kind"]),
        description=mart.description if mart else str(entry["description"]),
        parents=tuple(entry["parents"]),
        children=tuple(sorted(other for other, facts in steps.items() if name in facts["parents"])),
        sql=_compiled(package, entry["path"]),
        mart=mart,
        parquet=published.parquet.get(name),
    )


def _compiled(package: Package, path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return package.read(f"{_SQL}{path}").decode("utf-8")
    except NotFoundError:
        return None
