"""Findings as JSON: lists, threads, every act, attachments and exports."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Form, Path, Query, UploadFile
from pydantic import BaseModel
from starlette.responses import FileResponse, JSONResponse, Response

from mrv.dataroom import attachments, finding_acts, finding_rows
from mrv.dataroom import findings as reading
from mrv.dataroom.attachments import MAX_BYTES, Upload
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.downloads import repr_digest
from mrv.dataroom.finding_acts import Said
from mrv.dataroom.finding_rules import Act, Bound, Kind, State
from mrv.dataroom.findings import Finding, Wanted
from mrv.dataroom.room import Access, AnswerFinding, CloseFinding, RaiseFinding, ReadFindings

router = APIRouter(prefix="/api/v1", tags=["findings"])
HIGHEST = 2**31 - 1
Version = Annotated[int, Path(ge=1, le=HIGHEST)]
ROOT = "/projects/{project}/findings"
ONE = ROOT + "/{finding_id}"
OF_VERSION = "/projects/{project}/periods/{period}/versions/{version}/findings"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class AttachmentView(BaseModel):
    """A file of an entry; its bytes are at `attachments/{attachment_id}` below the finding."""

    attachment_id: str
    name: str
    media_type: str
    bytes: int
    sha256: str


class EntryView(BaseModel):
    """One entry of a thread."""

    entry_id: str
    round: int
    kind: str
    author: str
    at: str
    body: str
    linked_version: int | None
    attachments: list[AttachmentView]


class FindingView(BaseModel):
    """A finding."""

    finding_id: str
    code: str
    project: str
    type: Kind
    period: str
    version: int
    manifest_sha512: str
    bound_kind: Bound
    bound_to: str
    title: str
    state: State
    due_on: str | None
    is_overdue: bool
    raised_by: str
    raised_at: str
    closed_by: str | None
    closed_at: str | None
    resolved_version: int | None


class ThreadView(FindingView):
    """A finding with its entries, and what the reader may do with it."""

    entries: list[EntryView]
    may: list[Act]


class Raised(BaseModel):
    """A finding that was raised."""

    finding_id: str


def uploads(files: Annotated[list[UploadFile] | None, File()] = None) -> list[Upload]:
    """Return the files of a form; a control that was left empty sends one without a name."""
    sent = [file for file in files or () if file.filename]
    # One byte more than is accepted, so that it is known to be too large.
    return [Upload(file.filename or "", file.content_type or "", file.file.read(MAX_BYTES + 1)) for file in sent]


def said(
    files: Annotated[list[Upload], Depends(uploads)],
    body: Annotated[str, Form(description="What is said, as plain text.")] = "",
    linked_version: Annotated[str, Form(description="With an answer: version that has the correction.")] = "",
    due_on: Annotated[str, Form(description="Day, YYYY-MM-DD.")] = "",
) -> Said:
    """Return what a form says."""
    version = int(linked_version) if linked_version.isascii() and linked_version.isdecimal() else None
    if linked_version and version is None:
        version = 0  # no version has this number, so it is refused as one that is not there
    return Said(body, files, version, due_on or None)


def wanted(
    type: Annotated[Kind | Literal[""], Query()] = "",  # noqa: A002 - the name in the address
    state: Annotated[State | Literal[""], Query()] = "",
    period: Annotated[str, Query(max_length=80)] = "",
    version: Annotated[int | None, Query(ge=1, le=HIGHEST)] = None,
    bound_kind: Annotated[Bound | Literal[""], Query()] = "",
    bound_to: Annotated[str, Query(max_length=300)] = "",
    overdue: bool = False,
) -> Wanted:
    """Return what a list shall show; what is empty leaves everything in."""
    return Wanted(type or None, state or None, period or None, version, bound_kind or None, bound_to or None, overdue)


Says = Annotated[Said, Depends(said)]
Wants = Annotated[Wanted, Depends(wanted)]


def view(access: Access, finding: Finding) -> ThreadView:
    """Return a thread as JSON."""
    known = reading.starts(access.room.catalogue, finding.project)
    return ThreadView.model_validate(
        {
            **_plain(finding),
            "entries": [vars(entry) for entry in finding.entries],
            "may": reading.acts_of(access, finding, known),
        }
    )


def _plain(finding: Finding) -> dict[str, object]:
    return {name: getattr(finding, name) for name in FindingView.model_fields}


def _do(access: Access, finding_id: str, act: Act, says: Said) -> ThreadView:
    return view(access, finding_acts.do(access, finding_id, act, says))


@router.get(ROOT, summary="Findings of a project")
def findings(access: ReadFindings, project: str, wants: Wants) -> list[FindingView]:
    """Return the findings that the reader may see, newest first; a period's list holds open FARs of earlier ones."""
    with access.room.database.reading() as connection:
        return [FindingView.model_validate(_plain(one)) for one in reading.listed(connection, access, wants)]


