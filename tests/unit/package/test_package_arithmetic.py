"""A ledger that adds up is accepted; one of which a single number was changed is not, whatever else was changed with it."""

import csv
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import PackageError
from mrv.package import arithmetic_rules as anew
from mrv.package.arithmetic import arithmetic
from mrv.package.arithmetic_rules import Rules, credited, share
from mrv.package.ledger_tables import ACCOUNTS, CATALOGUE, PARAMETERS
from mrv.package.tables import FOLDER
from mrv.schemas import DATASETS
from tests.unit.package import ledger_marts, parameter_rows
from tests.unit.package.ledger_marts import ART, COLUMNS, VCS

TABLES = (
    "emission_reductions",
    "leakage",
    "uncertainty",
    "buffer",
    "baseline_emissions",
    "project_emissions",
    "monte_carlo",
    "vintages",
    "risk_rating",
    "uncertainty_rules",
    "issuances",
    "issuance_reconciliation",
    "parameters_used",
)
MARTS = {**ledger_marts.ledger_marts(ART), "parameters_used": parameter_rows.rows()}


def write(root, *, parameters=None, catalogue=None, accounts=None, **changes):
    marts = {**MARTS, **changes}
    for name in TABLES:
        path = root / FOLDER / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = {**COLUMNS, **parameter_rows.COLUMNS}[name]
        pq.write_table(pa.Table.from_pylist(marts[name], schema=pa.schema(list(columns.items()))), path)
    landed = ledger_marts.landed(VCS, ART)
    rows = landed["account_parameters"] if parameters is None else parameters
    (root / PARAMETERS).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(DATASETS["account_parameters"].table(rows), root / PARAMETERS)
    pq.write_table(DATASETS["accounts"].table(landed["accounts"] if accounts is None else accounts), root / ACCOUNTS)
    printed = parameter_rows.catalogue(landed["account_parameters"]) if catalogue is None else catalogue
    (root / CATALOGUE).parent.mkdir(parents=True, exist_ok=True)
    with (root / CATALOGUE).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, printed[0])
        writer.writeheader()
        writer.writerows(printed)
    return root


def spoiled(name, place=0, /, **values):
    return {name: [{**row, **values} if number == place else row for number, row in enumerate(MARTS[name])]}


def refused(root):
    with pytest.raises(PackageError) as error:
        arithmetic(root)
    return str(error.value)


def test_a_ledger_that_adds_up_is_accepted(tmp_path):
    assert arithmetic(write(tmp_path)).startswith("6 vintages of 2 accounts follow")


def test_a_package_without_a_ledger_has_nothing_to_compare(tmp_path):
    assert arithmetic(tmp_path) == "there is no ledger"
    nothing = {name: [] for name in TABLES}
    assert arithmetic(write(tmp_path, **nothing)) == "there is no ledger"


