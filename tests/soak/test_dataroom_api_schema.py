"""The JSON API keeps its description whatever is drawn: minutes of requests of each role."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrv.dataroom.permissions import Role
from tests.integration.dataroom.sites import running, sample_home
from tests.integration.dataroom.test_api_schema import held

EXAMPLES, LONGEST_S = 50, 300


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.VERIFIER])
def test_the_api_holds_its_description_against_drawn_requests(tmp_path: Path, role: Role) -> None:
    drawn = ("--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES), "--max-time", str(LONGEST_S))
    with running(sample_home(tmp_path / "home")) as room:
        ended = held(room, tmp_path, role, *drawn)
    assert ended.returncode == 0, ended.stdout[:9000] + ended.stderr[-2000:]
