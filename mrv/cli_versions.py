"""The commands `mrv diff` and `mrv approve`: thin, and each imports what it needs only when it runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

SHOWN = 20
"""Figures that are shown; `--json` tells all."""
NUMBERS = ("old", "new", "difference", "percent", "net_old", "net_new", "credits_old", "credits_new")


@click.command()
@click.argument("old", type=click.Path(path_type=Path, exists=True))
@click.argument("new", type=click.Path(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON, every figure of them.")
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Compare the packages OLD and NEW, folders or archives: tonnes, figures, rows, files, and whether it is material.

    Both must be whole, whoever signed them: `mrv verify` tells who did. Exit codes: 0 the same, 1 they differ.
    """
    from mrv.stages.diff import package_difference

    found = package_difference(old, new)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        click.echo(f"{found['old']} -> {found['new']}")
        if found["same"]:
            click.echo("The same: no file differs.")
        else:
            print_difference(found)
            files = found["files"]
            click.echo("Files: " + ", ".join(f"{len(files[name])} {name}" for name in ("added", "removed", "changed")))
    sys.exit(0 if found["same"] else 1)


@click.command()
@click.argument("project")
@click.option("--period", required=True, help="Id of the monitoring period.")
@click.option(
    "--content", help="Key of the content that is approved, or its first eight characters; without it, it is shown."
)
@click.option("--by", "name", help="Who approves.")
@click.option("--reason", help="Why the published version gets a successor.")
def approve(project: str, period: str, content: str | None, name: str | None, reason: str | None) -> None:
    """Show the changed content of PROJECT that waits; with --content, --by and --reason, approve exactly that.

    The next run publishes it as the next version.
    """
    from mrv.approvals import Approver
    from mrv.settings import read_settings
    from mrv.stages.versions import approve as approve_pending
    from mrv.stages.versions import waiting

    settings = read_settings()
    if content is None or name is None or reason is None:
        proposal = waiting(project, period, settings)
        print_difference(proposal.difference)
        click.echo(f"\nVersion {proposal.version} waits since {proposal.proposed_at[:19]}. Nothing was approved.")
        click.echo(f"Approve it: {_command(project, period, proposal.content_key)}")
        sys.exit(0 if content is None and name is None and reason is None else 2)
    proposal = approve_pending(project, period, Approver(name, reason), settings, content=content)
    click.echo(f"Approved by {name} as version {proposal.version}: {reason}")
    click.echo(f"Publish it: mrv run {project} --period {period}")


def _command(project: str, period: str, content_key: str) -> str:
    return f'mrv approve {project} --period {period} --content {content_key[:12]} --by NAME --reason "..."'


def print_pending(pending: Mapping[str, Any], project: str, period: str) -> None:
    """Say that a published version stands, what would change of it, and how to approve that."""
    click.echo(f"\nVersion {pending['version_stands']} stands. Nothing new was published.")
    print_difference(pending)
    if not pending["changes_figures"]:
        click.echo("No published figure or row would change.")
    command = _command(project, period, pending["content_key"])
    click.echo(f"Version {pending['version']} needs an approval: {command}")


def print_difference(found: Mapping[str, Any]) -> None:
    """Print what two versions differ in: tonnes first, then how much of what, why, and the largest differences."""
    from mrv.terminal import print_table

    print_table([_total(total) for total in found["totals"]], right=NUMBERS, title="Net reductions, tCO2e, and credits")
    click.echo(
        f"{found['figures_changed']:,} figures, {found['cells_changed']:,} cells of tables, {found['inputs_changed']:,} inputs "
        f"and {found['parameters_changed']:,} parameters differ"
    )
    if found["causes"]:
        click.echo("Causes: " + "; ".join(cause["en"] for cause in found["causes"][:SHOWN]))
    shown = found["figures"][:SHOWN]
    rows = [
        {
            "figure": row["figure_id"],
            "unit": row["unit"],
            "old": _number(row["old"]),
            "new": _number(row["new"]),
            "difference": _number(row["difference"]),
            "percent": _number(row["difference_percent"]),
        }
        for row in shown
    ]
    print_table(rows, right=NUMBERS, title="\nFigures, those of the most tonnes first")
    if found["figures_changed"] > len(shown):
        click.echo(f"and {found['figures_changed'] - len(shown):,} more figures")


def _total(total: Mapping[str, Any]) -> dict[str, str]:
    verdict = {True: "material", False: "not material", None: "not judged"}[total["material"]]
    if total["threshold_percent"] is not None:
        verdict += f" (over {_number(total['threshold_percent'])} %)"
    return {
        "account": total["rule_set"],
        "net_old": _number(total["net_old_tco2e"]),
        "net_new": _number(total["net_new_tco2e"]),
        "difference": _number(total["net_difference_tco2e"]),
        "percent": _number(total["net_difference_percent"]),
        "credits_old": _number(total["credits_old"]),
        "credits_new": _number(total["credits_new"]),
        "unit": total["credit_unit"],
        "": verdict,
    }


def _number(value: str | None) -> str:
    """Write a number for people; one that is not known as a dash, and no small one as zero."""
    if value is None:
        return "-"
    number = Decimal(value)
    if number == number.to_integral_value():
        return f"{number:,.0f}"
    return f"{number:,.3f}" if round(number, 3) else f"{number.normalize():f}"
