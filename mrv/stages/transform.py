"""Transform: accepted tables become monitoring tables and the ledger of emission reductions, published as a snapshot."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from mrv.files import storage_errors, write_bytes, write_parquet
from mrv.ledger import Artifact
from mrv.privacy import for_publication
from mrv.schemas import DATASETS
from mrv.stages.check import table_hash
from mrv.stages.context import Context, run_step
from mrv.stages.lineage import lineage_record
from mrv.stages.protect import publish_rows
from mrv.warehouse.build import build
from mrv.warehouse.lineage import read_lineage
from mrv.warehouse.snapshot import export


@dataclass(frozen=True)
class Snapshot:
    """The published tables of a period."""

    snapshot_id: str
    folder: Path
    created_at: str
    changed: bool


def artifacts_table(artifacts: Sequence[Artifact]) -> pa.Table:
    """Return the files that the period used, without when and from which host they came."""
    columns = DATASETS["artifacts"].schema.names
    rows = {
        (item.dataset, item.address, item.sha256): {name: getattr(item, name) for name in columns} for item in artifacts
    }
    return DATASETS["artifacts"].table(rows.values())


def transform(context: Context, tables: Mapping[str, pa.Table]) -> Snapshot:
    """Run dbt over the accepted tables and keep its marts as a snapshot; it becomes the current one when it is published.

    Args:
        context: The run.
        tables: Landed dataset to its accepted rows as `mrv.stages.protect` left them; a dataset that is not there is empty.

    Raises:
        WarehouseError: A model or test failed; the previous snapshot stays current.
    """

    def work(key: str) -> dict[str, Any]:
        # A folder of its own: what a killed run left behind may still be held by its dbt.
        with storage_errors(context.settings.build_dir):
            context.settings.build_dir.mkdir(parents=True, exist_ok=True)
            prefix = f"{context.definition.id}-{context.period.id}-"
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=context.settings.build_dir))
        inputs = {}
        for dataset, table in tables.items():
            inputs[dataset] = [folder / "landed" / f"{dataset}.parquet"]
            write_parquet(inputs[dataset][0], table)
        built = build(inputs, folder=folder, parsed=context.settings.models_dir)
        target = context.settings.snapshots_dir / context.definition.id / context.period.id / key[:16]
        # Work is done only where something of the snapshot is missing: what is left of it is made anew, to the same bytes.
        shutil.rmtree(target, ignore_errors=True)
        export(built, target)
        _keep_evidence(context, tables, target)
        lineage = lineage_record(context, read_lineage(built.target))
        write_bytes(target / "calc" / "lineage.json", _json(lineage))
        shutil.rmtree(folder)
        made = sorted(path for path in target.rglob("*") if path.is_file())
        return {
            "snapshot": key[:16],
            "path": context.relative(target),
            "files": [context.relative(path) for path in made],
        }

    inputs = {dataset: table_hash(table) for dataset, table in sorted(tables.items())}
    outcome = run_step(context, stage="transform", dataset="marts", inputs=inputs, work=work)
    snapshot_id = f"{context.definition.id}-{context.period.id}-{outcome.result['snapshot']}"
    created_at = context.ledger.record_snapshot(
        project=context.definition.id, period=context.period.id, snapshot_id=snapshot_id, path=outcome.result["path"]
    )
    return Snapshot(snapshot_id, context.settings.root / outcome.result["path"], created_at, outcome.changed)


def _keep_evidence(context: Context, tables: Mapping[str, pa.Table], target: Path) -> None:
    """Keep beside the marts what a verifier asks for: accepted rows, check results, quarantine."""
    for name in ("check_results", "quarantine"):
        write_parquet(target / "evidence" / f"{name}.parquet", for_publication(name, tables[name]))
    publish_rows(tables, target / "landed", context.definition.privacy)
    started = {name: {"rows": table.num_rows, "sha256": table_hash(table)} for name, table in sorted(tables.items())}
    write_bytes(target / "evidence" / "started_from.json", _json(started))


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"
