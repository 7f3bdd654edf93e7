"""What a package of a period holds: the snapshot, the pictures drawn of it, and every file that the period used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version as installed_version
from pathlib import Path

import pyarrow as pa
from pydantic import SecretStr

from mrv.files import hash_file
from mrv.ledger import Artifact
from mrv.package.contents import Approval, Code, Contents, Previous, ProjectFacts, Waiver
from mrv.package.freeze import Frozen
from mrv.project import Bilingual
from mrv.project_sources import Files, TableFile
from mrv.raster_facts import RasterFacts
from mrv.rule_sets import account_parameters, used_parameters
from mrv.schemas import DATASETS
from mrv.settings import REPOSITORY
from mrv.sources.products import catalogue_of
from mrv.stages.clip import clip_rasters, draw_loss
from mrv.stages.context import Context, code_version
from mrv.stages.findings import finding_files
from mrv.stages.map_rasters import draw_map_rasters
from mrv.stages.maps import draw_maps
from mrv.stages.measure_scenes import scene_rasters
from mrv.stages.raster_days import raster_days
from mrv.stages.results import mart
from mrv.stages.transform import Snapshot

OPEN_DATASETS = frozenset(
    {
        *("raster", "raster_table", "fires", "scenes", "scene_bands"),
        *("sample_designs", "sample_strata", "sample_units", "sample_labels"),
        *("wood_density", "name_resolution", "species_categories", "species_names"),
    }
)
"""Datasets whose received files may go into the package; files of labels stay behind by their address."""
LOCK = REPOSITORY / "requirements.lock"
WITHHELD = "the file may name people or places; the rows that may be told stand in data/landed"


def package_contents(
    context: Context,
    snapshot: Snapshot,
    artifacts: Sequence[Artifact],
    tables: Mapping[str, pa.Table],
    *,
    version: int,
    previous: Previous | None = None,
    approval: Approval | None = None,
) -> Contents:
    """Return what a version of the period's package is made of; clips and maps are drawn where they are not there yet.

    Args:
        context: The run.
        snapshot: The period's published tables.
        artifacts: Every file that the period used.
        tables: What dbt started from; its `project` row says whether the data are simulated.
        version: Number of the version, from 1.
        previous: The version before.
        approval: Who let this content follow it.
    """
    definition, period = context.definition, context.period
    clips = clip_rasters(context, artifacts)
    maps = draw_maps(context, artifacts, tables)
    rasters = {
        **clips,
        **scene_rasters(context, tables, artifacts),
        **maps.rasters,
        **draw_map_rasters(context, artifacts, tables),
    }
    return Contents(
        project=ProjectFacts(
            project_id=definition.id,
            name=definition.project.name,
            name_es=definition.project.name_es,
            country=definition.project.country,
            location=definition.project.location,
            illustrative=definition.project.illustrative,
            simulated=bool(tables["project"]["simulated"][0].as_py()),
            claims=definition.claims,
            identity=definition.project,
            cover=definition.report,
            baselines=definition.baseline,
        ),
        period_id=period.id,
        period_start=period.start,
        period_end=period.end,
        version=version,
        created_at=snapshot.created_at,
        marts_folder=snapshot.folder / "marts",
        csv_folder=snapshot.folder / "csv",
        marts_json=snapshot.folder / "marts.json",
        rasters=rasters,
        raster_facts=_raster_facts(rasters),
        raster_days=raster_days(context, artifacts, tables, rasters),
        loss_picture=draw_loss(context, artifacts, clips),
        maps=maps.pictures,
        zones=context.zones,
        project_files=project_files(context),
        check_results=[snapshot.folder / "evidence" / "check_results.parquet"],
        quarantine=[snapshot.folder / "evidence" / "quarantine.parquet"],
        dbt_run_results=snapshot.folder / "calc" / "run_results.json",
        compiled_sql=snapshot.folder / "calc" / "sql",
        parameters=used_parameters(account_parameters(context.project, period)),
        inputs=[context.ledger.first_retrieval(item) for item in artifacts],
        withheld=withheld(context, artifacts),
        input_files={item.sha256: context.store.get(item.sha256) for item in artifacts},
        code=Code(
            version=f"{installed_version('mrv')}+{code_version()[:12]}",
            commit=_commit(),
            lock=LOCK,
        ),
        product_notes=_product_notes(context, artifacts),
        headline=_headline(context, snapshot),
        private_files={
            item.file: hash_file(context.project.path(item.file)) for item in definition.boundaries if item.private
        },
        lineage=snapshot.folder / "calc" / "lineage.json",
        started_from=snapshot.folder / "evidence" / "started_from.json",
        landed={path.stem: path for path in sorted((snapshot.folder / "landed").glob("*.parquet"))},
        secrets=_secrets(context),
        snapshot_id=snapshot.snapshot_id,
        code_sha256=code_version(),
        waivers=waivers(context),
        previous=previous,
        approval=approval,
        findings=finding_files(context),
    )


def frozen_set(context: Context, snapshot: Snapshot, artifacts: Sequence[Artifact]) -> Frozen:
    """Return what the figures of a snapshot rest on; the package's contents give the same."""
    return Frozen(
        project=context.definition.id,
        period=context.period.id,
        snapshot_id=snapshot.snapshot_id,
        inputs=artifacts,
        parameters=used_parameters(account_parameters(context.project, context.period)),
        project_files={name: hash_file(path) for name, path in project_files(context).items()},
        findings={name: hash_file(path) for name, path in finding_files(context).items()},
        waivers=waivers(context),
        code_sha256=code_version(),
        lock_sha256=hash_file(LOCK),
    )


