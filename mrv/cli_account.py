"""The commands `mrv account ...`: thin, and each imports what it needs only when it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mrv.stages.account_run import Computed

NUMBERS = ("baseline", "project", "leakage", "net", "deduction", "buffer", "credits")


@click.group()
def account() -> None:
    """Compute emission reductions from tables or a workbook, and write workbooks in the four-sheet layout."""


@account.command()
@click.argument("inputs", type=click.Path(path_type=Path, exists=True))
@click.option("--rule-set", "rule_sets", multiple=True, help="Rule set; repeatable, the first is the primary one.")
@click.option(
    "--out", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Where the tables go."
)
@click.option("--skip-refused", is_flag=True, help="Compute the sound projects of a portfolio and name the others.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def run(inputs: Path, rule_sets: tuple[str, ...], folder: Path, skip_refused: bool, as_json: bool) -> None:
    """Compute INPUTS: a workbook in the four-sheet layout, or a folder of tables of a portfolio."""
    from mrv.settings import read_settings
    from mrv.stages.account_run import run_accounts

    computed = run_accounts(
        inputs,
        rule_sets,
        folder,
        read_settings(),
        skip_refused=skip_refused,
        tell=lambda line: click.echo(line, err=True),
    )
    if as_json:
        content = {
            "folder": str(computed.folder),
            "vintages": [{name: _plain(value) for name, value in row.items()} for row in computed.vintages],
            "refused": {name: [str(problem) for problem in found] for name, found in computed.refused.items()},
            "notes": computed.notes,
        }
        click.echo(json.dumps(content, ensure_ascii=False, indent=1))
        return
    _print(computed)


def _print(computed: Computed) -> None:
    from mrv.stages.account_summary import vintage_lines
    from mrv.terminal import print_table

    print_table(vintage_lines(computed.vintages), right=NUMBERS, title="Emission reductions by vintage, tCO2e")
    for note in computed.notes:
        click.echo(f"note: {note}")
    for name, problems in computed.refused.items():
        click.echo(f"left out: {name}, {len(problems)} problem(s); the first: {problems[0]}", err=True)
    click.echo(f"Tables: {computed.folder}/csv and {computed.folder}/marts")


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int) else str(value)


@account.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--example", is_flag=True, help="With a small made-up example instead of empty rows.")
def template(file: Path, example: bool) -> None:
    """Write an empty workbook in the four-sheet layout to FILE, with help in English and Spanish."""
    from mrv.accounting.workbook import write_template

    write_template(file, with_example=example)
    click.echo(f"wrote {file}: fill the sheets, then: mrv account run {file} --rule-set fcpf_cf --out DIR")


@account.command()
@click.argument("project")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--period", help="Id of the monitoring period; default: the newest snapshot.")
def export(project: str, file: Path, period: str | None) -> None:
    """Write the inputs of PROJECT's accounts, as its current snapshot holds them, to FILE in the four-sheet layout."""
    from mrv.settings import read_settings
    from mrv.stages.account_export import export_account

    found = export_account(project, file, read_settings(), period=period)
    click.echo(f"wrote {file}: {found}")
