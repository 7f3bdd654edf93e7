"""A part of the ledger that does not follow is refused: rows of emissions, the belt, rating, errors, draws, parameters, blocks."""

from datetime import date
from decimal import Decimal

import pytest

from mrv.package.arithmetic import arithmetic
from mrv.package.ledger_tables import KEYS
from tests.unit.package import ledger_marts, parameter_rows
from tests.unit.package.ledger_marts import ART, VCS
from tests.unit.package.test_package_arithmetic import MARTS, refused, spoiled, write


def changed(name, chosen, **values):
    """Return a table with values of the rows changed that `chosen` holds of; a value may be computed from the old one."""
    rows = []
    for row in MARTS[name]:
        new = {column: value(row[column]) if callable(value) else value for column, value in values.items()}
        rows.append({**row, **new} if chosen(row) else row)
    assert rows != MARTS[name]
    return {name: rows}


def of(year=2022, account=VCS, **values):
    own = {**account, **values}
    return lambda row: (
        row.get("vintage_year", row.get("year")) == year and all(row[name] == value for name, value in own.items())
    )


def half(value):
    return value // 2 if isinstance(value, int) else ledger_marts.exact(value / 2)


@pytest.mark.parametrize("table", [*KEYS])
def test_no_row_stands_twice(tmp_path, table):
    root = write(tmp_path, **{table: [*MARTS[table], MARTS[table][-1]]})
    assert "a row stands twice" in refused(root) and f"{table}.parquet" in refused(root)


def test_no_parameter_stands_twice(tmp_path):
    rows = ledger_marts.landed(VCS, ART)["account_parameters"]
    assert "a row stands twice" in refused(write(tmp_path, parameters=[*rows, {**rows[0], "choice": "half_up"}]))
    printed = parameter_rows.catalogue(rows)
    assert "a parameter stands twice" in refused(write(tmp_path, catalogue=[*printed, printed[0]]))


@pytest.mark.parametrize("side", ["baseline", "project"])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"area_ha": half}, "emissions_tco2e"), ({"emission_factor_tco2e_ha": half}, "emissions_tco2e"),
        ({"area_ha": None}, "emissions_tco2e"), ({"emission_factor_tco2e_ha": None}, "emissions_tco2e"),
        ({"emissions_tco2e": half}, "period_tco2e"), ({"emissions_tco2e": None}, "no reason says why"),
        ({"days": 1}, "period_tco2e"), ({"days_in_year": 360}, "2022 has 365 days, not 360"),
        ({"period_tco2e": lambda value: value + Decimal("0.00000001")}, "period_tco2e"),
        ({"emissions_tco2e": lambda value: value + Decimal("0.00001")}, "period_tco2e"),
    ],
)  # fmt: skip
def test_a_row_of_emissions_is_area_times_factor_for_its_days(tmp_path, side, values, said):
    name = f"{side}_emissions"
    assert said in refused(
        write(tmp_path, **changed(name, of(pool="above_ground", scope="project_area", zone_id="pa"), **values))
    )


def test_days_of_a_side_are_those_of_the_vintage(tmp_path):
    """Annual emissions doubled over half of the days leave every sum as it was."""
    rows = changed("project_emissions", of(), days=half, area_ha=lambda value: value * 2,
                   emissions_tco2e=lambda value: value * 2)  # fmt: skip
    assert "emissions of project are of 92 days, the vintage has 184" in refused(write(tmp_path, **rows))
    rows = changed("baseline_emissions", of(pool="total", scope="project_area"), days=half, area_ha=lambda value: value * 2,
                   emissions_tco2e=lambda value: value * 2)  # fmt: skip
    assert "other rows of the same baseline have" in refused(write(tmp_path, **rows))


def parameters(**values):
    """Return the landed parameters with some changed, and the catalogue that prints them."""
    rows = [
        {**row, ("choice" if isinstance(values[row["name"]], str) else "value"): values[row["name"]]}
        if row["name"] in values
        else row
        for row in ledger_marts.landed(VCS, ART)["account_parameters"]
    ]
    return {"parameters": rows, "catalogue": parameter_rows.catalogue(rows)}


