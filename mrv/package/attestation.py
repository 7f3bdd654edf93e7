"""Attestations: in-toto statements in DSSE envelopes that say how a package was made, what was checked, and what it claims.

Each statement is derived from files of the package, so whoever holds the package can derive it again. Its subject is the
manifest: a statement of another package does not fit. Sources: in-toto Attestation Framework v1 (Statement, predicates
`test-result` v0.1), SLSA v1.0 (provenance), DSSE v1.0 (envelope and its pre-authentication encoding).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mrv.errors import PackageError
from mrv.package import bag
from mrv.package.keys import SigningKey, fingerprint, raw_public
from mrv.package.presence import LISTED
from mrv.package.reading import MAX_JSON_BYTES, SUMMARY, csv_records, read_summary, reading

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
PROVENANCE_TYPE = "https://slsa.dev/provenance/v1"
CHECKS_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
FIGURES_TYPE = "urn:redd-package:headline-figures:v1"
BUILD_TYPE = "urn:redd-package:build:v1"
BUILDER = "urn:redd-package:builder:mrv"

CHECK_RESULTS = "data/quality/check_results.csv"
DBT_RESULTS = "data/quality/dbt_run_results.json"
CODE = "data/code/version.json"
LOCK = "data/code/requirements.lock"
PINNED = (LOCK, "data/calc/parameters.csv", "data/project/project.yaml", "data/provenance/freeze.json")
"""Files of the package that its figures rest on beside the inputs; those that are there are named with their digests."""
_REPORTS = (CHECK_RESULTS, DBT_RESULTS, "data/quality/quarantine.csv", "data/quality/waivers.csv")
_GRADES = ("passed", "warned", "failed")
_DBT_GRADES = {"pass": "passed", "success": "passed", "no-op": "passed", "warn": "warned"}

Statement = dict[str, Any]


def statements(root: Path) -> dict[str, Statement]:
    """Return what a package attests, by file, derived from its manifests and its payload.

    Args:
        root: Folder of a package, or of one that is being built and has its manifests.

    Raises:
        PackageError: A file that they are derived from cannot be read.
    """
    sha256 = bag.parse_manifest((root / bag.MANIFEST_256).read_bytes(), file=bag.MANIFEST_256)
    summary = read_summary(root)
    with reading(SUMMARY):
        figures = _figures(summary)
        provenance = _provenance(root, summary, sha256)
    predicates = {
        bag.PROVENANCE: (PROVENANCE_TYPE, provenance),
        bag.CHECKS: (CHECKS_TYPE, _checks(root, sha256)),
        bag.HEADLINE: (FIGURES_TYPE, figures),
    }
    digest = hashlib.sha512((root / bag.MANIFEST_512).read_bytes()).hexdigest()
    return {
        file: {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": bag.MANIFEST_512, "digest": {"sha512": digest}}],
            "predicateType": kind,
            "predicate": predicate,
        }
        for file, (kind, predicate) in predicates.items()
    }


def _provenance(root: Path, summary: Mapping[str, Any], sha256: Mapping[str, str]) -> dict[str, Any]:
    code = _json(root, CODE)
    with reading(CODE):
        made_by: dict[str, Any] = {"name": "code", "uri": f"urn:redd-package:code:{code['version']}"}
        if code["commit"] is not None:
            made_by["digest"] = {"gitCommit": code["commit"]}
    with reading(LISTED):
        inputs = {(row["address"], row["sha256"], row["dataset"]) for row in csv_records(root, LISTED)}
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "project": summary["project"]["id"],
                "period": summary["period"]["id"],
                "version": summary["version"],
                "previous": summary.get("previous"),
            },
            "internalParameters": {"created_at": summary["created_at"]},
            "resolvedDependencies": [
                *(
                    {"name": address, "digest": {"sha256": digest}, "annotations": {"dataset": dataset}}
                    for address, digest, dataset in sorted(inputs)
                ),
                made_by,
                *_described(PINNED, sha256),
            ],
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": {"mrv": code["version"]}},
            "byproducts": _described(_REPORTS, sha256),
        },
    }


def _checks(root: Path, sha256: Mapping[str, str]) -> dict[str, Any]:
    """Return the checks by how they ended, of all their batches the worst; what was waived has not passed."""
    grades: dict[str, int] = {}
    for name, grade in [*_suite_grades(root), *_dbt_grades(root)]:
        grades[name] = max(grades.get(name, 0), _GRADES.index(grade))
    named = {
        grade: sorted(name for name, place in grades.items() if _GRADES[place] == grade) for grade in reversed(_GRADES)
    }
    worst = max(grades.values(), default=0)
    return {
        "result": ("PASSED", "WARNED", "FAILED")[worst],
        "configuration": _described((CHECK_RESULTS, DBT_RESULTS), sha256),
        "passedTests": named["passed"],
        "warnedTests": named["warned"],
        "failedTests": named["failed"],
    }


def _suite_grades(root: Path) -> Iterator[tuple[str, str]]:
    with reading(CHECK_RESULTS):
        for row in csv_records(root, CHECK_RESULTS):
            # What a critical check refuses stops the run unless somebody waived it; lesser ones set rows aside or warn.
            stopped = row["severity"] == "critical" and not row["waived_by"]
            grade = "passed" if row["outcome"] == "passed" else "failed" if stopped else "warned"
            yield f"{row['dataset']}: {row['rule']}", grade


def _dbt_grades(root: Path) -> Iterator[tuple[str, str]]:
    with reading(DBT_RESULTS):
        for item in _json(root, DBT_RESULTS):
            yield f"dbt: {item['unique_id']}", _DBT_GRADES.get(item["status"], "failed")


def _figures(summary: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("figure_id", "value", "unit", "reason")
    return {
        "package": summary["name"],
        "figures": [{name: figure[name] for name in kept} for figure in summary["headline"]],
    }


def _described(names: Sequence[str], sha256: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "digest": {"sha256": sha256[name]}} for name in names if name in sha256]


def _json(root: Path, name: str) -> Any:
    with reading(name):
        if (root / name).stat().st_size > MAX_JSON_BYTES:
            raise PackageError("a file is too large to be read", where=name)
        return json.loads((root / name).read_bytes(), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def envelope(statement: Statement, key: SigningKey) -> dict[str, Any]:
    """Return a statement in a signed DSSE envelope; the same statement and key always give the same."""
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {"keyid": key.fingerprint, "sig": base64.b64encode(key.private.sign(_to_be_signed(payload))).decode()}
        ],
    }


def _to_be_signed(payload: bytes) -> bytes:
    """Return the pre-authentication encoding: type and payload with their lengths, so that none runs into the other."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def attested(root: Path, signer: bytes) -> str:
    """Compare the attestations of a package with what its files say; return what was compared.

    Args:
        root: Folder of a package whose files are, byte for byte, what was signed.
        signer: Public key (SSH wire format) that signed the package.

    Raises:
        PackageError: One is signed by somebody else, is of another package, of unknown kind, or says what the files do not.
    """
    derived = statements(root)
    for file, expected in derived.items():
        found = _opened(root, file, signer)
        with reading(file):
            if found["subject"] != expected["subject"]:
                raise _refused(
                    "the attestation is of another package", file, found["subject"], expected=expected["subject"]
                )
            for name in ("_type", "predicateType"):
                if found[name] != expected[name]:
                    raise _refused("the attestation is of an unknown kind", file, found[name], expected=expected[name])
            for where, said, there in _differences(found, expected):
                raise _refused(f"the attestation says what the files do not: {where}", file, said, expected=there)
    inputs = derived[bag.PROVENANCE]["predicate"]["buildDefinition"]["resolvedDependencies"]
    checks, figures = derived[bag.CHECKS]["predicate"], derived[bag.HEADLINE]["predicate"]["figures"]
    counts = ", ".join(f"{len(checks[f'{grade}Tests'])} {grade}" for grade in _GRADES)
    return (
        f"{len(derived)} statements by the signer of the package: {len(inputs)} things that it was made from, "
        f"{len(figures)} headline figures, checks {checks['result']} ({counts})"
    )


