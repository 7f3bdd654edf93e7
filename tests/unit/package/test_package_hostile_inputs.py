"""A package whose lists of inputs lead out of its folder is refused by both verifiers, and nothing of it is read or written."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mrv.errors import PackageError
from mrv.package.build import build
from mrv.package.verify import verify
from mrv.stages.package_inputs import find_inputs
from mrv.store import Store
from tests.unit.package.package_samples import reseal, sample_contents, sample_key

LISTS = ("data/provenance/inputs.csv", "data/inputs/fetch.csv", "data/provenance/retrievals.ndjson")


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    return build(sample_contents(folder / "sources"), folder=folder / "packages", key=sample_key()).path


@pytest.mark.parametrize("name", ["../findings/evil.txt", "/etc/hostname", "A" * 64, "..", "0" * 63])
def test_a_name_that_is_no_hash_is_refused(good: Path, tmp_path: Path, name: str) -> None:
    package = tmp_path / good.name
    shutil.copytree(good, package)
    withheld = (package / "data/inputs/fetch.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    for file in LISTS:
        text = (package / file).read_text(encoding="utf-8")
        (package / file).write_text(text.replace(withheld, name), encoding="utf-8")
    reseal(package, sample_key())
    failed = {check.name: check.detail for check in verify(package, any_signer=True).failed}
    assert "sha256" in failed["inputs"]
    command = [sys.executable, "-I", str(package / "data/verify.py"), str(package), "--any-signer"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "inputs.csv" in done.stdout
    with pytest.raises(PackageError, match="no sha256"):
        find_inputs(package, Store(tmp_path / "store"), project_id="sample", folders=[])
    assert not (tmp_path / "store").exists()
