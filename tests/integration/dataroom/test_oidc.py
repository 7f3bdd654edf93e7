"""Signing in through a real OpenID Connect provider, and every way in which it must not let in."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import pytest
import sqlalchemy as sa

from mrv.dataroom import oidc, sessions
from mrv.dataroom.database import Database, moment
from mrv.dataroom.models import access_log, grants, invitations, oidc_requests, users
from tests.integration.dataroom.sites import Room, running

pytestmark = pytest.mark.integration
CLIENT = "data-room"
PEOPLE = {
    "ana": {"email": "Ana@example.org", "email_verified": True, "name": "Ana"},
    "bea": {"email": "bea@example.org", "email_verified": False},
    "carla": {"email": "carla@example.org", "email_verified": True},
    "dora": {"email": "dora@example.org", "email_verified": True},
    "eva": {"email": "eva@example.org", "email_verified": "true"},
}


@dataclass
class Site:
    room: Room
    issuer: str
    process: subprocess.Popen[bytes]

    def begin(self, path: str = "/projects") -> tuple[str, str]:
        """Return the provider's address, and what the browser keeps."""
        answer = self.room.client().get("/sign-in/oidc", params={"next": path})
        assert answer.status_code == 303, answer.text
        kept = re.search(rf"{oidc.COOKIE}=([^;]+)", answer.headers["set-cookie"])
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
        return answer.headers["location"], kept[1]

    def agree(self, address: str, who: str) -> str:
        """Sign in at the provider; return where it sends the browser, as path and query."""
        answer = httpx.post(address, data={"sub": who})
        parts = urlsplit(answer.headers["location"])
        return f"{parts.path}?{parts.query}"

    def back(self, path: str, kept: str | None) -> httpx.Response:
        headers = {"Accept-Language": "en"} | ({"Cookie": f"{oidc.COOKIE}={kept}"} if kept else {})
        return self.room.client().get(path, headers=headers)

    def sign_in(self, who: str, path: str = "/projects") -> httpx.Response:
        address, kept = self.begin(path)
        return self.back(self.agree(address, who), kept)

    def invite(self, email: str) -> None:
        database, now = Database(self.room.database_url), datetime.now(UTC)
        wish = {"project": "sample", "period": None, "role": "analyst", "starts_on": "2020-01-01", "ends_on": None}
        with database.writing() as connection:
            connection.execute(
                invitations.insert().values(
                    invitation_id=uuid.uuid4().hex,
                    secret_hash=uuid.uuid4().hex,
                    email=email,
                    is_administrator=False,
                    grants=json.dumps([wish]),
                    invited_by="test",
                    created_at=moment(now),
                    expires_at=moment(now + timedelta(days=1)),
                )
            )
        database.close()

    def change(self, statement: sa.Executable) -> None:
        database = Database(self.room.database_url)
        with database.writing() as connection:
            connection.execute(statement)
        database.close()

    def rows(self, query: sa.Select) -> list[sa.Row]:
        database = Database(self.room.database_url)
        with database.reading() as connection:
            rows = list(connection.execute(query))
        database.close()
        return rows


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def provider(port: int) -> Iterator[subprocess.Popen[bytes]]:
    claims = [part for sub, said in PEOPLE.items() for part in ("--user-claims", json.dumps({"sub": sub, **said}))]
    command = [sys.executable, "-m", "oidc_provider_mock", "-p", str(port), *claims]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            assert process.poll() is None
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration").status_code == 200:
                    break
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    home = tmp_path_factory.mktemp("oidc")
    with (
        provider(port) as process,
        running(
            home, MRV_OIDC_ISSUER=issuer, MRV_OIDC_CLIENT_ID=CLIENT, MRV_OIDC_CLIENT_SECRET="top-secret-of-the-client"
        ) as room,
    ):
        yield Site(room, issuer, process)


def refused(answer: httpx.Response, words: str, status: int = 403) -> None:
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert sessions.COOKIE + "=" not in answer.headers.get("set-cookie", "")


def test_who_was_invited_signs_in_and_is_known_from_then_on(site):
    site.invite("ana@example.org")
    first = site.sign_in("ana", "/projects?lang=en")
    assert (first.status_code, first.headers["location"]) == (303, "/projects?lang=en")
    secret = re.search(rf"{sessions.COOKIE}=([^;]+)", first.headers["set-cookie"])[1]
    assert site.room.client(secret).get("/projects").status_code == 200
    assert site.sign_in("ana").status_code == 303
    [user] = site.rows(sa.select(users).where(users.c.email == "ana@example.org"))
    assert (user.oidc_issuer, user.oidc_subject, user.password_hash) == (site.issuer, "ana", None)
    assert len(site.rows(sa.select(grants).where(grants.c.user_id == user.user_id))) == 1
    logged = site.rows(
        sa.select(access_log).where(access_log.c.user_id == user.user_id, access_log.c.action == "sign_in")
    )
    assert [row.actor for row in logged] == ["ana@example.org"] * 2
    site.change(users.update().where(users.c.user_id == user.user_id).values(is_active=False))
    refused(site.sign_in("ana"), "closed")


