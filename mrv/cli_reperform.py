"""The commands `mrv reperform` and `mrv annex`: thin, and each imports what it needs only when it runs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mrv.stages.reperform import Reperformance

SHOWN = 30
"""Figures and tables that are shown; `--json` tells all."""


@click.command()
@click.argument("package", type=click.Path(path_type=Path))
@click.option(
    "--inputs",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder with files that the package withholds, as `mrv annex` writes it; may be given several times.",
)
@click.option("--complete", is_flag=True, help="Exit with 1 where something could not be made anew.")
@click.option(
    "--allowed-signers",
    type=click.Path(path_type=Path),
    help="OpenSSH allowed_signers file; default: that of MRV_HOME, where set.",
)
@click.option("--any-signer", is_flag=True, help="Go on whoever signed it; the report says so.")
@click.option(
    "--tables-only", is_flag=True, help="Leave out the report, workbook and every other file made of the tables."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def reperform(
    package: Path,
    folders: tuple[Path, ...],
    complete: bool,
    allowed_signers: Path | None,
    any_signer: bool,
    tables_only: bool,
    as_json: bool,
) -> None:
    """Make every table and file of PACKAGE anew from its inputs, offline and in a clean folder, and compare.

    PACKAGE is a folder or a .zip. Prints `same`, or each figure and file that differs. Exits with 1 where one differs.
    """
    from mrv.settings import read_settings
    from mrv.stages.reperform import reperform as reperform_package
    from mrv.terminal import Terminal

    if allowed_signers is None and "MRV_HOME" in os.environ:
        allowed_signers = read_settings().keys_dir / "allowed_signers"
    found = reperform_package(
        package,
        folders=folders,
        allowed_signers=allowed_signers,
        any_signer=any_signer,
        tables_only=tables_only,
        progress=Terminal(),
    )
    if as_json:
        click.echo(json.dumps(_record(found), ensure_ascii=False, indent=1))
    else:
        _print(found)
    sys.exit(0 if found.same and (found.complete or not complete) else 1)


def _record(found: Reperformance) -> dict[str, Any]:
    plain = (
        "name",
        "code",
        "same_code",
        "same",
        "complete",
        "inputs",
        "missing",
        "marts",
        "landed",
        "figures",
        "figures_not_made",
    )
    return {
        **{name: getattr(found, name) for name in plain},
        "given": list(found.given),
        "not_made": dict(found.not_made),
        "differing_figures": [
            {
                "figure_id": item.figure_id,
                "unit": item.figure.unit,
                "package": _text(item.old),
                "made_anew": _text(item.new),
                "difference": None if item.difference is None else format(item.difference, "f"),
            }
            for item in found.differing_figures
        ],
        "differing_tables": [
            {
                "table": result.name,
                "differing": result.differing,
                "first": [[item.change, item.key, item.column, item.old, item.new] for item in result.first],
            }
            for result in found.differing_tables
        ],
        "files": {
            "compared": found.files.compared,
            "differing": list(found.files.differing),
            "not_compared_because": found.files.reason,
        },
        "seconds": dict(found.seconds),
    }


def _text(figure: Any) -> str | None:
    return None if figure is None or figure.value is None else format(figure.value, "f")


def _print(found: Reperformance) -> None:
    if not found.same_code:
        click.echo(f"warning: the package was made by mrv {found.code}; this is another version of the code", err=True)
    given = found.inputs - found.missing
    click.echo(
        f"{found.name}: {given} of {found.inputs} input files at hand"
        + (", nothing is missing" if found.complete else "")
    )
    click.echo(f"Made anew: {found.marts} tables, {found.landed} tables of rows before them, {found.figures} figures")
    _print_not_made(found)
    if found.same:
        click.echo(
            "\nsame" if found.complete else "\nsame: everything that could be made anew is what the package says"
        )
    else:
        _print_differences(found)


def _print_not_made(found: Reperformance) -> None:
    from mrv.stages.reperform_files import TAKEN

    if found.given:
        click.echo(
            f"Starts from rows as the package shows them, for their files are withheld: {', '.join(found.given)}"
        )
    if found.not_made:
        click.echo(
            f"NOT made anew: {len(found.not_made)} tables and {found.figures_not_made} figures, for want of withheld files:"
        )
        for name, reason in list(found.not_made.items())[:SHOWN]:
            click.echo(f"  {name} ({reason})")
        click.echo("  Give the files that the package withholds with --inputs to make these too.")
    if found.files.reason is None:
        click.echo(f"Made anew, byte for byte: {found.files.compared} files; {TAKEN}")
    else:
        click.echo(
            f"NOT compared: report, workbook, trace, map layers and every other file made of the tables ({found.files.reason})"
        )


def _print_differences(found: Reperformance) -> None:
    from mrv.terminal import print_table

    rows = [
        {
            "figure": item.figure_id,
            "unit": item.figure.unit,
            "package": _text(item.old) or "",
            "made anew": _text(item.new) or "",
            "difference": "" if item.difference is None else format(item.difference, "f"),
        }
        for item in found.differing_figures
    ]
    click.echo(
        f"\nDIFFERENT: {len(rows)} figures, {len(found.differing_tables)} tables, {len(found.files.differing)} files"
    )
    if rows:
        print_table(rows[:SHOWN], right=["package", "made anew", "difference"])
    if len(rows) > SHOWN:
        click.echo(f"... and {len(rows) - SHOWN} more (--json tells all)")
    for result in found.differing_tables[:SHOWN]:
        click.echo(f"{result.name}: {result.differing} cells or rows differ, first:")
        for item in result.first[:2]:
            click.echo(f"  {item.key} {item.column}: package {item.old or '(none)'}, made anew {item.new or '(none)'}")
    for name in found.files.differing[:SHOWN]:
        click.echo(f"{name}: other bytes than those made anew")


@click.command()
@click.argument("project")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--period", help="Id of the monitoring period; default: the newest one that has begun.")
def annex(project: str, folder: Path, period: str | None) -> None:
    """Write the files that the newest package of PROJECT withholds to FOLDER, for a verifier bound to confidentiality."""
    from mrv.settings import read_settings
    from mrv.stages.annex import write_annex

    made = write_annex(project, period, folder, read_settings())
    click.echo(f"{made.files} files, {made.bytes / 2**20:.1f} MiB, that {made.package} withholds: {folder}")
    click.echo("They may name people. Hand them over only to whoever is bound to keep them confidential.")
