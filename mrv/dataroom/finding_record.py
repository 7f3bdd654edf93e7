"""Findings as files in the home, from which the next package takes them: tables and threads, written at each change."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from mrv.dataroom import finding_rows
from mrv.dataroom import findings as reading
from mrv.dataroom.finding_bounds import label
from mrv.dataroom.finding_rules import RAISED, Act, Kind
from mrv.dataroom.findings import Entry, Finding
from mrv.dataroom.models import findings
from mrv.dataroom.room import Room
from mrv.files import storage_errors, write_bytes

_VERIFIER = frozenset({RAISED, Act.CLOSE, Act.REOPEN, Act.DUE})
_PREPARER = frozenset({Act.ANSWER})


def write_all(room: Room) -> None:
    """Write the files of every project: what a crash between an act and its file left out is made good."""
    with room.database.reading() as connection:
        projects: list[str] = list(connection.scalars(sa.select(findings.c.project).distinct()))
    for project in projects:
        write(room, project)


def write(room: Room, project: str) -> None:
    """Write what changed of a project's files.

    The bytes depend on the findings alone. Who writes last has read last, so that nothing older replaces what is newer.

    Raises:
        StoreError: The disk refuses the write. The findings themselves are kept; the next start writes the files.
    """
    folder = room.settings.findings_dir / project
    with _locked(folder):
        with room.database.reading() as connection:
            found = reading.of_project(connection, project)
        for name, content in contents(found, room).items():
            path = folder / name
            if not (path.is_file() and path.read_bytes() == content):
                write_bytes(path, content)


def contents(found: list[Finding], room: Room) -> dict[str, bytes]:
    """Return the files of a project by their path below its folder: `<period>/data_room_...`."""
    by_period: dict[str, list[Finding]] = {}
    for finding in found:
        by_period.setdefault(finding.period, []).append(finding)
    made: dict[str, bytes] = {}
    for period, raised in by_period.items():
        forward = [finding for finding in raised if finding.type == Kind.FAR]
        for name, part in ((f"data_room_{period}", raised), (f"data_room_{period}_forward", forward)):
            if part:
                table = finding_rows.rows(part, room.catalogue)
                made[f"{period}/{name}.csv"] = finding_rows.as_csv(table, for_people=False)
        for finding in raised:
            made[f"{period}/data_room_{finding.code}.md"] = _thread(finding, room).encode("utf-8")
    return made


def _thread(finding: Finding, room: Room) -> str:
    package = finding_rows.package_of(room.catalogue, finding)
    about: Mapping[str, str] = {
        "type": finding.type,
        "state": finding.state,
        "period": finding.period,
        "version": str(finding.version),
        "manifest sha512": finding.manifest_sha512,
        "about": f"{finding.bound_kind} {label(package, finding.bound_kind, finding.bound_to).en} ({finding.bound_to})",
        "due on": finding.due_on or "",
        "corrected in version": str(finding.resolved_version or ""),
    }
    lines = [f"# {finding.code}: {finding.title}", ""]
    lines += [f"- {name}: {value}" for name, value in about.items() if value]
    verifiers = {entry.author_id for entry in finding.entries if entry.kind in _VERIFIER}
    for entry in finding.entries:
        lines += ["", f"## Round {entry.round}, {entry.kind}, {entry.at}", "", _who(entry, verifiers), "", entry.body]
        lines += [
            f"- attached: {file['name']}, {file['bytes']} bytes, sha256 {file['sha256']}" for file in entry.attachments
        ]
        if entry.linked_version is not None:
            lines += ["", f"Corrected in version {entry.linked_version}."]
    return "\n".join(lines) + "\n"


def _who(entry: Entry, verifiers: set[str]) -> str:
    """Return name and role: what a package may say of a person; their address stays in the data room."""
    is_verifier = entry.kind in _VERIFIER or (entry.kind not in _PREPARER and entry.author_id in verifiers)
    return f"{entry.author} ({'verifier' if is_verifier else 'preparer'})"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
