"""Progress and tables for people: bars on a terminal, plain lines in a log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from mrv.progress import Advance, Meter


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

    @contextmanager
    def downloads(self, label: str, files: int) -> Iterator[Callable[[str], Meter]]:
        """See `mrv.progress.Progress`: one bar of bytes over all files on a terminal, one line a file in a log."""
        if not self.console.is_terminal:
            click.echo(f"{label}: {files} file(s)", err=True)
            yield _logged
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as bars:
            bar = bars.add_task(f"{label}, {files} file(s)", total=None)
            yield _Bytes(bars, bar).meter


class _Bytes:
    """Adds up the bytes of files that come at the same time, on one bar."""

    def __init__(self, bars: Progress, bar: TaskID) -> None:
        self.bars = bars
        self.bar = bar
        self._lock = threading.Lock()
        self._here: dict[str, int] = {}
        self._total: dict[str, int] = {}

    def meter(self, name: str) -> Meter:
        """Return the meter of a file."""

        def expect(here: int, to_come: int | None) -> None:
            if here:
                self.bars.console.print(Text(_resumed(name, here, to_come)))
            self._set(name, here, here + (to_come or 0))

        def advance(units: int) -> None:
            self._set(name, self._here.get(name, 0) + units, None)

        return Meter(advance, expect)

    def _set(self, name: str, here: int, total: int | None) -> None:
        with self._lock:
            self._here[name] = here
            # A source that does not tell the size gives as much as it has given.
            self._total[name] = max(here, self._total.get(name, 0) if total is None else total)
            self.bars.update(self.bar, completed=sum(self._here.values()), total=sum(self._total.values()))


def _logged(name: str) -> Meter:
    def expect(here: int, to_come: int | None) -> None:
        size = "" if to_come is None else f": {_size(here + to_come)}"
        click.echo(_resumed(name, here, to_come) if here else f"{name}{size}", err=True)

    return Meter(expect=expect)


def _resumed(name: str, here: int, to_come: int | None) -> str:
    of = "" if to_come is None else f" of {_size(here + to_come)}"
    return f"{name}: going on at {_size(here)}{of}"


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB" if count >= 2**20 else f"{count / 2**10:,.1f} KiB"


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
