"""From labels to reference: the label that counts for each unit, what is still open, and how far interpreters agree."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any

import pyarrow as pa

from mrv.estimation.agreement import agreement
from mrv.estimation.transitions import transition_class
from mrv.schemas import DATASETS

Row = Mapping[str, Any]
WAITING = ("open", "not_labelled")
"""Outcomes for which a design has no estimate yet."""
SET_ASIDE = "a label of it was set aside"
"""Why a unit is open of which a label cannot be used: the labels that are left would be those of the easy classes."""
_SHARE_DECIMALS = Decimal("1e-9")


UnitKey = tuple[str, str]
"""(design_id, unit_id)."""


def resolve_labels(
    units: pa.Table, labels: pa.Table, *, set_aside: Collection[UnitKey] = ()
) -> tuple[pa.Table, pa.Table]:
    """Settle which label counts for each unit.

    One label counts. Several count where they say the same class; where they do not, or one of them found the unit unusable,
    the unit is open until somebody resolves it. A resolution counts whatever the labels say. A unit of which a label or a
    resolution was set aside is open until that is mended. Where the class is settled but the years of loss differ, the year
    is null with a reason. No digit depends on the order of the labels.

    Args:
        units: Rows of `sample_units`.
        labels: Accepted rows of `sample_labels` of these units.
        set_aside: Units of which a label or a resolution was set aside.

    Returns:
        Tables `sample_reference` (a row for each unit) and `interpreter_agreement` (for each pair of interpreters with units
        in common, on the units that both found usable).
    """
    by_unit: dict[UnitKey, list[Row]] = {}
    for label in sorted(labels.to_pylist(), key=lambda row: (row["role"], row["interpreter"])):
        by_unit.setdefault((label["design_id"], label["unit_id"]), []).append(label)
    keys = zip(units["design_id"].to_pylist(), units["unit_id"].to_pylist(), strict=True)
    rows = []
    for key in keys:
        row = _settled(by_unit.get(key, []))
        if key in set_aside:
            row = {**_nothing(row["label_count"]), "outcome": "open", "reason": SET_ASIDE}
        rows.append({"design_id": key[0], "unit_id": key[1], **row})
    return DATASETS["sample_reference"].table(rows), DATASETS["interpreter_agreement"].table(_agreements(by_unit))


def waiting_reason(reference: pa.Table) -> str | None:
    """Say why a design has no estimate yet, or None where each of its units is settled."""
    outcomes = reference["outcome"].to_pylist()
    waiting = sum(outcome in WAITING for outcome in outcomes)
    aside = reference["reason"].to_pylist().count(SET_ASIDE)
    told = f" (a label of {aside:,} of them was set aside)" if aside else ""
    return f"{waiting:,} of {len(outcomes):,} units are open or not labelled{told}" if waiting else None


def disagreements(units: pa.Table, labels: pa.Table, reference: pa.Table) -> list[dict[str, Any]]:
    """List the units on which somebody has to decide.

    Args:
        units: Rows of `sample_units`.
        labels: Accepted rows of `sample_labels`.
        reference: What `resolve_labels` made of them.

    Returns:
        unit_id, longitude, latitude and `labels_given` of each unit that is open, or whose year of loss is, by unit; without
        those that no decision settles, because a label of them was set aside.
    """
    places = {(row["design_id"], row["unit_id"]): row for row in units.to_pylist()}
    given: dict[tuple[str, str], list[str]] = {}
    for row in sorted(labels.to_pylist(), key=lambda row: (row["role"], row["interpreter"])):
        given.setdefault((row["design_id"], row["unit_id"]), []).append(f"{row['interpreter']}: {_said(row)}")
    found = []
    for row in reference.to_pylist():
        key = (row["design_id"], row["unit_id"])
        year_is_open = row["outcome"] == "agreed" and row["reference_class"] == "loss" and row["loss_year"] is None
        differ = row["outcome"] == "open" and row["reason"] != SET_ASIDE
        if differ or (year_is_open and row["reason"]):
            place = {name: places[key][name] for name in ("unit_id", "longitude", "latitude")}
            found.append({**place, "labels_given": " | ".join(given[key])})
    return found


def _said(label: Row) -> str:
    if not label["usable"]:
        return "unusable"
    return f"{label['reference_class']} {label['loss_year'] or ''}".strip()


def _settled(labels: Sequence[Row]) -> dict[str, Any]:
    """Return what counts for one unit, from its labels and resolutions, ordered by interpreter."""
    own = [label for label in labels if label["role"] == "interpreter"]
    resolutions = [label for label in labels if label["role"] == "resolution"]
    row = _nothing(len(own))
    counting = resolutions or own
    if not counting:
        return row | {"outcome": "not_labelled", "reason": "nobody has labelled it"}
    said = {(label["usable"], label["reference_class"]) for label in counting}
    if len(said) > 1:
        who = "resolutions" if resolutions else "interpreters"
        texts = "; ".join(f"{label['interpreter']}: {_said(label)}" for label in counting)
        return row | {"outcome": "open", "reason": f"{who} differ ({texts})"}
    if resolutions:
        row["resolved_by"] = _joined(label["interpreter"] for label in resolutions)
    row["confidence"] = _joined(label["confidence"] for label in counting)
    [(usable, reference_class)] = said
    if not usable:
        return row | {"outcome": "unusable", "reason": _joined(label["reason"] for label in counting)}
    row["outcome"] = "resolved" if resolutions else "single" if len(own) == 1 else "agreed"
    row["reference_class"] = reference_class
    # A resolution need not repeat what the labels of its class say already.
    agreeing = [label for label in own if (label["usable"], label["reference_class"]) == (True, reference_class)]
    row["loss_year"], reason = _one(resolutions, agreeing, "loss_year")
    row["reason"] = reason or (_joined(label["reason"] for label in resolutions) if resolutions else None)
    row["transition_class"] = _transition(resolutions, agreeing)
    for name in ("image_before_date", "image_after_date"):
        row[name] = _mean(resolutions, agreeing, name)
    return row


def _nothing(label_count: int) -> dict[str, Any]:
    """Return the columns of a unit of which nothing is known but how many labels it has."""
    empty = ("reference_class", "loss_year", "transition_class", "resolved_by", "confidence", "reason")
    return {**dict.fromkeys((*empty, "image_before_date", "image_after_date")), "label_count": label_count}


def _joined(texts: Any) -> str | None:
    return "; ".join(sorted({text for text in texts if text})) or None


def _one(first: Sequence[Row], second: Sequence[Row], name: str) -> tuple[Any, str | None]:
    """Return the one value that resolutions, or else labels, give; None with a reason where they differ."""
    for labels in (first, second):
        values = sorted({label[name] for label in labels if label[name] is not None})
        if len(values) > 1:
            return None, f"{name.replace('_', ' ')}s differ: {', '.join(map(str, values))}"
        if values:
            return values[0], None
    return None, None


def _transition(first: Sequence[Row], second: Sequence[Row]) -> int | None:
    """Return the one transition class that resolutions, or else labels, give; None where there is none, or several."""
    for labels in (first, second):
        found = {transition_class(label["forest_t1"], label["forest_t2"], label["forest_t3"]) for label in labels}
        found.discard(None)
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _mean(first: Sequence[Row], second: Sequence[Row], name: str) -> float | None:
    for labels in (first, second):
        values = [label[name] for label in labels if label[name] is not None]
        if values:
            return math.fsum(values) / len(values)
    return None


def _agreements(by_unit: Mapping[tuple[str, str], Sequence[Row]]) -> list[dict[str, Any]]:
    pairs: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for (design, _), labels in by_unit.items():
        own = [label for label in labels if label["role"] == "interpreter" and label["usable"]]
        for one, other in combinations(own, 2):
            classes = (one["reference_class"], other["reference_class"])
            pairs.setdefault((design, one["interpreter"], other["interpreter"]), []).append(classes)
    rows = []
    for (design, first, second), both in sorted(pairs.items()):
        found = agreement([pair[0] for pair in both], [pair[1] for pair in both])
        rows.append(
            {
                "design_id": design,
                "interpreter_a": first,
                "interpreter_b": second,
                "unit_count": found.unit_count,
                "agreed_count": found.agreed_count,
                "agreement": _share(found.agreement),
                "kappa": None if found.kappa is None else _share(found.kappa),
                "reason": found.reason,
            }
        )
    return rows


def _share(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_SHARE_DECIMALS)