@pytest.mark.parametrize("place", [0, 4], ids=["VCS", "ART"])
@pytest.mark.parametrize(
    "column",
    [
        "days", "baseline_tco2e", "project_tco2e", "gross_reduction_tco2e", "stock_change_tco2e", "leakage_tco2e", "net_tco2e",
        "deduction_tco2e", "buffer_tco2e", "earned_tco2e", "creditable_tco2e", "carried_tco2e", "credits", "transferred_tco2e",
        "uncertainty_u90", "deduction_fraction", "buffer_rate",
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", [1, -1, None])
def test_no_number_of_the_ledger_can_be_changed(tmp_path, place, column, by):
    row = ledger_marts.ledger_marts(ART)["emission_reductions"][place]
    value = None if by is None else row[column] + (by if column in {"days", "credits"} else by * Decimal("0.00001"))
    said = "earned_tco2e" if column == "transferred_tco2e" else column
    assert said in refused(write(tmp_path, **spoiled("emission_reductions", place, **{column: value})))


@pytest.mark.parametrize(
    ("table", "values", "said"),
    [
        ("baseline_emissions", {"period_tco2e": Decimal("162939.8251")}, "baseline_tco2e"),
        ("project_emissions", {"period_tco2e": None}, "project_tco2e is 38019"),
        ("project_emissions", {"scope": "leakage_belt"}, "project_tco2e"),
        ("project_emissions", {"activity": "fire"}, "stock_change_tco2e"),
        ("leakage", {"belt_leakage_tco2e": Decimal(1)}, "leakage of the belt is 1"),
        ("leakage", {"belt_excess_tco2e": Decimal(-1)}, "leakage of the belt"),
        ("leakage", {"prevention_tco2e": Decimal(5)}, "leakage_tco2e"),
        ("uncertainty", {"deduction_fraction": Decimal("0.02")}, "the rule x_unc deducts 0.02"),
        ("uncertainty", {"uncertainty_u90": Decimal("0.16")}, "the rule x_unc deducts"),
        ("buffer", {"buffer_rate": Decimal("0.12")}, "buffer_tco2e"),
        ("monte_carlo", {"q05_tco2e": Decimal(10**9)}, "quantiles of baseline are out of order"),
        ("vintages", {"credits": 150001}, "credits in all"),
    ],
)  # fmt: skip
def test_a_part_that_does_not_make_up_its_sum_is_refused(tmp_path, table, values, said):
    assert said in refused(write(tmp_path, **spoiled(table, **values)))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"credits": 1}, "credits"), ({"buffer_credits": 20023}, "buffer credits"), ({"removal_credits": 1}, "of removals"),
        ({"source": "prior"}, "computed vintages"), ({"vintage_year": 2023}, "computed vintages"),
        ({"leakage_tco2e": Decimal(1)}, "leakage_tco2e"),
    ],
)  # fmt: skip
def test_the_table_of_vintages_is_the_ledger(tmp_path, values, said):
    row = ledger_marts.ledger_marts()["vintages"][1]
    changed = {name: row[name] + 1 if name == "buffer_credits" else value for name, value in values.items()}
    assert said in refused(write(tmp_path, **spoiled("vintages", 1, **changed)))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("leakage", "2023 has no row in leakage"), ("uncertainty", "2023 has no row in uncertainty"),
        ("buffer", "2023 has no row in buffer"), ("baseline_emissions", "baseline_tco2e is 362711.500000000, its parts give None"),
        ("project_emissions", "its parts give None"),
    ],
)  # fmt: skip
def test_a_vintage_without_its_parts_is_refused(tmp_path, table, said):
    rows = [row for row in ledger_marts.ledger_marts(ART)[table] if row.get("vintage_year", row.get("year")) != 2023]
    assert said in refused(write(tmp_path, **{table: rows}))


def test_an_account_without_its_rules_is_refused(tmp_path):
    assert "art_trees_2 2022 has no row in account_parameters" in refused(
        write(tmp_path, parameters=ledger_marts.landed(VCS)["account_parameters"])
    )


def test_a_vintage_that_stands_twice_is_refused(tmp_path):
    rows = ledger_marts.ledger_marts(ART)["leakage"]
    assert "a row stands twice" in refused(write(tmp_path, leakage=[*rows, rows[0]]))


