"""The published and worked examples through dbt from input tables, to the digit, all in one build."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from mrv.warehouse.build import Build
from tests.integration import oracle_accounts as oracles
from tests.integration.account_inputs import merged
from tests.integration.warehouse_inputs import Rows, build, records, write_landed
from tests.reference.compare import SQL, disagreements
from tests.reference.ledger import ledger
from tests.reference.project_rows import accounts, projects

pytestmark = pytest.mark.integration
ORACLE = Path(__file__).resolve().parents[2] / ".." / "shared" / "oracles" / "emission_reductions.json"
MARTS = ("emission_reductions", "vintages", "leakage", "buffer", "risk_rating", "uncertainty")
VCS_ERRORS = ("0.08", "0.12", "0.25", "0.329", "0.60", "1.0", "1.000001")
FCPF_FACTORS = {
    "0": "0",
    "0.15": "0",
    "0.150001": "0.04",
    "0.3": "0.04",
    "0.6": "0.08",
    "0.600001": "0.12",
    "1.0": "0.12",
    "1.01": "0.15",
}


@pytest.fixture(scope="module")
def rows() -> Rows:
    rates = {"title_share": Decimal(1), "leakage_rate": Decimal("0.1"), "displacement_factor": Decimal("0.05")}
    deductions = [
        ("vm0048_v1_0", "vcs_mr_2_4", VCS_ERRORS, {}),
        ("vm0048_v1_0", "scaled_excess_10", VCS_ERRORS, {"uncertainty_rule": "scaled_excess_10"}),
        ("art_trees_2", "art", (*VCS_ERRORS, "0.1", "0.15", "0.3"), {"leakage_rate": Decimal(0)}),
        ("fcpf_cf", "fcpf", FCPF_FACTORS, {"title_share": Decimal(1), "buffer_rate": Decimal("0.05")}),
        ("vm0007_v1_6", "x_unc", ("0.18", "0.12"), {}),
    ]
    return merged(
        [
            *(
                one
                for rule_set, name, errors, overrides in deductions
                for one in oracles.of_errors(rule_set, name, errors, **overrides)
            ),
            oracles.crediting_level("art 15", "1250000", "0.15"),
            oracles.crediting_level("art 30", "1250000", "0.30"),
            oracles.crediting_level("art loss", "1630000", "0.15"),
            oracles.fcpf_table(),
            oracles.e1("e1", "vm0007_v1_6"),
            oracles.e1("e1 cumulative", "vm0007_v1_6", leakage_floor="cumulative"),
            oracles.e1("side by side", *oracles.RULE_SETS, **rates),
            oracles.decay(),
            oracles.decay_with_errors(),
            oracles.fire("fire carbon ratio", "vm0015_v1_1", fire_burnt_share=Decimal("0.4")),
            oracles.fire("fire ipcc", "vm0007_v1_6"),
            oracles.mocaredd(),
            oracles.sample(),
            *oracles.ratings(),
            oracles.of_a_product(),
            oracles.of_a_sum(),
        ]
    )


@pytest.fixture(scope="module")
def built(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("oracles")
    return build(write_landed(rows, folder / "landed"), folder=folder / "build", marts=MARTS)


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    if not ORACLE.exists():
        pytest.skip("the oracles do not lie beside the project")
    return json.loads(ORACLE.read_text(encoding="utf-8"), parse_float=Decimal)


def ask(built: Build, mart: str, project_id: str, where: str = "true") -> list[dict[str, Any]]:
    return records(
        built.database, f"select * from marts.{mart} where project_id = '{project_id}' and {where} order by all"
    )


def credited(built: Build, project_id: str) -> list[dict[str, Any]]:
    return records(
        built.database,
        f"select * from marts.emission_reductions where project_id = '{project_id}' order by rule_set, vintage_year",
    )


def to(digits: str, value: Any) -> Decimal:
    return Decimal(value).quantize(Decimal(digits), ROUND_HALF_UP)


def fraction(built: Build, project_id: str) -> Decimal | None:
    (row,) = credited(built, project_id)
    return row["deduction_fraction"]


def test_reference_agrees_on_every_example(built: Build, rows: Rows) -> None:
    # The reference rounds nothing, reads no samples and computes no errors.
    left_out = ("mocaredd", "sample", "product", "sum", "decay with errors")
    own = {name: project for name, project in projects(rows).items() if name not in left_out}
    kept = {
        table: [row for row in found if table == "parameters" or row["project_id"] in own]
        for table, found in rows.items()
    }
    rules = {
        (one.project_id, one.rule_set, year): one.rules[year]
        for project in own.values()
        for one in accounts(project)
        for year in one.rules
    }
    found = [row for row in records(built.database, SQL) if row["project_id"] in own]
    assert disagreements(found, ledger(kept), rules) == []


def test_vcs_deduction(built: Build, published: dict[str, Any]) -> None:
    for error, expected in published["vcs_mr_2_4"]["cases"]:
        assert to("0.00000000001", fraction(built, f"vcs_mr_2_4 {error}")) == pytest.approx(
            expected, abs=Decimal("1e-9")
        )
    assert fraction(built, "vcs_mr_2_4 0.08") == 0
    assert to("0.001", fraction(built, "vcs_mr_2_4 0.329")) == Decimal("0.086")


def test_error_above_the_limit_is_not_eligible(built: Build) -> None:
    for rule in ("vcs_mr_2_4", "scaled_excess_10"):
        (row,) = credited(built, f"{rule} 1.000001")
        assert (row["eligible"], row["credits"], row["deduction_fraction"]) == (False, 0, None)
        assert row["reason"]


@pytest.mark.parametrize(
    ("error", "scaled", "trees"),
    [
        ("0.08", "0", "2.5503"),
        ("0.12", "0.5237", "3.8255"),
        ("0.25", "3.9276", "7.9698"),
        ("0.329", "5.9961", "10.4883"),
        ("0.60", "13.0920", "19.1276"),
        ("1.0", "23.5656", "31.8793"),
    ],
)
def test_rules_side_by_side(built: Build, error: str, scaled: str, trees: str) -> None:
    assert to("0.0001", 100 * (fraction(built, f"scaled_excess_10 {error}") or 0)) == Decimal(scaled)
    assert to("0.0001", 100 * (fraction(built, f"art {error}") or 0)) == Decimal(trees)


def test_x_unc_deducts_the_excess_and_adds_nothing(built: Build) -> None:
    assert [fraction(built, f"x_unc {error}") for error in ("0.18", "0.12")] == [Decimal("0.03"), 0]
    assert [credited(built, f"x_unc {error}")[0]["credits"] for error in ("0.18", "0.12")] == [970_000, 1_000_000]


def test_art_deduction_and_credits(built: Build, published: dict[str, Any]) -> None:
    art = published["art"]
    for error, expected in art["cases"]:
        assert to("0.000000001", fraction(built, f"art {error}")) == to("0.000000001", expected)
    (case,) = credited(built, "art 15")
    assert to("0.0001", case["deduction_tco2e"]) == art["er_case"]["UNC"]
    assert case["leakage_tco2e"] == art["er_case"]["LEAK"]
    assert case["buffer_tco2e"] == art["er_case"]["BUF"]
    assert case["baseline_tco2e"] == art["er_case"]["CL"]
    expected = [art[name]["TREES"] for name in ("er_case", "er_case2", "neg")]
    assert [credited(built, name)[0]["credits"] for name in ("art 15", "art 30", "art loss")] == expected
    assert case["credit_unit"] == "TREES"


def test_fcpf_factors(built: Build, published: dict[str, Any]) -> None:
    assert {error: fraction(built, f"fcpf {error}") for error in FCPF_FACTORS} == {
        error: Decimal(factor) for error, factor in FCPF_FACTORS.items()
    }
    assert [Decimal(str(factor)) for _, factor in published["fcpf"]["bins"]] == sorted(
        {Decimal(factor) for factor in FCPF_FACTORS.values()}
    )


def test_fcpf_table(built: Build, published: dict[str, Any]) -> None:
    table = published["fcpf"]["table"]
    (row,) = credited(built, "fcpf table")
    assert row["gross_reduction_tco2e"] == table["A"]
    assert row["deduction_tco2e"] == table["H"]
    assert row["buffer_tco2e"] == table["J"] + table["K"]
    assert row["pooled_buffer_tco2e"] == table["K"]
    assert row["credits"] == table["L"] == 721_270


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("baseline_tco2e", "BSL"),
        ("project_tco2e", "P"),
        ("leakage_tco2e", "LK_annual_floor"),
        ("net_tco2e", "NER_annual_floor"),
        ("adjusted_tco2e", "ADJ"),
        ("buffer_tco2e", "BUF"),
        ("credits", "VCU"),
    ],
)
def test_e1_from_declared_tables(built: Build, published: dict[str, Any], name: str, key: str) -> None:
    digits = "1" if name == "credits" else "0.0001"
    found = [to(digits, row[name]) for row in credited(built, "e1")]
    assert found == [to(digits, value) for value in published["e1"][key]]


@pytest.mark.parametrize(("name", "key"), [("leakage_tco2e", "LK_cum_floor_increment"), ("net_tco2e", "NER_cum_floor")])
def test_e1_with_the_cumulative_floor(built: Build, published: dict[str, Any], name: str, key: str) -> None:
    found = [to("0.0001", row[name]) for row in credited(built, "e1 cumulative")]
    assert found == [to("0.0001", value) for value in published["e1"][key]]


def test_e1_belt(built: Build, published: dict[str, Any]) -> None:
    rows = ask(built, "leakage", "e1")
    assert [to("0.0001", row["belt_monitored_tco2e"]) for row in rows] == [
        to("0.0001", value) for value in published["e1"]["LB_expost"]
    ]
    assert {to("0.0001", row["belt_baseline_tco2e"]) for row in rows} == {to("0.0001", published["e1"]["LB_bsl"])}


def test_one_project_under_five_rule_sets(built: Build) -> None:
    rows = credited(built, "side by side")
    assert len(rows) == 15
    assert {row["rule_set"]: row["is_primary"] for row in rows} == {
        name: name == "vm0015_v1_1" for name in oracles.RULE_SETS
    }
    assert {(row["rule_set"], row["credit_unit"]) for row in rows} == {
        ("vm0015_v1_1", "VCU"),
        ("vm0007_v1_6", "VCU"),
        ("vm0048_v1_0", "VCU"),
        ("art_trees_2", "TREES"),
        ("fcpf_cf", "ER"),
    }
    e1 = [row["credits"] for row in credited(built, "e1")]
    assert [row["credits"] for row in rows if row["rule_set"] == "vm0007_v1_6"] == e1
    assert len({tuple(row["credits"] for row in rows if row["rule_set"] == name) for name in oracles.RULE_SETS}) == 5


def test_ten_years_of_decay(built: Build) -> None:
    found = [to("0.001", row["baseline_tco2e"]) for row in credited(built, "decay")]
    assert found == [Decimal("52796.407"), *[Decimal("729.740")] * 9, 0]
    assert to("0.001", sum(row["baseline_tco2e"] for row in credited(built, "decay"))) == Decimal("59364.067")


def test_carbon_that_decays_errs_with_the_years_that_it_comes_from(built: Build) -> None:
    """Of 2023 alone 36,667 t above ground and 733 below, nine years before with 733 each: 18,700 and 9 x 367 of 22,000."""
    row = records(
        built.database, "select uncertainty_u90 from marts.uncertainty where project_id = 'decay with errors'"
    )[0]
    parts = [100 + 2, *[2] * 9]
    by_hand = sum((part * 0.5) ** 2 for part in parts) ** 0.5 / 60
    assert by_hand == pytest.approx(0.851469)
    assert float(row["uncertainty_u90"]) == pytest.approx(by_hand, abs=1e-6)


def test_fire(built: Build) -> None:
    assert [to("0.00001", row["project_tco2e"]) for row in credited(built, "fire carbon ratio")] == [
        Decimal("13.55106")
    ]
    sql = "select pool, period_tco2e from marts.project_emissions where project_id = '{}' and activity = 'fire' order by pool"
    parts = {
        name: [to("0.00001", row["period_tco2e"]) for row in records(built.database, sql.format(name))]
        for name in ("fire carbon ratio", "fire ipcc")
    }
    assert parts == {
        "fire carbon ratio": [Decimal("12.72320"), Decimal("0.82786")],
        "fire ipcc": [Decimal("20.70904"), Decimal("5.76460")],
    }


@pytest.mark.parametrize(
    ("mart", "expected"),
    [
        ("baseline_emissions", (14_183_431, 5_371_581, 25_046_554, 5_713_724, 56_007_568, 3_047_947)),
        ("project_emissions", (1_298_016, 999_198, 2_741_869, 2_115_246, 7_947_822, 747_978)),
    ],
)
def test_mocaredd_rows(built: Build, mart: str, expected: tuple[int, ...]) -> None:
    factors = ("631.638", "474.228", "454.780", "341.444", "176.858", "132.785")
    rows = {
        (row["from_state"], row["to_state"]): (row["emission_factor_tco2e_ha"], row["span_tco2e"])
        for row in ask(built, mart, "mocaredd", "year = 2021")
    }
    assert rows == {
        change: (Decimal(factor), tonnes)
        for change, factor, tonnes in zip(oracles.MOCAREDD_AREAS, factors, expected, strict=True)
    }


def test_mocaredd_totals(built: Build) -> None:
    rows = credited(built, "mocaredd")
    assert [row["vintage_year"] for row in rows] == [2021, 2022]
    assert {row["baseline_tco2e"] for row in rows} == {21_874_161}
    assert {row["project_tco2e"] for row in rows} == {7_925_065}
    assert {row["gross_reduction_tco2e"] for row in rows} == {13_949_096}


def test_mocaredd_parts(built: Build) -> None:
    sql = """
        select scenario, deforestation_tco2e, degradation_tco2e from intermediate.int_account_sides
        where project_id = 'mocaredd' and scope = 'project_area' and vintage_year = 2021 order by scenario
    """
    assert [tuple(row.values()) for row in records(built.database, sql)] == [
        ("baseline", 10_063_058, 11_811_103),
        ("monitored", 3_577_165, 4_347_900),
    ]


def test_sample_of_rare_loss(built: Build, published: dict[str, Any]) -> None:
    oracle = published["vmd0055_sample"]
    sql = """
        select area_ha, se_ha, u90, first_year, last_year from intermediate.int_account_activity
        where project_id = 'sample' and scenario = 'monitored'
    """
    (row,) = records(built.database, sql)
    years = row["last_year"] - row["first_year"] + 1
    assert row["area_ha"] == oracle["area"]
    assert row["area_ha"] / years == oracle["annual"]
    assert to("0.0001", row["se_ha"]) == oracle["se"]
    assert to("0.0001", row["u90"] * row["area_ha"]) == oracle["hw90_t"]
    assert to("0.000001", row["u90"]) == oracle["rel"]


def test_ratings(built: Build) -> None:
    for name, rate in {"rating 6": "0.12", "rating 12": "0.12"}.items():
        (row,) = ask(built, "buffer", name)
        assert (row["buffer_rate"], row["passes"], row["rate_source"]) == (Decimal(rate), True, "rating")
        assert credited(built, name)[0]["credits"] == 880_000
    (failed,) = ask(built, "buffer", "rating 61")
    assert failed["passes"] is False
    assert failed["reason"]
    assert credited(built, "rating 61")[0]["credits"] in (0, None)


def test_errors_are_combined_as_ipcc_does(built: Build) -> None:
    (product,) = ask(built, "uncertainty", "product")
    (total,) = ask(built, "uncertainty", "sum")
    assert to("0.000001", product["uncertainty_u90"]) == Decimal("0.25")
    assert to("0.000001", total["uncertainty_u90"]) == Decimal("0.228683")
