"""Reading what somebody else put into a package: whatever goes wrong ends as a PackageError that names the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from mrv.errors import PackageError

SUMMARY = "data/package.json"
MAX_JSON_BYTES = 16 * 2**20

_FAMILIES = (
    ValueError, LookupError, TypeError, RecursionError, ArithmeticError, csv.Error, pa.ArrowException,
)  # fmt: skip
"""What libraries raise on content that is not what it should be; `OSError` is told apart, it may know its file."""


def listed(problems: Sequence[str], *, most: int = 20) -> str:
    """Return what was found as one text: the first problems, and how many more there are."""
    more = [f"and {len(problems) - most} more"] if len(problems) > most else []
    return "; ".join([*problems[:most], *more])


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn every failure that content can cause into a PackageError.

    Args:
        name: The file that is read, as the report names it.

    Raises:
        PackageError: The file cannot be read, or does not hold what it should.
    """
    try:
        yield
    except OSError as error:
        raise PackageError(
            "a file could not be read", found=error.strerror or str(error), where=str(error.filename or name)
        ) from error
    except _FAMILIES as error:
        raise PackageError(
            "a file does not hold what it should", found=f"{type(error).__name__}: {error}", where=name
        ) from error


def read_summary(root: Path) -> Any:
    """Read `data/package.json`; a name that stands twice in one object is refused, for readers differ in what they take.

    Raises:
        PackageError: It cannot be read.
    """
    with reading(SUMMARY):
        size = (root / SUMMARY).stat().st_size
        if size > MAX_JSON_BYTES:
            raise PackageError("the summary is too large", found=f"{size} bytes", where=SUMMARY)
        return json.loads((root / SUMMARY).read_bytes(), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise PackageError("a name stands twice in an object of the summary", found=", ".join(found), where=SUMMARY)
    return found


def csv_records(root: Path, name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV of the package, one at a time.

    Raises:
        PackageError: It cannot be read, or a row has another number of fields than the header.
    """
    with reading(name), (root / name).open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream, strict=True)
        header = next(rows, [])
        for row in rows:
            yield dict(zip(header, row, strict=True))
