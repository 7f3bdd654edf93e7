"""The `mrv` command: thin, and it imports what a command needs only when that command runs."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mrv.cli_access_log import access_log
from mrv.cli_account import account
from mrv.cli_finding import finding
from mrv.cli_forms import forms
from mrv.cli_keys import keys, stamp
from mrv.cli_reperform import annex, reperform
from mrv.cli_sample import sample
from mrv.cli_serve import serve
from mrv.cli_sql import sql
from mrv.cli_trace import trace
from mrv.cli_users import token, user
from mrv.cli_versions import approve, diff, print_pending
from mrv.errors import MrvError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from mrv.approvals import Approver
    from mrv.project import LoadedProject
    from mrv.settings import Settings

SMALL_HA = 10
"""Areas below it are shown with four decimals."""
SHOWN = 5
"""Most checks that are named after a run; all of them are in the report."""


class _Commands(click.Group):
    """Turns our errors into one message and their exit code; anything else is a fault of ours and keeps its trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _terminated_like_interrupted():
                return super().invoke(ctx)
        except MrvError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(error.exit_code)
        except OSError as error:
            # A home, file or folder that cannot be used; what our own code refuses says more and was caught above.
            click.echo(f"error: {error.strerror or error}\n  where: {error.filename or 'unknown'}", err=True)
            click.echo("  remedy: check that the path exists and that this user may use it", err=True)
            sys.exit(1)


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let a polite request to end (SIGTERM) do what Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mrv")
def main() -> None:
    """REDD+ MRV: from raw data to a signed package that a stranger can check.

    PROJECT is a folder with a project.yaml, or the name of one under projects/.
    Exit codes: 0 done, 1 a check failed or differs, 2 usage, 3 an outside source could not be reached.
    """


def _settings() -> Settings:
    from mrv.settings import read_settings

    return read_settings()


def _warn_of_mirrors(project: LoadedProject | None, settings: Settings) -> None:
    """Say what MRV_MIRRORS names that the project has not; it may be of another project in the same environment."""
    from mrv.sources.addresses import stray_mirrors

    if project is not None:
        for line in stray_mirrors(settings.mirrors, {spec.name: spec.connector for spec in project.definition.sources}):
            click.echo(f"warning: {line}", err=True)