def waivers(context: Context) -> list[Waiver]:
    """Return the failed critical checks of the period that somebody let pass."""
    return [Waiver(**row) for row in context.ledger.waiver_rows(context.definition.id, context.period.id)]


def _raster_facts(rasters: Mapping[str, Path]) -> dict[str, RasterFacts]:
    from raster.facts import read_facts

    return {name: read_facts(path) for name, path in rasters.items()}


def withheld(context: Context, artifacts: Sequence[Artifact]) -> dict[str, str]:
    """Return the received files that may name people or places; what may be told of their rows goes into the package."""
    tables: dict[str, list[TableFile]] = {}
    for source in context.definition.sources:
        for table in source.tables if isinstance(source, Files) else ():
            tables.setdefault(f"files/{source.name}/{table.path}", []).append(table)
    return {item.sha256: WITHHELD for item in artifacts if not _is_open(item, tables.get(item.address, []))}


def _is_open(item: Artifact, tables: Sequence[TableFile]) -> bool:
    """Tell whether a file may leave the house: every table that is read from it must allow it."""
    return all(_allows(table) for table in tables) if tables else item.dataset in OPEN_DATASETS


def _allows(table: TableFile) -> bool:
    """Tell whether a table may be read by all: by its kind, or because the project says so and nothing private is read."""
    if table.personal is None:
        return table.dataset in OPEN_DATASETS
    declared = DATASETS[table.dataset]
    return not table.personal and not (table.columns.keys() & (declared.private.keys() | declared.coded.keys()))


def _product_notes(context: Context, artifacts: Sequence[Artifact]) -> dict[str, Bilingual]:
    """Return what the catalogue says of the raster products that the period used."""
    known = catalogue_of(context.project).products
    names = {item.product for item in artifacts} & {*known}
    return {name: Bilingual(en=note.en, es=note.es) for name in sorted(names) if (note := known[name].note)}


def _headline(context: Context, snapshot: Snapshot) -> list[str]:
    """Return the ids of the figures that a package is about: its tonnes, and forest and loss of the project area.

    Where a sample estimates the loss, its estimate stands there too, with the map's area and the half-width.
    """
    areas = [zone.zone_id for zone in context.zones if zone.kind == "project_area"]
    years = {part.year for part in context.period.vintages}
    wanted = {
        f"{name}.{area}.{year}" for name in ("defor", "defor_period", "forest") for area in areas for year in years
    }
    if mart(snapshot.folder, "sample_designs"):
        wanted |= {f"ad.{area}.loss.{name}" for name in ("map", "estimate", "u90") for area in areas}
    ids = [row["figure_id"] for row in mart(snapshot.folder, "figures")]
    return [figure_id for figure_id in ids if figure_id.startswith("er.") or figure_id in wanted]


def project_files(context: Context) -> dict[str, Path]:
    """Return the definition and every public file that it names, by the name that each has in the package."""
    files: dict[str, Path] = {}
    for number, name in enumerate(context.project.files):
        path = context.project.path(name)
        # A file outside the project's folder has no place of its own in the package: its number tells it from others.
        inside = context.project.is_inside(path)
        files[path.relative_to(context.project.folder).as_posix() if inside else f"outside/{number}/{path.name}"] = path
    return files


def _secrets(context: Context) -> tuple[str, ...]:
    given = (getattr(context.settings, name) for name in type(context.settings).model_fields)
    return tuple(secret.get_secret_value() for secret in given if isinstance(secret, SecretStr))


def _commit() -> str | None:
    """Return the commit of the code, or None outside a clean checkout: then the code version alone names it."""
    git = ["git", "-C", str(REPOSITORY)]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        state = subprocess.run([*git, "status", "--porcelain"], capture_output=True, check=False, env=environment)
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False, env=environment)
    except FileNotFoundError:
        return None
    if state.returncode or head.returncode or state.stdout.strip():
        return None
    return head.stdout.strip()
