"""What a category of an event tells of: a threat and its type, wildlife, work of the patrol, or something else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from mrv.errors import InputError, ProjectError
from mrv.ledger import Artifact
from mrv.sources.addresses import Base
from mrv.sources.contract import Request
from mrv.sources.csv_reading import CsvFile
from mrv.sources.fetch import Wanted, fetching
from mrv.yaml_reading import read_yaml

Kind = tuple[str, str | None]
"""Event kind, and type of the threat if it is one."""
Kinds = Mapping[str, Kind]
"""Category in plain letters to what it tells of."""

OTHER: Kind = ("other", None)
PRODUCT = "event_kinds"
EVENT_KINDS = ("threat", "wildlife", "patrol_activity", "other")
THREATS = (
    *("logging", "clearing", "fire", "hunting", "fishing", "mining", "occupation", "road"),
    *("coca", "livestock", "waste", "other"),
)
_FILE = Path(__file__).with_name("patrol_kinds.yaml")


def plain(text: str) -> str:
    """Return a category in small letters without accents, signs and the `_rep` of EarthRanger's types."""
    letters = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", " ", letters.casefold().removesuffix("_rep")).strip()


@cache
def builtin() -> Kinds:
    """Return the categories that the platform knows."""
    content = read_yaml(_FILE)
    threats = {plain(word): ("threat", name) for name, words in content["threat"].items() for word in words}
    others = {plain(word): (kind, None) for kind in ("wildlife", "patrol_activity") for word in content[kind]}
    return {**threats, **others}


def kind_of(levels: Sequence[str], kinds: Kinds) -> Kind:
    """Return what a category tells of.

    Args:
        levels: Its words from the most general level to the most particular.
        kinds: From `kinds_for`.
    """
    known = [plain(level) for level in levels if level.strip()]
    for name in [" ".join(known), *reversed(known)]:
        if name in kinds:
            return kinds[name]
    return OTHER


def fetch_kinds(name: str, path: str | None, request: Request) -> list[Artifact]:
    """Bring in the project's own file of event kinds, if it has one: it lies in the project's folder, not in the source's.

    Raises:
        InputError: It is missing.
    """
    if path is None:
        return []
    wanted = Wanted(
        dataset="patrol_events",
        product=PRODUCT,
        address=f"event_kinds/{name}/{path}",
        path=path,
        kind="csv",
        licence="The project's own",
        citation="Event kinds of the project's patrols",
    )
    base = Base(str(request.project_folder), mirror=False)
    with fetching(request, source=name, base=base, remedy="check event_kinds in project.yaml") as fetcher:
        return [fetcher.fetch(wanted)]


def kinds_for(artifacts: Sequence[Artifact], request: Request) -> Kinds:
    """Return what categories tell of: what the project's file says, and the platform's own words for all others.

    Raises:
        InputError: The file lacks a column, or has a kind that is not known.
    """
    own: dict[str, Kind] = {}
    for artifact in (item for item in artifacts if item.product == PRODUCT):
        own.update(_own(artifact, request))
    return {**builtin(), **own}


def _own(artifact: Artifact, request: Request) -> dict[str, Kind]:
    columns = ("category", "event_kind", "threat_type")
    file = CsvFile(request.store.get(artifact.sha256), label=artifact.address, required=columns)
    found: dict[str, Kind] = {}
    for row in file.rows():
        if row.problem:
            raise InputError(row.problem[1], where=f"{artifact.address}, row {row.number}", remedy="mend the row")
        category, kind, threat = (row.cells[name].strip() for name in columns)
        if kind not in EVENT_KINDS or (kind == "threat") != bool(threat) or (threat and threat not in THREATS):
            raise ProjectError(
                "a file of event kinds has a word that is not known",
                expected=f"event_kind: {', '.join(EVENT_KINDS)}; threat_type, of threats alone: {', '.join(THREATS)}",
                found=f"{kind}, {threat or 'none'}",
                where=f"{artifact.address}, row {row.number}",
                remedy="mend the row",
            )
        levels = re.split(r"[>/|]", category)
        found[" ".join(plain(level) for level in levels if level.strip())] = (kind, threat or None)
    return found
