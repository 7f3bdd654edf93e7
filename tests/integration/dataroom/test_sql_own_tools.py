"""Somebody's own tools: the notebooks of the guide run on a package, a BI tool's URL opens the snapshot, the terminal asks."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
import sqlalchemy as sa

from mrv.dataroom.permissions import Role
from mrv.settings import REPOSITORY
from tests.integration.dataroom.sites import PERIOD, PROJECT
from tests.unit.package.package_samples import sample_marts

pytestmark = [pytest.mark.integration, pytest.mark.sqlite_only]
NOTEBOOKS = sorted((REPOSITORY / "docs" / "notebooks").glob("*.ipynb"))
SQL = f"/api/v1/projects/{PROJECT}/sql"


def _run(notebook: Path, package: Path, folder: Path) -> str:
    """Run a notebook in a process of its own, and return what its cells showed."""
    made = folder / notebook.name
    words = [Path(sys.executable).with_name("jupyter-execute"), notebook, f"--output={made}"]
    environment = {**os.environ, "MRV_PACKAGE": str(package)}
    ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return str([cell.get("outputs") for cell in nbformat.read(made, as_version=4).cells])


def test_notebooks_run_on_a_package(packaged_home: Path, tmp_path: Path) -> None:
    package = packaged_home / "packages" / PROJECT / PERIOD / f"VP-{PROJECT}-{PERIOD}-v1"
    assert len(NOTEBOOKS) == 3
    for path in NOTEBOOKS:
        kept = nbformat.read(path, as_version=4)
        assert not any(cell.get("outputs") for cell in kept.cells), "a notebook is kept without its outputs"
    with ThreadPoolExecutor(2) as threads:
        shown = list(threads.map(lambda path: _run(path, package, tmp_path), NOTEBOOKS))
    texts = dict(zip([path.stem for path in NOTEBOOKS], shown, strict=True))
    assert f"{len(sample_marts())} tables are those of the manifest, 0 are not" in texts["duckdb"]
    assert "GROUP BY" in texts["ibis"]
    assert "6 zones" in texts["geopandas"]


def test_snapshot_opens_by_the_url_of_a_bi_tool(room, tmp_path: Path) -> None:
    answer = room.signed_in(Role.ANALYST).get(f"{SQL}/snapshot", params={"as_of": f"{PERIOD}-v1"})
    digest = hashlib.sha256(answer.content)
    assert answer.headers["x-sha256"] == digest.hexdigest()
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    file = tmp_path / "snapshot.duckdb"
    file.write_bytes(answer.content)
    engine = sa.create_engine(f"duckdb:///{file}?access_mode=read_only")
    with engine.connect() as connection:
        assert connection.execute(sa.text("from emission_reductions")).fetchall()
        comment = connection.scalar(sa.text("select comment from duckdb_tables() where table_name = 'figures'"))
        assert comment == "One row per figures."
        with pytest.raises(sa.exc.SQLAlchemyError, match="read-only"):
            connection.execute(sa.text("delete from emission_reductions"))
    engine.dispose()


def test_parquet_of_each_table_is_named_with_its_hash(room, packaged_home: Path) -> None:
    tables = room.signed_in(Role.ANALYST).get(f"{SQL}/tables").json()
    package = packaged_home / "packages" / PROJECT / PERIOD / f"VP-{PROJECT}-{PERIOD}-v2"
    assert {table["name"] for table in tables} >= {"emission_reductions", "figures"}
    for table in tables:
        content = (package / table["parquet"]["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == table["parquet"]["sha256"]


def test_a_table_that_is_not_the_package_s_is_refused(packaged_home: Path, tmp_path: Path) -> None:
    from mrv.dataroom import queries
    from mrv.dataroom.catalogues import catalogue_of
    from mrv.errors import MrvError
    from mrv.settings import Settings

    shutil.copytree(packaged_home / "packages", tmp_path / "packages")
    package = tmp_path / "packages" / PROJECT / PERIOD / f"VP-{PROJECT}-{PERIOD}-v1"
    figures, ledger = (package / "data" / "tables" / f"{name}.parquet" for name in ("figures", "emission_reductions"))
    shutil.copyfile(figures, ledger)
    settings = Settings(home=tmp_path)
    with pytest.raises(MrvError):
        queries.database(catalogue_of(settings).package(PROJECT, PERIOD, 1), settings)
    assert not list((tmp_path / "dataroom" / "sql").glob("*/*"))


def test_terminal_asks_in_the_same_sandbox(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "mrv.cli", "sql", "biocorredor_martin_sagrado", "select 1"]
    asked = subprocess.run(
        words, env={**os.environ, "MRV_HOME": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert asked.returncode == 2
    assert "nothing has been published" in asked.stderr
