"""Measure places: which zones hold each located record, and the cell that is told instead of where it lies.

These two tables are all that SQL and a reader learn of the place of a threat, a camera, a species or a planted site. The more
harm its place could do, the coarser it is told:

- `cell_<n>_m`: the cell of `privacy.cell_m`, for threats, sites of planting, forest plots and species that nobody hunts or
  collects;
- `sensitive_cell_<n>_m`: the cell of `privacy.sensitive_cell_m`, for cameras, sightings by patrols (their species is not known),
  species that are sensitive or threatened, and plots in which a tree of such a species stands;
- `withheld`: no cell at all, because the record lies in a private zone;
- `none`: the record has no place.

A zone smaller than the cell would tell more than the cell does, so it is not told: except for threats, whose number in each
zone is what the zone is looked after for. Of a withheld record only zones as large as a sensitive cell are told.

A record that its source obscured is sensitive too, though the project may know the true place. And an event of a patrol is told
no better than the sensitive and withheld events near it in time: who walks for two hours in a forest does not get far.
Zones still count such an event, for its own place is no secret; they are not told of it one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from mrv.boundaries import Zone
from mrv.privacy import RECORD_IDS
from mrv.project_life import Privacy
from mrv.schemas import DATASETS
from mrv.stages.check import Checked
from mrv.stages.context import Context
from mrv.stages.measure import Measured, run_measurement
from mrv.units import M2_PER_HA
from raster.rules import Shape

PLOTS = "plots"
"""Told by cell alone: their stratum is told with their biomass, so that no other zone is needed."""
EVERY_ZONE = ("patrol_events",)
WITHHELD, NOWHERE = "withheld", "none"
SENSITIVE_RULES = ("sensitive_cell_", WITHHELD)
"""Starts of the rules under which the zones of a record are not told one by one."""
BESIDE_S = 2 * 3600.0
"""Events of one patrol within so many seconds tell of each other's place: some kilometres on foot."""
NAMES = ("species_names", "species_categories")
_DECIMALS = 4  # of a degree, some 11 m: the centre of a cell is no measurement


@dataclass(frozen=True)
class Records:
    """Records of one dataset: ids, degrees (NaN: no place) and whether they are sensitive, each of shape (n,)."""

    dataset: str
    ids: Sequence[str]
    longitude: np.ndarray[Any, np.dtype[np.float64]]
    latitude: np.ndarray[Any, np.dtype[np.float64]]
    sensitive: np.ndarray[Any, np.dtype[np.bool_]]


def located(choices: Privacy) -> tuple[str, ...]:
    """Return the datasets whose places are told as cells."""
    return tuple(name for name in RECORD_IDS if name != PLOTS or choices.plot_positions == "cell")


def measure_places(context: Context, received: Mapping[str, Checked]) -> Measured | None:
    """Find zones and cells of every located record; None where no source gives any.

    Args:
        context: The run.
        received: Accepted batches by dataset.
    """
    present = [name for name in located(context.definition.privacy) if name in received]
    if not present:
        return None
    inputs = {
        "tables": {name: received[name].sha256 for name in (*present, *NAMES, "trees") if name in received},
        "privacy": context.definition.privacy.model_dump(mode="json"),
        "local_crs": context.definition.local_crs,
        "zones": [[zone.zone_id, shapely.to_wkb(zone.geometry, hex=True)] for zone in context.zones],
        "private_zones": sorted(shapely.to_wkb(zone.geometry, hex=True) for zone in context.private_zones),
    }
    return run_measurement(context, "record_places", inputs, lambda: _measure(context, received, present))


def _measure(context: Context, received: Mapping[str, Checked], present: Sequence[str]) -> dict[str, pa.Table]:
    zones, cells = [], []
    for dataset in present:
        records = _records(dataset, received)
        rules = _rules(records, context.private_zones)
        told = beside(rules, received[dataset].table()) if dataset == "patrol_events" else rules
        cells += cell_rows(records, told, crs=context.definition.local_crs, choices=context.definition.privacy)
        if dataset != PLOTS:
            zones += zone_rows(records, rules, zones=context.zones, choices=context.definition.privacy)
    return {
        "record_zones": DATASETS["record_zones"].table(zones),
        "record_cells": DATASETS["record_cells"].table(cells),
    }


