"""Connector `kobo`: submissions of a KoboToolbox form by API v2, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from mrv.errors import InputError, SourceError
from mrv.ledger import Artifact
from mrv.project_sources import Kobo
from mrv.sources.addresses import Base, host_of, secret_or_mirror
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.form_definition import load_form
from mrv.sources.form_records import Submission, parse_submissions
from mrv.sources.json_reading import read_json, writable

LICENCE = "The project's own field data"
CITATION = "KoboToolbox form {asset}"
TOKEN_VARIABLE = "MRV_KOBO_TOKEN"  # noqa: S105 - the variable's name
MAX_PAGES = 10_000
REFUSED = {
    "validation_status_not_approved": "the submission was reviewed and not approved",
    "validation_status_on_hold": "the submission was reviewed and put on hold",
}
REMEDY = "correct the submission in KoboToolbox, or approve it there, and pull again"


def pull(spec: Kobo, request: Request) -> list[Artifact]:
    """See `Connector.pull`: all pages, checked to hold as many submissions as the form says it has.

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
    ids: list[Any] = []
    with (
        fetching(
            request,
            source=spec.name,
            base=base,
            secret=secret,
            headers={"Authorization": f"Token {secret}"},
            remedy=f"check {TOKEN_VARIABLE}, its right to view the form, and the asset in project.yaml",
        ) as fetcher,
        request.progress.task(f"{spec.name}: submissions", None) as advance,
    ):
        while path is not None:
            artifact = fetcher.fetch(_wanted(spec, dataset, path, number=len(artifacts) + 1))
            page = _read_page(request.store.get(artifact.sha256), artifact.address)
            artifacts.append(artifact)
            counts.append(page["count"])
            ids.extend(item.get("_id") for item in page["results"])
            advance(len(page["results"]))
            _check_page(page, spec, artifact, received=len(ids), pages=len(artifacts))
            path = _next_path(page, spec, base, artifact)
    _check_whole(spec, artifacts[-1], counts, ids)
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


def _check_page(page: dict[str, Any], spec: Kobo, artifact: Artifact, *, received: int, pages: int) -> None:
    if (not page["results"] and received < page["count"]) or pages > MAX_PAGES:
        raise SourceError(
            "the form sent an empty page before all its submissions",
            expected=f"{page['count']} submissions",
            found=f"{received} submissions, then an empty page",
            where=f"{artifact.address} of source {spec.name}",
            remedy="pull again; if it stays so, lower page_size in project.yaml or look at the form in KoboToolbox",
        )


def _next_path(page: dict[str, Any], spec: Kobo, base: Base, artifact: Artifact) -> str | None:
    """Return the next page's path, to be asked at the base: the token goes nowhere else."""
    if page["next"] is None:
        return None
    path = base.path_of(str(page["next"]), own=spec.base_url)
    if path is None:
        raise SourceError(
            "the form's next page is at another host",
            expected=host_of(spec.base_url),
            found=_host(str(page["next"])) or "no address",
            where=f"{artifact.address} of source {spec.name}",
            remedy="check base_url of the source in project.yaml",
        )
    return path


def _host(link: str) -> str:
    try:
        return host_of(link)
    except ValueError:
        return ""


def _check_whole(spec: Kobo, last: Artifact, counts: Sequence[int], ids: Sequence[Any]) -> None:
    if set(counts) == {len(ids)} and len(set(ids)) == len(ids):
        return
    raise SourceError(
        "the form changed while it was read, or its pages do not fit together",
        expected=f"{counts[-1]} different submissions",
        found=f"{len(ids)} submissions, {len(set(ids))} of them different; counts told: {sorted(set(counts))}",
        where=f"{last.address} of source {spec.name}",
        remedy="pull again when nobody is submitting",
    )


def parse(spec: Kobo, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: the tables of the form."""
    form = load_form(spec.form, folder=request.project_folder)
    return parse_submissions(_submissions(artifacts, request), form, bounds=request.bounds, remedy=REMEDY)


def _submissions(artifacts: Sequence[Artifact], request: Request) -> Iterator[Submission]:
    for artifact in artifacts:
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
                refusal=(status, REFUSED[status]) if status in REFUSED else None,
                artifact=artifact.sha256,
                address=artifact.address,
                position=position,
            )


def _identity(raw: Mapping[str, Any]) -> str:
    """Return what stays the same when a submission is edited; older servers have only `_uuid`."""
    return _text(raw.get("meta/rootUuid") or raw.get("_uuid") or raw["_id"]).removeprefix("uuid:")


def _status(raw: Mapping[str, Any]) -> str | None:
    status = raw.get("_validation_status")
    uid = status.get("uid") if isinstance(status, Mapping) else None
    return _text(uid) or None


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
    return page
