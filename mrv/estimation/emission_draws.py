"""Errors of areas and stocks carried through to emission reductions by Monte Carlo, and what each input adds to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mrv.counter_random import entity_word, seed_word
from mrv.estimation.distributions import Distribution, multiples
from mrv.estimation.emission_kernel import add_products, normal_quantile_7, units_by_input, vary_inputs
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
_SHARES = (0.05, 0.5, 0.95)


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
    """What is drawn: emissions that are the sum of their amounts times the sum of what stocks make of them.

    Attributes:
        project_id: Project; with the seed it says which numbers are drawn, so that two accounts of one project share them.
        vintages: Calendar years.
        amounts: The amounts.
        stocks: The stocks.
        sides: Side of each emission: 4 times the position of the vintage, plus that in `SIDES`. Shape (emissions,).
        link_emissions: Position of the emission to which an amount is linked, shape (links,).
        link_amounts: Position of the amount.
        link_weights: Which part of the emission it makes; those of an emission add up to 1.
        part_emissions: Position of the emission of which a stock makes a part, shape (parts,).
        part_stocks: Position of the stock; −1: the part has none.
        parts_tco2e: What the part is where nothing errs.
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
    link_emissions: Integers
    link_amounts: Integers
    link_weights: Floats
    part_emissions: Integers
    part_stocks: Integers
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
    """What one input alone does to the net reductions of the whole period.

    Attributes:
        input_id: The input.
        low: Its 5 % quantile while only this input varies, in tCO2e.
        high: Its 95 % quantile.
        mean: Its mean.
        variance: Its variance, in (tCO2e)².
    """

    input_id: str
    low: float
    high: float
    mean: float
    variance: float


def draw_spreads(account: Account) -> Iterator[Spread]:
    """Draw every input at once and describe each quantity of each vintage and of the period.

    A number drawn depends on seed, project, input and draw alone: the order of rows, other accounts and threads change none.
    """
    emissions = _draw_emissions(account)
    spans = (*account.vintages, PERIOD)
    for quantity, values in quantities_of(emissions, account.leakage).items():
        yield from _spreads(quantity, spans, np.vstack([values, values.sum(axis=0)]))


def influences(account: Account) -> list[Influence]:
    """Vary one input at a time over the quantiles of its distribution, all others at their values: what the net does.

    The quantiles are those in the middle of 1,000 equal parts, so that nothing here depends on the seed, except where an
    input was resampled. An input without an error has no influence.
    """
    entries = _entries(account)
    moved = entries.totals(account)
    ordered = np.sort(moved, axis=1)
    low, high = (_middle_quantile(ordered, share) for share in (0.05, 0.95))
    means, variances = moved.mean(axis=1), moved.var(axis=1)
    rows = np.column_stack([low, high, means, variances]).tolist()
    return [
        Influence(input_id=name, low=row[0], high=row[1], mean=row[2], variance=row[3])
        for name, row in zip(entries.names, rows, strict=True)
    ]


def _draw_emissions(account: Account) -> Floats:
    """Return the emissions of each side and draw, shape (4 vintages, draws)."""
    links = np.lexsort((account.link_emissions, account.link_amounts))
    parts = np.lexsort((account.part_stocks, account.part_emissions))
    seed = seed_word(account.seed)
    words = _words(account, [amount.input_id for amount in account.amounts])
    given, rows = _given_multiples(account, words, seed)
    stocks = _stock_multiples(account, lambda name: _units(account, name))
    return add_products(
        account.sides,
        np.searchsorted(account.link_amounts[links], np.arange(len(account.amounts) + 1)),
        account.link_emissions[links],
        account.link_weights[links],
        np.searchsorted(account.part_emissions[parts], np.arange(account.sides.size + 1)),
        # The last row, which -1 means, is that of parts without a stock: always 1.
        account.part_stocks[parts] % (len(account.stocks) + 1),
        account.parts_tco2e[parts],
        words,
        np.array([_spread_of(amount.error) for amount in account.amounts]),
        given,
        rows,
        np.vstack([stocks.followed * stocks.ratios, np.ones((1, account.draws))]),
        len(SIDES) * len(account.vintages),
        seed,
    )


