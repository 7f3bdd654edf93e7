"""How the figures were made, as OpenLineage events: one finished run per step, from received files to the package."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mrv.ledger import Artifact
from mrv.package.bag import Entry
from mrv.package.contents import Contents
from mrv.package.evidence import LINEAGE
from mrv.package.staging import Staging
from mrv.package.tables import FOLDER

EVENTS = "data/provenance/openlineage.ndjson"
SPEC = "https://openlineage.io/spec"
RUN_EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_VERSION = f"{SPEC}/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
_DOCUMENTATION = f"{SPEC}/facets/1-0-1/DocumentationJobFacet.json#/$defs/DocumentationJobFacet"
_ARTIFACT, _LANDED, _EVERY, _LAND = "artifact:", "landed.", "*", "land "


def write_openlineage(staging: Staging, contents: Contents) -> None:
    """Write `data/provenance/openlineage.ndjson`: one event a line, steps before what builds on them.

    The time of each event is the moment at which the figures were frozen; the id of a run follows from its content.
    """
    said = _Events(contents, staging.entries)
    lines = [json.dumps(event, sort_keys=True, ensure_ascii=False) for event in said.events(_lineage(staging))]
    staging.write(EVENTS, "".join(f"{line}\n" for line in lines).encode())


def _lineage(staging: Staging) -> dict[str, Any]:
    """Read which table is made of which; a package without that tells only of its last step."""
    if LINEAGE not in staging.entries:
        return {"tables": {}, "steps": {}}
    lineage: dict[str, Any] = json.loads((staging.root / LINEAGE).read_text(encoding="utf-8"))
    return lineage


class _Events:
    """Events of one package."""

    def __init__(self, contents: Contents, entries: Mapping[str, Entry]) -> None:
        self._contents, self._entries = contents, entries
        self._namespace = f"mrv:{contents.project.project_id}:{contents.period_id}"
        self._producer = f"urn:mrv:{contents.code.version}"

    def events(self, lineage: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the steps before SQL, then each table's SQL behind that of its parents, then the publishing."""
        steps, tables = lineage["steps"], lineage["tables"]
        makers = {
            name: {other for other, made in steps.items() if {*made["outputs"]} & {*step["inputs"]}}
            for name, step in steps.items()
        }
        for name in _in_order(makers):
            source = name.removeprefix(_LAND) if name.startswith(_LAND) else None
            # Of some sources a period uses nothing.
            if source is None or any(item.source == source for item in self._contents.inputs):
                yield self._event(name, steps[name]["inputs"], steps[name]["outputs"], None, source=source)
        for name in _in_order({name: table["parents"] for name, table in tables.items()}):
            if tables[name]["parents"]:
                yield self._event(f"sql {name}", tables[name]["parents"], [name], tables[name]["description"])
        marts = [name.removeprefix(f"{FOLDER}/").removesuffix(".parquet") for name in self._entries if _is_mart(name)]
        yield self._event("publish", sorted(marts), [self._contents.name], "The tables are published as a package.")

    def _event(
        self, job: str, inputs: Iterable[str], outputs: Iterable[str], about: str | None, *, source: str | None = None
    ) -> dict[str, Any]:
        """Return a run; `source` is the only one whose received files it read, None where it read those of all."""
        facets = {"documentation": self._facet(_DOCUMENTATION, description=about)} if about else {}
        event = {
            "eventType": "COMPLETE",
            "eventTime": self._contents.created_at,
            "producer": self._producer,
            "schemaURL": RUN_EVENT,
            "job": {"namespace": self._namespace, "name": job, "facets": facets},
            "inputs": [dataset for name in inputs for dataset in self._datasets(name, source)],
            "outputs": [self._dataset(name, self._hash(name)) for name in outputs],
        }
        content = json.dumps([self._contents.name, event], sort_keys=True, ensure_ascii=False)
        return event | {"run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, content)), "facets": {}}}

    def _datasets(self, name: str, source: str | None) -> list[dict[str, Any]]:
        """Return a table with its hash, or the received files that a name stands for."""
        if not name.startswith(_ARTIFACT):
            return [self._dataset(name, self._hash(name))]
        wanted = name.removeprefix(_ARTIFACT)
        files = {(item.address, item.sha256) for item in self._contents.inputs if _is_of(item, wanted, source)}
        return [self._dataset(f"{_ARTIFACT}{address}", sha256) for address, sha256 in sorted(files)]

    def _dataset(self, name: str, sha256: str | None) -> dict[str, Any]:
        facets = {"version": self._facet(_VERSION, datasetVersion=f"sha256:{sha256}")} if sha256 else {}
        return {"namespace": self._namespace, "name": name, "facets": facets}

    def _hash(self, name: str) -> str | None:
        """Return the sha256 of a table's file in the package; tables between, and what stays in the house, have none."""
        landed = name.startswith(_LANDED)
        path = f"data/landed/{name.removeprefix(_LANDED)}.parquet" if landed else f"{FOLDER}/{name}.parquet"
        return self._entries[path].sha256 if path in self._entries else None

    def _facet(self, schema: str, **values: Any) -> dict[str, Any]:
        return {"_producer": self._producer, "_schemaURL": schema, **values}


def _is_of(item: Artifact, dataset: str, source: str | None) -> bool:
    return dataset in (_EVERY, item.dataset) and source in (None, item.source)


def _is_mart(name: str) -> bool:
    return name.startswith(f"{FOLDER}/") and name.endswith(".parquet")


def _in_order(parents: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the names so that each stands behind those that it builds on, else sorted."""
    ordered: dict[str, None] = {}
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen or name not in parents:
            return
        seen.add(name)
        for parent in sorted(parents[name]):
            visit(parent)
        ordered[name] = None

    for name in sorted(parents):
        visit(name)
    return list(ordered)
