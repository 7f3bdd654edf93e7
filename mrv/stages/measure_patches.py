"""Measure patches of lost forest with a hint at their driver, and how broken up the forest is; both where declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from mrv.drivers import Patches, Seen, hints
from mrv.files import hash_file
from mrv.ledger import Artifact
from mrv.schemas import DATASETS
from mrv.stages.check import table_hash
from mrv.stages.context import Context
from mrv.stages.measure import Measured, forest_rule, naming_files, product_rule, raster_layers, run_measurement
from mrv.stages.measure_fires import KnownFires
from mrv.stages.patch_files import driver_rules, files_hashed, read_features, read_labels
from mrv.units import UM2_PER_HA
from raster.rules import LossLayers, ProductRule, Shape

if TYPE_CHECKING:
    from raster.loss_patches import LossPatches

DISTANCES = {"roads": "distance_to_road_m", "rivers": "distance_to_river_m", "settlements": "distance_to_settlement_m"}
"""Declared feature file to its column."""


def measure_loss_patches(context: Context, artifacts: Sequence[Artifact], fires: KnownFires | None) -> Measured | None:
    """Find the patches of forest lost in the years of the period; None where the project does not ask for them.

    Args:
        context: The run.
        artifacts: Every pulled file.
        fires: What is known of fires, where the project has any.

    Raises:
        ProjectError: A file that `patches` names does not hold.
        InputError: A raster or the file of labels cannot be used.
    """
    layers = raster_layers(context, artifacts)
    if context.definition.patches is None or not layers.get("tree_cover") or not layers.get("loss_year"):
        return None
    inputs = {
        **_inputs(context, layers),
        "patches": context.definition.patches.model_dump(mode="json"),
        "files": {name: hash_file(path) for name, path in files_hashed(context.project).items()},
        "fires": fires.detections.sha256 if fires else None,
        **{name: table_hash(table) for name, table in (fires.measured.tables.items() if fires else ())},
        "default_stratum": context.definition.default_stratum,
    }

    def measure() -> dict[str, pa.Table]:
        with naming_files(context, artifacts):
            return _patch_tables(context, layers, fires)

    return run_measurement(context, "loss_patches", inputs, measure)


def measure_forest_shape(context: Context, artifacts: Sequence[Artifact]) -> Measured | None:
    """Measure core, edge and patches of forest at the end of the years of the period and of the year before them.

    None where the project does not ask for it.

    Args:
        context: The run.
        artifacts: Every pulled file.

    Raises:
        InputError: A raster cannot be used.
    """
    layers = raster_layers(context, artifacts)
    asked = context.definition.fragmentation
    if asked is None or not layers.get("tree_cover") or not layers.get("loss_year"):
        return None

    def measure() -> dict[str, pa.Table]:
        from raster.fragmentation import measure_fragmentation

        rule = product_rule(layers)
        first, last = _years(context, rule)
        forest = forest_rule(context)
        with naming_files(context, artifacts):
            found = measure_fragmentation(
                _loss_layers(context, layers),
                context.region,
                product=rule,
                forest=forest,
                years=(first - 1, last),
                edge_depth_m=float(asked.edge_depth_m),
                work=context.work,
            )
        rows = [
            {
                "zone_id": item.zone_id,
                "year": item.year,
                "product": rule.product,
                "product_version": rule.version,
                "edge_depth_m": asked.edge_depth_m,
                "forest_area_um2": item.forest_um2,
                "core_area_um2": item.core_um2,
                "edge_length_um": item.edge_um,
                "patch_count": item.patches,
                "patch_count_min_area": item.patches_min_area,
                "largest_patch_area_um2": item.largest_um2,
                "min_area_um2": forest.min_area_um2,
                "below_min_area_um2": item.below_min_um2,
            }
            for item in found
        ]
        return {"fragmentation": DATASETS["fragmentation"].table(rows)}

    inputs = {**_inputs(context, layers), "fragmentation": asked.model_dump(mode="json")}
    return run_measurement(context, "fragmentation", inputs, measure)


def _inputs(context: Context, layers: Mapping[str, Sequence[Artifact]]) -> dict[str, Any]:
    return {
        "layers": {role: [f"{item.address} {item.sha256}" for item in items] for role, items in sorted(layers.items())},
        "zones": [[zone.zone_id, zone.kind, shapely.to_wkb(zone.geometry, hex=True)] for zone in context.zones],
        "forest": str(context.definition.forest_definition),
        "measurement": context.definition.measurement.model_dump(mode="json"),
        "years": [part.year for part in context.period.vintages],
    }


def _years(context: Context, rule: ProductRule) -> tuple[int, int]:
    """Return the first and last year of the period that the product measured; the first is after the last if none is."""
    first, last = context.period.vintages[0].year, context.period.vintages[-1].year
    return max(first, rule.base_year + 1), min(last, rule.last_year)


def _loss_layers(context: Context, layers: Mapping[str, Sequence[Artifact]]) -> LossLayers:
    paths = {role: tuple(context.store.get(item.sha256) for item in items) for role, items in layers.items()}
    return LossLayers(paths["tree_cover"], paths["loss_year"], paths.get("datamask", ()))


def _patch_tables(
    context: Context, layers: Mapping[str, Sequence[Artifact]], fires: KnownFires | None
) -> dict[str, pa.Table]:
    from raster.loss_patches import measure_patches

    assert context.definition.patches is not None  # noqa: S101 - the caller looked
    rule, region = product_rule(layers), context.region
    found = measure_patches(
        _loss_layers(context, layers),
        region,
        product=rule,
        forest=forest_rule(context),
        years=_years(context, rule),
        earlier_within_m=float(context.definition.patches.earlier_loss_within_m),
        work=context.work,
    )
    columns, reason = _measures(context, found, rule)
    kinds: list[set[str]] = [set() for _ in found.code]
    for patch, zone in zip(found.parts.patch.tolist(), found.parts.zone.tolist(), strict=True):
        kinds[patch].add(context.zones[zone].kind)
    rules = driver_rules(context.project)
    drivers = hints(
        rules,
        Patches(
            {name: np.array(values, dtype=np.float64) for name, values in columns.items()},
            [frozenset(names) for names in kinds],
            _fires_near(context, found, rule, fires) if fires else None,
        ),
    )
    labels = read_labels(context.project)
    whole = [
        _patch_row(found, patch, rule)
        | {name: _decimal(columns[name][patch]) for name in columns if name != "area_ha"}
        | {
            "driver_hint": drivers[patch].hint,
            "driver_rule": drivers[patch].rule,
            "unjudged_rules": ",".join(drivers[patch].unjudged) or None,
            "reason": _reasons(reason(patch), drivers[patch].unjudged),
        }
        for patch in range(len(found.code))
    ]
    whole = [row | _review(labels.get(row["patch_id"])) for row in whole]
    tables = {
        "loss_patches": DATASETS["loss_patches"].table(_part_rows(context, found, whole, region.strata)),
        "driver_rules": DATASETS["driver_rules"].table(rules.records()),
    }
    if context.definition.patches.labels is not None:
        known = {row["patch_id"] for row in whole}
        years = _years(context, rule)
        rows = [label | {"status": _status(label["patch_id"], known, rule, years)} for label in labels.values()]
        tables["patch_labels"] = DATASETS["patch_labels"].table(rows)
    return tables


def _review(label: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the columns of loss_patches that a label fills; all null without one."""
    names = ("reviewer_label", "reviewed_by", "reviewed_on")
    return {name: label[name] if label else None for name in names} | {
        "label_illustrative": label["illustrative"] if label else None
    }


