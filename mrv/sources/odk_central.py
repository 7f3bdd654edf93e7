"""Connector `odk_central`: submissions of a form on an ODK Central server by OData, page by page.

The library pyodk is not used: it keeps its session in a file of its own and its answers nowhere, while everything here comes
in by the one door that keeps the bytes, notes them in the ledger, goes on after a break and hides the password.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from mrv.errors import InputError
from mrv.ledger import Artifact
from mrv.project_sources import OdkCentral
from mrv.settings import Settings
from mrv.sources.addresses import Base, secret_or_mirror
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.form_definition import FormDefinition, load_form
from mrv.sources.form_pages import LICENCE, attachment, check_page, check_whole, pages_of, path_at_home
from mrv.sources.form_records import Answers, Refusal, Submission, parse_submissions
from mrv.sources.json_reading import read_json, writable

CITATION = "ODK Central form {form_id}"
VARIABLES = "MRV_ODK_EMAIL and MRV_ODK_PASSWORD"
REMEDY = "correct the submission on ODK Central, or review it there, and pull again"
ALSO_DELETED = "__system/deletedAt eq null or __system/deletedAt ne null"
"""Without this the server leaves out what somebody deleted, and nobody would be told that it was withdrawn."""
REFUSED = {
    "rejected": ("rejected_by_reviewer", "the submission was reviewed and rejected"),
    "hasIssues": ("has_issues", "the submission was reviewed and has issues; it is on hold until they are settled"),
}


def pull(spec: OdkCentral, request: Request) -> list[Artifact]:
    """See `Connector.pull`: all pages, checked to hold as many submissions as the form says it has, then attachments.

    Raises:
        SourceError: A page is empty before all came, or the form changed while it was read.
    """
    form = load_form(spec.form, folder=request.project_folder)
    base = base_of(spec.name, spec.base_url, request.settings)
    secret = secret_or_mirror(_credential(request.settings), base=base, variable=VARIABLES, source=spec.name)
    asked = {"$top": spec.page_size, "$count": "true", "$expand": "*", "$wkt": "false", "$filter": ALSO_DELETED}
    query = urlencode(asked, safe="$*/")
    path: str | None = f"{_form_path(spec)}.svc/Submissions?{query}"
    artifacts: list[Artifact] = []
    counts: list[int] = []
    ids: list[str] = []
    files: list[Wanted] = []
    with fetching(
        request,
        source=spec.name,
        base=base,
        secret=secret,
        headers={"Authorization": f"Basic {secret}"},
        remedy=f"check {VARIABLES}, the user's right to view the project, and project_number and form_id in project.yaml",
    ) as fetcher:
        with request.progress.task(f"{spec.name}: submissions", None) as advance:
            while path is not None:
                artifact = fetcher.fetch(_wanted(spec, form, path, number=len(artifacts) + 1))
                page = _read_page(request.store.get(artifact.sha256), artifact.address)
                where = f"{artifact.address} of source {spec.name}"
                artifacts.append(artifact)
                counts.append(page["@odata.count"])
                ids.extend(item["__id"] for item in page["value"])
                advance(len(page["value"]))
                check_page(page["value"], total=counts[-1], received=len(ids), pages=len(artifacts), where=where)
                files += _attachments(spec, form, page["value"]) if spec.attachments else []
                path = _next_path(page, spec, base, where)
        check_whole(counts, ids, where=where)
        if files:
            artifacts += fetcher.fetch_all(files, label=f"{spec.name}: attachments")
    return artifacts


def _credential(settings: Settings) -> str | None:
    """Return user and password as the header carries them, so that it is this text that is hidden everywhere."""
    if settings.odk_email is None or settings.odk_password is None:
        return None
    return base64.b64encode(f"{settings.odk_email}:{settings.odk_password.get_secret_value()}".encode()).decode()


def _form_path(spec: OdkCentral) -> str:
    return f"v1/projects/{spec.project_number}/forms/{quote(spec.form_id, safe='')}"


def _wanted(spec: OdkCentral, form: FormDefinition, path: str, *, number: int) -> Wanted:
    return Wanted(
        dataset=form.datasets[0],
        product=spec.form,
        address=f"odk/{spec.project_number}/{spec.form_id}/page-{number:04d}",
        path=path,
        kind="json",
        licence=LICENCE,
        citation=CITATION.format(form_id=spec.form_id),
    )


def _next_path(page: Mapping[str, Any], spec: OdkCentral, base: Base, where: str) -> str | None:
    link = page.get("@odata.nextLink")
    if link is None:
        return None
    return path_at_home(link, base=base, own=spec.base_url, what="the form's next page", where=where)


def _attachments(spec: OdkCentral, form: FormDefinition, values: Sequence[Mapping[str, Any]]) -> list[Wanted]:
    """Return the pictures that submissions name, of those that the server says to have all of theirs."""
    pictures = {path for path, question in form.by_path.items() if question.type == "image"}
    wanted = []
    for item in values:
        system = item["__system"]
        if not system.get("attachmentsPresent") or system.get("attachmentsPresent") != system.get(
            "attachmentsExpected"
        ):
            continue
        for name in sorted(_named(flatten(item), pictures)):
            path = f"{_form_path(spec)}/submissions/{quote(item['__id'], safe='')}/attachments/{quote(name, safe='')}"
            wanted.append(
                attachment(
                    form=spec.form,
                    address=f"odk/{spec.project_number}/{spec.form_id}/attachments/{item['__id'].removeprefix('uuid:')}",
                    name=name,
                    path=path,
                    citation=CITATION.format(form_id=spec.form_id),
                )
            )
    return wanted


def _named(answers: Answers, pictures: set[str]) -> Iterator[str]:
    for path, value in answers.items():
        if isinstance(value, list):
            for item in value:
                yield from _named(item, pictures) if isinstance(item, Mapping) else ()
        elif path in pictures and value:
            yield str(writable(value))


def parse(spec: OdkCentral, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: the tables of the form."""
    form = load_form(spec.form, folder=request.project_folder)
    return parse_submissions(_submissions(artifacts, request), form, bounds=request.bounds, remedy=REMEDY)


