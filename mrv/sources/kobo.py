"""Connector `kobo`: submissions of a KoboToolbox form by API v2, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from mrv.errors import InputError
from mrv.ledger import Artifact
from mrv.project_sources import Kobo
from mrv.sources.addresses import Base, secret_or_mirror
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.form_definition import load_form
from mrv.sources.form_pages import LICENCE, attachment, check_page, check_whole, pages_of, path_at_home
from mrv.sources.form_records import Submission, parse_submissions
from mrv.sources.json_reading import read_json, writable

CITATION = "KoboToolbox form {asset}"
TOKEN_VARIABLE = "MRV_KOBO_TOKEN"  # noqa: S105 - the variable's name
APPROVED, ON_HOLD = "validation_status_approved", "validation_status_on_hold"
REFUSED = {
    "validation_status_not_approved": "the submission was reviewed and not approved",
    ON_HOLD: "the submission was reviewed and put on hold",
}
REMEDY = "correct the submission in KoboToolbox, or approve it there, and pull again"


def pull(spec: Kobo, request: Request) -> list[Artifact]:
    """See `Connector.pull`: all pages, checked to hold as many submissions as the form says it has, then attachments.

    Raises:
        SourceError: A page is empty before all came, or the form changed while it was read.
    """
    dataset = load_form(spec.form, folder=request.project_folder).datasets[0]
    base = base_of(spec.name, spec.base_url, request.settings)
    token = request.settings.kobo_token
    secret = secret_or_mirror(
        token.get_secret_value() if token else None, base=base, variable=TOKEN_VARIABLE, source=spec.name
    )
    query = urlencode({"format": "json", "start": 0, "limit": spec.page_size, "sort": '{"_id":1}'})
    path: str | None = f"api/v2/assets/{spec.asset}/data/?{query}"
    artifacts: list[Artifact] = []
    counts: list[int] = []
    ids: list[int] = []
    files: list[Wanted] = []
    with fetching(
        request,
        source=spec.name,
        base=base,
        secret=secret,
        headers={"Authorization": f"Token {secret}"},
        remedy=f"check {TOKEN_VARIABLE}, its right to view the form, and the asset in project.yaml",
    ) as fetcher:
        with request.progress.task(f"{spec.name}: submissions", None) as advance:
            while path is not None:
                artifact = fetcher.fetch(_wanted(spec, dataset, path, number=len(artifacts) + 1))
                page = _read_page(request.store.get(artifact.sha256), artifact.address)
                where = f"{artifact.address} of source {spec.name}"
                artifacts.append(artifact)
                counts.append(page["count"])
                ids.extend(item["_id"] for item in page["results"])
                advance(len(page["results"]))
                check_page(page["results"], total=page["count"], received=len(ids), pages=len(artifacts), where=where)
                files += _attachments(spec, page["results"], base, where) if spec.attachments else []
                path = _next_path(page, spec, base, where)
        check_whole(counts, ids, where=where)
        if files:
            artifacts += fetcher.fetch_all(files, label=f"{spec.name}: attachments")
    return artifacts


def _wanted(spec: Kobo, dataset: str, path: str, *, number: int) -> Wanted:
    return Wanted(
        dataset=dataset,
        product=spec.form,
        address=f"kobo/{spec.asset}/page-{number:04d}",
        path=path,
        kind="json",
        licence=LICENCE,
        citation=CITATION.format(asset=spec.asset),
    )


def _next_path(page: Mapping[str, Any], spec: Kobo, base: Base, where: str) -> str | None:
    if page["next"] is None:
        return None
    return path_at_home(page["next"], base=base, own=spec.base_url, what="the form's next page", where=where)


def _attachments(spec: Kobo, results: Sequence[Mapping[str, Any]], base: Base, where: str) -> list[Wanted]:
    """Return what was attached to submissions; what was deleted on the server is not asked for."""
    wanted = []
    for item in results:
        listed = item.get("_attachments")
        for entry in listed if isinstance(listed, list) else []:
            if not isinstance(entry, Mapping) or entry.get("is_deleted") or not entry.get("download_url"):
                continue
            path = path_at_home(entry["download_url"], base=base, own=spec.base_url, what="an attachment", where=where)
            wanted.append(
                attachment(
                    form=spec.form,
                    address=f"kobo/{spec.asset}/attachments/{item['_id']}",
                    name=_text(entry.get("filename")).rpartition("/")[2] or "file",
                    path=path,
                    citation=CITATION.format(asset=spec.asset),
                )
            )
    return wanted


def parse(spec: Kobo, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: the tables of the form."""
    form = load_form(spec.form, folder=request.project_folder)
    return parse_submissions(_submissions(artifacts, request), form, bounds=request.bounds, remedy=REMEDY)


