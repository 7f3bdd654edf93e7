"""Figures, changes and checks of a version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from mrv.dataroom import package_changes, package_checks, traces
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.room import ReadPackage, ReadProject
from mrv.package.comparison import text
from mrv.package.difference import FigureDifference
from mrv.package.keys import ALLOWED_FILE

router = APIRouter(prefix="/api/v1/projects/{project}/periods/{period}/versions/{version}", tags=["package"])
Words = Annotated[str, Query(max_length=200)]


@router.get("/figures")
def figures(
    access: ReadProject,
    project: str,
    period: str,
    version: int,
    search: Words = "",
    group: Words = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> dict[str, Any]:
    """Return figures by id, a hundred a page; numbers are text, so that no digit is lost."""
    package = access.room.catalogue.package(project, period, version)
    found = traces.listing(package, search=search, group=group, page=page)
    return {
        "found": found.found,
        "page": found.current,
        "last_page": found.last,
        "groups": traces.families(package),
        "figures": [figure.record() for figure in found.figures],
    }


@router.get("/figures/{figure_id}")
def figure(access: ReadPackage, project: str, period: str, version: int, figure_id: str) -> dict[str, Any]:
    """Return a figure, its trace down to the files, and the same figure in other versions of the period."""
    package = access.room.catalogue.package(project, period, version)
    found = traces.figure_of(package, figure_id)
    packages = access.room.catalogue.packages(project)
    return {
        **found.record(),
        "trace": traces.trace_of(package, figure_id) if traces.has_trace(package) else None,
        "versions": [
            {
                "version": other.version,
                "value": text(said.old.value) if said.old else None,
                "less": text(said.difference),
            }
            for other, said in traces.in_versions(packages, package, figure_id)
        ],
    }


@router.get("/changes")
def changes(
    access: ReadPackage, project: str, period: str, version: int, against: Annotated[int | None, Query(ge=1)] = None
) -> dict[str, Any]:
    """Return what the version changed of the one before it, or its figures beside those of any version of the period."""
    package = access.room.catalogue.package(project, period, version)
    if against is not None:
        old = access.room.catalogue.package(project, period, against)
        return {"against": against, "figures": [_difference(each) for each in package_changes.compared(old, package)]}
    found = package_changes.changes_of(package)
    if found is None:
        raise NotFoundError("the package tells of no changes", found=package.name, remedy="give ?against=<version>")
    lists = {name: getattr(found, name) for name in ("figures", "rows", "inputs", "parameters")}
    return {**found.said, **{name: {"count": each.count, "first": each.rows} for name, each in lists.items()}}


def _difference(each: FigureDifference) -> dict[str, Any]:
    sides = {"old": each.old, "new": each.new}
    return {
        "figure_id": each.figure_id,
        "label_en": each.figure.label_en,
        "label_es": each.figure.label_es,
        "unit": each.figure.unit,
        **{name: text(side.value) if side else None for name, side in sides.items()},
        "difference": text(each.difference),
        "tco2e": text(each.tco2e),
    }


@router.get("/checks")
def checks(access: ReadPackage, project: str, period: str, version: int) -> dict[str, Any]:
    """Return the checks of the data and tables, what was set aside, and who signed."""
    package = access.room.catalogue.package(project, period, version)
    found = package_checks.checks_of(package)
    signed = package_checks.signed_by(package, access.room.settings.keys_dir / ALLOWED_FILE)
    return {
        "checks": [{"severity": one, "outcome": two, "count": count} for (one, two), count in found.counts.items()],
        "not_passed": found.notable,
        "waivers": found.waivers,
        "set_aside": [asdict(each) for each in found.set_aside],
        "tests": [{"kind": one, "outcome": two, "count": count} for (one, two), count in found.tests.items()],
        "failing_tests": found.failing_tests,
        "attestations": found.attestations,
        "signature": asdict(signed),
    }
