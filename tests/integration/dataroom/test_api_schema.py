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
from tests.integration.dataroom.sites import PERIOD, PROJECT

pytestmark = [pytest.mark.integration, pytest.mark.sqlite_only]
SEED, EXAMPLES, LONGEST_S = 8, 4, 20
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


def _token(room, role: Role) -> str:
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


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.VERIFIER])
def test_the_api_holds_its_description_against_drawn_requests(room, tmp_path, role):
    (tmp_path / "schemathesis.toml").write_text(VALUES)
    command = [
        Path(sys.executable).absolute().parent / "schemathesis", "run", f"{room.url}/api/v1/openapi.json",
        "--url", room.url, "--header", f"Authorization: Bearer {_token(room, role)}", "--checks", CHECKS,
        "--phases", "coverage,fuzzing", "--seed", str(SEED), "--max-examples", str(EXAMPLES), "--max-time", str(LONGEST_S),
        "--generation-database", "none", "--request-timeout", "20", "--exclude-path-regex", OWN,
        "--no-color", "--warnings", "off",
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout[:9000] + ended.stderr[-2000:]
