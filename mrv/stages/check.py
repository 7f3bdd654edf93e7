"""Check: a table passes its suite's gate, its bad rows go to quarantine, and only what was accepted can be used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mrv.errors import InputError
from mrv.files import hash_file, write_parquet
from mrv.privacy import NOT_TOLD
from mrv.schemas import DATASETS
from mrv.stages.check_field import field_parameters, strata_of_rows
from mrv.stages.check_patrols import patrol_parameters
from mrv.stages.check_people import people_parameters
from mrv.stages.check_pools import pool_parameters
from mrv.stages.check_registry import registry_parameters, totals_check
from mrv.stages.context import Context, run_step
from mrv.stages.land import Landed, combine

RECEIVED = (
    "fires",
    *("plots", "trees", "heights", "wood_density", "name_resolution"),
    *("dead_wood_pieces", "litter_samples", "soil_samples", "audit_trees"),
    "scenes",
    *("sample_designs", "sample_strata", "sample_units", "sample_labels"),
    *("communities", "species_names", "species_categories"),
    *("patrol_records", "patrol_tracks", "patrol_events", "hcv_visits"),
    *("camera_deployments", "camera_media", "camera_observations", "occurrences"),
    *("activity_records", "activity_participants", "employment_records", "livelihood_records"),
    *("nursery_records", "planting_records", "survival_checks", "grievance_records", "consent_steps"),
    "issuances",
)
"""Datasets that sources give, in the order in which they are checked: trees need plots, labels the units of a sample."""


SHORT_HASH = 12
"""Letters of a sha256 by which the suites name a file."""
LEAST_WORD = 3
"""Letters of the shortest id or name of a private zone that is looked for in texts."""
FIRES_MARGIN_DEG = 0.01
"""Fires are asked for in a box rounded outwards to hundredths of a degree."""


Further = Callable[[pa.Table], pa.Table]
"""From the quarantined rows of a batch to more rows of `check_results`."""


@dataclass(frozen=True)
class Checked:
    """A dataset behind the gate."""

    dataset: str
    path: Path
    quarantine: Path
    results: Path
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    changed: bool
    repairs: tuple[Path, ...] = ()

    @property
    def sha256(self) -> str:
        """Hash of the accepted rows."""
        return hash_file(self.path)

    def table(self) -> pa.Table:
        """Read the accepted rows."""
        return pq.read_table(self.path, schema=DATASETS[self.dataset].schema)

    def set_aside(self) -> pa.Table:
        """Read the rows of `quarantine`: those that could not be typed and those that failed a check."""
        return pq.read_table(self.quarantine, schema=DATASETS["quarantine"].schema)


def check_received(context: Context, landed: Sequence[Landed]) -> dict[str, Checked]:
    """Check every dataset that the sources gave.

    A plot must lie in the stratum that it counts in; the trees of a plot that was set aside go with it; a plot of which
    trees were set aside is named; and labels must be of units that were drawn.

    Raises:
        CheckError: A critical check failed and is not waived; nothing of the batch can be used.
    """
    checked: dict[str, Checked] = {}
    present = {part.dataset for part in landed}
    plots = DATASETS["plots"].empty()
    for dataset in (name for name in RECEIVED if name in present):
        table, rejected, rows_read = combine(dataset, landed)
        extra: Mapping[str, Any] = {
            **people_parameters(dataset, table, checked),
            **patrol_parameters(context, dataset, table),
            **camera_parameters(dataset, table, checked),
            **field_parameters(context, dataset, table, plots=plots),
            **pool_parameters(dataset, plots, checked.get("plots")),
            **registry_parameters(dataset, table),
        }
        further = totals_check(dataset, table)
        if dataset == "plots":
            plots = table
            extra = {"misplaced_plots": misplaced_plots(context, plots), **extra}
        elif dataset == "trees":
            known, further = _with_plots(plots, checked.get("plots"))
            extra = {**extra, **known}
        elif dataset == "sample_units":
            extra, further = _with_strata(table, checked)
        elif dataset == "sample_labels":
            extra, further = _with_units(table, checked)
        batch = check_table(
            context, dataset, table, rejected=rejected, rows_read=rows_read, extra=extra, further=further
        )
        checked[dataset] = replace(batch, repairs=tuple(part.repairs for part in landed if part.dataset == dataset))
    return checked


def camera_parameters(dataset: str, table: pa.Table, checked: Mapping[str, Checked]) -> dict[str, Any]:
    """Return what the checks of pictures and observations need: the deployments and pictures that were accepted."""
    from expectations.frames import deployment_keys

    if dataset not in ("camera_media", "camera_observations"):
        return {}
    deployments, media = checked.get("camera_deployments"), checked.get("camera_media")
    known = {"deployment_keys": sorted(deployment_keys(deployments.table())) if deployments else []}
    if dataset == "camera_media":
        return known
    # Observations may come without any list of pictures; then there is nothing to look them up in.
    pictures = (media.table() if media else table)["media_id"]
    return {**known, "media_ids": sorted(pc.unique(pictures).drop_null().to_pylist())}


def _with_plots(received: pa.Table, checked: Checked | None) -> tuple[Mapping[str, Any], Further | None]:
    """Return what the check of trees needs of their plots: parameters, and the check across the two."""
    from expectations.frames import tree_parameters
    from expectations.plot_trees import check_plot_trees

    if checked is None:
        return tree_parameters(received=received, accepted=received), None
    accepted, set_aside = checked.table(), checked.set_aside()

    def further(quarantine: pa.Table) -> pa.Table:
        return check_plot_trees(quarantine, plots=accepted, plots_quarantine=set_aside)

    return tree_parameters(received=received, accepted=accepted, set_aside=set_aside), further


def _with_strata(units: pa.Table, checked: Mapping[str, Checked]) -> tuple[Mapping[str, Any], Further]:
    """Return what the check of a sample's units depends on besides them, and the check against strata and designs."""
    from expectations.sample_tables import check_sample_units

    designs, strata = checked["sample_designs"].table(), checked["sample_strata"].table()

    def further(quarantine: pa.Table) -> pa.Table:
        del quarantine
        return check_sample_units(units, designs=designs, strata=strata)

    return {"sample_designs": table_hash(designs), "sample_strata": table_hash(strata)}, further


