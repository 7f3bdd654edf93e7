"""The ledger's section of the report: every account, every part of its tonnes, and a reason where something is not known."""

import re
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.package.claims import claims
from mrv.package.reductions import reductions, totals
from mrv.package.report import render_report
from mrv.package.tornado import Swing, tornado
from mrv.package.waterfall import Step, waterfall
from mrv.package.wording import Text, number
from mrv.project_life import Claim
from tests.unit.package import ledger_marts
from tests.unit.package.ledger_marts import ART
from tests.unit.package.package_samples import sample_contents, sample_marts, write_marts

MARTS = ledger_marts.ledger_marts(ART)


def view(**changes):
    marts = {**MARTS, **changes}
    columns = ledger_marts.COLUMNS
    return reductions(lambda name: [{**dict.fromkeys(columns.get(name, ())), **row} for row in marts.get(name, [])])


def page_of(tmp_path, **changes):
    marts = {**sample_marts(), **MARTS, **changes}
    return render_report(replace(sample_contents(tmp_path / "s"), **write_marts(tmp_path / "s", marts)))


def changed(rows, place, **values):
    return [{**row, **values} if number == place else row for number, row in enumerate(rows)]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return page_of(tmp_path_factory.mktemp("page"))


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


@pytest.mark.parametrize(
    "sentence",
    [
        "Under each set of rules", "Según cada conjunto de reglas", "ART TREES 2.0", "430,020", "What each rule would deduct",
        "leakage of the belt", "Sorteada, ± 90 %", "10,000", "the rating", "rounded up and not below the minimum of",
        "Vintages for the registry", "earlier, as verified", "more issued than computed", "emitido más de lo calculado",
        "Losses and reversals", "notified after more than 30 days", "Expected and achieved", "below ground",
    ],
)  # fmt: skip
def test_the_page_shows_every_part(page, sentence):
    assert sentence in page


def test_both_languages_stand_side_by_side(page):
    assert page.count('lang="en"') == page.count('lang="es"') + 1  # the page's own


def test_simulated_inputs_are_said_to_be_illustrative(page):
    assert "Inputs of this ledger are simulated or illustrative" in page


def test_the_primary_account_stands_first_and_alone_in_the_vintages():
    found = view(emission_reductions=list(reversed(MARTS["emission_reductions"])))
    assert [item["rule_set"] for item in found["ledgers"]] == ["vm0007_v1_6", "art_trees_2"]
    assert [row["vintage_year"] for row in found["vintages"]] == [2022, 2023, 2024]
    assert {row["rule_set"] for row in found["vintages"]} == {"vm0007_v1_6"}
    assert {row["rule_set"] for row in MARTS["leakage"]} == {"vm0007_v1_6", "art_trees_2"}
    assert found["leakage_parts"]["rules"] == ["belt"]


def test_a_sum_with_an_unknown_part_is_unknown_and_not_drawn(tmp_path):
    rows = changed(MARTS["emission_reductions"], 1, deduction_tco2e=None, credits=None, reason="the error is not known")
    found = view(emission_reductions=rows)
    assert found["totals"]["credits"] is None and found["waterfall"] is None
    assert found["ledgers"][0]["reasons"] == {"the error is not known": [2023]}
    page = page_of(tmp_path, emission_reductions=rows)
    assert "the error is not known" in page and "one of its sums is not known" in page


def test_another_account_without_credits_says_why(tmp_path):
    rows = changed(MARTS["emission_reductions"], 4, credits=None, reason="parameter leakage_rate is not set")
    assert "2023: parameter leakage_rate is not set" in page_of(tmp_path, emission_reductions=rows)


def test_parameters_that_nobody_confirmed_are_counted_once_by_account(tmp_path):
    used = [
        {**account, "mart": mart, "parameter_id": f"common.{name}", "status": status}
        for account in (ledger_marts.VCS, ART) for mart in ("emission_reductions", "buffer", "households")
        for name, status in (("a", "confirmed"), ("b", "unconfirmed"), ("c", "declared"))
    ]  # fmt: skip
    first, second = view(parameters_used=used)["ledgers"]
    assert first["open_parameters"] == second["open_parameters"] == ["common.b", "common.c"]
    assert first["parameter_count"] == 3


