"""Earlier findings and the answers to them: files that the project hands in, and those that the data room leaves in the home."""

from __future__ import annotations

import csv
from pathlib import Path

from mrv.errors import ProjectError
from mrv.stages.context import Context

FOLDER = "findings"
OF_ROOM = "data_room_"
"""How the files of the data room begin; a project's own may not."""
COLUMNS = ("finding_id", "round", "type", "raised_date", "section", "finding", "response", "response_date", "status")
"""Columns that a table of findings has; it may have more."""
TYPES = frozenset({"CL", "NIR", "CAR", "FAR", "observation"})
STATUSES = frozenset({"open", "responded", "accepted", "closed"})


def finding_files(context: Context) -> dict[str, Path]:
    """Return tables (`*.csv`) and texts (`*.md`) of findings by their name in `data/findings/`.

    They are those in the project's folder `findings/`, and those of the data room: what was raised on versions of the
    period, and the FARs of earlier periods.

    Raises:
        ProjectError: A table lacks a column, a row has no id or an unknown type or status, or a file of the project has a
            name of the data room's.
    """
    own = _files(context.project.folder / FOLDER, "")
    for path in own:
        if path.name.startswith(OF_ROOM):
            raise ProjectError(
                "a file of findings has a name that the data room uses",
                found=path.name,
                where=str(path),
                remedy=f"give it a name that does not begin with {OF_ROOM}",
            )
    found = own + _of_room(context)
    for path in found:
        if path.suffix == ".csv":
            _check(path)
    return {path.name: path for path in found}


def _files(folder: Path, start: str) -> list[Path]:
    return sorted(path for end in ("csv", "md") for path in folder.glob(f"{start}*.{end}") if path.is_file())


def _of_room(context: Context) -> list[Path]:
    folder, period = context.settings.findings_dir / context.definition.id, context.period
    # A table of the FARs alone is for later periods: in this one they stand in the table of all.
    found = [path for path in _files(folder / period.id, OF_ROOM) if not path.name.endswith("_forward.csv")]
    for earlier in context.definition.monitoring_periods:
        if earlier.start < period.start:
            found += _files(folder / earlier.id, f"{OF_ROOM}FAR-")
            found += _files(folder / earlier.id, f"{OF_ROOM}{earlier.id}_forward")
    return found


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
