"""What the report says of activity data: areas by the map beside the estimates of the sample, and how good both are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from mrv.boundaries import Zone
from mrv.package import wording
from mrv.package.figures import Figure
from mrv.package.interval_chart import Compared, intervals
from mrv.package.sample_map import dot_style, sample_map
from mrv.package.staging import cell_text
from mrv.package.wording import Text, number

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows; none where it is missing."""

WHOLE = "*"
"""Stands for all zones, or for all classes."""
_STYLES = {"project_area": "of-project", "leakage_belt": "of-belt"}
_ALL_YEARS = Text("all years", "todos los años")
_DOUBTFUL = ("open", "not_labelled")


def activity(read: Read, zones: Sequence[Zone] = ()) -> dict[str, Any]:
    """Return what the page shows of the sample; nothing but its absence where there is none.

    Args:
        read: Reads a mart.
        zones: Where the zones lie.
    """
    rows, designs = read("activity_data"), read("sample_designs")
    return {
        "sampled": bool(designs),
        "ledger_source": _ledger_source(rows),
        "activity_zones": _zones(rows) if designs else [],
        "sample_designs": [_design(design, read, zones) for design in sorted(designs, key=itemgetter("design_id"))],
    }


def _ledger_source(rows: Iterable[Row]) -> str | None:
    """Return what the ledger's monitored areas rest on, or None where nothing says so."""
    named = {row["source"] for row in rows if row["activity_class"] == "loss"}
    return named.pop() if len(named) == 1 else None


def _zones(rows: Iterable[Row]) -> list[dict[str, Any]]:
    kinds, classes = list(wording.KINDS), list(wording.CLASSES)
    by_zone: dict[str, list[Row]] = {}
    for row in rows:
        by_zone.setdefault(row["zone_id"], []).append(row)
    zones = []
    for part in by_zone.values():
        # The years of a class stand below the class.
        ordered = sorted(part, key=lambda row: (classes.index(row["activity_class"]), row["year"] or 0))
        loss = [row for row in ordered if row["activity_class"] == "loss"]
        zones.append(
            {
                "kind": part[0]["kind"],
                "zone_id": part[0]["zone_id"],
                "zone_name": part[0]["zone_name"],
                "names_kind": wording.kind_name(part[0]["kind"]).en.casefold() in part[0]["zone_name"].casefold(),
                "rows": ordered,
                "outside": [row for row in loss if row["map_outside_ci95"]],
                "unseen_ha": next((row["unseen_upper95_ha"] for row in loss if row["year"] is None), None),
                "half_width_ha": next((_half_width(row) for row in loss if row["year"] is None), None),
                "reasons": _reasons(ordered),
                "chart": _chart(part[0], loss),
            }
        )
    return sorted(zones, key=lambda zone: (kinds.index(zone["kind"]), zone["zone_id"]))


def _half_width(row: Row) -> Decimal | None:
    """Return the half-width of the 95 % interval, ha."""
    if row["ci95_high_ha"] is None:
        return None
    half_width: Decimal = row["ci95_high_ha"] - row["estimate_area_ha"]
    return half_width


def _reasons(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return what the tables say of some rows, each text once, with the rows that it is about."""
    reasons: dict[str, list[Row]] = {}
    for row in rows:
        if row["reason"]:
            reasons.setdefault(row["reason"], []).append(row)
    return reasons


def _chart(zone: Row, loss: Sequence[Row]) -> Markup | None:
    kind = wording.kind_name(zone["kind"])
    return intervals(
        title=Text(
            f"Forest loss by map and by sample: {kind.en}", f"Pérdida de bosque según mapa y muestra: {kind.es}"
        ),
        unit="ha",
        items=[
            Compared(
                name=_ALL_YEARS if row["year"] is None else Text(str(row["year"]), str(row["year"])),
                mapped=row["map_area_ha"],
                estimate=row["estimate_area_ha"],
                ci90=_ends(row, "ci90"),
                ci95=_ends(row, "ci95"),
                outside=bool(row["map_outside_ci95"]),
            )
            for row in loss
        ],
        style=_STYLES.get(zone["kind"], "of-project"),
        bands=[row["year"] is None for row in loss],
    )


def _ends(row: Row, name: str) -> tuple[Any, Any] | None:
    low, high = row[f"{name}_low_ha"], row[f"{name}_high_ha"]
    return None if low is None or high is None else (low, high)


def estimate_interval(figure: Figure, rows: Iterable[Row]) -> Text | None:
    """Return the half-width of the 90 % interval of an estimated area, ha; None for any other figure.

    Args:
        figure: A figure of `activity_data`.
        rows: That table.
    """
    if figure.mart_column != "estimate_area_ha" or figure.value is None:
        return None
    for row in rows:
        if all(cell_text(row[name]) == value for name, value in figure.key) and row["ci90_high_ha"] is not None:
            return number(row["ci90_high_ha"] - row["estimate_area_ha"], wording.digits_of(figure.unit))
    return None


def _design(design: Row, read: Read, zones: Sequence[Zone]) -> dict[str, Any]:
    def own(name: str) -> list[Row]:
        return [row for row in read(name) if row["design_id"] == design["design_id"]]

    units = own("sample_units")
    outcomes = Counter(row["outcome"] for row in units)
    return {
        **design,
        "strata": sorted(own("sample_strata"), key=itemgetter("stratum_id")),
        "outcomes": [(Text(*names), outcomes[name]) for name, names in wording.OUTCOMES.items() if outcomes[name]],
        "usable_count": sum(count for name, count in outcomes.items() if name not in (*_DOUBTFUL, "unusable")),
        "unusable_count": outcomes["unusable"],
        "open_count": sum(outcomes[name] for name in _DOUBTFUL),
        "double_count": sum(row["label_count"] > 1 for row in units),
        "accuracy": _accuracy(own("map_accuracy")),
        "matrix": _matrix(own("error_matrix")),
        "agreement": sorted(own("interpreter_agreement"), key=itemgetter("interpreter_a", "interpreter_b")),
        "map": sample_map(zones, units),
        "dots": {dot_style(row) for row in units},
    }


def _accuracy(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return a row for each class of the whole sample with its user's and producer's accuracy, the overall one first."""
    by_class: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["zone_id"] == WHOLE:
            by_class.setdefault(row["map_class"], {})[row["measure"]] = row
    order = [WHOLE, *wording.CLASSES]
    return [
        {"name": name, **{measure: by_class[name].get(measure) for measure in ("overall", "user", "producer")}}
        for name in sorted(by_class, key=order.index)
    ]


def _matrix(rows: Iterable[Row]) -> dict[str, Any] | None:
    """Return the error matrix of the whole sample: units, and the share of the area that they stand for."""
    cells = {(row["map_class"], row["reference_class"]): row for row in rows if row["zone_id"] == WHOLE}
    if not cells:
        return None
    order = list(wording.CLASSES)
    columns = sorted({name for _, name in cells}, key=order.index)
    return {
        "columns": columns,
        "rows": [
            {
                "name": name,
                "cells": [cells.get((name, column)) for column in columns],
                "unit_count": sum(cells[name, column]["unit_count"] for column in columns if (name, column) in cells),
            }
            for name in sorted({name for name, _ in cells}, key=order.index)
        ],
    }
