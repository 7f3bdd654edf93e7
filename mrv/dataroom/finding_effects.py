"""What a newer version changed of what a finding is about: the figure's old and new value, and the tonnes at the top."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mrv.dataroom.catalogue import Catalogue, NotFoundError, Package
from mrv.dataroom.finding_rules import Bound
from mrv.dataroom.findings import Finding
from mrv.package.difference import FigureDifference

CHANGES = "data/changes/changes.json"


@dataclass(frozen=True)
class Total:
    """Net reductions of one rule set in two versions, as the newer package states them."""

    rule_set: str
    old: Decimal | None
    new: Decimal | None
    difference: Decimal | None


@dataclass(frozen=True)
class Effect:
    """What a newer version of the period has.

    Attributes:
        figure: The bound figure in both; null where the finding is about something else.
        headline: First figures that differ.
        totals: Net reductions that differ, where the newer version follows directly on the finding's.
        is_stated: Whether the preparer named this version in an answer.
    """

    package: Package
    figure: FigureDifference | None
    headline: Sequence[FigureDifference]
    totals: Sequence[Total]
    is_stated: bool


def effect(catalogue: Catalogue, finding: Finding) -> Effect | None:
    """Return what changed in the version that corrects a finding: the one that an answer names, or else the newest.

    None where there is no newer version.
    """
    later = [
        package
        for package in catalogue.packages(finding.project)
        if package.period == finding.period and package.version > finding.version
    ]
    if not later:
        return None
    stated = [package for package in later if package.version == finding.resolved_version]
    new = stated[0] if stated else max(later, key=lambda package: package.version)
    try:
        old = catalogue.package(finding.project, finding.period, finding.version)
    except NotFoundError:
        return None
    figure = _difference(finding.bound_to, old, new) if finding.bound_kind == Bound.FIGURE else None
    first = [record["figure_id"] for record in new.facts["headline"]]
    headline = [found for name in first if (found := _difference(name, old, new)) and _differs(found)]
    return Effect(new, figure, headline, _totals(old, new), bool(stated))


def _difference(figure_id: str, old: Package, new: Package) -> FigureDifference | None:
    before, after = old.figures.get(figure_id), new.figures.get(figure_id)
    return FigureDifference(figure_id, before, after) if before or after else None


def _differs(found: FigureDifference) -> bool:
    sides = [(side.value, side.unit, side.reason) if side else None for side in (found.old, found.new)]
    return sides[0] != sides[1]


def _totals(old: Package, new: Package) -> list[Total]:
    try:
        changes: Mapping[str, Any] = json.loads(new.read(CHANGES))
    except NotFoundError:
        return []
    if changes["previous"]["version"] != old.version:
        return []
    rows = [
        Total(row["rule_set"], *(_decimal(row[f"net_{name}_tco2e"]) for name in ("old", "new", "difference")))
        for row in changes["totals"]
    ]
    return [row for row in rows if row.old != row.new]


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
