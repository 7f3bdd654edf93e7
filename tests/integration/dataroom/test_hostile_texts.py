"""Texts that people store are shown as texts: nothing in them runs in a real browser, on any page that shows them."""

from __future__ import annotations

import contextlib
import uuid

import pytest

from mrv.dataroom.database import Database, moment
from mrv.dataroom.models import finding_entries, findings, invitations, tokens, users
from mrv.dataroom.permissions import Role
from tests.browser import opened
from tests.integration.dataroom.sites import PERIOD, PROJECT

pytestmark = pytest.mark.integration
HOSTILE = (
    "<script>window.hit=1</script><img src=x onerror=window.hit=1><svg onload=window.hit=1>"
    "\"'><b onmouseover=window.hit=1 autofocus onfocus=window.hit=1>{{7*7}}</textarea></title><iframe src=javascript:window.hit=1>"
    "[x](javascript:window.hit=1) javascript:window.hit=1 ${7*7} &lt;script&gt; \u202e"
)
HOSTILE_ID = "0" * 31 + "1"
QUERY = "/projects/{project}/sql?sql=select%20'%3Cimg%20src%3Dx%20onerror%3Dwindow.hit%3D1%3E'%20as%20x"
PAGES = (
    "/projects", f"/projects/{PROJECT}", f"/projects/{PROJECT}/findings", f"/projects/{PROJECT}/findings/{HOSTILE_ID}",
    f"/projects/{PROJECT}/access-log", f"/projects/{PROJECT}/access-log/people", "/account", "/account/accesses", "/admin",
    "/admin/users", f"/admin/users/{HOSTILE_ID}", "/admin/invitations", "/admin/access-log", QUERY.format(project=PROJECT),
    f"/projects/{PROJECT}/periods/{PERIOD}/versions/1/files?q=%3Cscript%3Ewindow.hit%3D1%3C/script%3E",
    "/projects?lang=%22%3E%3Cscript%3Ewindow.hit%3D1%3C/script%3E", "/%3Cscript%3Ewindow.hit%3D1%3C/script%3E",
    "/sign-in?next=javascript:window.hit%3D1", "/projects/%22%3E%3Cimg%20src=x%20onerror=window.hit=1%3E",
)  # fmt: skip


def _store(room, user_id: str) -> None:
    """Put the hostile text into every text that somebody may choose."""
    until = "2099-01-01T00:00:00.000000Z"
    with contextlib.closing(Database(room.database_url)) as database, database.writing() as connection:
        mine = users.c.user_id == user_id
        connection.execute(users.update().where(mine).values(name=HOSTILE, organisation=HOSTILE))
        stranger = {
            "email": f"{HOSTILE}@example.org",
            "name": HOSTILE,
            "organisation": HOSTILE,
            "is_administrator": False,
        }
        connection.execute(users.insert().values(user_id=HOSTILE_ID, is_active=True, created_at=moment(), **stranger))
        connection.execute(
            tokens.insert().values(
                token_id=uuid.uuid4().hex[:12],
                secret_hash=uuid.uuid4().hex,
                user_id=user_id,
                name=HOSTILE,
                scopes="own",
                created_at=moment(),
                expires_at=until,
            )
        )
        connection.execute(
            invitations.insert().values(
                invitation_id=uuid.uuid4().hex,
                secret_hash=uuid.uuid4().hex,
                email=f"{HOSTILE}@example.org",
                is_administrator=False,
                grants="[]",
                invited_by=user_id,
                created_at=moment(),
                expires_at=until,
            )
        )
        connection.execute(
            findings.insert().values(
                finding_id=HOSTILE_ID,
                project=PROJECT,
                number=9_999,  # other tests raise findings in the same room
                type="CL",
                period=PERIOD,
                version=1,
                manifest_sha512="0" * 128,
                bound_kind="package",
                bound_to="",
                title=HOSTILE,
                state="open",
                raised_by=user_id,
                raised_at=moment(),
            )
        )
        connection.execute(
            finding_entries.insert().values(
                entry_id=HOSTILE_ID,
                finding_id=HOSTILE_ID,
                round=1,
                kind="raised",
                author=user_id,
                at=moment(),
                body=HOSTILE,
            )
        )


def test_no_stored_or_sent_text_runs_in_a_browser(room, browser):
    """Neither a script nor a broken Content Security Policy, which would mean that only the policy stopped one."""
    user_id, secret = room.person(Role.ADMINISTRATOR)
    _store(room, user_id)
    answers: dict[str, int] = {}
    with opened(browser, room.url, secret=secret) as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
        for path in PAGES:
            answer = page.goto(path)
            answers[path] = answer.status if answer else 0
            assert page.evaluate("typeof window.hit") == "undefined", path
            assert page.locator("iframe, b[onmouseover], img[onerror]").count() == 0, path
    assert {path for path, status in answers.items() if status >= 500} == set()
    assert answers[f"/projects/{PROJECT}/findings/{HOSTILE_ID}"] == 200
