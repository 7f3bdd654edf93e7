"""What the access log says of downloads."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from mrv.dataroom.database import Database
from mrv.dataroom.models import access_log
from mrv.dataroom.permissions import Role
from tests.integration.dataroom.sites import PERIOD, PROJECT

pytestmark = pytest.mark.integration
LISTING = f"/api/v1/projects/{PROJECT}/periods/{PERIOD}/versions/1/files"


def downloads(room):
    database = Database(room.database_url)
    with database.reading() as connection:
        query = sa.select(access_log).where(access_log.c.action == "download").order_by(access_log.c.entry_no)
        rows = [dict(row) for row in connection.execute(query).mappings()]
    database.close()
    return rows


def test_a_resumed_transfer_is_logged_once_before_its_bytes(room):
    reader = room.signed_in(Role.REGISTRY_READER)
    listing = reader.get(LISTING).raise_for_status().json()
    file, other = listing["archive"], next(one for one in listing["files"] if one["path"] == "bagit.txt")
    before = len(downloads(room))
    for start in range(0, 50, 10):
        reader.get(file["download"], headers={"Range": f"bytes={start}-{start + 9}"}).raise_for_status()
    reader.head(file["download"])
    reader.get(other["download"])
    made = downloads(room)[before:]
    assert [row["object"] for row in made] == [
        f"{listing['package']}/{file['file_id']}",
        f"{listing['package']}/{other['file_id']}",
    ]
    detail = json.loads(made[0]["detail"])
    assert (detail["sha256"], detail["range"]) == (file["sha256"], "bytes=0-9")
