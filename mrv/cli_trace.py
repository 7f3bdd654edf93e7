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
    from mrv.package.reading import reading
    from mrv.package.trace.reader import listing, part_of, read_page, read_trace
    from mrv.package.trace.text import tree_lines
    from mrv.package.trace.walk import JSON
    from mrv.package.zipped import unpacked
    from mrv.settings import read_settings

    with unpacked(_package(subject, read_settings().packages_dir, period)) as root:
        _require_whole(root)
        record = read_trace(root)
        if html is not None:
            html.write_bytes(read_page(root))
    with reading(JSON):
        rows = [] if figure else listing(record, search)
        part = part_of(record, figure) if figure else {}
        lines = [_line(row, lang) for row in rows]
        if figure and not as_json:
            lines = list(tree_lines(part, figure, language=("en", "es").index(lang)))
    if as_json:
        click.echo(json.dumps(part if figure else rows, ensure_ascii=False, indent=1))
        return
    for line in lines:
        # A package may be a stranger's: nothing of it steers the reader's terminal.
        click.echo("".join(character if character.isprintable() else "\ufffd" for character in line))


def _require_whole(root: Path) -> None:
    """Refuse a package whose files are not those that somebody signed; who did is `mrv verify`'s to say."""
    from mrv.errors import PackageError
    from mrv.package.verify import verify

    report = verify(root, any_signer=True)
    if not report.accepted:
        raise PackageError(
            "the package is not whole, so no figure of it is followed",
            found="; ".join(f"{check.name}: {check.detail}" for check in report.failed),
            where=str(root),
            remedy="see mrv verify; ask the publisher for the package again",
        )


def _line(row: dict[str, object], lang: str) -> str:
    return f"{row['figure_id']}  {row['value'] or ''} {row['unit']}  {row['label_' + lang]}"


def _package(subject: str, packages: Path, period: str | None) -> Path:
    from mrv.package.trace.reader import newest

    path = Path(subject)
    is_package = path.is_file() or (path / "data").is_dir()
    return path if is_package else newest(packages, subject, period)
