"""Connector `earthranger`: patrols, tracks and events of an EarthRanger server page by page, or of files with its objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from mrv.errors import SourceError
from mrv.ledger import Artifact
from mrv.project_sources import EarthRanger
from mrv.sources.addresses import Base, secret_or_mirror
from mrv.sources.contract import Parsed, Request
from mrv.sources.earthranger_objects import (
    KINDS,
    Kind,
    read_observations,
    read_patrol_events,
    read_patrols,
    segments_of,
)
from mrv.sources.fetch import Fetcher, Wanted, base_of, fetching
from mrv.sources.json_reading import read_json
from mrv.sources.patrol_kinds import fetch_kinds, kinds_for
from mrv.sources.records import merge

LICENCE = "The project's own field data"
CITATION = "EarthRanger patrols of the project, source {name}"
TOKEN_VARIABLE = "MRV_EARTHRANGER_TOKEN"  # noqa: S105 - the variable's name
MAX_PAGES = 10_000
_DATASETS: dict[Kind, str] = {
    "patrols": "patrol_records",
    "events": "patrol_events",
    "observations": "patrol_tracks",
}
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


def pull(spec: EarthRanger, request: Request) -> list[Artifact]:
    """See `Connector.pull`: patrols first, then the events, then the track of each leader during each segment.

    Raises:
        SourceError: A page is of another shape or leads to another host, or pages do not fit together.
    """
    kinds = fetch_kinds(spec.name, spec.event_kinds, request)
    if spec.root is not None:
        return [*kinds, *_pull_files(spec, request)]
    base = base_of(spec.name, spec.base_url, request.settings)
    token = request.settings.earthranger_token
    secret = secret_or_mirror(
        token.get_secret_value() if token else None, base=base, variable=TOKEN_VARIABLE, source=spec.name
    )
    with fetching(
        request,
        source=spec.name,
        base=base,
        secret=secret,
        headers={"Authorization": f"Bearer {secret}"},
        remedy=f"check {TOKEN_VARIABLE}, its right to view patrols, and base_url in project.yaml",
    ) as fetcher:
        server = _Server(spec, request, base, fetcher)
        # A day more at both ends, because days are local and the server counts in UTC.
        first, last = request.window.start - timedelta(days=1), request.window.end + timedelta(days=1)
        days = json.dumps({"date_range": {"lower": f"{first}T00:00:00Z", "upper": f"{last}T23:59:59Z"}})
        patrols = server.pages("patrols", "activity/patrols/", {"filter": days})
        events = server.pages("events", "activity/events/", {"filter": days, "include_details": "true"})
        return [*kinds, *patrols, *events, *_tracks(server, patrols, request)]


def _pull_files(spec: EarthRanger, request: Request) -> list[Artifact]:
    files = [
        _wanted(spec, kind, f"earthranger/{spec.name}/{kind}/{path}", path)
        for kind in KINDS
        for path in spec.files.get(kind, ())
    ]
    base = base_of(spec.name, str(request.project_folder / str(spec.root)), request.settings)
    with fetching(
        request, source=spec.name, base=base, remedy="check root and files of the source in project.yaml"
    ) as fetcher:
        return fetcher.fetch_all(files, label=f"{spec.name}: patrols")


def _wanted(spec: EarthRanger, kind: Kind, address: str, path: str) -> Wanted:
    return Wanted(
        dataset=_DATASETS[kind],
        product=kind,
        address=address,
        path=path,
        kind="parquet" if path.lower().endswith(".parquet") else "json",
        licence=LICENCE,
        citation=CITATION.format(name=spec.name),
    )


def _tracks(server: _Server, patrols: Sequence[Artifact], request: Request) -> Iterator[Artifact]:
    """Fetch the observations of the leader of each segment while it lasted: the API has no track of a patrol itself."""
    for segment in segments_of(patrols, request):
        if segment.leader_id is None or segment.start is None or segment.end is None:
            continue
        if not (_ID.fullmatch(segment.leader_id) and _ID.fullmatch(segment.patrol_id)):
            continue
        query = {
            "subject_id": segment.leader_id,
            "since": _stamp(segment.start),
            "until": _stamp(segment.end),
            "use_cursor": "true",
        }
        yield from server.pages("observations", "observations/", query, part=f"{segment.patrol_id}/{segment.number}")


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class _Server:
    """A server whose lists come in pages."""

    spec: EarthRanger
    request: Request
    base: Base
    fetcher: Fetcher

    def pages(self, kind: Kind, path: str, query: dict[str, str], *, part: str | None = None) -> list[Artifact]:
        """Fetch a list to its end."""
        start = f"earthranger/{self.spec.name}/{kind}" + (f"/{part}" if part else "")
        link: str | None = f"api/v1.0/{path}?{urlencode({**query, 'page_size': self.spec.page_size})}"
        artifacts: list[Artifact] = []
        received, counts = 0, set[int]()
        while link is not None:
            address = f"{start}/page-{len(artifacts) + 1:04d}"
            artifact = self.fetcher.fetch(_wanted(self.spec, kind, address, link))
            page = self._page(artifact)
            artifacts.append(artifact)
            received += len(page["results"])
            if isinstance(page.get("count"), int):
                counts.add(page["count"])
            link = self._next(page, artifact)
            if link is not None and (not page["results"] or len(artifacts) >= MAX_PAGES):
                raise self._error("a list goes on after an empty page", "a page with entries", "none", artifact)
        if counts - {received}:
            found = f"{received} entries, counts told: {sorted(counts)}"
            raise self._error("a list changed while it was read, or is not whole", "one count", found, artifacts[-1])
        return artifacts

    def _page(self, artifact: Artifact) -> dict[str, Any]:
        value = read_json(
            self.request.store.get(artifact.sha256), label=artifact.address, what="a page", remedy="pull again"
        )
        page = value.get("data") if isinstance(value, dict) else None
        if not isinstance(page, dict) or not isinstance(page.get("results"), list):
            raise self._error("a page has another shape", "data with results", type(page).__name__, artifact)
        return page

    def _next(self, page: dict[str, Any], artifact: Artifact) -> str | None:
        link = page.get("next")
        if link is None:
            return None
        path = self.base.path_of(str(link), own=str(self.spec.base_url))
        if path is None:
            raise self._error("the next page is at another host", "the host of base_url", "another", artifact)
        return path

    def _error(self, message: str, expected: str, found: str, artifact: Artifact) -> SourceError:
        return SourceError(
            message,
            expected=expected,
            found=found,
            where=f"{artifact.address} of source {self.spec.name}",
            remedy="pull again; if it stays so, check base_url and the version of the server",
        )


def parse(spec: EarthRanger, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: patrols, their tracks and their events."""
    kinds = kinds_for(artifacts, request)
    of_kind = {kind: [item for item in artifacts if item.product == kind] for kind in KINDS}
    for kind in ("patrols", "events"):
        of_kind[kind] = list({item.sha256: item for item in reversed(of_kind[kind])}.values())[::-1]
    segments = segments_of(of_kind["patrols"], request)
    parts: list[tuple[str, Parsed]] = []
    if of_kind["patrols"]:
        parts.append(("patrol_records", read_patrols(of_kind["patrols"], request)))
    events = read_patrol_events(of_kind["events"], of_kind["patrols"], request, kinds=kinds)
    parts.append(("patrol_events", events))
    parts += [("patrol_tracks", read_observations(item, request, segments)) for item in of_kind["observations"]]
    return merge(parts)
