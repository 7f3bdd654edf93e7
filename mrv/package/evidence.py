"""The evidence behind the figures: checks, quarantine, SQL, parameters, code, inputs and where they came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.files import hash_file
from mrv.ledger import Artifact
from mrv.package.contents import Contents
from mrv.package.staging import Staging
from mrv.parameters import Parameter
from mrv.schemas import DATASETS

REDACTED = "REDACTED"
PRIVATE_FILES = "data/provenance/private_files.csv"
"""Files of the definition that stay in the house: which they are can be proved, what they hold is not told."""
LINEAGE = "data/calc/lineage.json"
STARTED_FROM = "data/provenance/started_from.json"
"""Rows and hash of each table that SQL started from, in the order of its key."""
ATTACHMENT = "attachment"
"""Dataset of pictures and files of submissions."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
PERSONAL = {
    "kobo/": "form submissions name the people who sent them",
    "labels/": "files of labels name the people who interpreted the images",
}
"""Start of an address to the reason why the bytes behind it never leave the house."""

_FACTS = (
    "dataset",
    "address",
    "sha256",
    "bytes",
    "media_type",
    "source",
    "product",
    "version",
    "layer",
    "year",
    "last_modified",
    "licence",
    "citation",
    "simulated",
)
_ACTS = ("address", "url", "sha256", "retrieved_at", "etag", "last_modified")
_SECRET_NAME = re.compile(r"(?i)(key|token|secret|signature|sig|password|passwd|pwd|auth|credential|subject_id)")
"""Names in a query whose values are not told: secrets, and who led a patrol (`subject_id` of EarthRanger)."""
_SECRET_PART = re.compile(r"(?i)[0-9a-f]{32}")


def write_quality(staging: Staging, contents: Contents) -> None:
    """Write `data/quality/`: check results, the listing of quarantined rows, and what dbt's tests said.

    The quarantined records themselves stay in the house: they may name people. Their file and row lead to them.
    """
    results = _landed("check_results", contents.check_results)
    staging.write_csv("data/quality/check_results.csv", results.column_names, _rows(results))
    quarantined = _landed("quarantine", contents.quarantine).drop_columns(["record"])
    staging.write_csv("data/quality/quarantine.csv", quarantined.column_names, _rows(quarantined))
    staging.write_json("data/quality/dbt_run_results.json", _run_results(contents.dbt_run_results))


def write_calculation(staging: Staging, contents: Contents) -> None:
    """Write `data/calc/` (the SQL that ran and the parameters in force) and `data/code/` (which code it was).

    Raises:
        PackageError: No SQL was kept.
    """
    queries = sorted(path for path in contents.compiled_sql.rglob("*.sql") if path.is_file())
    if not queries:
        raise PackageError(
            "there is no SQL to show", where=str(contents.compiled_sql), remedy="run the transformation again"
        )
    for path in queries:
        staging.copy(f"data/calc/sql/{path.relative_to(contents.compiled_sql).as_posix()}", path)
    columns = [field.name for field in fields(Parameter)]
    records = sorted((asdict(parameter) for parameter in contents.parameters), key=itemgetter("parameter_id"))
    staging.write_csv("data/calc/parameters.csv", columns, ([row[name] for name in columns] for row in records))
    if contents.lineage is not None:
        staging.copy(LINEAGE, contents.lineage)
    staging.copy("data/code/requirements.lock", contents.code.lock)
    version = {
        "version": contents.code.version,
        "commit": contents.code.commit,
        "lock_sha256": hash_file(contents.code.lock),
    }
    staging.write_json("data/code/version.json", version)