@router.get(ROOT + "/export.{ending}", summary="Findings as a table", response_class=Response)
def export(access: ReadFindings, project: str, ending: Literal["xlsx", "csv", "json"], wants: Wants) -> Response:
    """Return the findings as a workbook, as CSV for spreadsheets, or as JSON: one row for each round."""
    with access.room.database.writing() as connection:
        chosen = [reading.one(connection, project, one.finding_id) for one in reading.listed(connection, access, wants)]
        access.log(connection, "export_findings", project, rows=len(chosen), format=ending)
    table = finding_rows.rows(reversed(chosen), access.room.catalogue)
    headers = {"Content-Disposition": f'attachment; filename="findings.{ending}"', "Cache-Control": "no-store"}
    if ending == "json":
        return JSONResponse(table, headers=headers)
    if ending == "csv":
        return Response(
            finding_rows.as_csv(table, for_people=True), media_type="text/csv; charset=utf-8", headers=headers
        )
    return Response(finding_rows.as_xlsx(table), media_type=XLSX, headers=headers)


@router.get(ONE, summary="A finding with its thread")
def finding(access: ReadFindings, project: str, finding_id: str) -> ThreadView:
    """Return one finding."""
    with access.room.database.reading() as connection:
        return view(access, reading.thread(connection, access, finding_id))


@router.get(ONE + "/attachments/{attachment_id}", summary="An attached file", response_class=FileResponse)
def attachment(access: ReadFindings, project: str, finding_id: str, attachment_id: str) -> Response:
    """Return an attached file as a download; nothing here opens it."""
    return sent(access, finding_id, attachment_id)


def sent(access: Access, finding_id: str, attachment_id: str) -> Response:
    """Return an attachment's bytes and note that they were taken.

    Raises:
        NotFoundError: There is none, or the reader may not see its finding.
    """
    with access.room.database.writing() as connection:
        thread = reading.thread(connection, access, finding_id)
        files = {file["attachment_id"]: file for entry in thread.entries for file in entry.attachments}
        if attachment_id not in files:
            raise NotFoundError("there is no such attachment", found=attachment_id[:64])
        file = files[attachment_id]
        access.log(connection, "download_attachment", attachment_id, finding=thread.code, sha256=file["sha256"])
    headers = {
        "ETag": f'"{file["sha256"]}"',
        "Repr-Digest": repr_digest([("sha-256", file["sha256"])]),
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    path = attachments.store_of(access.room.settings).get(file["sha256"])
    return FileResponse(path, media_type=file["media_type"], filename=file["name"], headers=headers)


@router.post(OF_VERSION, summary="Raise a finding", status_code=201)
def raise_finding(
    access: RaiseFinding,
    project: str,
    period: str,
    version: Version,
    says: Says,
    type: Annotated[Kind, Form()],  # noqa: A002 - the name in the form
    bound_kind: Annotated[Bound, Form()],
    title: Annotated[str, Form()],
    bound_to: Annotated[str, Form()] = "",
) -> Raised:
    """Raise a finding on a figure, a file (by its `file_id`), a section of the report, or the whole of a version."""
    package = access.room.catalogue.package(project, period, version)
    return Raised(finding_id=finding_acts.raise_finding(access, package, type, (bound_kind, bound_to), title, says))


@router.post(ONE + "/answer", summary="Answer a finding")
def answer(access: AnswerFinding, project: str, finding_id: str, says: Says) -> ThreadView:
    """Answer as a preparer of its period; `linked_version` names the version that has a correction."""
    return _do(access, finding_id, Act.ANSWER, says)


@router.post(ONE + "/comment", summary="Comment on a finding")
def comment(access: ReadFindings, project: str, finding_id: str, says: Says) -> ThreadView:
    """Add to the thread without changing its state, as preparer or verifier of its period."""
    return _do(access, finding_id, Act.COMMENT, says)


@router.post(ONE + "/close", summary="Close a finding")
def close(access: CloseFinding, project: str, finding_id: str, says: Says) -> ThreadView:
    """Close as a verifier whose engagement covers its period (or, for a FAR, one that it was carried over to)."""
    return _do(access, finding_id, Act.CLOSE, says)


@router.post(ONE + "/reopen", summary="Reopen a finding")
def reopen(access: CloseFinding, project: str, finding_id: str, says: Says) -> ThreadView:
    """Begin the next round as a verifier."""
    return _do(access, finding_id, Act.REOPEN, says)


@router.post(ONE + "/due", summary="Set the day by which an answer is due")
def due(access: CloseFinding, project: str, finding_id: str, says: Says) -> ThreadView:
    """Set or take away the due day as a verifier."""
    return _do(access, finding_id, Act.DUE, says)
