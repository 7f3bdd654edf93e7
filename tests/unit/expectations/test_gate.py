"""The gate and the check of zone areas: what stops, what a waiver lets pass, and what it prints."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from expectations.gate import gate
from expectations.runner import check
from expectations.zone_areas import check_class_sums, check_zone_areas
from mrv.errors import CheckError

UM2_PER_HA = 10**16


def _doubled_zone(rows: Any, make_table: Any, parameters: Any) -> pa.Table:
    listed = rows("zones")
    listed[1]["zone_id"] = "z1"
    return check("zones", make_table("zones", listed), parameters=parameters).results


def test_what_passed_goes_through_unchanged(rows: Any, make_table: Any, parameters: Any) -> None:
    results = check("zones", make_table("zones", rows("zones")), parameters=parameters).results
    assert gate(results, waivers={}).equals(results)


def test_a_critical_failure_stops_and_says_all(rows: Any, make_table: Any, parameters: Any) -> None:
    with pytest.raises(CheckError) as caught:
        gate(_doubled_zone(rows, make_table, parameters), waivers={})
    text = str(caught.value)
    for part in ("zones.zone_unique", "zone_id=z1", "2 of 3 rows", "Give each zone its own id"):
        assert part in text


def test_a_waiver_lets_pass_and_is_written_down(rows: Any, make_table: Any, parameters: Any) -> None:
    results = _doubled_zone(rows, make_table, parameters)
    passed = gate(results, waivers={("zones", "zone_unique"): ("A. Name", "two parts of one concession")})
    by_rule = {record["rule"]: record for record in passed.to_pylist()}
    assert by_rule["zone_unique"]["waived_by"] == "A. Name"
    assert by_rule["zone_unique"]["waiver_reason"] == "two parts of one concession"
    assert by_rule["area_positive"]["waived_by"] is None


def test_a_waiver_of_another_rule_does_not_help(rows: Any, make_table: Any, parameters: Any) -> None:
    with pytest.raises(CheckError, match="zone_unique"):
        gate(_doubled_zone(rows, make_table, parameters), waivers={("zones", "kind_known"): ("A. Name", "reason")})


@pytest.mark.parametrize("waiver", [("", "reason"), ("A. Name", " ")])
def test_a_waiver_needs_name_and_reason(waiver: tuple[str, str], rows: Any, make_table: Any, parameters: Any) -> None:
    with pytest.raises(CheckError, match="a name and a reason"):
        gate(_doubled_zone(rows, make_table, parameters), waivers={("zones", "zone_unique"): waiver})


def test_what_could_not_be_checked_stops(rows: Any, make_table: Any, parameters: Any) -> None:
    table = make_table("trees", rows("trees")).drop_columns(["genus"])
    results = check("trees", table, parameters=parameters).results
    with pytest.raises(CheckError, match="could not check"):
        gate(results, waivers={("trees", "columns_present"): ("A. Name", "reason")})


def test_errors_and_warnings_do_not_stop(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("trees")
    listed[1] |= {"dbh_cm": 452.0, "genus": None}
    results = check("trees", make_table("trees", listed), parameters=parameters).results
    assert gate(results, waivers={}).equals(results)


def _areas(make_table: Any, rows: Any, areas_ha: dict[str, str]) -> pa.Table:
    [row] = rows("zone_pixels", 1)
    listed = [row | {"zone_id": zone_id, "area_um2": Decimal(area) * UM2_PER_HA} for zone_id, area in areas_ha.items()]
    return make_table("zone_pixels", listed)


@pytest.mark.parametrize(
    ("areas", "problem"),
    [
        ({"z1": "100.5", "z2": "99.5"}, None),
        ({"z1": "100.51", "z2": "100"}, "z1 (hansen_gfc GFC-2024-v1.12): pixels 100.51"),
        ({"z1": "100", "z2": "99.49"}, "z2 (hansen_gfc GFC-2024-v1.12): pixels 99.49"),
        ({"z1": "100"}, "z2 (hansen_gfc GFC-2024-v1.12): no pixel"),
        ({"z1": "100", "z2": "100", "z3": "1"}, "z3 (hansen_gfc GFC-2024-v1.12): pixels of a zone without a polygon"),
    ],
)
def test_zone_areas(areas: dict[str, str], problem: str | None, rows: Any, make_table: Any) -> None:
    results = check_zone_areas(make_table("zones", rows("zones", 2)), _areas(make_table, rows, areas))
    [record] = results.to_pylist()
    if problem is None:
        assert (record["outcome"], record["observed"]) == ("passed", None)
        gate(results, waivers={})
    else:
        assert record["outcome"] == "failed"
        assert problem in record["observed"]
        with pytest.raises(CheckError, match="rasters cover the zone") as caught:
            gate(results, waivers={})
        assert "measurement.pixel_rule to by_size or fraction" in str(caught.value.remedy)


def test_no_zone_at_all_fails(rows: Any, make_table: Any) -> None:
    [record] = check_zone_areas(make_table("zones", []), make_table("zone_pixels", [])).to_pylist()
    assert (record["outcome"], record["observed"]) == ("failed", "no zone")


def test_zones_of_which_nothing_was_measured_fail(rows: Any, make_table: Any) -> None:
    [record] = check_zone_areas(make_table("zones", rows("zones", 1)), make_table("zone_pixels", [])).to_pylist()
    assert (record["outcome"], record["observed"]) == ("failed", "no zone was measured")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"area_um2": Decimal(2)}, "classes 2 pixels, 3 um2, zone 2 pixels, 2 um2"),
        ({"pixel_count": 3}, "classes 2 pixels, 3 um2, zone 3 pixels, 3 um2"),
        ({"zone_id": "other"}, "z1, hansen_gfc, GFC-2024-v1.12: classes 2 pixels, 3 um2, zone nothing"),
    ],
)
def test_classes_make_up_their_zone_to_the_last_digit(
    change: dict[str, Any], problem: str | None, rows: Any, make_table: Any
) -> None:
    [row] = rows("land_cover_area", 1)
    parts = [("forest", 1), ("nodata", 2)]
    classes = [row | {"cover_class": name, "pixel_count": 1, "area_um2": Decimal(area)} for name, area in parts]
    whole = rows("zone_pixels", 1)[0] | {"pixel_count": 2, "area_um2": Decimal(3)} | change
    results = check_class_sums(
        "land_cover_area", make_table("land_cover_area", classes), make_table("zone_pixels", [whole])
    )
    [record] = results.to_pylist()
    assert (record["outcome"], record["severity"]) == ("failed" if problem else "passed", "critical")
    assert problem is None or problem in record["observed"]
    if problem:
        with pytest.raises(CheckError, match="every pixel of a zone has one class"):
            gate(results, waivers={})
