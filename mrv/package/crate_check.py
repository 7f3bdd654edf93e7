"""Whether a package's RO-Crate and its files agree: each describes the other in full."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mrv.errors import PackageError
from mrv.package.crate import METADATA, PREVIEW, PROFILE
from mrv.package.reading import MAX_JSON_BYTES, listed, read_summary, reading

DESCRIPTOR, ROOT = METADATA.removeprefix("data/"), "./"


def crate(root: Path, sizes: Mapping[str, int], sha256: Mapping[str, str]) -> str:
    """Compare the RO-Crate with the files of the package.

    Args:
        root: Folder of the package.
        sizes: File to its bytes, as found.
        sha256: The package's manifest: file to digest.

    Returns:
        What was compared.

    Raises:
        PackageError: It is no RO-Crate 1.2, tells another date than the summary, or does not describe the files as they are.
    """
    with reading(METADATA):
        if sizes.get(METADATA, 0) > MAX_JSON_BYTES:
            raise PackageError("the crate is too large", expected=f"at most {MAX_JSON_BYTES} bytes", where=METADATA)
        entities = _entities(json.loads((root / METADATA).read_bytes()))
        problems = [*_head(entities, read_summary(root)), *_parts(entities)]
        described = {f"data/{unquote(name)}": entity for name, entity in entities.items() if _is(entity, "File")}
        problems += _files(described, sizes, sha256)
    if problems:
        raise PackageError(
            "the RO-Crate is not that of the files",
            found=listed(problems),
            where=METADATA,
            remedy="ask the publisher for the whole package",
        )
    return f"{len(described)} files are as the RO-Crate describes them, and none is left out"


def _entities(document: Any) -> dict[str, Any]:
    entities: dict[str, Any] = {}
    for entity in document["@graph"]:
        if entity["@id"] in entities:
            raise PackageError("an entity stands twice in the crate", found=str(entity["@id"]), where=METADATA)
        entities[entity["@id"]] = entity
    return entities


def _is(entity: Mapping[str, Any], kind: str) -> bool:
    kinds = entity["@type"]
    return kind in (kinds if isinstance(kinds, list) else [kinds])


def _head(entities: Mapping[str, Any], summary: Mapping[str, Any]) -> list[str]:
    descriptor, root = entities[DESCRIPTOR], entities[ROOT]
    problems = []
    if descriptor["conformsTo"] != {"@id": PROFILE}:
        problems.append(f"it does not conform to {PROFILE}")
    if descriptor["about"] != {"@id": ROOT} or not _is(root, "Dataset"):
        problems.append("it has no root dataset")
    problems += [f"the root has no {name}" for name in ("name", "description", "license") if not root.get(name)]
    problems += [
        f"the root says {name} {root.get(name)}, the summary {said}"
        for name, said in (
            ("datePublished", summary["created_at"]),
            ("identifier", summary["name"]),
            ("temporalCoverage", f"{summary['period']['start']}/{summary['period']['end']}"),
            ("version", str(summary["version"])),
        )
        if root.get(name) != said
    ]
    return problems


def _parts(entities: Mapping[str, Any]) -> list[str]:
    parts = {part["@id"] for part in entities[ROOT]["hasPart"]}
    return [
        f"not a part of the root: {name}" for name, item in entities.items() if _is(item, "File") and name not in parts
    ]


def _files(described: Mapping[str, Any], sizes: Mapping[str, int], sha256: Mapping[str, str]) -> list[str]:
    wanted = {*sha256} - {METADATA, PREVIEW}
    problems = [f"not described: {name}" for name in sorted(wanted - described.keys())]
    problems += [f"described, not there: {name}" for name in sorted(described.keys() - wanted)]
    for name in sorted(wanted & described.keys()):
        entity = described[name]
        if entity.get("sha256") != sha256[name]:
            problems.append(f"{name} has another sha256")
        if entity.get("contentSize") != str(sizes[name]):
            problems.append(f"{name} has another size")
    return problems
