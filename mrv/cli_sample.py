"""The commands `mrv sample ...`: thin, and each imports what it needs only when it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mrv.errors import UsageError

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
SHOWN = 5
"""Most units that are named after drawing chips."""


@click.group()
def sample() -> None:
    """Estimate areas from a sample of labelled map units: design, labels, estimates."""


@sample.command()
@click.argument("project")
@click.option("--design", help="Id of the sample; default: the only one.")
@click.option("--enlarge", is_flag=True, help="Draw onto the frozen design what the definition asks for beyond it.")
@click.option("--json", "as_json", is_flag=True, help="Print the design as JSON.")
def design(project: str, design: str | None, enlarge: bool, as_json: bool) -> None:
    """Draw the units of a sample of PROJECT from its map and freeze them in their folder."""
    from mrv.project import find_project, load_project
    from mrv.settings import read_settings
    from mrv.stages import sample_summary as summary
    from mrv.stages.context import open_context
    from mrv.stages.sample_design import chosen_sample, draw_design
    from mrv.stages.validate import refuse_problems
    from mrv.terminal import Terminal, print_table

    settings = read_settings()
    loaded = load_project(find_project(project, settings))
    spec = chosen_sample(loaded, design)
    refuse_problems(loaded, frozen=False)
    with open_context(project, spec.period, settings, Terminal()) as context:
        drawn = draw_design(context, spec, enlarge=enlarge)
    if as_json:
        click.echo(json.dumps(summary.design_record(drawn), ensure_ascii=False, indent=1))
        return
    print_table(
        summary.stratum_rows(drawn.document),
        right=summary.NUMBERS,
        title=f"{drawn.document.design_id}: strata of the map",
    )
    print_table(summary.precision_rows(drawn), right=summary.PRECISION_NUMBERS, title=f"\n{summary.PRECISION_TITLE}")
    click.echo("\n" + "\n".join(summary.sentences(drawn)))
    if drawn.new_units:
        click.echo(
            f"Frozen in {drawn.folder}: {drawn.new_units:,} new units\n{summary.next_steps(project, drawn.document)}"
        )
    else:
        click.echo(
            f"Nothing changed: the design is frozen in {drawn.folder} as it is declared, and its units are those that its "
            "seed draws from the map."
        )


@sample.command()
@click.argument("project")
@click.option("--design", help="Id of the sample; default: the only one.")
@click.option(
    "--format",
    "style",
    required=True,
    type=click.Choice(["ceo-csv", "ceo-geojson", "kml", "gpkg", "csv"]),
    help="Collect Earth Online's uploads, KML, GeoPackage, or a CSV form.",
)
@click.option("--to", required=True, type=click.Path(path_type=Path), help="File; for Collect Earth Online a folder.")
@click.option("--step", type=int, help="Only the units of this step, where the design was enlarged.")
def export(project: str, design: str | None, style: Any, to: Path, step: int | None) -> None:
    """Write the units of a frozen sample of PROJECT for interpreters, without what the map says of them."""
    from mrv.project import find_project, load_project
    from mrv.settings import read_settings
    from mrv.stages.sample_design import chosen_sample
    from mrv.stages.sample_export import advice, export_units
    from mrv.stages.validate_sampling import declared_design

    loaded = load_project(find_project(project, read_settings()))
    frozen = declared_design(loaded, chosen_sample(loaded, design))
    for path in export_units(frozen, style, to, step=step):
        click.echo(f"wrote {path}")
    click.echo(f"\n{advice(frozen, style)}")


@sample.command()
@click.argument("project")
@click.option("--period", required=True, help="Id of the monitoring period.")
@click.option(
    "--disagreements",
    type=click.Path(path_type=Path),
    help="Write the units on which interpreters differ to this CSV, a form for whoever resolves them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def labels(project: str, period: str, disagreements: Path | None, as_json: bool) -> None:
    """Show how far the labels of a period of PROJECT are: by person, agreement, what is open, and the estimate."""
    from mrv.settings import read_settings
    from mrv.stages import sample_progress as stage
    from mrv.stages.context import open_context
    from mrv.terminal import Terminal, print_table

    with open_context(project, period, read_settings(), Terminal()) as context:
        progress = stage.label_progress(context)
    count = None if disagreements is None else stage.write_disagreements(progress, disagreements)
    if as_json:
        click.echo(json.dumps(stage.progress_record(progress), ensure_ascii=False, indent=1))
        return
    estimates = stage.estimate_rows(progress)
    known = [row for row in estimates if row["estimate_ha"] is not None]
    for title, rows, words, decimals in (
        ("Units by what their labels came to", stage.outcome_rows(progress), 1, 0),
        ("\nLabels by person", stage.interpreter_rows(progress), 2, 0),
        ("\nAgreement on units that both could use", stage.agreement_rows(progress), 2, 3),
        ("\nAreas by the sample, ha", known, 3, 1),
    ):
        shown = [{name: _cell(value, decimals) for name, value in row.items() if name != "reason"} for row in rows]
        print_table(shown, right=list(shown[0])[words:] if shown else (), title=title)
    click.echo()
    for note in [
        *stage.waiting_notes(progress),
        *stage.estimate_notes(progress),
        *stage.set_aside_notes(progress, most=SHOWN),
    ]:
        click.echo(note)
    if count == 0:
        click.echo(f"wrote {disagreements}: its header alone, no unit is left to decide")
    elif count:
        click.echo(
            f"wrote {disagreements}: {count:,} units. Fill in label, interpreter and what else was decided, put the file "
            "into the design's folder and declare it among labels with format csv and role resolution."
        )


@sample.command()
@click.argument("project")
@click.option("--period", required=True, help="Id of the monitoring period whose composites are shown.")
@click.option("--design", help="Id of the sample; default: the only one.")
@click.option("--to", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of the chips.")
@click.option(
    "--size-m", default=1000.0, show_default=True, type=click.FloatRange(min=10), help="Side of a chip, metres."
)
@click.option("--source", help="Source of scenes; default: the only one.")
def chips(project: str, period: str, design: str | None, to: Path, size_m: float, source: str | None) -> None:
    """Draw before-and-after image chips around the units of a sample of PROJECT, without what the map says of them."""
    from mrv.settings import read_settings
    from mrv.stages.context import open_context
    from mrv.stages.sample_chips import INDEX, make_chips
    from mrv.stages.sample_design import chosen_sample
    from mrv.terminal import Terminal

    with open_context(project, period, read_settings(), Terminal()) as context:
        spec = chosen_sample(context.project, design)
        made = make_chips(context, spec, folder=to, size_m=size_m, source=source)
    click.echo(f"{len(made.unit_ids):,} chips of {' and '.join(made.composites)} in {to}; look at {to / INDEX}")
    for warning in made.warnings:
        click.echo(warning)
    if made.skipped:
        click.echo(f"{len(made.skipped):,} units have none:")
        for unit_id, reason in list(made.skipped.items())[:SHOWN]:
            click.echo(f"  {unit_id}: {reason}")
        if len(made.skipped) > SHOWN:
            click.echo(f"  and {len(made.skipped) - SHOWN:,} more, listed in {INDEX}")


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    mapping = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if len(mapping) < len(pairs):
        raise UsageError(
            "a column is not named as NAME=HEADER, or a name stands twice",
            expected="for example reference_class=label",
            found=", ".join(pairs),
            remedy="write the name, an equals sign and the header of the file",
        )
    return mapping


@sample.command()
@click.argument("units", type=FILE)
@click.option("--strata", required=True, type=FILE, help="CSV: stratum, and pixel_count, area_ha or both.")
@click.option(
    "--estimator",
    type=click.Choice(["stratified", "simple", "post_stratified"]),
    default="stratified",
    show_default=True,
    help="How the units were drawn; systematic draws take simple or post_stratified.",
)
@click.option("--fpc", is_flag=True, help="Correct for finite strata; needs pixel_count.")
@click.option(
    "--pixel-area-ha", type=click.FloatRange(min=0, min_open=True), help="Area of a pixel, for strata without area_ha."
)
@click.option(
    "--class", "classes", multiple=True, metavar="LABEL", help="The legend; default: all labels that are found."
)
@click.option("--unusable", metavar="LABEL", help="Reference label of units that could not be labelled.")
@click.option("--by", metavar="HEADER", help="Column of UNITS that divides the frame, for example zone_id.")
@click.option("--unit-column", multiple=True, metavar="NAME=HEADER", help="Column of UNITS under another header.")
@click.option("--stratum-column", multiple=True, metavar="NAME=HEADER", help="Column of STRATA under another header.")
@click.option("--json", "as_json", is_flag=True, help="Print all estimates in full digits as JSON.")
def estimate(
    units: Path,
    strata: Path,
    estimator: Any,
    fpc: bool,
    pixel_area_ha: float | None,
    classes: tuple[str, ...],
    unusable: str | None,
    by: str | None,
    unit_column: tuple[str, ...],
    stratum_column: tuple[str, ...],
    as_json: bool,
) -> None:
    """Estimate areas and accuracies from UNITS, a CSV of labelled units.

    UNITS has map_class and reference_class, and where they are needed stratum (default: the map class), unit_id (default:
    the number of the row), unit_area. Intervals are those of the normal distribution.
    """
    from mrv.stages.sample_estimate import Options, estimate_files

    options = Options(
        unit_columns=_mapping(unit_column),
        stratum_columns=_mapping(stratum_column),
        classes=classes,
        unusable=unusable,
        by=by,
        pixel_area_ha=pixel_area_ha,
        estimator=estimator,
        finite_population_correction=fpc,
    )
    result = estimate_files(units, strata, options)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False))
        return
    for domain in result["domains"]:
        _print_domain(domain, result)
    unusable_text = f", {result['unusable_count']:,} unusable left out" if result["unusable_count"] else ""
    click.echo(
        f"{result['unit_count']:,} units in {len(result['strata']):,} strata, {result['estimator']}{unusable_text}"
    )


def _print_domain(domain: dict[str, Any], result: dict[str, Any]) -> None:
    from mrv.terminal import print_table

    unit = result["area_unit"]
    place = "" if domain["domain"] == "*" else f" in {domain['domain']}"
    columns = ("map_area", "area", "se", "ci90_half_width", "ci95_half_width")
    rows = [
        {"class": row["reference_class"], "units": f"{row['class_unit_count']:,}"}
        | {name: _number(row[f"{name}_{unit}"], 3) for name in columns}
        for row in domain["areas"]
    ]
    if all(row["map_area"] == "" for row in rows):
        rows = [{name: cell for name, cell in row.items() if name != "map_area"} for row in rows]
    print_table(
        rows, right=["units", *columns], title=f"Areas{place}, {unit}: estimate and half-widths of its intervals"
    )
    rows = [
        {"measure": row["measure"], "class": row["map_class"], "units": f"{row['unit_count']:,}"}
        | {name: _number(row[name], 6) for name in ("accuracy", "se", "ci90_half_width", "ci95_half_width")}
        for row in domain["accuracy"]
    ]
    print_table(rows, right=list(rows[0])[2:], title=f"\nAccuracy{place}")
    shares = {(cell["map_class"], cell["reference_class"]): cell["area_share"] for cell in domain["error_matrix"]}
    classes = result["classes"]
    rows = [{"map \\ reference": one} | {other: _number(shares[one, other], 8) for other in classes} for one in classes]
    print_table(rows, right=classes, title=f"\nError matrix{place}, shares of the area")
    notes = [(row["reference_class"], "area", row["reason"]) for row in domain["areas"]]
    notes += [(row["map_class"], row["measure"], row["reason"]) for row in domain["accuracy"]]
    for label, what, reason in notes:
        if reason:
            click.echo(f"note: {what} of {label}: {reason}")
    click.echo()


def _cell(value: Any, decimals: int) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{decimals}f}"


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}"
