"""Figures of a package: lists, one figure with its row and its trace, and the same figure in other versions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from mrv.dataroom.catalogue import NotFoundError, Package
from mrv.dataroom.kept import Kept, kept
from mrv.package.cards import DRAWS, NET, net_interval
from mrv.package.difference import FigureDifference
from mrv.package.figures import Figure
from mrv.package.trace.reader import part_of
from mrv.package.trace.walk import FORMAT, JSON

PER_PAGE = 100
DEPTH = 3
"""Levels of a trace that a page shows at once; below them a part is opened by itself."""
_CHILDREN = 60
_ENDS = {"artifact": "files", "project_file": "files", "parameter": "parameters"}


@dataclass(frozen=True)
class Page:
    """A page of a list: `found` is how many there are in all."""

    figures: Sequence[Figure]
    found: int
    current: int
    last: int


@dataclass(frozen=True)
class Step:
    """One step of a trace as a page shows it.

    Attributes:
        name: Name of the node.
        node: What `trace.json` says of it.
        file_id: File that the step is, or that its rows are in; None where it has none.
        steps: What it is made of, as far as shown here.
        hidden: How many parts are not shown here.
        told: Whether it stands higher up already, with its parts.
    """

    name: str
    node: Mapping[str, Any]
    file_id: str | None
    steps: tuple[Step, ...]
    hidden: int
    told: bool


@dataclass(frozen=True)
class Ends:
    """What a trace ends at: received files and files of the project, and parameters."""

    files: tuple[Step, ...]
    parameters: tuple[Step, ...]


def family(figure_id: str) -> str:
    """Return the group of a figure: what stands before the first dot of its id."""
    return figure_id.partition(".")[0]


def families(package: Package) -> dict[str, int]:
    """Return the groups of figures in their order, with how many each has."""
    counts: dict[str, int] = {}
    for figure_id in sorted(package.figures):
        counts[family(figure_id)] = counts.get(family(figure_id), 0) + 1
    return counts


def listing(package: Package, *, search: str = "", group: str = "", page: int = 1) -> Page:
    """Return figures by id: those of a group, and those whose id or label has every word of a text.

    Args:
        package: The package.
        search: Words, in any order and in either language; none: every figure.
        group: Group; none: every one.
        page: Page, from 1; beyond the last one: the last.
    """
    words = search.casefold().split()
    found = [
        figure
        for figure_id, figure in sorted(package.figures.items())
        if (not group or family(figure_id) == group) and _has(figure, words)
    ]
    last = max(1, -(-len(found) // PER_PAGE))
    current = min(max(1, page), last)
    return Page(found[(current - 1) * PER_PAGE : current * PER_PAGE], len(found), current, last)


def _has(figure: Figure, words: Sequence[str]) -> bool:
    text = f"{figure.figure_id} {figure.label_en} {figure.label_es}".casefold()
    return all(word in text for word in words)


def figure_of(package: Package, figure_id: str) -> Figure:
    """Return a figure.

    Raises:
        NotFoundError: The package has no such figure.
    """
    if figure_id not in package.figures:
        raise NotFoundError("there is no such figure", found=figure_id, where=package.name)
    return package.figures[figure_id]


def row_of(package: Package, figure: Figure) -> tuple[Mapping[str, Any], ...]:
    """Return the row that a figure stands in, or the rows that it is the sum of.

    Raises:
        NotFoundError: The package has no such table.
    """
    table: pa.Table = package.table(figure.mart)
    key = [(name, value) for name, value in figure.key if value != "*"]
    return tuple(row for row in table.to_pylist() if all(_text(row.get(name)) == value for name, value in key))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def interval_of(package: Package, figure: Figure, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, Any, int] | None:
    """Return low, high and level in per cent of a figure's confidence interval; None where there is none."""
    if figure.mart_column == NET and DRAWS in package.tables:
        ends = net_interval(figure, package.table(DRAWS).to_pylist())
        return ends and (*ends, 90)
    if len(rows) != 1 or not figure.mart_column.startswith("estimate"):
        return None
    for level in (90, 95):
        low, high = (rows[0].get(f"ci{level}_{end}_{figure.unit}") for end in ("low", "high"))
        if low is not None and high is not None:
            return low, high, level
    return None


