"""The package of Sierra de Neiba before a verifier: the tools of others accept it, and every table is made anew the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.real, pytest.mark.integration]


def test_verifies_by_three_tools_and_is_made_anew_the_same(
    real_project: Callable[[str], Path], mrv_run: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    published, home = Path(mrv_run(real_project("sierra_de_neiba"))["package"]), tmp_path / "home"
    package, signers = tmp_path / "at-the-verifiers" / published.name, tmp_path / "allowed_signers"
    shutil.copytree(published, package)
    shutil.copy(home / "keys" / "allowed_signers", signers)
    # What the verifier gets is all that there is: neither the project's home nor its folder.
    home.rename(tmp_path / "gone")
    (tmp_path / "sierra_de_neiba").rename(tmp_path / "gone" / "project")

    for tool, words in {
        "sha512sum": ["sha512sum", "--strict", "--quiet", "-c", "manifest-sha512.txt"],
        "ssh-keygen": [
            *("ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "sierra_de_neiba@mrv", "-n", "redd-package"),
            *("-s", "tagmanifest-sha512.txt.sig"),
        ],
    }.items():
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
        with (package / "tagmanifest-sha512.txt").open("rb") as content:
            subprocess.run(words, cwd=package, stdin=content, check=True, capture_output=True)

    done = _mrv(tmp_path, "verify", str(package), "--allowed-signers", str(signers))
    assert done.returncode == 0, done.stdout + done.stderr
    done = _mrv(tmp_path, "reperform", str(package), "--allowed-signers", str(signers), "--complete")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of 3 input files at hand, nothing is missing" in done.stdout
    tables, rows, figures = map(int, re.findall(r"(\d[\d,]*) (?:tables|figures)", done.stdout)[:3])
    assert min(tables, rows, figures) > 5
    assert done.stdout.splitlines()[-1] == "same"


def _mrv(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Call mrv as a verifier does: from another folder, in another time zone, without any home."""
    environment = {name: value for name, value in os.environ.items() if name not in {"HOME", "MRV_HOME"}}
    environment |= {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"}
    (folder / "elsewhere").mkdir(exist_ok=True)
    return subprocess.run(
        [str(Path(sys.executable).with_name("mrv")), *words],
        env=environment,
        cwd=folder / "elsewhere",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