def test_emissions_that_decay_are_not_those_of_the_area_of_the_year(tmp_path):
    """What decays comes from the areas of earlier years too, so that the area of the year alone proves nothing."""
    rows = changed("baseline_emissions", of(), area_ha=half)
    assert arithmetic(write(tmp_path, **rows, **parameters(emission_timing="decay"))).startswith("6 vintages")
    degraded = changed("baseline_emissions", of(), area_ha=half, activity="degradation")
    assert "emissions_tco2e" in refused(write(tmp_path, **degraded, **parameters(emission_timing="decay")))


def test_a_span_of_years_is_compared_as_exactly_as_its_area_is_printed(tmp_path):
    near = changed("baseline_emissions", of(), span_years=3, area_ha=lambda value: value + Decimal("0.000001"))
    assert arithmetic(write(tmp_path, **near)).startswith("6 vintages")
    far = changed("baseline_emissions", of(), span_years=3, area_ha=lambda value: value + Decimal("0.00001"))
    assert "emissions_tco2e" in refused(write(tmp_path, **far))


def test_nothing_lost_emits_nothing_whatever_the_factor_is(tmp_path):
    row = {**MARTS["project_emissions"][0], "stratum_id": "cloud_forest", "area_ha": Decimal(0), "reason": None,
           "emission_factor_tco2e_ha": None, "emissions_tco2e": Decimal(0), "period_tco2e": Decimal(0)}  # fmt: skip
    assert arithmetic(write(tmp_path, project_emissions=[*MARTS["project_emissions"], row])).startswith("6 vintages")