def test_what_is_unknown_stays_unknown(tmp_path):
    """A vintage whose deduction is not known has no credits, and neither has one after it."""
    error = {"uncertainty_u90": None, "deduction_fraction": None}
    unknown = {**error, "deduction_tco2e": None, "adjusted_tco2e": None, "earned_tco2e": None}
    none = dict.fromkeys(("creditable_tco2e", "carried_tco2e", "opening_tco2e", "credits"))
    marts = ledger_marts.ledger_marts()
    rows = [
        {**row, **none, **(unknown if place == 1 else {})} if place else row
        for place, row in enumerate(marts["emission_reductions"])
    ]
    rows[1]["opening_tco2e"] = Decimal(0)
    errors = [
        {**row, **error, "analytic_u90": None, "uncertainty_source": "analytic"} if place == 1 else row
        for place, row in enumerate(marts["uncertainty"])
    ]
    compared = [row for row in marts["uncertainty_rules"] if row["vintage_year"] != 2023]
    compared.append(
        {**compared[0], **error, "vintage_year": 2023, "in_force": True, "reason": "the error is not known"}
    )
    landed = ledger_marts.landed(VCS)
    parameters = [
        row for row in landed["account_parameters"] if (row["name"], row["vintage_year"]) != ("ner_error", 2023)
    ]
    nothing = dict.fromkeys(("credits", "reduction_credits", "removal_credits", "cumulative_credits"))
    vintages = [{**row, **nothing} if row["vintage_year"] > 2022 else row for row in marts["vintages"]]
    reconciled = [
        {**row, "computed_credits": None} if row["vintage_year"] > 2022 else row
        for row in marts["issuance_reconciliation"]
    ]
    said = {
        **marts, "uncertainty": errors, "uncertainty_rules": compared, "vintages": vintages, "parameters": parameters,
        "accounts": landed["accounts"], "issuance_reconciliation": reconciled,
    }  # fmt: skip
    assert arithmetic(write(tmp_path, **{**said, "emission_reductions": rows})).startswith("3 vintages")
    credits_anyway = [{**row, "credits": 1} if place == 2 else row for place, row in enumerate(rows)]
    assert "credits are 1" in refused(write(tmp_path, **{**said, "emission_reductions": credits_anyway}))


# --- rules -----------------------------------------------------------------------------------------------------

COMMON = {
    "uncertainty_allowable": "0.15", "uncertainty_level_factor": "1", "uncertainty_free_below": "0.1",
    "uncertainty_ineligible_above": "1", "t_two_sided_90": "1.6449", "t_one_sided_66_67": "0.4307",
    "art_one_sided_quantile": "0.524417", "art_two_sided_90_quantile": "1.645006", "fcpf_limit_1": "0.15", "fcpf_limit_2": "0.3",
    "fcpf_limit_3": "0.6", "fcpf_limit_4": "1", "fcpf_factor_1": "0", "fcpf_factor_2": "0.04", "fcpf_factor_3": "0.08",
    "fcpf_factor_4": "0.12", "fcpf_factor_5": "0.15",
}  # fmt: skip
RULES = Rules({}, {name: Decimal(value) for name, value in COMMON.items()})


def deducted(rule, u90):
    return share(
        {"uncertainty_rule": rule, "uncertainty_u90": Decimal(str(u90)), "uncertainty_source": "analytic"}, RULES
    )


@pytest.mark.parametrize(
    ("rule", "u90", "percent"),
    [
        ("vcs_mr_2_4", 0.08, "0"), ("vcs_mr_2_4", 0.12, "3.1421"), ("vcs_mr_2_4", 0.25, "6.5460"), ("vcs_mr_2_4", 0.329, "8.6145"),
        ("vcs_mr_2_4", 0.6, "15.7104"), ("vcs_mr_2_4", 1, "26.1840"), ("scaled_excess_10", 0.08, "0"),
        ("scaled_excess_10", 0.12, "0.5237"), ("scaled_excess_10", 0.329, "5.9961"), ("scaled_excess_10", 1, "23.5656"),
        ("art_trees", 0.08, "2.5503"), ("art_trees", 0.329, "10.4883"), ("art_trees", 1, "31.8793"), ("fcpf", 0.15, "0"),
        ("fcpf", 0.3, "4"), ("fcpf", 0.31, "8"), ("fcpf", 1, "12"), ("fcpf", 1.01, "15"), ("x_unc", 0.18, "3"), ("x_unc", 0.12, "0"),
        ("none", 3, "0"),
    ],
)  # fmt: skip
def test_each_rule_deducts_what_its_document_says(rule, u90, percent):
    assert abs(100 * deducted(rule, u90) - Decimal(percent)) < Decimal("0.00006")


@pytest.mark.parametrize("rule", ["vcs_mr_2_4", "scaled_excess_10"])
def test_an_error_over_the_limit_has_no_deduction(rule):
    assert deducted(rule, 1.0001) is None


