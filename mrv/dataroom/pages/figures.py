"""Figures of a version, and one figure with all that it is made of."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from mrv.dataroom import findings, rendering, traces
from mrv.dataroom.pages.projects import packages_of
from mrv.dataroom.permissions import Action
from mrv.dataroom.room import ReadPackage, ReadProject
from mrv.package.trace.text import address_text, facts_text

router = APIRouter(include_in_schema=False, prefix="/projects/{project}/periods/{period}/versions/{version}/figures")


@router.get("")
def figures(
    access: ReadProject, project: str, period: str, version: int, search: str = "", group: str = "", page: int = 1
) -> Response:
    """Show the figures of a version by group, searched and paged."""
    package = access.room.catalogue.package(project, period, version)
    found = traces.listing(package, search=search[:200], group=group, page=page)
    return rendering.page(
        access.request,
        "figures.html",
        access=access,
        package=package,
        found=found,
        families=traces.families(package),
        search=search,
        group=group,
    )


@router.get("/{figure_id}")
def figure(access: ReadPackage, project: str, period: str, version: int, figure_id: str, part: str = "") -> Response:
    """Show a figure: value, row, trace down to its files, and the same figure in other versions."""
    package = access.room.catalogue.package(project, period, version)
    one = traces.figure_of(package, figure_id)
    trace = traces.trace_of(package, figure_id) if traces.has_trace(package) else None
    rows = traces.row_of(package, one)
    raised: list[findings.Finding] = []
    if access.may(Action.READ_FINDINGS):
        with access.room.database.reading() as connection:
            raised = findings.bound_to(connection, package, "figure", figure_id)
    return rendering.page(
        access.request,
        "figure.html",
        access=access,
        package=package,
        figure=one,
        rows=rows,
        interval=traces.interval_of(package, one, rows),
        table_file=traces.file_ids(package).get(f"data/tables/{one.mart}.parquet"),
        part=part,
        step=trace and traces.tree(package, trace, part or None),
        ends=trace and traces.ends(package, trace),
        findings=raised,
        address_text=address_text,
        facts_text=facts_text,
        others=traces.in_versions(packages_of(access, project), package, figure_id),
    )
