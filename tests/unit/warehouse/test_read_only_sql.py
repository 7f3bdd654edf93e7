"""Read-only SQL: one SELECT, no files, no settings, bounded rows, bytes and time; each query in a process of its own."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.errors import UsageError
from mrv.warehouse.sandbox import Answer, Limits, QueryError, Sandbox, Turns
from mrv.warehouse.snapshot import DATABASE

Ask = Callable[..., tuple[Answer, bytes]]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("snapshot")
    with duckdb.connect(str(folder / DATABASE)) as connection:
        connection.execute("create table zones as select range as zone_id from range(5)")
    (folder / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ask(snapshot: Path) -> Iterator[Ask]:
    with closing(Sandbox()) as sandbox:

        def asked(sql: str, form: str = "json", folder: Path = snapshot, **limits: Any) -> tuple[Answer, bytes]:
            rows = io.BytesIO()
            return sandbox.run(folder, sql, rows, form=form, limits=Limits(**limits)), rows.getvalue()

        yield asked


def test_rows_come_with_their_columns(ask: Ask) -> None:
    answer, rows = ask("with z as (from zones) select zone_id, 1.50 as one from z order by zone_id;")
    assert [column["name"] for column in answer.columns] == ["zone_id", "one"]
    assert [column["type"] for column in answer.columns] == ["BIGINT", "DECIMAL(3,2)"]
    assert json.loads(rows) == [[number, "1.50"] for number in range(5)]
    assert not answer.truncated


@pytest.mark.parametrize("form", ["json", "csv", "arrow", "parquet"])
@pytest.mark.parametrize(("limit", "truncated"), [(0, True), (4, True), (5, False), (6, False)])
def test_truncation_is_told_in_every_form(ask: Ask, form: str, limit: int, truncated: bool) -> None:
    answer, rows = ask("from zones", form, rows=limit)
    assert (answer.rows, answer.truncated) == (min(limit, 5), truncated)
    read = {
        "json": lambda: len(json.loads(rows)),
        "csv": lambda: rows.count(b"\n") - 1,
        "arrow": lambda: pa.ipc.open_stream(rows).read_all().num_rows,
        "parquet": lambda: pq.read_table(pa.BufferReader(rows)).num_rows,
    }
    assert read[form]() == answer.rows


@pytest.mark.parametrize("form", ["json", "csv", "arrow", "parquet"])
def test_bytes_are_bounded(ask: Ask, form: str) -> None:
    answer, rows = ask("select repeat('x', 1000) || range from range(100000)", form, rows=10**6, bytes=100_000)
    assert answer.truncated
    assert 50 <= answer.rows <= 100
    assert len(rows) < 120_000


def test_cells_keep_every_digit(ask: Ask) -> None:
    sql = "select 9007199254740993, 0.000000001, 'nan'::double, timestamp '2024-01-02 03:04:05', null, [1.5, null], 'ñ'"
    assert json.loads(ask(sql)[1]) == [
        ["9007199254740993", "0.000000001", "nan", "2024-01-02T03:04:05", None, ["1.5", None], "ñ"]
    ]


def test_what_a_form_has_no_place_for_is_told(ask: Ask) -> None:
    with pytest.raises(QueryError, match="cannot be written"):
        ask("select interval 1 day", "parquet")


def test_explain_is_answered(ask: Ask) -> None:
    assert b"TABLE" in ask("explain select * from zones")[1].upper()


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "selec",
        "select 1; select 2",
        "delete from zones",
        "copy zones to '{folder}/out.csv'",
        "explain analyze copy zones to '{folder}/out.csv'",
        "select * from '{folder}/secret.csv'",
        "set memory_limit = '8GB'",
        "load httpfs",
        "select * from rows",
        "select \0 1",
        "select '\ud800'",
        "select $1",
    ],
)
def test_whatever_is_no_question_is_refused(ask: Ask, snapshot: Path, sql: str) -> None:
    before = sorted(snapshot.iterdir())
    with pytest.raises(QueryError):
        ask(sql.format(folder=snapshot))
    assert sorted(snapshot.iterdir()) == before


def test_errors_and_catalogues_name_no_path_of_the_machine(ask: Ask, snapshot: Path) -> None:
    with pytest.raises(QueryError) as refused:
        ask("select nothing from zones")
    assert str(snapshot) not in str(refused.value)
    if os.geteuid() == 0:  # elsewhere the machine may not grant a root of one's own
        for sql in ("from duckdb_databases()", "from duckdb_settings()"):
            assert str(snapshot).encode() not in ask(sql)[1]


def test_long_query_is_ended_and_the_next_is_answered(ask: Ask) -> None:
    start = time.monotonic()
    with pytest.raises(QueryError, match="too long"):
        ask("select count(*) from range(10000000000) a, range(1000) b", seconds=0.4)
    assert time.monotonic() - start < 1.4
    assert ask("select 1")[0].rows == 1


def test_memory_is_bounded(ask: Ask) -> None:
    with pytest.raises(QueryError) as refused:
        ask("select list(range) from range(200000000)", memory_bytes=2**27, seconds=10)
    assert refused.value.code in {"memory", "ended"}


def test_fault_of_the_engine_ends_its_process_only(ask: Ask) -> None:
    with pytest.raises(QueryError):
        ask("select * from arrow_scan(1::bigint::pointer, 2::bigint::pointer, 3::bigint::pointer)")
    assert ask("select 1")[0].rows == 1


def test_parent_that_died_is_started_anew(snapshot: Path) -> None:
    with closing(Sandbox()) as sandbox:
        sandbox.run(snapshot, "select 1", io.BytesIO(), form="json", limits=Limits())
        assert sandbox._parent is not None
        sandbox._parent.kill()
        sandbox._parent.wait()
        assert sandbox.run(snapshot, "select 1", io.BytesIO(), form="json", limits=Limits()).rows == 1


def test_long_text_is_refused(ask: Ask) -> None:
    with pytest.raises(QueryError, match="too long"):
        ask("select '" + "x" * 20_000 + "'")


def test_unknown_form_is_refused(ask: Ask) -> None:
    with pytest.raises(QueryError, match="form"):
        ask("select 1", "xml")


def test_missing_snapshot_is_named(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no snapshot"):
        ask("select 1", folder=tmp_path)


def test_turns_are_limited_for_all_and_for_one() -> None:
    turns = Turns(at_once=1, waiting=1, per_person=1, wait_s=0.05)
    with turns.taken("ana"):
        with pytest.raises(QueryError, match="too many"), turns.taken("ana"):
            pass
        with pytest.raises(QueryError, match="too many"), turns.taken("luz"):
            pass
    with turns.taken("luz"), pytest.raises(QueryError, match="too many"), Turns(0, 0).taken("ana"):
        pass
