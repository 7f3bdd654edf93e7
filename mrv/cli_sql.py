"""The command `mrv sql`: one question, or a prompt; read-only, in the same sandbox as the data room's."""

from __future__ import annotations

import io
import json
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mrv.errors import MrvError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mrv.settings import Settings
    from mrv.warehouse.sandbox import Answer, Sandbox

_TABLES = "select table_name, comment from duckdb_tables() where not internal order by table_name"
_COLUMNS = """
select column_name, data_type, comment from duckdb_columns() where not internal and table_name = '{table}' order by column_index
"""
_BINARY = ("arrow", "parquet")
_KEPT = 1000
_TAKEN_BYTES = 2_000_000_000
_HELP = "End a query with ; -- \\tables  \\describe TABLE  \\as-of VERSION  \\quit"


@click.command()
@click.argument("project")
@click.argument("query", required=False)
@click.option("--period", help="Id of the monitoring period; default: the newest snapshot.")
@click.option("--as-of", help="Version of a package, such as 2 or mp4-v2; default: the current snapshot.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(min=1), help="Most rows.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json", "arrow", "parquet"]),
    default="table",
    show_default=True,
    help="arrow and parquet need --output.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="File for the rows.")
def sql(
    project: str, query: str | None, period: str | None, as_of: str | None, limit: int, style: str, output: Path | None
) -> None:
    """Ask the tables of PROJECT in SQL, read-only; without QUERY: a prompt on a terminal, else the list of tables."""
    from mrv.settings import read_settings
    from mrv.warehouse.sandbox import Sandbox

    if style in _BINARY and output is None:
        raise UsageError(f"{style} is not for a terminal", remedy="say where to: --output FILE")
    settings = read_settings()
    folder = _folder(project, settings, period=period, as_of=as_of)
    with closing(Sandbox()) as sandbox:
        asking = _Asking(sandbox, settings, folder, limit, style)
        if query is None and sys.stdin.isatty() and sys.stdout.isatty() and output is None:
            _prompt(project, period, asking)
        elif output is None:
            asking.show(query or _TABLES)
        else:
            asking.take(query or _TABLES, output)


def _folder(project: str, settings: Settings, *, period: str | None, as_of: str | None) -> Path:
    """Return the folder of the database that answers: the current snapshot's, or that of a package."""
    if as_of is None:
        from mrv.stages.published import published_snapshot

        return published_snapshot(project, settings, period=period)
    from mrv.dataroom.catalogues import catalogue_of
    from mrv.dataroom.queries import chosen, database, newest_packages
    from mrv.project import find_project, load_project

    name = load_project(find_project(project, settings)).definition.id
    packages = newest_packages(catalogue_of(settings), name)
    wanted = [package for package in packages if period in {None, package.period}]
    return database(chosen(wanted, as_of), settings).folder


@dataclass
class _Asking:
    """Runs queries and shows their rows."""

    sandbox: Sandbox
    settings: Settings
    folder: Path
    limit: int
    style: str

    def run(self, text: str, stream: Any, form: str) -> Answer:
        from mrv.warehouse.sandbox import Limits

        limits = Limits(self.limit, _TAKEN_BYTES, self.settings.sql_seconds, self.settings.sql_memory_bytes)
        answer = self.sandbox.run(self.folder, text, stream, form=form, limits=limits)
        if answer.truncated:
            click.echo(f"truncated after {answer.rows} rows: --limit shows more", err=True)
        return answer

    def show(self, text: str) -> None:
        """Write the rows to the terminal."""
        rows = io.BytesIO()
        answer = self.run(text, rows, "csv" if self.style == "csv" else "json")
        if self.style == "csv":
            click.echo(rows.getvalue().decode(), nl=False)
            return
        names = [column["name"] for column in answer.columns]
        records = [dict(zip(names, row, strict=True)) for row in json.loads(rows.getvalue())]
        if self.style == "json":
            click.echo(json.dumps(records, ensure_ascii=False, indent=1))
            return
        from mrv.terminal import print_table

        print_table([{name: _shown(cell) for name, cell in record.items()} for record in records])

    def take(self, text: str, output: Path) -> None:
        """Write the rows to a file, which is there only when it is whole."""
        from mrv.files import storage_errors

        form = "json" if self.style == "table" else self.style
        part = output.with_name(f"{output.name}.part")
        try:
            with storage_errors(output), part.open("wb") as stream:
                answer = self.run(text, stream, form)
            part.replace(output)
        finally:
            part.unlink(missing_ok=True)
        click.echo(f"{answer.rows} rows: {output}", err=True)


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _prompt(project: str, period: str | None, asking: _Asking) -> None:
    """Ask until the end: queries over several lines up to a semicolon, a history, and commands with a backslash."""
    click.echo(_HELP)
    lines: list[str] = []
    with _history(asking.settings.root / "sql-history"):
        while True:
            try:
                line = input("... " if lines else f"{project}> ")
            except KeyboardInterrupt:
                click.echo()
                lines.clear()
                continue
            except EOFError:
                return
            if not lines and line.startswith("\\"):
                if line.split()[0] in {"\\quit", "\\q"}:
                    return
                _told(partial(_command, line, project, period, asking))
                continue
            lines.append(line)
            if line.rstrip().endswith(";"):
                _told(partial(asking.show, "\n".join(lines)))
                lines.clear()


@contextmanager
def _history(path: Path) -> Iterator[None]:
    """Let `input` be edited, with the lines of earlier times; they are kept for later ones."""
    import readline

    if path.is_file():
        readline.read_history_file(path)
    readline.set_history_length(_KEPT)
    try:
        yield
    finally:
        readline.write_history_file(path)


def _told(act: Callable[[], None]) -> None:
    """Do something; what is refused is told, and the prompt goes on."""
    try:
        act()
    except MrvError as error:
        click.echo(f"error: {error}", err=True)


def _command(line: str, project: str, period: str | None, asking: _Asking) -> None:
    name, _, rest = line.partition(" ")
    rest = rest.strip()
    if name == "\\tables":
        asking.show(_TABLES)
    elif name == "\\describe" and rest.isidentifier():
        asking.show(_COLUMNS.format(table=rest))
    elif name == "\\as-of":
        asking.folder = _folder(project, asking.settings, period=period, as_of=rest or None)
    else:
        click.echo(_HELP)
