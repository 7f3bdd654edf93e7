"""A thousand random projects in one build, against a recomputation that shares nothing with the warehouse but the input rows."""

from __future__ import annotations

from collections import Counter

import pytest

from mrv.warehouse.build import Build
from tests.integration.account_inputs import merged
from tests.integration.warehouse_inputs import Rows, build, records, write_landed
from tests.reference.compare import SQL, disagreements
from tests.reference.ledger import Vintage, ledger
from tests.reference.project_rows import accounts, projects
from tests.reference.random_projects import RULE_SETS, random_projects

pytestmark = pytest.mark.integration
SEED = 958
PROJECTS = 1_000
Key = tuple[str, str, int]


@pytest.fixture(scope="module")
def rows() -> Rows:
    return merged(random_projects(SEED, PROJECTS))


@pytest.fixture(scope="module")
def expected(rows: Rows) -> dict[Key, Vintage]:
    return ledger(rows)


@pytest.fixture(scope="module")
def built(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("portfolio")
    landed = write_landed(rows, folder / "landed")
    return build(landed, folder=folder / "build", marts=("emission_reductions", "vintages"))


def test_every_vintage_of_a_thousand_projects(built: Build, rows: Rows, expected: dict[Key, Vintage]) -> None:
    rules = {
        (one.project_id, one.rule_set, year): one.rules[year]
        for project in projects(rows).values()
        for one in accounts(project)
        for year in one.rules
    }
    assert disagreements(records(built.database, SQL), expected, rules) == []


def test_random_projects_reach_every_rule(rows: Rows, expected: dict[Key, Vintage]) -> None:
    """A portfolio that only held easy cases would prove nothing."""
    assert len({key[0] for key in expected}) == PROJECTS
    kinds = Counter(
        (key[1], "unknown" if one.credits is None else "none" if one.credits <= 0 else "credited")
        for key, one in expected.items()
    )
    assert all(kinds[rule_set, kind] > 20 for rule_set in RULE_SETS for kind in ("unknown", "none", "credited"))
    assert sum(one.eligible is False for one in expected.values()) > 50
    assert sum((one.carried or 0) < 0 for one in expected.values()) > 100
    assert sum(one.credits is not None and one.credits < 0 for one in expected.values()) > 20
    chosen = Counter((row["name"], row["choice"]) for row in rows["account_parameters"] if row["choice"])
    for name, choices in {
        "emission_timing": ("year_of_loss", "decay"),
        "leakage_rule": ("belt", "belt_and_displacement", "rate", "none"),
        "uncertainty_rule": ("none", "x_unc", "vcs_mr_2_4", "scaled_excess_10", "art_trees", "fcpf"),
        "fire_rule": ("none", "carbon_ratio", "ipcc_2_27"),
    }.items():
        assert all(chosen[name, choice] > 100 for choice in choices)
    modes = Counter(row["mode"] for row in rows["baseline_versions"])
    assert all(modes[mode] > 20 for mode in ("annual_table", "reference_average", "emissions_table", "crediting_level"))


def test_no_row_is_lost_or_doubled(built: Build, expected: dict[Key, Vintage]) -> None:
    (counted,) = records(built.database, "select count(*) as n from marts.emission_reductions")
    (listed,) = records(built.database, "select count(*) as n from marts.vintages where source = 'computed'")
    assert counted["n"] == listed["n"] == len(expected)


def test_unknown_vintages_say_why(built: Build) -> None:
    sql = "select * from marts.emission_reductions where reason is null and (credits is null or not eligible)"
    assert records(built.database, sql) == []
