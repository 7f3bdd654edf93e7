"""The pages of the access log in a browser."""

from __future__ import annotations

import pytest

from mrv.dataroom.access_log import Act, append
from mrv.dataroom.database import Database
from mrv.dataroom.permissions import Role
from tests.browser import faults, keep, opened

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("dark", "narrow", "language"), [(False, False, "es"), (True, False, "en"), (False, True, "es")]
)
def test_the_log_and_its_people(browser, room, dark, narrow, language):
    user_id, secret = room.person(Role.VERIFIER)
    database = Database(room.database_url)
    with database.writing() as connection:
        for action, what in (
            ("open_package", "VP-sample-mp4-v2"),
            ("download", "VP-sample-mp4-v2/3f9a"),
            ("query", "v2"),
        ):
            detail = {"path": "data/tables/figures.parquet", "bytes": 18_221} if action == "download" else {}
            values = {"project": "sample", "period": "mp4", "detail": detail}
            append(connection, Act(user_id, "ana.torres@verificadora.example", "192.0.2.7", action, what, **values))
    database.close()
    look = f"{'dark' if dark else 'light'}-{'narrow' if narrow else 'wide'}-{language}"
    with opened(browser, room.url, secret=secret, dark=dark, narrow=narrow, language=language) as page:
        for path, name in (
            ("/projects/sample/access-log", "access-log"),
            ("/projects/sample/access-log/people", "access-people"),
            ("/account/accesses", "access-own"),
        ):
            page.goto(path)
            keep(page, f"{name}-{look}")
            assert faults(page) == []
