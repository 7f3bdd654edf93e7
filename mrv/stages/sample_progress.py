"""How far the labels of a period's samples are: who labelled how much, what is open, how far people agree, the estimate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mrv.errors import UsageError
from mrv.files import write_bytes
from mrv.project_sampling import SampleSource
from mrv.sources.sample_label_files import FORM
from mrv.stages.check import check_received
from mrv.stages.context import Context
from mrv.stages.land import land, pull
from mrv.stages.measure_sample import RECEIVED_TABLES, estimate_tables
from mrv.stages.sample_export import csv_bytes, form_row
from mrv.stages.sample_reference import disagreements, waiting_reason

GIVEN = "labels_given"
"""Column of the list of disagreements that says what the interpreters saw; it is not read back."""
OUTCOMES = ("single", "agreed", "resolved", "unusable", "open", "not_labelled")
_SHOWN = 5

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Progress:
    """The labels of a period as they are.

    Attributes:
        tables: Accepted rows of the four received tables, and what was made of them, by name.
        set_aside: Rows of `quarantine` of labels.
    """

    tables: Mapping[str, pa.Table]
    set_aside: pa.Table

    @property
    def designs(self) -> list[str]:
        """Ids of the designs."""
        return sorted(self.tables["sample_designs"]["design_id"].to_pylist())

    def rows(self, table: str, design_id: str) -> list[dict[str, Any]]:
        """Return the rows of a table that are about a design."""
        return [row for row in self.tables[table].to_pylist() if row["design_id"] == design_id]

    def waiting(self, design_id: str) -> str | None:
        """Say why a design has no estimate yet."""
        reference = self.tables["sample_reference"]
        return waiting_reason(reference.filter(pc.equal(reference["design_id"], design_id)))


def label_progress(context: Context) -> Progress:
    """Read the labels of a period as a run reads them, and settle what they settle.

    Raises:
        UsageError: The period has no source of labels.
        InputError: A file cannot be used.
        CheckError: A critical check failed.
    """
    sources = [
        spec
        for spec in context.definition.sources
        if isinstance(spec, SampleSource) and spec.period == context.period.id
    ]
    if not sources:
        periods = [spec.period for spec in context.definition.sources if isinstance(spec, SampleSource)]
        raise UsageError(
            f"no source of labels is declared for period {context.period.id}",
            expected=f"period {', '.join(periods)}" if periods else "a source of connector sample",
            where=str(context.project.file),
            remedy="choose a period that has one, or declare the design's folder and its files of labels as a source",
        )
    landed = [part for spec in sources for part in land(context, spec, pull(context, spec))]
    checked = check_received(context, landed)
    received = {name: checked[name].table() for name in RECEIVED_TABLES}
    return Progress({**received, **estimate_tables(received)}, checked["sample_labels"].set_aside())


def write_disagreements(progress: Progress, path: Path) -> int:
    """Write the units on which somebody has to decide, as a form that is read back with role resolution.

    Returns:
        How many there are.

    Raises:
        UsageError: The file is there already.
        StoreError: The disk refuses the write.
    """
    if path.exists():
        raise UsageError(
            "a file is there already, and may hold resolutions",
            found=str(path),
            remedy="give another path with --disagreements, or move the file away",
        )
    tables = progress.tables
    found = disagreements(tables["sample_units"], tables["sample_labels"], tables["sample_reference"])
    rows = [
        {**form_row(row["unit_id"], row["longitude"], row["latitude"]), GIVEN: row["labels_given"]} for row in found
    ]
    write_bytes(path, csv_bytes(rows, [*FORM[:3], GIVEN, *FORM[3:]]))
    return len(rows)


def outcome_rows(progress: Progress) -> list[dict[str, str]]:
    """Return one row per design: how many of its units came to which outcome."""
    rows = []
    for design in progress.designs:
        counts = Counter(row["outcome"] for row in progress.rows("sample_reference", design))
        total = sum(counts.values())
        rows.append({"design": design, "units": f"{total:,}", **{name: f"{counts[name]:,}" for name in OUTCOMES}})
    return rows


def interpreter_rows(progress: Progress) -> list[dict[str, str]]:
    """Return one row per design and person: units labelled, found unusable, resolved, and the first and last day."""
    rows = []
    for design in progress.designs:
        labels = progress.rows("sample_labels", design)
        for who in sorted({row["interpreter"] for row in labels}, key=lambda code: (len(code), code)):
            own = [row for row in labels if row["interpreter"] == who and row["role"] == "interpreter"]
            resolved = sum(row["interpreter"] == who and row["role"] == "resolution" for row in labels)
            days = sorted(row["labelled_on"] for row in own if row["labelled_on"])
            rows.append(
                {
                    "design": design,
                    "interpreter": who,
                    "labelled": f"{len(own):,}",
                    "unusable": f"{sum(not row['usable'] for row in own):,}",
                    "resolved": f"{resolved:,}",
                    "first_day": str(days[0]) if days else "",
                    "last_day": str(days[-1]) if days else "",
                }
            )
    return rows


def agreement_rows(progress: Progress) -> list[dict[str, str]]:
    """Return one row per design and pair of people: units in common, share of the same class, Cohen's kappa."""
    return [
        {
            "design": design,
            "interpreters": f"{row['interpreter_a']}, {row['interpreter_b']}",
            "units": f"{row['unit_count']:,}",
            "agreed": f"{row['agreed_count']:,}",
            "agreement": f"{row['agreement']:.3f}",
            "kappa": "" if row["kappa"] is None else f"{row['kappa']:.3f}",
        }
        for design in progress.designs
        for row in progress.rows("interpreter_agreement", design)
    ]


def estimate_rows(progress: Progress) -> list[dict[str, str]]:
    """Return the areas by class of the designs that are settled."""
    return [
        {
            "design": design,
            "zone": row["zone_id"],
            "class": row["reference_class"],
            "units": f"{row['class_unit_count']:,}",
            "map_ha": _number(row["map_area_ha"]),
            "estimate_ha": _number(row["area_ha"]),
            "ci90_half_width_ha": _number(row["ci90_half_width_ha"]),
            "ci95_half_width_ha": _number(row["ci95_half_width_ha"]),
        }
        for design in progress.designs
        if progress.waiting(design) is None
        for row in progress.rows("area_estimates", design)
        if row["loss_year"] is None
    ]


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,.1f}"


def sentences(progress: Progress) -> list[str]:
    """Return what else people should know: why there is no estimate, and rows that could not be used."""
    told = [
        f"{design}: no estimate yet, {reason}"
        for design in progress.designs
        if (reason := progress.waiting(design)) is not None
    ]
    reasons: Sequence[str] = progress.set_aside["reason"].to_pylist()
    if reasons:
        rows = {(row["artifact"], row["row"]) for row in progress.set_aside.to_pylist()}
        told.append(f"{len(rows):,} row(s) of labels were set aside:")
        told += [f"  {reason}" for reason in reasons[:_SHOWN]]
        told += [f"  and {len(reasons) - _SHOWN} more"] if len(reasons) > _SHOWN else []
    return told


def progress_record(progress: Progress) -> dict[str, Any]:
    """Return all of it as JSON can hold it."""
    return {
        "designs": outcome_rows(progress),
        "interpreters": interpreter_rows(progress),
        "agreement": agreement_rows(progress),
        "estimates": estimate_rows(progress),
        "notes": sentences(progress),
    }