def write_provenance(staging: Staging, contents: Contents) -> None:
    """Write `data/provenance/` (what each input is, and each act of fetching it) and `data/inputs/` (the bytes)."""
    facts = {tuple(getattr(item, name) for name in _FACTS) for item in contents.inputs}
    ordered = sorted(facts, key=lambda fact: tuple(str(value) for value in fact))
    staging.write_csv("data/provenance/inputs.csv", _FACTS, ordered)
    acts = [
        json.dumps({name: _act(item, name, contents.secrets) for name in _ACTS}, sort_keys=True, ensure_ascii=False)
        for item in sorted(contents.inputs, key=lambda item: (item.address, item.retrieved_at, item.sha256))
    ]
    staging.write("data/provenance/retrievals.ndjson", "".join(f"{act}\n" for act in acts).encode())
    staging.write_csv(PRIVATE_FILES, ["file", "sha256"], sorted(contents.private_files.items()))
    if contents.started_from is not None:
        staging.copy(STARTED_FROM, contents.started_from)
    _write_inputs(staging, contents)


def _write_inputs(staging: Staging, contents: Contents) -> None:
    absent = []
    newest_first = sorted(contents.inputs, key=lambda item: (item.address, item.retrieved_at), reverse=True)
    first = {item.sha256: item for item in newest_first}
    for sha256 in sorted(first):
        if reason := _absence(first[sha256], contents):
            item = first[sha256]
            absent.append([sha256, item.bytes, item.address, _act(item, "url", contents.secrets), reason])
        else:
            staging.copy(f"data/inputs/{sha256}", contents.input_files[sha256], sha256=sha256)
    staging.write_csv("data/inputs/fetch.csv", ["sha256", "bytes", "address", "url", "reason"], absent)


def _absence(item: Artifact, contents: Contents) -> str | None:
    if reason := _personal(item):
        return f"withheld: {reason}"
    if item.sha256 in contents.withheld:
        return f"withheld: {contents.withheld[item.sha256]}"
    if item.bytes > contents.input_limit_bytes:
        return f"larger than {contents.input_limit_bytes} bytes: fetch it from its publisher and compare the sha256"
    return None if item.sha256 in contents.input_files else "not handed in"


def _personal(item: Artifact) -> str | None:
    return next((reason for start, reason in PERSONAL.items() if item.address.startswith(start)), None)


def redact(url: str, secrets: Sequence[str] = ()) -> str:
    """Return a URL without user, keys, tokens and signatures; what is left still shows what was asked of whom."""
    for secret in secrets:
        if secret:
            url = url.replace(secret, REDACTED)
    parts = urlsplit(url)
    if parts.scheme == "file":
        # Where a file lay on somebody's disk is nobody's business, and differs from machine to machine.
        return f"file:{parts.path.rpartition('/')[2]}"
    # The port of a server on this machine is chance: it would make each package differ and lead a reader nowhere.
    host = "loopback" if parts.hostname in LOOPBACK else parts.netloc.rpartition("@")[2]
    path = "/".join(REDACTED if _SECRET_PART.fullmatch(part) else part for part in parts.path.split("/"))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(name, REDACTED if _SECRET_NAME.search(name) else value) for name, value in pairs])
    return urlunsplit((parts.scheme, host, path, query if pairs else parts.query, ""))


def _act(item: Artifact, name: str, secrets: Sequence[str]) -> Any:
    value = getattr(item, name)
    if name != "url":
        return value
    if value.startswith("file:") and _personal(item):
        # People call such files by who made them.
        return f"file:{REDACTED}"
    if item.dataset == ATTACHMENT:
        # So do phones; and the address of a picture names the account that keeps it.
        return REDACTED
    return redact(value, secrets)


def _landed(dataset: str, paths: Sequence[Path]) -> pa.Table:
    declared = DATASETS[dataset]
    tables = [pq.read_table(path, schema=declared.schema) for path in sorted(paths)]
    return declared.sort(pa.concat_tables(tables)) if tables else declared.empty()


def _rows(table: pa.Table) -> Iterator[list[Any]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from (list(row.values()) for row in batch.to_pylist())


def _run_results(path: Path) -> list[dict[str, Any]]:
    """Keep what dbt found and leave out what differs between runs: times, threads, identifiers of the run."""
    try:
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
        kept = [{name: item[name] for name in ("unique_id", "status", "failures")} for item in results]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PackageError(
            "the results of dbt cannot be read",
            found=f"{type(error).__name__}: {error}",
            where=str(path),
            remedy="run the transformation again",
        ) from error
    return sorted(kept, key=itemgetter("unique_id"))
