"""Whether a package holds what it must: the files every package has, and every input or the reason why it is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mrv.errors import PackageError
from mrv.package.reading import csv_records, listed

INPUTS = "data/inputs/"
LISTED = "data/provenance/inputs.csv"
FETCH = f"{INPUTS}fetch.csv"
REQUIRED = (
    "data/VERIFY.md",
    "data/calc/parameters.csv",
    "data/code/requirements.lock",
    "data/code/version.json",
    FETCH,
    "data/package.json",
    "data/project/project.yaml",
    "data/provenance/freeze.json",
    LISTED,
    "data/provenance/retrievals.ndjson",
    "data/quality/check_results.csv",
    "data/quality/quarantine.csv",
    "data/quality/waivers.csv",
    "data/report/summary.html",
    "data/ro-crate-metadata.json",
    "data/ro-crate-preview.html",
    "data/tables/csv/figures.csv",
    "data/tables/csv/project_period.csv",
    "data/tables/datapackage.json",
    "data/tables/figures.parquet",
    "data/tables/project_period.parquet",
    "data/verify.py",
)
"""Files that no package is without, whatever the project. A list may have no rows; all others hold something."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAY_BE_EMPTY = {"data/provenance/retrievals.ndjson"}


def required(files: Mapping[str, int]) -> str:
    """Return how many of the files that every package has are there.

    Args:
        files: Files of the package, with their sizes in bytes.

    Raises:
        PackageError: One is missing or empty.
    """
    problems = [f"missing: {name}" for name in REQUIRED if name not in files]
    problems += [f"empty: {name}" for name in REQUIRED if files.get(name) == 0 and name not in _MAY_BE_EMPTY]
    _refuse("the package lacks what every package holds", problems)
    return f"{len(REQUIRED)} files that every package has"


def inputs(root: Path, sha256: Mapping[str, str]) -> str:
    """Compare the inputs that were used with those that are in the package, and those with their names.

    Args:
        root: Folder of the package.
        sha256: The package's manifest: file to digest.

    Raises:
        PackageError: An input is called what it is not, is neither here nor excused, or nobody used it.
    """
    there = {name.removeprefix(INPUTS): digest for name, digest in sha256.items() if name.startswith(INPUTS)}
    there.pop(FETCH.removeprefix(INPUTS), None)
    problems = [f"{INPUTS}{name} holds {digest}" for name, digest in sorted(there.items()) if name != digest]
    reasons = _column(root, FETCH, "reason")
    used = _column(root, LISTED, "address")
    problems += [f"{FETCH} gives no reason for {digest}" for digest, reason in reasons.items() if not reason.strip()]
    problems += [
        f"{address} ({digest}) is neither in {INPUTS} nor in {FETCH}"
        for digest, address in used.items()
        if digest not in there and digest not in reasons
    ]
    problems += [f"{INPUTS}{name} is also in {FETCH}" for name in sorted({*there} & {*reasons})]
    problems += [f"{INPUTS}{name} is not in {LISTED}" for name in sorted({*there} - {*used})]
    problems += [f"{digest} of {FETCH} is not in {LISTED}" for digest in sorted({*reasons} - {*used})]
    _refuse("the inputs are not what the package lists", problems)
    return f"{len(used)} inputs: {len(there)} with their bytes, {len(reasons)} with the reason why not"


def require_hash(text: str, *, where: str) -> str:
    """Return a sha256 as it is written; whatever else stood in its place could lead out of the folder of inputs.

    Raises:
        PackageError: It is none.
    """
    if not _SHA256.fullmatch(text):
        raise PackageError(
            "an input is named by something that is no sha256",
            expected="64 digits of 0-9 and a-f",
            found=repr(text[:80]),
            where=where,
            remedy="do not use the package: somebody has made it so",
        )
    return text


def _column(root: Path, name: str, column: str) -> dict[str, str]:
    """Return sha256 to another column of a list of inputs. One file may have been used at several addresses."""
    values: dict[str, str] = {}
    for row in csv_records(root, name):
        if missing := {"sha256", column} - {*row}:
            raise PackageError("a list of inputs lacks columns", found=", ".join(sorted(missing)), where=name)
        require_hash(row["sha256"], where=name)
        values[row["sha256"]] = row[column]
    return values


def _refuse(message: str, problems: list[str]) -> None:
    if problems:
        raise PackageError(message, found=listed(problems), remedy="ask the publisher for the whole package")
