"""Pools that one state of the land gives and the other leaves out: not named is not zero."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from mrv.accounting.raw import InputRow, Tables
from mrv.accounting.stocks import State, States, stocks_of
from mrv.accounting.vocabulary import SINGLE_POOLS
from mrv.errors import InputError
from mrv.parameters import Parameter

PREFIX = "pool_"


def counted_pools(held: Collection[Sequence[Parameter]]) -> set[str]:
    """Return the pools that any of several sets of parameters counts.

    Args:
        held: Rows in force, for each rule set and vintage.
    """
    return {
        row.name.removeprefix(PREFIX)
        for rows in held
        for row in rows
        if row.name.startswith(PREFIX) and row.choice == "counted" and row.name.removeprefix(PREFIX) in SINGLE_POOLS
    }


def pool_problems(tables: Tables, counted: Collection[str]) -> Iterator[InputError]:
    """Yield changes of land after which a counted pool would be lost (or grown) whole because nobody gave its other stock.

    Args:
        tables: Input tables of one project.
        counted: Pools that count; what is left out of the account may be left out of the tables.
    """
    states: dict[State, list[InputRow]] = defaultdict(list)
    for row in tables.get("account_stocks", ()):
        states[row["stratum_id"], row["state"]].append(row)
    told: set[tuple[State, State]] = set()
    for row in tables.get("account_activity", ()):
        # Where carbon is high, and where what is missing would count as 0: growth goes the other way.
        high, low = "from_state", "to_state"
        if row["activity"] == "enhancement":
            high, low = low, high
        pair = ((row["stratum_id"], row[high]), (row["stratum_id"], row[low]))
        if pair in told:
            continue
        told.add(pair)
        yield from _missing(row, pair, states, set(counted))


def _missing(
    row: InputRow, pair: tuple[State, State], states: Mapping[State, Sequence[InputRow]], counted: set[str]
) -> Iterator[InputError]:
    rich, poor = _pools(pair[0], states, with_stock=True), _pools(pair[1], states, with_stock=False)
    if not rich or not poor or "total" in poor:
        return
    # Of a total nobody can tell which pools are in it: then all that count must be named.
    is_whole = "total" in rich
    wanted = counted if is_whole else {pool for pool in rich if pool in counted}
    missing = [pool for pool in SINGLE_POOLS if pool in wanted - poor]
    if missing:
        stratum, name = pair[1]
        yield InputError(
            f"state {name} of stratum {stratum} does not name the pool {', '.join(missing)}, and {pair[0][1]} "
            + ("is given as a total" if is_whole else "does"),
            expected=f"each counted pool of {pair[0][1]} in {name} too, also where it holds 0; or {name} as a total",
            found=", ".join(pool for pool in SINGLE_POOLS if pool in poor),
            where=f"{stocks_of(states, pair[1])[0].where} ({row['activity']} of {row.where})",
            remedy="add the rows: 0 is a value, a pool that is not named would change as if it were 0",
        )


def _pools(state: State, states: States, *, with_stock: bool) -> set[str]:
    """Return the pools that a state names, or those in which it says there is carbon; for a share, those of its base."""
    found: set[str] = set()
    for row in stocks_of(states, state):
        rows = stocks_of(states, (state[0], row["base_state"])) if row["method"] == "share" else [row]
        found |= {item["pool"] for item in rows if item["value"] > 0 or not with_stock}
    return found
