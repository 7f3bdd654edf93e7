"""`mrv check`: every problem of a definition, its boundaries and its parameters, in one go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mrv.boundaries import Zone, read_zones
from mrv.errors import MrvError, ProjectError
from mrv.package.monitoring.narrative import problems as narrative_problems
from mrv.parameters import Parameter
from mrv.periods import Span, gaps, overlaps
from mrv.project import LoadedProject, load_project
from mrv.project_rules import BaselineVersion
from mrv.project_sources import Files, Firms
from mrv.sources.connectors import datasets_of
from mrv.sources.fire_days import first_day
from mrv.stages.declare import pool_rows, read_baseline
from mrv.stages.patch_files import patch_problems
from mrv.stages.validate_accounts import declared_problems, implausible_stocks, missing_strata
from mrv.stages.validate_claims import claim_problems
from mrv.stages.validate_parameters import parameter_notes, parameter_problems
from mrv.stages.validate_rasters import measures_forest, raster_notes, raster_problems
from mrv.stages.validate_sampling import frozen_problems, sampling_problems
from mrv.stages.validate_scenes import scene_problems


@dataclass(frozen=True)
class Findings:
    """What `mrv check` found."""

    project: LoadedProject | None
    zones: tuple[Zone, ...] = ()
    problems: tuple[MrvError, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)


def check_project(folder: Path, *, frozen: bool = True) -> Findings:
    """Check a project folder and return every problem; raises nothing that is the project's fault.

    Args:
        folder: The project's folder.
        frozen: Whether sample designs must be frozen as they are declared; not so before they are drawn.
    """
    try:
        project = load_project(folder)
    except ProjectError as error:
        return Findings(None, problems=(error,))
    zones, problems = read_zones(project)
    problems += read_zones(project, private=True)[1]
    zones_by_kind = {kind: [zone for zone in zones if zone.kind == kind] for kind in {zone.kind for zone in zones}}
    of_parameters, known = parameter_problems(project)
    of_accounts, notes = declared_problems(project, zones)
    problems = [
        *problems,
        *_needed_zones(project, zones_by_kind),
        *_periods(project),
        *_baselines(project, zones),
        *of_parameters,
        *of_accounts,
        *implausible_stocks(project),
        *_pools(project, known, zones),
        *_sources(project),
        *scene_problems(project, zones),
        *patch_problems(project),
        *claim_problems(project),
        *narrative_problems({name: project.path(name) for name in project.narrative}),
        *sampling_problems(project, zones),
        *(frozen_problems(project, zones) if frozen else ()),
    ]
    return Findings(project, tuple(zones), tuple(problems), (*_notes(project, zones), *notes))


def refuse_problems(project: LoadedProject, *, frozen: bool = True) -> None:
    """Refuse to run what `mrv check` refuses: overlapping periods or a missing baseline would credit tonnes twice.

    Args:
        project: The project.
        frozen: See `check_project`.

    Raises:
        ProjectError: The first problem, with the number of others.
    """
    problems = check_project(project.folder, frozen=frozen).problems
    if problems:
        raise ProjectError(
            f"the project has {len(problems)} problem(s); the first: {problems[0].message}",
            expected=problems[0].expected,
            found=problems[0].found,
            where=problems[0].where,
            remedy=f"{problems[0].remedy}; list them all with: mrv check {project.folder}",
        )


def _needed_zones(project: LoadedProject, zones: dict[str, list[Zone]]) -> Iterator[ProjectError]:
    where = f"{project.file}, boundaries"
    if "project_area" not in zones:
        yield ProjectError("no zone is the project area", where=where, remedy="draw one of kind project_area")
    if "stratum" not in zones and project.definition.default_stratum is None:
        yield ProjectError(
            "there is no stratum", where=where, remedy="draw zones of kind stratum, or set default_stratum for all land"
        )
    if measures_forest(project) and project.definition.forest_definition is None:
        yield ProjectError(
            "forest is measured but not defined",
            where=f"{project.file}, forest_definition",
            remedy="declare what counts as forest, with its document",
        )


def _periods(project: LoadedProject) -> Iterator[ProjectError]:
    definition = project.definition
    spans = [period.span for period in definition.monitoring_periods]
    where = f"{project.file}, monitoring_periods"
    ids = [period.id for period in definition.monitoring_periods]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield ProjectError("two monitoring periods have the same id", found=name, where=where, remedy="rename one")
    for one, other in overlaps(spans):
        yield ProjectError(
            "two monitoring periods overlap",
            found=f"{_words(one)} and {_words(other)}",
            where=where,
            remedy="move a border by days",
        )
    for gap in gaps(spans, Span(min(spans).start, max(span.end for span in spans))):
        yield ProjectError(
            "no monitoring period covers some days",
            found=_words(gap),
            where=where,
            remedy="extend a period or declare one",
        )
    crediting = definition.crediting_period.span
    for period in definition.monitoring_periods:
        if period.start < crediting.start or period.end > crediting.end:
            yield ProjectError(
                f"monitoring period {period.id} lies outside the crediting period",
                expected=_words(crediting),
                found=_words(period.span),
                where=where,
                remedy="mend one of the two",
            )


def _baselines(project: LoadedProject, zones: list[Zone]) -> Iterator[MrvError]:
    versions = project.definition.baseline
    if not versions:
        return
    where = f"{project.file}, baseline"
    for one, other in overlaps([version.span for version in versions]):
        yield ProjectError(
            "two baseline versions hold on the same days",
            found=f"{_words(one)} and {_words(other)}",
            where=where,
            remedy="end the older before the newer begins",
        )
    for period in project.definition.monitoring_periods:
        for gap in gaps([version.span for version in versions], period.span):
            yield ProjectError(
                f"no baseline holds for a part of monitoring period {period.id}",
                expected=f"a baseline version for {_words(period.span)}",
                found=f"none for {_words(gap)}",
                where=where,
                remedy="declare the version that was in force then, or correct valid_from and valid_to",
            )
    names = {zone.zone_id for zone in zones}
    strata = _strata(project, zones)
    for version in versions:
        if version.file is None:
            continue
        file = project.path(version.file)
        try:
            rows = read_baseline(file, version, zones=names, strata=strata)
        except MrvError as error:
            yield error
        else:
            yield from _missing_years(project, version, file, rows, zones)
            yield from missing_strata(project, version.version, file, rows, zones)


def _missing_years(
    project: LoadedProject, version: BaselineVersion, file: Path, rows: list[dict[str, Any]], zones: list[Zone]
) -> Iterator[ProjectError]:
    """Name years that a table lacks: those of the periods, or those of the reference that its mean is made of."""
    first_year, last_year = version.years
    wanted = (
        set(range(first_year, last_year + 1))
        if version.reference
        else {
            part.year
            for period in project.definition.monitoring_periods
            for part in period.vintages
            if version.valid_from.year <= part.year <= version.valid_to.year
        }
    )
    accounted = [zone.zone_id for zone in zones if zone.kind in ("project_area", "leakage_belt")]
    found = {zone: {row["year"] for row in rows if row["zone_id"] == zone} for zone in accounted}
    lacking = {zone: sorted(wanted - years) for zone, years in found.items() if wanted - years}
    if lacking:
        yield ProjectError(
            f"baseline {version.version} lacks years of {'its reference' if version.reference else 'the monitoring periods'}",
            expected="a row for each year and zone, also where the area is 0",
            found="; ".join(f"{zone}: {', '.join(map(str, years))}" for zone, years in sorted(lacking.items())),
            where=str(file),
            remedy="add the rows: without them those vintages cannot be computed",
        )


def _strata(project: LoadedProject, zones: list[Zone]) -> set[str]:
    drawn = {zone.zone_id for zone in zones if zone.kind == "stratum"}
    return drawn | ({project.definition.default_stratum} if project.definition.default_stratum else set())


def _pools(project: LoadedProject, known: Sequence[Parameter], zones: list[Zone]) -> Iterator[MrvError]:
    for pool in project.definition.emission_factors.pools if known else ():
        try:
            pool_rows(pool, known, strata=sorted(_strata(project, zones)), where=str(project.file))
        except ProjectError as error:
            yield error


def _sources(project: LoadedProject) -> Iterator[MrvError]:
    yield from _missing_files(project)
    given = set()
    for source in project.definition.sources:
        try:
            given |= set(datasets_of(source, project.folder))
        except ProjectError as error:
            yield error
    from_plots = any(pool.plots for pool in project.definition.emission_factors.pools)
    if from_plots and not {"plots", "trees", "wood_density"} <= given:
        yield ProjectError(
            "stocks come from plots, but no source gives plots, trees and wood_density",
            found=", ".join(sorted(given)) or "no source",
            where=f"{project.file}, emission_factors.pools",
            remedy="declare the sources, or give the stock with its source",
        )
    names = [source.name for source in project.definition.sources]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield ProjectError(
            "two sources have the same name", found=name, where=f"{project.file}, sources", remedy="rename one"
        )
    yield from _fire_collections(project)
    yield from raster_problems(project)


def _fire_collections(project: LoadedProject) -> Iterator[ProjectError]:
    """Name collections of FIRMS of which nobody says since when they are."""
    for source in project.definition.sources:
        if isinstance(source, Firms):
            for collection in source.collections:
                try:
                    first_day(source, collection)
                except ProjectError as error:
                    yield error


def _missing_files(project: LoadedProject) -> Iterator[ProjectError]:
    """Name declared files that are not there; a folder that does not exist at all is expected from a mirror."""
    for source in project.definition.sources:
        if not isinstance(source, Files) or not project.path(source.root).is_dir():
            continue
        for name in source.paths:
            path = project.path(source.root) / name
            if not path.is_file():
                yield ProjectError(
                    "a declared file is missing",
                    expected=str(path),
                    where=f"{project.file}, sources ({source.name})",
                    remedy="put the file there, or mend path or root",
                )


def _notes(project: LoadedProject, zones: list[Zone]) -> Iterator[str]:
    yield from (note.en for note in project.definition.project.illustrative)
    for item in project.definition.project.registry_ids:
        if item.status == "unconfirmed":
            yield f"{item.registry} id {item.id} is not confirmed"
    yield from raster_notes(project)
    yield from parameter_notes(project)
    if any(zone.illustrative for zone in zones):
        yield f"{sum(zone.illustrative for zone in zones)} of {len(zones)} zones are illustrative"
    yield from _outside(project)


def _outside(project: LoadedProject) -> Iterator[str]:
    """Name what is read from outside the project's folder: a definition from elsewhere may name any file."""
    for name in project.files:
        if not project.is_inside(project.path(name)):
            yield f"{project.path(name)} lies outside the project's folder; it is read, and goes into the package"
    for spec in project.definition.sampling:
        if not project.is_inside(project.path(spec.folder)):
            yield f"{project.path(spec.folder)} lies outside the project's folder; the design {spec.id} is kept there"
    for source in (item for item in project.definition.sources if isinstance(item, Files)):
        for name in source.paths:
            path = (project.path(source.root) / name).resolve()
            if not project.is_inside(path):
                yield f"{path} lies outside the project's folder; source {source.name} reads it"


def _words(span: Span) -> str:
    return f"{span.start} to {span.end}"
