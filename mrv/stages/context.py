"""What every stage needs to know: the project, its period, its zones, where files and the ledger are, and the code's version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mrv.approvals import Approver
from mrv.boundaries import Zone, load_zones
from mrv.errors import ProjectError
from mrv.files import hash_file
from mrv.ledger import Ledger, content_key, now
from mrv.progress import SILENT, Progress
from mrv.project import LoadedProject, MonitoringPeriod, Project, find_project, load_project
from mrv.settings import REPOSITORY, Settings
from mrv.sources.products import Catalogue, catalogue_of
from mrv.store import Store

if TYPE_CHECKING:
    from mrv.stages.cluster import Spread
    from raster.parts import Work
    from raster.rules import Region

CODE = {
    "mrv": ("*.py", "*.yaml", "*.html", "*.j2", "*.css"),
    "raster": ("*.py",),
    "expectations": ("*.py", "*.json"),
    "dbt_project": ("*.sql", "*.py", "*.yml", "*.csv"),
}
NOT_CODE_OF_FIGURES = ("mrv/simulator", "mrv/cli", "mrv/dataroom", "dbt_project/target", "dbt_project/logs")


@dataclass(frozen=True)
class Context:
    """One run of one period of one project.

    `spread` says how tiles reach a cluster, if one is set; default: directly. `private_zones` (sacred places and the like)
    are used to hide what lies in them; their ids, names and borders reach no table, message or file that is published.
    `approver` approves beforehand whatever the run would change of a published version; a schedule has none.
    """

    project: LoadedProject
    period: MonitoringPeriod
    zones: tuple[Zone, ...]
    settings: Settings
    store: Store
    ledger: Ledger
    progress: Progress = SILENT
    spread: Spread | None = None
    private_zones: tuple[Zone, ...] = ()
    approver: Approver | None = None

    @property
    def definition(self) -> Project:
        """The project's definition."""
        return self.project.definition

    @property
    def region(self) -> Region:
        """Zones and strata, and how they take pixels."""
        from raster.rules import Region, Shape

        return Region(
            [Shape(zone.zone_id, zone.geometry) for zone in self.zones],
            [Shape(zone.zone_id, zone.geometry) for zone in self.zones if zone.kind == "stratum"],
            self.definition.default_stratum,
            self.definition.measurement.pixel_rule,
        )

    @property
    def work(self) -> Work:
        """How passes over pixels are done: in threads, or on the cluster that the settings name."""
        from mrv.stages.cluster import Cluster, through_client
        from raster.parts import Threads, Work

        workers, address = self.settings.workers, self.settings.dask_address
        runner = Cluster(address, workers, self.spread or through_client) if address else Threads(workers)
        return Work(runner, progress=self.progress)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The raster products that the project may name."""
        return catalogue_of(self.project)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all zones, in degrees."""
        boxes = [zone.geometry.bounds for zone in self.zones]
        return (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )

    @property
    def strata(self) -> list[str]:
        """Ids of all strata."""
        drawn = sorted(zone.zone_id for zone in self.zones if zone.kind == "stratum")
        if self.definition.default_stratum and self.definition.default_stratum not in drawn:
            drawn.append(self.definition.default_stratum)
        return drawn

    def table_path(self, stage: str, dataset: str, key: str) -> Path:
        """Where a table of a step lies; its name carries the step's key, so it is never overwritten with other content."""
        folder = self.settings.quarantine_dir if stage == "quarantine" else self.settings.landed_dir
        return folder / dataset / f"{self.definition.id}-{self.period.id}-{stage}-{key[:16]}.parquet"

    def relative(self, path: Path) -> str:
        """Return a path below the home as the ledger notes it, so that a home can be moved."""
        return path.relative_to(self.settings.root).as_posix()


@contextmanager
def open_context(project: str, period: str, settings: Settings, progress: Progress = SILENT) -> Iterator[Context]:
    """Load a project and open store and ledger for one run.

    Raises:
        UsageError: There is no such project or period.
        ProjectError: The definition or its boundaries do not hold.
    """
    loaded = load_project(find_project(project, settings))
    with open_loaded(loaded, period, settings, progress, private_zones=load_zones(loaded, private=True)) as context:
        yield context


@contextmanager
def open_loaded(
    loaded: LoadedProject, period: str, settings: Settings, progress: Progress, *, private_zones: Sequence[Zone]
) -> Iterator[Context]:
    """Open store and ledger for one run of a project that was loaded.

    Raises:
        UsageError: There is no such period.
        ProjectError: The boundaries do not hold.
    """
    chosen = loaded.definition.period(period)
    zones = tuple(load_zones(loaded))
    if not zones:
        raise ProjectError("the project has no zones", where=str(loaded.file), remedy="draw at least the project area")
    ledger = Ledger(settings.ledger_address)
    try:
        yield Context(
            loaded,
            chosen,
            zones,
            settings,
            Store(settings.raw_dir),
            ledger,
            progress,
            private_zones=tuple(private_zones),
        )
    finally:
        ledger.close()


def newest_period(project: str, settings: Settings) -> str:
    """Return the id of the newest monitoring period that has begun, or of the first one if none has."""
    periods = load_project(find_project(project, settings)).definition.monitoring_periods
    begun = [period for period in periods if period.start <= now().date()]
    return max(begun, key=lambda period: period.start).id if begun else min(periods, key=lambda period: period.start).id


@cache
def code_version() -> str:
    """Return the sha256 over every file that can change a published figure; the run is keyed by it."""
    digest = hashlib.sha256()
    for room, patterns in CODE.items():
        files = sorted(path for pattern in patterns for path in (REPOSITORY / room).rglob(pattern))
        for path in files:
            name = path.relative_to(REPOSITORY).as_posix()
            if not name.startswith(NOT_CODE_OF_FIGURES):
                digest.update(f"{name}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What a step gave: its result, and whether anything had to be done for it."""

    result: Mapping[str, Any]
    changed: bool


def run_step(
    context: Context,
    *,
    stage: str,
    dataset: str,
    inputs: Mapping[str, Any],
    work: Callable[[str], Mapping[str, Any]],
) -> Outcome:
    """Do a step once per key of (project, period, stage, dataset, inputs, code); later calls find it done.

    Args:
        context: The run.
        stage: Name of the stage.
        dataset: Name of the dataset, or of what the stage makes.
        inputs: Everything the result depends on, as JSON: hashes and parameters, never paths.
        work: Gets the key and returns the result. `files` in it lists paths below the home that must exist for the
            step to count as done.

    Raises:
        LedgerError: Another live process is doing this step.
    """
    names = {"project": context.definition.id, "period": context.period.id, "stage": stage, "dataset": dataset}
    key = content_key({**names, "inputs": inputs, "code": code_version()})
    done = context.ledger.finished(key)
    if done is not None and done.result is not None:
        files = [context.settings.root / name for name in done.result.get("files", [])]
        if all(path.exists() for path in files):
            return Outcome(done.result, changed=False)
    with context.ledger.running(key, **names, inputs=inputs) as result:
        result.update(work(key))
    return Outcome(result, changed=True)
