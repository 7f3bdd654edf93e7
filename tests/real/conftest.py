"""Real data lie beside the project and are read by path; where they are absent, their tests say so and are skipped."""

import re
from collections.abc import Callable
from pathlib import Path

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