def test_pools_of_a_stratum_add_up_to_the_period():
    found = view()
    for side, column in (("baseline", "baseline_tco2e"), ("project", "project_tco2e")):
        own = [row for row in found["stratum_emissions"] if row["scope"] == "project_area"]
        assert sum(row[side] for row in own) == found["totals"][column]
        assert [row["pool"] for row in own] == ["above_ground", "below_ground", "total"]


def test_an_unknown_pool_is_a_dash_with_its_reason(tmp_path):
    rows = changed(MARTS["project_emissions"], 0, period_tco2e=None, reason="no stock of montane")
    found = view(project_emissions=rows)
    (row,) = [row for row in found["stratum_emissions"] if row["project"] is None]
    assert row["reasons"] == ["no stock of montane"]
    assert "no stock of montane" in page_of(tmp_path, project_emissions=rows)


def test_without_a_ledger_the_page_says_so(tmp_path):
    nothing = {name: [] for name in MARTS}
    assert "No emission reductions were computed" in page_of(tmp_path, **nothing)


def test_parts_that_a_ledger_lacks_are_said_to_be_lacking(tmp_path):
    nothing = {name: [] for name in MARTS if name != "emission_reductions"}
    page = page_of(tmp_path, **nothing)
    for sentence in (
        "No leakage was computed",
        "No uncertainty was computed",
        "No buffer was computed",
        "No emissions were",
    ):
        assert sentence in page


def test_a_declared_rate_is_said_to_be_declared(tmp_path):
    rows = [{**row, "rate_source": "declared", "total_score": None, "assessed_on": None} for row in MARTS["buffer"]]
    page = page_of(tmp_path, buffer=rows, risk_rating=[])
    assert "the rate is the one that the project declares" in page


def test_an_error_that_is_not_known_is_said_once_and_not_compared(tmp_path):
    nothing = dict.fromkeys(("mean_tco2e", "median_tco2e", "q05_tco2e", "q95_tco2e", "half_width_tco2e", "u90"))
    drawn = [{**row, **nothing, "reason": "no error is stated"} for row in MARTS["monte_carlo"]]
    rules = [
        {**row, "uncertainty_u90": None, "deduction_fraction": None} if row["basis"] == "monte_carlo" else row
        for row in MARTS["uncertainty_rules"]
    ]
    page = page_of(tmp_path, monte_carlo=drawn, uncertainty_rules=rules)
    assert page.count("no error is stated") == 1
    assert "nothing can be compared" in page and "Whiskers are" not in page
    found = view(uncertainty_rules=rules)
    assert {line["basis"] for line in found["rule_deductions"]} == {"analytic", "declared"}
    assert found["bases_unknown"] == ["monte_carlo"]


def test_parts_of_leakage_that_are_zero_are_named_and_not_listed():
    found = view()["leakage_parts"]
    assert [line["name"].en for line in found["lines"]][-1] == "leakage of the belt"
    assert next(name.en for name in found["zero"]) == "activities displaced"
    unknown = [{**row, "displacement_tco2e": None} for row in MARTS["leakage"]]
    assert [name.en for name in view(leakage=unknown)["leakage_parts"]["lacking"]] == ["activities displaced"]


def test_a_registry_that_sent_no_table_is_one_sentence(tmp_path):
    rows = [{**row, "status": "not_received"} for row in MARTS["issuance_reconciliation"]]
    page = page_of(tmp_path, issuance_reconciliation=rows)
    assert "No table of a registry was received" in page and "Issued by the registry" not in page


def test_an_error_over_the_limit_makes_a_vintage_not_eligible(tmp_path):
    rows = changed(MARTS["uncertainty"], 0, deduction_fraction=None, eligible=False, reason="uncertainty too large")
    page = page_of(tmp_path, uncertainty=rows)
    assert "uncertainty too large" in page


def test_the_interval_of_a_card_is_that_of_the_draws_of_its_account(page):
    (row,) = [row for row in MARTS["monte_carlo"] if (row["quantity"], row["vintage_year"]) == ("net", None)]
    assert f"{number(row['q05_tco2e']).en} – {number(row['q95_tco2e']).en}</span>" in page


def test_leakage_that_counts_without_error_is_said_to_do_so(tmp_path):
    assert not view()["leakage_without_error"]
    rows = [{**row, "error_quantity": "gross_reduction"} for row in MARTS["uncertainty"]]
    assert "leakage counts as if it were known without error" in page_of(tmp_path, uncertainty=rows)


