"""Reading the trace that a package holds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mrv.errors import PackageError, UsageError
from mrv.package.reading import reading
from mrv.package.trace.walk import FORMAT, JSON, PAGE
from mrv.package.zipped import SUFFIX

_CLOSE = 8
_MAX_BYTES = 64 * 2**20


def newest(packages: Path, project: str, period: str | None) -> Path:
    """Return the newest package of a project.

    Args:
        packages: Folder of packages of the installation.
        project: Identifier of the project.
        period: Period; None for the last one that has a package.

    Raises:
        PackageError: There is none.
    """
    found = [
        (path.stat().st_mtime if period is None else 0, int(match[1]), path.name, path)
        for path in packages.glob(f"{project}/{period or '*'}/VP-*")
        if (match := re.search(r"-v(\d+)$", path.name)) and path.is_dir()
    ]
    if not found:
        raise PackageError(
            "there is no package to trace a figure in",
            found=f"no package of {project}" + (f", period {period}" if period else ""),
            where=str(packages),
            remedy="name a project or period that was published, or the folder of a package",
        )
    return max(found)[-1]


def read_trace(root: Path) -> Mapping[str, Any]:
    """Return the content of a package's `trace.json`.

    Raises:
        PackageError: There is none, or it is of another form.
    """
    path = root / JSON
    if not path.is_file():
        raise PackageError(
            "the package holds no trace",
            expected=JSON,
            where=str(root),
            remedy=f"name the folder of a package, or its {SUFFIX}; packages of older versions have none",
        )
    with reading(JSON):
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise PackageError("the trace is too large", found=f"{size} bytes", where=JSON)
        record: Mapping[str, Any] = json.loads(path.read_bytes())
    if not isinstance(record, Mapping) or record.get("format") != FORMAT:
        raise PackageError(
            "the trace is of another form", expected=FORMAT, where=JSON, remedy="use the version of mrv that built it"
        )
    for part in ("figures", "nodes"):
        if not isinstance(record.get(part), dict) or not all(isinstance(item, dict) for item in record[part].values()):
            raise PackageError(
                "a file does not hold what it should", expected=f"{part}: an object of objects", where=JSON
            )
    return record


def read_page(root: Path) -> bytes:
    """Return the package's page of traces."""
    return (root / PAGE).read_bytes()


def listing(record: Mapping[str, Any], search: str | None) -> list[dict[str, Any]]:
    """Return figures by id, those alone whose id or label has a text where one is given."""
    rows = [
        {
            "figure_id": name,
            "value": figure["value"],
            "unit": figure["unit"],
            "label_en": figure["label"][0],
            "label_es": figure["label"][1],
        }
        for name, figure in record["figures"].items()
    ]
    return [row for row in rows if search is None or _has(row, search.casefold())]


def _has(row: Mapping[str, Any], text: str) -> bool:
    return any(text in str(row[name]).casefold() for name in ("figure_id", "label_en", "label_es"))


def part_of(record: Mapping[str, Any], figure_id: str) -> dict[str, Any]:
    """Return a figure and every node below it.

    Raises:
        UsageError: There is no such figure.
    """
    if figure_id not in record["figures"]:
        family = figure_id.split(".")[0]
        close = [name for name in record["figures"] if name.split(".")[0] == family][:_CLOSE]
        raise UsageError(
            "there is no such figure",
            found=figure_id,
            expected=f"one such as {', '.join(close)}" if close else "an id of the mart figures",
            remedy="list them: mrv trace without a figure, or with --search",
        )
    figure = record["figures"][figure_id]
    nodes: dict[str, Any] = {}
    waiting = [figure["node"]]
    while waiting:
        name = waiting.pop()
        if name not in nodes:
            nodes[name] = record["nodes"][name]
            waiting += nodes[name].get("children", ())
    return {"format": FORMAT, "figures": {figure_id: figure}, "nodes": dict(sorted(nodes.items()))}