@main.command()
@click.option("--seed", default=958, show_default=True, help="Seed of the simulated landscape; the samples are of 958.")
@click.option(
    "--period",
    default="mp4",
    show_default=True,
    help="mp1 (2010 to 22 October 2015) to mp4; mp2 and mp3 have no sample, and so no tonnes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def demo(seed: int, period: str, as_json: bool) -> None:
    """Run the sample project end to end, offline, on simulated data."""
    from mrv.project import find_project, load_project
    from mrv.simulator.world import simulated_world

    settings = _settings()
    project = "biocorredor_martin_sagrado"
    loaded = load_project(find_project(project, settings))
    if not as_json:
        click.echo(
            "The data of this demo are SIMULATED: a seeded landscape, served on loopback in the formats of the real sources."
        )
        click.echo("Los datos de esta demostración son SIMULADOS.\n")
    with simulated_world(seed=seed, project=loaded, folder=settings.root / "simulated") as world:
        here = settings.model_copy(update={"mirrors": {**settings.mirrors, **world.mirrors}})
        result = _run(project, period, here)
    _print_run(result, as_json=as_json)
    report = _verify(Path(result["package"]), allowed_signers=settings.keys_dir / "allowed_signers", any_signer=False)
    if not as_json:
        click.echo(f"\nmrv verify: {'accepted' if report.accepted else 'REFUSED'}, {len(report.checks)} checks")
        click.echo(f"Look at it: {result['package']}/data/report/summary.html")
        click.echo(f"Ask it:     mrv sql {project}")
    sys.exit(0 if report.accepted else 1)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Scaffold a project definition in FOLDER."""
    from mrv.scaffold import scaffold

    for path in scaffold(folder):
        click.echo(f"wrote {path}")
    click.echo(f"\nNext: draw your zones in {folder}/boundaries, edit {folder}/project.yaml, then: mrv check {folder}")


@main.command()
@click.argument("project")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(project: str, as_json: bool) -> None:
    """Validate the definition, boundaries, baseline and parameters of PROJECT."""
    from mrv.project import find_project
    from mrv.stages.validate import check_project

    settings = _settings()
    findings = check_project(find_project(project, settings))
    _warn_of_mirrors(findings.project, settings)
    if as_json:
        fields = ("message", "expected", "found", "where", "remedy")
        problems = [{name: getattr(problem, name) for name in fields} for problem in findings.problems]
        zones = [{"zone_id": zone.zone_id, "kind": zone.kind, "area_ha": str(zone.area_ha)} for zone in findings.zones]
        click.echo(
            json.dumps({"problems": problems, "zones": zones, "notes": findings.notes}, ensure_ascii=False, indent=1)
        )
    else:
        _print_findings(findings)
    sys.exit(1 if findings.problems else 0)


def _area(area_ha: Decimal) -> str:
    """Write hectares: a plot of 50 by 50 m needs more digits than a landscape."""
    return f"{area_ha:,.4f}" if area_ha < SMALL_HA else f"{area_ha:,.1f}"


def _print_findings(findings: Any) -> None:
    from mrv.terminal import print_table

    rows = [
        {"zone": zone.zone_id, "kind": zone.kind, "area_ha": _area(zone.area_ha), "name": zone.name}
        for zone in findings.zones
    ]
    print_table(rows, right=["area_ha"], title="Zones, geodesic area on WGS84")
    for note in findings.notes:
        click.echo(f"note: {note}")
    for number, problem in enumerate(findings.problems, start=1):
        click.echo(f"\n{number}. {problem}")
    click.echo(
        f"\n{len(findings.problems)} problem(s)" if findings.problems else "\nThe definition holds: no problem found."
    )


@main.command()
@click.argument("project")
@click.option("--period", help="Id of the monitoring period; default: the newest one that has begun.")
@click.option("--dataset", help="Fetch only the sources of this dataset: raster, fires, plots, trees, ...")
def pull(project: str, period: str | None, dataset: str | None) -> None:
    """Fetch what the sources of PROJECT have, without using it yet."""
    from mrv.sources.connectors import datasets_of
    from mrv.stages.context import newest_period, open_context
    from mrv.stages.land import pull as pull_source
    from mrv.terminal import Terminal

    settings = _settings()
    with open_context(project, period or newest_period(project, settings), settings, Terminal()) as context:
        _warn_of_mirrors(context.project, settings)
        folder = context.project.folder
        specs = [spec for spec in context.definition.sources if dataset is None or dataset in datasets_of(spec, folder)]
        if not specs:
            known = sorted({name for spec in context.definition.sources for name in datasets_of(spec, folder)})
            raise UsageError(
                f"no source of {project} gives {dataset or 'anything'}",
                expected=", ".join(known) or "a source in project.yaml",
                remedy="choose one of these, or declare a source",
            )
        for spec in specs:
            pulled = pull_source(context, spec)
            size = sum(artifact.bytes for artifact in pulled.artifacts)
            new = sum(not artifact.unchanged for artifact in pulled.artifacts)
            click.echo(f"{spec.name}: {len(pulled.artifacts)} file(s), {size / 2**20:.1f} MiB, {new} new")


@main.command()
@click.argument("project")
@click.option("--period", help="Id of the monitoring period; default: the newest one that has begun.")
@click.option("--measure", is_flag=True, help="Fetch what is new or changed and measure what it would change.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def watch(project: str, period: str | None, measure: bool, as_json: bool) -> None:
    """Ask the sources of PROJECT what is new, changed or withdrawn; nothing published is touched.

    Exits 0 whatever was found, and 3 where a source did not let itself be asked.
    """
    from mrv.stages.context import newest_period, open_context
    from mrv.stages.watch import watch as watch_sources
    from mrv.stages.watch_summary import change_rows, finding_rows, watch_record
    from mrv.terminal import Terminal, print_table

    settings = _settings()
    with open_context(project, period or newest_period(project, settings), settings, Terminal()) as context:
        _warn_of_mirrors(context.project, settings)
        watched = watch_sources(context, measure=measure)
    if as_json:
        click.echo(json.dumps(watch_record(watched), ensure_ascii=False, indent=1))
    else:
        print_table(finding_rows(watched), title=f"{watched.project}: what the sources have")
        changes = change_rows(watched)
        numbers = ("year", "old_ha", "new_ha", "difference_ha", "difference_percent")
        print_table(changes, right=numbers, title="\nAreas that would change, ha")
        if measure and not changes:
            click.echo("\nNothing to measure: no file changed, and no newer version of the catalogue is there.")
        click.echo(f"\nTables: {watched.folder}")
    sys.exit(3 if watched.unreachable else 0)


@main.command()
@click.argument("project")
@click.option("--period", required=True, help="Id of the monitoring period.")
@click.option("--approved-by", help="Who approves, beforehand, whatever the run changes of a published version.")
@click.option("--reason", help="Why; together with --approved-by.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def run(project: str, period: str, approved_by: str | None, reason: str | None, as_json: bool) -> None:
    """Pull, check, transform, account and publish one period of PROJECT.

    A changed content is published only with an approval; without one the published version stands, and where its figures
    or rows would change, the exit code is 1.
    """
    from mrv.approvals import Approver

    if (approved_by is None) != (reason is None):
        raise UsageError("an approval needs a name and a reason", remedy="give both --approved-by and --reason")
    approver = Approver(approved_by, reason) if approved_by is not None and reason is not None else None
    result = _run(project, period, _settings(), approver)
    _print_run(result, as_json=as_json)
    sys.exit(1 if result["pending"] and result["pending"]["changes_figures"] else 0)


def _run(project: str, period: str, settings: Settings, approver: Approver | None = None) -> Mapping[str, Any]:
    """Start the flow in this process, against the Prefect server that is configured or a temporary one."""
    from mrv.files import storage_errors
    from mrv.project import find_project, load_project
    from mrv.stages.validate import refuse_problems

    # A server takes seconds to start: what can be refused at once is.
    loaded = load_project(find_project(project, settings))
    loaded.definition.period(period)
    refuse_problems(loaded)
    _warn_of_mirrors(loaded, settings)
    prefect_home = settings.root / "prefect"
    with storage_errors(prefect_home):
        prefect_home.mkdir(parents=True, exist_ok=True)
    for name, value in (
        ("PREFECT_HOME", str(prefect_home)),
        ("PREFECT_SERVER_ANALYTICS_ENABLED", "false"),
        ("DO_NOT_TRACK", "1"),
        ("PREFECT_LOGGING_LEVEL", "CRITICAL"),
        ("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120"),
    ):
        os.environ.setdefault(name, value)
    from flows.monitor import run_flow
    from mrv.terminal import Terminal

    return run_flow(project, period, settings=settings, progress=Terminal(), approver=approver)


def _warnings(rows: Sequence[Mapping[str, str]]) -> str:
    """Name the checks that did not pass, and how many rows they concern."""
    names = [f"{row['dataset']}.{row['rule']} ({row['rows_failed']} of {row['rows_evaluated']} rows)" for row in rows]
    if len(names) > SHOWN:
        names[SHOWN:] = [f"and {len(names) - SHOWN} more"]
    count = "1 check warned" if len(rows) == 1 else f"{len(rows)} checks warned"
    return f"{count}: {'; '.join(names)}. The report says more."


def _print_run(result: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=1))
        return
    from mrv.stages.results import failed_check_rows, other_account_rows, total_credits, vintage_rows
    from mrv.terminal import print_table

    snapshot = Path(result["snapshot"])
    rows = vintage_rows(snapshot)
    numbers = [column for column in rows[0] if column not in ("vintage", "reason")] if rows else []
    held = "; NOT PUBLISHED, see below" if result["pending"] else ""
    title = f"{result['project']}, {result['period']}: emission reductions by vintage{held}"
    print_table(rows, right=numbers, title=title)
    total = total_credits(snapshot)
    click.echo(
        f"\nPeriod total: {'not computed' if total is None else f'{total:,} tCO2e'} creditable after leakage, uncertainty and buffer"
    )
    if others := other_account_rows(snapshot):
        click.echo()
        print_table(others, right=["vintage", "net_tco2e", "credits"], title="Side by side, under other rule sets")
    click.echo(
        f"Rows read {result['rows_read']:,}; in quarantine {result['rows_quarantined']:,} (listed in the package)"
    )
    warned = failed_check_rows(snapshot)
    if warned:
        click.echo(_warnings(warned))
    if result["simulated"]:
        click.echo("SIMULATED data: no figure here says anything about the real place.")
    slowest = sorted(result["seconds"].items(), key=lambda item: -item[1])[:5]
    click.echo("Time: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest))
    if result["changed"] or result["pending"]:
        click.echo(f"Done anew: {len(result['changed'])} steps (--json names them); the rest was there already")
    else:
        click.echo("Nothing changed: sources, code and parameters are as they were; no file was written.")
    if result["pending"]:
        print_pending(result["pending"], result["project"], result["period"])
    click.echo(f"Package (version {result['version']}): {result['package']}")


@main.command()
@click.argument("project")
@click.option("--json", "as_json", is_flag=True, help="Print the state as JSON.")
def status(project: str, as_json: bool) -> None:
    """Show the period ledger of PROJECT: each dataset's last step, and quarantine counts."""
    from mrv.stages.status import project_status
    from mrv.terminal import print_table

    rows = project_status(project, _settings())
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif rows:
        print_table(rows, right=["read", "accepted", "quarantined"])
    else:
        click.echo(f"Nothing has been run for {project} yet: mrv run {project} --period ...")


@main.command()
@click.argument("package", type=click.Path(path_type=Path))
@click.option(
    "--allowed-signers",
    type=click.Path(path_type=Path),
    help="OpenSSH allowed_signers file; default: that of MRV_HOME, where set.",
)
@click.option("--any-signer", is_flag=True, help="Accept a signature whoever made it; the report says so.")
@click.option(
    "--timestamp-roots",
    type=click.Path(path_type=Path),
    help="Certificates (PEM) of authorities whose time stamps count; default: MRV_TIMESTAMP_ROOTS.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(
    package: Path, allowed_signers: Path | None, any_signer: bool, timestamp_roots: Path | None, as_json: bool
) -> None:
    """Check integrity, completeness, signature and content of PACKAGE (a folder, or its .zip), offline."""
    if allowed_signers is None and "MRV_HOME" in os.environ:
        # Only a home that was named: one found in the working folder may have come with the package.
        allowed_signers = _settings().keys_dir / "allowed_signers"
    roots = timestamp_roots or _settings().timestamp_roots
    report = _verify(package, allowed_signers=allowed_signers, any_signer=any_signer, timestamp_roots=roots)
    if as_json:
        checks = [{"name": item.name, "outcome": item.outcome, "detail": item.detail} for item in report.checks]
        outcome = {"accepted": report.accepted, "signed_name": report.signed_name, "checks": checks}
        click.echo(json.dumps(outcome, ensure_ascii=False, indent=1))
    else:
        for item in report.checks:
            click.echo(f"{item.outcome.replace('_', ' '):<12} {item.name}: {item.detail}")
        click.echo(f"\n{'accepted' if report.accepted else 'REFUSED'}: {report.signed_name or package}")
    sys.exit(0 if report.accepted else 1)


def _verify(
    package: Path, *, allowed_signers: Path | None, any_signer: bool, timestamp_roots: Path | None = None
) -> Any:
    from mrv.package.verify import verify as verify_package
    from mrv.package.zipped import unpacked

    with unpacked(package) as folder:
        return verify_package(
            folder, allowed_signers=allowed_signers, any_signer=any_signer, timestamp_roots=timestamp_roots
        )


main.add_command(access_log)
main.add_command(account)
main.add_command(approve)
main.add_command(diff)
main.add_command(finding)
main.add_command(forms)
main.add_command(keys)
main.add_command(reperform)
main.add_command(annex)
main.add_command(sample)
main.add_command(serve)
main.add_command(sql)
main.add_command(stamp)
main.add_command(token)
main.add_command(trace)
main.add_command(user)

if __name__ == "__main__":
    main()
