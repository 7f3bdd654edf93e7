"""From the tables of the accounts to their draws, and back to a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mrv.estimation.distributions import Z90, Distribution
from mrv.estimation.emission_draws import SIDES, Account, Amount, Stock, draw_spreads, influences
from mrv.estimation.leakage_draws import LeakageRules
from mrv.estimation.resampling import resampled_multiples
from mrv.estimation.sample import Floats

Row = dict[str, Any]
Integers = npt.NDArray[np.int64]
AccountKey = tuple[str, str]
"""(project_id, rule_set)."""
DRAWN = pa.schema(
    [
        ("project_id", pa.string()),
        ("rule_set", pa.string()),
        ("span", pa.string()),
        ("quantity", pa.string()),
        ("input_id", pa.string()),
        ("mean_tco2e", pa.float64()),
        ("median_tco2e", pa.float64()),
        ("sd_tco2e", pa.float64()),
        ("variance", pa.float64()),
        ("q05_tco2e", pa.float64()),
        ("q95_tco2e", pa.float64()),
        ("draw_count", pa.int64()),
        ("seed", pa.int64()),
    ]
)
"""What `draw_accounts` returns: rows with an input_id are of the sensitivity."""
_NO_INPUT = "unknown"


def draw_accounts(
    *,
    terms: pa.Table,
    amounts: pa.Table,
    rules: pa.Table,
    stocks: pa.Table,
    units: pa.Table,
    threads: int = 2,
) -> pa.Table:
    """Draw the errors of every account.

    Args:
        terms: Rows of `int_account_draw_terms`.
        amounts: Rows of `int_account_area_links`.
        rules: Rows of `int_account_draw_rules`; an account of which a vintage lacks draws or seed is left out.
        stocks: Rows of `int_account_stock_inputs`.
        units: Rows of `int_account_resample_units`, for accounts that draw from samples and plots themselves.
        threads: How many threads share the accounts; they change no digit.

    Returns:
        A table of the schema `DRAWN`, in the order of its first columns.

    Raises:
        InputError: A distribution lacks what it needs.
    """
    stocks_of = _rows_by_account(stocks)
    rules_of = _rows_by_account(rules)
    parts_of, links_of = _Columns.of(terms, "multiple_id"), _Columns.of(amounts, "amount_no")
    wanted = [
        key
        for key, rows in sorted(rules_of.items())
        if all(row["draw_count"] and row["seed"] is not None for row in rows)
    ]

    # Accounts of one project share what is drawn of its sample; one of fewer draws takes the first of them.
    resampled = resampled_multiples(
        units,
        seeds={key[0]: rules_of[key][0]["seed"] for key in reversed(wanted)},
        draws={
            key[0]: max(rules_of[other][0]["draw_count"] for other in wanted if other[0] == key[0]) for key in wanted
        },
    )

    def draw(key: AccountKey) -> dict[str, list[Any]]:
        account = _account(
            key, parts_of.slice(key), links_of.slice(key), rules_of[key], stocks_of[key], resampled.get(key[0], {})
        )
        return _drawn(key, account)

    with ThreadPoolExecutor(threads) as pool:
        drawn = list(pool.map(draw, wanted))
    columns = {name: [value for piece in drawn for value in piece[name]] for name in DRAWN.names}
    return pa.table(columns, schema=DRAWN)


def _rows_by_account(table: pa.Table) -> dict[AccountKey, list[Row]]:
    found: dict[AccountKey, list[Row]] = defaultdict(list)
    for row in table.to_pylist():
        found[row["project_id"], row["rule_set"]].append(row)
    return found


@dataclass(frozen=True)
class _Columns:
    """A table in an order that its keys alone decide, for sums of doubles depend on it, and where each account begins.

    Attributes:
        table: Rows by emission, then by what makes it.
        spans: First row and number of rows of each account.
    """

    table: pa.Table
    spans: Mapping[AccountKey, tuple[int, int]]

    @classmethod
    def of(cls, table: pa.Table, second: str) -> _Columns:
        """Sort a table; emissions are numbered in the order of their accounts."""
        table = table.take(pc.sort_indices(table, [("change_no", "ascending"), (second, "ascending")]))
        accounts = [_codes(table[name])[0] for name in ("project_id", "rule_set")]
        changed = np.any([np.diff(codes, prepend=-1) != 0 for codes in accounts], axis=0)
        starts = np.flatnonzero(changed)
        ends = np.append(starts[1:], table.num_rows)[: starts.size]
        first = table.select(["project_id", "rule_set"]).take(pa.array(starts)).to_pylist()
        return cls(
            table,
            {
                (row["project_id"], row["rule_set"]): (start, end - start)
                for row, start, end in zip(first, starts.tolist(), ends.tolist(), strict=True)
            },
        )

    def slice(self, key: AccountKey) -> pa.Table:
        """Return the rows of an account."""
        return self.table.slice(*self.spans.get(key, (0, 0)))


def _codes(column: pa.ChunkedArray) -> tuple[Integers, list[Any]]:
    """Return numbers that stand for the values of a column, and the values."""
    coded = pc.dictionary_encode(column, null_encoding="encode").combine_chunks()
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()


def _account(
    key: AccountKey,
    parts: pa.Table,
    links: pa.Table,
    rules: list[Row],
    stocks: list[Row],
    resampled: Mapping[str, Floats],
) -> Account:
    rules = sorted(rules, key=lambda row: row["vintage_year"])
    years = tuple(row["vintage_year"] for row in rules)
    stocks = sorted((row for row in stocks if row["stock_tc_ha"]), key=lambda row: row["stock_id"])
    stock_places = {row["stock_id"]: place for place, row in enumerate(stocks)}
    changes, firsts, part_emissions = _unique(parts["change_no"])
    linked, amounts = _links(links, changes)
    part_stocks, stock_names = _codes(parts["multiple_id"])
    return Account(
        project_id=key[0],
        vintages=years,
        amounts=amounts,
        stocks=[_stock(row, stocks, stock_places) for row in stocks],
        sides=_sides(parts.take(pa.array(firsts)), years),
        link_emissions=linked.emissions,
        link_amounts=linked.amounts,
        link_weights=linked.weights,
        part_emissions=part_emissions,
        part_stocks=_integers(stock_places.get(name, -1) for name in stock_names)[part_stocks],
        parts_tco2e=parts["part_tco2e"].to_numpy(),
        leakage=LeakageRules(
            counts_belt=np.array([row["counts_belt"] for row in rules], np.bool_),
            is_cumulative=np.array([row["is_cumulative"] for row in rules], np.bool_),
            rate=np.array([float(row["leakage_rate"]) for row in rules]),
            fixed_tco2e=np.array([float(row["fixed_tco2e"]) for row in rules]),
        ),
        seed=rules[0]["seed"],
        draws=rules[0]["draw_count"],
        resampled={name: drawn[: rules[0]["draw_count"]] for name, drawn in resampled.items()}
        if rules[0]["resampling"] == "bootstrap"
        else {},
    )


def _unique(column: pa.ChunkedArray) -> tuple[Integers, Integers, Integers]:
    """Return the numbers of a column without repetition, where each comes first, and the place of each row among them."""
    found, firsts, places = np.unique(column.to_numpy(), return_index=True, return_inverse=True)
    return found, firsts, places


def _sides(emissions: pa.Table, years: Sequence[int]) -> Integers:
    """Return the side of each emission, as `Account` counts them."""
    first = {year: len(SIDES) * place for place, year in enumerate(years)}
    names = (emissions[name].to_pylist() for name in ("vintage_year", "scope", "scenario"))
    return _integers(first[year] + SIDES.index((scope, scenario)) for year, scope, scenario in zip(*names, strict=True))


@dataclass(frozen=True)
class _Links:
    """Which amounts make which emissions: arrays of `Account`."""

    emissions: Integers
    amounts: Integers
    weights: Floats


def _links(links: pa.Table, changes: Integers) -> tuple[_Links, list[Amount]]:
    """Return the links of an account's emissions, and its amounts; an emission without any gets one without an error."""
    _, firsts, places = _unique(links["amount_no"])
    amounts = [_amount(row) for row in links.take(pa.array(firsts)).to_pylist()]
    emissions = np.searchsorted(changes, links["change_no"].to_numpy())
    # An emission that is not known is not drawn, though it has areas.
    is_known = np.isin(links["change_no"].to_numpy(), changes)
    alone = np.setdiff1d(np.arange(changes.size), emissions)
    return (
        _Links(
            emissions=np.append(emissions[is_known], alone),
            amounts=np.append(places[is_known], np.full(alone.size, len(amounts))),
            weights=np.append(links["weight"].to_numpy()[is_known], np.ones(alone.size)),
        ),
        [*amounts, _amount({})],
    )