def test_a_claim_is_answered_by_the_primary_account_alone():
    declared = [
        Claim(
            en="C.",
            es="C.",
            tables=("baseline_emissions", "leakage", "buffer", "uncertainty", "emission_reductions", "vintages"),
        )
    ]
    (claim,) = claims(declared, lambda name: MARTS.get(name, []))
    told = {answer.mart: [value.en for _, value, _ in answer.values] for answer in claim["answers"]}
    sums = totals(ledger_marts.reductions())
    assert told["baseline_emissions"] == [number(sums["baseline_tco2e"]).en]
    assert told["leakage"] == [number(sums["leakage_tco2e"]).en]
    assert told["buffer"] == [number(sums["buffer_tco2e"]).en]
    assert told["uncertainty"] == ["3"]
    assert told["emission_reductions"] == [number(sums["net_tco2e"]).en, number(sums["credits"]).en]
    assert told["vintages"] == [number(sums["credits"]).en, number(sums["credits"] + 150000).en]
    assert claim["state"] == "measured"


# --- drawings --------------------------------------------------------------------------------------------------


def rects(svg, *styles):
    return [node for node in parsed(svg).iter() if node.tag.endswith("rect") and node.get("class") in styles]


def test_the_waterfall_ends_at_the_credits_and_says_its_values_in_words():
    found = view()
    steps = rects(found["waterfall"], "fill-project", "fill-taken", "fill-baseline")
    assert len(steps) == 6, "nothing was transferred"
    words = next(node.text for node in parsed(found["waterfall"]).iter() if node.tag.endswith("desc"))
    assert f"VCU {number(totals(found['vintages'])['credits']).en}" in words
    assert re.search(r"Leakage −28,954", words)


def test_what_was_transferred_is_a_step_of_its_own():
    rows = [{**row, "transferred_tco2e": Decimal(100)} for row in MARTS["emission_reductions"]]
    assert len(rects(view(emission_reductions=rows)["waterfall"], "fill-project", "fill-taken", "fill-baseline")) == 7


@given(values=st.lists(st.decimals(-(10**9), 10**9, places=3), min_size=1, max_size=7))
def test_each_step_hangs_from_where_the_last_one_ended(values):
    start = Step(Text("a", "a"), Decimal(1000), is_total=True)
    chart = waterfall(
        title=Text("T", "T"), unit="t", steps=[start, *(Step(Text("s & t", "s"), value) for value in values)]
    )
    ends = [
        (float(node.get("y")), float(node.get("y")) + float(node.get("height")))
        for node in rects(chart, "fill-project", "fill-taken", "fill-baseline")
    ]
    for before, after in pairwise(ends):
        assert any(abs(one - other) < 1 for one in before for other in after)


def test_without_steps_or_inputs_nothing_is_drawn():
    assert waterfall(title=Text("T", "T"), unit="t", steps=[]) is None
    assert tornado(title=Text("T", "T"), unit="t", middle=Decimal(0), swings=[]) is None
    assert view(uncertainty_sensitivity=[])["tornado"] is None


@pytest.mark.parametrize("middle", ["0", "542893.375", "-31435"])
def test_the_widest_swing_of_the_tornado_is_within_the_page(middle):
    swing = Swing(Text("a", "b"), Decimal(middle) - 50, Decimal(middle) + 70, None)
    tree = parsed(tornado(title=Text("T", "T"), unit="t", middle=Decimal(middle), swings=[swing]))
    for node in tree.iter():
        if node.tag.endswith("rect"):
            assert 0 <= float(node.get("x")) <= float(node.get("x")) + float(node.get("width")) <= 720


def test_inputs_without_any_swing_do_not_divide_by_zero():
    swing = Swing(Text("a", "b"), Decimal(5), Decimal(5), Decimal(0))
    assert tornado(title=Text("T", "T"), unit="t", middle=Decimal(5), swings=[swing]) is not None


def test_only_the_widest_inputs_are_drawn_and_the_rest_counted(tmp_path):
    (first, *_) = MARTS["uncertainty_sensitivity"]
    rows = [
        {**first, "input_id": f"n{n}", "label": f"input {n}", "low_tco2e": first["mean_tco2e"] - n} for n in range(30)
    ]
    page = page_of(tmp_path, uncertainty_sensitivity=rows)
    assert "input 29" in page and "input 3<" not in page
    assert "uncertainty_sensitivity.csv" in page
