"""Activity data of a package, checked by whoever receives it: estimates from the labels, the ledger from what it names."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.errors import PackageError
from mrv.estimation.areas import class_areas
from mrv.estimation.sample import Sample, Stratum
from mrv.package.build import build
from mrv.package.estimates import ACTIVITY, EMISSIONS, ESTIMATES, LANDED, estimates
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
PARTS = {2022: ("300.5", "99.5"), 2023: ("20000.000000", "757.762238")}


def labelled(*, growth=0):
    """Return units and their labels; with growth, each unit is larger than the one before it."""
    units, labels = [], []
    for name, counts in SEEN.items():
        for seen, count in zip(CLASSES, counts, strict=True):
            for _ in range(count):
                unit = {"design_id": "d1", "unit_id": f"d1-{len(units) + 1:05d}"}
                size = PIXEL_UM2 + growth * len(units)
                units.append({**unit, "stratum_id": name, "zone_id": ("pa", "lb")[len(units) % 2], "area_um2": size})
                year = 2022 + len(units) % 2 if seen == "loss" else None
                labels.append({**unit, "outcome": "single", "reference_class": seen, "loss_year": year})
    return units, labels


def estimated(units, labels, estimator="stratified", *, corrected=False, zones=None):
    """Return the rows of area_estimates as the platform makes them; zones are those of known area, ha."""
    sample = Sample.of(
        [
            Stratum(stratum_id=name, area=float(count * PIXEL_UM2) / UM2_PER_HA, pixel_count=count)
            for name, count in PIXELS.items()
        ],
        unit_ids=[unit["unit_id"] for unit in units],
        stratum_ids=[unit["stratum_id"] for unit in units],
        columns={
            "reference_class": [label["reference_class"] for label in labels],
            "zone_id": [unit["zone_id"] for unit in units],
            "change": [f"{label['reference_class']} {label['loss_year']}" for label in labels],
        },
        unit_areas=[float(unit["area_um2"]) for unit in units],
        estimator=estimator,
        finite_population_correction=corrected,
    )
    rows = []
    for zone in ("*", "pa", "lb"):
        shared = {"domain": {} if zone == "*" else {"zone_id": zone}, "known_area": (zones or {}).get(zone)}
        found = {(item.label, None): item.estimate for item in class_areas(sample, classes=CLASSES, **shared)}
        changes = class_areas(sample, classes=["loss 2022", "loss 2023"], column="change", **shared)
        found |= {("loss", int(item.label.split()[1])): item.estimate for item in changes}
        rows += [
            {
                "design_id": "d1", "zone_id": zone, "reference_class": name, "loss_year": year, "estimator": estimator,
                "area_ha": hectares(item.value), "se_ha": hectares(item.se),
                "ci90_half_width_ha": hectares(item.ci90_half_width), "ci95_half_width_ha": hectares(item.ci95_half_width),
            }
            for (name, year), item in found.items()
        ]  # fmt: skip
    return rows


def hectares(value):
    return Decimal(repr(value)).quantize(Decimal("0.000001"))


def write(root, *, source="sample_estimate", growth=0, estimator="stratified", corrected=False, **changes):
    """Write the tables of a package that the check reads; changes replace rows of a table."""
    units, labels = labelled(growth=growth)
    published = estimated(units, labels, estimator, corrected=corrected)
    loss = next(row for row in published if row["zone_id"] == "*" and row["reference_class"] == "loss")
    tables = {
        "sample_designs": [{"design_id": "d1", "design_sha256": "0" * 64, "finite_population_correction": corrected}],
        "sample_strata": [
            {**STRATUM, "stratum_id": name, "pixel_count": count, "area_um2": count * PIXEL_UM2} for name, count in PIXELS.items()
        ],
        "sample_units": units,
        "sample_reference": labels,
        "area_estimates": published,
        "activity_data": activity(source, loss["area_ha"]),
        "emissions_annual": [
            {"zone_id": "pa", "stratum_id": f"s{place}", "year": year, "scenario": "monitored", "area_ha": Decimal(area)}
            for year, areas in PARTS.items() for place, area in enumerate(areas)
        ],
        **changes,
    }  # fmt: skip
    for name, rows in tables.items():
        file = {"activity_data": ACTIVITY, "emissions_annual": EMISSIONS}.get(name, f"{LANDED}/{name}.parquet")
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table(rows), root / file)
    return tables


def table(rows):
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for name in columns:
        if name.endswith("_um2"):
            columns[name] = pa.array([Decimal(value) for value in columns[name]], UM2)
        elif name.endswith("_ha"):
            columns[name] = pa.array(columns[name], HA)
    return pa.table(columns)


def activity(source, loss_ha):
    """Return loss of one zone that has no estimate of its own years, as the ledger counts it."""
    row = {
        "zone_id": "pa", "activity_class": "loss", "year": None, "first_year": 2022, "last_year": 2023, "design_id": None,
        "source": source, "estimate_area_ha": loss_ha, "map_area_ha": Decimal(18000), "ledger_area_ha": loss_ha,
    }  # fmt: skip
    years = [
        {**row, "year": year, "map_area_ha": total_of(areas), "ledger_area_ha": total_of(areas)}
        for year, areas in PARTS.items()
    ]
    return [row, *years]


def total_of(areas):
    return sum(map(Decimal, areas), Decimal(0))


def test_the_published_example_follows_from_its_units(tmp_path):
    published = write(tmp_path)["area_estimates"]
    whole = {
        row["reference_class"]: row["area_ha"]
        for row in published
        if row["zone_id"] == "*" and row["loss_year"] is None
    }
    assert {
        name: abs(whole[name] - Decimal(area)) < Decimal("0.001") for name, area in PUBLISHED_HA.items()
    } == dict.fromkeys(CLASSES, True)
    assert (
        estimates(tmp_path)
        == "0 of 1 designs as frozen; 18 of 18 areas follow from the labels, the others are unknown; the ledger counts what it names"
    )


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("estimator", ["stratified", "simple", "post_stratified"])
def test_units_of_different_areas_give_the_same_by_two_ways_of_computing(tmp_path, estimator, corrected):
    rows = activity("sample_estimate", total_of(PARTS[2022] + PARTS[2023]))
    write(tmp_path, growth=PIXEL_UM2 // 1000, estimator=estimator, corrected=corrected, activity_data=rows)
    assert estimates(tmp_path).startswith("0 of 1 designs as frozen; 18 of 18")


def test_a_zone_of_known_area_is_estimated_as_shares_of_it(tmp_path):
    units, labels = labelled(growth=PIXEL_UM2 // 1000)
    places = dict(zip(PIXELS, ("pa", "pa", "lb", "lb"), strict=True))
    units = [{**unit, "zone_id": places[unit["stratum_id"]]} for unit in units]
    strata = [
        {
            "design_id": "d1",
            "stratum_id": name,
            "zone_id": places[name],
            "pixel_count": count,
            "area_um2": count * PIXEL_UM2,
        }
        for name, count in PIXELS.items()
    ]
    zones = {
        zone: sum(row["area_um2"] for row in strata if row["zone_id"] == zone) / UM2_PER_HA for zone in ("pa", "lb")
    }
    rows = estimated(units, labels, "simple", zones=zones)
    found = {
        row["reference_class"]: row["area_ha"] for row in rows if row["zone_id"] == "pa" and row["loss_year"] is None
    }
    assert abs(sum(found.values()) - Decimal(zones["pa"])) < Decimal("0.00001")
    write(tmp_path, sample_units=units, sample_strata=strata, area_estimates=rows)
    assert estimates(tmp_path).startswith("0 of 1 designs as frozen; 18 of 18")


@pytest.mark.parametrize("column", ["se_ha", "ci90_half_width_ha", "ci95_half_width_ha"])
def test_an_interval_that_the_labels_do_not_give_is_seen(tmp_path, column):
    rows = write(tmp_path)["area_estimates"]
    write(tmp_path, area_estimates=[{**rows[0], column: rows[0][column] - Decimal("0.01")}, *rows[1:]])
    with pytest.raises(PackageError, match=rf"d1: loss of \* has {column}"):
        estimates(tmp_path)


def test_an_area_that_the_labels_do_not_give_is_seen(tmp_path):
    rows = write(tmp_path)["area_estimates"]
    changed = [{**rows[0], "area_ha": rows[0]["area_ha"] + Decimal("0.000002")}, *rows[1:]]
    write(tmp_path, area_estimates=changed)
    with pytest.raises(PackageError, match=r"d1: loss of \* has area_ha 21157\.76"):
        estimates(tmp_path)


def test_one_label_changed_is_seen_in_every_area_that_it_touches(tmp_path):
    labels = write(tmp_path)["sample_reference"]
    write(
        tmp_path, sample_reference=[{**labels[0], "reference_class": "stable_forest", "loss_year": None}, *labels[1:]]
    )
    with pytest.raises(PackageError) as caught:
        estimates(tmp_path)
    assert "loss of pa" in caught.value.found and "stable_forest of *" in caught.value.found
    assert "gain" not in caught.value.found


def test_unusable_units_leave_their_stratum(tmp_path):
    units, labels = labelled()
    kept = estimated(units[1:], labels[1:])
    loss = next(row["area_ha"] for row in kept)
    unusable = [{**labels[0], "outcome": "unusable", "reference_class": None, "loss_year": None}, *labels[1:]]
    parts = activity("map_count", loss)
    write(tmp_path, sample_reference=unusable, area_estimates=kept, activity_data=parts)
    assert estimates(tmp_path).startswith("0 of 1 designs as frozen; 18 of 18")


@pytest.mark.parametrize("undecided", ["open", "not_labelled"])
def test_an_estimate_of_undecided_units_is_refused_and_none_is_not(tmp_path, undecided):
    tables = write(tmp_path)
    labels = [{**tables["sample_reference"][0], "outcome": undecided}, *tables["sample_reference"][1:]]
    write(tmp_path, sample_reference=labels)
    with pytest.raises(PackageError, match="is estimated though 1 units are undecided"):
        estimates(tmp_path)
    unknown = [{**row, "area_ha": None} for row in tables["area_estimates"]]
    unknown_loss = [{**row, "estimate_area_ha": None, "ledger_area_ha": None} for row in tables["activity_data"]]
    nothing = [{**row, "area_ha": None} for row in tables["emissions_annual"]]
    write(
        tmp_path, sample_reference=labels, area_estimates=unknown, activity_data=unknown_loss, emissions_annual=nothing
    )
    assert estimates(tmp_path).startswith("0 of 1 designs as frozen; 0 of 18")


# --- the ledger ------------------------------------------------------------------------------------------------


def test_a_ledger_that_counts_other_areas_than_it_says_is_seen(tmp_path):
    rows = write(tmp_path)["emissions_annual"]
    write(tmp_path, emissions_annual=[{**rows[0], "area_ha": rows[0]["area_ha"] + 1}, *rows[1:]])
    with pytest.raises(
        PackageError, match=r"loss of pa 2022 is 401\.0+ ha in the ledger, activity data say 400\.0+ ha"
    ):
        estimates(tmp_path)


def test_a_ledger_that_names_the_map_and_counts_something_else_is_seen(tmp_path):
    rows = activity("map_count", total_of(PARTS[2022] + PARTS[2023]))
    write(tmp_path, activity_data=rows)
    assert estimates(tmp_path).startswith("0 of 1 designs as frozen; 18 of 18")
    write(tmp_path, activity_data=[rows[0], {**rows[1], "map_area_ha": Decimal(399)}, rows[2]])
    with pytest.raises(PackageError, match="on the map that it says it counts"):
        estimates(tmp_path)


def test_years_that_do_not_make_up_the_estimate_are_seen(tmp_path):
    more = activity("sample_estimate", total_of(PARTS[2022] + PARTS[2023]) + Decimal("0.000001"))
    write(tmp_path, activity_data=more)
    with pytest.raises(PackageError, match="the ledger counts 21157"):
        estimates(tmp_path)


def test_a_count_in_the_place_of_a_missing_estimate_is_seen(tmp_path):
    rows = activity("sample_estimate", None)
    write(tmp_path, activity_data=rows)
    with pytest.raises(PackageError, match="is not estimated, but the ledger counts it"):
        estimates(tmp_path)


def test_loss_in_the_ledger_that_is_no_activity_data_is_seen(tmp_path):
    rows = activity("sample_estimate", total_of(PARTS[2022] + PARTS[2023]))
    write(tmp_path, activity_data=rows[:2])
    with pytest.raises(PackageError, match="loss of pa 2023 feeds the ledger and is no activity data"):
        estimates(tmp_path)


def test_activity_data_with_another_estimate_than_was_made_are_seen(tmp_path):
    rows = [{**row, "design_id": "d1"} for row in write(tmp_path)["activity_data"]]
    write(tmp_path, activity_data=rows)
    with pytest.raises(PackageError, match=f"pa loss None has another estimate in {ACTIVITY} than in {ESTIMATES}"):
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
    false = [{**row, "area_ha": row["area_ha"] + 1} for row in tables["area_estimates"]]
    write(tmp_path / "there", area_estimates=false)
    names = ("sample_designs", "sample_strata", "sample_units", "sample_reference", "area_estimates")
    landed = {name: tmp_path / "there" / LANDED / f"{name}.parquet" for name in names}
    built = build(replace(contents, landed=landed), folder=tmp_path / "packages", key=sample_key()).path
    report = verify(built, allowed_signers=signers)
    assert outcome(report, "activity data") == "failed" and not report.accepted
