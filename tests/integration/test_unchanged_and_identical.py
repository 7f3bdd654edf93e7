"""Running again changes nothing and says so; running from an empty home gives the same bytes."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from mrv.approvals import Approver

pytestmark = pytest.mark.integration


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


def test_an_empty_home_gives_the_same_tables_byte_for_byte(site: Any, published_home: Path) -> None:
    result = site.run()
    first = next((published_home / "packages").rglob("VP-*-v1"))
    patterns = ("*.parquet", "*.csv", "*.tif", "*.geojson", "*.sql")
    one, other = hashes(first, *patterns), hashes(result.published.path, *patterns)
    assert len(one) > 30
    assert one == other


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
