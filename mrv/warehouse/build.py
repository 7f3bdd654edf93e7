"""Build the marts: load the landed tables, run dbt in its own process, say plainly what failed."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mrv.errors import WarehouseError
from mrv.files import hash_file, storage_errors
from mrv.settings import REPOSITORY
from mrv.warehouse.load import load_landed

DBT_PROJECT = REPOSITORY / "dbt_project"
PARSED = "partial_parse.msgpack"
"""dbt's own record of what it parsed, from which it starts where the files are the same."""
_FAILED = {"error", "fail", "runtime error"}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Build:
    """A finished build.

    Attributes:
        database: The private DuckDB file, marts in schema `marts`.
        target: Folder of dbt's artifacts: manifest.json, run_results.json, compiled/.
    """

    database: Path
    target: Path


def build(
    inputs: Mapping[str, Sequence[Path]],
    *,
    folder: Path,
    project: Path = DBT_PROJECT,
    parsed: Path | None = None,
    marts: Sequence[str] = (),
) -> Build:
    """Load landed Parquet and run every model and test of the dbt project.

    Args:
        inputs: Dataset to its Parquet files; a dataset that is missing becomes an empty table.
        folder: Folder for the build database and dbt's artifacts. An earlier build in it is replaced.
        project: dbt project to run.
        parsed: Folder in which is kept what dbt parsed, so that the next build of the same project need not; default:
            nothing is kept.
        marts: Build these and what they are made of, and run the tests of that; default: everything.

    Returns:
        The build database and the artifacts. Nothing is written into the dbt project.

    Raises:
        WarehouseError: An input does not fit its schema, or a model or test failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database, target = folder / "build.duckdb", folder / "target"
    for leftover in (database, folder / "build.duckdb.wal", target / "run_results.json"):
        leftover.unlink(missing_ok=True)
    load_landed(database, inputs)
    known = parsed / f"{_content(project)}.msgpack" if parsed else None
    if known and known.is_file():
        target.mkdir(exist_ok=True)
        shutil.copyfile(known, target / PARSED)
    # Unit tests run on rows of their own, whatever the data are: the test suite runs them, not every period.
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    if marts:
        arguments += ["--indirect-selection", "buildable", "--select", *(f"+{mart}" for mart in marts)]
    result = run_dbt(*arguments, database=database, target=target, logs=folder / "logs", project=project)
    _raise_for_failures(result, target)
    if known and not known.is_file():
        _keep(target / PARSED, known)
    return Build(database=database, target=target)


def _content(project: Path) -> str:
    """Return a hash of the files of a dbt project: what was parsed of others is never used."""
    digest = hashlib.sha256()
    for path in sorted(path for path in project.rglob("*") if path.suffix in {".sql", ".py", ".yml", ".csv"}):
        digest.update(f"{path.relative_to(project).as_posix()}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()[:32]


def _keep(made: Path, known: Path) -> None:
    """Keep what was parsed, whole or not at all: two builds may end at the same time."""
    with storage_errors(known.parent):
        known.parent.mkdir(parents=True, exist_ok=True)
        descriptor, whole = tempfile.mkstemp(prefix=".new-", dir=known.parent)
        os.close(descriptor)
        shutil.copyfile(made, whole)
        Path(whole).replace(known)


def run_dbt(
    *arguments: str, database: Path, target: Path, logs: Path, project: Path = DBT_PROJECT
) -> subprocess.CompletedProcess[str]:
    """Run one dbt command in a process of its own, so that the lock on the file ends with it.

    Args:
        arguments: dbt's command and options.
        database: Build database.
        target: Folder for artifacts.
        logs: Folder for dbt's log.
        project: dbt project.

    Returns:
        The finished process; its standard output is dbt's report.
    """
    # DBT_* of the caller would change what is run; bytecode may be cached, or each start compiles dbt anew.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")}
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    environment = {
        **inherited,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        # The same words for every build: dbt parses everything anew where its profile says something else.
        "MRV_BUILD_DB": os.path.relpath(database.resolve(), target.resolve().parent),
        "PYTHONHASHSEED": "0",
    }
    command = [
        sys.executable,
        "-m",
        "dbt.cli.main",
        "--no-use-colors",
        "--no-version-check",
        "--log-level-file",
        "info",
        *arguments,
    ]
    folders = {"--project-dir": project, "--profiles-dir": project, "--target-path": target, "--log-path": logs}
    for option, path in folders.items():
        command += [option, str(path.resolve())]
    return subprocess.run(command, env=environment, cwd=target.parent, capture_output=True, text=True, check=False)


def _raise_for_failures(process: subprocess.CompletedProcess[str], target: Path) -> None:
    results_file = target / "run_results.json"
    if not results_file.exists():
        raise WarehouseError(
            "dbt stopped before it ran a model",
            found="\n".join((process.stdout + process.stderr).strip().splitlines()[-20:]),
            where=str(target),
            remedy="mend the dbt project; what dbt says is above",
        )
    results = json.loads(results_file.read_text(encoding="utf-8"))["results"]
    warned = [result for result in results if result["status"] == "warn"]
    nodes = _nodes(target) if warned else {}
    for result in warned:
        logger.warning("%s", nodes[result["unique_id"]]["description"] or f"{_name(result)}: {result['message']}")
    failed = [result for result in results if result["status"] in _FAILED]
    if failed:
        first = failed[0]
        raise WarehouseError(
            "dbt could not build the tables",
            expected="every model built and every test passed",
            found="; ".join(f"{_name(result)}: {_one_line(result['message'])}" for result in failed),
            where=str(_compiled(first, target)),
            remedy="run the compiled SQL on the build database to see the rows; mend the input, or the model",
        )
    if process.returncode != 0:
        raise WarehouseError(
            "dbt ended with an error that it did not tie to a model",
            found="\n".join(process.stdout.strip().splitlines()[-20:]),
            where=str(target),
            remedy="read dbt's log beside the artifacts",
        )


def _name(result: Mapping[str, Any]) -> str:
    # unique_id: model.package.name or test.package.name[.hash]
    kind, _, name = result["unique_id"].split(".")[:3]
    return f"{kind} {name}"


def _one_line(message: str | None) -> str:
    return " ".join((message or "no message").split())


def _nodes(target: Path) -> dict[str, Any]:
    nodes: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    return nodes


def _compiled(result: Mapping[str, Any], target: Path) -> Path:
    node = _nodes(target)[result["unique_id"]]
    compiled = target / "compiled" / str(node["package_name"]) / str(node["original_file_path"])
    # A generic test is declared in YAML and compiled into a folder of that file's name.
    return compiled / str(node["path"]) if compiled.suffix == ".yml" else compiled
