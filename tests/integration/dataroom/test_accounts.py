"""Signing in through the real server: limits, second factors, sessions, invitations, tokens, engagements."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
import sqlalchemy as sa

from mrv.dataroom import attempts, invitations, sessions
from mrv.dataroom.database import Database
from mrv.dataroom.doers import System
from mrv.dataroom.engagements import Wish
from mrv.dataroom.models import sessions as tables
from mrv.dataroom.models import users
from mrv.dataroom.permissions import Role
from tests.integration.dataroom.sites import PROJECT, Room

pytestmark = pytest.mark.integration
PASSWORD = "el bosque crece despacio"
END = "2099-12-31"


def cookie_of(answer: httpx.Response) -> str:
    """Return the session's secret that an answer sets, in a cookie that only this host over a safe line gets."""
    header = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(sessions.COOKIE))
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in header.split(";")}
    return re.match(rf"{sessions.COOKIE}=([^;]*)", header)[1]


def invited(room: Room, email: str, *wishes: Wish, administrator: bool = False) -> str:
    """Invite somebody as an administrator does over JSON; return the path of the link."""
    grants = [{name: value for name, value in vars(wish).items() if value} for wish in wishes]
    said = {"email": email, "grants": grants, "is_administrator": administrator}
    made = room.signed_in(Role.ADMINISTRATOR).post("/api/v1/admin/invitations", json=said)
    assert made.status_code == 201, made.text
    return "/" + made.json()["link"].split("/", 3)[3]


def accepted(room: Room, path: str) -> httpx.Response:
    return room.client().post(path, data={"name": "Rosa", "password": PASSWORD, "repeated": PASSWORD})


