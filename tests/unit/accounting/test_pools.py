"""Pools of which one state of a change gives no stock: refused, since the whole of the other would count as lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mrv.accounting.pools import counted_pools, pool_problems
from mrv.parameters import load_parameters
from tests.unit.accounting.inputs import row

D = Decimal
ALL = {"above_ground", "below_ground", "dead_wood", "litter", "soil"}
SHARE: dict[str, Any] = {"method": "share", "unit": "1", "pool": "total", "base_state": "forest", "value": D("0.7")}


def stock(state: str, pool: str, value: int = 9, **changes: Any) -> Any:
    return row("account_stocks", 5, **{"state": state, "pool": pool, "value": D(value), **changes})


def told(*stocks: Any, counted: set[str] = ALL, **change: Any) -> list[str]:
    problems = list(
        pool_problems({"account_stocks": stocks, "account_activity": [row("account_activity", **change)]}, counted)
    )
    for problem in problems:
        assert "row 5" in (problem.where or ""), problem
        assert problem.expected, problem
        assert problem.found, problem
        assert problem.remedy, problem
    return [problem.message for problem in problems]


FOREST = (stock("forest", "above_ground", 118), stock("forest", "soil", 100))


def test_a_pool_that_what_follows_does_not_name() -> None:
    bare = stock("cropland", "above_ground", 5)
    assert told(*FOREST, bare) == ["state cropland of stratum s1 does not name the pool soil, and forest does"]
    assert told(*FOREST, bare, stock("cropland", "soil", 0)) == []
    assert told(*FOREST, bare, counted=ALL - {"soil"}) == []
    assert told(*FOREST, stock("cropland", "total", 5)) == []


def test_a_pool_that_holds_nothing_need_not_follow() -> None:
    empty = stock("forest", "litter", 0)
    assert told(*FOREST, empty, stock("cropland", "above_ground"), stock("cropland", "soil")) == []


def test_pools_after_a_total_must_be_all_that_count() -> None:
    total = stock("forest", "total", 150)
    named = [stock("cropland", pool, 1) for pool in sorted(ALL)]
    [message] = told(total, *named[:-1])
    assert message == "state cropland of stratum s1 does not name the pool soil, and forest is given as a total"
    assert told(total, *named) == []


@pytest.mark.parametrize("base", [FOREST, (stock("forest", "total", 150),)])
def test_a_share_has_the_pools_of_what_it_is_a_share_of(base: tuple[Any, ...]) -> None:
    degraded = row("account_stocks", 5, state="degraded", **SHARE)
    assert told(*base, degraded, activity="degradation", to_state="degraded") == []
    assert len(told(*base, degraded, stock("cropland", "above_ground"), from_state="degraded")) == 1


def test_pools_of_every_stratum_add_to_those_of_a_stratum() -> None:
    general = stock("cropland", "soil", 30, stratum_id="*")
    assert told(*FOREST, stock("cropland", "above_ground", 5), general) == []
    assert len(told(*FOREST, stock("cropland", "above_ground", 5), stock("cropland", "total", 30, stratum_id="*"))) == 1


def test_growth_asks_the_state_before() -> None:
    change = {"activity": "enhancement", "from_state": "pasture", "to_state": "forest"}
    [message] = told(*FOREST, stock("pasture", "above_ground", 3), **change)
    assert message == "state pasture of stratum s1 does not name the pool soil, and forest does"
    assert told(*FOREST, stock("pasture", "total", 3), **change) == []


def test_states_of_which_nothing_is_given_are_told_elsewhere() -> None:
    assert told(*FOREST) == []


def test_counted_pools_of_the_catalogue() -> None:
    assert counted_pools([load_parameters()]) == ALL
    assert counted_pools([]) == set()
