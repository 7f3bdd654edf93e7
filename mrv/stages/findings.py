"""Earlier findings and the answers to them: files that the project hands in for its package, lightly checked."""

from __future__ import annotations

import csv
from pathlib import Path

from mrv.errors import ProjectError
from mrv.stages.context import Context

FOLDER = "findings"
COLUMNS = ("finding_id", "round", "type", "raised_date", "section", "finding", "response", "response_date", "status")
"""Columns that a table of findings has; it may have more."""
TYPES = frozenset({"CL", "NIR", "CAR", "FAR", "observation"})
STATUSES = frozenset({"open", "responded", "accepted", "closed"})


def finding_files(context: Context) -> dict[str, Path]:
    """Return the tables (`findings/*.csv`) and texts (`findings/*.md`) of a project by their name in `data/findings/`.

    Raises:
        ProjectError: A table lacks a column, or a row has no id or an unknown type or status.
    """
    folder = context.project.folder / FOLDER
    found = sorted(path for pattern in ("*.csv", "*.md") for path in folder.glob(pattern) if path.is_file())
    for path in found:
        if path.suffix == ".csv":
            _check(path)
    return {path.name: path for path in found}


def _check(path: Path) -> None:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise _refused(path, f"no column {', '.join(missing)}")
            for number, row in enumerate(rows, start=2):
                if problem := _problem(row):
                    raise _refused(path, f"row {number}: {problem}")
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(path, str(error)) from error


def _problem(row: dict[str, str]) -> str | None:
    if not row["finding_id"]:
        return "no finding_id"
    for column, known in (("type", TYPES), ("status", STATUSES)):
        if row[column] not in known:
            return f"{column} {row[column]!r} is none of {', '.join(sorted(known))}"
    return None


def _refused(path: Path, found: str) -> ProjectError:
    return ProjectError(
        "a table of findings does not hold",
        expected=f"UTF-8, with the columns {', '.join(COLUMNS)}",
        found=found,
        where=str(path),
        remedy="mend the table; the guide on versions shows one",
    )
