"""The catalogue of rule sets against the models that read it: nothing lacks, nothing is left over."""

from __future__ import annotations

import re
from datetime import date

import pytest

from mrv.parameters import TO_DECLARE, Parameter, in_force, load_parameters, rule_sets
from mrv.settings import REPOSITORY

DBT = REPOSITORY / "dbt_project"
RULES = (DBT / "models" / "intermediate" / "accounting" / "int_account_rules.sql").read_text(encoding="utf-8")
USES = (DBT / "models" / "intermediate" / "accounting" / "int_parameter_uses.sql").read_text(encoding="utf-8")
KNOWN = (DBT / "tests" / "assert_choices_are_known.sql").read_text(encoding="utf-8")
RULE_SETS = ["art_trees_2", "fcpf_cf", "vm0007_v1_6", "vm0015_v1_1", "vm0048_v1_0"]
YEAR = {"start": date(2023, 1, 1), "end": date(2023, 12, 31)}
ELSEWHERE = {
    "leakage_floor": {"vm0007_v1_6", "vm0015_v1_1", "vm0048_v1_0"},
    "displacement_factor": {"vm0007_v1_6", "vm0015_v1_1", "vm0048_v1_0"},
    "leakage_rate": {"art_trees_2"},
    "degradation_by_proxy": {"fcpf_cf"},
    "degradation_proxy_factor": {"fcpf_cf"},
    "pooled_reversal_share": {"fcpf_cf"},
    "title_share": {"fcpf_cf"},
}
"""Parameters that only some rule sets have a use for."""


def column_names(kind: str) -> set[str]:
    return set(re.findall(rf"max\(parameters\.{kind}\) filter \(\s*where parameters\.name = '(\w+)'", RULES))


def by_name(rule_set: str) -> dict[str, Parameter]:
    return {row.name: row for row in in_force(load_parameters(), rule_set=rule_set, **YEAR)}


def test_there_are_five_rule_sets() -> None:
    assert rule_sets(load_parameters()) == RULE_SETS


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_a_rule_set_has_every_rule_that_the_ledger_reads(rule_set: str) -> None:
    chosen = by_name(rule_set)
    wanted = {
        name for name in column_names("choice") | column_names("value") if rule_set in ELSEWHERE.get(name, {rule_set})
    }
    assert wanted - set(chosen) == set()
    undecided = {name for name in column_names("choice") & wanted if chosen[name].status == TO_DECLARE}
    assert undecided == set(), "a rule is not for a project to guess"


def test_what_only_some_rule_sets_have_is_not_common() -> None:
    for name, holders in ELSEWHERE.items():
        assert {row.rule_set for row in load_parameters() if row.name == name} == holders


def test_every_row_is_read_somewhere() -> None:
    read = RULES + "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "mrv").rglob("*.py"))
    by_words = ("factor_", "natural_risk_", "dead_wood_density_factor_")
    ratio = "t d.m./t d.m."
    orphans = {
        row.name
        for row in load_parameters()
        if not re.search(rf"\b{row.name}\b", read) and not row.name.startswith(by_words) and row.unit != ratio
    }
    primary = (DBT / "models/intermediate/accounting/int_primary_rules.sql").read_text(encoding="utf-8")
    assert {name for name in orphans if f"'{name}'" not in primary} == set()


def test_the_models_know_every_choice_and_no_other() -> None:
    told = {name: set(re.findall(r"'(\w+)'", words)) for name, words in re.findall(r"\('(\w+)', \[([^\]]+)\]\)", KNOWN)}
    offered: dict[str, set[str]] = {}
    for row in load_parameters():
        if row.choices:
            offered.setdefault(row.name, set()).update(row.choices)
    assert {
        name: words - told.get(name, set()) for name, words in offered.items() if words - told.get(name, set())
    } == {}
    # A rule set may be computed without a deduction to compare it; no project may declare that.
    assert {name: words - offered[name] for name, words in told.items() if words - offered[name]} == {
        "uncertainty_rule": {"none"}
    }


def test_uses_name_parameters_choices_and_tables_that_there_are() -> None:
    names = {row.name for row in load_parameters()}
    choices = {f"{row.name}={choice}" for row in load_parameters() for choice in row.choices}
    marts = {path.stem for path in (DBT / "models" / "marts").rglob("*.sql")}
    rows = re.findall(r"\('(\w+)', '(\w+)', (null|'[^']+'), (null|'[^']+')\)", USES)
    assert rows
    for name, mart, *facts in rows:
        assert name in names
        assert mart in marts, name
        for fact in (fact.strip("'") for fact in facts):
            assert "=" not in fact or fact in choices


def test_every_rule_that_the_ledger_reads_is_named_among_those_used() -> None:
    used = set(re.findall(r"\('(\w+)', '\w+', (?:null|')", USES))
    assert (column_names("choice") | column_names("value")) - used == set()


def test_the_gwp_follows_the_year_of_the_vintage() -> None:
    def gwp(year: int) -> dict[str, str]:
        rows = in_force(load_parameters(), rule_set="vm0015_v1_1", start=date(year, 1, 1), end=date(year, 12, 31))
        return {row.name: str(row.value) for row in rows if row.name.startswith("gwp_")}

    assert gwp(2020) == {"gwp_ch4": "25", "gwp_n2o": "298"}
    assert gwp(2021) == {"gwp_ch4": "28", "gwp_n2o": "265"}


def test_derived_factors_are_what_their_notes_say() -> None:
    values = {row.parameter_id: row.value for row in load_parameters() if row.value is not None}
    for version, n2o, ch4 in (("ar4", 298, 25), ("ar5", 265, 28)):
        fertiliser = (0.01 + 0.1 * 0.01 + 0.3 * 0.0075) * 44 / 28 * n2o
        assert float(values[f"common.factor_nitrogen_fertiliser.{version}"]) == pytest.approx(fertiliser, abs=5e-7)
        assert float(values[f"common.factor_cattle.{version}"]) == pytest.approx(0.057 * ch4, abs=1e-12)
    assert float(values["common.factor_diesel"]) == pytest.approx(74.1 * 43.0 * 0.84 / 1e6, abs=1e-6)
    assert float(values["common.factor_gasoline"]) == pytest.approx(69.3 * 44.3 * 0.745 / 1e6, abs=1e-6)


def test_the_cell_that_fails_a_project_has_no_number() -> None:
    cells = {row.name: row for row in load_parameters() if row.name.startswith("natural_risk_")}
    assert len(cells) == 25
    failing = [row for row in cells.values() if row.value is None]
    assert [(row.name, row.choice) for row in failing] == [("natural_risk_from_70_under_10", "fail")]
