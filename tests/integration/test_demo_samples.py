"""The samples that the demo project keeps are those which its commands make, byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mrv.simulator.demo_samples import PROJECT, make_samples

pytestmark = pytest.mark.integration


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_demo_samples_come_out_as_they_are_kept(tmp_path: Path) -> None:
    project = tmp_path / PROJECT.name
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("samples"))
    make_samples(project, tmp_path / "work")
    made, kept = files(project / "samples"), files(PROJECT / "samples")
    assert sorted(made) == sorted(kept)
    assert {name.split("/")[0] for name in kept} == {"mp1", "mp4"}
    assert [name for name in kept if made[name] != kept[name]] == []
