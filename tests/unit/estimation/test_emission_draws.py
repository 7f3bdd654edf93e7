"""Draws of emission reductions: against the propagated error, in any order, with leakage's floor, input by input."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.counter_random import normal_quantile, seed_word
from mrv.estimation.distributions import Z90, Distribution
from mrv.estimation.emission_draws import Account, Amount, Spread, Stock, draw_spreads, influences
from mrv.estimation.emission_kernel import fill_normals, normal_quantile_7, units_by_input
from mrv.estimation.leakage_draws import LeakageRules, quantities_of

DRAWS = 20_000
NO_ERROR = Distribution(value=1.0)


def normal(u90: float) -> Distribution:
    return Distribution(value=1.0, se=u90 / Z90)


def leakage(vintages: int = 1, **given: Any) -> LeakageRules:
    return LeakageRules(
        counts_belt=np.full(vintages, given.get("belt", True)),
        is_cumulative=np.full(vintages, given.get("cumulative", False)),
        rate=np.full(vintages, given.get("rate", 0.0)),
        fixed_tco2e=np.full(vintages, given.get("fixed", 0.0)),
    )


def account(terms: list[tuple[int, int, int, float]], **given: Any) -> Account:
    """An account of emissions (side, amount, stock, tCO2e); each amount and stock errs as given, by default 10 % and 15 %."""
    sides, amounts, stocks, parts = (list(column) for column in zip(*terms, strict=True))
    vintages = max(sides) // 4 + 1
    defaults: dict[str, Any] = {
        "amounts": [Amount(input_id=f"area {place}", error=normal(0.10)) for place in range(max(amounts) + 1)],
        "stocks": [Stock(input_id=f"stock {place}", error=normal(0.15)) for place in range(max(stocks) + 1)],
        "leakage": leakage(vintages),
    }
    return Account(
        project_id="p",
        vintages=tuple(range(2022, 2022 + vintages)),
        seed=7,
        draws=DRAWS,
        **{
            "sides": np.array(sides),
            "link_emissions": np.arange(len(terms)),
            "link_amounts": np.array(amounts),
            "link_weights": np.ones(len(terms)),
            "part_emissions": np.arange(len(terms)),
            "part_stocks": np.array(stocks),
            "parts_tco2e": np.array(parts, float),
            **defaults,
            **given,
        },
    )


def spread(found: Account, quantity: str, vintage: int | None = None) -> Spread:
    return next(row for row in draw_spreads(found) if (row.quantity, row.vintage) == (quantity, vintage))


def u90(found: Spread) -> float:
    return (found.q95 - found.q05) / 2 / abs(found.mean)


def test_draws_agree_with_the_propagated_error() -> None:
    """Factors (10 - 4) 25 and (4 - 6) 50, areas 15 % of 1400 and of 1000, over 400: the case of the SQL, 78.7004 %."""
    areas = [Amount(input_id=name, error=normal(0.15)) for name in ("baseline", "monitored")]
    stocks = [Stock(input_id="s1", error=normal(0.25)), Stock(input_id="s2", error=normal(0.5))]
    found = account([(0, 0, 0, 1000), (0, 0, 1, 400), (1, 1, 0, 400), (1, 1, 1, 600)], amounts=areas, stocks=stocks)
    drawn = spread(found, "gross_reduction")
    assert drawn.mean == pytest.approx(400, abs=5 * drawn.sd / math.sqrt(DRAWS))
    # The products of two errors, which the propagation leaves out, add some 2 % here.
    assert Z90 * drawn.sd / 400 == pytest.approx(0.787003812, rel=0.04)


def test_only_sums_are_exactly_as_propagated() -> None:
    """One error at a time: 200 of 2000 tCO2e at 90 %, to the error of 20,000 draws."""
    found = account([(0, 0, -1, 2000)])
    drawn = spread(found, "baseline")
    assert u90(drawn) == pytest.approx(0.10, rel=0.02)
    assert drawn.median == pytest.approx(2000, rel=0.002)


def test_one_error_of_two_scenarios_leaves_the_difference() -> None:
    shared = account([(0, 0, 0, 1000), (1, 0, 0, 1000)], stocks=[Stock(input_id="s", error=normal(0.3))])
    assert spread(shared, "gross_reduction").sd == pytest.approx(0, abs=1e-9)
    apart = [Amount(input_id="a", error=NO_ERROR), Amount(input_id="a", error=NO_ERROR)]
    grouped = account([(0, 0, 0, 1000), (1, 1, 0, 900)], amounts=apart, stocks=[Stock(input_id="s", error=normal(0.3))])
    assert u90(spread(grouped, "gross_reduction")) == pytest.approx(0.3, rel=0.02)


def test_without_errors_every_draw_is_the_ledger() -> None:
    found = account(
        [(0, 0, 0, 441_094.133), (1, 0, 0, 54_854.947), (2, 0, 0, 118_728.133), (3, 0, 0, 127_632.743)],
        amounts=[Amount(input_id="a", error=NO_ERROR)],
        stocks=[Stock(input_id="s", error=NO_ERROR)],
    )
    for quantity, expected in (("gross_reduction", 386_239.186), ("leakage", 8_904.61), ("net", 377_334.576)):
        drawn = spread(found, quantity)
        assert (drawn.q05, drawn.q95) == (pytest.approx(expected), pytest.approx(expected))
        assert drawn.sd == pytest.approx(0, abs=1e-6)
    assert influences(found) == []


def test_order_of_rows_and_company_change_no_digit() -> None:
    terms = [(side, side % 3, side % 2, 100.0 * (side + 1)) for side in range(8)]
    alone, turned = account(terms), account(terms[::-1])
    assert list(draw_spreads(alone)) == list(draw_spreads(turned))
    words = np.array([11, 12, 13], np.uint64)
    seed = seed_word(7)
    many, one = units_by_input(words, 1000, seed), units_by_input(words[1:2], 1003, seed)
    assert (many[1] == one[0][:1000]).all()


def test_an_emission_of_several_areas_and_stocks_is_their_sums_multiplied() -> None:
    """Areas of 30 and 70 % with 10 and 20 %, stocks of 600 and 400 tCO2e with 15 and 25 %: the same as its four products."""
    amounts = [Amount(input_id="a", error=normal(0.1)), Amount(input_id="b", error=normal(0.2))]
    stocks = [Stock(input_id="s", error=normal(0.15)), Stock(input_id="t", error=normal(0.25))]
    terms = [(0, a, s, w * p) for a, w in enumerate((0.3, 0.7)) for s, p in enumerate((600.0, 400.0))]
    apart = account(terms, amounts=amounts, stocks=stocks)
    whole = replace(
        apart,
        sides=np.zeros(1, int),
        link_emissions=np.zeros(2, int),
        link_amounts=np.arange(2),
        link_weights=np.array([0.3, 0.7]),
        part_emissions=np.zeros(2, int),
        part_stocks=np.arange(2),
        parts_tco2e=np.array([600.0, 400.0]),
    )
    for one, many in zip(draw_spreads(whole), draw_spreads(apart), strict=True):
        assert one.mean == pytest.approx(many.mean, rel=1e-12, abs=1e-9)
        assert one.q05 == pytest.approx(many.q05, rel=1e-12, abs=1e-9)
    for alone, added in zip(influences(whole), influences(apart), strict=True):
        assert alone.input_id == added.input_id
        assert alone.low == pytest.approx(added.low, rel=1e-12)
        assert alone.variance == pytest.approx(added.variance, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    parts=st.lists(st.floats(-1e5, 1e6), min_size=8, max_size=20),
    cumulative=st.lists(st.booleans(), min_size=5, max_size=5),
    belt=st.lists(st.booleans(), min_size=5, max_size=5),
    rate=st.floats(0, 0.3),
)
def test_influences_follow_the_rules_of_the_draws(
    parts: list[float], cumulative: list[bool], belt: list[bool], rate: float
) -> None:
    """What an input does alone is what the rules of leakage make of the emissions that it moves."""
    terms = [(place, place % 3, -1, part) for place, part in enumerate(parts)]
    vintages = (len(parts) - 1) // 4 + 1
    rules = LeakageRules(
        counts_belt=np.array(belt[:vintages]),
        is_cumulative=np.array(cumulative[:vintages]),
        rate=np.full(vintages, rate),
        fixed_tco2e=np.full(vintages, 3.0),
    )
    found = account(terms, leakage=rules)
    points = np.array([normal_quantile_7((place + 0.5) / 1000) for place in range(1000)])
    for row in influences(found):
        moved = np.zeros((4 * vintages, 1000))
        for side, amount, _, part in terms:
            moved[side] += part * (1 + (row.input_id == f"area {amount}") * 0.1 / Z90 * points)
        net = quantities_of(moved, rules)["net"].sum(axis=0)
        assert row.mean == pytest.approx(net.mean(), rel=1e-9, abs=1e-3)
        assert row.variance == pytest.approx(net.var(), rel=1e-6, abs=1e-3)


def test_seed_and_project_say_what_is_drawn() -> None:
    found = account([(0, 0, 0, 1000.0)])
    first = list(draw_spreads(found))
    assert first == list(draw_spreads(found))
    assert first != list(draw_spreads(replace(found, seed=8)))
    assert first != list(draw_spreads(replace(found, project_id="q")))


def test_more_draws_begin_with_the_same() -> None:
    words = np.arange(5, dtype=np.uint64)
    few, many = (units_by_input(words, count, seed_word(1)) for count in (10, 4001))
    assert (few == many[:, :10]).all()
    assert 0 < many.min() < many.max() < 1
    assert many.mean() == pytest.approx(0.5, abs=0.01)


def test_quick_quantile_is_that_of_the_normal_distribution() -> None:
    points = np.array([1e-9, 1e-4, 0.05, 0.0749, 0.0751, 0.3, 0.5, 0.7, 0.95, 0.9999])
    found = np.empty(points.size)
    fill_normals(points, found)
    for p, quantile in zip(points.tolist(), found.tolist(), strict=True):
        assert normal_quantile_7(p) == quantile == pytest.approx(normal_quantile(p), abs=1e-6)


def test_a_share_follows_its_base_and_errs_by_itself() -> None:
    """Degraded is 0.72 of forest, whose below-ground pool follows the above-ground one: 25 % by 20 % and 15 %."""
    stocks = [
        Stock(input_id="forest", error=normal(0.20)),
        Stock(input_id="forest", error=NO_ERROR, follows=((0, 1.0),)),
        Stock(input_id="forest", error=NO_ERROR, follows=((0, 100.0), (1, 22.0)), ratio_id="share", ratio=normal(0.15)),
    ]
    found = account([(0, 0, 2, 1000.0)], stocks=stocks, amounts=[Amount(input_id="a", error=NO_ERROR)])
    assert u90(spread(found, "baseline")) == pytest.approx(0.25, rel=0.02)
    by_input = {row.input_id: row for row in influences(found)}
    assert by_input["forest"].variance / by_input["share"].variance == pytest.approx((0.20 / 0.15) ** 2, rel=1e-6)


def test_belt_is_floored_in_each_draw() -> None:
    """Half of the draws of a belt that emits as its baseline are above it: the mean of the floored half is 0.3989 sd."""
    stocks = [Stock(input_id="s", error=NO_ERROR)]
    areas = [Amount(input_id="pa", error=NO_ERROR), Amount(input_id="lb", error=normal(0.1))]
    found = account([(0, 0, 0, 5000.0), (2, 0, 0, 1000.0), (3, 1, 0, 1000.0)], amounts=areas, stocks=stocks)
    drawn = spread(found, "leakage")
    assert drawn.mean == pytest.approx(1000 * 0.1 / Z90 * 0.39894228, rel=0.03)
    assert drawn.q05 == drawn.median == 0 or drawn.median == pytest.approx(0, abs=1)
    assert spread(replace(found, leakage=leakage(belt=False)), "leakage").sd == pytest.approx(0, abs=1e-9)


def test_cumulative_floor_gives_back_what_it_took() -> None:
    excess = np.array([[8_904.610], [-5_936.407], [17_809.220]])
    emissions = np.zeros((12, 1))
    emissions[3::4] = excess
    cumulative = quantities_of(emissions, leakage(3, cumulative=True))["leakage"]
    assert cumulative.ravel() == pytest.approx([8_904.610, -5_936.407, 17_809.220])
    annual = quantities_of(emissions, leakage(3))["leakage"]
    assert annual.ravel() == pytest.approx([8_904.610, 0, 17_809.220])


def test_leakage_by_a_rate_takes_nothing_from_a_loss() -> None:
    emissions = np.array([[100.0, 40.0], [40.0, 100.0], [0, 0], [0, 0]])
    found = quantities_of(emissions, leakage(rate=0.1, fixed=3.0))
    assert found["leakage"].tolist() == [[9.0, 3.0]]
    assert found["net"].tolist() == [[51.0, -63.0]]


def test_influence_of_each_input_is_its_own_error() -> None:
    """Alone and linear, an input moves the net by its own half-width; shares are those of the squares."""
    found = account(
        [(0, 0, 0, 1000.0), (4, 1, 1, 500.0)], stocks=[Stock(input_id=f"s{i}", error=NO_ERROR) for i in (0, 1)]
    )
    first, second = sorted(influences(found), key=lambda row: row.input_id)
    assert (first.high - first.low) / 2 == pytest.approx(100, rel=1e-4)
    assert (second.high - second.low) / 2 == pytest.approx(50, rel=1e-4)
    assert first.mean == second.mean == pytest.approx(1500)
    assert first.variance / (first.variance + second.variance) == pytest.approx(0.8, rel=1e-6)


def test_resampled_input_takes_the_place_of_its_distribution() -> None:
    drawn = np.linspace(0.5, 1.5, DRAWS)
    found = account([(0, 0, -1, 1000.0)], resampled={"area 0": drawn})
    assert spread(found, "baseline").q05 == pytest.approx(550)
    assert spread(found, "baseline").mean == pytest.approx(1000)
    (only,) = influences(found)
    assert (only.low, only.high) == (pytest.approx(550, abs=1), pytest.approx(1450, abs=1))


@settings(max_examples=25, deadline=None)
@given(
    parts=st.lists(st.floats(1, 1e6), min_size=2, max_size=6),
    errors=st.lists(st.floats(0, 0.3), min_size=6, max_size=6),
    cumulative=st.booleans(),
)
def test_quantities_hold_together(parts: list[float], errors: list[float], cumulative: bool) -> None:
    """Means add up, quantiles are in order, leakage is never negative with an annual floor."""
    terms = [(place % 8, place, 0, part) for place, part in enumerate(parts)]
    amounts = [Amount(input_id=f"a{place}", error=normal(errors[place])) for place in range(len(parts))]
    found = replace(account(terms, amounts=amounts), draws=500)
    found = replace(found, leakage=leakage(len(found.vintages), cumulative=cumulative))
    rows = {(row.quantity, row.vintage): row for row in draw_spreads(found)}
    for (quantity, vintage), row in rows.items():
        assert row.q05 <= row.median <= row.q95
        if quantity == "net":
            gross, leaked = rows["gross_reduction", vintage], rows["leakage", vintage]
            assert row.mean == pytest.approx(gross.mean - leaked.mean, rel=1e-9, abs=1e-6)
        if quantity == "leakage" and (vintage is None or not cumulative):
            assert row.q05 >= -1e-6
