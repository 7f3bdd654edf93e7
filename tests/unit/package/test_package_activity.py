"""Activity data in the report: map beside estimate, what drives the ledger, and what is not known is said."""

import re
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from mrv.package.activity import activity, estimate_interval
from mrv.package.charts import HEIGHT, TOP
from mrv.package.figures import Figure, recomputed
from mrv.package.interval_chart import Compared, intervals
from mrv.package.report import render_report
from mrv.package.sample_map import DOTS, sample_map
from mrv.package.wording import MINUS, Text, signed
from tests.unit.package.package_samples import sample_contents, sample_marts, sample_zones, write_marts
from tests.unit.package.sampled_marts import LB, PA, REASON, area, sampled_marts, units, unknown


def view(**changes):
    marts = {**sampled_marts(), **changes}
    return activity(lambda name: marts.get(name, []), sample_zones())


def page_of(tmp_path, marts):
    contents = sample_contents(tmp_path / "s")
    return render_report(replace(contents, **write_marts(tmp_path / "s", {**sample_marts(), **marts})))


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


def test_project_area_comes_first_and_years_stand_below_their_class():
    project, belt = view()["activity_zones"]
    assert (project["kind"], belt["kind"]) == ("project_area", "leakage_belt")
    assert [(row["activity_class"], row["year"]) for row in project["rows"]] == [
        ("loss", None), ("loss", 2022), ("loss", 2023), ("loss", 2024), ("gain", None), ("stable_forest", None),
        ("stable_non_forest", None),
    ]  # fmt: skip


def test_loss_that_the_map_puts_outside_the_interval_is_flagged():
    project, belt = view()["activity_zones"]
    assert [row["year"] for row in project["outside"]] == [None, 2023]
    assert belt["outside"] == []
    assert project["chart"].count('lang="en" class="middle value"') == 2
    assert 'lang="en" class="middle value"' not in belt["chart"]


def test_counts_of_units_tell_what_became_of_each():
    (design,) = view()["sample_designs"]
    counted = {text.en: count for text, count in design["outcomes"]}
    assert counted == {
        "interpreters agree": 8,
        "they differed, and it was resolved": 4,
        "one interpreter": 27,
        "unusable": 1,
    }
    assert (design["usable_count"], design["unusable_count"], design["open_count"]) == (39, 1, 0)
    assert design["double_count"] == 10


def test_accuracy_and_matrix_are_those_of_the_whole_sample():
    (design,) = view()["sample_designs"]
    assert [row["name"] for row in design["accuracy"]] == ["*", "loss", "stable_forest"]
    assert design["accuracy"][1]["producer"]["accuracy"] == Decimal("0.72")
    assert design["matrix"]["columns"] == ["loss", "stable_forest"]
    assert [(row["name"], row["unit_count"]) for row in design["matrix"]["rows"]] == [
        ("loss", 9),
        ("stable_forest", 30),
    ]


@pytest.mark.parametrize(
    ("source", "said", "not_said"),
    [
        ("sample_estimate", "rest on the estimates.", "rest on the last column"),
        ("map_count", "rest on the counts of the map", "rest on the estimates"),
    ],
)
def test_the_page_says_what_the_tonnes_rest_on(tmp_path, source, said, not_said):
    marts = sampled_marts()
    rows = [{**row, "source": source} for row in marts["activity_data"]]
    page = page_of(tmp_path, {**marts, "activity_data": rows})
    assert said in page
    assert not_said not in page
    corrected = "Monitored areas are counts of pixels of a map" not in page
    assert corrected is (source == "sample_estimate")


def test_what_strata_without_loss_could_hide_is_told_and_weighed_against_the_interval(tmp_path):
    page = page_of(tmp_path, sampled_marts())
    project, belt = page.split("Pérdida no vista")[0].split("Lo que el intervalo no contiene")[1:]
    assert "17,370.0" in project and "too narrow" in project
    assert "90.0" in belt and "too narrow" not in belt
    seen = [{**row, "unseen_upper95_ha": Decimal(0)} for row in sampled_marts()["activity_data"]]
    assert "What the interval does not hold" not in page_of(
        tmp_path / "seen", {**sampled_marts(), "activity_data": seen}
    )


def test_open_units_leave_dashes_and_the_reason_never_the_count(tmp_path):
    marts = sampled_marts()
    rows = [unknown(row) for row in marts["activity_data"]]
    open_units = [{**row, "outcome": "open"} if place < 3 else row for place, row in enumerate(marts["sample_units"])]
    page = page_of(tmp_path, {**marts, "activity_data": rows, "sample_units": open_units})
    section = page[page.index("Activity data: map and sample") : page.index("The sample", page.index("Activity data"))]
    assert "No area is estimated yet" in section and REASON in section
    assert "<svg" not in section
    (first,) = re.findall(r'<tr><th scope="row"><span lang="en">Forest loss</span>.*?</tr>', section)[:1]
    assert first.count(">–<") == 5, "estimate, interval, difference, its place and the ledger"


def test_every_part_of_the_sample_stands_on_the_page_in_both_languages(tmp_path):
    page = page_of(tmp_path, sampled_marts())
    for text in ("ab" * 32, "interpreter-1 · interpreter-2", "0,831", "91.0 %", "pa.loss_buffer", "12,5", "+379.0", f"{MINUS}280.0",
                 "Exactitud del productor", "El mapa queda fuera", "se basan en las estimaciones"):  # fmt: skip
        assert text in page, text
    assert page.count('lang="en"') == page.count('lang="es"') + 1  # the page's own
    assert page.count("999") == sample_page_without_matrix(tmp_path).count("999"), (
        "a zone's own matrix is not the whole's"
    )


