"""Progress and tables for people: bars on a terminal, plain lines in a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mrv.progress import Advance


class Terminal:
    """Shows bars where a person watches, and one line per task where a log is written."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Advance]:
        """See `mrv.progress.Progress`."""
        if not self.console.is_terminal:
            click.echo(label, err=True)
            yield lambda units: None
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as bars:
            bar = bars.add_task(label, total=total)
            yield lambda units: bars.advance(bar, units)


def print_table(rows: Sequence[Mapping[str, str]], *, right: Sequence[str] = (), title: str | None = None) -> None:
    """Print records as a table; columns named in `right` hold numbers."""
    if not rows:
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in rows[0]:
        table.add_column(Text(column), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        # Text: a zone called [red] is a name, not a colour.
        table.add_row(*(Text(cell) for cell in row.values()))
    # A log has no width of its own: give the table what it needs instead of folding numbers.
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)
