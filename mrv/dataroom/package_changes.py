"""What a version changed: as its package tells it, and beside any other version of the period."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mrv.dataroom.catalogue import Package
from mrv.package.changes import CHANGES, FIGURES, INPUTS, PARAMETERS, ROWS
from mrv.package.difference import FigureDifference

MAX_SHOWN = 500
"""Rows of a table that a page shows; the file has them all."""
Record = Mapping[str, str]


@dataclass(frozen=True)
class Listed:
    """Rows of one of the package's files, the first ones, and how many there are."""

    path: str
    rows: Sequence[Record]
    count: int


@dataclass(frozen=True)
class Changes:
    """What `data/changes/` tells.

    Attributes:
        said: Content of `changes.json`, numbers as text.
        totals: Its accounts, numbers as decimals.
    """

    said: Mapping[str, Any]
    totals: Sequence[Mapping[str, Any]]
    figures: Listed
    rows: Listed
    inputs: Listed
    parameters: Listed


def changes_of(package: Package) -> Changes | None:
    """Return what a package tells of its changes; None where it is the first version, or tells none."""
    if not any(file.path == CHANGES for file in package.files.values()):
        return None
    said = json.loads(package.read(CHANGES))
    return Changes(
        said=said,
        totals=[{name: _decimal(name, value) for name, value in total.items()} for total in said["totals"]],
        **{
            name: listed(package, path)
            for name, path in (("figures", FIGURES), ("rows", ROWS), ("inputs", INPUTS), ("parameters", PARAMETERS))
        },
    )


def _decimal(name: str, value: Any) -> Any:
    is_number = name.endswith(("_tco2e", "_percent")) or name.startswith("credits_")
    return Decimal(value) if is_number and value is not None else value


def listed(package: Package, path: str, *, most: int = MAX_SHOWN) -> Listed:
    """Return the first rows of a CSV of the package."""
    rows = list(csv.DictReader(io.StringIO(package.read(path).decode("utf-8"), newline="")))
    return Listed(path, rows[:most], len(rows))


def decimal(text: str) -> Decimal | None:
    """Return a number of a CSV; nothing is None."""
    return Decimal(text) if text else None


def compared(old: Package, new: Package) -> list[FigureDifference]:
    """Return the figures that two packages give differently, by id: in value, unit or the reason why there is none."""
    return [
        FigureDifference(figure_id, before, after)
        for figure_id in sorted({*old.figures} | {*new.figures})
        if _said(before := old.figures.get(figure_id)) != _said(after := new.figures.get(figure_id))
    ]


def _said(figure: Any) -> tuple[Any, ...] | None:
    return None if figure is None else (figure.value, figure.unit, figure.reason)
