"""Errors of areas and stocks carried through to emission reductions by Monte Carlo, and what each input adds to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mrv.counter_random import entity_word, seed_word
from mrv.estimation.distributions import Distribution, multiples
from mrv.estimation.emission_kernel import add_products, normal_multiples, units_by_input
from mrv.estimation.leakage_draws import LeakageRules, quantities_of
from mrv.estimation.sample import Floats

Integers = npt.NDArray[np.int64]
SIDES = (
    ("project_area", "baseline"),
    ("project_area", "monitored"),
    ("leakage_belt", "baseline"),
    ("leakage_belt", "monitored"),
)
"""Sides of a vintage, in their order."""
PERIOD = None
"""The span of all vintages together."""
_GRID = 1000


@dataclass(frozen=True, kw_only=True)
class Amount:
    """An area, or declared emissions.

    Attributes:
        input_id: Amounts of one id share one relative error.
        error: Its distribution.
    """

    input_id: str
    error: Distribution


@dataclass(frozen=True, kw_only=True)
class Stock:
    """A carbon stock.

    Attributes:
        input_id: Stocks of one id were measured together and share one error.
        error: Its distribution; where it follows others, theirs counts instead.
        follows: Positions and weights of the stocks that it is a ratio or share of; empty: it stands by itself.
        ratio_id: Input of the ratio; None: the ratio has no error.
        ratio: Distribution of the ratio.
    """

    input_id: str
    error: Distribution
    follows: tuple[tuple[int, float], ...] = ()
    ratio_id: str | None = None
    ratio: Distribution | None = None


@dataclass(frozen=True, kw_only=True)
class Account:
    """What is drawn: emissions that are products of an amount and a stock.

    Attributes:
        project_id: Project; with the seed it says which numbers are drawn, so that two accounts of one project share them.
        vintages: Calendar years.
        amounts: The amounts.
        stocks: The stocks.
        sides: Side of each term: 4 times the position of the vintage, plus that in `SIDES`. Shape (terms,).
        term_amounts: Position of each term's amount.
        term_stocks: Position of each term's stock; −1: the emission has none.
        parts_tco2e: What each term emits where nothing errs.
        leakage: How leakage follows from the sides.
        seed: Seed.
        draws: How many.
        resampled: Multiples of an input that were drawn by resampling, shape (draws,), instead of from its distribution.
    """

    project_id: str
    vintages: tuple[int, ...]
    amounts: Sequence[Amount]
    stocks: Sequence[Stock]
    sides: Integers
    term_amounts: Integers
    term_stocks: Integers
    parts_tco2e: Floats
    leakage: LeakageRules
    seed: int
    draws: int
    resampled: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Draws of one quantity in tCO2e: `vintage` None is the whole period."""

    vintage: int | None
    quantity: str
    mean: float
    median: float
    sd: float
    q05: float
    q95: float


@dataclass(frozen=True, kw_only=True)
class Influence:
    """What one input alone does to a quantity of the whole period.

    Attributes:
        input_id: The input.
        quantity: The quantity.
        low: Its 5 % quantile while only this input varies, in tCO2e.
        high: Its 95 % quantile.
        mean: Its mean.
        variance: Its variance, in (tCO2e)².
    """

    input_id: str
    quantity: str
    low: float
    high: float
    mean: float
    variance: float


@dataclass(frozen=True)
class _Multiples:
    """Multiples of amounts, of stocks as they follow, and of their ratios, each of shape (places, draws)."""

    amounts: Floats
    stocks: Floats
    ratios: Floats


def draw_spreads(account: Account) -> Iterator[Spread]:
    """Draw every input at once and describe each quantity of each vintage and of the period.

    A number drawn depends on seed, project, input and draw alone: the order of rows, other accounts and threads change none.
    """
    drawn = _multiples_of(account, _drawn_units(account), resampled=True)
    emissions = add_products(
        account.sides,
        account.term_amounts,
        # The last row, which -1 means, is that of emissions without a stock: always 1.
        account.term_stocks % (len(account.stocks) + 1),
        account.parts_tco2e,
        drawn.amounts,
        np.vstack([drawn.stocks * drawn.ratios, np.ones((1, account.draws))]),
        len(SIDES) * len(account.vintages),
    )
    for quantity, values in quantities_of(emissions, account.leakage).items():
        for place, vintage in enumerate(account.vintages):
            yield _spread(vintage, quantity, values[place])
        yield _spread(PERIOD, quantity, values.sum(axis=0))


