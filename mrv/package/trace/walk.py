"""The trace of a package: every figure's node, every mart's sources, and what no figure uses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mrv.package.figures import Figure, read_figures
from mrv.package.reading import reading
from mrv.package.trace.areas import Areas
from mrv.package.trace.carbon import Carbon
from mrv.package.trace.evidence import ARTIFACT, LANDED, Evidence
from mrv.package.trace.graph import Graph, Node, Texts
from mrv.package.trace.ledger import MART, LedgerTrace
from mrv.package.trace.others import Others
from mrv.package.trace.tables import MARTS, Tables
from mrv.package.trace.windows import Window

FORMAT = "redd-trace/1"
JSON = "data/trace/trace.json"
PAGE = "data/trace/trace.html"

_IN_TABLES: Texts = (
    "no figure is made of it; rows of other tables of the package are",
    "ninguna cifra se hace de él; sí filas de otras tablas del paquete",
)
_NOT_USED: Texts = (
    "received and kept, and no table of the package is made of it",
    "recibido y guardado, y ninguna tabla del paquete se hace de él",
)


@dataclass(frozen=True)
class Trace:
    """What every figure is made of.

    Attributes:
        graph: The nodes.
        figures: The figures by id.
        nodes: Node of each figure.
        marts: Nodes of each mart, by its name, at the level of tables.
        unused: Hash of each received file that no figure is made of, to the reason.
    """

    graph: Graph
    figures: Mapping[str, Figure]
    nodes: Mapping[str, str]
    marts: Mapping[str, str]
    unused: Mapping[str, Texts]

    def reached(self, figure_id: str) -> list[str]:
        """Return the names of the ends of a figure's trace: received files, parameters, files of the project."""
        return sorted(self.graph.ends(self.nodes[figure_id]))

    def record(self) -> dict[str, Any]:
        """Return the trace as `trace.json` holds it."""
        return {
            "format": FORMAT,
            "figures": {
                name: {
                    "node": self.nodes[name],
                    "label": [figure.label_en, figure.label_es],
                    "value": None if figure.value is None else format(figure.value, "f"),
                    "unit": figure.unit,
                    **({"reason": figure.reason} if figure.reason else {}),
                }
                for name, figure in self.figures.items()
            },
            "marts": dict(self.marts),
            "unused": {sha256: list(reason) for sha256, reason in self.unused.items()},
            "nodes": {name: node.record() for name, node in sorted(self.graph.nodes.items())},
        }

    def json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps(self.record(), sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def trace_package(root: Path, windows: Mapping[tuple[str, str], Window] | None = None) -> Trace | None:
    """Trace every figure of a package; None where it has no figures.

    Args:
        root: Folder of the package, with its tables, landed rows, inputs and lineage.
        windows: Window of each zone in each clipped raster, from `zone_windows`.

    Raises:
        PackageError: A table cannot be read.
    """
    path = root / MARTS / "figures.parquet"
    if not path.is_file():
        return None
    figures = read_figures(path)
    with reading("data/trace"):
        tables = Tables(root)
        graph = Graph()
        evidence = Evidence(graph, tables, windows or {})
        primary = [row["rule_set"] for row in tables.rows(MART) if row.get("is_primary")]
        carbon = Carbon(evidence, primary[0] if primary else "")
        others = Others(LedgerTrace(evidence, Areas(evidence), carbon))
        nodes = {name: others.figure(figure) for name, figure in figures.items()}
        used = {name for name in graph.below(nodes.values()) if name.startswith(ARTIFACT)}
        marts = {mart: _mart(others, mart) for mart in _marts(evidence)}
        in_tables = {name for name in graph.below(marts.values()) if name.startswith(ARTIFACT)}
    unused = {
        sha256: _IN_TABLES if f"{ARTIFACT}{sha256}" in in_tables else _NOT_USED
        for sha256 in sorted(evidence.inputs)
        if f"{ARTIFACT}{sha256}" not in used
    }
    for sha256 in unused:
        evidence.artifact(sha256)
    return Trace(graph, figures, nodes, marts, unused)


def _marts(evidence: Evidence) -> list[str]:
    lineage = evidence.lineage["tables"]
    # The list of what was received is made of everything, and of nothing that anybody measured.
    return sorted(
        name for name, told in lineage.items() if told["kind"] == "mart" and name not in ("figures", "source_inventory")
    )


def _mart(others: Others, mart: str) -> str:
    landed = [others.evidence.landed(table) for table in others.landed_of(mart) if table.startswith(LANDED)]
    return others.graph.add(
        f"mart:{mart}",
        Node("rows", (f"Table {mart}", f"Tabla {mart}"), address={"mart": mart}, by="table", children=landed),
    )
