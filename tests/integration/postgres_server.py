"""Debian's PostgreSQL for tests: started in a folder, on loopback, and stopped again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 60.0


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest, or None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a server until the block ends; gives its SQLAlchemy URL without the name of a database.

    PostgreSQL refuses to run as root: there it runs as the user that Debian's package makes for it.
    """
    binaries = programs()
    assert binaries is not None
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir()
        as_user: list[str] = []
        if os.geteuid() == 0:
            as_user = ["runuser", "-u", "postgres", "--"]
            folder.chmod(0o755)
            shutil.chown(data, "postgres")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        init = [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C"]
        subprocess.run([*as_user, *map(str, init)], check=True, capture_output=True, cwd="/")
        options = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
        command = [*as_user, str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options]
        with (folder / "postgres.log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        try:
            ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
            end = time.monotonic() + START_S
            while subprocess.run(ready, check=False).returncode:
                assert server.poll() is None and time.monotonic() < end, (folder / "postgres.log").read_text()
                time.sleep(0.1)
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}"
        finally:
            # Through `runuser` a signal would not arrive: the server is asked to stop by its own means.
            stop = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
            subprocess.run(stop, check=False, capture_output=True, cwd="/")
            server.wait(timeout=START_S)