def _with_units(labels: pa.Table, checked: Mapping[str, Checked]) -> tuple[Mapping[str, Any], Further]:
    """Return what the check of labels needs of their units and design, and the checks across labels."""
    from expectations.sample_tables import check_double_reading, check_labels_usable, check_resolutions

    designs, units = checked["sample_designs"].table(), checked["sample_units"].table()
    first, last = pc.min(designs["first_year"]).as_py(), pc.max(designs["last_year"]).as_py()

    def further(quarantine: pa.Table) -> pa.Table:
        out = set(zip(quarantine["artifact"].to_pylist(), quarantine["row"].to_pylist(), strict=True))
        origins = zip(labels["_artifact"].to_pylist(), labels["_row"].to_pylist(), strict=True)
        kept = labels.filter(pa.array([origin not in out for origin in origins], pa.bool_()))
        return pa.concat_tables(
            [check_double_reading(kept), check_labels_usable(quarantine, units), check_resolutions(kept)]
        )

    known = {
        "sample_unit_ids": units["unit_id"].to_pylist(),
        "sample_units": table_hash(units),
        # Images may lie a year off the start of the first year and off the end of the last.
        "image_before_from": float(first - 1),
        "image_before_to": float(first + 1),
        "image_after_from": float(last),
        "image_after_to": float(last + 2),
    }
    return known, further


def misplaced_plots(context: Context, plots: pa.Table) -> list[str]:
    """Return the origins of plots that lie in no stratum, or in another one than they name."""
    from expectations.frames import origins

    return sorted(
        origin
        for origin, stratum in zip(origins(plots), strata_of_rows(context, plots), strict=True)
        if stratum is None
    )


def check_table(
    context: Context,
    dataset: str,
    table: pa.Table,
    *,
    rejected: pa.Table | None = None,
    rows_read: int | None = None,
    extra: Mapping[str, Any] | None = None,
    further: Further | None = None,
) -> Checked:
    """Check one table, set its bad rows aside and note how many.

    Args:
        context: The run.
        dataset: Name of the table in `mrv.schemas`.
        table: The rows.
        rejected: Rows that could not even be typed, in the quarantine's columns.
        rows_read: How many records were read, those that could not be typed among them; default: the table's rows.
        extra: Values that this dataset's suite needs beside the period's.
        further: Gives more rows of `check_results`, from the rows set aside; they depend on nothing but these and `extra`.

    Raises:
        CheckError: A critical check failed and is not waived.
        InputError: Rows were lost or doubled.
    """
    set_aside = DATASETS["quarantine"].empty() if rejected is None else rejected
    read = table.num_rows if rows_read is None else rows_read
    parameters = {**_parameters(context, dataset), **(extra or {})}
    waivers = context.ledger.waivers(context.definition.id, context.period.id)

    def work(key: str) -> dict[str, Any]:
        from expectations.gate import gate
        from expectations.runner import check

        outcome = check(dataset, table, parameters=parameters)
        together = DATASETS["quarantine"].sort(pa.concat_tables([set_aside, outcome.quarantine]))
        hashes = {
            *together["artifact"].to_pylist(),
            *(table["_artifact"].to_pylist() if DATASETS[dataset].traced else []),
        }
        addresses = context.ledger.addresses(context.definition.id, hashes)
        quarantine = hide_private_zones(context, name_files(together, "reason", addresses), "reason")
        found = pa.concat_tables([outcome.results, *([further(quarantine)] if further else [])])
        observed = hide_private_zones(context, name_files(found, "observed", addresses), "observed")
        results = gate(observed, waivers=waivers)
        paths = {
            "path": context.table_path("accepted", dataset, key),
            "quarantine": context.table_path("quarantine", f"{dataset}_checked", key),
            "results": context.table_path("results", dataset, key),
        }
        for name, content in (("path", outcome.accepted), ("quarantine", quarantine), ("results", results)):
            write_parquet(paths[name], content)
        quarantined = _distinct_rows(quarantine)
        if outcome.accepted.num_rows + quarantined != read:
            raise InputError(
                f"the counts of {dataset} do not close",
                expected=f"{read} rows read",
                found=f"{outcome.accepted.num_rows} accepted and {quarantined} quarantined",
                where=dataset,
                remedy="this is a fault of the suite; nothing was accepted",
            )
        names = {name: context.relative(path) for name, path in paths.items()}
        return {**names, "files": list(names.values()), "rows": [read, outcome.accepted.num_rows, quarantined]}

    inputs = {
        "table": table_hash(table),
        "set_aside": table_hash(set_aside),
        "rows_read": read,
        "parameters": parameters,
        "waivers": sorted(map(str, waivers.items())),
        "private_zones": _private_words(context),
    }
    outcome = run_step(context, stage="check", dataset=dataset, inputs=inputs, work=work)
    root, result = context.settings.root, outcome.result
    read, accepted, quarantined = result["rows"]
    return Checked(
        dataset=dataset,
        path=root / result["path"],
        quarantine=root / result["quarantine"],
        results=root / result["results"],
        rows_read=read,
        rows_accepted=accepted,
        rows_quarantined=quarantined,
        changed=outcome.changed,
    )


