"""Connector `smart`: patrols of SMART, from files that somebody exported or from SMART Connect."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from mrv.ledger import Artifact
from mrv.project_sources import Smart, SmartFile
from mrv.sources import smart_connect
from mrv.sources.addresses import secret_or_mirror
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.firms import windows
from mrv.sources.patrol_kinds import fetch_kinds, kinds_for
from mrv.sources.patrol_parquet import read_points
from mrv.sources.records import merge
from mrv.sources.smart_csv import SYSTEM, SmartCsv, read_observations, read_patrols, read_tracks

LICENCE = "The project's own field data"
CITATION = "SMART patrols of the project, source {name}"
TOKEN_VARIABLE = "MRV_SMART_TOKEN"  # noqa: S105 - the variable's name
DAYS_PER_REQUEST = 30
CONNECT = ("connect_patrols", "connect_observations")
_DATASETS = {
    "patrols": "patrol_records",
    "tracks": "patrol_tracks",
    "observations": "patrol_events",
    "connect_patrols": "patrol_tracks",
    "connect_observations": "patrol_events",
}


def wanted(spec: Smart, request: Request) -> list[Wanted]:
    """List the files, or the requests to SMART Connect: patrols and observations of each month or so."""
    if spec.root is not None:
        return [_wanted(spec, item.kind, f"smart/{spec.name}/{item.path}", item.path) for item in spec.files]
    asked = []
    for kind, path in zip(CONNECT, ("patrol/", "observation/"), strict=True):
        for part in windows(request.window, DAYS_PER_REQUEST):
            query = urlencode({"ca_uuid": spec.conservation_area, "start_date": part.start, "end_date": part.end})
            address = f"smart/{spec.name}/{kind}/{part.start}..{part.end}"
            asked.append(_wanted(spec, kind, address, f"{path}?{query}"))
    return asked


def _wanted(spec: Smart, kind: str, address: str, path: str) -> Wanted:
    suffix = path.rsplit(".", 1)[-1].lower()
    return Wanted(
        dataset=_DATASETS[kind],
        product=kind,
        address=address,
        path=path,
        kind="json" if kind in CONNECT else "parquet" if suffix == "parquet" else "csv",
        licence=LICENCE,
        citation=CITATION.format(name=spec.name),
    )


def pull(spec: Smart, request: Request) -> list[Artifact]:
    """See `Connector.pull`."""
    kinds = fetch_kinds(spec.name, spec.event_kinds, request)
    default = str(request.project_folder / spec.root) if spec.root is not None else spec.base_url
    base = base_of(spec.name, default, request.settings)
    secret = None
    if spec.root is None:
        token = request.settings.smart_token
        value = token.get_secret_value() if token else None
        secret = secret_or_mirror(value, base=base, variable=TOKEN_VARIABLE, source=spec.name)
    with fetching(
        request,
        source=spec.name,
        base=base,
        secret=secret,
        headers={"Authorization": f"Bearer {secret}"} if secret else None,
        remedy="check root and files of the source in project.yaml"
        if secret is None
        else f"check {TOKEN_VARIABLE} and conservation_area in project.yaml",
    ) as fetcher:
        return [*kinds, *fetcher.fetch_all(wanted(spec, request), label=f"{spec.name}: patrols")]


def parse(spec: Smart, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: patrols, their tracks and their events."""
    kinds = kinds_for(artifacts, request)
    files = {f"smart/{spec.name}/{item.path}": item for item in spec.files}
    parts: list[tuple[str, Parsed]] = []
    for artifact in artifacts:
        item = files.get(artifact.address)
        if item is None or item.kind in CONNECT:
            continue
        source = SmartCsv(item, artifact, request, spec.time_zone)
        if item.kind == "patrols":
            parts.append(("patrol_records", read_patrols(source)))
        elif item.kind == "tracks":
            parts.append(("patrol_tracks", _tracks(source, item)))
        else:
            parts.append(("patrol_events", read_observations(source, kinds)))
    patrols, observations = (_different(artifacts, kind) for kind in CONNECT)
    if patrols:
        parts.extend(smart_connect.read_patrols(patrols, request, time_zone=spec.time_zone).items())
    if observations:
        events = smart_connect.read_observations(observations, request, kinds=kinds, time_zone=spec.time_zone)
        parts.append(("patrol_events", events))
    return merge(parts)


def _different(artifacts: Sequence[Artifact], kind: str) -> list[Artifact]:
    """Return the files of a kind, those of the same bytes once: a patrol that spans requests can be all that each gives."""
    return list({item.sha256: item for item in reversed(artifacts) if item.product == kind}.values())[::-1]


def _tracks(source: SmartCsv, item: SmartFile) -> Parsed:
    if not item.path.lower().endswith(".parquet"):
        return read_tracks(source)
    return read_points(
        source.artifact,
        source.request,
        system=SYSTEM,
        local_clock=source.time_zone,
        dataset_label=source.artifact.address,
    )
