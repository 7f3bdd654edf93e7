"""The demo's package made anew by a verifier: without the files that name people, and with the annex; without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.demo_home import MRV, PROJECT, Demo, mrv

NO_NETWORK = ("unshare", "--map-root-user", "--net")
CARBON = {"plots", "trees", "dead_wood_pieces", "litter_samples", "soil_samples", "sample_labels"}


@pytest.fixture(scope="module")
def annex(demo_home: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # The command only reads the home.
    folder = tmp_path_factory.mktemp("annex") / "annex"
    done = mrv(demo_home.home, "annex", PROJECT, "--period", "mp4", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def made_anew(demo: Demo, folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Call `mrv reperform` as a verifier does: elsewhere, without a home or a network, in another time zone and locale."""
    environment = {name: value for name, value in os.environ.items() if name not in {"HOME", "MRV_HOME"}}
    environment |= {"TZ": "Pacific/Kiritimati", "LC_ALL": "C"}
    signers = shutil.copy(demo.home / "keys" / "allowed_signers", folder / "signers")
    command = [str(MRV), "reperform", str(words[0]), "--allowed-signers", str(signers), "--json", *words[1:]]
    apart = [*NO_NETWORK] if _can_cut_the_network() else []
    done = subprocess.run(
        [*apart, *command], env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def _can_cut_the_network() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NO_NETWORK, sys.executable, "-c", ""], capture_output=True, check=False).returncode == 0


def test_what_the_annex_holds_is_what_the_package_withholds(demo_home: Demo, annex: Path) -> None:
    listed = (demo_home.package / "data/inputs/fetch.csv").read_text(encoding="utf-8").splitlines()[1:]
    private = (demo_home.package / "data/provenance/private_files.csv").read_text(encoding="utf-8").splitlines()[1:]
    files = {path.name for path in annex.iterdir()}
    assert files - {"LIST.csv", "README.txt"} == {line.split(",")[0] for line in listed} | {
        line.rpartition(",")[2] for line in private
    }
    note = (annex / "README.txt").read_text(encoding="utf-8")
    assert "CONFIDENTIAL / CONFIDENCIAL" in note
    assert annex.stat().st_mode & 0o077 == 0


def test_with_the_annex_everything_is_made_anew_and_the_same(demo_home: Demo, annex: Path, tmp_path: Path) -> None:
    code, found = made_anew(demo_home, tmp_path, str(demo_home.package), "--inputs", str(annex), "--complete")
    assert (code, found["same"], found["complete"], found["same_code"]) == (0, True, True, True), found
    assert (found["missing"], found["given"], found["not_made"], found["figures_not_made"]) == (0, [], {}, 0)
    said = (demo_home.package / "data/tables/csv/figures.csv").read_text(encoding="utf-8").count("\n") - 1
    assert found["figures"] == said


def test_without_the_annex_tonnes_are_made_anew_and_what_is_not_is_said(demo_home: Demo, tmp_path: Path) -> None:
    archive = demo_home.package.with_name(f"{demo_home.package.name}.zip")
    code, found = made_anew(demo_home, tmp_path, str(archive))
    assert (code, found["same"], found["complete"]) == (0, True, False), found
    assert found["missing"] > 0
    assert set(found["given"]) >= CARBON, "the report says whose word it takes"
    tonnes = {"emission_reductions", "stratum_carbon", "project_emissions", "baseline_emissions"}
    assert not tonnes & found["not_made"].keys()
    assert all(reason for reason in found["not_made"].values())
    assert found["figures"] > 10 * found["figures_not_made"] > 0
