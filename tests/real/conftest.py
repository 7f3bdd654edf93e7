"""Real data lie beside the project and are read by path; where they are absent, their tests say so and are skipped."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def shared() -> Path:
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the real data are not beside the project ({SHARED})")
    return SHARED


@pytest.fixture
def real_project(shared: Path, tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function that writes a definition of `projects/` into a folder of its own, its data by path."""

    def write(name: str, without: str = "") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        text = (HERE / "projects" / f"{name}.yaml").read_text(encoding="utf-8").replace("SHARED", shared.as_posix())
        if without:
            # One table of the source, from its path to the next one's.
            text = re.sub(rf"      - path: [^\n]*\n        dataset: {without}\n(?:        .*\n)+", "", text)
        (folder / "project.yaml").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def mrv_run(tmp_path: Path) -> Callable[[Path], dict[str, Any]]:
    """Return a function that runs `mrv run FOLDER --period p1` as a user would, and returns what it printed."""

    def run(folder: Path) -> dict[str, Any]:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("mrv")), "run", str(folder), "--period", "p1", "--json"],
            env={**os.environ, "MRV_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run