def _opened(root: Path, file: str, signer: bytes) -> Statement:
    """Return the statement of an envelope that `signer` signed."""
    found = _json(root, file)
    with reading(file):
        (signature,) = found["signatures"]
        if {*found} != {"payloadType", "payload", "signatures"} or {*signature} != {"keyid", "sig"}:
            raise ValueError("it is not one payload with one signature")
        if found["payloadType"] != PAYLOAD_TYPE:
            raise _refused("the attestation is of an unknown kind", file, found["payloadType"], expected=PAYLOAD_TYPE)
        if signature["keyid"] != fingerprint(signer):
            raise _refused(
                "the attestation is signed by somebody else", file, signature["keyid"], expected=fingerprint(signer)
            )
        payload = base64.b64decode(found["payload"], validate=True)
        raw = base64.b64decode(signature["sig"], validate=True)
        try:
            Ed25519PublicKey.from_public_bytes(raw_public(signer)).verify(raw, _to_be_signed(payload))
        except InvalidSignature as error:
            raise _refused(
                "the signature of the attestation does not match it", file, "another content or another key"
            ) from error
        statement = json.loads(payload, object_pairs_hook=_once)
        if not isinstance(statement, dict):
            raise ValueError("the statement is no object")
        return statement


def _differences(found: Any, expected: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield each place where two JSON values differ, with both values; true is not 1."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for name in sorted({*found} | {*expected}):
            place = f"{where}.{name}" if where else name
            if name in found and name in expected:
                yield from _differences(found[name], expected[name], place)
            else:
                yield place, found.get(name, "(absent)"), expected.get(name, "(absent)")
    elif isinstance(found, list) and isinstance(expected, list):
        for number, (one, other) in enumerate(zip_longest(found, expected, fillvalue="(absent)")):
            yield from _differences(one, other, f"{where}[{number}]")
    elif json.dumps(found) != json.dumps(expected):
        yield where, found, expected


def _refused(message: str, file: str, found: object, *, expected: object = None) -> PackageError:
    return PackageError(
        message,
        expected=None if expected is None else json.dumps(expected, ensure_ascii=False),
        found=json.dumps(found, ensure_ascii=False),
        where=file,
        remedy="ask the publisher for the package with its own attestations",
    )
