"""Every route asked by every kind of caller: the requests from the route table, the decisions from the server's log.

`python -m tests.integration.dataroom.every_route` prints what the running code decides, as `routes.csv` has it. A change of
that file is a change of who may what: read each line of it before it is kept.
"""

from __future__ import annotations

import contextlib
import csv
import json
import re
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from mrv.dataroom import sessions
from mrv.dataroom.app import declared_routes
from mrv.dataroom.database import Database, moment
from mrv.dataroom.models import grants, public_projects, tokens
from mrv.dataroom.permissions import Action, Role
from mrv.dataroom.security import SAFE
from tests.integration.dataroom.sites import PERIOD, PROJECT, Room, running, sample_home

CALLERS = (
    "public",
    "public, project open",
    "second factor missing",
    "nobody's grants",
    "verifier of another project",
    "ended verifier",
    "registry reader",
    "analyst",
    "verifier",
    "verifier's token without the scope",
    "preparer",
    "administrator",
)
COLUMNS = ("method", "path", "action", *CALLERS)
_VALUES = {"project": PROJECT, "period": PERIOD, "version": "1"}
_ROLES = {
    "nobody's grants": None,
    "ended verifier": Role.VERIFIER,
    "registry reader": Role.REGISTRY_READER,
    "analyst": Role.ANALYST,
    "verifier": Role.VERIFIER,
    "preparer": Role.PREPARER,
    "administrator": Role.ADMINISTRATOR,
    "second factor missing": Role.VERIFIER,
    "verifier of another project": Role.VERIFIER,
    "verifier's token without the scope": Role.VERIFIER,
}
_ANSWERS = {
    "sign_in": {303, 401},
    "second_factor": {303, 403},
    "refused": {403},
    "hidden": {404},
}
_SETTLE_S = 10.0


def decisions(home: Path) -> Iterator[dict[str, str]]:
    """Give a row per route: what was decided for each caller.

    Each answer's status is checked against the decision; routes that change something are asked with a new session each.
    """
    routes = sorted(set(declared_routes()), key=lambda route: (route[1], route[0]))
    asked: dict[str, tuple[tuple[str, str, Action], str, int]] = {}
    with running(home) as room, contextlib.closing(Database(room.database_url)) as database, room.client() as client:
        people = {caller: _person(room, database, caller) for caller in CALLERS if caller in _ROLES}
        for caller in CALLERS:
            _open(database, is_open=caller == "public, project open")
            with database.writing() as connection:
                ways_in = _ways_in(connection, caller, people.get(caller), routes)
            for route in routes:
                method, path, _ = route
                answer = client.request(method, re.sub(r"\{(\w+)(:\w+)?\}", _value, path), headers=ways_in[route])
                asked[answer.headers["x-request-id"]] = (route, caller, answer.status_code)
        told = _told(room, set(asked))
    rows: dict[tuple[str, str, Action], dict[str, str]] = {route: {} for route in routes}
    for identifier, (route, caller, status) in asked.items():
        decision = told[identifier]
        expected = _ANSWERS.get(decision)
        assert status < 500, (route, caller, status)
        assert expected is None or status in expected, (route, caller, decision, status)
        assert expected is not None or status != 401, (route, caller, decision, status)
        rows[route][caller] = decision
    for (method, path, action), row in rows.items():
        yield {"method": method, "path": path, "action": action, **row}


def _value(match: re.Match[str]) -> str:
    return _VALUES.get(match[1], "0000000000000000")


def _person(room: Room, database: Database, caller: str) -> str:
    elsewhere = {"project": "elsewhere"} if caller == "verifier of another project" else {}
    user_id, _ = room.person(_ROLES[caller], **elsewhere)
    if caller == "ended verifier":
        yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
        with database.writing() as connection:
            mine = grants.c.user_id == user_id
            connection.execute(grants.update().where(mine).values(starts_on="2020-01-01", ends_on=yesterday))
    return user_id


def _ways_in(
    connection: sa.Connection, caller: str, user_id: str | None, routes: list[tuple[str, str, Action]]
) -> dict[tuple[str, str, Action], dict[str, str]]:
    """Return what a caller asks each route with: what changes something may end a session, and so has one of its own."""
    kept: dict[Action, dict[str, str]] = {}
    found = {}
    for route in routes:
        method, _, action = route
        if method not in SAFE or action not in kept:
            found[route] = _way_in(connection, caller, user_id, action)
        if method in SAFE:
            found[route] = kept.setdefault(action, found.get(route, {}))
    return found


def _way_in(connection: sa.Connection, caller: str, user_id: str | None, action: Action) -> dict[str, str]:
    """Return a new session or token."""
    if user_id is None:
        return {}
    if "token" in caller:
        return {"Authorization": f"Bearer {_token(connection, user_id, set(Action) - {action})}"}
    whole = caller != "second factor missing"
    secret = sessions.start(connection, user_id, is_complete=whole, address="127.0.0.1", agent="test")
    return {"Cookie": f"{sessions.COOKIE}={secret}"}


def _token(connection: sa.Connection, user_id: str, scopes: set[Action]) -> str:
    token_id, secret = uuid.uuid4().hex[:12], uuid.uuid4().hex
    now = datetime.now(UTC)
    connection.execute(
        tokens.insert().values(
            token_id=token_id,
            secret_hash=sessions.hashed(secret),
            user_id=user_id,
            name="test",
            scopes=" ".join(sorted(scopes)),
            created_at=moment(now),
            expires_at=moment(now + timedelta(days=1)),
        )
    )
    return f"mrv_{token_id}_{secret}"


def _open(database: Database, *, is_open: bool) -> None:
    with database.writing() as connection:
        connection.execute(public_projects.delete())
        if is_open:
            connection.execute(public_projects.insert().values(project=PROJECT, opened_by="test", opened_at=moment()))


def _told(room: Room, identifiers: set[str]) -> dict[str, str]:
    """Return what the server's log says was decided, by the id of the request."""
    end = time.monotonic() + _SETTLE_S
    while True:
        lines = [json.loads(line) for line in room.log.read_text().splitlines() if line.startswith("{")]
        told = {line["request_id"]: line.get("decision", "none") for line in lines if line["message"] == "request"}
        if identifiers <= told.keys() or time.monotonic() > end:
            return told
        time.sleep(0.05)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(decisions(sample_home(Path(name) / "home")))
