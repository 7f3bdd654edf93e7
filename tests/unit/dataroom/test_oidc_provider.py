"""What a provider may say of itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mrv.dataroom import oidc_provider
from mrv.dataroom.phrased import Refused


class Said(BaseHTTPRequestHandler):
    """Answers every request with what the test has put into the server."""

    def do_GET(self) -> None:
        status, body = self.server.said  # type: ignore[attr-defined]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Said)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def whole(issuer: str) -> dict[str, object]:
    return {name: f"{issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")} | {
        "issuer": issuer
    }


def asked(provider: HTTPServer, status: int, said: object) -> oidc_provider.Provider:
    provider.said = (status, said if isinstance(said, bytes) else json.dumps(said).encode())  # type: ignore[attr-defined]
    return oidc_provider.discover(f"http://127.0.0.1:{provider.server_port}")


def test_a_whole_description_is_taken_and_kept(provider):
    issuer = f"http://127.0.0.1:{provider.server_port}"
    found = asked(provider, 200, whole(issuer))
    assert (found.issuer, found.secret_in_body) == (issuer, False)
    assert asked(provider, 500, b"") == found, "kept for an hour"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://another.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
def test_another_issuer_and_addresses_that_are_not_encrypted_are_refused(provider, change):
    with pytest.raises(Refused) as refusal:
        asked(provider, 200, whole(f"http://127.0.0.1:{provider.server_port}") | change)
    assert refusal.value.phrase == "oidc.unusable"


@pytest.mark.parametrize(
    ("status", "said", "phrase"),
    [
        (503, b"", "oidc.away"),
        (200, b"<html>", "oidc.unusable"),
        (200, b"[]", "oidc.unusable"),
        (200, b"{}", "oidc.unusable"),
        (200, b" " * (1 << 21), "oidc.unusable"),
        (404, b"{}", "oidc.unusable"),
        (302, b"{}", "oidc.unusable"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told(provider, status, said, phrase):
    with pytest.raises(Refused) as refusal:
        asked(provider, status, said)
    assert refusal.value.phrase == phrase