def influences(account: Account, quantity: str) -> Iterator[Influence]:
    """Vary one input at a time over the quantiles of its distribution, all others at their values.

    The quantiles are those in the middle of 1,000 equal parts, so that nothing here depends on the seed, except where an
    input was resampled.
    """
    grid = (np.arange(_GRID) + 0.5) / _GRID
    names = _input_names(account)
    at_grid = _multiples_of(account, dict.fromkeys(names, grid), resampled=False)
    slopes, values = _slopes(account), np.vstack([at_grid.amounts, at_grid.stocks, at_grid.ratios]) - 1
    central = slopes[:, : len(account.amounts)].sum(axis=1)
    whole = quantities_of(central[:, None], account.leakage)[quantity].sum(axis=1)
    for name, places in _places_of_inputs(account).items():
        moved = np.flatnonzero(slopes[:, places].any(axis=1)) // len(SIDES)
        # What happens in one vintage tells nothing of the others, unless leakage is added up over them.
        vintages = np.arange(len(account.vintages)) if account.leakage.is_cumulative.any() else np.unique(moved)
        if not moved.size or not values[places].any():
            continue
        sides = (vintages[:, None] * len(SIDES) + np.arange(len(SIDES))).ravel()
        emissions = central[sides, None] + slopes[sides][:, places] @ values[places]
        varied = quantities_of(emissions, account.leakage.of(vintages))[quantity].sum(axis=0)
        total = varied + np.delete(whole, vintages).sum()
        low, high = (float(value) for value in np.quantile(total, [0.05, 0.95], method="hazen"))
        mean, variance = float(total.mean()), float(total.var())
        yield Influence(input_id=name, quantity=quantity, low=low, high=high, mean=mean, variance=variance)


def _slopes(account: Account) -> Floats:
    """Return how each side grows with each amount, stock and ratio, shape (sides, amounts + 2 stocks), in tCO2e."""
    count, first = len(SIDES) * len(account.vintages), len(account.amounts)
    slopes = np.zeros((count, first + 2 * len(account.stocks)))
    np.add.at(slopes, (account.sides, account.term_amounts), account.parts_tco2e)
    held = account.term_stocks >= 0
    for block in (first, first + len(account.stocks)):
        np.add.at(slopes, (account.sides[held], block + account.term_stocks[held]), account.parts_tco2e[held])
    return slopes


def _places_of_inputs(account: Account) -> dict[str, list[int]]:
    """Return the columns of the slopes that each input moves, by its id in alphabetical order."""
    columns: list[str | None] = [amount.input_id for amount in account.amounts]
    columns += [stock.input_id for stock in account.stocks]
    columns += [stock.ratio_id for stock in account.stocks]
    found: dict[str, list[int]] = {name: [] for name in _input_names(account)}
    for place, name in enumerate(columns):
        if name is not None:
            found[name].append(place)
    return found


def _input_names(account: Account) -> list[str]:
    """Return the ids of all inputs, in alphabetical order."""
    ratios = (stock.ratio_id for stock in account.stocks if stock.ratio_id)
    amounts = (amount.input_id for amount in account.amounts)
    stocks = (stock.input_id for stock in account.stocks)
    return sorted({*amounts, *stocks, *ratios})


def _drawn_units(account: Account) -> dict[str, Floats]:
    names = _input_names(account)
    words = np.array([entity_word("account", account.project_id, name) for name in names], np.uint64)
    return dict(zip(names, units_by_input(words, account.draws, seed_word(account.seed)), strict=True))


def _multiples_of(account: Account, units: Mapping[str, Floats], *, resampled: bool) -> _Multiples:
    """Return the multiples for numbers by input; what was resampled comes from there, at the grid as its quantiles."""

    def values(pairs: Sequence[tuple[str, Distribution]]) -> Floats:
        width = next(iter(units.values())).size if units else account.draws
        out = np.empty((len(pairs), width))
        normal = [place for place, (_, error) in enumerate(pairs) if error.drawn_as == "normal"]
        if normal:
            spreads = np.array([abs((pairs[place][1].se or 0) / pairs[place][1].value) for place in normal])
            out[normal] = normal_multiples(np.stack([units[pairs[place][0]] for place in normal]), spreads)
        for place, (name, error) in enumerate(pairs):
            drawn = account.resampled.get(name)
            if drawn is not None:
                out[place] = drawn if resampled else np.quantile(drawn, units[name])
            elif error.drawn_as != "normal":
                out[place] = multiples(error, units[name])
        return out

    stocks = values([(stock.input_id, stock.error) for stock in account.stocks])
    ratios = np.ones_like(stocks)
    erring = [
        (place, stock.ratio_id, stock.ratio)
        for place, stock in enumerate(account.stocks)
        if stock.ratio_id and stock.ratio
    ]
    if erring:
        ratios[[place for place, _, _ in erring]] = values([(name, error) for _, name, error in erring])
    for place in _after_what_they_follow(account.stocks):
        followed = account.stocks[place].follows
        whole = sum(weight for _, weight in followed)
        stocks[place] = sum(stocks[base] * ratios[base] * (weight / whole) for base, weight in followed)
    return _Multiples(values([(amount.input_id, amount.error) for amount in account.amounts]), stocks, ratios)


def _after_what_they_follow(stocks: Sequence[Stock]) -> list[int]:
    """Return the positions of stocks that follow others: ratios of a pool before shares of a state that has such pools."""
    following = [place for place, stock in enumerate(stocks) if stock.follows]
    return sorted(following, key=lambda place: any(stocks[base].follows for base, _ in stocks[place].follows))


def _spread(vintage: int | None, quantity: str, draws: Floats) -> Spread:
    ordered = np.sort(draws)
    # Linear between draws, as numpy does it.
    places = np.array([0.05, 0.5, 0.95]) * (ordered.size - 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, ordered.size - 1)
    q05, median, q95 = (ordered[below] + (places - below) * (ordered[above] - ordered[below])).tolist()
    return Spread(
        vintage=vintage,
        quantity=quantity,
        mean=float(draws.mean()),
        median=median,
        sd=float(draws.std(ddof=1)),
        q05=q05,
        q95=q95,
    )
