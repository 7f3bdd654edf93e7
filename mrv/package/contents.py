"""What goes into a package: plain paths and records, handed in by whoever publishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from mrv.boundaries import Zone
from mrv.ledger import Artifact
from mrv.parameters import Parameter
from mrv.project import Bilingual, Cover, Identity
from mrv.project_life import Claim
from mrv.project_rules import BaselineVersion
from mrv.raster_facts import RasterFacts

INPUT_LIMIT_BYTES = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class ProjectFacts:
    """Who the project is, as the report's first page says it.

    Attributes:
        illustrative: What in the definition is not real, in plain sentences.
        simulated: Whether any input came from the simulator.
        identity: Partners, numbers in registries and standards, where the definition was handed in.
        cover: What the title page of the monitoring report says beside them.
        baselines: Approved baselines with their validity.
    """

    project_id: str
    name: str
    name_es: str | None
    country: str
    location: Bilingual | None
    illustrative: tuple[Bilingual, ...]
    simulated: bool
    claims: tuple[Claim, ...] = ()
    identity: Identity | None = None
    cover: Cover | None = None
    baselines: tuple[BaselineVersion, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Code:
    """Which code computed the figures. `lock` is the file with the exact version and hash of every library."""

    version: str
    commit: str | None
    lock: Path


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A failed critical check that somebody let pass, with the moment (ISO 8601) at which they did."""

    dataset: str
    rule: str
    waived_by: str
    reason: str
    created_at: str


@dataclass(frozen=True, kw_only=True)
class Previous:
    """The version before; `folder` is where its package lies, and is not told."""

    name: str
    version: int
    manifest_sha512: str
    folder: Path

    def record(self) -> dict[str, Any]:
        """Return what a package says of the version before it."""
        return {"name": self.name, "version": self.version, "manifest_sha512": self.manifest_sha512}


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who let a changed content become the next version, why, and when (ISO 8601)."""

    approved_by: str
    reason: str
    approved_at: str


@dataclass(frozen=True, kw_only=True)
class LossPicture:
    """A picture of forest and its loss.

    Attributes:
        path: PNG; its colours are those that the report's legend names.
        bounds: West, south, east, north of its edges, degrees.
        block: Raster pixels along the side of one of its own.
        first_year: First year whose loss counts as that of the period.
        last_year: The last one.
    """

    path: Path
    bounds: tuple[float, float, float, float]
    block: int
    first_year: int
    last_year: int


@dataclass(frozen=True, kw_only=True)
class Contents:
    """One version of one monitoring period's package, before it is built.

    Attributes:
        version: Number of the version, from 1.
        created_at: ISO 8601 moment with offset at which the figures were frozen; never the clock of the build.
        marts_folder: `<mart>.parquet`, each in its published order.
        csv_folder: `<mart>.csv`, the same rows.
        marts_json: Descriptions, keys, types and units of the marts (see `mrv.package.tables`).
        rasters: File name without suffix to a finished COG.
        zones: Zones of the project, lon/lat on WGS84.
        project_files: Name relative to the project's folder to file: the definition and what it points to.
        check_results: Parquet files of the landed table `check_results`.
        quarantine: Parquet files of the landed table `quarantine`.
        dbt_run_results: dbt's `run_results.json`.
        compiled_sql: Folder of the SQL that was run.
        parameters: Parameters in force.
        inputs: Every retrieval that the period used.
        input_files: sha256 to the bytes, for the inputs that may leave the house.
        loss_picture: Forest and its loss for people, where it was measured.
        maps: Name to the PNG of a map for people.
        raster_facts: Raster to what its header says; the catalogue of rasters is made of them.
        raster_days: Raster to the first and last day that it tells of, where these are not those of the period.
        lineage: JSON that says which table is made of which, and which step reads and makes what.
        private_files: File of the definition that stays in the house, as it is named there, to its sha256.
        started_from: JSON with rows and hash of each table that SQL started from.
        landed: Landed table to its accepted rows (Parquet), from which the marts were made.
        withheld: sha256 to the reason why an input's bytes are not in the package.
        product_notes: Raster product to what the catalogue says of its limits.
        headline: Ids of the figures of the mart `figures` that stand at the top of the report.
        snapshot_id: Name of the tables of the period; it stands for their content.
        code_sha256: Hash over every file of the code that can change a figure.
        waivers: Failed critical checks that somebody let pass.
        previous: The version before; None for the first one.
        approval: Who let this content become the next version; None for the first one.
        findings: Name to file of earlier findings and the answers to them.
        report_languages: Languages of the monitoring report.
        input_limit_bytes: Inputs larger than this are listed instead of included.
        secrets: Texts that must not occur in any file; the build stops if one does.
    """

    project: ProjectFacts
    period_id: str
    period_start: date
    period_end: date
    version: int
    created_at: str
    marts_folder: Path
    csv_folder: Path
    marts_json: Path
    rasters: Mapping[str, Path]
    zones: Sequence[Zone]
    project_files: Mapping[str, Path]
    check_results: Sequence[Path]
    quarantine: Sequence[Path]
    dbt_run_results: Path
    compiled_sql: Path
    parameters: Sequence[Parameter]
    inputs: Sequence[Artifact]
    input_files: Mapping[str, Path]
    code: Code
    headline: Sequence[str]
    loss_picture: LossPicture | None = None
    lineage: Path | None = None
    started_from: Path | None = None
    private_files: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, Path] = field(default_factory=dict)
    raster_facts: Mapping[str, RasterFacts] = field(default_factory=dict)
    raster_days: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    landed: Mapping[str, Path] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    product_notes: Mapping[str, Bilingual] = field(default_factory=dict)
    snapshot_id: str = ""
    code_sha256: str = ""
    waivers: Sequence[Waiver] = ()
    previous: Previous | None = None
    approval: Approval | None = None
    findings: Mapping[str, Path] = field(default_factory=dict)
    report_languages: tuple[Literal["en", "es"], ...] = ("en", "es")
    input_limit_bytes: int = INPUT_LIMIT_BYTES
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """Name of the package and of its folder."""
        return f"VP-{self.project.project_id}-{self.period_id}-v{self.version}"
