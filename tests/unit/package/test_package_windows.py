"""Each table of the report names its window of time: calendar years beside the days that count, and years of a map."""

from dataclasses import replace
from decimal import Decimal

import pytest
from shapely.geometry import box

from mrv.package.report import render_report
from mrv.package.windows import MAX_CHANGES, loss_by_days, percent_inside, transitions, years_of
from mrv.project import Bilingual
from tests.unit.package.package_samples import sample_contents, sample_zones
from tests.unit.package.test_package_landscape import HCV, LOST, MARTS
from tests.unit.package.test_package_report import with_marts

PA = {"zone_id": "pa", "kind": "project_area", "zone_name": "Project"}


def loss(year, area, days, zone=PA, whole=365):
    part = None if area is None else (Decimal(area) * days / whole).quantize(Decimal("0.000001"))
    share = (Decimal(days) / whole).quantize(Decimal("0.000000001"))
    return {
        **zone, "year": year, "area_ha": None if area is None else Decimal(area), "in_period": days > 0, "period_days": days,
        "days_in_year": whole, "period_fraction": share, "period_area_ha": part, "product": "gfc",
    }  # fmt: skip


def change(before, after, area, zone=PA, years=(2021, 2024)):
    names = {3: "forest", 15: "pasture", 18: "crops"}
    return {
        **zone, "product": "map", "product_version": "3", "layer": "coverage", "year_from": years[0], "year_to": years[1],
        "class_from": before, "class_from_name_en": names.get(before), "class_from_name_es": f"{names.get(before)} (es)",
        "class_to": after, "class_to_name_en": names.get(after), "class_to_name_es": f"{names.get(after)} (es)",
        "is_change": None if before is None or after is None else before != after, "area_ha": Decimal(area),
    }  # fmt: skip


def test_years_stand_beside_what_of_them_counts():
    rows = [loss(2021, "50", 0), loss(2022, "20", 184), loss(2023, "10", 365), loss(2024, "36.6", 182, whole=366)]
    (table,) = loss_by_days([*reversed(rows), loss(2022, "7", 184, HCV)])
    assert [row["year"] for row in table["years"]] == [2022, 2023, 2024]
    assert table["area_ha"] == Decimal("66.6")
    assert table["period_area_ha"] == (Decimal(20) * 184 / 365).quantize(Decimal("0.000001")) + 10 + Decimal("18.2")
    assert table["days"] == 184 + 365 + 182
    assert years_of(rows) == "2022–2024"
    assert years_of([loss(2023, "1", 365)]) == "2023"
    assert years_of([]) == ""


def test_a_year_that_was_not_measured_leaves_the_sum_unknown():
    (table,) = loss_by_days([loss(2024, "1", 366, whole=366), loss(2025, None, 10)])
    assert table["area_ha"] is table["period_area_ha"] is None


def test_what_was_not_observed_is_no_change():
    rows = [
        change(3, 15, "600"), change(15, 3, "150"), change(3, 3, "9000"), change(3, None, "700"), change(None, 3, "20"),
        change(None, None, "5"), change(3, 15, "99", HCV),
    ]  # fmt: skip
    (table,) = transitions(rows)
    assert [(row["before"].en, row["after"].es, row["area_ha"]) for row in table["changes"]] == [
        ("forest", "pasture (es)", 600), ("pasture", "forest (es)", 150),
    ]  # fmt: skip
    sums = ("changed_ha", "unchanged_ha", "seen_before_ha", "seen_after_ha", "never_seen_ha", "other_ha")
    assert [table[name] for name in sums] == [750, 9000, 700, 20, 5, 0]


def test_the_rest_of_many_changes_is_summed_and_each_pair_of_years_stands_apart():
    many = [change(3, 100 + code, str(100 - code)) for code in range(MAX_CHANGES + 2)]
    recent, early = transitions([*many, change(3, 15, "1", years=(2022, 2024))])[::-1]
    assert (recent["year_from"], early["year_from"]) == (2022, 2021)
    assert len(early["changes"]) == MAX_CHANGES
    assert early["other_ha"] == 2 * 100 - 2 * MAX_CHANGES - 1
    assert sum(row["area_ha"] for row in early["changes"]) + early["other_ha"] == early["changed_ha"]


@pytest.mark.parametrize(("west", "expected"), [(0.2, 100), (0.75, 50), (2, 0)])
def test_how_much_of_an_area_lies_in_the_project_area_is_measured(west, expected):
    model = sample_zones()[0]
    whole = replace(model, kind="project_area", geometry=box(0, 0, 1, 1))
    part = replace(model, kind="hcv", geometry=box(west, 0.2, west + 0.5, 0.4))
    assert percent_inside(part, [whole, part]).quantize(Decimal("0.001")) == expected
    assert percent_inside(part, [part]) is None


def test_the_page_names_every_window_in_both_languages(tmp_path):
    contents = replace(
        sample_contents(tmp_path / "s"),
        product_notes={
            "gfc": Bilingual(en="Do not mix versions.", es="No mezclar versiones."),
            "other": Bilingual(en="X1", es="X2"),
        },
    )
    rows = [loss(2022, "20", 184), loss(2023, "10", 365), loss(2024, "36.6", 182, whole=366), LOST]
    page = render_report(
        with_marts(
            contents, tmp_path, **MARTS, deforestation_annual=rows, land_cover_transitions=[change(3, 15, "600")]
        )
    )
    said = (
        "Lost in calendar years 2022–2024, ha", "Perdido en años calendario 2022–2024, ha", "Counts for the period by days, ha",
        "182 / 366", "illustrative labels, reviewed by nobody", "etiquetas ilustrativas, sin revisión de nadie",
        "were not corrected by a sample", "no se corrigieron con una muestra", "Do not mix versions.", "No mezclar versiones.",
        "Edge, m per ha of zone", "applied at the product", "Changes of land cover seen", "Cambios de cobertura observados",
        "cannot be subtracted", "\u22120.02000", "31 Dec",
    )  # fmt: skip
    assert [text for text in said if text not in page] == []
    assert "X1" not in page
    assert "lost in the period" not in page
