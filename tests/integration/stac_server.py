"""A real STAC API for tests: stac-fastapi with PostgreSQL and pgstac behind it, and images served beside it, all on loopback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

BIN = Path(sys.executable).parent
START_TIMEOUT_S = 60.0
EXTENSIONS = Path("/usr/share/postgresql")


def missing() -> str | None:
    """Return what this machine lacks for the server, or None."""
    if _postgres() is None:
        return "PostgreSQL is not installed"
    if not list(EXTENSIONS.glob("*/extension/postgis.control")):
        return "PostGIS is not installed"
    return None


def _postgres() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def stac_api(collections: Sequence[Mapping[str, Any]], items: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Serve collections and items until the block ends; gives the root of the API."""
    with tempfile.TemporaryDirectory(prefix="stac-") as name, _database(Path(name)) as environment:
        folder = Path(name)
        for kind, objects in (("collections", collections), ("items", items)):
            file = folder / f"{kind}.ndjson"
            file.write_text("".join(f"{json.dumps(item)}\n" for item in objects), encoding="utf-8")
            command = [BIN / "pypgstac", "load", kind, file, "--method", "insert"]
            subprocess.run(command, env=environment, check=True, capture_output=True)
        port = free_port()
        command = [
            BIN / "uvicorn",
            "stac_fastapi.pgstac.app:create_app",
            "--factory",
            "--port",
            str(port),
            "--log-level",
            "warning",
        ]
        with (folder / "api.log").open("wb") as log:
            server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, server, folder / "api.log")
            yield url
        finally:
            server.terminate()
            server.wait(timeout=START_TIMEOUT_S)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"the STAC API did not start: {log.read_text(encoding='utf-8')[-2000:]}")


@contextmanager
def _database(folder: Path) -> Iterator[dict[str, str]]:
    """Start PostgreSQL with pgstac in a folder; gives the environment of its clients.

    PostgreSQL refuses to run as root: there it runs as the user that Debian's package makes for it.
    """
    programs = _postgres()
    assert programs is not None
    data = folder / "data"
    data.mkdir()
    as_user: list[str] = []
    if os.geteuid() == 0:
        as_user = ["runuser", "-u", "postgres", "--"]
        folder.chmod(0o755)
        shutil.chown(data, "postgres")
    port = free_port()
    init = [programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C"]
    subprocess.run([*as_user, *map(str, init)], check=True, capture_output=True, cwd="/")
    options = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
    command = [*as_user, str(programs / "postgres"), "-D", str(data), "-p", str(port), *options]
    environment = {
        **os.environ,
        "PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres", "PGPASSWORD": "unused", "PGDATABASE": "postgres",
        "ENABLE_RESPONSE_MODELS": "false",
    }  # fmt: skip
    with (folder / "postgres.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while subprocess.run([programs / "pg_isready", "-q"], env=environment, check=False).returncode:
            assert server.poll() is None and time.monotonic() < deadline, (folder / "postgres.log").read_text()
            time.sleep(0.1)
        subprocess.run([BIN / "pypgstac", "migrate"], env=environment, check=True, capture_output=True)
        yield environment
    finally:
        # Through `runuser` a signal would not arrive: the server is asked to stop by its own means.
        stop = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, capture_output=True, cwd="/")
        server.wait(timeout=START_TIMEOUT_S)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def image_server(folder: Path) -> Iterator[str]:
    """Serve a folder over HTTP until the block ends; gives its root."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
