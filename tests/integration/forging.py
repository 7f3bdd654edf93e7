"""What a forger does to the files of a package before everything is listed and signed anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mrv.files import hash_file, write_parquet
from mrv.warehouse.snapshot import write_csv


def change(path: Path, row: int, column: str, how: Callable) -> dict:
    """Alter a cell of a Parquet file, and of the CSV beside it."""
    table = pq.read_table(path)
    values = table[column].to_pylist()
    values[row] = how(values[row])
    position = table.column_names.index(column)
    table = table.set_column(
        position, table.schema.field(position), pa.array(values, table.schema.field(position).type)
    )
    write_parquet(path, table)
    if (path.parent / "csv").is_dir():
        write_csv(path.parent / "csv" / f"{path.stem}.csv", table)
    found: dict = table.slice(row, 1).to_pylist()[0]
    return found


def describe_tables(package: Path) -> None:
    """Let the descriptor of the tables name their bytes as they are now."""
    path = package / "data/tables/datapackage.json"
    descriptor = json.loads(path.read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        file = path.parent / resource["path"]
        resource |= {"bytes": file.stat().st_size, "hash": f"sha256:{hash_file(file)}"}
    path.write_text(json.dumps(descriptor), encoding="utf-8")


def rename_everywhere(package: Path, old: str, new: str) -> None:
    """Put one hash in the place of another in every text and every table of `data/`, and in the names of files."""
    for path in sorted(path for path in (package / "data").rglob("*") if path.is_file()):
        if path.name == old:
            path.rename(path.with_name(new))
        elif path.suffix == ".parquet":
            _rename_in_table(path, old, new)
        elif old.encode() in (content := path.read_bytes()):
            path.write_bytes(content.replace(old.encode(), new.encode()))


def _rename_in_table(path: Path, old: str, new: str) -> None:
    table = pq.read_table(path)
    for position, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(position, field, pc.replace_substring(table[field.name], old, new))
    if not table.equals(pq.read_table(path)):
        write_parquet(path, table)
