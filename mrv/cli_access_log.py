"""The commands `mrv access-log ...`: thin, and each imports what it needs only when it runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mrv.dataroom.database import Database
    from mrv.settings import Settings


@click.group("access-log")
def access_log() -> None:
    """Verify, sign and export the data room's access log."""


def _opened() -> tuple[Settings, Database]:
    from mrv.dataroom.database import Database
    from mrv.settings import read_settings

    settings = read_settings()
    database = Database(settings.dataroom_address)
    database.migrate()
    return settings, database


@access_log.command()
@click.option(
    "--checkpoint",
    "brought",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Checkpoint (.txt, its .sig beside it) that somebody kept; may be given again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(brought: tuple[Path, ...], as_json: bool) -> None:
    """Walk the whole log and name the first entry that is not what was written. Exit code 1: there is one."""
    from mrv.dataroom.access_chain import verify as walk
    from mrv.dataroom.checkpoints import all_known, signers, vouched

    settings, database = _opened()
    with database.reading() as connection:
        verdict = walk(connection, vouched(all_known(connection, settings, brought), signers(settings)))
    if as_json:
        click.echo(json.dumps(verdict.record(), indent=1))
    elif verdict.fault:
        click.echo(f"FAILED: {verdict.fault.text}")
    else:
        click.echo(f"ok: {verdict.entries} entries, {verdict.marks_met} checkpoints hold")
        if verdict.entries and not verdict.marks_met:
            click.echo("warning: nothing was signed yet, so a log that was cut off would not be noticed", err=True)
    sys.exit(1 if verdict.fault else 0)


@access_log.command()
def checkpoint() -> None:
    """Sign the newest entry now; give the files to whoever should be able to tell later that nothing was changed."""
    from mrv.dataroom.checkpoints import folder_of, make, signing_key

    settings, database = _opened()
    folder = folder_of(settings)
    made = make(database, signing_key(settings), folder)
    click.echo(f"signed entry {made.entry_no}: {folder / made.name}" if made else "the log is empty: nothing to sign")


@access_log.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--project", help="Show the entries of this project in full; default: every entry.")
def export(target: Path, project: str | None) -> None:
    """Write the log with its checkpoints and a program that verifies them offline to TARGET, a zip."""
    from mrv.dataroom.access_export import write
    from mrv.dataroom.access_log import Act, append
    from mrv.dataroom.access_report import Sight
    from mrv.files import replacing

    settings, database = _opened()
    with database.writing() as connection:
        append(connection, Act(None, "system", "command line", "export_access_log", project or "all", project=project))
    with replacing(target) as temporary, temporary.open("wb") as stream, database.reading() as connection:
        shown = write(stream, connection, settings, Sight(project, None, None))
    click.echo(f"wrote {target}: {shown} entries in full")
