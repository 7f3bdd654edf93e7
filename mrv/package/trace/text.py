"""A trace as text: a tree with indents, from a figure to what it ends at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mrv.package.trace.graph import plain

CHILDREN_SHOWN = 12
LISTED = 5
_INDENT = "  "


def shown(value: Any) -> str:
    """Return a value as people read it: decimals in full, nothing as a dash."""
    return "\u2013" if value is None else plain(value)


def address_text(address: Mapping[str, Any]) -> str:
    """Return where something stands, in one line."""
    parts = []
    for name, value in address.items():
        if isinstance(value, Mapping):
            parts.append(f"{name} " + ", ".join(f"{key}={shown(each)}" for key, each in value.items()))
        else:
            parts.append(f"{name} {value}")
    return " · ".join(part for part in parts if not part.endswith(" "))


def facts_text(facts: Mapping[str, Any]) -> str:
    """Return what else is told, in one line; of long lists the first ones and how many more there are."""
    parts = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            told = ", ".join(f"{str(key)[:12]}: {_cut(str(each))}" for key, each in value.items())
        elif isinstance(value, Sequence) and not isinstance(value, str):
            more = f" ... and {len(value) - LISTED:,} more" if len(value) > LISTED else ""
            told = ", ".join(map(str, value[:LISTED])) + more
        else:
            told = str(value)
        parts.append(f"{name.replace('_', ' ')}: {told}")
    return " · ".join(parts)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}..."


def tree_lines(record: Mapping[str, Any], figure_id: str, *, language: int = 0) -> Iterator[str]:
    """Yield the lines of a figure's tree. What was told above is not told again.

    Args:
        record: Content of `trace.json`.
        figure_id: The figure.
        language: 0 for English, 1 for Spanish.
    """
    figure, nodes = record["figures"][figure_id], record["nodes"]
    yield f"{figure_id}: {figure['label'][language]} = {shown(figure['value'])} {figure['unit']}"
    if "reason" in figure:
        yield f"{_INDENT}{figure['reason']}"
    told: set[str] = set()
    yield from _lines(nodes, figure["node"], 1, told, language)


def _lines(nodes: Mapping[str, Any], name: str, depth: int, told: set[str], language: int) -> Iterator[str]:
    node, indent = nodes[name], _INDENT * depth
    value = f" = {node['value']} {node.get('unit') or ''}".rstrip() if "value" in node else ""
    if name in told:
        yield f"{indent}{node['title'][language]}{value} (above)"
        return
    told.add(name)
    by = " [by table]" if node.get("by") == "table" else ""
    yield f"{indent}{node['title'][language]}{value}{by}"
    for line in _details(node, language):
        yield f"{indent}{_INDENT}{line}"
    children = node.get("children", ())
    for child in children[:CHILDREN_SHOWN]:
        yield from _lines(nodes, child, depth + 1, told, language)
    if len(children) > CHILDREN_SHOWN:
        yield f"{indent}{_INDENT}... and {len(children) - CHILDREN_SHOWN:,} more"


def _details(node: Mapping[str, Any], language: int) -> Iterator[str]:
    if "formula" in node:
        yield f"= {node['formula'][language]}"
    if "filled" in node:
        yield f"= {node['filled']}" + (f" = {node['computed']}" if "computed" in node else "")
    if "address" in node:
        yield address_text(node["address"])
    if "facts" in node:
        yield facts_text(node["facts"])
    if "note" in node:
        yield node["note"][language]