@given(
    u90=st.decimals(0, 3, places=6),
    rule=st.sampled_from(["x_unc", "vcs_mr_2_4", "scaled_excess_10", "art_trees", "fcpf"]),
)
def test_no_rule_ever_adds_tonnes(u90, rule):
    found = deducted(rule, u90)
    assert found is None or found >= 0


def chain(earned, deficit_rule="earned_back", opening="0"):
    rows = [
        {
            "vintage_year": year, "earned_tco2e": None if value is None else Decimal(value), "opening_tco2e": Decimal(opening),
            "gross_reduction_tco2e": Decimal(value or 0), "removals_left_out_tco2e": Decimal(0), "removals_tco2e": Decimal(0),
        }
        for year, value in enumerate(earned)
    ]  # fmt: skip
    return [*credited(rows, {year: Rules({"deficit_rule": deficit_rule}, {}) for year in range(len(rows))})]


@pytest.mark.parametrize(
    ("earned", "opening", "creditable"),
    [
        ((100, 50), "0", (100, 50)), ((100, -30), "0", (70, 0)), ((-30, 100), "0", (0, 70)), ((100, -30, 50), "0", (100, 0, 20)),
        ((100, 50), "-120", (0, 30)), ((-10, -20), "0", (0, 0)), ((100, None, 50), "0", (100, None, None)),
    ],
)  # fmt: skip
def test_a_loss_is_earned_back_before_anything_is_credited(earned, opening, creditable):
    assert [value for value, _ in chain(earned, opening=opening)] == [*creditable]


@given(earned=st.lists(st.decimals(-(10**6), 10**6, places=3), min_size=1, max_size=8))
def test_a_period_credits_what_it_earned_or_nothing(earned):
    found = chain(earned)
    assert sum(value for value, _ in found) == max(sum(earned), 0)
    assert all(value >= 0 for value, _ in found)
    assert found[-1][1] == min(sum(earned), 0)


def test_losses_may_be_credits_below_zero():
    assert chain((-31435, 20), "negative_credits") == [(Decimal(-31435), 0), (Decimal(20), 0)]


FCPF = {"removals_tco2e": Decimal(0), "removals_left_out_tco2e": Decimal(0), "eligible": True, "transferred_tco2e": Decimal(0),
        "gross_reduction_tco2e": Decimal(10**6), "net_tco2e": Decimal(10**6), "deduction_fraction": Decimal("0.08")}  # fmt: skip


def test_the_published_table_of_fcpf_comes_out():
    rules = Rules({"credit_rule": "fcpf", "degradation_by_proxy": "yes"}, {"degradation_proxy_factor": Decimal("0.15")})
    row = {**FCPF, "deduction_tco2e": anew.deduction(FCPF, rules, Decimal(100_000))}
    assert row["deduction_tco2e"] == 87_000
    row["buffer_tco2e"] = anew.buffer(row, {"buffer_base": "after_deduction", "buffer_rate": Decimal("0.21")})
    assert row["buffer_tco2e"] == 146_080 + 45_650
    assert anew.earned(row) == 721_270


def test_the_published_case_of_art_comes_out():
    rules = Rules({"credit_rule": "art_trees"}, {})
    reduction, fraction = Decimal(350_000), deducted("art_trees", 0.15)
    row = {**FCPF, "gross_reduction_tco2e": reduction, "net_tco2e": reduction - 35_000, "deduction_fraction": fraction}
    row["deduction_tco2e"] = anew.deduction(row, rules, None)
    row["buffer_tco2e"] = anew.buffer(row, {"buffer_base": "gross_less_transferred", "buffer_rate": Decimal("0.15")})
    assert anew.earned(row).to_integral_value() == 245_763
    loss = {**row, "gross_reduction_tco2e": Decimal(-30_000), "net_tco2e": Decimal(-30_000)}
    loss["deduction_tco2e"] = anew.deduction(loss, rules, None)
    loss["buffer_tco2e"] = anew.buffer(loss, {"buffer_base": "gross_less_transferred", "buffer_rate": Decimal("0.15")})
    assert anew.earned(loss).to_integral_value() == -31_435
