"""Pages of findings: the list, a thread with its forms, and the form that raises one."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from mrv.dataroom import finding_acts, finding_bounds, finding_effects, finding_rows
from mrv.dataroom import findings as reading
from mrv.dataroom.api.findings import OF_VERSION, ONE, ROOT, Says, Version, Wants, sent
from mrv.dataroom.attachments import MAX_BYTES, MAX_FILES
from mrv.dataroom.catalogue import Package
from mrv.dataroom.finding_acts import Said
from mrv.dataroom.finding_rules import BODY_LENGTH, TITLE_LENGTH, Act, Bound, Kind, State
from mrv.dataroom.findings import Wanted
from mrv.dataroom.permissions import Action
from mrv.dataroom.phrased import Refused
from mrv.dataroom.rendering import page
from mrv.dataroom.room import Access, AnswerFinding, CloseFinding, RaiseFinding, ReadFindings

router = APIRouter(include_in_schema=False)
_LIMITS = {"most": BODY_LENGTH, "title_most": TITLE_LENGTH, "mebibytes": MAX_BYTES // 2**20, "files_most": MAX_FILES}
Line = Annotated[str, Form()]


@router.get(ROOT)
def findings(access: ReadFindings, project: str, wants: Wants) -> Response:
    """Show the findings that the reader may see."""
    catalogue = access.room.catalogue
    with access.room.database.reading() as connection:
        found = reading.listed(connection, access, wants)
        everything = reading.listed(connection, access, Wanted())
    packages = [
        package for package in catalogue.packages(project) if access.may(Action.READ_FINDINGS, project, package.period)
    ]
    asked = {name: value for name, value in vars(wants).items() if value}
    newest = {package.period: package for package in reversed(packages)}
    return page(
        access.request,
        "findings.html",
        access=access,
        project=project,
        findings=[(one, _label(access, one)) for one in found],
        wants=wants,
        query=urlencode(asked),
        asked=asked,
        periods=list(newest),
        raisable=[one for one in newest.values() if access.may(Action.RAISE_FINDING, project, one.period)],
        counts={
            **{state: sum(one.state == state for one in everything) for state in State},
            "overdue": sum(one.is_overdue for one in everything),
        },
        kinds=list(Kind),
        states=list(State),
        bounds=list(Bound),
    )


def _label(access: Access, finding: reading.Finding) -> Any:
    package = finding_rows.package_of(access.room.catalogue, finding)
    return finding_bounds.label(package, finding.bound_kind, finding.bound_to)


@router.get(ONE)
def finding(access: ReadFindings, project: str, finding_id: str) -> Response:
    """Show a thread."""
    return _thread(access, finding_id)


def _thread(
    access: Access, finding_id: str, refused: Refused | None = None, said: Said | None = None, act: str = ""
) -> Response:
    with access.room.database.reading() as connection:
        found = reading.thread(connection, access, finding_id)
    catalogue = access.room.catalogue
    may_read = access.may(Action.READ_PACKAGE, found.project, found.period)
    return page(
        access.request,
        "finding.html",
        status=422 if refused else 200,
        access=access,
        finding=found,
        label=_label(access, found),
        may=reading.acts_of(access, found, reading.starts(catalogue, found.project)),
        # Who was let in for a later period, to follow a FAR, must not see the figures of this one.
        may_read=may_read,
        effect=finding_effects.effect(catalogue, found) if may_read else None,
        later=sorted(
            one.version
            for one in catalogue.packages(found.project)
            if may_read and one.period == found.period and one.version > found.version
        ),
        refused=refused,
        said=said or Said(),
        act=act,
        Act=Act,
        **_LIMITS,
    )


def _do(access: Access, finding_id: str, act: Act, says: Said) -> Response:
    try:
        found = finding_acts.do(access, finding_id, act, says)
    except Refused as refused:
        return _thread(access, finding_id, refused, says, act)
    return RedirectResponse(f"/projects/{found.project}/findings/{finding_id}", status_code=303)


@router.post(ONE + "/answer")
def answer(access: AnswerFinding, project: str, finding_id: str, says: Says) -> Response:
    """Answer as a preparer."""
    return _do(access, finding_id, Act.ANSWER, says)


@router.post(ONE + "/comment")
def comment(access: ReadFindings, project: str, finding_id: str, says: Says) -> Response:
    """Add to the thread."""
    return _do(access, finding_id, Act.COMMENT, says)


@router.post(ONE + "/close")
def close(access: CloseFinding, project: str, finding_id: str, says: Says) -> Response:
    """Close as a verifier."""
    return _do(access, finding_id, Act.CLOSE, says)


@router.post(ONE + "/reopen")
def reopen(access: CloseFinding, project: str, finding_id: str, says: Says) -> Response:
    """Begin the next round."""
    return _do(access, finding_id, Act.REOPEN, says)


@router.post(ONE + "/due")
def due(access: CloseFinding, project: str, finding_id: str, says: Says) -> Response:
    """Set the due day."""
    return _do(access, finding_id, Act.DUE, says)


@router.get(ONE + "/attachments/{attachment_id}")
def attachment(access: ReadFindings, project: str, finding_id: str, attachment_id: str) -> Response:
    """Give an attached file as a download."""
    return sent(access, finding_id, attachment_id)


@router.get(OF_VERSION + "/new")
def new(
    access: RaiseFinding,
    project: str,
    period: str,
    version: Version,
    figure: str = "",
    file: str = "",
    section: str = "",
) -> Response:
    """Show the form that raises a finding; a link beside a figure, file or section fills in what it is about."""
    package = access.room.catalogue.package(project, period, version)
    named = {Bound.FIGURE: figure, Bound.FILE: file, Bound.SECTION: section}
    kind = next((bound for bound, value in named.items() if value), Bound.PACKAGE)
    return _form(access, package, {"bound_kind": kind, "bound_to": named.get(kind, ""), "type": Kind.CL, "title": ""})


def _form(
    access: Access, package: Package, filled: dict[str, str], said: Said | None = None, refused: Refused | None = None
) -> Response:
    return page(
        access.request,
        "finding_new.html",
        status=422 if refused else 200,
        access=access,
        package=package,
        filled=filled,
        said=said or Said(),
        refused=refused,
        kinds=list(Kind),
        bounds=list(Bound),
        sections=finding_bounds.sections(),
        **_LIMITS,
    )


@router.post(OF_VERSION)
def raise_finding(
    access: RaiseFinding,
    project: str,
    period: str,
    version: Version,
    says: Says,
    type: Annotated[Kind, Form()],  # noqa: A002 - the name in the form
    bound_kind: Annotated[Bound, Form()],
    title: Line = "",
    figure: Line = "",
    file: Line = "",
    section: Line = "",
) -> Response:
    """Raise a finding."""
    package = access.room.catalogue.package(project, period, version)
    bound_to = {Bound.FIGURE: figure, Bound.FILE: file, Bound.SECTION: section}.get(bound_kind, "")
    try:
        finding_id = finding_acts.raise_finding(access, package, type, (bound_kind, bound_to), title, says)
    except Refused as refused:
        filled = {"bound_kind": bound_kind, "bound_to": bound_to, "type": type, "title": title}
        return _form(access, package, filled, says, refused)
    return RedirectResponse(f"/projects/{project}/findings/{finding_id}", status_code=303)