def name_files(table: pa.Table, column: str, addresses: Mapping[str, str]) -> pa.Table:
    """Let texts name a file as its source does, where the suites could only name it by the start of its sha256."""
    names = {sha256[:SHORT_HASH]: address for sha256, address in addresses.items()}

    def named(text: str | None) -> str | None:
        return text and re.sub(r"artifact ([0-9a-f]{12})\b", lambda found: names.get(found[1], found[0]), text)

    return _with_texts(table, column, named)


def hide_private_zones(context: Context, table: pa.Table, column: str) -> pa.Table:
    """Let texts say of a private zone neither its id nor its name, whatever record gave them."""
    words = _private_words(context)
    if not words:
        return table
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words), re.IGNORECASE)
    return _with_texts(table, column, lambda text: text and pattern.sub(NOT_TOLD, text))


def _private_words(context: Context) -> list[str]:
    """Return ids and names of private zones, the longest first; a letter or two would be found in any text."""
    words = {word for zone in context.private_zones for word in (zone.zone_id, zone.name) if len(word) >= LEAST_WORD}
    return sorted(words, key=lambda word: (-len(word), word))


def _with_texts(table: pa.Table, column: str, change: Callable[[str | None], str | None]) -> pa.Table:
    texts = pa.array([change(text) for text in table[column].to_pylist()], pa.string())
    position = table.column_names.index(column)
    return table.set_column(position, table.schema.field(position), texts)


def table_hash(table: pa.Table) -> str:
    """Return a hash of a table's content, whatever its chunks."""
    sink = pa.BufferOutputStream()
    combined = table.combine_chunks().replace_schema_metadata(None)
    with pa.ipc.new_stream(sink, combined.schema) as writer:
        for batch in combined.to_batches():
            writer.write_batch(batch)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _distinct_rows(quarantine: pa.Table) -> int:
    if quarantine.num_rows == 0:
        return 0
    return int(quarantine.group_by(["artifact", "row"]).aggregate([]).num_rows)


def _parameters(context: Context, dataset: str) -> dict[str, Any]:
    west, south, east, north = context.bounds
    if dataset == "fires":
        west, south, east, north = (
            west - FIRES_MARGIN_DEG,
            south - FIRES_MARGIN_DEG,
            east + FIRES_MARGIN_DEG,
            north + FIRES_MARGIN_DEG,
        )
    window = context.period.span
    if dataset == "plots":
        census = context.definition.field_carbon.census_window
        start, end = (census.start, census.end) if census else (context.definition.crediting_period.start, window.end)
    else:
        start, end = window.start, window.end
    return {
        "window_start": start,
        "window_end": end,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "zone_ids": sorted(zone.zone_id for zone in context.zones),
        "stratum_ids": context.strata,
    }


def evidence(checked: Sequence[Checked]) -> dict[str, pa.Table]:
    """Return what was found of received rows, as the landed tables `batches`, `repairs`, `check_results`, `quarantine`."""
    batches = [
        {
            "dataset": batch.dataset,
            "rows_read": batch.rows_read,
            "rows_accepted": batch.rows_accepted,
            "rows_quarantined": batch.rows_quarantined,
        }
        for batch in checked
    ]
    tables = {"batches": DATASETS["batches"].table(batches)}
    files = {
        "repairs": [path for batch in checked for path in batch.repairs],
        "check_results": [batch.results for batch in checked],
        "quarantine": [batch.quarantine for batch in checked],
    }
    for name, paths in files.items():
        schema = DATASETS[name].schema
        parts = [pq.read_table(path, schema=schema) for path in paths]
        tables[name] = DATASETS[name].sort(pa.concat_tables([schema.empty_table(), *parts]))
    return tables


def failed_rules(results: pa.Table) -> list[dict[str, Any]]:
    """Return the checks that did not pass."""
    return results.filter(pc.not_equal(results["outcome"], "passed")).to_pylist()  # type: ignore[no-any-return]
