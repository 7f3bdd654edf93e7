"""Frozen samples survive version control that changes the ends of lines."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mrv.settings import REPOSITORY
from mrv.sources.sample_design_files import read_design
from tests.unit.sources.sample_folder import freeze

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


def git(folder: Path, *words: str) -> None:
    # As on Windows, where it is the usual setting.
    setting = ("-c", "core.autocrlf=true", "-c", "core.safecrlf=false")
    subprocess.run(["git", *setting, *words], cwd=folder, check=True, capture_output=True)


def test_a_frozen_design_comes_out_of_git_as_it_went_in(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / ".gitattributes", tmp_path)
    project = tmp_path / "projects" / "p"
    freeze(project / "samples" / "cover")
    (project / "notes.csv").write_bytes(b"a,b\n1,2\n")
    before = read_design(project / "samples" / "cover")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    shutil.rmtree(project)
    git(tmp_path, "checkout", "--", ".")
    assert (project / "notes.csv").read_bytes() == b"a,b\r\n1,2\r\n", "git changes no ends of lines here"
    assert read_design(project / "samples" / "cover") == before