def _records(dataset: str, received: Mapping[str, Checked]) -> Records:
    table = received[dataset].table()
    return Records(
        dataset,
        [" ".join(parts) for parts in zip(*(table[name].to_pylist() for name in RECORD_IDS[dataset]), strict=True)],
        table["longitude"].to_numpy(),
        table["latitude"].to_numpy(),
        _sensitive(dataset, table, received),
    )


def _sensitive(dataset: str, table: pa.Table, received: Mapping[str, Checked]) -> Any:
    from mrv.field.species import TaxonNames, sensitive_names

    if dataset == "camera_deployments":
        return np.ones(table.num_rows, bool)
    if dataset == "patrol_events":
        return pc.equal(table["event_kind"], "wildlife").to_numpy()
    if dataset == "planting_records":
        return np.zeros(table.num_rows, bool)
    names, categories = (received[name].table() if name in received else None for name in NAMES)
    is_sensitive = sensitive_names(categories, TaxonNames(names))
    if dataset == PLOTS:
        hidden = _plots_with(is_sensitive, received["trees"].table()) if "trees" in received else set()
        return np.array([plot_id in hidden for plot_id in table["plot_id"].to_pylist()], bool)
    obscured = pc.fill_null(table["obscured_at_source"], False).to_numpy()
    return obscured | np.array([is_sensitive(name) for name in table["scientific_name"].to_pylist()], bool)


def _plots_with(is_sensitive: Callable[[str], bool], trees: pa.Table) -> set[str]:
    """Return the plots in which a tree of a sensitive species was ever measured: who knows the plot finds the tree."""
    found = trees.group_by(["plot_id", "genus", "species"]).aggregate([]).to_pylist()
    taxa = {(row["genus"], row["species"]) for row in found if row["genus"]}
    sensitive = {taxon for taxon in taxa if is_sensitive(" ".join(part for part in taxon if part))}
    return {row["plot_id"] for row in found if (row["genus"], row["species"]) in sensitive}


def _rules(records: Records, private: Sequence[Zone]) -> list[str]:
    """Return `withheld`, `none`, `sensitive` or `cell` for each record."""
    placed = np.isfinite(records.longitude) & np.isfinite(records.latitude)
    hidden = np.zeros(len(records.ids), bool)
    at = np.flatnonzero(placed)
    if private and at.size:
        from raster.points import zones_of_points

        shapes = [Shape(str(number), zone.geometry) for number, zone in enumerate(private)]
        inside = zones_of_points(records.longitude[at], records.latitude[at], shapes)
        hidden[at[[point for point, _ in inside]]] = True
    return [
        NOWHERE if not known else WITHHELD if secret else "sensitive" if careful else "cell"
        for known, secret, careful in zip(placed, hidden, records.sensitive, strict=True)
    ]


def beside(rules: Sequence[str], events: pa.Table) -> list[str]:
    """Return the rules of events, each as strict as those of the events beside it.

    Beside an event are those of its patrol (or, without a patrol, of its submission) at most `BESIDE_S` from it, those at the
    same place, and all where either time is not known. Sightings without a place count: the place of another would tell theirs.

    Args:
        rules: `withheld`, `none`, `sensitive` or `cell` for each event, by its own place and kind.
        events: Rows of `patrol_events`, in the same order.
    """
    groups: dict[str, list[int]] = {}
    for index, walk in enumerate(pc.coalesce(events["patrol_id"], events["submission_id"]).to_pylist()):
        if walk is not None:
            groups.setdefault(walk, []).append(index)
    seconds = np.array([np.nan if at is None else at.timestamp() for at in events["observed_at"].to_pylist()], float)
    places = list(zip(events["longitude"].to_pylist(), events["latitude"].to_pylist(), strict=True))
    wildlife = pc.equal(events["event_kind"], "wildlife").to_pylist()
    strict = {
        WITHHELD: {index for index, rule in enumerate(rules) if rule == WITHHELD},
        "sensitive": {index for index, rule in enumerate(rules) if rule == "sensitive" or wildlife[index]},
    }
    found = list(rules)
    for rule in ("sensitive", WITHHELD):
        for members in groups.values():
            secret = [index for index in members if index in strict[rule]]
            if not secret:
                continue
            secret_places = {places[index] for index in secret}
            near = _near(seconds[members], seconds[secret])
            for index, is_near in zip(members, near.tolist(), strict=True):
                if found[index] not in (NOWHERE, WITHHELD) and (is_near or places[index] in secret_places):
                    found[index] = rule
    return found