def patch_id(rule: ProductRule, *, year: int, row: int, column: int) -> str:
    """Return the id of a patch: version of the product, year, and row and column of its first pixel on the lattice."""
    return f"{rule.version}-{year}-{row}-{column}"


def _status(label: str, known: set[str], rule: ProductRule, years: tuple[int, int]) -> str:
    """Say whether a label's patch is one of the period, of another year of the same product version, or unknown."""
    if label in known:
        return "matched"
    year = label.removeprefix(f"{rule.version}-").partition("-")[0] if label.startswith(f"{rule.version}-") else ""
    in_product = year.isdigit() and rule.base_year < int(year) <= rule.last_year
    return "other_year" if in_product and not years[0] <= int(year) <= years[1] else "unknown"


def _patch_row(found: LossPatches, patch: int, rule: ProductRule) -> dict[str, Any]:
    row, column, lattice = int(found.row[patch]), int(found.column[patch]), rule.lattice
    year = rule.base_year + int(found.code[patch])
    return {
        "patch_id": patch_id(rule, year=year, row=row, column=column),
        "product": rule.product,
        "product_version": rule.version,
        "loss_year": year,
        "patch_pixel_count": int(found.pixels[patch]),
        "patch_area_um2": found.area_um2[patch],
        "is_whole": bool(found.is_whole[patch]),
        "longitude": float(lattice.x(column) + lattice.pixel_width / 2),
        "latitude": float(lattice.y(row) - lattice.pixel_height / 2),
    }