@pytest.mark.parametrize(
    ("table", "chosen", "values", "said"),
    [
        ("project_emissions", of(scope="leakage_belt"), {"period_tco2e": lambda value: value * 10}, "belt_monitored_tco2e"),
        ("baseline_emissions", of(scope="leakage_belt"), {"scope": "outside"}, "belt_baseline_tco2e"),
        ("leakage", of(), {"belt_monitored_tco2e": Decimal(0)}, "belt_monitored_tco2e"),
        ("leakage", of(), {"belt_baseline_tco2e": Decimal(60000)}, "belt_baseline_tco2e"),
        ("leakage", of(), {"belt_excess_tco2e": Decimal(7), "belt_leakage_tco2e": Decimal(7)}, "belt_excess_tco2e"),
        ("leakage", of(), {"leakage_rule": "none"}, "the rules in force say belt"),
        ("risk_rating", of(category="internal"), {"score": Decimal(0)}, "total_score is 13.9"),
        ("risk_rating", of(category="internal"), {"limit_score": Decimal(99)}, "limit_score is 99"),
        ("risk_rating", of(category="internal"), {"passes": False}, "passes is True"),
        ("risk_rating", of(category="internal"), {"passes": None}, "passes is True"),
        ("risk_rating", of(category="internal"), {"assessed_on": date(2021, 1, 1)}, "assessed on 2021-01-01"),
        ("risk_rating", of(category="internal"), {"category": "external2"}, "internal_score"),
        ("buffer", of(), {"total_score": Decimal(5)}, "total_score is 5"),
        ("buffer", of(), {"rating_percent": Decimal(10)}, "rating_percent is 10"),
        ("buffer", of(), {"minimum_percent": Decimal(10)}, "minimum_percent is 10"),
        ("buffer", of(), {"passes": False}, "passes is False"),
        ("buffer", of(), {"rate_source": "declared"}, "rate_source is declared"),
        ("buffer", of(), {"buffer_base": "after_deduction"}, "the rules in force say stock_change"),
        ("buffer", of(account=ART), {"buffer_rate": Decimal("0.1")}, "buffer_rate is 0.1"),
        ("buffer", of(account=ART), {"rate_source": None}, "there is no risk rating"),
        ("uncertainty", of(), {"uncertainty_rule": "none"}, "the rules in force say x_unc"),
        ("uncertainty", of(), {"uncertainty_source": "analytic"}, "the rules in force say declared"),
        ("uncertainty", of(), {"monte_carlo_u90": Decimal("0.1")}, "monte_carlo_u90 is 0.1"),
        ("uncertainty", of(), {"eligible": None}, "eligible is True"),
        ("uncertainty_rules", of(in_force=True), {"deduction_fraction": Decimal(0)}, "applied rule: deduction_fraction"),
        ("uncertainty_rules", of(in_force=True), {"in_force": False}, "applies 0 rules"),
        ("uncertainty_rules", of(rule="fcpf"), {"in_force": True}, "applies 4 rules"),
        ("uncertainty_rules", of(rule="fcpf"), {"deduction_fraction": Decimal(0)}, "uncertainty_rules fcpf monte_carlo"),
        ("uncertainty_rules", of(rule="vcs_mr_2_4"), {"deduction_fraction": Decimal(0)}, "uncertainty_rules vcs_mr_2_4"),
        ("monte_carlo", of(quantity="net"), {"mean_tco2e": Decimal(1)}, "further from the median"),
        ("monte_carlo", of(quantity="net"), {"half_width_tco2e": half}, "half_width_tco2e"),
        ("monte_carlo", of(quantity="net"), {"u90": half}, "u90 is"),
        ("monte_carlo", of(quantity="net"), {"median_u90": Decimal("0.31")}, "fcpf monte_carlo: deduction_fraction is 0.04"),
        ("monte_carlo", of(quantity="baseline"), {"expected_tco2e": Decimal(1)}, "expected_tco2e is 1"),
        ("monte_carlo", of(quantity="net"), {"q95_tco2e": Decimal(0)}, "out of order"),
        ("emission_reductions", of(), {"is_primary": False}, "is_primary is False"),
        ("emission_reductions", of(account=ART), {"is_primary": True}, "sample has 2 primary accounts, not one"),
        ("emission_reductions", of(), {"adjusted_tco2e": Decimal(1)}, "adjusted_tco2e is 1"),
        ("issuance_reconciliation", of(2023), {"issued": 0}, "issued is 0, its parts give 100000"),
        ("issuance_reconciliation", of(2023), {"issued": None}, "issued is None"),
        ("issuance_reconciliation", of(2023), {"retired": 0}, "retired is 0, its parts give 50000"),
        ("issuance_reconciliation", of(2023), {"computed_credits": 1}, "computed_credits is 1"),
        ("issuance_reconciliation", of(2023), {"vintage_end": date(2023, 12, 30)}, "is left out, or nobody's"),
        ("issuances", lambda row: row["is_retired"], {"quantity_issued": 1}, "issued is 100000"),
    ],
)  # fmt: skip
def test_a_part_that_was_changed_is_refused(tmp_path, table, chosen, values, said):
    assert said in refused(write(tmp_path, **changed(table, chosen, **values)))


def test_a_number_of_the_registry_that_is_withheld_is_not_compared(tmp_path):
    rows = changed("issuance_reconciliation", of(2022), issued=None, retired=None)
    assert arithmetic(write(tmp_path, **rows)).startswith("6 vintages")


def test_a_vintage_that_the_registry_issued_cannot_be_left_out(tmp_path):
    rows = [row for row in MARTS["issuance_reconciliation"] if row["vintage_year"] != 2024]
    assert "from 2024-01-01 to 2024-06-30 is left out" in refused(write(tmp_path, issuance_reconciliation=rows))


def failing(**ledger):
    """Return a ledger of which every vintage of the VCS account is rated above a limit, and what of it was credited."""
    rated = changed("risk_rating", of(category="internal"), score=Decimal(40), passes=False)
    held = {"internal_score": Decimal(40), "total_score": Decimal("45.5"), "rating_percent": Decimal(46), "passes": False,
            "buffer_rate": None}  # fmt: skip
    return {**rated, **changed("buffer", of(), **held, buffer_tco2e=Decimal(0)), **ledger}


