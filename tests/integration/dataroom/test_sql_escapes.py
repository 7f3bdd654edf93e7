"""No SQL reaches a file, the network or a setting; whatever is sent, the data room answers and goes on."""

from __future__ import annotations

import hashlib
import io
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from mrv.dataroom.permissions import Role
from mrv.warehouse.sandbox import Limits, QueryError, Sandbox
from mrv.warehouse.snapshot import DATABASE
from tests.integration.dataroom.hostile_sql import ESCAPES, generated
from tests.integration.dataroom.sites import PROJECT

pytestmark = pytest.mark.integration
CANARY = "canary-0f2b77"
SQL = f"/api/v1/projects/{PROJECT}/sql"


@dataclass
class Ground:
    """A snapshot with a secret beside it and a listener on the network; says what was touched."""

    folder: Path
    listener: socket.socket

    def put_in(self, sql: str) -> str:
        names = {"folder": self.folder, "secret": self.folder / "secret.csv", "port": self.listener.getsockname()[1]}
        for name, value in names.items():
            sql = sql.replace(f"{{{name}}}", str(value))
        return sql

    def state(self) -> dict[str, str]:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def was_called(self) -> bool:
        try:
            self.listener.accept()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with duckdb.connect(str(tmp_path / DATABASE)) as connection:
        connection.execute("create table zones as select range as zone_id from range(5)")
    (tmp_path / "secret.csv").write_text(f"a\n{CANARY}\n", encoding="utf-8")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        yield Ground(tmp_path, listener)


def _say(sandbox: Sandbox, ground: Ground, sql: str) -> tuple[str, bytes]:
    """Return the code of the refusal, or `answered`, and the rows."""
    rows = io.BytesIO()
    try:
        sandbox.run(ground.folder, sql, rows, form="json", limits=Limits(seconds=5))
    except QueryError as error:
        assert error.code in {"unreadable", "not_one_select", "refused", "memory", "ended", "form", "too_slow"}, sql
        return error.code, str(error.found).encode("utf-8", "replace") + rows.getvalue()
    return "answered", rows.getvalue()


def _run_all(ground: Ground, texts: list[str]) -> list[tuple[str, bytes]]:
    before = ground.state()
    with closing(Sandbox(at_once=2)) as sandbox, ThreadPoolExecutor(2) as threads:
        said = list(threads.map(lambda text: _say(sandbox, ground, text), texts))
        checks = "select current_setting('enable_external_access'), current_setting('lock_configuration'), count(*) from zones"
        assert json.loads(_say(sandbox, ground, checks)[1]) == [[False, True, 5]]
    assert ground.state() == before
    assert not ground.was_called()
    return said


def test_no_escape_gets_out(ground: Ground) -> None:
    rows_of_the_caller = [("a Python object of the caller",)]  # not to be found by its name
    said = _run_all(ground, [ground.put_in(sql) for sql in ESCAPES])
    assert len(ESCAPES) >= 60
    assert rows_of_the_caller
    for sql, (code, rows) in zip(ESCAPES, said, strict=True):
        assert CANARY.encode() not in rows, sql
        assert b"root:" not in rows, sql
        assert code != "answered" or rows in {b"[]", b'[["{}"]]'} or b"error" in rows, (sql, rows[:200])


def test_generated_strings_get_nowhere(ground: Ground) -> None:
    """A slice of the thousand; tests/soak sends all of them."""
    said = _run_all(ground, [ground.put_in(sql) for sql in generated(120, seed=15)])
    assert all(CANARY.encode() not in rows for _, rows in said)
    assert {"answered", "unreadable", "refused", "not_one_select"} <= {code for code, _ in said}


@pytest.mark.sqlite_only
def test_whatever_is_sent_the_room_answers(room, ground: Ground) -> None:
    client = room.signed_in(Role.VERIFIER)
    for sql in [*ESCAPES[::16], *generated(5, seed=16), "select '\ud800'", "x" * 20_001]:
        body = json.dumps({"sql": ground.put_in(sql)})
        answer = client.post(SQL, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {200, 422}, (sql, answer.text)
        assert CANARY not in answer.text
        page = client.post(
            f"/projects/{PROJECT}/sql", data={"sql": ground.put_in(sql).encode("utf-8", "replace").decode()}
        )
        assert page.status_code in {200, 422}, sql
    assert client.post(SQL, json={"sql": "select 1 as one"}).json()["rows"] == [[1]]
