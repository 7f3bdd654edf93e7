"""From received tables of samples to estimates: what is null, what leaves the sample, and what no order of rows changes."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.errors import ProjectError
from mrv.schemas import DATASETS
from mrv.stages.measure_sample import estimate_tables, refuse_shared_zones
from mrv.units import UM2_PER_HA
from tests.integration.sample_rows import measured_rows, sample_rows
from tests.integration.warehouse_inputs import Rows

CLASSES = ("loss", "gain", "stable_forest", "stable_non_forest")


def area(rows: Rows, zone: str, reference_class: str = "loss", loss_year: int | None = None) -> dict[str, Any]:
    key = (zone, reference_class, loss_year)
    [row] = [row for row in rows["area_estimates"] if (row["zone_id"], row["reference_class"], row["loss_year"]) == key]
    return row


def relabel(rows: Rows, unit: int, **changes: Any) -> Rows:
    rows["sample_labels"][unit].update(changes)
    return rows


def test_worked_example_of_the_module() -> None:
    """VMD0055: 9 of 600 units of 80,000 ha lost in 2.0 years: 1,200 ha, SE 397.320, t 1.647401, 600 ha a year."""
    rows = sample_rows("pa", last_year=2023)
    rows["sample_strata"] = [
        row | {"area_um2": Decimal(80_000 * UM2_PER_HA), "pixel_count": 80_000, "drawn_count": 600}
        for row in rows["sample_strata"]
        if row["stratum_id"] == "pa.stable_forest"
    ]
    unit, label = rows["sample_units"][-1], rows["sample_labels"][-1]
    rows["sample_units"] = [unit | {"unit_id": f"d-{n:05d}"} for n in range(600)]
    seen = {"image_before_date": 2022.1, "image_after_date": 2024.1, "loss_year": 2023, "reference_class": "loss"}
    kept = {**seen, "loss_year": None, "reference_class": "stable_forest"}
    rows["sample_labels"] = [label | {"unit_id": f"d-{n:05d}"} | (seen if n < 9 else kept) for n in range(600)]
    found = area(measured_rows(rows), "pa")
    assert found["area_ha"] == 1200
    assert float(found["se_ha"]) == pytest.approx(397.320, abs=5e-4)
    assert found["degrees_of_freedom"] == 599
    assert float(found["t_two_sided_90"]) == pytest.approx(1.647401, abs=5e-7)
    assert float(found["t_two_sided_90"] * found["se_ha"]) == pytest.approx(654.545, abs=2e-3)
    assert found["mpl_years"] == Decimal("2.000000000")
    assert found["area_ha_per_year"] == 600


def test_years_of_loss_add_up_to_it() -> None:
    rows = measured_rows(sample_rows())
    for zone in ("*", "pa", "lb"):
        years = [area(rows, zone, loss_year=year)["area_ha"] for year in (2022, 2023, 2024)]
        assert abs(sum(years) - area(rows, zone)["area_ha"]) <= Decimal("0.000003")


def test_year_that_is_missing_leaves_all_years_null() -> None:
    rows = measured_rows(sample_rows(loss_year=None))
    whole, year = area(rows, "pa"), area(rows, "pa", loss_year=2023)
    assert (whole["area_ha"], whole["reason"]) == (area(measured_rows(sample_rows()), "pa")["area_ha"], None)
    assert (year["area_ha"], year["reason"]) == (None, "1 of 19 units of loss have no year of loss")
    assert area(rows, "lb", loss_year=2023)["area_ha"] is not None


def test_unusable_unit_leaves_its_stratum() -> None:
    """18 of 20 units of mapped loss are loss; one of them cannot be interpreted: 17 of 19."""
    changes = {"usable": False, "reference_class": None, "loss_year": None, "reason": "clouds"}
    rows = measured_rows(sample_rows("pa", **changes))
    found = area(rows, "pa")
    assert found["unit_count"] == 119
    assert float(found["area_ha"]) == pytest.approx(285 * 17 / 19 + 19715 / 100, abs=1e-6)


def test_open_units_make_every_number_of_the_design_null() -> None:
    received = sample_rows()
    del received["sample_labels"][-1]
    rows = measured_rows(received)
    reason = "1 of 230 units are open or not labelled"
    for row in rows["area_estimates"]:
        assert (row["area_ha"], row["se_ha"], row["t_two_sided_90"], row["reason"]) == (None, None, None, reason)
        assert row["loss_year"] is not None or row["map_area_ha"] is not None
    assert {(row["accuracy"], row["reason"]) for row in rows["map_accuracy"]} == {(None, reason)}
    assert {row["area_share"] for row in rows["error_matrix"]} == {None}
    assert sum(row["unit_count"] for row in rows["error_matrix"] if row["zone_id"] == "*") == 229


def test_stratum_with_one_usable_unit_has_no_estimate() -> None:
    received = sample_rows()
    for unit, label in zip(received["sample_units"], received["sample_labels"], strict=True):
        if unit["stratum_id"] == "lb.loss" and unit["unit_id"] != "d-00121":
            label.update({"usable": False, "reference_class": None, "loss_year": None})
    reason = "strata with fewer than 2 usable units: lb.loss (1)"
    assert area(measured_rows(received), "pa")["reason"] == reason
    received["sample_designs"][0]["draw"] = "simple_random"
    found = measured_rows(received)
    assert {row["estimator"] for row in found["area_estimates"]} == {"simple"}
    for zone, whole in (("*", 30000), ("pa", 20000), ("lb", 10000)):
        parts = [row for row in found["area_estimates"] if row["zone_id"] == zone and row["loss_year"] is None]
        assert sum(row["area_ha"] for row in parts) == pytest.approx(whole, abs=Decimal("0.000003"))


def test_sample_of_the_whole_frame_is_weighted_by_its_strata_afterwards() -> None:
    received = sample_rows()
    stratified = area(measured_rows(received), "pa")
    received["sample_designs"][0]["draw"] = "systematic"
    found = area(measured_rows(received), "pa")
    assert found["estimator"] == "post_stratified"
    assert found["area_ha"] == stratified["area_ha"]
    assert found["se_ha"] != stratified["se_ha"]


def test_zones_that_strata_cross_have_no_known_area() -> None:
    received = sample_rows()
    for row in received["sample_strata"]:
        row["zone_id"] = None
    rows = measured_rows(received)
    parts = {zone: area(rows, zone) for zone in ("*", "pa", "lb")}
    assert [parts[zone]["map_area_ha"] for zone in parts] == [920, None, None]
    assert [parts[zone]["frame_area_ha"] for zone in parts] == [30000, None, None]
    assert parts["pa"]["area_ha"] + parts["lb"]["area_ha"] == parts["*"]["area_ha"]


def test_gain_stands_where_map_or_label_has_it() -> None:
    assert {row["reference_class"] for row in measured_rows(sample_rows())["area_estimates"]} == {
        "loss",
        "stable_forest",
        "stable_non_forest",
    }
    rows = measured_rows(relabel(sample_rows(), 119, reference_class="gain"))
    assert area(rows, "pa", "gain")["area_ha"] == Decimal("197.15")
    assert area(rows, "lb", "gain")["reason"].startswith("no unit of this class was seen")


def test_area_per_year_is_by_the_calendar_years_of_the_design() -> None:
    found = area(measured_rows(sample_rows()), "pa")
    assert found["mpl_years"] == 3
    assert found["area_ha_per_year"] == pytest.approx(found["area_ha"] / 3, abs=Decimal("0.000001"))


@pytest.mark.parametrize("images", [(2021.5, 2025.4), (2022.5, 2022.5), (None, 2024.5)])
def test_dates_of_images_change_no_rate_of_loss_within_calendar_years(
    images: tuple[float | None, float | None],
) -> None:
    received = sample_rows()
    for label in received["sample_labels"]:
        label["image_before_date"], label["image_after_date"] = images
    assert area(measured_rows(received), "pa") == area(measured_rows(sample_rows()), "pa")


def test_strata_without_a_unit_of_loss_could_hide_some() -> None:
    """No loss among n units: with a share of 1 - 0.05^(1/n) that happens once in twenty samples."""
    received = sample_rows()
    for unit, label in zip(received["sample_units"], received["sample_labels"], strict=True):
        if unit["stratum_id"] == "pa.stable_forest":
            label.update({"reference_class": "stable_forest", "loss_year": None})
    rows = measured_rows(received)
    bound = 19715 * (1 - 0.05 ** (1 / 100))
    assert (1 - bound / 19715) ** 100 == pytest.approx(0.05)
    for zone in ("pa", "*"):
        found = area(rows, zone)
        assert float(found["unseen_upper95_ha"]) == pytest.approx(bound, abs=1e-6)
        text = f"no unit of loss was seen in pa.stable_forest (100 units): {bound:,.1f} ha could hide there (95 %)"
        assert found["reason"] == text
        assert found["area_ha"] is not None
    assert (area(rows, "lb")["unseen_upper95_ha"], area(rows, "lb")["reason"]) == (0, None)
    assert area(rows, "pa", "stable_forest")["unseen_upper95_ha"] is None


def test_area_per_year_is_that_of_the_estimator() -> None:
    """With the estimator simple a zone's loss is a share of its known area; so is the loss per year."""
    received = sample_rows()
    received["sample_designs"][0]["draw"] = "simple_random"
    for unit, label in zip(received["sample_units"], received["sample_labels"], strict=True):
        if unit["stratum_id"] == "lb.loss":
            label.update({"usable": False, "reference_class": None, "loss_year": None})
    found = area(measured_rows(received), "pa")
    assert found["estimator"] == "simple"
    assert float(found["area_ha"]) == pytest.approx(20000 * 19 / 120, abs=1e-6)
    assert float(found["area_ha_per_year"] * found["mpl_years"]) == pytest.approx(float(found["area_ha"]), abs=1e-5)


