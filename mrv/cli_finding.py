"""The command `mrv finding`: what the data room holds, for whoever runs the server. Thin: it imports what it needs when it runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mrv.dataroom.catalogue import Catalogue
    from mrv.dataroom.findings import Finding


@click.group()
def finding() -> None:
    """Findings of the data room: list, show, export. They are raised and answered in the data room itself."""


@contextmanager
def _findings(project: str) -> Iterator[tuple[list[Finding], Catalogue]]:
    from mrv.dataroom.catalogues import catalogue_of
    from mrv.dataroom.database import Database
    from mrv.dataroom.findings import of_project
    from mrv.settings import read_settings

    settings = read_settings()
    database = Database(settings.dataroom_address)
    try:
        database.migrate()
        with database.reading() as connection:
            yield of_project(connection, project), catalogue_of(settings)
    finally:
        database.close()


@finding.command("list")
@click.argument("project")
@click.option("--state", type=click.Choice(["open", "answered", "closed"]), help="Only those in this state.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_findings(project: str, state: str | None, as_json: bool) -> None:
    """List the findings of PROJECT (its id)."""
    with _findings(project) as (found, _):
        wanted = [one for one in found if state in {None, one.state}]
    names = ("code", "state", "period", "version", "due_on", "title")
    rows = [{name: getattr(one, name) for name in names} for one in wanted]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        click.echo(f"no findings of {project}" + (f" are {state}" if state else ""), err=True)
    for row in rows:
        due = f", due {row['due_on']}" if row["due_on"] else ""
        click.echo(f"{row['code']:<8} {row['state']:<9} {row['period']} v{row['version']}{due}  {row['title']}")


@finding.command()
@click.argument("project")
@click.argument("code")
def show(project: str, code: str) -> None:
    """Print the thread of a finding of PROJECT by its CODE, such as CAR-3."""
    from mrv.errors import UsageError

    with _findings(project) as (found, _):
        known = {one.code: one for one in found}
    if code not in known:
        raise UsageError("there is no such finding", found=code, expected=", ".join(known) or "none was raised")
    one = known[code]
    click.echo(f"{one.code} {one.state}, {one.period} v{one.version}, {one.bound_kind} {one.bound_to}\n{one.title}")
    for entry in one.entries:
        click.echo(f"\n[{entry.at[:16]}] round {entry.round}, {entry.author} {entry.kind}\n{entry.body}")
        for file in entry.attachments:
            click.echo(f"  attached: {file['name']}, {file['bytes']} bytes, sha256 {file['sha256']}")


@finding.command()
@click.argument("project")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: CSV to the output."
)
def export(project: str, out: Path | None) -> None:
    """Write the findings of PROJECT as a table; the ending of --out (.csv, .json, .xlsx) says in which form."""
    from mrv.dataroom import finding_rows
    from mrv.errors import UsageError
    from mrv.files import write_bytes

    with _findings(project) as (found, catalogue):
        table = finding_rows.rows(found, catalogue)
    ending = out.suffix if out else ".csv"
    if ending == ".csv":
        content = finding_rows.as_csv(table, for_people=True)
    elif ending == ".json":
        content = json.dumps(table, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
    elif ending == ".xlsx":
        content = finding_rows.as_xlsx(table)
    else:
        raise UsageError("the table has no such form", found=ending, expected=".csv, .json or .xlsx")
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        write_bytes(out, content)
