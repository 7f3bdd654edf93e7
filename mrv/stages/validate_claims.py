"""What `mrv check` says of a project's claims."""

from __future__ import annotations

from collections.abc import Iterator

from mrv.errors import ProjectError
from mrv.project import LoadedProject
from mrv.warehouse.build import DBT_PROJECT


def claim_problems(project: LoadedProject) -> Iterator[ProjectError]:
    """Yield the tables of claims that do not exist: a claim that nothing can answer would look unmeasured."""
    known = {path.stem for path in (DBT_PROJECT / "models" / "marts").rglob("*.sql")}
    for position, claim in enumerate(project.definition.claims):
        if unknown := [name for name in claim.tables if name not in known]:
            yield ProjectError(
                "a claim names tables that do not exist",
                expected="a table of the data dictionary",
                found=", ".join(unknown),
                where=f"{project.file}: claims.{position}.tables",
                remedy="choose tables of docs/data-dictionary.md",
            )
