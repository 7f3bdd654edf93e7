"""Which table is made of which: read from what dbt parsed, down to the landed tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LANDED = "landed."
"""Start of the names of landed tables, so that none is taken for the mart of the same name."""


def read_lineage(target: Path) -> dict[str, dict[str, Any]]:
    """Return every model and landed table of a build by name.

    Args:
        target: Folder of dbt's artifacts.

    Returns:
        Table to `kind` (`mart`, `intermediate`, `staging` or `landed`), `parents` (names, in order), `path` (of its SQL below
        `calc/sql/`, None for what is landed) and `description`.
    """
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    sources = manifest["sources"].values()
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    names = {node["unique_id"]: node["name"] for node in models}
    names |= {source["unique_id"]: f"{LANDED}{source['name']}" for source in sources}
    tables = {
        names[source["unique_id"]]: {
            "kind": "landed",
            "parents": [],
            "path": None,
            "description": source["description"],
        }
        for source in sources
    }
    tables |= {
        node["name"]: {
            "kind": _KINDS[node["schema"]],
            "parents": sorted(names[parent] for parent in node["depends_on"]["nodes"] if parent in names),
            "path": f"{node['package_name']}/{node['original_file_path']}",
            "description": node["description"],
        }
        for node in models
    }
    return dict(sorted(tables.items()))


_KINDS: Mapping[str, str] = {"marts": "mart", "intermediate": "intermediate", "staging": "staging"}


def landed_ancestors(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Return the landed datasets that each table is made of, itself for a landed one; names without `landed.`."""
    found: dict[str, frozenset[str]] = {}

    def of(name: str) -> frozenset[str]:
        if name not in found:
            if name.startswith(LANDED):
                found[name] = frozenset({name.removeprefix(LANDED)})
            else:
                found[name] = frozenset().union(*(of(parent) for parent in tables[name]["parents"]))
        return found[name]

    for name in tables:
        of(name)
    return found
