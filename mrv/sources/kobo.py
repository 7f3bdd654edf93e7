"""Connector `kobo`: submissions of a KoboToolbox form by API v2, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from mrv.errors import InputError, SourceError
from mrv.ledger import Artifact
from mrv.project import Kobo
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Base, Wanted, base_of, fetching, secret_or_mirror
from mrv.sources.kobo_form import Submission, load_form, parse_submissions, tree_records

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
    link, root = urlsplit(str(page["next"])), urlsplit(spec.base_url)
    if link.netloc not in {root.netloc, urlsplit(base.text).netloc}:
        raise SourceError(
            "the form's next page is at another host",
            expected=root.netloc,
            found=link.netloc,
            where=f"{artifact.address} of source {spec.name}",
            remedy="check base_url of the source in project.yaml",
        )
    prefix = root.path if link.netloc == root.netloc else urlsplit(base.text).path
    path = link.path.removeprefix(prefix.rstrip("/")).lstrip("/")
    return f"{path}?{link.query}"


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

    def submissions() -> Iterator[Submission]:
        for artifact in artifacts:
            first_tree = 1
            page = _read_page(request.store.get(artifact.sha256), artifact.address)
            for position, raw in enumerate(page["results"], start=1):
                trees = tree_records(raw, form)
                yield Submission(raw, artifact.sha256, artifact.address, position, first_tree, trees)
                first_tree += len(trees)

    return parse_submissions(submissions(), form)


def _read_page(path: Path, address: str) -> dict[str, Any]:
    """Read a page.

    Raises:
        InputError: It is no JSON of the API's shape, or holds what JSON must not (NaN, a key twice).
    """
    try:
        page = json.loads(path.read_bytes(), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "a page of submissions is not valid JSON", found=str(error), where=address, remedy="pull again"
        ) from error
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
            found=", ".join(page) if isinstance(page, dict) else type(page).__name__,
            where=address,
            remedy="check that base_url is a KoboToolbox server with API v2",
        )
    return page


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return result