def has_trace(package: Package) -> bool:
    """Return whether a package holds a trace; those of older forms do not."""
    return any(file.path == JSON for file in package.files.values())


@lru_cache(maxsize=4)
def _record(key: Kept) -> Mapping[str, Any]:
    record: Mapping[str, Any] = json.loads(key.package.read(JSON))
    if record.get("format") != FORMAT:
        raise NotFoundError("the trace is of another form", expected=FORMAT, where=key.name)
    return record


def trace_of(package: Package, figure_id: str) -> dict[str, Any]:
    """Return a figure's part of the trace, every node below it included.

    Raises:
        NotFoundError: There is no such figure, or the package holds no trace.
    """
    figure_of(package, figure_id)
    return part_of(_record(kept(package)), figure_id)


def tree(package: Package, trace: Mapping[str, Any], part: str | None = None) -> Step:
    """Return a trace from a figure, or from one of its parts, as far down as a page shows it.

    Args:
        package: The package.
        trace: What `trace_of` gave.
        part: Name of the node to begin with; None: the figure's own.

    Raises:
        NotFoundError: The trace has no such part.
    """
    root = part or next(iter(trace["figures"].values()))["node"]
    if root not in trace["nodes"]:
        raise NotFoundError("there is no such part", found=root, where=package.name)
    return _step(trace["nodes"], root, DEPTH, file_ids(package), set())


def _step(nodes: Mapping[str, Any], name: str, depth: int, ids: Mapping[str, str], told: set[str]) -> Step:
    node = nodes[name]
    children = node.get("children", [])
    again = name in told and bool(children)
    told.add(name)
    shown = () if again or not depth else children[:_CHILDREN]
    steps = tuple(_step(nodes, child, depth - 1, ids, told) for child in shown)
    return Step(name, node, _file_id(node, ids), steps, 0 if again else len(children) - len(steps), again)


def file_ids(package: Package) -> dict[str, str]:
    """Return the `file_id` of each file by its path."""
    return {file.path: file.file_id for file in package.files.values()}


def _file_id(node: Mapping[str, Any], ids: Mapping[str, str]) -> str | None:
    address = node.get("address", {})
    for path in _paths(address):
        if path in ids:
            return ids[path]
    return None


def _paths(address: Mapping[str, Any]) -> Iterator[str]:
    if "file" in address:
        yield address["file"]
    if "mart" in address:
        yield f"data/tables/{address['mart']}.parquet"
    if match := re.fullmatch(r"landed\.(\w+)", str(address.get("table", ""))):
        yield f"data/landed/{match[1]}.parquet"


def ends(package: Package, trace: Mapping[str, Any]) -> Ends:
    """Return all that a figure's trace ends at."""
    ids = file_ids(package)
    found: dict[str, list[Step]] = {"files": [], "parameters": []}
    for name, node in sorted(trace["nodes"].items(), key=lambda item: item[1]["title"]):
        if node["kind"] in _ENDS:
            found[_ENDS[node["kind"]]].append(Step(name, node, _file_id(node, ids), (), 0, told=False))
    return Ends(tuple(found["files"]), tuple(found["parameters"]))


def in_versions(
    packages: Sequence[Package], package: Package, figure_id: str
) -> list[tuple[Package, FigureDifference]]:
    """Return a figure in the other versions of its period, newest first, with the difference that this one makes to each.

    Args:
        packages: Packages of the project.
        package: The one that is looked at.
        figure_id: The figure.
    """
    own = package.figures.get(figure_id)
    return [
        (other, FigureDifference(figure_id, other.figures.get(figure_id), own))
        for other in packages
        if other.period == package.period and other.version != package.version
    ]
