"""Where traces end: received files by hash and row, windows of pixels, files of the project, parameters."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mrv.package.trace.graph import Graph, Node
from mrv.package.trace.tables import Row, Tables, row_ranges
from mrv.package.trace.windows import Window

ARTIFACT = "artifact:"
LANDED = "landed."
PROJECT = "project"
DEFINITION = "project.yaml"
STATING: Mapping[str, str] = {
    "landed.batches": "Whether a kind of record was received, and how many rows were accepted",
    "landed.artifacts": "List of what was received",
    "landed.check_results": "Results of checks",
    "landed.repairs": "Repairs that were declared",
    "landed.privacy_log": "What was blurred or left out for privacy",
}
"""Landed tables that speak about other data instead of holding any: no value comes from their files."""


class Evidence:
    """Adds to a graph what figures end at. Every node is made once.

    Args:
        graph: The graph.
        tables: Tables of the package.
        windows: Window of each zone in each clipped raster, by the raster's name and the zone.
    """

    def __init__(self, graph: Graph, tables: Tables, windows: Mapping[tuple[str, str], Window]) -> None:
        self.windows = windows
        self.graph = graph
        self.tables = tables
        self.lineage = tables.lineage()
        self.inputs: dict[str, list[dict[str, str]]] = defaultdict(list)
        self._by_source: dict[str, list[str]] = defaultdict(list)
        self._by_dataset: dict[str, list[str]] = defaultdict(list)
        for row in tables.inputs():
            self.inputs[row["sha256"]].append(row)
            self._by_source[row["source"]].append(row["sha256"])
            self._by_dataset[row["dataset"]].append(row["sha256"])
        self._made_by: dict[str, list[str]] = defaultdict(list)
        for step, told in self.lineage["steps"].items():
            for output in told["outputs"]:
                self._made_by[output].append(step)

    def artifact(self, sha256: str) -> str:
        """Return the node of a received file."""
        name = f"{ARTIFACT}{sha256}"
        if name not in self.graph:
            rows = self.inputs.get(sha256, [])
            first: Mapping[str, str] = rows[0] if rows else {}
            address = {"sha256": sha256, **{key: first[key] for key in _TOLD if first.get(key)}}
            others = sorted({row["address"] for row in rows[1:]} - {first["address"]}) if rows else []
            facts = {"also_received_as": others} if others else {}
            inside = self.tables.root / "data/inputs" / sha256
            if inside.is_file():
                address["file"] = f"data/inputs/{sha256}"
            title = first.get("address", sha256[:16])
            self.graph.add(
                name,
                Node("artifact", (f"Received file {title}", f"Archivo recibido {title}"), address=address, facts=facts),
            )
        return name

    def project_file(self, file: str = DEFINITION) -> str:
        """Return the node of a file of the project."""
        name = f"project_file:{file}"
        if name not in self.graph:
            address = {"file": f"data/project/{file}"} if file in self._project_files else {"file": file}
            note = None
            if file not in self._project_files:
                note = ("The file stays with the project.", "El archivo queda en el proyecto.")
            self.graph.add(
                name,
                Node(
                    "project_file",
                    (f"File of the project {file}", f"Archivo del proyecto {file}"),
                    address=address,
                    note=note,
                ),
            )
        return name

    @functools.cached_property
    def _project_files(self) -> frozenset[str]:
        return frozenset(self.tables.project_files())

    def project_files(self, *starts: str) -> list[str]:
        """Return nodes of the project's definition and of its files in these folders."""
        found = [file for file in sorted(self._project_files) if file.startswith(starts)]
        return [self.project_file(), *(self.project_file(file) for file in found)]

    def parameter(self, row: Row) -> str:
        """Return the node of a parameter in force, from its row of `parameters_used`."""
        name = f"parameter:{row['parameter_id']}"
        if name not in self.graph:
            value = row["value"] if row["value"] is not None else row["choice"]
            address = {key: str(row[key]) for key in _OF_PARAMETER if row.get(key) is not None}
            ends = [self.project_file()] if row.get("declared_by") or row["status"] == "declared" else []
            self.graph.add(
                name,
                Node(
                    "parameter",
                    (f"Parameter {row['name']}", f"Parámetro {row['name']}"),
                    value=value,
                    unit=row["unit"],
                    address=address,
                    children=ends,
                ),
            )
        return name

    def rules(self, mart: str, rule_set: str, year: int | None = None) -> list[str]:
        """Return the node of the parameters that a mart used for an account in a vintage; none where there is none."""
        rows = [
            row
            for row in self.tables.find("parameters_used", mart=mart, rule_set=rule_set)
            if year is None or _in_force(row, year)
        ]
        if not rows:
            return []
        name = f"rules:{mart}:{rule_set}:{year or ''}"
        if name not in self.graph:
            title = (f"Rules in force of {mart}, {rule_set}", f"Reglas vigentes de {mart}, {rule_set}")
            self.graph.add(name, Node("rules", title, children=[self.parameter(row) for row in rows]))
        return [name]

    def landed(self, table: str, rows: Sequence[Row] | None = None, *, key: Mapping[str, Any] | None = None) -> str:
        """Return the node of rows of a landed table, down to the files that they came from.

        Args:
            table: `landed.<dataset>`.
            rows: The rows; None stands for the whole table.
            key: What they have in common; with the table it stands for them.
        """
        key = dict(key or {})
        name = "rows:" + table + "".join(f":{column}={key[column]}" for column in sorted(key))
        if name in self.graph:
            return name
        told = self.tables.rows(table) if rows is None else rows
        dataset = table.removeprefix(LANDED)
        title = (f"{len(told)} rows of {dataset}", f"{len(told)} filas de {dataset}")
        address: dict[str, Any] = {"table": table}
        if self.tables.has(table):
            address["file"] = f"data/landed/{dataset}.parquet"
        else:
            title = (
                f"Rows of {dataset}, told in no file of the package",
                f"Filas de {dataset}, en ningún archivo del paquete",
            )
        node = Node("rows", title, address={**address, "key": key}, by="table" if rows is None else "row")
        # Entered first: a step may lead back to where the trace came from.
        self.graph.add(name, node)
        node.facts = self._places(told)
        node.children = [*dict.fromkeys(self._origins(table, told, key))]
        return name

    def _places(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Return the row numbers by received file."""
        places: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            if row.get("_artifact") is not None:
                places[row["_artifact"]].append(row["_row"])
        return {"rows_in_file": {sha: row_ranges(numbers) for sha, numbers in sorted(places.items())}} if places else {}

    def _origins(self, table: str, rows: Sequence[Row], key: Mapping[str, Any]) -> Iterable[str]:
        artifacts = sorted({row["_artifact"] for row in rows if row.get("_artifact") is not None})
        if artifacts:
            return [self.artifact(sha) for sha in sorted({*artifacts, *self._companions(table, artifacts)})]
        if table in STATING:
            return []
        if self._made_by.get(table) == ["declare"]:
            return self._declared(table, key)
        found: list[str] = []
        for step in self._made_by.get(table, []):
            found += self._of_step(step, table, rows, key)
        return found

    def _companions(self, table: str, artifacts: Sequence[str]) -> set[str]:
        """Return files that no row is of, but by which those of their source are read: lists of codes, descriptions."""
        every = {row["_artifact"] for row in self.tables.rows(table)}
        products = {received["product"] for sha in every for received in self.inputs[sha]}
        sources = {received["source"] for sha in artifacts for received in self.inputs[sha]}
        return {
            sha
            for sha in self._by_dataset[table.removeprefix(LANDED)]
            if all(
                received["product"] not in products and received["source"] in sources for received in self.inputs[sha]
            )
        }

    def _declared(self, table: str, key: Mapping[str, Any]) -> list[str]:
        if table == "landed.baseline_activity" and key.get("baseline_version") in self._baseline_files:
            return [self.project_file(), self.project_file(self._baseline_files[key["baseline_version"]])]
        return self.project_files(*_DECLARED_IN.get(table, ()))

    @functools.cached_property
    def _baseline_files(self) -> Mapping[str, str]:
        from mrv.yaml_reading import read_yaml

        path = self.tables.root / "data/project" / DEFINITION
        versions = read_yaml(path).get("baseline") if path.is_file() else None
        return {each["version"]: each["file"] for each in versions or [] if "file" in each}

    def _of_step(self, step: str, table: str, rows: Sequence[Row], key: Mapping[str, Any]) -> list[str]:
        found: list[str] = []
        for item in self.lineage["steps"][step]["inputs"]:
            if item == PROJECT:
                found += self.project_files(*_FILES_OF.get(step, ()))
            elif item == f"{ARTIFACT}raster" or (item == f"{ARTIFACT}raster_table" and step.startswith("measure")):
                found += self.rasters(rows, key)
            elif item.startswith(ARTIFACT):
                found += [self.artifact(sha) for sha in self._received(step, item.removeprefix(ARTIFACT), table)]
            elif item.startswith(LANDED) and item != table and (self.tables.has(item) or item in self._made_by):
                found.append(self.landed(item))
        return found

    def _received(self, step: str, dataset: str, table: str) -> list[str]:
        """Return the files that a step reads a dataset from: its own where it has any, else all of its source."""
        source = step.removeprefix("land ")
        if source == step:
            return sorted({*self._by_dataset[dataset]})
        if f"{LANDED}{dataset}" != table:
            return []
        own = {*self._by_source[source]} & {*self._by_dataset[dataset]}
        return sorted(own or {*self._by_source[source]})

    def rasters(self, rows: Sequence[Row], key: Mapping[str, Any]) -> list[str]:
        """Return windows of pixels behind measured rows: of each zone in every layer of their products."""
        layers = {(str(row["product"]), row.get("layer"), _years(row)) for row in rows if row.get("product")}
        zone = key.get("zone_id")
        return [
            self.pixels(sha, zone)
            for sha in sorted({*self._by_dataset["raster"]})
            if any(_is_of(self.inputs[sha], *layer) for layer in layers)
        ]

    def pixels(self, sha256: str, zone_id: str | None) -> str:
        """Return the node of a zone's pixels in a received raster; without a zone, of the project's clip."""
        name = f"pixels:{sha256}:{zone_id or ''}"
        if name not in self.graph:
            row = self.inputs[sha256][0]
            clip = f"{row['product']}_{row['version'].replace('.', '-')}_{row['layer']}"
            window = self.windows.get((clip, zone_id)) if zone_id else None
            address: dict[str, Any] = {"product": row["product"], "layer": row["layer"], "zone_id": zone_id or "*"}
            if (self.tables.root / f"data/rasters/{clip}.tif").is_file():
                address["file"] = f"data/rasters/{clip}.tif"
            if window is not None:
                address["window"] = window.record()
            counted = self.tables.find("landed.zone_pixels", zone_id=zone_id, product=row["product"]) if zone_id else []
            facts = {"pixel_count": sum(found["pixel_count"] for found in counted)} if counted else {}
            of = f"{row['product']} {row['layer']}" + (f", {zone_id}" if zone_id else "")
            self.graph.add(
                name,
                Node(
                    "pixels",
                    (f"Pixels of {of}", f"Píxeles de {of}"),
                    address=address,
                    facts=facts,
                    children=[self.artifact(sha256)],
                ),
            )
        return name

    def sources_of(self, dataset: str) -> list[str]:
        """Return hashes of the received files of a dataset."""
        return sorted({*self._by_dataset[dataset]})


_TOLD = ("dataset", "address", "source", "product", "version", "layer", "year", "licence", "citation")
_OF_PARAMETER = (
    "parameter_id",
    "document",
    "version",
    "section",
    "status",
    "confirmed_by",
    "confirmed_on",
    "confirmed_in",
)
_FILES_OF: Mapping[str, Sequence[str]] = {
    "measure loss_patches": ("features/", "boundaries/"),
    "measure land_cover_area": ("boundaries/",),
    "measure class_area": ("boundaries/",),
    "measure zone_statistics": ("boundaries/",),
    "measure alerts": ("boundaries/",),
    "measure fires": ("boundaries/",),
    "measure fragmentation": ("boundaries/",),
    "measure record_places": ("boundaries/",),
    "measure vegetation_change": ("boundaries/",),
    "measure field_carbon": ("boundaries/",),
}
"""Step to the folders of the project whose files it reads beside the definition."""

_DECLARED_IN: Mapping[str, Sequence[str]] = {
    "landed.zones": ("boundaries/",),
    "landed.baseline_activity": ("baseline/",),
    "landed.risk_scores": ("accounting/",),
}
"""Landed table that repeats the project's definition to the folders of the files that say the same."""


def _in_force(row: Row, year: int) -> bool:
    first, last = row["first_vintage_year"], row["last_vintage_year"]
    return (first is None or first <= year) and (last is None or year <= last)


def _years(row: Row) -> frozenset[str]:
    years = {row[name] for name in ("year", "year_from", "year_to") if row.get(name) is not None}
    return frozenset(map(str, years))


def _is_of(rows: Sequence[Mapping[str, str]], product: str, layer: str | None, years: frozenset[str]) -> bool:
    return any(
        row["product"] == product
        and (layer is None or row["layer"] == layer)
        and (not row.get("year") or not years or row["year"] in years)
        for row in rows
    )
