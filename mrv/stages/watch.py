"""The version watch: what is new, changed or withdrawn upstream, asked without touching what was published.

It reads the ledger and the current snapshot and writes below `<home>/watch` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from mrv.errors import ProjectError
from mrv.ledger import Artifact, content_key, now
from mrv.project_sampling import SampleSource
from mrv.project_sources import Files, Firms, Kobo, RasterTiles
from mrv.sources import files, raster_tiles
from mrv.sources.contract import Request
from mrv.sources.fetch import Fetcher, Wanted
from mrv.sources.newer import NewerVersion, newer_versions
from mrv.sources.watching import Answer, ask, compare
from mrv.stages.cluster import refuse_silence
from mrv.stages.context import Context
from mrv.stages.land import request as request_of
from mrv.stages.results import mart
from mrv.stages.watch_changes import Candidate, Change, changes_of
from mrv.stages.watch_record import previous, write_watch

Status = Literal[
    "same", "changed", "withdrawn", "unknown", "refused", "unreachable", "not retrieved",
    "available", "partly available", "not available", "not watched",
]  # fmt: skip
TROUBLE = frozenset({"refused", "unreachable"})
"""The source did not let itself be asked."""


@dataclass(frozen=True)
class Finding:
    """What was found of one file, one version, or one source.

    Attributes:
        source: Name of the source in the project.
        product: Product of the file or version.
        version: Version of the file, or the newer version.
        address: The file; empty for a version or a source as a whole.
        status: What was found.
        detail: By what it was told, or why.
        retrieved_at: When the file that the comparison starts from was retrieved.
        mark: What tells this state of the source from another one.
        since_last: What the last watch said of the same: `first watch`, `as before`, `changed again`, or its status.
    """

    source: str
    product: str
    version: str
    address: str
    status: Status
    detail: str
    retrieved_at: str = ""
    mark: str = ""
    since_last: str = "first watch"

    @property
    def key(self) -> str:
        """Name of what was asked, the same in each watch."""
        return "|".join((self.source, self.product, self.version, self.address))

    def row(self) -> dict[str, str]:
        """Return it as a record of text."""
        return asdict(self)


@dataclass(frozen=True)
class Watched:
    """What a watch gave.

    Attributes:
        findings: Each file of each source, each newer version, and sources that cannot be watched.
        changes: What changed files and newer versions would change, if they were measured.
        folder: Where both are written.
    """

    project: str
    period: str
    watched_at: str
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    folder: Path

    @property
    def unreachable(self) -> bool:
        """Whether a source did not let itself be asked."""
        return any(finding.status in TROUBLE for finding in self.findings)


def watch(context: Context, *, measure: bool = False) -> Watched:
    """Ask every source of the project what is new, changed or withdrawn.

    Args:
        context: The project and a period of it: files are compared with those of its published figures, or with the
            newest retrieval where nothing is published.
        measure: Fetch changed files and the newest newer version, and measure what they would change.

    Raises:
        SourceError: A file to be measured did not come.
        MrvError: Something in the home cannot be read or written.
    """
    if measure and context.settings.dask_address:
        refuse_silence(context.settings.dask_address)
    request, published = request_of(context), _published(context)
    moment = now()
    found: list[Finding] = []
    candidates: list[Candidate] = []
    used: list[Artifact] = []
    for spec in context.definition.sources:
        if isinstance(spec, RasterTiles) and not _is_alert(context, spec):
            with raster_tiles.opened(spec, request) as fetcher:
                wanted = raster_tiles.wanted(spec, request)
                mine = list(_files(context, spec.name, wanted, fetcher, published))
                versions = list(_versions(spec, request, fetcher))
            candidates += _candidates(spec, mine, versions)
            found += [finding for finding, _ in mine] + [finding for finding, _ in versions]
        elif isinstance(spec, Files):
            with files.opened(spec, request) as fetcher:
                mine = list(_files(context, spec.name, files.wanted(spec, request), fetcher, published))
            found += [finding for finding, _ in mine] + _catalogued(spec, request)
        else:
            mine = []
            found.append(_not_watched(context, spec))
        used += [artifact for _, artifact in mine if artifact is not None and artifact.dataset == "raster"]
    findings = [_since(finding, known) for known in [previous(context)] for finding in found]
    changes = changes_of(context, used, candidates) if measure else []
    folder = write_watch(context, moment, [finding.row() for finding in findings], [item.row() for item in changes])
    return Watched(
        context.definition.id, context.period.id, moment.isoformat(), tuple(findings), tuple(changes), folder
    )


def _published(context: Context) -> dict[str, str]:
    """Return the files of the period's current figures: address to sha256; empty where nothing is published."""
    snapshot = context.ledger.current_snapshot(context.definition.id, context.period.id)
    if snapshot is None:
        return {}
    rows = mart(context.settings.root / snapshot["path"], "source_inventory")
    return {row["address"]: row["sha256"] for row in rows}