def _submissions(artifacts: Sequence[Artifact], request: Request) -> Iterator[Submission]:
    for artifact in pages_of(artifacts):
        page = _read_page(request.store.get(artifact.sha256), artifact.address)
        for position, raw in enumerate(page["value"], start=1):
            system = raw["__system"]
            yield Submission(
                answers=flatten(raw),
                identity=_text(raw["__id"]).removeprefix("uuid:"),
                age=(_text(system.get("updatedAt") or system.get("submissionDate")), _text(raw["__id"])),
                number=_text(raw["__id"]),
                submitted_at=system.get("submissionDate"),
                status=_text(system.get("reviewState")) or None,
                version=_text(system.get("formVersion")) or None,
                refusal=_refusal(system),
                artifact=artifact.sha256,
                address=artifact.address,
                position=position,
            )


def _refusal(system: Mapping[str, Any]) -> Refusal | None:
    if system.get("deletedAt"):
        return "deleted_at_source", f"the submission was deleted on {_text(system['deletedAt'])}"
    if system.get("status"):
        return "not_decrypted", f"the server could not read the submission: {_text(system['status'])}"
    return REFUSED.get(_text(system.get("reviewState")))


def flatten(value: Mapping[str, Any], root: str = "") -> dict[str, Any]:
    """Return answers by path: groups opened, entries of repeats with their own paths, places as a geopoint's text.

    Args:
        value: A submission or an entry of a repeat, as OData gives it.
        root: Path of what is around it, with a `/` at its end.

    Returns:
        Question path to answer; what was not answered, and what OData adds (`__id`, links), is left out.
    """
    answers: dict[str, Any] = {}
    for name, item in value.items():
        path = f"{root}{name}"
        if item is None or name.startswith("__") or "@odata." in name:
            continue
        if isinstance(item, Mapping) and "coordinates" in item:
            answers[path] = _geopoint(item)
        elif isinstance(item, Mapping):
            answers |= flatten(item, f"{path}/")
        elif isinstance(item, list):
            answers[path] = [flatten(entry, f"{path}/") if isinstance(entry, Mapping) else entry for entry in item]
        else:
            answers[path] = item
    return answers


def _geopoint(place: Mapping[str, Any]) -> str:
    """Return a GeoJSON point, whose longitude comes first, as a geopoint's "latitude longitude altitude"."""
    coordinates = place["coordinates"]
    known = coordinates if place.get("type") == "Point" and isinstance(coordinates, list) else []
    if len(known) < 2 or not all(isinstance(part, int | float) for part in known[:2]):
        return json.dumps(writable(dict(place)), ensure_ascii=False, sort_keys=True)
    longitude, latitude, *altitude = known
    return " ".join(str(part) for part in (latitude, longitude, *altitude[:1]) if part is not None)


def _text(value: Any) -> str:
    return "" if value is None else str(writable(value))


def _read_page(path: Path, address: str) -> dict[str, Any]:
    """Read a page.

    Raises:
        InputError: It is no JSON of OData's shape, or a submission has no id or system data.
    """
    page = read_json(path, label=address, what="a page of submissions", remedy="pull again")
    if not (
        isinstance(page, dict)
        and type(page.get("@odata.count")) is int
        and isinstance(page.get("value"), list)
        and isinstance(page.get("@odata.nextLink", ""), str)
        and all(isinstance(item, dict) for item in page["value"])
    ):
        raise InputError(
            "a page of submissions has another shape",
            expected="an object with @odata.count and value",
            found=", ".join(map(str, writable(list(page)))) if isinstance(page, dict) else type(page).__name__,
            where=address,
            remedy="check that base_url is an ODK Central server",
        )
    for position, item in enumerate(page["value"], start=1):
        if not (isinstance(item.get("__id"), str) and item["__id"] and isinstance(item.get("__system"), dict)):
            raise InputError(
                "a page of submissions holds one without an id of its own",
                expected="__id as a text, and __system",
                found=ascii(item.get("__id"))[:80],
                where=f"{address}, submission {position}",
                remedy="check that base_url is an ODK Central server, and pull again",
            )
    return page