def _part_rows(
    context: Context, found: LossPatches, whole: Sequence[Mapping[str, Any]], strata: Sequence[Shape]
) -> list[dict[str, Any]]:
    """Return a row for what each zone and stratum takes; the default stratum may also be the id of a polygon."""
    sums: dict[tuple[int, str, str], list[int]] = {}
    parts = found.parts
    columns = (parts.patch.tolist(), parts.zone.tolist(), parts.stratum.tolist(), parts.pixels.tolist(), parts.area_um2)
    for patch, zone, stratum, pixels, area in zip(*columns, strict=True):
        name = strata[stratum].id if stratum >= 0 else str(context.definition.default_stratum)
        cell = sums.setdefault((patch, context.zones[zone].zone_id, name), [0, 0])
        cell[0], cell[1] = cell[0] + pixels, cell[1] + area
    return [
        {**whole[patch], "zone_id": zone, "stratum_id": stratum, "pixel_count": pixels, "area_um2": area}
        for (patch, zone, stratum), (pixels, area) in sums.items()
    ]


def _measures(
    context: Context, found: LossPatches, rule: ProductRule
) -> tuple[dict[str, list[float]], Callable[[int], str | None]]:
    """Return what rules look at, rounded as it stands in the table (NaN: not known), and why a distance is null."""
    from raster.distance import Features

    patches = context.definition.patches
    assert patches is not None  # noqa: S101 - the caller looked
    columns: dict[str, list[float]] = {
        "area_ha": [float(Decimal(area) / UM2_PER_HA) for area in found.area_um2],
        "elongation": [round(value, 2) for value in found.elongation.tolist()],
        "distance_to_earlier_loss_m": [round(value, 1) for value in found.earlier_loss_m.tolist()],
    }
    undeclared = []
    for name, column in DISTANCES.items():
        spec = patches.features.get(name)
        if spec is None:
            columns[column] = [float("nan")] * len(found.code)
            undeclared.append(f"no {name} are declared")
            continue
        features = Features(read_features(context.project, name, spec), context.bounds)
        far = features.distances(found.runs, found.owner, len(found.code), lattice=rule.lattice)
        columns[column] = [round(value, 1) for value in far.tolist()]

    def reason(patch: int) -> str | None:
        beyond = [f"no earlier loss within {patches.earlier_loss_within_m} m"]
        lacking = undeclared + (beyond if columns["distance_to_earlier_loss_m"][patch] == float("inf") else [])
        return "; ".join(lacking) or None

    return columns, reason


def _decimal(value: float) -> Decimal | None:
    return Decimal(repr(value)) if np.isfinite(value) else None


def _reasons(distances: str | None, unjudged: Sequence[str]) -> str | None:
    open_ = [f"{name} could not be judged: fires were not observed on all its days" for name in unjudged]
    return "; ".join([*([distances] if distances else []), *open_]) or None


def _fires_near(
    context: Context, found: LossPatches, rule: ProductRule, fires: KnownFires
) -> Callable[[int, int], Seen]:
    """Return how many distinct fires of vegetation lie near each patch, from some days before its year to as many after."""
    from raster.distance import Features

    events, coverage = (fires.measured.tables[name] for name in ("fire_events", "fire_coverage"))
    names = zip(*(events[name].to_pylist() for name in ("fire_id", "event_id", "is_vegetation")), strict=True)
    event_of = {fire: event for fire, event, is_vegetation in names if is_vegetation}
    every = fires.detections.table()
    table = every.filter(pa.array([name in event_of for name in every["fire_id"].to_pylist()], pa.bool_()))
    points = shapely.points(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    features = Features(list(points), context.bounds)
    on = np.array([day.toordinal() for day in table["acquired_on_utc"].to_pylist()], dtype=np.int64)
    numbers = {event: number for number, event in enumerate(sorted(set(event_of.values())))}
    event = np.array([numbers[event_of[name]] for name in table["fire_id"].to_pylist()], dtype=np.int64)
    watched = {day.toordinal() for day in coverage["observed_on"].to_pylist()}
    years = [rule.base_year + int(code) for code in found.code]

    def near(within_m: int, days: int) -> Seen:
        first, last = ({year: day.toordinal() for year, day in side.items()} for side in _around(years, days))
        fire, patch = features.near(found.runs, found.owner, lattice=rule.lattice, within_m=float(within_m))
        start, end = (np.array([side[year] for year in years], dtype=np.int64) for side in (first, last))
        in_time = (on[fire] >= start[patch]) & (on[fire] <= end[patch])
        pairs = np.unique(np.stack([patch[in_time], event[fire[in_time]]]), axis=1)
        whole = {year: watched.issuperset(range(first[year], last[year] + 1)) for year in first}
        return Seen(
            np.bincount(pairs[0], minlength=len(years)).astype(np.float64),
            np.array([whole[year] for year in years], dtype=np.bool_),
        )

    return near


def _around(years: Sequence[int], days: int) -> tuple[dict[int, date], dict[int, date]]:
    """Return the first and the last day that counts for each year."""
    margin = timedelta(days=days)
    return (
        {year: date(year, 1, 1) - margin for year in years},
        {year: date(year, 12, 31) + margin for year in years},
    )
