"""What no route should see is refused before it; every answer has its headers; faults and logs tell nothing."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from mrv.dataroom import sessions
from mrv.dataroom.permissions import Role
from mrv.dataroom.security import ATTACHMENT_BYTES, BODY_BYTES, CONTENT_POLICY, HEADERS
from tests.integration.dataroom.sites import running

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "path", ["/healthz", "/projects", "/nowhere", "/static/room.css", "/static/none.css", "/api/v1/nowhere", "/metrics"]
)
def test_every_answer_has_the_headers(room, path):
    answer = room.client().get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in CONTENT_POLICY
    assert len(answer.headers["x-request-id"]) == 16
    assert "strict-transport-security" not in answer.headers  # this one is not behind TLS
    assert answer.headers["cache-control"] in {"no-store", "no-cache"}


def test_refusals_have_the_headers_too(room):
    client = room.client()
    for answer in (
        client.get("/projects", headers={"Host": "rebound.example"}),
        client.post("/language", data={"language": "en"}, headers={"Origin": "https://evil.example"}),
        client.post("/language", content=b"x" * (BODY_BYTES + 1)),
    ):
        assert answer.status_code in {421, 403, 413}
        assert answer.headers["content-security-policy"] == CONTENT_POLICY


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer mrv_x_y"}, 403),  # with a session beside it
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),  # another port is another site
        ({"Origin": ""}, 403),
    ],
)
def test_forms_of_other_sites_are_refused(room, headers, status):
    _, secret = room.person(Role.VERIFIER)
    client = room.client(cookie=secret)
    del client.headers["Origin"]
    assert client.post("/language", data={"language": "en"}, headers=headers).status_code == status


def test_a_form_that_says_not_where_it_comes_from_is_refused_with_a_session_and_taken_without(room):
    _, secret = room.person(Role.VERIFIER)
    for cookie, status in ((secret, 403), (None, 303)):
        client = room.client(cookie=cookie)
        del client.headers["Origin"]
        assert client.post("/language", data={"language": "en"}).status_code == status


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.evil.example", "", "local host", "[::1"])
def test_a_name_that_is_not_ours_is_refused(room, host):
    port = int(room.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"GET /projects HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        status = line.recv(64).split(b" ")[1]
    assert status in {b"421", b"400"}


def test_large_bodies_are_refused_by_length_and_in_chunks(room):
    client = room.signed_in(Role.VERIFIER)

    def chunks():
        for _ in range(5):
            yield b"language=en&back=" + b"x" * (BODY_BYTES // 4)

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/language", content=chunks(), headers=headers).status_code == 413
    assert client.post("/language", content=b"x" * (BODY_BYTES + 1), headers=headers).status_code == 413
    answer = client.post("/api/v1/nowhere", content=b"x" * (BODY_BYTES + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    # A picture that is too large: its sender hears why, after all of it was taken off the line.
    files = {"attachment": ("large.bin", b"x" * (ATTACHMENT_BYTES + 1))}
    assert client.post("/projects/x/findings", files=files).status_code == 413
    announced = (
        f"POST /projects/x/findings HTTP/1.1\r\nHost: localhost\r\nContent-Length: {ATTACHMENT_BYTES * 10}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(room.url.rsplit(":", 1)[1])), timeout=10) as line:
        line.sendall(
            announced.replace("\r\n\r\n", "\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n").encode()
        )
        assert line.recv(64).split(b" ")[1] == b"413"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/%2e%2e%2f%2e%2e%2fsettings.py",
        "/static/..%5capp.py", "/static/....//app.py", "/static//etc/passwd", "/static/%00", "/static/room.css%00.js",
        "/static/%252e%252e/app.py", "/static/..;/app.py", "/static/", "/static",
    ],
)  # fmt: skip
def test_no_address_leads_out_of_the_static_files(room, path):
    port = int(room.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.split(b" ")[1] in {b"404", b"400", b"307", b"405"}, answer[:200]
    assert b"import" not in answer
    assert b"root:" not in answer


@pytest.mark.parametrize(
    "back",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/%09/evil.example", "javascript:alert(1)",
     "/\t/evil.example", "http:evil.example", "///evil.example", " //evil.example"],
)  # fmt: skip
def test_forms_lead_back_only_to_own_pages(room, back):
    answer = room.signed_in(Role.VERIFIER).post("/language", data={"language": "en", "back": back})
    place = answer.headers["location"]
    assert httpx.URL(room.url).join(place).host == "127.0.0.1"
    assert place.startswith("/")
    assert not place.startswith(("//", "/\\"))


def test_a_session_that_a_stranger_chose_is_nobody(room):
    """Session fixation: only secrets that the server drew are sessions."""
    answer = room.client(cookie="chosen-by-a-stranger").get("/projects")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_errors_are_answered_in_the_readers_language_or_as_json(room):
    client = room.signed_in(Role.VERIFIER)
    for language, words in (("en", "Not found"), ("es", "No se encontró")):
        answer = client.get(f"/nowhere?lang={language}")
        assert answer.status_code == 404
        assert words in answer.text
        assert answer.headers["content-language"] == language
    answer = client.get("/api/v1/nowhere")
    assert answer.json() == {"error": "not_found", "detail": "Not Found", "request_id": answer.headers["x-request-id"]}
    assert client.delete("/healthz").json()["error"] == "wrong_method"
    wrong = client.post("/language", data={"language": "canary-secret-value"})
    assert wrong.status_code == 422
    assert "canary" not in wrong.text


def test_the_log_tells_what_was_asked_for_and_no_secret(room):
    """Queries, cookies, tokens, forms and the last parts of addresses may be secrets: none of them is logged."""
    canary = "canary5f1e"
    client = room.signed_in(Role.VERIFIER)
    client.get(f"/projects?key={canary}")
    client.get(f"/invitations/{canary}")
    client.get("/projects", headers={"Authorization": f"Bearer mrv_{canary}_{canary}", "Referer": f"http://x/{canary}"})
    client.get("/projects", headers={"Cookie": f"{sessions.COOKIE}={canary}", "User-Agent": canary})
    client.post("/sign-in", data={"email": f"{canary}@example.org", "password": canary})
    last = client.get("/healthz").headers["x-request-id"]
    text = _log_with(room, last)
    assert canary not in text
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    mine = next(line for line in lines if line.get("request_id") == last)
    assert (mine["route"], mine["status"], mine["method"]) == ("/healthz", 200, "GET")
    assert {"ms", "user_id", "bytes", "at"} <= mine.keys()


def _log_with(room, identifier):
    end = time.monotonic() + 10
    while identifier not in (text := room.log.read_text()) and time.monotonic() < end:
        time.sleep(0.02)
    return text


def test_counters_are_for_administrators_alone(room):
    assert room.client().get("/metrics").status_code == 401
    assert room.signed_in(Role.PREPARER).get("/metrics").status_code == 403
    text = room.signed_in(Role.ADMINISTRATOR).get("/metrics").text
    assert 'mrv_requests_total{method="GET",route="/healthz",status="200"}' in text
    assert 'mrv_request_seconds_bucket{le="0.3",route="/projects"}' in text


def test_behind_a_trusted_proxy_its_word_counts_and_a_strangers_does_not(packaged_home, tmp_path):
    """The address in the log is the one that the nearest trusted proxy saw; a base URL of https is enforced."""
    (tmp_path / "packages").symlink_to(packaged_home / "packages")
    settings = {
        "MRV_DATAROOM_TRUSTED_PROXIES": '["127.0.0.1", "10.0.0.0/8"]',
        "MRV_DATAROOM_BASE_URL": "https://room.example.org",
    }
    with running(tmp_path, **settings) as room:
        client = room.signed_in(Role.VERIFIER)
        headers = {"Host": "room.example.org", "X-Forwarded-For": "6.6.6.6, 203.0.113.9, 10.1.1.1"}
        answer = client.get("/projects", headers=headers)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert client.get("/projects", headers={"Host": "10.0.0.1"}).status_code == 421
        form = {"Host": "room.example.org", "Origin": "https://room.example.org"}
        assert client.post("/language", data={"language": "en"}, headers=form).status_code == 303
        text = _log_with(room, answer.headers["x-request-id"])
        line = next(line for line in text.splitlines() if answer.headers["x-request-id"] in line)
        assert json.loads(line)["address"] == "203.0.113.9"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("MRV_DATAROOM_BASE_URL", "room.example.org", "base URL"),
        ("MRV_DATAROOM_BASE_URL", "https://room.example.org/below", "base URL"),
        ("MRV_DATAROOM_TRUSTED_PROXIES", '["nearby"]', "trusted proxy"),
        ("MRV_DATAROOM_URL", "mysql://nowhere/x", "cannot be used"),
        ("MRV_DATAROOM_URL", "postgresql+psycopg://nobody:canary5f1e@127.0.0.1:1/x", "cannot be brought"),
    ],
)
def test_a_start_that_cannot_be_says_why_without_secrets(tmp_path, monkeypatch, name, value, told):
    monkeypatch.setenv("MRV_HOME", str(tmp_path))
    monkeypatch.setenv(name, value)
    ended = subprocess.run(
        [sys.executable, "-m", "mrv.cli", "serve", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode in {1, 2}
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "canary5f1e" not in ended.stderr


def test_a_request_that_runs_is_answered_before_the_server_ends(packaged_home, tmp_path):
    """SIGTERM: what was begun is finished, and the port is given back."""
    (tmp_path / "packages").symlink_to(packaged_home / "packages")
    with running(tmp_path) as room:
        port = int(room.url.rsplit(":", 1)[1])
        body = b"language=en&back=%2Fprojects"
        head = (
            f"POST /language HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
            time.sleep(0.3)
            threading.Timer(0.5, line.sendall, [body]).start()
            room.process.send_signal(signal.SIGTERM)
            assert line.recv(64).split(b" ")[1] == b"303"
        assert room.process.wait(20) == 0
