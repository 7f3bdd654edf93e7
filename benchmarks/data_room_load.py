"""A data room under load: verifiers on its pages while large files are downloaded, beside nginx giving the same file.

Each verifier asks for a page, reads it for a while and asks for the next, over one kept connection; the downloads run until the
pages are done, each started again when it is whole. Everything is on loopback. Milliseconds are those until the last byte of a
page. The memory is that of all processes of the data room together. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mrv.dataroom.permissions import Role  # noqa: E402
from mrv.files import hash_file  # noqa: E402
from mrv.package.build import build  # noqa: E402
from tests.integration.dataroom.sites import PERIOD, PROJECT, Room, running  # noqa: E402
from tests.unit.package.package_samples import sample_contents, sample_key  # noqa: E402

FILE_BYTES = 64 * 2**20
PART = 2**20
VERSION = f"/projects/{PROJECT}/periods/{PERIOD}/versions/1"
PAGES = ("/projects", f"/projects/{PROJECT}", VERSION, f"{VERSION}/files")


def main() -> None:
    """Run the load and print what it met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verifiers", type=int, default=50)
    parser.add_argument("--downloads", type=int, default=2)
    parser.add_argument("--mib", type=int, default=1024, help="Size of the file that is downloaded.")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--think", type=float, default=1.0, help="Seconds that a page is read for.")
    parser.add_argument("--nginx", default=shutil.which("nginx"), help="The program; default: the one on PATH.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        package_of(home, arguments.mib)
        with running(home) as room:
            told = _loaded(room, arguments)
        archive = next((home / "packages" / PROJECT / PERIOD).glob("*.zip"))
        told["nginx"] = _nginx(Path(arguments.nginx), archive, arguments) if arguments.nginx else "not installed"
    print(json.dumps(told | {"cores": os.cpu_count()}))


def package_of(home: Path, mib: int) -> None:
    """Put a package of about so many MiB into a home."""
    contents = sample_contents(home / "sources")
    inputs = home / "inputs"
    inputs.mkdir()
    for number in range(max(1, mib * PART // FILE_BYTES)):
        (inputs / str(number)).write_bytes(os.urandom(FILE_BYTES))
    files = {hash_file(path): path for path in sorted(inputs.iterdir())}
    more = [
        replace(contents.inputs[0], address=f"load/{number}", sha256=sha256, bytes=FILE_BYTES)
        for number, sha256 in enumerate(files)
    ]
    whole = replace(
        contents,
        inputs=[*contents.inputs, *more],
        input_files={**contents.input_files, **files},
        input_limit_bytes=2 * FILE_BYTES,
        withheld={},
    )
    build(whole, folder=home / "packages" / PROJECT / PERIOD, key=sample_key())
    shutil.rmtree(inputs)


def _loaded(room: Room, arguments: argparse.Namespace) -> dict[str, object]:
    port = int(room.url.rsplit(":", 1)[1])
    cookies = [f"Cookie: __Host-mrv={room.person(Role.VERIFIER)[1]}" for _ in range(arguments.verifiers)]
    listed = room.signed_in(Role.VERIFIER).get(f"/api/v1{VERSION}/files").json()
    archive = listed["archive"]
    for page in PAGES:  # each is drawn once before it counts
        room.signed_in(Role.VERIFIER).get(page).raise_for_status()
    quiet = asyncio.run(browse(port, cookies, arguments.seconds / 2, arguments.think))
    with (
        most_memory(room.process.pid) as memory,
        downloading(port, f"{VERSION}/files/{archive['file_id']}", cookies[: arguments.downloads]) as rates,
    ):
        busy = asyncio.run(browse(port, cookies, arguments.seconds, arguments.think))
    return {
        "verifiers": arguments.verifiers,
        "pages": _summary(busy),
        "pages_without_downloads": _summary(quiet),
        "download_mb_per_s_together": round(sum(rates) / 1e6),
        "memory_mb": max(memory) // 10**6,
    }


def _summary(times: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {"requests": len(times)} | {f"p{cut}_ms": round(cuts[cut - 1] * 1000, 1) for cut in (50, 95, 99)}


async def browse(port: int, cookies: Sequence[str], seconds: float, think: float) -> list[float]:
    """Let a verifier per cookie read pages; return the seconds of each page."""
    end = time.perf_counter() + seconds
    times: list[float] = []
    await asyncio.gather(*(_reader(port, cookie, number, end, think, times) for number, cookie in enumerate(cookies)))
    return times


async def _reader(port: int, cookie: str, number: int, end: float, think: float, times: list[float]) -> None:
    await asyncio.sleep(think * (number % 50) / 50)  # people do not click at the same moment
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    turn = number
    while time.perf_counter() < end:
        start = time.perf_counter()
        writer.write(f"GET {PAGES[turn % len(PAGES)]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{cookie}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if head.split(b" ")[1] != b"200":
            raise SystemExit(f"a page failed: {head[:200]!r}")
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        times.append(time.perf_counter() - start)
        turn += 1
        await asyncio.sleep(think)
    writer.close()


@contextmanager
def downloading(port: int, path: str, cookies: Sequence[str]) -> Iterator[list[float]]:
    """Download until the block ends; fills the list with the bytes per second of each."""
    ended, rates = multiprocessing.Event(), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=_download, args=(port, path, cookie, ended, rates)) for cookie in cookies]
    found: list[float] = []
    for worker in workers:
        worker.start()
    try:
        yield found
    finally:
        ended.set()
        found.extend(rates.get(timeout=60) for _ in workers)
        for worker in workers:
            worker.join()


def _download(port: int, path: str, cookie: str, ended: Event, rates: multiprocessing.Queue[float]) -> None:
    read, buffer, start = 0, bytearray(PART), time.perf_counter()
    while not ended.is_set():
        with socket.create_connection(("127.0.0.1", port)) as line:
            request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{cookie}\r\nConnection: close\r\n\r\n"
            line.sendall(request.encode())
            while not ended.is_set() and (count := line.recv_into(buffer)):
                read += count
    rates.put(read / (time.perf_counter() - start))


@contextmanager
def most_memory(pid: int) -> Iterator[list[int]]:
    """Fill the list with the resident bytes of a process and its children, ten times a second."""
    seen, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.1):
            family = psutil.Process(pid)
            seen.append(sum(each.memory_info().rss for each in [family, *family.children(recursive=True)]))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def _nginx(program: Path, archive: Path, arguments: argparse.Namespace) -> dict[str, float]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "nginx.conf").write_text(
            f"user root; daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
            f"http {{ access_log off; sendfile on; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;"
            f" fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;"
            f" server {{ listen 127.0.0.1:{port}; root {archive.parent}; }} }}\n"
        )
        server = subprocess.Popen([program, "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
        try:
            time.sleep(1)
            with downloading(port, f"/{archive.name}", ["X: x"] * arguments.downloads) as rates:
                time.sleep(arguments.seconds / 2)
        finally:
            server.terminate()
            server.wait()
    return {"download_mb_per_s_together": round(sum(rates) / 1e6)}


if __name__ == "__main__":
    main()