def _words(account: Account, names: Sequence[str]) -> npt.NDArray[np.uint64]:
    return np.array([entity_word("account", account.project_id, name) for name in names], np.uint64)


def _units(account: Account, name: str) -> Floats:
    units: Floats = units_by_input(_words(account, [name]), account.draws, seed_word(account.seed))[0]
    return units


def _spread_of(error: Distribution) -> float:
    return abs((error.se or 0) / error.value)


def _given_multiples(account: Account, words: npt.NDArray[np.uint64], seed: np.uint64) -> tuple[Integers, Floats]:
    """Return which amounts have multiples that no normal distribution gives, and these, shape (rows, draws)."""
    given, rows = np.full(len(account.amounts), -1), list[Floats]()
    for place, amount in enumerate(account.amounts):
        drawn = account.resampled.get(amount.input_id)
        if drawn is None and amount.error.drawn_as in ("normal", "fixed"):
            continue
        if drawn is None:
            drawn = multiples(amount.error, units_by_input(words[place : place + 1], account.draws, seed)[0])
        given[place] = len(rows)
        rows.append(drawn)
    return given, np.array(rows).reshape(len(rows), account.draws)


@dataclass(frozen=True)
class _StockMultiples:
    """Multiples of stocks as they follow, and of their ratios, each of shape (stocks, numbers)."""

    followed: Floats
    ratios: Floats


def _stock_multiples(account: Account, units_of: Callable[[str], Floats], *, at_grid: bool = False) -> _StockMultiples:
    """Return the multiples of stocks for numbers by input; what was resampled comes from there, at the grid as its quantiles."""
    from scipy.special import ndtri

    units: dict[str, Floats] = {}
    normals: dict[str, Floats] = {}

    def values(name: str, error: Distribution) -> Floats:
        if name not in units:
            units[name] = units_of(name)
        drawn = account.resampled.get(name)
        # A pool of the state that has no error gets none from its plots.
        if drawn is not None and error.se:
            return np.quantile(drawn, units[name]) if at_grid else drawn
        if error.drawn_as != "normal" or not error.se:
            return multiples(error, units[name])
        if name not in normals:
            normals[name] = ndtri(units[name])
        return 1 + _spread_of(error) * normals[name]

    width = _GRID if at_grid else account.draws
    followed = np.array([values(stock.input_id, stock.error) for stock in account.stocks]).reshape(-1, width)
    ratios = np.ones_like(followed)
    for place, stock in enumerate(account.stocks):
        if stock.ratio_id and stock.ratio:
            ratios[place] = values(stock.ratio_id, stock.ratio)
    for place in _after_what_they_follow(account.stocks):
        bases = account.stocks[place].follows
        whole = sum(weight for _, weight in bases)
        followed[place] = sum(followed[base] * ratios[base] * (weight / whole) for base, weight in bases)
    return _StockMultiples(followed, ratios)


@dataclass(frozen=True)
class _Entries:
    """How each input moves each side: arrays of `emission_kernel.vary_inputs`, and the names of its inputs."""

    names: tuple[str, ...]
    starts: Integers
    sides: Integers
    slopes_tco2e: Floats
    rows: Integers
    changes: Floats

    def totals(self, account: Account) -> Floats:
        """Return the net reductions of the period, shape (inputs, grid)."""
        central: Floats = np.bincount(
            account.sides[account.part_emissions],
            weights=account.parts_tco2e,
            minlength=len(SIDES) * len(account.vintages),
        ).astype(np.float64)
        rules = account.leakage
        return vary_inputs(
            self.starts,
            self.sides // len(SIDES),
            self.sides % len(SIDES),
            self.slopes_tco2e,
            self.rows,
            self.changes,
            central.reshape(-1, len(SIDES)),
            rules.counts_belt,
            rules.is_cumulative,
            rules.rate,
            rules.fixed_tco2e,
        )


