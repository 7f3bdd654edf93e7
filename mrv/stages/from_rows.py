"""Re-performance without the files that name people: what can still be made from the rows that a package shows.

The package says rows and hash of every table that SQL started from. A table that is made anew, or whose shown rows have that
hash, is as SQL saw it; marts that are made of such tables alone can be compared. The others cannot, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mrv.files import write_parquet
from mrv.ledger import Artifact
from mrv.package.reading import reading
from mrv.privacy import SET_ASIDE
from mrv.schemas import DATASETS
from mrv.sources.connectors import datasets_of
from mrv.stages.check import Checked, check_received, table_hash
from mrv.stages.context import Context
from mrv.stages.declare import declared_tables
from mrv.stages.land import Pulled, land
from mrv.stages.lineage import MEASUREMENTS
from mrv.stages.measure import Measured
from mrv.stages.measure_field import measure_field
from mrv.stages.measure_pools import measure_pools
from mrv.stages.measure_sample import measure_sample
from mrv.stages.package_inputs import Inputs
from mrv.stages.pipeline import Caller, measure, together
from mrv.stages.protect import protect, shown_whole
from mrv.stages.transform import artifacts_table

LANDED = "data/landed"
SHOWN_ROWS = ("field_carbon", "field_pools", "sample")
"""Measurements that can be made from the rows that a package shows, where the files themselves are withheld."""


@dataclass(frozen=True)
class Tables:
    """What SQL can start from.

    Attributes:
        tables: Landed dataset to its rows.
        made: Datasets that were made anew.
        given: Datasets whose rows are taken as the package shows them, for their files are withheld.
        unlike: Dataset to why its rows are not those that SQL started from.
        broken: Datasets that the package must show whole and does not show as SQL started from them, to what is wrong.
    """

    tables: Mapping[str, pa.Table]
    made: frozenset[str]
    given: frozenset[str] = frozenset()
    unlike: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """The rows of a package, and what it says of the tables that SQL started from (dataset to rows and hash)."""

    root: Path
    started: Mapping[str, Mapping[str, object]]

    def table(self, dataset: str) -> pa.Table | None:
        """Return the rows of a dataset as its schema has them, null where a column is withheld; None where none are shown.

        Raises:
            PackageError: The file does not hold rows of the dataset.
        """
        declared, path = DATASETS[dataset], self.root / LANDED / f"{dataset}.parquet"
        if not path.is_file():
            return declared.empty() if self.started.get(dataset, {}).get("rows") == 0 else None
        with reading(f"{LANDED}/{dataset}.parquet"):
            found = pq.read_table(path)
            columns = [
                found[field.name].cast(field.type)
                if field.name in found.column_names
                else pa.nulls(found.num_rows, field.type)
                for field in declared.schema
            ]
            return pa.table(columns, schema=declared.schema)


def tables_from_rows(context: Context, inputs: Inputs, shown: Shown, *, simulated: bool) -> Tables:
    """Return every table that can be made of what there is, and the shown rows of the others.

    Args:
        context: A run in a clean home.
        inputs: What was found of the inputs.
        shown: The rows of the package.
        simulated: Whether the package says that data are simulated.

    Raises:
        CheckError: A critical check failed and is not waived.
        MrvError: Any other refusal of the run.
    """
    whole = [
        spec
        for spec in context.definition.sources
        if not {item.sha256 for item in inputs.of(spec.name)} & inputs.missing
    ]
    absent = [spec for spec in context.definition.sources if spec not in whole]
    withheld = {name for spec in absent for name in datasets_of(spec, context.project.folder)}
    artifacts = [item for spec in whole for item in inputs.of(spec.name)]
    landed = [part for spec in whole for part in land(context, spec, Pulled(spec.name, inputs.of(spec.name)))]
    received = check_received(context, [part for part in landed if part.dataset not in withheld])
    measured = _measured(context, artifacts, received, shown, withheld)
    made = {
        **declared_tables(context, simulated=simulated),
        **{name: batch.table() for name, batch in received.items()},
        **measured,
        "artifacts": artifacts_table(inputs.artifacts),
    }
    # A code is a rank among all keys of a run, so it cannot be made of some of them.
    made = {name: table for name, table in made.items() if not DATASETS[name].coded}
    tables = dict(protect(made, context.definition.privacy))
    return _beside(tables, shown, frozenset(made))


def _beside(made: dict[str, pa.Table], shown: Shown, names: frozenset[str]) -> Tables:
    """Put the shown rows beside what was made; what a package must show whole and does not is no reason to leave out marts."""
    tables, given, unlike, broken = dict(made), set(), {}, {}
    for name, said in shown.started.items():
        if name in tables:
            continue
        rows = shown.table(name)
        if rows is not None:
            tables[name] = rows
        if rows is not None and table_hash(rows) == said["sha256"]:
            given.add(name)
        elif shown_whole(name):
            broken[name] = (
                "no rows are shown" if rows is None else "the rows are not those that the package started from"
            )
        else:
            unlike[name] = "no rows are shown" if rows is None else "columns or rows are withheld"
    return Tables(tables, names, frozenset(given), unlike, broken)


def _measured(
    context: Context,
    artifacts: Sequence[Artifact],
    received: Mapping[str, Checked],
    shown: Shown,
    withheld: set[str],
) -> dict[str, pa.Table]:
    """Return the measured tables all of whose inputs are there."""
    lacking = {name for name, step in MEASUREMENTS.items() if {*step.tables} & withheld}
    apart = {table for name in lacking for table in MEASUREMENTS[name].tables}
    parts = measure(context, Caller(), artifacts, {name: one for name, one in received.items() if name not in apart})
    pixels = next((part for part in parts if "land_cover_area" in part.tables), None)
    if lacking & {*SHOWN_ROWS}:
        parts = [*parts, *_from_shown(context, received, shown, withheld, pixels)]
    unmade = {table for name in lacking - {*SHOWN_ROWS} for table in MEASUREMENTS[name].made}
    return {name: table for name, table in together(parts).items() if name not in unmade}


def _from_shown(
    context: Context,
    received: Mapping[str, Checked],
    shown: Shown,
    withheld: set[str],
    pixels: Measured | None,
) -> list[Measured]:
    wanted = {table for name in SHOWN_ROWS for table in MEASUREMENTS[name].tables}
    aside = shown.table(SET_ASIDE)
    if aside is None:
        return []
    there = {name: table for name in wanted & withheld if (table := _plots_placed(shown, name)) is not None}
    rows = {name: _accepted(context, name, table, aside) for name, table in there.items()}
    known = {**received, **rows}
    field = measure_field(context, known)
    found = [field, measure_pools(context, known, field, pixels), measure_sample(context, known)]
    return [part for part in found if part is not None]


def _plots_placed(shown: Shown, dataset: str) -> pa.Table | None:
    """Return shown rows; plots have the stratum that their biomass was counted in, for where they stand is not told."""
    table = shown.table(dataset)
    if dataset != "plots" or table is None or table["longitude"].null_count < table.num_rows:
        return table
    biomass = shown.table("plot_biomass")
    if biomass is None:
        return table
    strata = dict(zip(biomass["plot_id"].to_pylist(), biomass["stratum_id"].to_pylist(), strict=True))
    named = pa.array([strata.get(plot) for plot in table["plot_id"].to_pylist()], pa.string())
    position = table.column_names.index("stratum_id")
    return table.set_column(position, table.schema.field(position), named)


def _accepted(context: Context, dataset: str, table: pa.Table, aside: pa.Table) -> Checked:
    """Return shown rows as a batch behind the gate, with what the package tells of those that were set aside."""
    folder = context.settings.landed_dir / "shown"
    paths = {name: folder / f"{dataset}-{name}.parquet" for name in ("rows", SET_ASIDE, "results")}
    write_parquet(paths["rows"], table)
    write_parquet(paths[SET_ASIDE], aside.filter(pc.equal(aside["dataset"], dataset)))
    write_parquet(paths["results"], DATASETS["check_results"].empty())
    return Checked(
        dataset=dataset,
        path=paths["rows"],
        quarantine=paths[SET_ASIDE],
        results=paths["results"],
        rows_read=table.num_rows,
        rows_accepted=table.num_rows,
        rows_quarantined=0,
        changed=True,
    )
