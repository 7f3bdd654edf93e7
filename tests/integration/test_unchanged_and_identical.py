"""Running again changes nothing and says so; running from an empty home gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mrv.approvals import Approver

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]


def hashes(folder: Path, *patterns: str) -> dict[str, str]:
    files = sorted(path for pattern in patterns for path in folder.rglob(pattern) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def state(home: Path) -> dict[str, int]:
    """Every file of the home but the ledger, with the moment it was last written."""
    kept = ("raw", "landed", "quarantine", "snapshots", "packages")
    return {str(path): path.stat().st_mtime_ns for name in kept for path in (home / name).rglob("*") if path.is_file()}


def test_an_unchanged_run_writes_nothing_and_says_so(published_site: Any, published_home: Path) -> None:
    # Without the harmless difference of paths between copies: the same project folder, the same home.
    before = state(published_site.home)
    result = published_site.run()
    assert result.changed_steps == ()
    assert not result.changed
    assert state(published_site.home) == before
    assert result.published.version == 1


def test_made_anew_elsewhere_the_package_and_its_archive_have_the_same_bytes(
    published_home: Path, tmp_path: Path
) -> None:
    """Another folder, home, time zone, locale, umask, hash seed, number of threads, and tomorrow."""
    package = next(path for path in (published_home / "packages").rglob("VP-*-v1") if path.is_dir())
    words = [package, published_home / "raw", published_home / "keys" / "signing_key", tmp_path / "packages", "077"]
    tomorrow = ["faketime", "+1 day"] if shutil.which("faketime") else []
    command = [*tomorrow, sys.executable, str(Path(__file__).with_name("package_again.py")), *map(str, words)]
    other = {
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "4711",
        "MRV_WORKERS": "1",
        "PYTHONPATH": str(ROOT),
    }
    environment = {name: value for name, value in os.environ.items() if name != "MRV_HOME"} | other
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    digests = json.loads(done.stdout)
    assert digests["manifest"] == hashlib.sha512((package / "manifest-sha512.txt").read_bytes()).hexdigest()
    archive = package.with_name(f"{package.name}.zip")
    assert digests["archive"] == hashlib.sha256(archive.read_bytes()).hexdigest()


def test_a_changed_parameter_opens_the_next_version_once_it_is_approved_and_keeps_the_old(published_site: Any) -> None:
    old = next(published_site.settings.packages_dir.rglob("VP-*-v1"))
    before = hashes(old, "*")
    published_site.edit(lambda content: content["parameters"][0].update(value=0.2))
    waiting = published_site.run()
    assert waiting.published.version == 1
    assert waiting.published.pending is not None
    assert waiting.published.pending.changes_figures
    assert {path.name for path in old.parent.glob("VP-*")} == {old.name, f"{old.name}.zip"}
    assert "transform" in waiting.changed_steps
    assert "measure land_cover_area" not in waiting.changed_steps, "pixels are not counted again for a buffer rate"
    result = published_site.run(approver=Approver("M. Ruiz", "the rating was approved"))
    assert result.published.version == 2
    assert "transform" not in result.changed_steps
    assert hashes(old, "*") == before


def test_a_run_killed_between_package_and_ledger_is_finished_by_the_next(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_arguments: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mrv.stages.publish._record", killed)
        with pytest.raises(KeyboardInterrupt):
            site.run()
    package = next(site.settings.packages_dir.rglob("VP-*-v1"))
    before = hashes(package, "*")
    result = site.run()
    assert result.published.path == package
    assert result.published.version == 1
    assert hashes(package, "*") == before


def test_a_lost_package_is_built_again_to_the_same_bytes(published_site: Any) -> None:
    package = next(published_site.settings.packages_dir.rglob("VP-*-v1"))
    before = hashes(package, "*")
    shutil.rmtree(package)
    result = published_site.run()
    assert result.published.path == package
    assert hashes(package, "*") == before


def test_a_damaged_snapshot_is_built_again(published_site: Any) -> None:
    database = next(published_site.settings.snapshots_dir.rglob("snapshot.duckdb"))
    database.unlink()
    result = published_site.run()
    assert "transform" in result.changed_steps
    assert database.exists()
    assert result.published.version == 1
