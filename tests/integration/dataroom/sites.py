"""A real data room for tests: a process of `mrv serve` on loopback, on a home with two small packages."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from mrv.dataroom import sessions
from mrv.dataroom.database import Database, moment
from mrv.dataroom.models import grants, users
from mrv.dataroom.permissions import Role
from mrv.package.build import build
from tests.unit.package.package_samples import sample_contents, sample_key

PROJECT, PERIOD = "sample", "mp4"
START_S = 60.0


def sample_home(home: Path) -> Path:
    """Put the small sample package into a home, version 1 and 2 of the same period."""
    contents = sample_contents(home / "sources")
    for version in (1, 2):
        build(replace(contents, version=version), folder=home / "packages" / PROJECT / PERIOD, key=sample_key())
    return home


@dataclass
class Room:
    """A running data room, and ways in."""

    url: str
    home: Path
    database_url: str
    process: subprocess.Popen[bytes]
    log: Path
    _clients: list[httpx.Client] = field(default_factory=list)

    def client(self, cookie: str | None = None, token: str | None = None) -> httpx.Client:
        """Return a client, signed in by a session's secret or a token, or nobody."""
        # Python's cookie jar keeps Secure cookies from plain HTTP, which browsers allow on loopback: sent by hand.
        headers = {"Origin": self.url}
        headers |= {"Cookie": f"{sessions.COOKIE}={cookie}"} if cookie else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        made = _plain(base_url=self.url, headers=headers, timeout=30, follow_redirects=False)
        self._clients.append(made)
        return made

    def person(self, role: Role | None, *, project: str = PROJECT, email: str | None = None) -> tuple[str, str]:
        """Add a user with one role (none: signed in, without any grant); return the user id and a session's secret."""
        database, user_id = Database(self.database_url), uuid.uuid4().hex
        with database.writing() as connection:
            connection.execute(
                users.insert().values(
                    user_id=user_id,
                    email=email or f"{role or 'nobody'}-{user_id[:6]}@example.org",
                    name=f"{role or 'nobody'} of the test",
                    language="en",
                    is_administrator=role is Role.ADMINISTRATOR,
                    is_active=True,
                    created_at=moment(),
                )
            )
            if role not in {None, Role.ADMINISTRATOR, Role.PUBLIC}:
                today = date.today()  # noqa: DTZ011 - a day, not a moment
                connection.execute(
                    grants.insert().values(
                        grant_id=uuid.uuid4().hex,
                        user_id=user_id,
                        project=project,
                        role=role,
                        starts_on=(today - timedelta(days=1)).isoformat(),
                        ends_on=(today + timedelta(days=30)).isoformat(),
                        granted_by="test",
                        granted_at=moment(),
                    )
                )
            secret = sessions.start(connection, user_id, is_complete=True, address="127.0.0.1", agent="test")
        database.close()
        return user_id, secret

    def signed_in(self, role: Role | None, **person: str) -> httpx.Client:
        """Return a client signed in with a role."""
        return self.client(self.person(role, **person)[1])


@contextlib.contextmanager
def running(home: Path, *, database_url: str | None = None, **environment: str) -> Iterator[Room]:
    """Serve a home until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = database_url or f"sqlite:///{home / 'dataroom' / 'dataroom.sqlite'}"
    settings = {"MRV_HOME": str(home), "MRV_DATAROOM_URL": address, **environment}
    log = home / "serve.log"
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "mrv.cli", "serve", "--port", str(port)],
            env={**os.environ, **settings},
            stdout=stream,
            stderr=stream,
        )
    room = Room(f"http://127.0.0.1:{port}", home, address, process, log)
    try:
        _wait(room)
        yield room
    finally:
        for client in room._clients:
            client.close()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _plain(**options: Any) -> httpx.Client:
    """Return a client of plain HTTP: it has no certificates to check, and reading them takes longer than many a test."""
    return httpx.Client(verify=False, **options)  # noqa: S501


def _wait(room: Room) -> None:
    end = time.monotonic() + START_S
    with _plain() as client:
        while time.monotonic() < end:
            assert room.process.poll() is None, room.log.read_text(errors="replace")
            with contextlib.suppress(httpx.TransportError):
                if client.get(f"{room.url}/healthz").status_code == 200:
                    return
            time.sleep(0.1)
    raise AssertionError(f"the data room did not start: {room.log.read_text(errors='replace')}")