def _integers(values: Iterable[int]) -> Integers:
    return np.fromiter(values, np.int64)


def _amount(row: Mapping[Any, Any]) -> Amount:
    """Return the area or declared emissions behind terms; an error that is not known is none, and the mart says so."""
    value, u90 = _known(row.get("shaped_amount")) or 1.0, _known(row.get("u90"))
    return Amount(
        input_id=row.get("input_id") or _NO_INPUT,
        error=Distribution(
            value=value,
            se=None if u90 is None else u90 / Z90 * value,
            kind="fixed" if u90 is None else row.get("distribution"),
            **_shapes(row),
        ),
    )


def _stock(row: Row, stocks: Sequence[Row], places: Mapping[str, int]) -> Stock:
    value = float(row["stock_tc_ha"])
    se = float(row["ci90_half_width_tc_ha"]) / Z90
    derived = row["method"] in ("ratio", "share") and row["value"] is not None
    if not derived:
        # The shapes are in the unit of what was stated, of which the stock may be a multiple.
        stated = float(row["value"]) if row["value"] else value
        kind = row["distribution"] if row["se"] is not None else None
        error = Distribution(value=stated, se=se * stated / value, kind=kind, **_shapes(row))
        return Stock(input_id=row["input_id"], error=error)
    ratio = None
    if row["ratio_id"]:
        ratio = Distribution(value=float(row["value"]), se=float(row["se"]), kind=row["distribution"], **_shapes(row))
    return Stock(
        input_id=row["input_id"],
        error=Distribution(value=value, se=se),
        follows=tuple(_followed(row, stocks, places)),
        ratio_id=row["ratio_id"],
        ratio=ratio,
    )


