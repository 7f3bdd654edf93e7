"""The whole pipeline in its one order: pull, land, check, measure, transform, publish.

A flow wraps each call with retries and artifacts; a test or a re-performance calls it bare. Both go through `run_period`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from mrv.errors import CheckError
from mrv.ledger import Artifact
from mrv.project_accounting import TABLES
from mrv.schemas import DATASETS
from mrv.stages.check import Checked, check_received, check_table, evidence
from mrv.stages.check_field import tree_results
from mrv.stages.check_registry import ISSUANCES, vintages_set_aside
from mrv.stages.check_sample import sample_results
from mrv.stages.cluster import refuse_silence, through_client
from mrv.stages.context import Context
from mrv.stages.declare import declared_tables
from mrv.stages.land import Landed, Pulled, land, pull
from mrv.stages.measure import Measured, measure_pixels
from mrv.stages.measure_alerts import measure_alerts
from mrv.stages.measure_biodiversity import measure_biodiversity
from mrv.stages.measure_classes import measure_classes, measure_values
from mrv.stages.measure_field import measure_field
from mrv.stages.measure_fires import KnownFires, measure_fires
from mrv.stages.measure_patches import measure_forest_shape, measure_loss_patches
from mrv.stages.measure_patrols import measure_patrols
from mrv.stages.measure_places import measure_places
from mrv.stages.measure_pools import measure_pools
from mrv.stages.measure_sample import measure_sample
from mrv.stages.measure_scenes import measure_scenes
from mrv.stages.protect import log_of, protect
from mrv.stages.publish import Published, publish
from mrv.stages.transform import Snapshot, artifacts_table, transform
from mrv.stages.validate import refuse_problems

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Caller:
    """Calls a step; a flow replaces it by one that makes a task of the call."""

    def __call__(self, name: str, function: Callable[..., T], *arguments: Any, network: bool = False) -> T:
        """Call `function(*arguments)` under a name; `network` marks what may be retried."""
        del name, network
        return function(*arguments)

    def map(self, address: str, jobs: Sequence[bytes]) -> Iterator[bytes]:
        """Give jobs of tiles to the cluster at an address (see `mrv.stages.cluster.Spread`)."""
        return through_client(address, jobs)


class Timed(Caller):
    """Notes how long each step took, so that a run can say where its time went."""

    def __init__(self, call: Caller) -> None:
        self.call = call
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, function: Callable[..., T], *arguments: Any, network: bool = False) -> T:
        """Call the step and note its time."""
        start = time.perf_counter()
        try:
            return self.call(name, function, *arguments, network=network)
        finally:
            self.seconds[name] = round(time.perf_counter() - start, 3)
            logger.info("%s: %.1f s", name, self.seconds[name])

    def map(self, address: str, jobs: Sequence[bytes]) -> Iterator[bytes]:
        """Pass the jobs on; their time is that of their step."""
        return self.call.map(address, jobs)


@dataclass(frozen=True)
class RunResult:
    """What a run gave."""

    project: str
    period: str
    snapshot: Snapshot
    published: Published
    changed_steps: tuple[str, ...]
    rows_read: int
    rows_quarantined: int
    simulated: bool
    seconds: Mapping[str, float]

    @property
    def changed(self) -> bool:
        """Whether the run did anything; if not, everything was there already."""
        return bool(self.changed_steps)


@dataclass(frozen=True)
class Made:
    """What a period's files became, before anything is published.

    Attributes:
        tables: Landed dataset to its rows as SQL started from them: nothing private is in them.
        changed: Names of the steps between pulling and SQL that did something.
    """

    artifacts: Sequence[Artifact]
    tables: Mapping[str, pa.Table]
    checked: Sequence[Checked]
    snapshot: Snapshot
    changed: Sequence[str]


def run_period(context: Context, call: Caller | None = None) -> RunResult:
    """Run every stage of a period, from its sources to its signed package.

    Args:
        context: The run.
        call: How each step is called; default: directly.

    Raises:
        SourceError: A source cannot be reached or sends something unusable.
        CheckError: A critical check failed and is not waived.
        MrvError: Any other refusal. Nothing is published then; what was published before stays.
    """
    do = Timed(call or Caller())
    context = replace(context, spread=do.map)
    do("check the definition", refuse_problems, context.project)
    if context.settings.dask_address:
        do("ask the cluster", refuse_silence, context.settings.dask_address)
    pulled = [do(f"pull {spec.name}", pull, context, spec, network=True) for spec in context.definition.sources]
    made = make_tables(context, do, pulled)
    published = do("publish", publish, context, made.snapshot, made.artifacts, made.tables)

    changed_steps = [f"pull {part.source}" for part in pulled if part.changed] + list(made.changed)
    changed_steps += [name for name, step in (("transform", made.snapshot), ("publish", published)) if step.changed]
    return RunResult(
        project=context.definition.id,
        period=context.period.id,
        snapshot=made.snapshot,
        published=published,
        changed_steps=tuple(changed_steps),
        rows_read=sum(batch.rows_read for batch in made.checked),
        rows_quarantined=sum(batch.rows_quarantined for batch in made.checked),
        simulated=any(artifact.simulated for artifact in made.artifacts),
        seconds=do.seconds,
    )


def make_tables(context: Context, do: Caller, pulled: Sequence[Pulled]) -> Made:
    """Land, check, measure and transform what was pulled; a run and a re-performance both go through here.

    Raises:
        CheckError: A critical check failed and is not waived.
        MrvError: Any other refusal.
    """
    landed: list[Landed] = []
    for spec, part in zip(context.definition.sources, pulled, strict=True):
        landed.extend(do(f"land {spec.name}", land, context, spec, part))
    received = do("check what was received", check_received, context, landed)
    artifacts = [artifact for part in pulled for artifact in part.artifacts]
    measured = measure(context, do, artifacts, received)
    tables, checked, changed = do("check what was measured", check_measured, context, artifacts, received, measured)
    snapshot = do("transform", transform, context, tables)
    changed = [*(f"land {part.dataset}" for part in landed if part.changed), *changed]
    return Made(artifacts, tables, checked, snapshot, changed)


def measure(
    context: Context, do: Caller, artifacts: Sequence[Artifact], received: Mapping[str, Checked]
) -> list[Measured]:
    """Measure what the files and the accepted rows let be measured; what has no input is left out."""
    measured = [do("measure pixels", measure_pixels, context, artifacts)]
    measured.append(do("measure classes", measure_classes, context, artifacts))
    measured.append(do("measure values", measure_values, context, artifacts))
    measured.append(do("measure alerts", measure_alerts, context, artifacts))
    fires = None
    if "fires" in received:
        found = do("measure fires", measure_fires, context, artifacts, received["fires"])
        measured.append(found)
        fires = KnownFires(received["fires"], found)
    if "scenes" in received:
        measured.append(do("measure scenes", measure_scenes, context, received["scenes"], artifacts))
    if context.definition.patches is not None:
        measured.append(do("measure patches of loss", measure_loss_patches, context, artifacts, fires))
    if context.definition.fragmentation is not None:
        measured.append(do("measure forest shape", measure_forest_shape, context, artifacts))
    field = do("measure field plots", measure_field, context, received)
    measured.append(field)
    measured.append(do("measure pools of plots", measure_pools, context, received, field, measured[0]))
    measured.append(do("measure patrols", measure_patrols, context, received))
    if "sample_designs" in received:
        measured.append(do("measure samples", measure_sample, context, received))
    measured.append(do("measure animals and plants", measure_biodiversity, context, received))
    measured.append(do("measure places", measure_places, context, received))
    return [part for part in measured if part is not None]


def check_measured(
    context: Context, artifacts: Sequence[Artifact], received: Mapping[str, Checked], measured: Sequence[Measured]
) -> tuple[dict[str, pa.Table], list[Checked], list[str]]:
    """Check what was declared and measured, and put every table that dbt starts from together, nothing private in them.

    Returns:
        Tables by dataset, protected, every checked batch, and the names of the steps that did something.

    Raises:
        CheckError: A critical check failed, or a measured row would have to be set aside.
    """
    tables = dict(declared_tables(context, simulated=any(artifact.simulated for artifact in artifacts)))
    changed = [f"check {name}" for name, batch in received.items() if batch.changed]
    checked = list(received.values())
    to_check = together(measured)
    to_check["privacy_log"] = log_of(received, context.definition.privacy)
    for name in ("zones", "baseline_activity", "carbon_pools", *TABLES.values()):
        if name in tables and tables[name].num_rows:
            to_check[name] = tables[name]
    years = loss_years(to_check.get("land_cover_area"))
    for name, table in sorted(to_check.items()):
        batch = check_table(context, name, table, extra=years)
        if batch.rows_quarantined:
            raise CheckError(
                f"{batch.rows_quarantined} row(s) of {name} failed a check",
                where=f"{context.project.file}; the rows are in {batch.quarantine}",
                remedy="what the platform measures or the project declares is never set aside silently: mend its cause",
            )
        checked.append(batch)
        changed += [f"check {name}"] if batch.changed else []
        tables[name] = batch.table()
    changed += [f"measure {name}" for part in measured if part.changed for name in part.tables]
    tables.update({name: batch.table() for name, batch in received.items()})
    if ISSUANCES in received:
        tables["issuances_set_aside"] = vintages_set_aside(received[ISSUANCES].set_aside())
    tables.update(evidence(checked))
    if "zone_pixels" in tables:
        tables["check_results"] = zone_results(context, tables)
    if "tree_biomass" in tables:
        tables["check_results"] = tree_results(context, tables)
    if "area_estimates" in tables:
        tables["check_results"] = sample_results(context, artifacts, tables)
    tables["artifacts"] = artifacts_table(artifacts)
    return protect(tables, context.definition.privacy), checked, changed


def together(measured: Sequence[Measured]) -> dict[str, pa.Table]:
    """Return the measured tables by dataset; where several measurements give rows of one table, each row once."""
    tables: dict[str, pa.Table] = {}
    for part in measured:
        for name, table in part.tables.items():
            if name in tables:
                both = pa.concat_tables([tables[name], table])
                table = DATASETS[name].sort(both.group_by(both.column_names).aggregate([]).cast(both.schema))
            tables[name] = table
    return tables


def loss_years(land_cover: pa.Table | None) -> dict[str, int]:
    """Return the years in which the product of a loss table can hold loss."""
    if land_cover is None or land_cover.num_rows == 0:
        return {}
    first, last = pc.min(land_cover["base_year"]).as_py() + 1, pc.max(land_cover["last_year"]).as_py()
    return {"first_loss_year": first, "last_loss_year": last}


def zone_results(context: Context, tables: Mapping[str, pa.Table]) -> pa.Table:
    """Check what was measured of the zones across tables; add the outcomes to `check_results`.

    Pixels are compared with polygons and with what must be observed, patches and the shape of forest with the loss table.

    Raises:
        CheckError: A check fails and nobody waived it.
    """
    from expectations.gate import gate
    from expectations.loss_shapes import check_loss_shapes
    from expectations.zone_areas import SERIES, check_class_sums, check_observed, check_zone_areas

    zones, pixels = tables["zones"], tables["zone_pixels"]
    results = [check_zone_areas(zones, pixels)]
    results += [check_class_sums(name, tables[name], pixels) for name in SERIES if name in tables]
    if "land_cover_area" in tables:
        limit = next(row["value"] for row in tables["parameters"].to_pylist() if row["name"] == "max_unobserved_share")
        results += [check_observed(zones, tables["land_cover_area"], max_unobserved=limit), *check_loss_shapes(tables)]
    found = pa.concat_tables(results)
    waivers = context.ledger.waivers(context.definition.id, context.period.id)
    return DATASETS["check_results"].sort(pa.concat_tables([tables["check_results"], gate(found, waivers=waivers)]))
