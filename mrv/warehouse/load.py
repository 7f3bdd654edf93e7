"""Landed Parquet into the build database: declared schemas, sorted rows, nothing unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from mrv.errors import WarehouseError
from mrv.schemas import DATASETS, Dataset


def load_landed(database: Path, inputs: Mapping[str, Sequence[Path]]) -> None:
    """Make a DuckDB file with one table per dataset in schema `landed`.

    Args:
        database: File to make; there must be none yet.
        inputs: Dataset to its Parquet files. A dataset without files becomes an empty table.

    Raises:
        WarehouseError: A dataset is unknown, or a file has other columns or types than the schema declares.
    """
    unknown = sorted(inputs.keys() - DATASETS.keys())
    if unknown:
        raise WarehouseError(
            "there is no landed table of that name",
            expected=", ".join(DATASETS),
            found=", ".join(unknown),
            remedy="declare the dataset in mrv.schemas",
        )
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema landed")
        for name, dataset in DATASETS.items():
            rows = connection.from_arrow(landed_table(dataset, inputs.get(name, ())))
            rows.create(f"landed.{name}")


def landed_table(dataset: Dataset, paths: Sequence[Path]) -> pa.Table:
    """Read the files of one dataset as one table with its declared schema, sorted by its key.

    Raises:
        WarehouseError: A file has other columns or types, or a null where none may be.
    """
    tables = [_read(dataset, path) for path in paths]
    return dataset.sort(pa.concat_tables(tables)) if tables else dataset.empty()


def _read(dataset: Dataset, path: Path) -> pa.Table:
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowInvalid, OSError) as error:
        raise WarehouseError(
            f"a landed file of {dataset.name} cannot be read",
            found=str(error),
            where=str(path),
            remedy="land the dataset again",
        ) from error
    expected = dataset.schema
    if sorted(table.column_names) != sorted(expected.names):
        raise WarehouseError(
            f"a landed file of {dataset.name} has other columns than its table",
            expected=", ".join(expected.names),
            found=", ".join(table.column_names),
            where=str(path),
            remedy="land the dataset again with this version",
        )
    table = table.select(expected.names)
    different = [field for field in expected if table.schema.field(field.name).type != field.type]
    if different:
        raise WarehouseError(
            f"a landed file of {dataset.name} has other types than its table",
            expected=", ".join(f"{field.name} {field.type}" for field in different),
            found=", ".join(f"{field.name} {table.schema.field(field.name).type}" for field in different),
            where=str(path),
            remedy="land the dataset again with this version",
        )
    holes = [field.name for field in expected if not field.nullable and table.column(field.name).null_count]
    if holes:
        raise WarehouseError(
            f"a landed file of {dataset.name} has nulls where none may be",
            found=", ".join(holes),
            where=str(path),
            remedy="mend the parser, or send such rows to quarantine",
        )
    return table.cast(expected)