def _files(
    context: Context, source: str, wanted: Sequence[Wanted], fetcher: Fetcher, published: Mapping[str, str]
) -> Iterator[tuple[Finding, Artifact | None]]:
    """Compare each file of a source with the retrieval that the figures rest on."""
    for item, answer in zip(wanted, ask(fetcher, wanted), strict=True):
        last = context.ledger.last_retrieval(context.definition.id, item.address)
        common = {"source": source, "product": item.product, "version": item.version or "", "address": item.address}
        if last is None:
            status: Status = "not retrieved"
            if answer.state == "refused" or answer.state == "unreachable":
                status = answer.state
            yield Finding(**common, status=status, detail=answer.detail or "it is there", mark=answer.mark), None
            continue
        used = last
        if item.address in published and published[item.address] != last.sha256:
            used = context.ledger.first_retrieval(replace(last, sha256=published[item.address]))
        verdict, ground = compare(answer, used, context.store.path(used.sha256))
        if used is not last:
            ground = f"{ground}; retrieved again on {last.retrieved_at[:10]}, after the period was published"
        moment = used.retrieved_at
        yield Finding(**common, status=verdict, detail=ground, retrieved_at=moment, mark=answer.mark), used


def _versions(spec: RasterTiles, request: Request, fetcher: Fetcher) -> Iterator[tuple[Finding, NewerVersion]]:
    """Look for each newer version at the source; a 403 may be how it says that there is none."""
    named = "{version}" in (request.catalogue.product(spec.product).path or "")
    for newer in newer_versions(spec, request):
        if not named:
            if newer.catalogued:
                why = "the address of the product does not name its version: a newer one shows as changed files"
                yield _version(spec, newer, "not watched", why, []), newer
            continue
        try:
            answers = ask(fetcher, raster_tiles.wanted(newer.spec, newer.request))
        except ProjectError as error:
            # A newer version may have given up a layer or a year that this source takes.
            yield _version(spec, newer, "not available", error.message, []), newer
            continue
        there = sum(answer.state == "there" for answer in answers)
        status: Status = "available" if there == len(answers) else "partly available" if there else "not available"
        if any(answer.state == "unreachable" for answer in answers):
            status = "unreachable"
        row = "in the catalogue" if newer.catalogued else "not in the catalogue: add its row before it can be measured"
        yield _version(spec, newer, status, f"{there} of {len(answers)} files there; {row}", answers), newer


def _version(spec: RasterTiles, newer: NewerVersion, status: Status, detail: str, answers: Sequence[Answer]) -> Finding:
    mark = content_key([answer.mark for answer in answers])[:16]
    return Finding(spec.name, spec.product, newer.version, "", status, detail, mark=mark)


def _candidates(
    spec: RasterTiles,
    mine: Sequence[tuple[Finding, Artifact | None]],
    versions: Sequence[tuple[Finding, NewerVersion]],
) -> Iterator[Candidate]:
    """Say what is worth measuring: files that changed, and the newest version that is there and known."""
    if any(finding.status in {"changed", "unknown"} for finding, _ in mine) and not any(
        finding.status in {"withdrawn", *TROUBLE} for finding, _ in mine
    ):
        yield Candidate(spec.name, spec, f"{spec.version} as it is now")
    ready = [newer for finding, newer in versions if finding.status == "available" and newer.catalogued]
    if ready:
        yield Candidate(spec.name, ready[-1].spec, ready[-1].version)


def _catalogued(spec: Files, request: Request) -> list[Finding]:
    """Name newer versions of products that the project takes from its own files: nobody can be asked for them."""
    result = []
    for name, version in sorted({(raster.product, raster.version) for raster in spec.rasters}):
        names = [entry.version for entry in request.catalogue.product(name).versions]
        for newer in names[names.index(version) + 1 :] if version in names else []:
            detail = f"the catalogue knows it; {version} is taken from files, so fetch it by hand"
            result.append(Finding(spec.name, name, newer, "", "not watched", detail))
    return result


def _is_alert(context: Context, spec: RasterTiles) -> bool:
    return any(layer.kind == "alert" for layer in context.catalogue.product(spec.product).layers)


def _not_watched(context: Context, spec: Any) -> Finding:
    """Say why a source has no versions to watch, and when it was last read."""
    starts = {
        "firms": "firms/",
        "stac": "stac/",
        "kobo": f"kobo/{getattr(spec, 'asset', '')}/",
        "sample": f"sample/{spec.name}/",
    }
    start = starts.get(spec.connector, f"{getattr(spec, 'product', spec.name)}/")
    kept = [item for item in context.ledger.retrievals_below(context.definition.id, start) if item.source == spec.name]
    last = max((item.retrieved_at for item in kept), default="")
    if isinstance(spec, Firms):
        why = "fires are answered by area and day without a version; near-real-time rows give way to archive ones in months"
    elif isinstance(spec, Kobo):
        why = "submissions are corrected and added at any time; each pull says what is new"
    elif isinstance(spec, RasterTiles):
        why = "alerts change every day; each retrieval is kept as it came"
    elif isinstance(spec, SampleSource):
        why = "a frozen design does not change; labels are added by hand, and each pull says what is new"
    else:
        why = "scenes are asked for by date; an item that was processed again is another item"
    return Finding(
        spec.name, getattr(spec, "product", spec.connector), getattr(spec, "version", ""), "", "not watched", why, last
    )


def _since(finding: Finding, known: Mapping[str, Mapping[str, str]]) -> Finding:
    last = known.get(finding.key)
    if last is None:
        return finding
    if last["status"] != finding.status:
        return replace(finding, since_last=f"was {last['status']}")
    moved = finding.status == "changed" and last["mark"] != finding.mark
    return replace(finding, since_last="changed again" if moved else "as before")
