"""Servers on loopback that answer as told, and a request to a source with a folder of its own: for tests of connectors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.settings import Settings
from mrv.sources.contract import Request
from mrv.store import Store

Reply = Callable[[str], tuple[int, dict[str, str], bytes]]


class Host:
    """A server that answers as told and notes (path, headers) of each request."""

    def __init__(self) -> None:
        self.reply: Reply = lambda _: (200, {}, b"")
        self.requests: list[tuple[str, dict[str, str]]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                status, headers, body = host.reply(self.path)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        self.address = f"127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def request_of(
    folder: Path, ledger: Ledger, settings: Settings, *, window: Span, bounds: tuple[float, float, float, float]
) -> Request:
    """Return a request of the project `p`, whose files lie in the folder."""
    return Request(
        project_id="p",
        window=window,
        bounds=bounds,
        project_folder=folder,
        store=Store(settings.raw_dir),
        ledger=ledger,
        settings=settings,
    )
