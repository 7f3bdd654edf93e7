"""The graph of a trace: nodes that stand once, however many figures lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Texts = tuple[str, str]
"""A text in English and in Spanish."""

ENDS = ("artifact", "parameter", "project_file")
"""Kinds of nodes at which a trace may end: a received file, a parameter of the catalogue, a file of the project."""


@dataclass
class Node:
    """One step of a trace.

    Attributes:
        kind: `value` (cell of a mart), `term` (intermediate result), `rows` (of a table), `pixels`, `sample`, `plot`, `rules`,
            or one of `ENDS`.
        title: What it is.
        value: Its value; None where it has none, or could not be computed.
        address: Where it stands: table, column and key, or the file's name and hash.
        formula: How it follows from its children, in words and symbols.
        filled: The formula with the values in it.
        computed: What the formula gives; None where it is told in words alone.
        by: `row` where the children are those of this key, `table` where only the table is known.
        note: What a reader has to know.
        facts: Whatever else is told of it: counts, row numbers, identifiers.
        children: Names of the nodes that it is made of.
    """

    kind: str
    title: Texts
    value: Any = None
    unit: str | None = None
    address: Mapping[str, Any] = field(default_factory=dict)
    formula: Texts | None = None
    filled: str | None = None
    computed: Decimal | None = None
    by: str | None = None
    note: Texts | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    children: Sequence[str] = ()

    def record(self) -> dict[str, Any]:
        """Return the node as JSON holds it: without what it does not have, numbers as text so that no digit is lost."""
        told: dict[str, Any] = {
            "kind": self.kind,
            "title": _pair(self.title),
            "value": None if self.value is None else plain(self.value),
            "unit": self.unit,
            "address": dict(self.address),
            "formula": _pair(self.formula),
            "filled": self.filled,
            "computed": None if self.computed is None else plain(self.computed),
            "by": self.by,
            "note": _pair(self.note),
            "facts": dict(self.facts),
            "children": list(self.children),
        }
        return {name: value for name, value in told.items() if value not in (None, {}, [])}


def _pair(texts: Texts | None) -> list[str] | None:
    return None if texts is None else list(texts)


def plain(value: Any) -> str:
    """Return a value as text; decimals in full, without zeros at their end."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
    return str(value)


class Graph:
    """Nodes by name."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.nodes

    def add(self, name: str, node: Node) -> str:
        """Enter a node; its children stand once each, in the order given. Return its name."""
        node.children = [*dict.fromkeys(node.children)]
        self.nodes[name] = node
        return name

    def ends(self, name: str) -> Iterator[str]:
        """Yield every node without children below a node, itself among them, each once."""
        return (found for found in self.below([name]) if not self.nodes[found].children)

    def below(self, names: Iterable[str]) -> Iterator[str]:
        """Yield nodes and all that they are made of, each once."""
        seen: set[str] = set()
        waiting = [*names]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += reversed(self.nodes[name].children)
                yield name
