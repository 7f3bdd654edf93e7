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
SETTLED = date(2023, 2, 27)
PRODUCT = {"product": "alerts", "product_version": "latest"}


def alert(zone, month, confidence, area, retrieved=date(2024, 7, 2)):
    return {
        **zone, **PRODUCT, "retrieved_on": retrieved, "month": month, "confidence": confidence,
        "days": 31, "days_observed": 0 if area is None else 31, "settled": retrieved is not None and retrieved > SETTLED,
        "alert_area_ha": None if area is None else Decimal(area),
    }  # fmt: skip


def clusters(zone, count, high, left_out, area):
    return {
        **zone, "product": "alerts", "cluster_count": count, "high_cluster_count": high, "min_cluster_area_ha": Decimal("0.25"),
        "left_out_cluster_count": left_out, "left_out_area_ha": Decimal(area),
    }  # fmt: skip


def fires_of(zone, detections, fires, observed=62):
    return {
        **zone, "days": 62, "days_observed": observed, "fire_count": detections, "distinct_fire_count": fires,
        "other_type_count": 0,
    }  # fmt: skip


def driver(zone, year, basis, name, area, patches=1):
    return {
        **zone, "year": year, "basis": basis, "driver": name, "driver_en": name, "driver_es": f"{name} (es)",
        "patch_count": patches, "area_ha": Decimal(area), "period_area_ha": Decimal(area) / 2,
        "unjudged_area_ha": Decimal(1) if basis == "hint" else None,
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
        driver(PA, 2022, "illustrative_review", "mining", "6"),
        driver(PA, 2022, "illustrative_review", "not_reviewed", "29"),
    ],
    "alerts_monthly": [
        alert(PA, JULY, "low", "1.5"), alert(PA, JULY, "high", "2"), alert(PA, JULY, "highest", "3"),
        alert(PA, AUGUST, "low", "4"), alert(HCV, JULY, "high", "0.5"), alert(RR, JULY, "high", "77"),
    ],
    "alert_clusters_by_zone": [
        clusters(PA, 2, 1, 7, "0.8"), clusters(HCV, 0, 0, 1, "0.1"), {**clusters(PA, 50, 50, 0, "0"), "product": "another"},
    ],
    "fires_monthly": [
        fire(PA, JULY, 9, 4), fire(PA, AUGUST, 1, 1), fire(LB, JULY, 3, 2), fire(HCV, JULY, 2, 1),
    ],
    # One of the fires was seen on the last day of July and the first of August.
    "fires_period": [fires_of(PA, 10, 4), fires_of(LB, 3, 2), fires_of(HCV, 2, 1)],
    "fragmentation_annual": [
        {**zone, "year": year, "edge_depth_m": 100, "forest_ha": Decimal(90), "core_share_percent": Decimal(share),
         "edge_density_m_ha": Decimal(3), "patch_count": 7, "largest_patch_ha": Decimal(80), "min_area_ha": Decimal("0.5"),
         "patch_count_min_area": 3, "forest_below_min_area_ha": Decimal("1.25")}
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
LOST = {
    **HCV, "year": 2023, "area_ha": Decimal(1), "in_period": True, "period_days": 73, "days_in_year": 365,
    "period_fraction": Decimal("0.2"), "period_area_ha": Decimal("0.2"), "product": "gfc",
}  # fmt: skip


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
        ("project_area", "illustrative_review", "mining", 1, 6),
        ("leakage_belt", "hint", "roads", 1, 8),
    ]
    assert [row["share"] for row in view()["drivers"]][:2] == [Decimal("0.9"), Decimal("0.1")]
    assert [row["period_area_ha"] for row in view()["drivers"]][:2] == [Decimal("22.5"), Decimal("2.5")]


def test_hints_without_their_fires_are_told():
    assert view()["unjudged_ha"] == 4, "one hectare a hint of an accounted zone"
    assert view(drivers_annual=[])["unjudged_ha"] is None


def test_alerts_keep_confidences_apart_and_unknown_months_unknown():
    (product,) = view()["alerts"]
    zones = {row["kind"]: (row["high_ha"], row["low_ha"], row["clusters"]) for row in product["zones"]}
    assert zones == {"project_area": (5, Decimal("5.5"), 2), "hcv": (Decimal("0.5"), None, 0)}
    left_out = {row["kind"]: (row["high_clusters"], row["left_out"], row["left_out_ha"]) for row in product["zones"]}
    assert left_out == {"project_area": (1, 7, Decimal("0.8")), "hcv": (0, 1, Decimal("0.1"))}
    assert (product["min_cluster_area_ha"], product["days"], product["days_observed"]) == (Decimal("0.25"), 62, 62)
    assert product["settled"]
    assert product["retrieved_on"] == date(2024, 7, 2)
    (unknown,) = view(alerts_monthly=[alert(PA, JULY, "high", "2"), alert(PA, AUGUST, "high", None, None)])["alerts"]
    assert unknown["zones"][0]["high_ha"] is None
    assert (unknown["days_observed"], unknown["days"], unknown["settled"]) == (31, 62, False)


def test_alerts_of_a_month_that_nobody_observed_are_a_dash_in_the_area_of_high_value():
    (row,) = view(alerts_monthly=[alert(HCV, JULY, "high", None), alert(HCV, AUGUST, "high", "3")])["values"]
    assert row["alerts_ha"] is None


def test_fires_count_detections_and_distinct_fires_of_the_period():
    zones = {row["kind"]: (row["fire_count"], row["distinct_fire_count"]) for row in view()["fires"]["zones"]}
    assert zones == {"project_area": (10, 4), "leakage_belt": (3, 2), "hcv": (2, 1)}
    assert view(fires_monthly=[fire(PA, JULY, None, None, measured=False)])["fires"] is None


def test_the_page_says_what_was_not_observed_not_settled_and_left_out(tmp_path):
    contents = sample_contents(tmp_path / "s")
    marts = MARTS | {
        "fires_period": [fires_of(PA, 10, 4, observed=40), fires_of(HCV, 2, 1, observed=40)],
        "alerts_monthly": [alert(PA, JULY, "high", None), alert(PA, AUGUST, "high", "3", date(2022, 9, 3))],
    }
    page = render_report(with_marts(contents, tmp_path, **marts))
    said = (
        "Fires were observed on",
        "Not yet settled",
        "Alerts were observed on",
        "Clusters below",
        "not all days",
        "highest included",
    )
    assert [text for text in said if text not in page] == []
    whole = render_report(with_marts(contents, tmp_path / "whole", **MARTS))
    assert [text for text in said[:3] if text in whole] == []


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
        "period_loss_ha": Decimal("0.2"), "inside_percent": None, "core_year": 2023,
        "alerts_ha": Decimal("0.5"), "fires": 1, "fires_partly": False, "core_percent": Decimal("90.25"),
    }  # fmt: skip
    (bare,) = view(alerts_monthly=[], fires_period=[], fragmentation_annual=[], deforestation_annual=[])["values"]
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