def _near(seconds: np.ndarray[Any, np.dtype[np.float64]], secret: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    """Tell of each moment whether one of the secret ones is near it; unknown moments (NaN) are near to all."""
    if np.isnan(secret).any():
        return np.ones(len(seconds), bool)
    ordered = np.sort(secret)
    after = np.searchsorted(ordered, seconds)
    gaps = np.stack([np.abs(seconds - ordered[np.clip(after + step, 0, len(ordered) - 1)]) for step in (-1, 0)])
    return np.isnan(seconds) | (gaps.min(axis=0) <= BESIDE_S)


def cell_rows(records: Records, rules: Sequence[str], *, crs: str, choices: Privacy) -> list[dict[str, Any]]:
    """Return the rows of `record_cells`.

    Args:
        records: The records.
        rules: `withheld`, `none`, `sensitive` or `cell` for each.
        crs: Local coordinate system, in metres; the lines of the grid are whole multiples of the cell's side there.
        choices: Sides of the cells.
    """
    from mrv.field.patrol_cells import Grid

    sides = {"cell": choices.cell_m, "sensitive": choices.sensitive_cell_m}
    or_beside = ", or near in time to one that does" if records.dataset in EVERY_ZONE else ""
    reasons = {WITHHELD: f"it lies in a private zone{or_beside}", NOWHERE: "it has no place"}
    names = {"cell": f"cell_{choices.cell_m}_m", "sensitive": f"{SENSITIVE_RULES[0]}{choices.sensitive_cell_m}_m"}
    told: dict[int, dict[str, Any]] = {}
    for rule, side in sides.items():
        at = np.array([index for index, found in enumerate(rules) if found == rule], dtype=np.int64)
        if not at.size:
            continue
        grid = Grid(crs, side)
        column, row = (np.floor(part) for part in grid.forward(records.longitude[at], records.latitude[at]))
        longitude, latitude = grid.inverse(column + 0.5, row + 0.5)
        for index, *cell in zip(at.tolist(), column, row, longitude, latitude, strict=True):
            told[index] = {
                "cell_m": side,
                "cell_id": f"{side}:{cell[0]:.0f}:{cell[1]:.0f}",
                "longitude": round(float(cell[2]), _DECIMALS),
                "latitude": round(float(cell[3]), _DECIMALS),
            }
    nothing = dict.fromkeys(("cell_m", "cell_id", "longitude", "latitude"))
    return [
        {
            "dataset": records.dataset,
            "record_id": record_id,
            "rule": names.get(rule, rule),
            "reason": reasons.get(rule),
            **told.get(index, nothing),
        }
        for index, (record_id, rule) in enumerate(zip(records.ids, rules, strict=True))
    ]


def zone_rows(
    records: Records, rules: Sequence[str], *, zones: Sequence[Zone], choices: Privacy
) -> list[dict[str, Any]]:
    """Return the rows of `record_zones`: the zones that hold a record and are not smaller than the cell that is told of it.

    Args:
        records: The records.
        rules: `withheld`, `none`, `sensitive` or `cell` for each.
        zones: Public zones in longitude and latitude.
        choices: Sides of the cells.
    """
    from raster.points import zones_of_points

    least_ha = {
        "cell": 0.0 if records.dataset in EVERY_ZONE else choices.cell_m**2 / M2_PER_HA,
        **dict.fromkeys(("sensitive", WITHHELD), choices.sensitive_cell_m**2 / M2_PER_HA),
    }
    area_ha = {zone.zone_id: float(zone.area_ha) for zone in zones}
    shapes = [Shape(zone.zone_id, zone.geometry) for zone in zones]
    at = [index for index, rule in enumerate(rules) if rule != NOWHERE]
    found = zones_of_points(records.longitude[at], records.latitude[at], shapes)
    return [
        {"dataset": records.dataset, "record_id": records.ids[at[point]], "zone_id": zone_id}
        for point, zone_id in found
        if area_ha[zone_id] >= least_ha[rules[at[point]]]
    ]
