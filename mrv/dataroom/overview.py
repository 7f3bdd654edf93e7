"""What the pages of a project and of a version show first. Kept, because a package never changes."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from mrv.dataroom.catalogue import NotFoundError, Package, PackageFile
from mrv.dataroom.charts import Chart, Read, charts
from mrv.package.cards import Card, cards
from mrv.package.wording import Text

KEPT = 32
"""Packages of which the overview is kept."""
DOCUMENTS = (
    ("report/summary.html", "summary"),
    ("report/monitoring_report_en.pdf", "report_en"),
    ("report/monitoring_report_en.docx", "report_en"),
    ("report/monitoring_report_es.pdf", "report_es"),
    ("report/monitoring_report_es.docx", "report_es"),
    ("workbook/emission_reductions.xlsx", "workbook"),
    ("trace/trace.html", "trace"),
    ("VERIFY.md", "verify"),
)
"""Files that people open first: path below `data/` and the name of the phrase that says what it is."""


@dataclass(frozen=True)
class Checks:
    """How the checks of the data ended. `by_outcome` counts them; quarantined rows were never counted."""

    total: int
    by_outcome: Mapping[str, int]
    quarantined: int
    waived: int


@dataclass(frozen=True)
class Overview:
    """What a version's page shows first.

    Attributes:
        name: The project's name.
        notes: What is not real in it, in plain sentences.
        cards: Figures that stand first, with their intervals.
        documents: Files that people open first, with their phrase.
        changes: What `data/changes/changes.json` says; null for a first version.
    """

    name: Text
    location: Text | None
    notes: Sequence[Text]
    start: date
    end: date
    cards: Sequence[Card]
    charts: Sequence[Chart]
    checks: Checks
    documents: Sequence[tuple[PackageFile, str]]
    file_count: int
    byte_count: int
    changes: Mapping[str, Any] | None


def overview(package: Package) -> Overview:
    """Return the overview of a package."""
    return _overview(_Kept(package.name, package.manifest_sha512, package))


@dataclass(frozen=True)
class _Kept:
    """A package by what tells it from others; two objects of the same package are equal."""

    name: str
    manifest_sha512: str
    package: Package = field(compare=False)


@lru_cache(maxsize=KEPT)
def _overview(kept: _Kept) -> Overview:
    package, facts = kept.package, kept.package.facts
    project, period = facts["project"], facts["period"]
    start, end = date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
    read = reader(package)
    own = [file for file in package.files.values() if file.path != f"{package.name}.zip"]
    areas = {row["zone_id"] for row in read("zones") if row["kind"] == "project_area"}
    first = [package.figures[record["figure_id"]] for record in facts["headline"]]
    return Overview(
        name=Text(project["name"], project.get("name_es") or project["name"]),
        location=Text(**project["location"]) if project.get("location") else None,
        notes=[Text(note["en"], note["es"]) for note in project.get("illustrative", ())],
        start=start,
        end=end,
        cards=cards(first, areas, read),
        charts=charts(read, start, end, package.figures),
        checks=_checks(package),
        documents=_documents(package),
        file_count=len(own),
        byte_count=sum(file.bytes for file in own),
        changes=_changes(package),
    )


def reader(package: Package) -> Read:
    """Return a function from a mart's name to its rows; none where it is missing."""

    def read(name: str) -> Sequence[Mapping[str, Any]]:
        try:
            rows: list[dict[str, Any]] = package.table(name).to_pylist()
        except NotFoundError:
            return []
        return rows

    return read


def _records(package: Package, path: str) -> list[dict[str, str]]:
    try:
        return list(csv.DictReader(io.StringIO(package.read(path).decode("utf-8"))))
    except NotFoundError:
        return []


def _checks(package: Package) -> Checks:
    results = _records(package, "data/quality/check_results.csv")
    held = {(row["dataset"], row["artifact"], row["row"]) for row in _records(package, "data/quality/quarantine.csv")}
    waived = len(_records(package, "data/quality/waivers.csv"))
    return Checks(len(results), Counter(row["outcome"] for row in results), len(held), waived)


def _documents(package: Package) -> list[tuple[PackageFile, str]]:
    by_path = {file.path: file for file in package.files.values()}
    return [(by_path[f"data/{path}"], phrase) for path, phrase in DOCUMENTS if f"data/{path}" in by_path]


def _changes(package: Package) -> Mapping[str, Any] | None:
    try:
        changes: dict[str, Any] = json.loads(package.read("data/changes/changes.json"))
    except NotFoundError:
        return None
    return changes
