"""One small package, built once; tests work on copies."""

import shutil
from pathlib import Path

import pytest

from mrv.package import keys
from mrv.package.build import build
from tests.unit.package.package_samples import sample_contents, sample_key


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    return build(sample_contents(folder / "sources"), folder=folder / "packages", key=sample_key()).path


@pytest.fixture(scope="session")
def signers(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("signers") / keys.ALLOWED_FILE
    keys.allow(path, principal="publisher", public=sample_key().public, namespaces=("redd-package",))
    return path


@pytest.fixture
def package(built, tmp_path) -> Path:
    return shutil.copytree(built, tmp_path / built.name)
