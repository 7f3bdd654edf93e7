"""Pull and land: outside files enter the store once, and what they say becomes typed tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.errors import InputError
from mrv.files import hash_file, write_parquet
from mrv.ledger import Artifact
from mrv.periods import Span
from mrv.project_sources import SourceSpec, own_form
from mrv.schemas import DATASETS
from mrv.sources.connectors import CONNECTORS
from mrv.sources.contract import Parsed, Request
from mrv.stages.context import Context, run_step


@dataclass(frozen=True)
class Pulled:
    """What a source gave."""

    source: str
    artifacts: tuple[Artifact, ...]

    @property
    def changed(self) -> bool:
        """Whether any file is new."""
        return not all(artifact.unchanged for artifact in self.artifacts)

    @property
    def hashes(self) -> list[str]:
        """The files by address and sha256: what a step is keyed by."""
        return [f"{artifact.address} {artifact.sha256}" for artifact in self.artifacts]


@dataclass(frozen=True)
class Landed:
    """A dataset as parsed: typed rows, rows that could not be typed, and what was put right in the typed ones."""

    dataset: str
    path: Path
    rejected: Path
    repairs: Path
    rows_read: int
    changed: bool

    def table(self) -> pa.Table:
        """Read the typed rows."""
        return pq.read_table(self.path, schema=DATASETS[self.dataset].schema)

    def rejected_table(self) -> pa.Table:
        """Read the rows that could not be typed."""
        return pq.read_table(self.rejected, schema=DATASETS["quarantine"].schema)


def request(context: Context) -> Request:
    """Return what the connectors need to know of the run."""
    return Request(
        project_id=context.definition.id,
        window=Span(context.period.start, context.period.end),
        bounds=context.bounds,
        project_folder=context.project.folder,
        store=context.store,
        ledger=context.ledger,
        settings=context.settings,
        progress=context.progress,
        catalogue=context.catalogue,
        zones=context.zones,
        settle_days=context.definition.alerts.freeze_after_days,
        period_id=context.period.id,
    )


def pull(context: Context, spec: SourceSpec) -> Pulled:
    """Fetch what a source has for the period.

    Raises:
        SourceError: The source cannot be reached, or what it sends is unusable.
        InputError: A declared file is missing or is not what it should be.
    """
    artifacts = CONNECTORS[spec.connector].pull(spec, request(context))
    return Pulled(spec.name, tuple(artifacts))


def land(context: Context, spec: SourceSpec, pulled: Pulled) -> list[Landed]:
    """Parse what was pulled into typed tables.

    Raises:
        InputError: A file does not have the columns or the structure it must have.
    """
    if all(artifact.dataset in {"raster", "raster_table"} for artifact in pulled.artifacts):
        return []

    def work(key: str) -> dict[str, Any]:
        parsed = CONNECTORS[spec.connector].parse(spec, list(pulled.artifacts), request(context))
        tables = {dataset: _write(context, spec.name, dataset, part, key) for dataset, part in sorted(parsed.items())}
        kinds = ("path", "rejected", "repairs")
        return {"tables": tables, "files": [table[kind] for table in tables.values() for kind in kinds]}

    # Files of a continent or a year are read for the period and the zones.
    wanted = [context.period.start, context.period.end, *context.bounds]
    inputs = {"artifacts": pulled.hashes, "spec": spec.model_dump(mode="json"), "wanted": wanted}
    if form := own_form(spec):
        inputs["form"] = hash_file(context.project.path(form))
    outcome = run_step(context, stage="land", dataset=spec.name, inputs=inputs, work=work)
    root = context.settings.root
    return [
        Landed(
            dataset=dataset,
            path=root / entry["path"],
            rejected=root / entry["rejected"],
            repairs=root / entry["repairs"],
            rows_read=entry["rows_read"],
            changed=outcome.changed,
        )
        for dataset, entry in outcome.result["tables"].items()
    ]


def _write(context: Context, source: str, dataset: str, parsed: Parsed, key: str) -> dict[str, Any]:
    rejected = DATASETS["quarantine"].table(parsed.rejected)
    rejected_rows = len({(row["artifact"], row["row"]) for row in parsed.rejected})
    if parsed.rows_read != parsed.table.num_rows + rejected_rows:
        raise InputError(
            f"the counts of {dataset} do not close",
            expected=f"{parsed.rows_read} rows read",
            found=f"{parsed.table.num_rows} typed and {rejected_rows} set aside",
            where=f"source {source}",
            remedy="this is a fault of the parser; nothing was landed",
        )
    paths = {
        "path": context.table_path(f"landed-{source}", dataset, key),
        "rejected": context.table_path("quarantine", dataset, key),
        "repairs": context.table_path(f"repairs-{source}", dataset, key),
    }
    tables = {"path": parsed.table, "rejected": rejected, "repairs": DATASETS["repairs"].table(parsed.repairs)}
    for name, table in tables.items():
        write_parquet(paths[name], table)
    return {**{name: context.relative(path) for name, path in paths.items()}, "rows_read": parsed.rows_read}


def combine(dataset: str, landed: Sequence[Landed]) -> tuple[pa.Table, pa.Table, int]:
    """Put the landed parts of one dataset together: typed rows in key order, rows set aside, rows read."""
    parts = [part for part in landed if part.dataset == dataset]
    table = DATASETS[dataset].sort(pa.concat_tables([part.table() for part in parts]))
    rejected = DATASETS["quarantine"].sort(pa.concat_tables([part.rejected_table() for part in parts]))
    return table, rejected, sum(part.rows_read for part in parts)
