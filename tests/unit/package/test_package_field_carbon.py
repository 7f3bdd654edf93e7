"""The report's section about forest plots."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import jinja2

from mrv.package import wording
from mrv.package.field_carbon import LIFE_FORMS, MEASURES, POOLS, SOURCES, field_carbon

STRATUM = {
    "stratum_id": "s1",
    "pool": "above_ground",
    "plot_count": 8,
    "mean_tc_ha": Decimal("54.2"),
    "ci90_half_width_tc_ha": Decimal("5.7"),
    "ci95_half_width_tc_ha": Decimal("7.1"),
    "precision90_percent": Decimal("10.57"),
    "target_percent": Decimal(10),
    "target_confidence": Decimal("0.9"),
    "meets_target": False,
    "plots_needed": 9,
    "reason": None,
}
DRAWS = {
    "entity_kind": "stratum",
    "entity_id": "s1",
    "error_source": "all",
    "plot_count": 8,
    "draw_count": 2000,
    "recorded_mg_ha": Decimal("115.3"),
    "mean_mg_ha": Decimal("115.9"),
    **dict.fromkeys(("q025_mg_ha", "q05_mg_ha", "q95_mg_ha", "q975_mg_ha"), Decimal("101.5")),
    "variance_share": Decimal(1),
    "reason": None,
}
PLOT = {"plot_id": "p1", "census_id": "2022"}
MARTS: dict[str, list[dict[str, Any]]] = {
    "stratum_carbon": [STRATUM, STRATUM | {"stratum_id": "*", "meets_target": None, "target_percent": None}],
    "plot_carbon": [
        {**PLOT, "pool": "soil", "complete": False, "reason": "the layers leave a gap from 10 to 12 cm"},
        {**PLOT, "pool": "litter", "complete": True, "reason": None},
    ],
    "carbon_uncertainty": [
        DRAWS,
        DRAWS | {"error_source": "height", "variance_share": Decimal("0.25")},
        DRAWS | {"error_source": "sampling", "variance_share": Decimal("0.6")},
        DRAWS | {"entity_kind": "plot", "entity_id": "p1"},
    ],
    "measurement_audit": [
        {
            **PLOT,
            "measure": "dbh_cm",
            "unit": "cm",
            "tree_count": 100,
            "audited_count": 12,
            "mean_difference": Decimal("-0.35"),
            "rmse": Decimal("1.81"),
            "agreed_share": Decimal("0.5"),
            "passed": False,
            "reason": None,
        }
    ],
    "allometries_used": [
        {
            "allometry": "goodman_2013_palms",
            "life_form": "palm",
            "document": "Goodman et al. 2013",
            "section": None,
            "status": "unconfirmed",
            "tree_count": 289,
            "agb_mg": Decimal("21.5"),
        }
    ],
    "wood_density_levels": [
        {"wood_density_level": "species", "level_tree_count": 3},
        {"wood_density_level": "genus", "level_tree_count": 1},
    ],
}


def _page(marts: dict[str, list[dict[str, Any]]]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mrv.package"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    template = environment.from_string(
        "{% macro t(en, es) %}[{{ en }}|{{ es }}]{% endmacro %}"
        '{% macro cell(value, digits=0) %}<td class="n">{{ number(value, digits) }}</td>{% endmacro %}'
        '{% include "field_carbon.html.j2" %}'
    )
    names = SimpleNamespace(number=wording.number, signed=wording.signed, percent=wording.percent)
    return template.render(max_listed=60, **vars(names), **field_carbon(lambda name: marts.get(name, [])))


def test_the_section_shows_what_was_measured_and_what_does_not_count() -> None:
    page = _page(MARTS)
    for shown in (
        "54.2",
        "not met",
        "the layers leave a gap from 10 to 12 cm",
        "115.9",
        "75",
        "not passed",
        "-0.35",
        "Goodman et al. 2013",
        "unconfirmed",
    ):
        assert shown in page.replace("−", "-"), shown


def test_the_picture_has_a_bar_for_each_source_alone() -> None:
    view = field_carbon(lambda name: MARTS.get(name, []))
    chart = str(view["uncertainty_chart"])
    assert chart.count("<rect") == 2
    assert "estrato s1" in chart
    assert SOURCES["sampling"][1] in chart
    assert [row["entity_id"] for row in view["uncertain"]] == ["s1"]


def test_the_land_is_shown_where_it_is_known() -> None:
    land = [row | {"entity_kind": "land", "entity_id": "*"} for row in MARTS["carbon_uncertainty"][:3]]
    view = field_carbon(
        lambda name: {**MARTS, "carbon_uncertainty": [*MARTS["carbon_uncertainty"], *land]}.get(name, [])
    )
    assert "todos los estratos" in str(view["uncertainty_chart"])


def test_without_plots_there_is_no_section() -> None:
    assert _page({}).strip() == ""


def test_every_name_is_in_both_languages() -> None:
    for names in (POOLS, SOURCES, MEASURES, LIFE_FORMS):
        assert all(english != spanish for english, spanish in names.values())
