"""The JSON API keeps what its OpenAPI description says, whatever is sent to it: no fault of ours, no other shape."""

from __future__ import annotations

import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrv.dataroom import sessions
from mrv.dataroom.database import Database, moment
from mrv.dataroom.models import tokens
from mrv.dataroom.permissions import Action, Role
from tests.integration.dataroom.sites import PERIOD, PROJECT, Room

pytestmark = [pytest.mark.integration, pytest.mark.sqlite_only]
SEED = 8
OWN = r"^/api/v1/(account/(sessions|tokens|password|second-factor)|sign-out)"
"""What would end the way in that the requests come by."""
VALUES = f"""
[parameters]
"path.project" = "{PROJECT}"
"path.period" = "{PERIOD}"
"path.version" = 1
"""
"""What leads the requests to a package that is there; everything else is drawn."""
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def _token(room: Room, role: Role) -> str:
    user_id, _ = room.person(role)
    token_id, secret, now = uuid.uuid4().hex[:12], uuid.uuid4().hex, datetime.now(UTC)
    database = Database(room.database_url)
    with database.writing() as connection:
        connection.execute(
            tokens.insert().values(
                token_id=token_id,
                secret_hash=sessions.hashed(secret),
                user_id=user_id,
                name="test",
                scopes=" ".join(sorted(Action)),
                created_at=moment(now),
                expires_at=moment(now + timedelta(days=1)),
            )
        )
    database.close()
    return f"mrv_{token_id}_{secret}"


def held(room: Room, folder: Path, role: Role, *drawn: str) -> subprocess.CompletedProcess[str]:
    """Send drawn requests with a role's token, and hold the answers against the description."""
    (folder / "schemathesis.toml").write_text(VALUES)
    command = [
        Path(sys.executable).absolute().parent / "schemathesis", "run", f"{room.url}/api/v1/openapi.json",
        "--url", room.url, "--header", f"Authorization: Bearer {_token(room, role)}", "--checks", CHECKS,
        "--seed", str(SEED), "--generation-database", "none", "--request-timeout", "20", "--exclude-path-regex", OWN,
        "--no-color", "--warnings", "off", *drawn,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False, cwd=folder)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.VERIFIER])
def test_the_api_holds_its_description_against_the_limits_of_each_parameter(room, tmp_path, role):
    """The limits alone, which are soon through; what is drawn freely besides is in the long tests."""
    ended = held(room, tmp_path, role, "--phases", "coverage")
    assert ended.returncode == 0, ended.stdout[:9000] + ended.stderr[-2000:]
