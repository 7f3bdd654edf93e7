"""Read-only SQL: one SELECT, no files, no settings, bounded rows and time."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mrv.errors import UsageError
from mrv.warehouse.read import query
from mrv.warehouse.snapshot import DATABASE


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    with duckdb.connect(str(tmp_path / DATABASE)) as connection:
        connection.execute("create table zones as select range as zone_id from range(5)")
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    return tmp_path


def test_rows_come_with_their_columns(snapshot: Path) -> None:
    answer = query(snapshot, "with z as (from zones) select zone_id, 1 as one from z order by zone_id;")
    assert answer.columns == ["zone_id", "one"]
    assert answer.rows == [(number, 1) for number in range(5)]
    assert not answer.truncated


@pytest.mark.parametrize(("limit", "truncated"), [(4, True), (5, False), (6, False)])
def test_truncation_is_told(snapshot: Path, limit: int, truncated: bool) -> None:
    answer = query(snapshot, "from zones", limit=limit)
    assert (len(answer.rows), answer.truncated) == (min(limit, 5), truncated)


def test_explain_is_answered(snapshot: Path) -> None:
    assert query(snapshot, "explain select * from zones").rows


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "selec",
        "select 1; select 2",
        "delete from zones",
        "drop table zones",
        "create table t as select 1",
        "copy zones to '{folder}/out.csv'",
        "explain analyze copy zones to '{folder}/out.csv'",
        "select * from read_csv('{folder}/secret.csv')",
        "select * from '{folder}/secret.csv'",
        "select * from read_text('{folder}/secret.csv')",
        "select * from glob('{folder}/*')",
        "attach '{folder}/out.duckdb'",
        "set memory_limit = '8GB'",
        "reset lock_configuration",
        "pragma enable_external_access = true",
        "install httpfs",
        "load httpfs",
        "call pragma_version()",
        "export database '{folder}/out'",
        "select * from sniff_csv('{folder}/secret.csv')",
        "select * from rows",
        "checkpoint",
    ],
)
def test_whatever_reaches_outside_is_refused(snapshot: Path, sql: str) -> None:
    rows = [("a Python object of the caller",)]  # `select * from rows` must not find it
    before = sorted(snapshot.iterdir())
    with pytest.raises(UsageError):
        query(snapshot, sql.format(folder=snapshot))
    assert sorted(snapshot.iterdir()) == before
    assert rows


def test_long_query_is_interrupted(snapshot: Path) -> None:
    endless = "select count(*) from range(10000000000) a, range(1000) b"
    with pytest.raises(UsageError, match="too long"):
        query(snapshot, endless, timeout_s=0.2)


def test_long_text_is_refused(snapshot: Path) -> None:
    with pytest.raises(UsageError, match="too long"):
        query(snapshot, "select '" + "x" * 20_000 + "'")


def test_missing_snapshot_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no snapshot"):
        query(tmp_path, "select 1")
