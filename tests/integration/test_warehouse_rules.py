"""The dbt build on the numbers of E1, changed one by one: what is credited, and what is refused by name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from mrv.errors import WarehouseError
from tests.integration.class_rows import class_rows
from tests.integration.warehouse_inputs import baseline, build, cover, e1_rows, pool, records, write_landed, zone

pytestmark = pytest.mark.integration
LEDGER = ("emission_reductions", "baseline_emissions", "project_emissions")


def test_emissions_by_pixels(tmp_path: Path) -> None:
    rows = e1_rows()
    rows["project"][0]["emission_factor_method"] = "pixel_emissions"
    rows["carbon_pools"] = []
    rows["pixel_emissions"] = [
        {
            "zone_id": "pa",
            "stratum_id": "s1",
            "loss_year": 2022,
            "pixel_count": 9,
            "emissions_g": Decimal(12_345_678_901),
            "product": "gross",
            "product_version": "v1",
        }
    ]
    result = build(write_landed(rows, tmp_path / "landed"), folder=tmp_path / "build", marts=LEDGER)
    sql = "select * from marts.{} where zone_id = 'pa' and stratum_id = 's1' and year = {}"
    (unplanned,) = records(result.database, sql.format("baseline_emissions", 2022))
    (monitored,) = records(result.database, sql.format("project_emissions", 2022))
    assert monitored["emissions_tco2e"] == Decimal("12345.678901")
    assert monitored["reason"] is None
    assert unplanned["emissions_tco2e"] is None
    assert "needs emission factors" in unplanned["reason"]
    (other,) = records(result.database, sql.format("project_emissions", 2023))
    assert other["reason"] == "no emission raster was measured for the lost area"
    assert {row["credits"] for row in records(result.database, "select credits from marts.emission_reductions")} == {
        None
    }


def test_losses_of_a_period_are_earned_back(tmp_path: Path) -> None:
    """E1 with more lost than expected in its first and last years: the second earns both back before it is credited."""
    rows = e1_rows(ner_error=Decimal("0.15"), buffer_rate=Decimal(0))
    for row in rows["baseline_activity"]:
        if row["zone_id"] == "pa" and row["year"] != 2023:
            row["area_ha"] = Decimal(20)
    result = build(write_landed(rows, tmp_path / "landed"), folder=tmp_path / "build", marts=LEDGER)
    ledger = records(result.database, "select * from marts.emission_reductions order by vintage_year")
    first, second, third = (row["net_tco2e"] for row in ledger)
    assert first < 0 < first + second
    assert third < 0
    assert first + second + third > 0
    assert [row["credits"] for row in ledger] == [0, int(first + second + third), 0]
    assert [row["carried_tco2e"] for row in ledger] == [first, -third, 0]
    assert ledger[0]["reason"] == f"net loss of {-first:.3f} tCO2e after deduction and buffer, carried forward"
    statuses = {
        entry["unique_id"].split(".")[2]: entry["status"]
        for entry in json.loads((result.target / "run_results.json").read_text(encoding="utf-8"))["results"]
    }
    assert statuses["assert_losses_are_earned_back"] == "pass"
    assert statuses["assert_period_ends_without_a_deficit"] == "pass"


def test_stocks_and_baselines_against_all_land_are_refused(tmp_path: Path) -> None:
    rows = e1_rows()
    rows["carbon_pools"] = [
        row | ({"stock_tc_ha": Decimal(500)} if row["state"] == "post_deforestation" else {})
        for row in rows["carbon_pools"]
    ]
    rows["baseline_activity"].append(baseline("pa", "s9", 2022, "0"))
    rows["baseline_activity"].append(baseline("lb", "s2", 2040, "9400.000001"))
    with pytest.raises(WarehouseError) as caught:
        build(write_landed(rows, tmp_path / "landed"), folder=tmp_path / "build", marts=LEDGER)
    message = str(caught.value)
    assert "assert_forest_holds_more_carbon_than_what_follows: Got 2 results" in message
    assert "assert_baseline_fits_into_standing_forest: Got 2 results" in message


def test_baseline_may_take_all_forest_that_stood(tmp_path: Path) -> None:
    """Belt of E1: 10,000 ha at the end of 2021, 600 ha in the period. A zone that nobody measured cannot be judged."""
    rows = e1_rows()
    rows["zones"].append(zone("far", "reference_region", "10"))
    rows["baseline_activity"].append(baseline("far", "s1", 2022, "11"))
    rows["baseline_activity"].append(baseline("lb", "s2", 2040, "9400"))
    result = build(write_landed(rows, tmp_path / "landed"), folder=tmp_path / "build", marts=LEDGER)
    # The published credits of E1.
    published = 311_941 + 335_484 + 347_897
    assert records(result.database, "select sum(credits) as credits from marts.emission_reductions") == [
        {"credits": published}
    ]


def test_contradictory_input_is_refused_by_name(tmp_path: Path) -> None:
    rows = e1_rows(uncertainty_rule="guesswork")
    rows["baseline_activity"].append(dict(rows["baseline_activity"][0]))
    rows["carbon_pools"].append(pool("s1", "soil", stock="5", state="post_deforestation"))
    rows["batches"] = [{"dataset": "fires", "rows_read": 4, "rows_accepted": 3, "rows_quarantined": 0}]
    rows |= class_rows()
    rows["class_area"][0]["area_um2"] += 1
    rows["land_cover_area"].append(cover("pa", "s9", "1", loss_year=2023, last_year=2023))
    with pytest.raises(WarehouseError) as caught:
        build(write_landed(rows, tmp_path / "landed"), folder=tmp_path / "build")
    message = str(caught.value)
    for name in (
        "assert_choices_are_known",
        "assert_classes_make_up_zones",
        "unique_key_stg_baseline_activity",
        "assert_pools_are_consistent",
        "assert_batches_close",
        "assert_one_product",
    ):
        assert name in message
    assert "assert_choices_are_known: Got 1 result," in message
    assert caught.value.remedy is not None
    assert Path(str(caught.value.where)).is_file()


def test_leakage_cannot_be_switched_off(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="assert_choices_are_known"):
        build(write_landed(e1_rows(leakage_floor="none"), tmp_path / "landed"), folder=tmp_path / "build", marts=LEDGER)