def test_a_rating_that_fails_credits_nothing(tmp_path):
    text = refused(write(tmp_path, **failing()))
    assert "vm0007_v1_6 2022: eligible is True, error and risk rating give False" in text
    nothing = {
        "eligible": False, "deduction_tco2e": None, "adjusted_tco2e": None, "buffer_rate": None, "buffer_tco2e": Decimal(0),
        "earned_tco2e": Decimal(0), "creditable_tco2e": Decimal(0), "credits": 0,
    }  # fmt: skip
    lost = MARTS["emission_reductions"][0]["credits"]
    vintages = changed("vintages", of(), credits=0, buffer_credits=0, reduction_credits=0)["vintages"]
    vintages = [
        {**row, "cumulative_credits": row["cumulative_credits"] - lost}
        if row["rule_set"] == VCS["rule_set"] and row["vintage_year"] > 2021
        else row
        for row in vintages
    ]
    root = write(
        tmp_path,
        **failing(**changed("emission_reductions", of(), **nothing), vintages=vintages),
        issuance_reconciliation=changed("issuance_reconciliation", of(), computed_credits=0)["issuance_reconciliation"],
    )
    assert arithmetic(root).startswith("6 vintages")


@pytest.mark.parametrize("rate", ["0.12", "0.2"])
def test_a_declared_rate_that_is_not_the_rating_gives_no_rate(tmp_path, rate):
    assert "buffer_rate is 0.14" in refused(write(tmp_path, **parameters(buffer_rate=Decimal(rate))))


def test_a_rating_below_the_minimum_is_the_minimum(tmp_path):
    assert "rating_percent is 14" in refused(write(tmp_path, **parameters(buffer_minimum=Decimal("0.2"))))


def test_accounts_are_those_that_were_landed(tmp_path):
    landed = ledger_marts.landed(VCS, ART)["accounts"]
    swapped = [{**row, "is_primary": not row["is_primary"]} for row in landed]
    assert "the account was landed otherwise" in refused(write(tmp_path, accounts=swapped))
    assert "account art_trees_2 stands in the ledger or among the landed" in refused(
        write(tmp_path, accounts=landed[:1])
    )
    nobody = [{**row, "is_primary": False} for row in MARTS["emission_reductions"]]
    assert "sample has 0 primary accounts" in refused(write(tmp_path, emission_reductions=nobody))


@pytest.mark.parametrize(
    ("place", "values", "said"),
    [
        (0, {"value": Decimal("0.5")}, "value is 0.5"), (0, {"status": "unconfirmed"}, "status is unconfirmed"),
        (0, {"confirmed_by": "Nobody"}, "confirmed_by is Nobody"), (0, {"confirmed_on": None}, "confirmed_on is None"),
        (0, {"confirmed_in": "page 1"}, "confirmed_in is page 1"), (1, {"status": "confirmed"}, "status is confirmed"),
        (2, {"status": "confirmed"}, "status is confirmed"), (2, {"choice": "none"}, "in force was uncertainty_rule x_unc"),
        (2, {"name": "rounding"}, "rounding x_unc"), (2, {"parameter_id": "common.other"}, "not in force"),
        (2, {"first_vintage_year": 2010}, "not in force from 2010"),
    ],
)  # fmt: skip
def test_parameters_used_are_those_in_force(tmp_path, place, values, said):
    assert said in refused(write(tmp_path, **spoiled("parameters_used", place, **values)))


@pytest.mark.parametrize(
    ("name", "values"),
    [("ner_error", {"value": Decimal("0.17")}), ("rounding", {"choice": "half_up"}), ("rounding", {"name": "x"})],
)
def test_landed_parameters_are_those_of_the_catalogue(tmp_path, name, values):
    printed = parameter_rows.catalogue(ledger_marts.landed(VCS, ART)["account_parameters"])
    rows = [{**row, **values} if row["name"] == name else row for row in printed]
    assert f"common.{name} is not that of data/calc/parameters.csv" in refused(write(tmp_path, catalogue=rows))
