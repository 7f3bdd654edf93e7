"""The published and worked examples as input tables: one project each, so that one build holds them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from tests.integration.account_inputs import (
    Given,
    account,
    activity,
    burnt,
    d,
    emissions,
    merged,
    score,
    stock,
    version,
)
from tests.integration.warehouse_inputs import Rows

YEAR = 2023
RULE_SETS = ("vm0015_v1_1", "vm0007_v1_6", "vm0048_v1_0", "art_trees_2", "fcpf_cf")
PLAIN: dict[str, Given] = {"leakage_rule": "none", "buffer_rate": d(0), "fire_rule": "none"}
Z90 = d("1.644853627")


def of_errors(rule_set: str, name: str, errors: Iterable[str], **overrides: Given) -> Iterator[Rows]:
    """One project per declared error: a reduction of a million tonnes."""
    for error in errors:
        yield declared(f"{name} {error}", rule_set, "1000000", "0", ner_error=d(error), **overrides)


def declared(project_id: str, rule_set: str, expected: str, emitted: str, **overrides: Given) -> Rows:
    """One project of one year whose emissions are all declared."""
    start, end = date(YEAR, 1, 1), date(YEAR, 12, 31)
    return {
        **account(project_id, rule_set, start, end, overrides={**PLAIN, **overrides}),
        "baseline_versions": [version(project_id, "b1", start, end, mode="emissions_table")],
        "account_emissions": [
            emissions(project_id, "b1", YEAR, expected),
            emissions(project_id, None, YEAR, emitted),
        ],
    }


def crediting_level(project_id: str, emitted: str, error: str) -> Rows:
    """The example of the TREES workbook: the mean of five years, and what was emitted."""
    start, end = date(YEAR, 1, 1), date(YEAR, 12, 31)
    rates: dict[str, Given] = {"ner_error": d(error), "leakage_rate": d("0.1"), "buffer_rate": d("0.15")}
    reference = zip(range(2018, 2023), ("1500000", "1620000", "1580000", "1700000", "1600000"), strict=True)
    return {
        **account(project_id, "art_trees_2", start, end, overrides=rates),
        "baseline_versions": [
            version(project_id, "cl", start, end, mode="crediting_level", reference=(2018, 2022)),
        ],
        "account_emissions": [
            *(emissions(project_id, "cl", year, tonnes) for year, tonnes in reference),
            emissions(project_id, None, YEAR, emitted),
        ],
    }


def fcpf_table() -> Rows:
    """A million tonnes, a tenth of them degradation by a proxy."""
    given = {"degradation_by_proxy": "yes", "title_share": d(1), "buffer_rate": d("0.21"), "ner_error": d("0.5")}
    rows = declared("fcpf table", "fcpf_cf", "900000", "0", **given)
    rows["account_emissions"] += [
        emissions("fcpf table", "b1", YEAR, "100000", component="degradation"),
        emissions("fcpf table", None, YEAR, "0", component="degradation"),
    ]
    return rows


def e1_stocks(project_id: str) -> list[dict[str, object]]:
    """Stocks of the worked example E1."""
    return [
        row
        for stratum, above_ground in (("s1", "118"), ("s2", "142"))
        for row in (
            stock(project_id, stratum, "forest", "above_ground", above_ground),
            stock(project_id, stratum, "forest", "below_ground", "0.221", method="ratio"),
            stock(project_id, stratum, "forest", "dead_wood", "0.06", method="ratio"),
            stock(project_id, stratum, "post_deforestation", "total", "20"),
        )
    ]


def e1(project_id: str, *rule_sets: str, **overrides: Given) -> Rows:
    """The worked example E1 from declared tables, under one rule set or more."""
    years = (2022, 2023, 2024)
    start, end = date(2022, 1, 1), date(2024, 12, 31)
    areas = {
        ("project_area", "s1"): ((300, 320, 340), (40, 35, 30)),
        ("project_area", "s2"): ((500, 520, 540), (60, 70, 50)),
        ("leakage_belt", "s2"): ((200, 200, 200), (215, 190, 230)),
    }
    given = {"ner_error": d("0.18"), "buffer_rate": d("0.14"), "fire_rule": "none", **overrides}
    accounts = merged(
        account(project_id, rule_set, start, end, is_primary=rule_set == rule_sets[0], overrides=given)
        for rule_set in rule_sets
    )
    return {
        **accounts,
        "baseline_versions": [version(project_id, "b1", start, end)],
        "account_stocks": e1_stocks(project_id),
        "account_activity": [
            activity(project_id, name, year, str(area), stratum=stratum, scope=scope, zone=scope)
            for (scope, stratum), sides in areas.items()
            for name, side in zip(("b1", None), sides, strict=True)
            for year, area in zip(years, side, strict=True)
        ],
    }


def decay() -> Rows:
    """A hundred hectares of S2 cleared in the first of eleven years."""
    name, years = "decay", range(2021, 2032)
    start, end = date(2021, 1, 1), date(2031, 12, 31)
    return {
        **account(name, "vm0015_v1_1", start, end, overrides={**PLAIN, "uncertainty_rule": "none"}),
        "baseline_versions": [version(name, "b1", start, end)],
        "account_stocks": e1_stocks(name),
        "account_activity": [
            row
            for year in years
            for row in (
                activity(name, "b1", year, "100" if year == 2021 else "0", stratum="s2"),
                activity(name, None, year, "0", stratum="s2"),
            )
        ],
    }


def decay_with_errors() -> Rows:
    """A hundred hectares a year, each with an error of its own of a half; roots are emitted over ten years."""
    name, years = "decay with errors", range(YEAR - 9, YEAR + 1)
    start, end = date(YEAR, 1, 1), date(YEAR, 12, 31)
    given: dict[str, Given] = {**PLAIN, "uncertainty_source": "analytic"}
    return {
        **account(name, "vm0015_v1_1", start, end, crediting_start=date(YEAR - 9, 1, 1), overrides=given),
        "baseline_versions": [version(name, "b1", date(YEAR - 9, 1, 1), end)],
        "account_stocks": [
            stock(name, "s1", "forest", "above_ground", "100", se=d(0)),
            stock(name, "s1", "forest", "below_ground", "20", se=d(0)),
            stock(name, "s1", "post_deforestation", "total", "0", se=d(0)),
        ],
        "account_activity": [
            row
            for year in years
            for row in (
                activity(name, "b1", year, "100", stratum="s1", se_ha=round(d("50") / Z90, 6)),
                activity(name, None, year, "50", stratum="s1", se_ha=d(0)),
            )
        ],
    }


def fire(name: str, rule_set: str, **overrides: Given) -> Rows:
    """One hectare burnt of a forest of 142 tC/ha, nothing cleared."""
    start, end = date(YEAR, 1, 1), date(YEAR, 12, 31)
    return {
        **account(
            name, rule_set, start, end, overrides={"leakage_rule": "none", "uncertainty_rule": "none", **overrides}
        ),
        "baseline_versions": [version(name, "b1", start, end)],
        "account_stocks": e1_stocks(name),
        "account_activity": [activity(name, side, YEAR, "0", stratum="s2") for side in ("b1", None)],
        "account_burnt_areas": [burnt(name, None, YEAR, "1", stratum="s2")],
    }


MOCAREDD = {
    # from state: (above-ground biomass, root-to-shoot ratio), or the intact state of a degraded one
    "EV": ("274.959", "0.333"),
    "M": ("195.58", "0.407"),
}
MOCAREDD_AREAS = {
    ("EV", "Crop"): ("22455", "2055"),
    ("M", "Crop"): ("11327", "2107"),
    ("EVdeg", "Crop"): ("55074", "6029"),
    ("Mdeg", "Crop"): ("16734", "6195"),
    ("EV", "EVdeg"): ("316681", "44939"),
    ("M", "Mdeg"): ("22954", "5633"),
}


def mocaredd() -> Rows:
    """The second example of mocaredd: reference 2016 to 2020, monitored 2021 and 2022."""
    name, start, end = "mocaredd", date(2021, 1, 1), date(2022, 12, 31)
    rounding: dict[str, Given] = {
        **PLAIN,
        "emission_detail": "by_total",
        "stock_decimals": d(3),
        "emission_factor_decimals": d(3),
        "emissions_decimals": d(0),
        "title_share": d(1),
        "ner_error": d(0),
    }
    stocks = [stock(name, "all", "Crop", "total", "0")]
    for state, (above_ground, ratio) in MOCAREDD.items():
        stocks += [
            stock(name, "all", state, "above_ground", above_ground, method="biomass", carbon_fraction="0.47"),
            stock(name, "all", state, "below_ground", ratio, method="ratio", carbon_fraction="0.47"),
            stock(name, "all", f"{state}deg", "total", "0.72", method="share", base_state=state),
        ]
    return {
        **account(name, "fcpf_cf", start, end, overrides=rounding),
        "baseline_versions": [
            version(name, "ref", start, end, mode="reference_average", reference=(2016, 2020)),
        ],
        "account_stocks": stocks,
        "account_activity": [
            activity(
                name, side, years, area, stratum="all", change=change, kind=kind_of(change), zone="accounting_area"
            )
            for change, areas in MOCAREDD_AREAS.items()
            for side, years, area in zip(("ref", None), ((2016, 2020), (2021, 2022)), areas, strict=True)
        ],
    }


def kind_of(change: tuple[str, str]) -> str:
    """Return what a change of state is: to cropland is deforestation."""
    return "deforestation" if change[1] == "Crop" else "degradation"


def sample() -> Rows:
    """The sample of the VMD0055 example: 9 of 600 units in 80,000 ha over two years."""
    name, start, end = "sample", date(2022, 1, 1), date(2023, 12, 31)
    given: dict[str, Given] = {
        **PLAIN,
        "activity_data_source": "sample_estimate",
        "quantile_source": "degrees_of_freedom",
    }
    return {
        **account(name, "vm0048_v1_0", start, end, overrides=given),
        "baseline_versions": [version(name, "b1", start, end)],
        "account_stocks": e1_stocks(name),
        "account_activity": [activity(name, "b1", (2022, 2023), "4000", stratum="s2", se_ha=d(0))],
        "account_area_samples": [
            {
                "project_id": name,
                "scope": "project_area",
                "zone_id": "pa",
                "stratum_id": "s2",
                "sampling_stratum_id": "all",
                "first_year": 2022,
                "last_year": 2023,
                "monitoring_years": d("2.0"),
                "area_ha": d(80000),
                "unit_count": 600,
                "loss_count": 9,
                "source": "worked example",
            }
        ],
    }


def ratings() -> Iterator[Rows]:
    """The ratings of the worked examples: internal, external and natural points."""
    for name, points in {
        "rating 6": ("3", "2", "1"),
        "rating 12": ("8.4", "2", "1.5"),
        "rating 61": ("30", "20", "11"),
    }.items():
        start, end = date(YEAR, 1, 1), date(YEAR, 12, 31)
        rows = declared(name, "vm0007_v1_6", "1000000", "0", uncertainty_rule="none", buffer_rate=None)
        rows["accounts"] = account(name, "vm0007_v1_6", start, end)["accounts"]
        rows["risk_scores"] = [
            score(name, start, category, "all", one)
            for category, one in zip(("internal", "external", "natural"), points, strict=True)
        ]
        yield rows


def of_a_product() -> Rows:
    """IPCC's rule for products: an area known to 20 % times a stock known to 15 %."""
    name, start, end = "product", date(YEAR, 1, 1), date(YEAR, 12, 31)
    return {
        **account(name, "vm0007_v1_6", start, end, overrides=PLAIN),
        "baseline_versions": [version(name, "b1", start, end)],
        "account_stocks": [
            stock(name, "s1", "forest", "total", "100", se=rounded(d("15") / Z90)),
            stock(name, "s1", "post_deforestation", "total", "0", se=d(0)),
        ],
        "account_activity": [
            activity(name, "b1", YEAR, "1000", stratum="s1", se_ha=(d(200) / Z90).quantize(d("0.000001"))),
            activity(name, None, YEAR, "0", stratum="s1", se_ha=d(0)),
        ],
    }


def of_a_sum() -> Rows:
    """IPCC's rule for sums: 1,000 t known to 25 % and 400 t known to 50 %."""
    name = "sum"
    rows = declared(name, "vm0007_v1_6", "1000", "0")
    rows["account_emissions"] = [
        emissions(name, "b1", YEAR, "1000", se=rounded(d(250) / Z90)),
        emissions(name, "b1", YEAR, "400", component="degradation", se=rounded(d(200) / Z90)),
        emissions(name, None, YEAR, "0", se=d(0)),
        emissions(name, None, YEAR, "0", component="degradation", se=d(0)),
    ]
    return rows


def rounded(number: Decimal) -> Decimal:
    """Round to the digits of a landed factor."""
    return number.quantize(d("0.000000001"))
