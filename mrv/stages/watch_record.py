"""What a watch leaves behind: its tables, and what was seen, so that the next one can say what is new since."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from mrv.errors import StoreError
from mrv.files import write_bytes, write_parquet
from mrv.stages.context import Context

SEEN = "seen.json"
_TEXT, _NUMBER = pa.string(), pa.decimal128(18, 6)
FINDINGS = pa.schema(
    [
        (name, _TEXT)
        for name in [
            "source",
            "product",
            "version",
            "address",
            "status",
            "detail",
            "retrieved_at",
            "mark",
            "since_last",
        ]
    ]
)
CHANGES = pa.schema(
    [
        *(
            (name, _TEXT)
            for name in ("source", "product", "old_version", "new_version", "layer", "quantity", "zone_id")
        ),
        ("year", pa.int64()),
        *((name, _NUMBER) for name in ("old_ha", "new_ha", "difference_ha")),
        ("difference_percent", pa.decimal128(12, 4)),
        ("reason", _TEXT),
    ]
)
_NOT_SEEN = frozenset({"refused", "unreachable"})


def watch_folder(context: Context) -> Path:
    """Return the folder in which the watches of the project lie."""
    return context.settings.root / "watch" / context.definition.id


def previous(context: Context) -> dict[str, dict[str, str]]:
    """Return what the last watches saw: status, mark and moment by what was asked.

    Raises:
        StoreError: The record cannot be read.
    """
    path = watch_folder(context) / SEEN
    try:
        content: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise StoreError(
            "the record of the last watch cannot be read",
            found=str(error),
            where=str(path),
            remedy="remove it: the next watch begins a new one",
        ) from error
    return content


def write_watch(
    context: Context,
    moment: datetime,
    findings: Sequence[Mapping[str, Any]],
    changes: Sequence[Mapping[str, Any]],
) -> Path:
    """Write the tables of a watch as CSV and Parquet into a folder of its moment, and note what was seen."""
    folder = watch_folder(context) / moment.strftime("%Y-%m-%dT%H%M%S.%fZ")
    for name, rows, schema in (("findings", findings, FINDINGS), ("changes", changes, CHANGES)):
        write_parquet(folder / f"{name}.parquet", pa.Table.from_pylist(list(rows), schema=schema))
        write_bytes(folder / f"{name}.csv", _csv(rows, schema.names))
    seen = previous(context)
    for row in findings:
        if row["status"] not in _NOT_SEEN:
            key = "|".join((row["source"], row["product"], row["version"], row["address"]))
            seen[key] = {"status": row["status"], "mark": row["mark"], "seen_at": moment.isoformat()}
    write_bytes(watch_folder(context) / SEEN, json.dumps(seen, indent=1, sort_keys=True, ensure_ascii=False).encode())
    return folder


def _csv(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