def _submissions(artifacts: Sequence[Artifact], request: Request) -> Iterator[Submission]:
    for artifact in pages_of(artifacts):
        page = _read_page(request.store.get(artifact.sha256), artifact.address)
        for position, raw in enumerate(page["results"], start=1):
            status = _status(raw)
            yield Submission(
                answers=raw,
                identity=_identity(raw),
                # Numbers grow, so longer ones are later.
                age=(_text(raw.get("_submission_time")), _text(raw["_id"]).zfill(20)),
                number=f"_id {raw['_id']}",
                submitted_at=raw.get("_submission_time"),
                status=status,
                version=_text(raw.get("__version__")) or None,
                refusal=_refusal(status),
                artifact=artifact.sha256,
                address=artifact.address,
                position=position,
            )


def _identity(raw: Mapping[str, Any]) -> str:
    """Return what stays the same when a submission is edited; older servers have only `_uuid`."""
    return _text(raw.get("meta/rootUuid") or raw.get("_uuid") or raw["_id"]).removeprefix("uuid:")


def _status(raw: Mapping[str, Any]) -> str | None:
    """Return what the reviewer said; exports write the word alone, without the object around it."""
    status = raw.get("_validation_status")
    uid = status.get("uid") if isinstance(status, Mapping) else status
    return _text(uid) or None


def _refusal(status: str | None) -> tuple[str, str] | None:
    """Return why a submission does not count: what a reviewer said in words that nobody knows is no approval."""
    if status is None or status == APPROVED:
        return None
    rule = status if status in REFUSED else ON_HOLD
    return rule, REFUSED.get(status, "the submission was reviewed, and its status is an unknown one")


def _text(value: Any) -> str:
    return "" if value is None else str(writable(value))


def _read_page(path: Path, address: str) -> dict[str, Any]:
    """Read a page.

    Raises:
        InputError: It is no JSON of the API's shape, or a submission has no number of its own.
    """
    page = read_json(path, label=address, what="a page of submissions", remedy="pull again")
    if not (
        isinstance(page, dict)
        and isinstance(page.get("count"), int)
        and isinstance(page.get("results"), list)
        and "next" in page
        and all(isinstance(item, dict) for item in page["results"])
    ):
        raise InputError(
            "a page of submissions has another shape",
            expected="an object with count, next and results",
            found=", ".join(map(str, writable(list(page)))) if isinstance(page, dict) else type(page).__name__,
            where=address,
            remedy="check that base_url is a KoboToolbox server with API v2",
        )
    for position, item in enumerate(page["results"], start=1):
        if type(item.get("_id")) is not int:
            raise InputError(
                "a page of submissions holds one without a number of its own",
                expected="_id as a whole number",
                found=ascii(item.get("_id"))[:80],
                where=f"{address}, submission {position}",
                remedy="check that base_url is a KoboToolbox server with API v2, and pull again",
            )
        _check_status(item.get("_validation_status"), where=f"{address}, submission {position}")
    return page


def _check_status(status: Any, *, where: str) -> None:
    """Refuse a review that cannot be read, since what was not approved would count.

    Raises:
        InputError: It is neither a word nor an object with `uid`, and not empty.
    """
    readable = isinstance(status.get("uid"), str) if isinstance(status, Mapping) else isinstance(status, str)
    if status and not readable:
        raise InputError(
            "the review of a submission has another shape",
            expected="_validation_status as an object with uid, or empty",
            found=type(status).__name__,
            where=where,
            remedy="check that base_url is a KoboToolbox server with API v2, and pull again",
        )
