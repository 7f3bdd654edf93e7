"""Downloads of 1 GiB from the data room on loopback, one and two together, whole and by range, beside nginx for the same file.

    python -m benchmarks.data_room_downloads [folder]

A page is asked for all the while. The folder (default: a temporary one) needs 2 GB. Without nginx its lines are left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import httpx

from mrv.dataroom import sessions
from mrv.dataroom.permissions import Role
from mrv.dataroom.serving import free_port
from tests.integration.dataroom.sites import PERIOD, PROJECT, running, sample_home

GIB = 2**30
PIECE = 2**20
ROUNDS = 3


def main() -> None:
    """Measure, and print one line for each case."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        home = sample_home(Path(name) / "home")
        archive = home / "packages" / PROJECT / PERIOD / f"VP-{PROJECT}-{PERIOD}-v1.zip"
        with archive.open("wb") as stream:
            for _ in range(GIB // (16 * PIECE)):
                stream.write(os.urandom(16 * PIECE))
        with running(home) as room, nginx(archive, Path(name)) as other:
            secret = room.person(Role.VERIFIER)[1]
            cookie = {"Cookie": f"{sessions.COOKIE}={secret}"}
            reader = room.client(secret)
            reader.timeout = httpx.Timeout(120)
            files = f"/api/v1/projects/{PROJECT}/periods/{PERIOD}/versions/1/files"
            path = reader.get(files).raise_for_status().json()["archive"]["download"]
            for asked in (None, "bytes=1-"):
                for together in (1, 2):
                    ours = max(_measured(room.url, path, cookie, asked, together, reader) for _ in range(ROUNDS))
                    line = f"{together} x 1 GiB {asked or 'whole':9}: data room {ours[0]:6.0f} MB/s"
                    if other is not None:
                        theirs = max(_measured(other, f"/{archive.name}", {}, asked, together) for _ in range(ROUNDS))
                        line += f", nginx {theirs[0]:6.0f} MB/s, ratio {ours[0] / theirs[0]:.2f}"
                    print(f"{line}; a page meanwhile took {ours[1]:.0f} ms (median)")


def _measured(
    url: str, path: str, headers: dict[str, str], asked: str | None, together: int, reader: httpx.Client | None = None
) -> tuple[float, float]:
    """Return MB/s of all downloads together, and the median time of a page in milliseconds."""
    amounts: list[int] = []
    threads = [
        threading.Thread(target=lambda: amounts.append(_taken(url, path, headers, asked))) for _ in range(together)
    ]
    start, times = time.perf_counter(), [0.0]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if reader is not None:
            before = time.perf_counter()
            reader.get("/projects").raise_for_status()
            times.append(1000 * (time.perf_counter() - before))
        time.sleep(0.02)
    took = time.perf_counter() - start
    return sum(amounts) / took / 1e6, sorted(times)[len(times) // 2]


def _taken(url: str, path: str, headers: dict[str, str], asked: str | None) -> int:
    connection = HTTPConnection(url.removeprefix("http://"))
    connection.request("GET", path, headers=headers | ({"Range": asked} if asked else {}))
    answer, buffer, taken = connection.getresponse(), memoryview(bytearray(PIECE)), 0
    if answer.status not in {200, 206}:
        raise SystemExit(f"{url}{path} answered {answer.status}")
    while count := answer.readinto(buffer):
        taken += count
    connection.close()
    return taken


@contextmanager
def nginx(file: Path, folder: Path) -> Iterator[str | None]:
    """Serve the folder of a file by nginx with Debian's settings for files; None where it is not installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        print("nginx is not installed (apt-get install nginx-light): its figures are left out")
        yield None
        return
    port, place = free_port("127.0.0.1"), folder / "nginx"
    place.mkdir()
    (place / "nginx.conf").write_text(
        f"daemon off; pid {place}/pid; error_log {place}/error.log; worker_processes 1; user root;\n"
        f"events {{}} http {{ access_log off; sendfile on; tcp_nopush on;\n"
        f"server {{ listen 127.0.0.1:{port}; root {file.parent}; }} }}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen([program, "-p", str(place), "-c", str(place / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                httpx.head(f"http://127.0.0.1:{port}/")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