def _followed(row: Row, stocks: Sequence[Row], places: Mapping[str, int]) -> Iterable[tuple[int, float]]:
    """Yield the stocks that a ratio or share is of: the above-ground pool of its state, or the whole of another state."""
    for other in stocks:
        if other["stratum_id"] != row["stratum_id"] or other["method"] == "share":
            continue
        is_base = (
            other["state"] == row["base_state"] and other["is_counted"]
            if row["method"] == "share"
            else other["state"] == row["state"] and other["pool"] == "above_ground"
        )
        if is_base:
            yield places[other["stock_id"]], float(other["stock_tc_ha"])


def _shapes(row: Mapping[Any, Any]) -> dict[str, float | None]:
    return {name: _known(row.get(name)) for name in ("shape_a", "shape_b", "shape_c")}


def _known(value: Any) -> float | None:
    return None if value is None else float(value)


def _drawn(key: AccountKey, account: Account) -> dict[str, list[Any]]:
    """Return the columns of `DRAWN` of one account."""
    spreads, inputs = list(draw_spreads(account)), influences(account)
    count = len(spreads) + len(inputs)
    none: list[None] = [None] * len(inputs)
    return {
        "project_id": [key[0]] * count,
        "rule_set": [key[1]] * count,
        "span": ["period" if row.vintage is None else str(row.vintage) for row in spreads] + ["period"] * len(inputs),
        "quantity": [row.quantity for row in spreads] + ["net"] * len(inputs),
        "input_id": [None] * len(spreads) + [row.input_id for row in inputs],
        "mean_tco2e": [row.mean for row in spreads] + [row.mean for row in inputs],
        "median_tco2e": [row.median for row in spreads] + none,
        "sd_tco2e": [row.sd for row in spreads] + [row.variance**0.5 for row in inputs],
        "variance": [row.sd**2 for row in spreads] + [row.variance for row in inputs],
        "q05_tco2e": [row.q05 for row in spreads] + [row.low for row in inputs],
        "q95_tco2e": [row.q95 for row in spreads] + [row.high for row in inputs],
        "draw_count": [account.draws] * count,
        "seed": [account.seed] * count,
    }