def sample_page_without_matrix(tmp_path):
    return page_of(tmp_path / "bare", {**sampled_marts(), "error_matrix": []})


def test_without_a_sample_the_page_says_that_areas_are_counts(tmp_path):
    page = page_of(tmp_path, {})
    assert "No sample of reference data was drawn" in page
    assert "Monitored areas are counts of pixels of a map" in page
    assert activity(lambda name: [])["sampled"] is False


@pytest.mark.parametrize("name", sorted(sampled_marts()))
def test_any_table_may_be_missing(tmp_path, name):
    assert "Activity data: map and sample" in page_of(tmp_path, {**sampled_marts(), name: []})


def estimate_figure(value):
    return {
        "figure_id": "ad.pa.loss.estimate", "label_en": "Forest loss by the sample", "label_es": "Pérdida según la muestra",
        "value": value, "unit": "ha", "mart": "activity_data", "mart_column": "estimate_area_ha",
        "row_key": "zone_id=pa;activity_class=loss;year=", "reason": None if value is not None else REASON,
    }  # fmt: skip


def test_the_estimate_stands_first_with_its_interval_and_its_row_is_found(tmp_path):
    marts = {**sampled_marts(), "figures": [*sample_marts()["figures"], estimate_figure(Decimal(1574))]}
    contents = sample_contents(tmp_path / "s")
    contents = replace(contents, **write_marts(tmp_path / "s", {**sample_marts(), **marts}))
    page = render_report(replace(contents, headline=[*contents.headline, "ad.pa.loss.estimate"]))
    card = page[page.index("Forest loss by the sample") : page.index("<code>ad.pa.loss.estimate</code>")]
    assert "1,574.0" in card and '<span lang="en">± 230.3</span>' in card
    (found,) = recomputed([Figure(**estimate_figure(Decimal(1574)))], contents.marts_folder)
    assert found[1] == 1574


def test_an_estimate_that_could_not_be_made_has_no_interval():
    rows = [unknown(row) for row in sampled_marts()["activity_data"]]
    assert estimate_interval(Figure(**estimate_figure(None)), rows) is None


# --- drawings --------------------------------------------------------------------------------------------------


def chart(*rows):
    items = [
        Compared(
            name=Text("all & more", "todo"), mapped=row["map_area_ha"], estimate=row["estimate_area_ha"],
            ci90=row["ci90_low_ha"] and (row["ci90_low_ha"], row["ci90_high_ha"]),
            ci95=row["ci95_low_ha"] and (row["ci95_low_ha"], row["ci95_high_ha"]), outside=bool(row["map_outside_ci95"]),
        )
        for row in rows
    ]  # fmt: skip
    return intervals(title=Text("T <", "T"), unit="ha", items=items, style="of-project", bands=[True] * len(items))


def drawn(tree, style):
    """Return what was drawn in a style; the first of each is that of the key."""
    return [node for node in tree.iter() if node.get("class") == style][:-1]


def test_the_interval_spans_what_it_says_on_the_axis_of_the_bar():
    tree = parsed(chart(area(PA, "loss", None, "1000", "1200", "50")))
    (bar,) = drawn(tree, "fill-baseline")
    (dot,) = drawn(tree, "estimate")
    (wide,) = drawn(tree, "interval-95")
    zero = float(bar.get("y")) + float(bar.get("height"))
    hectare = float(bar.get("height")) / 1000
    low, high = (float(end) for end in re.match(r"M[\d.]+ ([\d.]+)V([\d.]+)M", wide.get("d")).groups())
    assert (zero - low) / hectare == pytest.approx(1200 - 98, abs=1)
    assert (zero - high) / hectare == pytest.approx(1200 + 98, abs=1)
    assert (zero - float(dot.get("cy"))) / hectare == pytest.approx(1200, abs=1)


def test_a_gap_is_a_dash_and_nothing_estimated_is_no_chart():
    known, gap = area(PA, "loss", 2022, "400", "450", "80"), unknown(area(LB, "loss", 2023, "400", "450", "80"))
    tree = parsed(chart(known, gap))
    assert len([node for node in tree.iter() if node.get("class") == "middle none"]) == 1
    assert len(drawn(tree, "estimate")) == 1
    assert chart(gap) is None


def test_an_interval_below_zero_stays_in_the_chart():
    tree = parsed(chart(area(PA, "gain", None, "5", "6", "40")))
    (wide,) = drawn(tree, "interval-95")
    assert all(TOP <= float(end) <= HEIGHT for end in re.match(r"M[\d.]+ ([\d.]+)V([\d.]+)M", wide.get("d")).groups())


def test_the_map_has_a_dot_for_each_unit_and_rare_change_on_top():
    tree = parsed(sample_map(sample_zones(), units(40)))
    paths = [node for node in tree.iter() if (node.get("class") or "").startswith("dot ")]
    assert [node.get("class").removeprefix("dot ").replace("-", "_") for node in paths] == list(DOTS)
    assert sum(node.get("d").count("h0") for node in paths) == 40
    assert sample_map(sample_zones(), []) is None
    assert sample_map([], units(40)) is None


def test_the_map_does_not_depend_on_the_order_of_units():
    assert sample_map(sample_zones(), units(40)) == sample_map(sample_zones(), units(40)[::-1])


@pytest.mark.parametrize(("value", "shown"), [("2.25", "+2.3"), ("-2.25", f"{MINUS}2.3"), ("0", "0.0"), (None, "–")])
def test_a_difference_has_its_sign(value, shown):
    assert signed(value and Decimal(value), 1).en == shown