def _entries(account: Account) -> _Entries:
    """Return the entries of all inputs with an error, in alphabetical order."""
    grid = (np.arange(_GRID) + 0.5) / _GRID
    # Most errors are normal, so that they share the first row of changes and put their spread into the slope.
    changes = [np.array([normal_quantile_7(point) for point in grid])]
    found: dict[str, list[tuple[int, float, int]]] = {}

    def add(name: str, slopes: Floats, scale: float, row: int) -> None:
        moved = np.flatnonzero(slopes)
        found.setdefault(name, []).extend((int(side), float(slopes[side]) * scale, row) for side in moved)

    amounts, stocks = _slopes(account)
    for place, amount in enumerate(account.amounts):
        drawn = account.resampled.get(amount.input_id)
        if drawn is None and amount.error.drawn_as in ("normal", "fixed"):
            if (spread := _spread_of(amount.error)) and amount.error.drawn_as == "normal":
                add(amount.input_id, amounts[:, place], spread, 0)
            continue
        changes.append((multiples(amount.error, grid) if drawn is None else np.quantile(drawn, grid)) - 1)
        add(amount.input_id, amounts[:, place], 1, len(changes) - 1)
    at_grid = _stock_multiples(account, lambda _: grid, at_grid=True)
    for place, stock in enumerate(account.stocks):
        for name, values in ((stock.input_id, at_grid.followed), (stock.ratio_id, at_grid.ratios)):
            if name is not None and (values[place] != 1).any():
                changes.append(values[place] - 1)
                add(name, stocks[:, place], 1, len(changes) - 1)
    names = tuple(sorted(name for name, entries in found.items() if entries))
    ordered = [sorted(found[name]) for name in names]
    flat = [entry for entries in ordered for entry in entries]
    return _Entries(
        names=names,
        starts=np.cumsum([0, *(len(entries) for entries in ordered)]),
        sides=np.array([side for side, _, _ in flat], np.int64),
        slopes_tco2e=np.array([slope for _, slope, _ in flat], np.float64),
        rows=np.array([row for _, _, row in flat], np.int64),
        changes=np.array(changes),
    )


def _slopes(account: Account) -> tuple[Floats, Floats]:
    """Return how each side grows with each amount and each stock, shapes (sides, amounts) and (sides, stocks), in tCO2e."""
    count = len(SIDES) * len(account.vintages)
    amounts, stocks = np.zeros((count, len(account.amounts))), np.zeros((count, len(account.stocks) + 1))
    emissions = np.bincount(account.part_emissions, weights=account.parts_tco2e, minlength=account.sides.size)
    made = account.link_weights * emissions[account.link_emissions]
    np.add.at(amounts, (account.sides[account.link_emissions], account.link_amounts), made)
    np.add.at(stocks, (account.sides[account.part_emissions], account.part_stocks), account.parts_tco2e)
    return amounts, stocks[:, :-1]


def _middle_quantile(ordered: Floats, share: float) -> Floats:
    """Return a quantile of each row of sorted values that stand for the middles of equal parts, shape (rows,)."""
    place = min(max(share * ordered.shape[1] - 0.5, 0), ordered.shape[1] - 1)
    below = int(place)
    above = min(below + 1, ordered.shape[1] - 1)
    quantile: Floats = ordered[:, below] + (place - below) * (ordered[:, above] - ordered[:, below])
    return quantile


def _after_what_they_follow(stocks: Sequence[Stock]) -> list[int]:
    """Return the positions of stocks that follow others: ratios of a pool before shares of a state that has such pools."""
    following = [place for place, stock in enumerate(stocks) if stock.follows]
    return sorted(following, key=lambda place: any(stocks[base].follows for base, _ in stocks[place].follows))


def _spreads(quantity: str, spans: Sequence[int | None], draws: Floats) -> Iterator[Spread]:
    """Yield how the draws of each span spread, shape (spans, draws)."""
    # Linear between draws, as numpy does it.
    places = np.array(_SHARES) * (draws.shape[1] - 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, draws.shape[1] - 1)
    ordered = np.partition(draws, np.union1d(below, above), axis=1)
    quantiles = ordered[:, below] + (places - below) * (ordered[:, above] - ordered[:, below])
    rows = np.column_stack([draws.mean(axis=1), draws.std(axis=1, ddof=1), quantiles]).tolist()
    for span, (mean, sd, q05, median, q95) in zip(spans, rows, strict=True):
        yield Spread(vintage=span, quantity=quantity, mean=mean, median=median, sd=sd, q05=q05, q95=q95)