def sign_in(client: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/sign-in", data={"email": email, "password": password})


def test_an_analyst_is_invited_once_signs_in_and_out_and_no_session_is_planted(room):
    email = "analyst-invited@example.org"
    path = invited(room, email, Wish(PROJECT, "analyst"))
    assert "<form" in room.client().get(path).text
    weak = room.client().post(path, data={"name": "Rosa", "password": "short", "repeated": "short"})
    assert weak.status_code == 422 and "at least 12" in room.client().post(path + "?lang=en", data={"name": "R"}).text
    first = cookie_of(accepted(room, path))
    assert room.client(first).get(f"/projects/{PROJECT}").status_code == 200
    assert accepted(room, path).status_code == 404

    # A secret that somebody put into the browser beforehand is not the one that is signed in.
    second = cookie_of(sign_in(room.client("planted"), email))
    third = cookie_of(sign_in(room.client(second), email))
    assert len({"planted", first, second, third}) == 4
    assert [room.client(secret).get("/account").status_code for secret in ("planted", second, third)] == [303, 303, 200]
    assert room.client(third).post("/sign-out").headers["location"] == "/sign-in"
    assert room.client(third).get("/account").status_code == 303
    assert sign_in(room.client(), email).headers["location"] == "/projects"
    away = room.client().post("/sign-in", data={"email": email, "password": PASSWORD, "next": "//evil.example"})
    assert away.headers["location"] == "/projects"


def test_after_ten_failures_the_right_password_waits_and_unknown_accounts_look_the_same(room):
    email = "limited@example.org"
    owner = cookie_of(accepted(room, invited(room, email, Wish(PROJECT, "analyst"))))
    database = Database(room.database_url)
    with database.writing() as connection:
        # Their own address stays known for what they did there; here the limit of strangers is looked at.
        mine = sa.select(users.c.user_id).where(users.c.email == email).scalar_subquery()
        connection.execute(tables.update().where(tables.c.user_id == mine).values(address="192.0.2.1"))
    answers = {}
    for who in (email, "unknown@example.org"):
        answers[who] = [sign_in(room.client(), who, "wrong password").status_code for _ in range(3)]
    assert answers[email] == answers["unknown@example.org"] == [422] * 3
    with database.writing() as connection:
        for _ in range(attempts.PER_ACCOUNT - 3):
            attempts.begin(connection, email, None, "192.0.2.9")
    late = sign_in(room.client(), email)
    assert late.status_code == 429 and 0 < int(late.headers["retry-after"]) <= 901 and "UTC" in late.text
    assert room.client(owner).get("/account").status_code == 200
    database.close()


def test_an_administrator_sets_up_a_second_factor_whose_codes_count_once(room):
    email = "second-admin@example.org"
    half = cookie_of(accepted(room, invited(room, email, administrator=True)))
    client = room.client(half)
    assert client.get("/admin").headers["location"].startswith("/second-factor")
    assert client.get("/api/v1/account").status_code == 403
    seed = re.search(r"<code>([A-Z2-7]{32})</code>", client.get("/second-factor").text)[1]
    code = pyotp.TOTP(seed).now()
    assert client.post("/second-factor", data={"code": "000000"}).status_code == 422
    whole = cookie_of(client.post("/second-factor", data={"code": code}))
    assert whole != half
    assert [room.client(secret).get("/admin").status_code for secret in (half, whole)] == [303, 200]
    again = room.client(cookie_of(sign_in(room.client(), email)))
    assert again.post("/second-factor", data={"code": code}).status_code == 422
    assert seed not in again.get("/second-factor").text
    ahead = pyotp.TOTP(seed).at(datetime.now(UTC) + timedelta(seconds=30))
    assert again.post("/second-factor", data={"code": ahead}).status_code == 303


def test_a_changed_password_ends_the_other_sessions(room):
    email = "changes@example.org"
    here = cookie_of(accepted(room, invited(room, email, Wish(PROJECT, "analyst"))))
    other = cookie_of(sign_in(room.client(), email))
    said = {"current": "wrong", "password": "otra frase muy larga", "repeated": "otra frase muy larga"}
    assert room.client(here).post("/account/password", data=said).status_code == 422
    assert room.client(here).post("/account/password", data={**said, "current": PASSWORD}).status_code == 303
    assert [room.client(secret).get("/account").status_code for secret in (here, other)] == [200, 303]
    assert sign_in(room.client(), email).status_code == 422


def test_a_token_works_for_its_scopes_and_is_dead_at_the_next_request_after_it_was_revoked(room):
    person = room.signed_in(Role.VERIFIER)
    wish = {"name": "t", "scopes": ["read_project", "own"], "days": 1}
    assert person.post("/api/v1/account/tokens", json={**wish, "scopes": ["administer"]}).status_code == 422
    assert person.post("/api/v1/account/tokens", json={**wish, "days": 91}).status_code == 422
    token = person.post("/api/v1/account/tokens", json=wish).json()["token"]
    program = room.client(token=token)
    assert program.get(f"/projects/{PROJECT}").status_code == 200
    assert program.get(f"/projects/{PROJECT}/sql").status_code == 403
    # Whoever found a token cannot lock its owner out.
    for path, said in (
        ("second-factor", {}),
        ("second-factor/confirm", {"code": "000000"}),
        ("second-factor/remove", {"code": "0"}),
    ):
        assert program.post(f"/api/v1/account/{path}", json=said).status_code == 403, path
    new = {"current": PASSWORD, "password": "otra frase muy larga"}
    assert program.post("/api/v1/account/password", json=new).status_code == 403
    # A token makes none that may do more than itself.
    assert program.post("/api/v1/account/tokens", json={**wish, "scopes": ["query"]}).status_code == 422
    [listed] = person.get("/api/v1/account/tokens").json()
    assert listed["last_used_at"] and "secret_hash" not in listed
    assert person.delete(f"/api/v1/account/tokens/{listed['token_id']}").status_code == 204
    assert program.get("/api/v1/account").status_code == 401
    assert room.client(room.person(Role.VERIFIER)[1], token=token).get("/api/v1/account").status_code == 401
    assert room.signed_in(Role.VERIFIER).delete(f"/api/v1/account/tokens/{listed['token_id']}").status_code == 404


def test_a_disabled_users_sessions_and_tokens_are_dead_at_once(room):
    user_id, secret = room.person(Role.ANALYST)
    person, admin = room.client(secret), room.signed_in(Role.ADMINISTRATOR)
    wish = {"name": "t", "scopes": ["own"], "days": 1}
    program = room.client(token=person.post("/api/v1/account/tokens", json=wish).json()["token"])
    assert program.get("/api/v1/account").status_code == 200
    assert admin.post(f"/admin/users/{user_id}/active", data={"active": "no"}).status_code == 303
    assert [client.get("/api/v1/account").status_code for client in (person, program)] == [401, 401]
    assert admin.put(f"/api/v1/admin/users/{user_id}/active", json={"is_active": True}).status_code == 204
    assert [client.get("/api/v1/account").status_code for client in (person, program)] == [401, 200]


def test_an_engagement_that_ended_yesterday_opens_nothing_and_a_new_one_asks_for_a_second_factor(room):
    user_id, secret = room.person(None)
    person, admin = room.client(secret), room.signed_in(Role.ADMINISTRATOR)
    today = datetime.now(UTC).date()
    days = {"starts_on": str(today - timedelta(days=9)), "ends_on": str(today - timedelta(days=1))}
    wish = {"project": PROJECT, "role": "verifier", **days}
    made = admin.post(f"/api/v1/admin/users/{user_id}/grants", json=wish)
    assert made.status_code == 201 and person.get(f"/projects/{PROJECT}").status_code == 404
    end = f"/api/v1/admin/grants/{made.json()['grant_id']}"
    assert admin.put(f"{end}/end", json={"ends_on": str(today)}).status_code == 204
    assert person.get(f"/projects/{PROJECT}").status_code == 200
    assert admin.delete(end).status_code == 204
    assert person.get(f"/projects/{PROJECT}").status_code == 404
    assert admin.delete(end).status_code == 404
    # The account of an analyst with a password becomes a verifier's: the open session goes no further without a code.
    analyst = room.client(cookie_of(accepted(room, invited(room, "rises@example.org", Wish(PROJECT, "analyst")))))
    own = analyst.get("/api/v1/account").json()["user_id"]
    wish = {"name": "t", "scopes": ["own", "read_project"], "days": 1}
    program = room.client(token=analyst.post("/api/v1/account/tokens", json=wish).json()["token"])
    assert program.get(f"/api/v1/projects/{PROJECT}").status_code == 200
    said = {"project": PROJECT, "role": "verifier", "ends_on": END}
    assert admin.post(f"/admin/users/{own}/grants", data=said).status_code == 303
    assert analyst.get("/account").headers["location"].startswith("/second-factor")
    assert program.get(f"/api/v1/projects/{PROJECT}").json()["error"] == "second_factor"


def test_what_administrators_do_is_in_the_log_and_closed_to_others(room):
    admin, verifier = room.signed_in(Role.ADMINISTRATOR), room.signed_in(Role.VERIFIER)
    for path in ("/admin", "/admin/engagements", "/api/v1/admin/users", "/api/v1/admin/invitations"):
        assert [client.get(path).status_code for client in (admin, verifier)] == [200, 403], path
    assert verifier.put(f"/api/v1/admin/public-projects/{PROJECT}").status_code == 403
    assert admin.put("/api/v1/admin/public-projects/other").status_code == 204
    assert [row["project"] for row in admin.get("/api/v1/admin/public-projects").json()] == ["other"]
    assert admin.post("/admin/public-projects/other", data={"public": "no"}).status_code == 303
    path = invited(room, "withdrawn@example.org", Wish(PROJECT, "analyst"))
    [invitation] = [
        row for row in admin.get("/api/v1/admin/invitations").json() if row["email"] == "withdrawn@example.org"
    ]
    assert admin.delete(f"/api/v1/admin/invitations/{invitation['invitation_id']}").status_code == 204
    assert room.client().get(path).status_code == 404
    log = admin.get("/admin/access-log?lang=en").text
    assert "withdrew an invitation" in log and "opened a project to the public" in log


def test_a_forgotten_password_is_set_anew_by_a_link_once_and_ends_the_sessions(room):
    email = "forgets@example.org"
    before = cookie_of(accepted(room, invited(room, email, Wish(PROJECT, "analyst"))))
    wish = {"name": "t", "scopes": ["own"], "days": 1}
    program = room.client(token=room.client(before).post("/api/v1/account/tokens", json=wish).json()["token"])
    assert program.get("/api/v1/account").status_code == 200
    database = Database(room.database_url)
    with database.writing() as connection:
        earlier = f"/invitations/{invitations.password_link(connection, System(), email)}"
        link = f"/invitations/{invitations.password_link(connection, System(), email)}"
        assert invitations.live_for(connection, email) is None
    database.close()
    fresh = {"password": "una frase enteramente nueva", "repeated": "una frase enteramente nueva"}
    assert 'name="name"' not in room.client().get(link).text
    after = cookie_of(room.client().post(link, data=fresh))
    assert [room.client(secret).get("/account").status_code for secret in (before, after)] == [303, 200]
    assert [room.client().post(path, data=fresh).status_code for path in (link, earlier)] == [404, 404]
    assert program.get("/api/v1/account").status_code == 401
    assert [sign_in(room.client(), email, word).status_code for word in (PASSWORD, fresh["password"])] == [422, 303]


@pytest.mark.parametrize("name", ["Rosa\r\nBcc: x@example.org", "Rosa\x1b[31m", "Rosa\u202eatiR", " "])
def test_a_name_holds_only_what_is_seen(room, name):
    person = room.signed_in(Role.ANALYST)
    said = {"name": name, "organisation": "", "language": "en"}
    assert person.put("/api/v1/account", json=said).status_code == 422
    assert person.put("/api/v1/account", json={**said, "name": "Rosa Ñahui"}).status_code == 200
