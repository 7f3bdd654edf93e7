"""What the report says of the land: sums from the tables, unknown parts stay unknown, empty tables say nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mrv.package.landscape import landscape
from mrv.package.report import render_report
from tests.unit.package.package_samples import sample_contents, sample_marts
from tests.unit.package.test_package_report import with_marts

PA = {"zone_id": "pa", "kind": "project_area", "zone_name": "Project"}
LB = {"zone_id": "lb", "kind": "leakage_belt", "zone_name": "Belt"}
HCV = {"zone_id": "hcv-1", "kind": "hcv", "zone_name": "Headwaters"}
RR = {"zone_id": "rr", "kind": "reference_region", "zone_name": "Region"}
PRODUCT = {"product": "alerts", "product_version": "latest"}


def alert(zone, month, confidence, area, retrieved=date(2024, 7, 2)):
    return {
        **zone, **PRODUCT, "retrieved_on": retrieved, "month": month, "confidence": confidence,
        "alert_area_ha": None if area is None else Decimal(area),
    }  # fmt: skip


def driver(zone, year, basis, name, area, patches=1):
    return {
        **zone, "year": year, "basis": basis, "driver": name, "driver_en": name, "driver_es": f"{name} (es)",
        "patch_count": patches, "area_ha": Decimal(area),
    }  # fmt: skip


def fire(zone, month, detections, fires, measured=True):
    return {**zone, "month": month, "measured": measured, "fire_count": detections, "distinct_fire_count": fires}


def cover(year, code, name, area):
    return {
        **PA, "product": "map", "product_version": "3", "layer": "coverage", "year": year, "class_code": code,
        "class_name_en": name, "class_name_es": name, "area_ha": Decimal(area),
    }  # fmt: skip


JULY, AUGUST = date(2022, 7, 1), date(2022, 8, 1)
MARTS = {
    "drivers_annual": [
        driver(PA, 2022, "hint", "agriculture", "30"),
        driver(PA, 2023, "hint", "agriculture", "15", patches=2),
        driver(PA, 2022, "hint", "roads", "5"),
        driver(LB, 2022, "hint", "roads", "8"),
        driver(RR, 2022, "hint", "roads", "99"),
        driver(PA, 2022, "review", "fire", "4"),
    ],
    "alerts_monthly": [
        alert(PA, JULY, "low", "1.5"), alert(PA, JULY, "high", "2"), alert(PA, JULY, "highest", "3"),
        alert(PA, AUGUST, "low", "4"), alert(HCV, JULY, "high", "0.5"), alert(RR, JULY, "high", "77"),
    ],
    "alert_cluster_zones": [
        {"cluster_id": name, **PA, "area_ha": Decimal(1)} for name in ("one", "two")
    ],
    "fires_monthly": [
        fire(PA, JULY, 9, 4), fire(PA, AUGUST, 1, 1), fire(LB, JULY, 3, 2), fire(HCV, JULY, 2, 1),
    ],
    "fragmentation_annual": [
        {**zone, "year": year, "edge_depth_m": 100, "forest_ha": Decimal(90), "core_share_percent": Decimal(share),
         "edge_density_m_ha": Decimal(3), "patch_count": 7, "largest_patch_ha": Decimal(80)}
        for zone in (PA, HCV) for year, share in ((2022, "91.5"), (2023, "90.25"))
    ],
    "land_cover_annual": [
        cover(2010, 3, "forest", "90"), cover(2024, 3, "forest", "70"), cover(2010, 15, "pasture", "10"),
        cover(2024, 15, "pasture", "25"), cover(2024, None, None, "5"),
    ],
    "vegetation_change": [
        {**PA, "vegetation_index": "ndvi", "before_id": "dry-2022", "after_id": "dry-2023", "mean_before": Decimal("0.81"),
         "mean_after": Decimal("0.79"), "mean_change": Decimal("-0.02"), "clear_share": Decimal("0.64")},
    ],
    "zones": [{**HCV, "area_ha": Decimal(100)}],
    "forest_cover_annual": [{**HCV, "year": 2022, "area_ha": Decimal(96)}, {**HCV, "year": 2023, "area_ha": Decimal(95)}],
}  # fmt: skip
LOST = {**HCV, "year": 2023, "area_ha": Decimal(1), "in_period": True}


def view(**changes):
    marts = {**MARTS, "deforestation_annual": [LOST, {**LOST, "year": 2009, "in_period": False}], **changes}
    return landscape(lambda name: marts.get(name, []))


def test_drivers_are_summed_over_the_period_for_accounted_zones_largest_first():
    rows = [
        (row["kind"], row["basis"], row["driver"].en, row["patch_count"], row["area_ha"]) for row in view()["drivers"]
    ]
    assert rows == [
        ("project_area", "hint", "agriculture", 3, 45),
        ("project_area", "hint", "roads", 1, 5),
        ("project_area", "review", "fire", 1, 4),
        ("leakage_belt", "hint", "roads", 1, 8),
    ]
    assert [row["share"] for row in view()["drivers"]][:2] == [Decimal("0.9"), Decimal("0.1")]


def test_alerts_keep_confidences_apart_and_unknown_months_unknown():
    (product,) = view()["alerts"]
    zones = {row["kind"]: (row["high_ha"], row["low_ha"], row["clusters"]) for row in product["zones"]}
    assert zones == {"project_area": (5, Decimal("5.5"), 2), "hcv": (Decimal("0.5"), None, 0)}
    assert product["retrieved_on"] == date(2024, 7, 2)
    (unknown,) = view(alerts_monthly=[alert(PA, JULY, "high", "2"), alert(PA, AUGUST, "high", None, None)])["alerts"]
    assert unknown["zones"][0]["high_ha"] is None


def test_fires_count_detections_and_distinct_fires():
    zones = {row["kind"]: (row["detections"], row["fires"]) for row in view()["fires"]["zones"]}
    assert zones == {"project_area": (10, 5), "leakage_belt": (3, 2), "hcv": (2, 1)}
    assert view(fires_monthly=[fire(PA, JULY, None, None, measured=False)])["fires"] is None


def test_land_cover_has_a_column_for_each_year_and_says_what_was_not_observed():
    (table,) = view()["cover"]
    assert table["years"] == [2010, 2024]
    assert [(row["name"].en, row["areas"]) for row in table["classes"]] == [
        ("forest", [90, 70]), ("pasture", [10, 25]), ("not observed", [None, 5]),
    ]  # fmt: skip


def test_high_conservation_values_gather_their_forest_loss_alerts_fires_and_core():
    (row,) = view()["values"]
    assert row == {
        "zone_name": "Headwaters", "area_ha": 100, "forest_year": 2023, "forest_ha": 95, "loss_ha": 1,
        "alerts_ha": Decimal("0.5"), "fires": 1, "core_percent": Decimal("90.25"),
    }  # fmt: skip
    (bare,) = view(alerts_monthly=[], fires_monthly=[], fragmentation_annual=[], deforestation_annual=[])["values"]
    assert (bare["loss_ha"], bare["alerts_ha"], bare["fires"], bare["core_percent"]) == (None, None, None, None)


def test_page_shows_each_section_in_both_languages_and_none_without_rows(tmp_path):
    contents = sample_contents(tmp_path / "s")
    bare = render_report(contents)
    loss = [*sample_marts()["deforestation_annual"], LOST]
    page = render_report(with_marts(contents, tmp_path, **MARTS, deforestation_annual=loss))
    titles = (
        "Qué hay detrás de la pérdida", "Áreas de alto valor de conservación", "Alertas de deforestación",
        "Incendios activos", "La forma del bosque", "Cobertura del suelo", "Cambio visto en escenas de satélite",
    )  # fmt: skip
    assert [title for title in titles if title not in page] == []
    assert [title for title in titles if title in bare] == []


@pytest.mark.parametrize("name", sorted(MARTS))
def test_any_table_may_be_missing(name):
    assert view(**{name: []}) is not None
