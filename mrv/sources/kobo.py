"""Connector `kobo`: submissions of a KoboToolbox form by API v2, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa

from mrv.errors import InputError, SourceError
from mrv.ledger import Artifact
from mrv.project_sources import Kobo
from mrv.sources.addresses import Base, host_of, secret_or_mirror
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.json_reading import read_json, writable
from mrv.sources.kobo_form import FormMapping, Submission, load_form, parse_submissions, tree_records
from mrv.sources.records import Records

LICENCE = "The project's own field data"
CITATION = "KoboToolbox form {asset}"
TOKEN_VARIABLE = "MRV_KOBO_TOKEN"  # noqa: S105 - the variable's name
MAX_PAGES = 10_000


def pull(spec: Kobo, request: Request) -> list[Artifact]:
    """See `Connector.pull`: all pages, checked to hold as many submissions as the form says it has.

    Raises:
        SourceError: A page is empty before all came, or the form changed while it was read.
    """
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
            artifact = fetcher.fetch(_wanted(spec, path, number=len(artifacts) + 1))
            page = _read_page(request.store.get(artifact.sha256), artifact.address)
            artifacts.append(artifact)
            counts.append(page["count"])
            ids.extend(item.get("_id") for item in page["results"])
            advance(len(page["results"]))
            _check_page(page, spec, artifact, received=len(ids), pages=len(artifacts))
            path = _next_path(page, spec, base, artifact)
    _check_whole(spec, artifacts[-1], counts, ids)
    return artifacts


def _wanted(spec: Kobo, path: str, *, number: int) -> Wanted:
    return Wanted(
        dataset="plots",
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
    """See `Connector.parse`: the tables `plots` and `trees`."""
    form = load_form(spec.form)
    garbled = {name: Records(name) for name in ("plots", "trees")}

    def submissions() -> Iterator[Submission]:
        for artifact in artifacts:
            first_tree = 1
            page = _read_page(request.store.get(artifact.sha256), artifact.address)
            for position, received in enumerate(page["results"], start=1):
                raw = writable(received)
                trees = tree_records(raw, form)
                item = Submission(raw, artifact.sha256, artifact.address, position, first_tree, trees)
                _note_garbled(garbled, item, received, form)
                yield item
                first_tree += len(trees)

    parsed = parse_submissions(submissions(), form)
    return {name: _without(part, garbled[name]) for name, part in parsed.items()}


def _note_garbled(
    garbled: Mapping[str, Records], item: Submission, received: Mapping[str, Any], form: FormMapping
) -> None:
    """Reject what holds text that cannot be written: a tree alone, or a submission with all its trees."""
    trees = tree_records(received, form)
    own = {key: value for key, value in item.raw.items() if key != form.repeat}
    whole = own != {key: value for key, value in received.items() if key != form.repeat}
    if whole:
        _reject_garbled(garbled["plots"], item, item.raw, form, row=item.position, name=f"submission {item.position}")
    for offset, (tree, before) in enumerate(zip(item.trees, trees, strict=True)):
        if whole or tree != before:
            row = item.first_tree + offset
            _reject_garbled(garbled["trees"], item, tree, form, row=row, name=f"tree record {row}")


def _reject_garbled(
    records: Records, item: Submission, raw: Mapping[str, Any], form: FormMapping, *, row: int, name: str
) -> None:
    record = records.record(
        raw,
        artifact=item.artifact,
        row=row,
        where=f"{item.address}, {name}",
        remedy="type the text anew and pull again",
    )
    for column in ("plot_id", "census_id"):
        record.set(column, item.raw.get(form.plots[column]))
    record.set("submission_id", item.root_uuid)
    record.reject("unreadable_value", r"a text holds half a character (\ud800 to \udfff)")
    record.done()


def _without(parsed: Parsed, garbled: Records) -> Parsed:
    """Move the rows that were found garbled from the table to the quarantine; the count stays."""
    rows = {(item["artifact"], item["row"]) for item in garbled.rejected}
    known = {(item["artifact"], item["row"], item["rule"]) for item in parsed.rejected}
    table = parsed.table
    places = zip(table["_artifact"].to_pylist(), table["_row"].to_pylist(), strict=True)
    more = [item for item in garbled.rejected if (item["artifact"], item["row"], item["rule"]) not in known]
    return Parsed(
        table.filter(pa.array([place not in rows for place in places], pa.bool_())),
        [*parsed.rejected, *more],
        parsed.rows_read,
    )


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
