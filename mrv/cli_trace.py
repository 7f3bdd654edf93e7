"""The command `mrv trace`: thin, and imports what it needs only when it runs."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("subject")
@click.argument("figure", required=False)
@click.option("--period", help="Period of the project; default: that of its newest package.")
@click.option("--search", help="List only figures whose id or label has this text.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the package's page of traces here."
)
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", help="Language of the text.")
def trace(
    subject: str,
    figure: str | None,
    period: str | None,
    search: str | None,
    as_json: bool,
    html: Path | None,
    lang: str,
) -> None:
    """Follow FIGURE to its formula, rows, sample units, plots, parameters and received files.

    SUBJECT is a project (its newest package is read) or a package. Without FIGURE the figures are listed.
    """
    from mrv.package.trace.reader import listing, part_of, read_page, read_trace
    from mrv.package.trace.text import tree_lines
    from mrv.package.zipped import unpacked
    from mrv.settings import read_settings

    with unpacked(_package(subject, read_settings().packages_dir, period)) as root:
        record = read_trace(root)
        if html is not None:
            html.write_bytes(read_page(root))
    if figure is None:
        rows = listing(record, search)
        click.echo(
            json.dumps(rows, ensure_ascii=False, indent=1) if as_json else "\n".join(_line(row, lang) for row in rows)
        )
        return
    part = part_of(record, figure)
    if as_json:
        click.echo(json.dumps(part, ensure_ascii=False, indent=1))
        return
    for line in tree_lines(part, figure, language=("en", "es").index(lang)):
        click.echo(line)


def _line(row: dict[str, object], lang: str) -> str:
    return f"{row['figure_id']}  {row['value'] or ''} {row['unit']}  {row['label_' + lang]}"


def _package(subject: str, packages: Path, period: str | None) -> Path:
    from mrv.package.trace.reader import newest

    path = Path(subject)
    return (
        path
        if path.exists() and (path.suffix == ".zip" or (path / "data").is_dir())
        else newest(packages, subject, period)
    )
