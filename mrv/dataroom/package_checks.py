"""The checks of a package: of the data, of the tables, of the package itself; what was set aside; who signed."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mrv.dataroom.catalogue import Package
from mrv.errors import MrvError
from mrv.package import bag, keys, sshsig
from mrv.package.timestamp import Stamp, read_stamp

RESULTS, QUARANTINE = "data/quality/check_results.csv", "data/quality/quarantine.csv"
WAIVERS, DBT = "data/quality/waivers.csv", "data/quality/dbt_run_results.json"
GOOD = frozenset({"passed", "pass", "success", "no-op"})
Record = Mapping[str, str]


@dataclass(frozen=True)
class Signed:
    """Who signed a package, and when somebody else saw it.

    Attributes:
        fingerprint: Of the key whose signature holds; None where it does not.
        principals: Names that the installation's list of signers gives that key; None where it is not in it.
        stamp: Time stamp, where there is one that can be read; its authority is not checked here.
        problem: Why the signature or the stamp does not hold; None where both do.
    """

    fingerprint: str | None
    principals: str | None
    stamp: Stamp | None
    problem: str | None


@dataclass(frozen=True)
class SetAside:
    """Rows of a dataset that one rule set aside."""

    dataset: str
    rule: str
    severity: str
    rows: int
    files: int


@dataclass(frozen=True)
class Checks:
    """What a package tells of its quality.

    Attributes:
        counts: Severity and outcome to the number of checks of the data.
        notable: Checks that did not pass, or were waived, the gravest first.
        tests: Kind and outcome to the number of tests and models of the tables.
        failing_tests: Ids of those that did not pass.
        attestations: Paths of the signed statements.
    """

    counts: Mapping[tuple[str, str], int]
    notable: Sequence[Record]
    waivers: Sequence[Record]
    set_aside: Sequence[SetAside]
    tests: Mapping[tuple[str, str], int]
    failing_tests: Sequence[str]
    attestations: Sequence[str]


_GRAVITY = {"critical": 0, "error": 1, "warning": 2}


def checks_of(package: Package) -> Checks:
    """Return what a package tells of its quality."""
    results = _rows(package, RESULTS)
    notable = [row for row in results if row["outcome"] != "passed" or row["waived_by"]]
    tests = [(row["unique_id"], row["status"]) for row in json.loads(package.read(DBT))]
    return Checks(
        counts=dict(sorted(Counter((row["severity"], row["outcome"]) for row in results).items(), key=_gravity)),
        notable=sorted(notable, key=lambda row: (_GRAVITY.get(row["severity"], 9), row["dataset"], row["rule"])),
        waivers=_rows(package, WAIVERS),
        set_aside=_set_aside(_rows(package, QUARANTINE)),
        tests=dict(sorted(Counter((name.partition(".")[0], status) for name, status in tests).items())),
        failing_tests=sorted(name for name, status in tests if status not in GOOD),
        attestations=sorted(file.path for file in package.files.values() if file.path.startswith("attestations/")),
    )


def _gravity(item: tuple[tuple[str, str], int]) -> tuple[int, str]:
    (severity, outcome), _ = item
    return _GRAVITY.get(severity, 9), outcome


def _set_aside(rows: Sequence[Record]) -> list[SetAside]:
    counts = Counter((row["dataset"], row["rule"], row["severity"]) for row in rows)
    files: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        files.setdefault((row["dataset"], row["rule"], row["severity"]), set()).add(row["artifact"])
    return [SetAside(*key, count, len(files[key])) for key, count in sorted(counts.items())]


def _rows(package: Package, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(package.read(path).decode("utf-8"), newline="")))


def signed_by(package: Package, signers: Path) -> Signed:
    """Return who signed a package: the signature is checked, and the key looked up in the list of signers.

    Args:
        package: The package.
        signers: The installation's OpenSSH file of allowed signers.
    """
    try:
        message = package.read(bag.TAG_MANIFEST)
        public = sshsig.verify(message, package.read(bag.SIGNATURE))
        stamped = any(file.path == bag.STAMP for file in package.files.values())
        stamp = read_stamp(package.read(bag.STAMP), message) if stamped else None
        names = [entry.principals for entry in keys.allowed_signers(signers) if entry.public == public]
        revoked = public in keys.revoked_keys(signers.with_name(keys.REVOKED_FILE))
    except MrvError as error:
        return Signed(None, None, None, error.message)
    problem = "the key of the signature was revoked" if revoked else None
    return Signed(keys.fingerprint(public), ", ".join(sorted(set(names))) or None, stamp, problem)
