"""Checks across the tables of a sample: what was estimated adds up, and the map is the one that the sample was drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from expectations.results import check_result

SUMS_RULE, KNOWN_RULE, UNSEEN_RULE = "classes_make_up_frame", "loss_is_estimated", "interval_holds_unseen_loss"
MAP_RULE = "map_is_that_of_the_sample"
REMEDIES = {
    SUMS_RULE: "mend the code that estimated: shares of a stratum add up to one",
    KNOWN_RULE: "settle the open units, or enlarge the design where no loss was seen",
    UNSEEN_RULE: "draw more units in the strata where no loss was seen: enlarge the design",
    MAP_RULE: "estimates keep the strata they were drawn from; judge the new map by a new design",
}
"""Remedies of the rules that no suite holds."""
_LAST_DIGIT = Decimal("0.000001")


def check_estimates(estimates: pa.Table) -> pa.Table:
    """Compare the sum of all classes with the area that could be drawn, and look for loss whose interval tells too little.

    Args:
        estimates: Rows of `area_estimates`, in ha.

    Returns:
        Three rows of `check_results`: the sums are critical (each class may be rounded); a warning where there is no
        interval, and one where strata without a unit of loss could hide more of it than half the interval is wide.
    """
    sums: dict[tuple[str, str], list[Any]] = {}
    unknown, hidden, losses = [], [], 0
    for row in estimates.to_pylist():
        if row["loss_year"] is not None:
            continue
        sums.setdefault((row["design_id"], row["zone_id"]), []).append(row)
        if row["reference_class"] == "loss":
            losses += 1
            told = f"{row['design_id']}, zone {row['zone_id']}: {row['reason']}"
            if not row["ci95_half_width_ha"]:
                unknown.append(told)
            elif row["unseen_upper95_ha"] is not None and row["unseen_upper95_ha"] > row["ci95_half_width_ha"]:
                hidden.append(told)
    problems = []
    for (design, zone), rows in sorted(sums.items()):
        frame = rows[0]["frame_area_ha"]
        for name in ("area_ha", "map_area_ha"):
            parts = [row[name] for row in rows]
            if frame is None or None in parts:
                continue
            if abs(sum(parts) - frame) > len(parts) * _LAST_DIGIT:
                problems.append(f"{design}, zone {zone}: {name} of all classes {sum(parts)}, drawn from {frame} ha")
    return pa.concat_tables(
        [
            check_result(
                "area_estimates",
                SUMS_RULE,
                "The classes of each zone add up to the area that its units were drawn from.",
                evaluated=len(sums),
                problems=problems,
            ),
            check_result(
                "area_estimates",
                KNOWN_RULE,
                "The loss of each zone is estimated, with an interval.",
                evaluated=losses,
                problems=unknown,
                severity="warning",
            ),
            check_result(
                "area_estimates",
                UNSEEN_RULE,
                "Strata without a unit of loss cannot hide more of it than half the 95 % interval is wide.",
                evaluated=losses,
                problems=hidden,
                severity="warning",
            ),
        ]
    )


def check_map(designs: pa.Table, maps: Mapping[str, str | None]) -> pa.Table:
    """Compare the map of each design with that of the run.

    Args:
        designs: Rows of `sample_designs`.
        maps: Design to the hash over the files that the run has of its map; None where it has none.

    Returns:
        One row of `check_results`, severity warning: strata stay as they were drawn, whatever map came later.
    """
    problems = []
    for row in designs.to_pylist():
        found = maps.get(row["design_id"])
        if found != row["map_sha256"]:
            here = "the run has no such map" if found is None else f"the run has {found[:12]}"
            product = f"{row['product']} {row['product_version']}"
            problems.append(f"{row['design_id']} was drawn from {product}, files {row['map_sha256'][:12]}; {here}")
    description = "The map of the run is the one that the sample was drawn from."
    return check_result(
        "sample_designs",
        MAP_RULE,
        description,
        evaluated=designs.num_rows,
        problems=problems,
        severity="warning",
    )