def test_an_address_that_is_not_verified_is_nobody(site):
    site.invite("bea@example.org")
    refused(site.sign_in("bea"), "verified")
    site.invite("eva@example.org")
    refused(site.sign_in("eva"), "verified")


def test_nobody_registers_themselves(site):
    refused(site.sign_in("carla"), "Nobody has invited carla@example.org")
    assert site.rows(sa.select(users).where(users.c.email == "carla@example.org")) == []
    [row] = site.rows(sa.select(access_log).where(access_log.c.object == "carla"))
    assert (row.action, row.outcome) == ("sign_in", "refused")


def test_an_account_with_a_password_is_not_taken_over(site):
    values = {
        "user_id": "dora",
        "email": "dora@example.org",
        "name": "Dora",
        "password_hash": "x",
        "created_at": moment(),
    }
    site.change(users.insert().values(is_administrator=False, is_active=True, **values))
    refused(site.sign_in("dora"), "signs in with a password")
    site.change(users.update().where(users.c.user_id == "dora").values(password_hash=None))
    assert site.sign_in("dora").status_code == 303


@pytest.mark.parametrize("kept", [None, "another", ""])
def test_an_answer_to_another_browser_is_refused(site, kept):
    address, _ = site.begin()
    refused(site.back(site.agree(address, "dora"), kept), "begun in another browser", 400)


def test_an_answer_counts_once(site):
    site.invite("dora@example.org")
    address, kept = site.begin()
    path = site.agree(address, "dora")
    site.back(path, kept)
    refused(site.back(path, kept), "used already", 400)


def test_a_state_that_nobody_gave_or_that_is_over_is_refused(site):
    refused(site.back(f"{oidc.CALLBACK}?state=made-up&code=x", "made-up"), "used already", 400)
    refused(site.back(oidc.CALLBACK, None), "used already", 400)
    address, kept = site.begin()
    site.change(oidc_requests.update().values(expires_at=moment(datetime.now(UTC) - timedelta(seconds=1))))
    refused(site.back(site.agree(address, "dora"), kept), "ten minutes", 400)


def test_a_token_for_another_request_is_refused(site):
    address, kept = site.begin()
    parts = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert "top-secret" not in address
    swapped = urlunsplit(parts._replace(query=urlencode({**asked, "nonce": "of-somebody-else"})))
    refused(site.back(site.agree(swapped, "dora"), kept), "could not be verified")


def test_a_code_that_the_provider_does_not_know_is_refused(site):
    address, kept = site.begin()
    state = parse_qs(urlsplit(address).query)["state"][0]
    refused(site.back(f"{oidc.CALLBACK}?state={state}&code=made-up", kept), "did not confirm")


@pytest.mark.parametrize(("error", "words"), [("access_denied", "cancelled"), ("<script>", "could not be completed")])
def test_what_the_provider_refuses_is_told_in_our_words(site, error, words):
    address, kept = site.begin()
    state = parse_qs(urlsplit(address).query)["state"][0]
    answer = site.back(f"{oidc.CALLBACK}?{urlencode({'state': state, 'error': error})}", kept)
    refused(answer, words)
    assert "<script>" not in answer.text


def test_an_answer_in_the_name_of_another_provider_is_refused(site):
    address, kept = site.begin()
    path = site.agree(address, "dora")
    refused(site.back(f"{path}&iss=https://elsewhere.example", kept), "used already", 400)


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x" * 300]
)
def test_the_way_back_never_leads_elsewhere(site, path):
    site.begin(path)
    [row] = site.rows(sa.select(oidc_requests.c.next_path).order_by(oidc_requests.c.expires_at.desc()).limit(1))
    assert row.next_path == "/projects"


def test_no_secret_of_the_sign_in_is_in_the_log(site):
    address, kept = site.begin()
    site.back(site.agree(address, "dora"), kept)
    text = site.room.log.read_text(errors="replace")
    assert kept not in text
    assert "top-secret-of-the-client" not in text


def test_a_room_without_a_provider_has_no_such_door(room):
    assert room.client().get("/sign-in/oidc").status_code == 404


def test_a_provider_that_is_away_or_another_one_is_told_and_nothing_else_stops(tmp_path):
    issuer = f"http://127.0.0.1:{free_port()}"
    with running(tmp_path, MRV_OIDC_ISSUER=issuer, MRV_OIDC_CLIENT_ID=CLIENT) as room:
        refused(room.client().get("/sign-in/oidc?lang=en"), "does not answer", 502)
        assert room.client().get("/healthz").status_code == 200