def test_two_designs_of_one_zone_are_refused() -> None:
    units = sample_rows()["sample_units"]
    other = [unit | {"design_id": "e"} for unit in units if unit["zone_id"] == "pa"]
    table = DATASETS["sample_units"].table([*units, *other])
    with pytest.raises(ProjectError, match="sample the same zone") as caught:
        refuse_shared_zones(table, where="project.yaml")
    assert caught.value.found == "pa: d, e"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(CLASSES), min_size=230, max_size=230), st.randoms(use_true_random=False))
def test_classes_add_up_and_no_order_changes_a_digit(classes: list[str], shuffler: random.Random) -> None:
    received = sample_rows()
    for label, name in zip(received["sample_labels"], classes, strict=True):
        label.update({"reference_class": name, "loss_year": 2023 if name == "loss" else None})
    rows = measured_rows(received)
    for zone, whole in (("*", 30000), ("pa", 20000), ("lb", 10000)):
        parts = [row for row in rows["area_estimates"] if row["zone_id"] == zone and row["loss_year"] is None]
        for name in ("area_ha", "map_area_ha"):
            assert abs(sum(row[name] for row in parts) - whole) <= len(parts) * Decimal("0.000001")
    tables = {}
    for name, listed in received.items():
        shuffler.shuffle(listed)
        tables[name] = pa.Table.from_pylist(listed, schema=DATASETS[name].schema)
    assert {name: table.to_pylist() for name, table in estimate_tables(tables).items()} == {
        name: rows[name] for name in estimate_tables(tables)
    }
