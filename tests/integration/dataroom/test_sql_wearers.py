"""Queries that would wear the machine out are ended in time, and leave nothing behind."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from mrv.warehouse.sandbox import Limits, QueryError, Sandbox
from mrv.warehouse.snapshot import DATABASE
from tests.integration.dataroom.hostile_sql import WEARERS

pytestmark = pytest.mark.integration
LIMIT_S = 0.5


def test_each_ends_in_time_and_no_process_is_left(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / DATABASE)) as connection:
        connection.execute("create table zones as select range as zone_id from range(5)")
    limits = Limits(seconds=LIMIT_S, memory_bytes=2**28)

    def wear(sql: str) -> float:
        start = time.monotonic()
        try:
            sandbox.run(tmp_path, sql, io.BytesIO(), form="json", limits=limits, person=str(threading.get_ident()))
        except QueryError as error:
            assert error.code in {"too_slow", "memory", "ended", "unreadable", "refused"}, (sql[:80], error)
        return time.monotonic() - start

    assert len(WEARERS) >= 30
    with closing(Sandbox(at_once=2)) as sandbox, ThreadPoolExecutor(2) as threads:
        sandbox.warm()
        for sql, seconds in zip(WEARERS, threads.map(wear, WEARERS), strict=True):
            assert seconds <= LIMIT_S + 1, sql[:80]
        assert sandbox._parent is not None
        children = Path(f"/proc/{sandbox._parent.pid}/task/{sandbox._parent.pid}/children")
        end = time.monotonic() + 5
        while children.read_text() and time.monotonic() < end:
            time.sleep(0.05)
        assert not children.read_text()
