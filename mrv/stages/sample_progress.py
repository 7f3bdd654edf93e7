"""How far the labels of a period's samples are: who labelled how much, what is open, how far people agree, the estimate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
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
from mrv.stages.measure_sample import RECEIVED_TABLES, estimate_tables, labels_set_aside
from mrv.stages.sample_export import csv_bytes, form_row
from mrv.stages.sample_reference import disagreements, waiting_reason

GIVEN = "labels_given"
"""Column of the list of disagreements that says what the interpreters saw; it is not read back."""
OUTCOMES = ("single", "agreed", "resolved", "unusable", "open", "not_labelled")

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
    made = estimate_tables(received, set_aside=labels_set_aside(checked))
    return Progress({**received, **made}, checked["sample_labels"].set_aside())


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


def outcome_rows(progress: Progress) -> list[dict[str, Any]]:
    """Return one row per design: how many of its units came to which outcome."""
    rows = []
    for design in progress.designs:
        counts = Counter(row["outcome"] for row in progress.rows("sample_reference", design))
        rows.append({"design": design, "units": sum(counts.values()), **{name: counts[name] for name in OUTCOMES}})
    return rows


def interpreter_rows(progress: Progress) -> list[dict[str, Any]]:
    """Return one row per design and person: units labelled, found unusable, resolved, and the first and last day."""
    rows = []
    for design in progress.designs:
        labels = progress.rows("sample_labels", design)
        for who in sorted({row["interpreter"] for row in labels}, key=lambda code: (len(code), code)):
            own = [row for row in labels if row["interpreter"] == who and row["role"] == "interpreter"]
            days = sorted(row["labelled_on"] for row in own if row["labelled_on"])
            rows.append(
                {
                    "design": design,
                    "interpreter": who,
                    "labelled": len(own),
                    "unusable": sum(not row["usable"] for row in own),
                    "resolved": sum(row["interpreter"] == who and row["role"] == "resolution" for row in labels),
                    "first_day": str(days[0]) if days else None,
                    "last_day": str(days[-1]) if days else None,
                }
            )
    return rows


def agreement_rows(progress: Progress) -> list[dict[str, Any]]:
    """Return one row per design and pair of people: units in common, share of the same class, Cohen's kappa."""
    return [
        {
            "design": design,
            "interpreters": f"{row['interpreter_a']}, {row['interpreter_b']}",
            "units": row["unit_count"],
            "agreed": row["agreed_count"],
            "agreement": row["agreement"],
            "kappa": row["kappa"],
        }
        for design in progress.designs
        for row in progress.rows("interpreter_agreement", design)
    ]


def estimate_rows(progress: Progress) -> list[dict[str, Any]]:
    """Return one row per design, zone and class: its area by the map and by the sample, ha; null where it has none."""
    return [
        {
            "design": design,
            "zone": row["zone_id"],
            "class": row["reference_class"],
            "units": row["class_unit_count"],
            "map_ha": row["map_area_ha"],
            "estimate_ha": row["area_ha"],
            "ci90_half_width_ha": row["ci90_half_width_ha"],
            "ci95_half_width_ha": row["ci95_half_width_ha"],
            "reason": row["reason"],
        }
        for design in progress.designs
        for row in progress.rows("area_estimates", design)
        if row["loss_year"] is None
    ]


def waiting_notes(progress: Progress) -> list[str]:
    """Say of each design that has no estimate yet why."""
    return [
        f"{design}: no estimate yet, {reason}"
        for design in progress.designs
        if (reason := progress.waiting(design)) is not None
    ]


def estimate_notes(progress: Progress) -> list[str]:
    """Return what is to be known of estimates, or why there is none, of designs whose units are all settled."""
    return [
        f"{row['design']}: {row['class']} of {row['zone']}: {row['reason']}"
        for row in estimate_rows(progress)
        if row["reason"] and progress.waiting(row["design"]) is None
    ]


def set_aside_notes(progress: Progress, *, most: int) -> list[str]:
    """Say how many rows of labels could not be used, and why, of the first `most` reasons."""
    count, reasons = _rows_set_aside(progress), progress.set_aside["reason"].to_pylist()
    if not count:
        return []
    more = [f"  and {len(reasons) - most:,} more: --json tells all"] if len(reasons) > most else []
    return [f"{count:,} row(s) of labels were set aside:", *(f"  {reason}" for reason in reasons[:most]), *more]


def _rows_set_aside(progress: Progress) -> int:
    aside = progress.set_aside
    return len(set(zip(aside["artifact"].to_pylist(), aside["row"].to_pylist(), strict=True)))


def progress_record(progress: Progress) -> dict[str, Any]:
    """Return all of it as JSON can hold it: numbers with the digits of the tables, null for what is not known."""
    rows = {
        "designs": outcome_rows(progress),
        "interpreters": interpreter_rows(progress),
        "agreement": agreement_rows(progress),
        "estimates": estimate_rows(progress),
    }
    return {
        **{name: [{key: _plain(value) for key, value in row.items()} for row in table] for name, table in rows.items()},
        "rows_set_aside": _rows_set_aside(progress),
        "notes": [
            *waiting_notes(progress),
            *estimate_notes(progress),
            *progress.set_aside["reason"].to_pylist(),
        ],
    }


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
