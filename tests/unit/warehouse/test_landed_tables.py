"""Loading landed Parquet: declared schemas and nothing else."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.errors import WarehouseError
from mrv.schemas import DATASETS
from mrv.warehouse.load import landed_table, load_landed

VINTAGES = DATASETS["vintages"]


def baseline_file(folder: Path, name: str, years: list[int]) -> Path:
    rows = [
        {"baseline_version": "b1", "zone_id": "pa", "stratum_id": "s1", "year": year, "area_ha": Decimal("1.5")}
        for year in years
    ]
    path = folder / name
    pq.write_table(DATASETS["baseline_activity"].table(rows), path)
    return path


def test_files_become_one_sorted_table(tmp_path: Path) -> None:
    paths = [baseline_file(tmp_path, "a.parquet", [2024, 2022]), baseline_file(tmp_path, "b.parquet", [2023])]
    table = landed_table(DATASETS["baseline_activity"], paths)
    assert table.column("year").to_pylist() == [2022, 2023, 2024]
    assert table.equals(landed_table(DATASETS["baseline_activity"], paths[::-1]))


def test_dataset_without_files_is_an_empty_typed_table(tmp_path: Path) -> None:
    database = tmp_path / "build.duckdb"
    load_landed(database, {"baseline_activity": [baseline_file(tmp_path, "a.parquet", [2022])]})
    with duckdb.connect(str(database), read_only=True) as connection:
        names = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
        types = dict(
            connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = 'land_cover_area'"
            ).fetchall()
        )
        counts = connection.execute(
            "select (select count(*) from landed.land_cover_area), (select count(*) from landed.baseline_activity)"
        ).fetchone()
    assert names == set(DATASETS)
    assert types["area_um2"] == "DECIMAL(38,0)"
    assert types["loss_year"] == "BIGINT"
    assert counts == (0, 1)


def test_unknown_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="rumours"):
        load_landed(tmp_path / "build.duckdb", {"rumours": []})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.append_column("extra", pa.array([1])), "other columns"),
        (lambda table: table.drop_columns(["days"]), "other columns"),
        (lambda table: table.set_column(3, "days", pa.array([1.0])), "other types"),
        (lambda table: table.set_column(3, "days", pa.array([None], pa.int64())), "nulls"),
    ],
)
def test_other_columns_types_and_nulls_are_refused(tmp_path: Path, change: object, message: str) -> None:
    path = tmp_path / "vintages.parquet"
    row = dict.fromkeys(VINTAGES.schema.names, 1) | {"vintage_start": None, "vintage_end": None}
    nullable = pa.schema([field.with_nullable(True) for field in VINTAGES.schema])
    assert callable(change)
    pq.write_table(change(pa.Table.from_pylist([row], schema=nullable)), path)
    with pytest.raises(WarehouseError, match=message) as caught:
        landed_table(VINTAGES, [path])
    assert str(path) in str(caught.value)


def test_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vintages.parquet"
    path.write_text("<html>", encoding="utf-8")
    with pytest.raises(WarehouseError, match="cannot be read"):
        landed_table(VINTAGES, [path])
