"""Activity data of a package, checked by whoever receives it: estimates from the labels, the ledger from what it names."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.errors import PackageError
from mrv.estimation.accuracy import error_matrix, map_accuracy
from mrv.estimation.areas import class_areas
from mrv.estimation.sample import Sample, Stratum
from mrv.package.build import build
from mrv.package.estimates import ACTIVITY, DECLARED, EMISSIONS, ESTIMATES, LANDED, REDUCTIONS, UNITS, estimates
from mrv.package.verify import verify
from mrv.units import UM2_PER_HA
from tests.unit.package.package_samples import outcome, sample_contents, sample_key

UM2, HA = pa.decimal128(38, 0), pa.decimal128(18, 6)
PIXEL_UM2 = 9 * UM2_PER_HA // 100
CLASSES = ("loss", "gain", "stable_forest", "stable_non_forest")
# Olofsson et al. 2014, Remote Sensing of Environment 148, Table 8: units by map class and class seen, mapped pixels.
SEEN = {
    "loss": (66, 0, 5, 4),
    "gain": (0, 55, 8, 12),
    "stable_forest": (1, 0, 153, 11),
    "stable_non_forest": (2, 1, 9, 313),
}
PIXELS = {"loss": 200_000, "gain": 150_000, "stable_forest": 3_200_000, "stable_non_forest": 6_450_000}
PUBLISHED_HA = {
    "loss": "21157.762",
    "gain": "11686.154",
    "stable_forest": "285769.930",
    "stable_non_forest": "581386.154",
}
STRATUM = {"design_id": "d1", "zone_id": None}
PLACES = {"loss": "pa", "gain": "pa", "stable_forest": "lb", "stable_non_forest": "lb"}
YEARS = (2022, 2023)
ACCOUNT = {"project_id": "p", "rule_set": "vm0015_v1_1"}
ACCEPTED = "0 of 1 designs as frozen; 18 of 18 areas"


def labelled(*, growth=0):
    """Return units and their labels; with growth, each unit is larger than the one before it."""
    units, labels = [], []
    for name, counts in SEEN.items():
        for seen, count in zip(CLASSES, counts, strict=True):
            for _ in range(count):
                unit = {"design_id": "d1", "unit_id": f"d1-{len(units) + 1:05d}"}
                size = PIXEL_UM2 + growth * len(units)
                units.append(
                    {
                        **unit,
                        "stratum_id": name,
                        "zone_id": ("pa", "lb")[len(units) % 2],
                        "map_class": name,
                        "area_um2": size,
                    }
                )
                year = 2022 + len(units) % 2 if seen == "loss" else None
                labels.append({**unit, "outcome": "single", "reference_class": seen, "loss_year": year})
    return units, labels


def estimated(units, labels, estimator="stratified", *, corrected=False, zones=None):
    """Return the tables of estimates as the platform makes them; zones are those of known area, ha."""
    sample = Sample.of(
        [
            Stratum(stratum_id=name, area=float(count * PIXEL_UM2) / UM2_PER_HA, pixel_count=count)
            for name, count in PIXELS.items()
        ],
        unit_ids=[unit["unit_id"] for unit in units],
        stratum_ids=[unit["stratum_id"] for unit in units],
        columns={
            "reference_class": [label["reference_class"] for label in labels],
            "map_class": [unit["map_class"] for unit in units],
            "zone_id": [unit["zone_id"] for unit in units],
            "change": [f"{label['reference_class']} {label['loss_year']}" for label in labels],
        },
        unit_areas=[float(unit["area_um2"]) for unit in units],
        estimator=estimator,
        finite_population_correction=corrected,
    )
    areas, accuracies, cells = [], [], []
    for zone in ("*", "pa", "lb"):
        domain, known = {} if zone == "*" else {"zone_id": zone}, (zones or {}).get(zone)
        found = {
            (item.label, None): item.estimate
            for item in class_areas(sample, classes=CLASSES, domain=domain, known_area=known)
        }
        changes = class_areas(
            sample, classes=["loss 2022", "loss 2023"], column="change", domain=domain, known_area=known
        )
        found |= {("loss", int(item.label.split()[1])): item.estimate for item in changes}
        areas += [
            {
                "design_id": "d1", "zone_id": zone, "reference_class": name, "loss_year": year, "estimator": estimator,
                "map_area_ha": mapped(zone, name, zones) if year is None else None,
                "area_ha": rounded(item.value), "se_ha": rounded(item.se),
                "ci90_half_width_ha": rounded(item.ci90_half_width), "ci95_half_width_ha": rounded(item.ci95_half_width),
                "unseen_upper95_ha": unseen(units, labels, zone, zones) if (name, year) == ("loss", None) else None,
                "mpl_years": Decimal(len(YEARS)) if (name, year) == ("loss", None) else None,
                "area_ha_per_year": rounded(item.value / len(YEARS)) if (name, year) == ("loss", None) else None,
                "reason": None,
            }
            for (name, year), item in found.items()
        ]  # fmt: skip
        accuracies += [
            {
                "design_id": "d1", "zone_id": zone, "measure": item.measure, "map_class": item.label,
                "accuracy": rounded(item.estimate.value, 9), "se": rounded(item.estimate.se, 9),
                "ci90_half_width": rounded(item.estimate.ci90_half_width, 9),
                "ci95_half_width": rounded(item.estimate.ci95_half_width, 9),
            }
            for item in map_accuracy(sample, classes=CLASSES, domain=domain)
        ]  # fmt: skip
        cells += [
            {
                "design_id": "d1", "zone_id": zone, "map_class": item.map_class, "reference_class": item.reference_class,
                "unit_count": item.unit_count, "area_share": rounded(item.area_share, 9),
            }
            for item in error_matrix(sample, classes=CLASSES, domain=domain)
        ]  # fmt: skip
    return {"area_estimates": areas, "map_accuracy": accuracies, "error_matrix": cells}


def unseen(units, labels, zone, zones):
    """Return what strata without a unit of loss could hide, one by one; of a zone only where strata end at its border."""
    if zone != "*" and zones is None:
        return None
    bound = 0.0
    for name in PIXELS:
        seen = [
            label["reference_class"] for unit, label in zip(units, labels, strict=True) if unit["stratum_id"] == name
        ]
        if "loss" not in seen and zone in ("*", PLACES[name]):
            bound += PIXELS[name] * PIXEL_UM2 / UM2_PER_HA * (1 - math.exp(math.log(0.05) / len(seen)))
    return rounded(bound)


def mapped(zone, name, zones):
    """Return the area of a class on the map; that of a zone is known only where strata end at its border."""
    whole = rounded(PIXELS[name] * PIXEL_UM2 / UM2_PER_HA)
    if zone == "*":
        return whole
    return None if zones is None else whole if PLACES[name] == zone else rounded(0.0)


def rounded(value, digits=6):
    return None if value is None else Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits))


def write(root, *, source="sample_estimate", growth=0, estimator="stratified", corrected=False, **changes):
    """Write the tables of a package that the check reads; changes replace rows of a table."""
    units, labels = labelled(growth=growth)
    tables = {
        "sample_designs": [
            {
                "design_id": "d1",
                "design_sha256": "0" * 64,
                "finite_population_correction": corrected,
                "first_year": YEARS[0],
                "last_year": YEARS[-1],
            }
        ],
        "sample_strata": [
            {
                **STRATUM,
                "stratum_id": name,
                "map_class": name,
                "pixel_count": count,
                "area_um2": count * PIXEL_UM2,
                "drawn_count": sum(unit["stratum_id"] == name for unit in units),
            }
            for name, count in PIXELS.items()
        ],
        "sample_units": units,
        "sample_labels": [
            {**label, "role": "interpreter", "interpreter": "interpreter-1", "usable": True} for label in labels
        ],
        "sample_reference": labels,
        **({} if "area_estimates" in changes else estimated(units, labels, estimator, corrected=corrected)),
        **changes,
    }
    tables.setdefault("activity_data", activity(tables["area_estimates"], source))
    tables.setdefault("project_emissions", emissions(tables["activity_data"]))
    tables.setdefault("published_units", joined(tables["sample_units"], tables["sample_reference"]))
    tables.setdefault("emission_reductions", [{**ACCOUNT, "is_primary": True, "activity_data_source": source}])
    files = {
        "activity_data": ACTIVITY,
        "project_emissions": EMISSIONS,
        "emission_reductions": REDUCTIONS,
        "published_units": UNITS,
    }
    for name, rows in tables.items():
        file = files.get(name, f"{LANDED}/{name}.parquet")
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table(rows), root / file)
    return tables


def joined(units, labels):
    shown = ("design_id", "unit_id", "stratum_id", "zone_id", "map_class", "outcome", "reference_class", "loss_year")
    return [{name: {**unit, **label}[name] for name in shown} for unit, label in zip(units, labels, strict=True)]


def activity(published, source):
    """Return the estimates of zones as activity data, the years of the ledger a third and two thirds of the whole."""
    rows = []
    for row in published:
        if row["zone_id"] == "*":
            continue
        area, narrow, wide = row["area_ha"], row["ci90_half_width_ha"], row["ci95_half_width_ha"]
        known, year = area is not None, row["loss_year"]
        on_map = row["map_area_ha"]
        if on_map is None and row["reference_class"] == "loss":
            on_map = Decimal(9000)
        whole = next(
            item["area_ha"] for item in published
            if (item["zone_id"], item["reference_class"], item["loss_year"]) == (row["zone_id"], "loss", None)
        )  # fmt: skip
        counted = {None: whole, YEARS[0]: whole and rounded(float(whole) / 3)}
        counted[YEARS[1]] = whole and whole - counted[YEARS[0]]
        compared = known and on_map is not None
        rows.append(
            {
                "unseen_upper95_ha": row["unseen_upper95_ha"],
                "kind": {"pa": "project_area", "lb": "leakage_belt"}[row["zone_id"]],
                "zone_id": row["zone_id"], "activity_class": row["reference_class"], "year": year, "first_year": YEARS[0],
                "last_year": YEARS[1], "design_id": "d1", "source": source, "map_area_ha": on_map,
                "estimate_area_ha": area, "se_ha": row["se_ha"], "difference_ha": area - on_map if compared else None,
                "ci90_low_ha": area - narrow if known else None, "ci90_high_ha": area + narrow if known else None,
                "ci95_low_ha": area - wide if known else None, "ci95_high_ha": area + wide if known else None,
                "u90_percent": rounded(float(100 * narrow / area), 9) if area and narrow else None,
                "map_outside_ci95": abs(area - on_map) > wide if compared and wide else None,
                "ledger_area_ha": counted[year] if row["reference_class"] == "loss" else None,
            }
        )  # fmt: skip
    return rows


def emissions(rows):
    """Return what the ledger counts, each year in two strata."""
    found = []
    for row in rows:
        if row["activity_class"] == "loss" and row["year"] is not None:
            area = row["ledger_area_ha"]
            parts = (None, None) if area is None else (area - 1, Decimal(1))
            found += [
                {
                    **ACCOUNT, "activity": "deforestation", "from_state": "forest", "to_state": "pasture", "pool": pool,
                    "zone_id": row["zone_id"], "stratum_id": f"s{place}", "year": row["year"], "area_ha": part,
                }
                for place, part in enumerate(parts) for pool in ("above_ground", "below_ground")
            ]  # fmt: skip
    return found


def table(rows):
    if not rows:
        return pa.table({"design_id": pa.array([], pa.string())})
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for name in columns:
        if name.endswith("_um2"):
            columns[name] = pa.array([Decimal(value) for value in columns[name]], UM2)
        elif name.endswith("_ha"):
            columns[name] = pa.array(columns[name], HA)
    return pa.table(columns)


def spoil(root, name, change, place=0):
    """Change a row of a table, and leave all others as they were."""
    tables = write(root)
    rows = [
        {**row, **(change(row) if callable(change) else change)} if number == place else row
        for number, row in enumerate(tables[name])
    ]
    write(root, **{**tables, name: rows})


def place_of(rows, **wanted):
    return next(number for number, row in enumerate(rows) if wanted.items() <= row.items())


def test_the_published_example_follows_from_its_units(tmp_path):
    rows = [row for row in write(tmp_path)["area_estimates"] if row["zone_id"] == "*" and row["loss_year"] is None]
    assert {row["reference_class"]: f"{row['area_ha']:.3f}" for row in rows} == PUBLISHED_HA
    assert estimates(tmp_path) == (
        "0 of 1 designs as frozen; 18 of 18 areas, their intervals and the accuracy of the map follow from the labels, the others "
        "are unknown; the ledger counts what it names"
    )


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("estimator", ["stratified", "simple", "post_stratified"])
def test_units_of_different_areas_give_the_same_by_two_ways_of_computing(tmp_path, estimator, corrected):
    write(tmp_path, growth=PIXEL_UM2 // 1000, estimator=estimator, corrected=corrected)
    assert estimates(tmp_path).startswith(ACCEPTED)


def test_a_zone_of_known_area_is_estimated_as_shares_of_it(tmp_path):
    units, labels = labelled(growth=PIXEL_UM2 // 1000)
    units = [{**unit, "zone_id": PLACES[unit["stratum_id"]]} for unit in units]
    strata = [{**row, "zone_id": PLACES[row["stratum_id"]]} for row in write(tmp_path)["sample_strata"]]
    zones = {
        zone: sum(row["area_um2"] for row in strata if row["zone_id"] == zone) / UM2_PER_HA for zone in ("pa", "lb")
    }
    tables = estimated(units, labels, "simple", zones=zones)
    whole = [row for row in tables["area_estimates"] if row["zone_id"] == "pa" and row["loss_year"] is None]
    assert abs(sum(row["area_ha"] for row in whole) - Decimal(zones["pa"])) < Decimal("0.00001")
    write(tmp_path, sample_units=units, sample_strata=strata, **tables)
    assert estimates(tmp_path).startswith(ACCEPTED)


def test_unusable_units_leave_their_stratum(tmp_path):
    units, labels = labelled()
    unusable = {**labels[0], "outcome": "unusable", "reference_class": None, "loss_year": None}
    said = write(tmp_path)["sample_labels"]
    write(
        tmp_path,
        sample_reference=[unusable, *labels[1:]],
        sample_labels=[{**said[0], "usable": False, "reference_class": None}, *said[1:]],
        **estimated(units[1:], labels[1:]),
    )
    assert estimates(tmp_path).startswith(ACCEPTED)


CENT = Decimal("0.01")
LAST = Decimal("0.000002")


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("area_estimates", lambda row: {"area_ha": row["area_ha"] + LAST}, r"d1: loss of \* has area_ha 21157\.76"),
        ("area_estimates", lambda row: {"se_ha": row["se_ha"] - CENT}, r"d1: loss of \* has se_ha"),
        ("area_estimates", {"ci90_half_width_ha": Decimal(0)}, r"d1: loss of \* has ci90_half_width_ha 0"),
        ("area_estimates", {"ci95_half_width_ha": Decimal(0)}, r"d1: loss of \* has ci95_half_width_ha 0"),
        (
            "area_estimates",
            lambda row: {"map_area_ha": 2 * row["map_area_ha"]},
            r"d1: loss of \* is 36000\.0+ ha on the map",
        ),
        ("area_estimates", {"unseen_upper95_ha": Decimal(1)}, r"d1: loss of \* has unseen_upper95_ha 1"),
        (
            "area_estimates",
            lambda row: {"area_ha_per_year": 2 * row["area_ha_per_year"]},
            r"d1: loss of \* has area_ha_per_year 21157",
        ),
        ("area_estimates", {"mpl_years": Decimal(1)}, r"d1: loss of \* has mpl_years 1"),
        ("area_estimates", {"design_id": "d2"}, "of a design that is not in the package"),
        ("area_estimates", {"estimator": "simple"}, "areas are estimated by simple and stratified"),
        ("map_accuracy", {"accuracy": Decimal("0.999")}, r"overall accuracy of \* in \* has accuracy 0\.999"),
        ("map_accuracy", {"ci95_half_width": Decimal("0.001")}, r"overall accuracy of \* in \* has ci95_half_width"),
        ("error_matrix", {"unit_count": 0}, r"loss on the map and loss seen in \* has 0 units, the labels give 66"),
        ("error_matrix", {"area_share": Decimal("0.5")}, "has area_share 0.5"),
        (
            "sample_labels",
            {"reference_class": "gain"},
            r"d1-00001 is single \(loss\), its labels make it single \(gain\)",
        ),
        ("sample_reference", {"outcome": "agreed"}, r"d1-00001 is agreed \(loss\), its labels make it single"),
        ("published_units", {"reference_class": "gain"}, "unit d1-00001 has another reference_class in"),
        ("published_units", {"unit_id": "d1-00002"}, "has 640 units, 640 were landed"),
    ],
)
def test_what_the_labels_do_not_give_is_seen(tmp_path, name, change, said):
    spoil(tmp_path, name, change)
    with pytest.raises(PackageError, match=said):
        estimates(tmp_path)


def test_one_unit_seen_otherwise_is_seen_in_every_area_that_it_touches(tmp_path):
    tables = write(tmp_path)
    other = {"reference_class": "stable_forest", "loss_year": None}
    changed = {
        name: [{**tables[name][0], **other}, *tables[name][1:]]
        for name in ("sample_reference", "sample_labels", "published_units")
    }
    write(tmp_path, **{**tables, **changed, "map_accuracy": [], "error_matrix": []})
    with pytest.raises(PackageError) as caught:
        estimates(tmp_path)
    assert "d1: loss of *" in caught.value.found and "d1: stable_forest of *" in caught.value.found
    assert "gain" not in caught.value.found


@pytest.mark.parametrize("undecided", ["open", "not_labelled"])
def test_an_estimate_of_undecided_units_is_refused_and_none_is_not(tmp_path, undecided):
    tables = write(tmp_path)
    first = {**tables["sample_reference"][0], "outcome": undecided, "reference_class": None, "loss_year": None}
    labels = [{**row, "interpreter": "interpreter-2", "reference_class": "gain"} for row in tables["sample_labels"][:1]]
    said = [*tables["sample_labels"], *labels] if undecided == "open" else tables["sample_labels"][1:]
    reference = [first, *tables["sample_reference"][1:]]
    shared = {"sample_reference": reference, "sample_labels": said}
    write(tmp_path, **{**tables, **shared, "published_units": joined(tables["sample_units"], reference)})
    with pytest.raises(PackageError, match="is estimated though 1 units are undecided"):
        estimates(tmp_path)
    kept = ("design_id", "zone_id", "reference_class", "loss_year", "estimator", "map_area_ha")
    unknown = [{name: row[name] if name in kept else None for name in row} for row in tables["area_estimates"]]
    write(tmp_path, **shared, area_estimates=unknown, map_accuracy=[], error_matrix=[])
    assert estimates(tmp_path).startswith("0 of 1 designs as frozen; 0 of 18")


# --- activity data and the ledger ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: {"estimate_area_ha": row["estimate_area_ha"] + CENT}, "pa loss has estimate_area_ha"),
        (lambda row: {"se_ha": row["se_ha"] - CENT}, "pa loss has se_ha"),
        (lambda row: {"ci90_low_ha": row["ci90_low_ha"] + CENT}, "pa loss has ci90_low_ha"),
        ({"u90_percent": Decimal(1)}, "pa loss has u90_percent 1"),
        (lambda row: {"map_outside_ci95": not row["map_outside_ci95"]}, "pa loss has map_outside_ci95"),
        (lambda row: {"difference_ha": row["difference_ha"] + CENT}, "pa loss has difference_ha"),
        ({"activity_class": "fire"}, f"pa fire is in {ACTIVITY} only"),
        ({"design_id": None}, f"pa loss is in {ESTIMATES} only"),
    ],
)
def test_activity_data_that_are_not_the_estimates_are_seen(tmp_path, change, said):
    spoil(tmp_path, "activity_data", change)
    with pytest.raises(PackageError, match=said):
        estimates(tmp_path)


def test_activity_data_that_were_emptied_are_seen(tmp_path):
    write(tmp_path)
    (tmp_path / ACTIVITY).unlink()
    with pytest.raises(PackageError, match=f"lb gain is in {ESTIMATES} only"):
        estimates(tmp_path)


def test_a_ledger_that_counts_other_areas_than_it_says_is_seen(tmp_path):
    spoil(tmp_path, "project_emissions", lambda row: {"area_ha": row["area_ha"] + 1})
    with pytest.raises(PackageError, match=r"loss of pa 2022 is [0-9.]+ ha in the ledger, activity data say"):
        estimates(tmp_path)


def test_a_ledger_that_names_the_map_counts_the_map(tmp_path):
    tables = write(tmp_path, source="map_count")
    with pytest.raises(PackageError, match="on the map that it says it counts"):
        estimates(tmp_path)
    rows = [
        {**row, "ledger_area_ha": row["map_area_ha"]} if row["activity_class"] == "loss" else row
        for row in tables["activity_data"]
    ]
    write(tmp_path, **{**tables, "activity_data": rows, "project_emissions": emissions(rows)})
    assert estimates(tmp_path).startswith(ACCEPTED)


def test_years_that_do_not_make_up_the_estimate_are_seen(tmp_path):
    tables = write(tmp_path)
    year = place_of(tables["activity_data"], zone_id="pa", activity_class="loss", year=2022)
    rows = [
        {**row, "ledger_area_ha": row["ledger_area_ha"] + LAST} if number == year else row
        for number, row in enumerate(tables["activity_data"])
    ]
    write(tmp_path, **{**tables, "activity_data": rows, "project_emissions": emissions(rows)})
    with pytest.raises(PackageError, match=r"loss of pa is estimated at [0-9.]+ ha, the ledger counts"):
        estimates(tmp_path)


def test_a_count_in_the_place_of_a_missing_estimate_is_seen(tmp_path):
    tables = write(tmp_path)
    whole = place_of(tables["activity_data"], zone_id="pa", activity_class="loss", year=None)
    rows = [
        {**row, "estimate_area_ha": None} if number == whole else row
        for number, row in enumerate(tables["activity_data"])
    ]
    write(tmp_path, **{**tables, "activity_data": rows})
    with pytest.raises(PackageError, match="loss of pa is not estimated, but the ledger counts it"):
        estimates(tmp_path)


def test_loss_in_the_ledger_that_is_no_activity_data_is_seen(tmp_path):
    tables = write(tmp_path)
    more = {**tables["project_emissions"][0], "year": 2024}
    write(tmp_path, **{**tables, "project_emissions": [*tables["project_emissions"], more]})
    with pytest.raises(PackageError, match="loss of pa 2024 feeds the ledger and is no activity data"):
        estimates(tmp_path)


@pytest.mark.parametrize(("factor", "holds"), [("1", True), ("0.9", False), ("1.1", False)])
def test_the_deduction_rests_on_the_half_width_of_the_project_area(tmp_path, factor, holds):
    rows = write(tmp_path)["activity_data"]
    share = rows[place_of(rows, zone_id="pa", activity_class="loss", year=None)]["u90_percent"] / 100 * Decimal(factor)
    row = {
        **ACCOUNT,
        "is_primary": True,
        "vintage_year": 2022,
        "activity_data_source": "sample_estimate",
        "monitored_u90": share,
    }
    pq.write_table(table([row]), tmp_path / REDUCTIONS)
    if holds:
        assert estimates(tmp_path).startswith(ACCEPTED)
    else:
        with pytest.raises(PackageError, match="monitored_u90 of 2022 is"):
            estimates(tmp_path)


def test_estimates_without_their_units_are_refused(tmp_path):
    write(tmp_path)
    (tmp_path / LANDED / "sample_units.parquet").unlink()
    with pytest.raises(PackageError, match="does not hold what it should"):
        estimates(tmp_path)


def test_a_package_without_a_sample_is_accepted_and_one_with_a_false_estimate_is_not(package, signers, tmp_path):
    assert estimates(package) == "no areas were estimated from a sample"
    contents = sample_contents(tmp_path / "sources")
    tables = write(tmp_path / "there")
    landed = {
        name: tmp_path / "there" / LANDED / f"{name}.parquet"
        for name in tables
        if name.startswith(("sample", "area", "map"))
    }
    built = build(
        replace(contents, landed={**contents.landed, **landed}), folder=tmp_path / "packages", key=sample_key()
    ).path
    report = verify(built, allowed_signers=signers)
    assert outcome(report, "activity data") == "failed" and not report.accepted


def test_areas_that_the_project_declares_are_no_activity_data(tmp_path):
    tables = write(tmp_path)
    more = [{**row, "zone_id": "declared"} for row in tables["project_emissions"][:2]]
    write(tmp_path, **{**tables, "project_emissions": [*tables["project_emissions"], *more]})
    with pytest.raises(PackageError, match="loss of declared 2022 feeds the ledger and is no activity data"):
        estimates(tmp_path)
    pq.write_table(table([{"zone_id": "declared", "scenario": "monitored"}]), tmp_path / DECLARED)
    assert estimates(tmp_path).startswith(ACCEPTED)


def test_only_the_primary_account_is_compared(tmp_path):
    tables = write(tmp_path)
    more = [{**row, "rule_set": "vm0048_v1_0", "area_ha": Decimal(7)} for row in tables["project_emissions"]]
    write(tmp_path, **{**tables, "project_emissions": [*more, *tables["project_emissions"]]})
    assert estimates(tmp_path).startswith(ACCEPTED)
