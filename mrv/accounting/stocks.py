"""Carbon stocks that contradict each other or their unit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from mrv.accounting.frame import Frame
from mrv.accounting.raw import InputRow, Tables
from mrv.accounting.rules import plain
from mrv.errors import InputError

TCO2E_PER_TC = Decimal(44) / Decimal(12)
CARBON_FRACTION = Decimal("0.47")
"""For the plausibility of a stock only; the ledger takes the parameter."""
State = tuple[str, str]
"""(stratum, state of the land)."""
CO2E = "tCO2e/ha"
EVERY_STRATUM = "*"
"""Stratum of a stock that holds wherever a stratum gives none of that state itself."""
States = Mapping[State, Sequence[InputRow]]


def stock_problems(tables: Tables, frame: Frame) -> Iterator[InputError]:
    """Yield contradictions within the stocks, implausible ones, and changes of land whose stocks nobody gave."""
    states: dict[State, list[InputRow]] = defaultdict(list)
    for row in tables.get("account_stocks", ()):
        states[row["stratum_id"], row["state"]].append(row)
    if not states:
        yield from _lacking(tables, frame, states)
        return
    for state, rows in states.items():
        yield from _within(state, rows, states)
    yield from _units(states)
    forest = forest_states(tables, states)
    names = {state[1] for state in forest}
    for state in sorted(states):
        if state in forest or (state[0] == EVERY_STRATUM and state[1] in names):
            yield from _plausible(states[state], frame)
    yield from _lacking(tables, frame, states)
    yield from _gains(tables, states)


def stocks_of(states: States, state: State) -> Sequence[InputRow]:
    """Return the rows of a state, with the pools that only its rows for every stratum give; a total stands alone."""
    own, general = states.get(state, ()), states.get((EVERY_STRATUM, state[1]), ())
    pools = {row["pool"] for row in own}
    if own and "total" in pools | {row["pool"] for row in general}:
        return own
    return [*own, *(row for row in general if row["pool"] not in pools)]


def forest_states(tables: Tables, states: States) -> set[State]:
    """Return the states that are intact forest: `forest`, and those that are degraded or lost and come from nothing."""
    changes = tables.get("account_activity", ())
    sources = {(row["stratum_id"], row["from_state"]) for row in changes if row["activity"] != "enhancement"}
    derived = {(row["stratum_id"], row["to_state"]) for row in changes}
    return (sources - derived) | {state for state in states if state[1] == "forest"}


def total_tc_ha(rows: Sequence[InputRow], states: States) -> Decimal | None:
    """Return the stock of a state as its rows give it, tC/ha; None where it cannot be told from them."""
    above_tc_ha = _above_ground_tc_ha(rows)
    total = Decimal(0)
    for row in rows:
        if row["method"] != "share":
            total += _row_tc_ha(row, above_tc_ha)
            continue
        base = total_tc_ha(stocks_of(states, (row["stratum_id"], row["base_state"])), {})
        if base is None:
            return None
        total += base * row["value"]
    return total if rows else None


def _row_tc_ha(row: InputRow, above_tc_ha: Decimal) -> Decimal:
    """Return the stock of a row that is no share, tC/ha.

    The carbon fraction of a ratio is taken to be that of the above-ground stock.
    """
    value = Decimal(row["value"])
    if row["method"] == "ratio":
        return above_tc_ha * value
    if row["method"] == "biomass":
        return value * (row["carbon_fraction"] or CARBON_FRACTION)
    return value / (TCO2E_PER_TC if row["unit"] == CO2E else 1)


def _above_ground_tc_ha(rows: Sequence[InputRow]) -> Decimal:
    for row in rows:
        if row["pool"] == "above_ground" and row["method"] in ("stock", "biomass"):
            return _row_tc_ha(row, Decimal(0))
    return Decimal(0)


def _within(state: State, rows: Sequence[InputRow], states: States) -> Iterator[InputError]:
    pools = {row["pool"]: row for row in rows}
    if "total" in pools and len(pools) > 1:
        yield InputError(
            f"state {state[1]} of stratum {state[0]} has a total and single pools",
            expected="either the total or its pools",
            found=", ".join(sorted(pools)),
            where=f"{pools['total'].where}, pool",
            remedy="remove one of the two: the carbon would count twice",
        )
    for row in rows:
        if row["method"] == "ratio" and "above_ground" not in pools:
            yield InputError(
                "a ratio has no above-ground stock to be a ratio of",
                expected=f"above_ground of state {state[1]} in stratum {state[0]}",
                found="none",
                where=f"{row.where}, pool",
                remedy="add that row",
            )
        if row["method"] == "share":
            base = stocks_of(states, (state[0], row["base_state"] or ""))
            if not base or any(item["method"] == "share" for item in base):
                yield InputError(
                    "a share is of a state that has no stock of its own",
                    expected=f"stocks of {row['base_state']} in stratum {state[0]}, not shares themselves",
                    found="a share" if base else "none",
                    where=f"{row.where}, base_state",
                    remedy="name the intact forest that it is a share of",
                )


def _units(states: States) -> Iterator[InputError]:
    """Yield strata in which some stocks are tC/ha and others tCO2e/ha: one of the two was not converted.

    Dry matter stands on the side of tC/ha: who measures it converts by a carbon fraction, not by 44/12.
    """
    by_stratum: dict[str, dict[bool, list[InputRow]]] = defaultdict(lambda: defaultdict(list))
    for (stratum, _), rows in states.items():
        for row in rows:
            if row["method"] in ("stock", "biomass") and row["value"] > 0:
                by_stratum[stratum][row["unit"] == CO2E].append(row)
    everywhere = by_stratum.get(EVERY_STRATUM, {})
    for stratum, units in by_stratum.items():
        sides = {side: [*units.get(side, ()), *everywhere.get(side, ())] for side in (False, True)}
        if stratum == EVERY_STRATUM:
            sides = {side: list(rows) for side, rows in units.items()}
        if all(sides.get(side) for side in (False, True)):
            fewer = min(sides.values(), key=len)[0]
            counts = Counter(row["unit"] for rows in sides.values() for row in rows)
            yield InputError(
                f"stocks of stratum {stratum} are in two units",
                expected="all of a stratum in tC/ha (or t of dry matter), or all in tCO2e/ha",
                found=", ".join(f"{count} in {unit}" for unit, count in sorted(counts.items())),
                where=f"{fewer.where}, unit",
                remedy="convert one: 1 tC is 44/12 tCO2e; a unit that was only renamed is wrong by a factor of 3.67",
            )


def _plausible(rows: Sequence[InputRow], frame: Frame) -> Iterator[InputError]:
    """Yield stocks of forest that no forest has: single rows, or else the sum of its pools."""
    is_told = False
    for row in rows:
        if row["method"] not in ("stock", "biomass") or row["pool"] not in ("above_ground", "total"):
            continue
        one = {CO2E: TCO2E_PER_TC, "tC/ha": Decimal(1)}.get(row["unit"])
        per_tc = one or 1 / (row["carbon_fraction"] or CARBON_FRACTION)
        is_total = row["pool"] == "total"
        least = frame.least_total_tc_ha if is_total else frame.least_tc_ha
        most = frame.most_total_tc_ha if is_total else frame.most_tc_ha
        stock_tc_ha = row["value"] / per_tc
        if least <= stock_tc_ha <= most:
            continue
        is_told = True
        yield InputError(
            f"a forest stock is implausible in {row['unit']}",
            expected=f"{least * per_tc:.0f} to {most * per_tc:.0f} {row['unit']}"
            + ("" if per_tc == 1 else f" ({plain(least)} to {plain(most)} tC/ha)"),
            found=f"{plain(row['value'])} {row['unit']}"
            + ("" if per_tc == 1 else f", which is {stock_tc_ha:.1f} tC/ha"),
            where=f"{row.where}, value and unit",
            remedy=_UNIT_REMEDY,
        )
    if rows and not is_told:
        yield from _plausible_sum(rows, frame)


_UNIT_REMEDY = "mend the unit if it is another (1 tC is 44/12 tCO2e), or declare accounting.stock_range with its source"


def _plausible_sum(rows: Sequence[InputRow], frame: Frame) -> Iterator[InputError]:
    above_tc_ha = _above_ground_tc_ha(rows)
    parts = {row["pool"]: _row_tc_ha(row, above_tc_ha) for row in rows if row["method"] != "share"}
    without_soil = sum((stock for pool, stock in parts.items() if pool != "soil"), Decimal(0))
    whole = without_soil + parts.get("soil", Decimal(0))
    for total_tc_ha, most, words in (
        (without_soil, frame.most_total_tc_ha, "its soil left out"),
        (whole, frame.most_with_soil_tc_ha, "with its soil"),
    ):
        if total_tc_ha > most:
            largest = max(rows, key=lambda row: parts.get(row["pool"], Decimal(0)))
            yield InputError(
                f"the pools of forest {largest['state']} of stratum {largest['stratum_id']} add up to more than a forest holds",
                expected=f"at most {plain(most)} tC/ha, {words}",
                found=f"{total_tc_ha:.1f} tC/ha: " + ", ".join(f"{pool} {stock:.1f}" for pool, stock in parts.items()),
                where=f"{largest.where}, value and unit",
                remedy=_UNIT_REMEDY,
            )
            return


def _lacking(tables: Tables, frame: Frame, states: States) -> Iterator[InputError]:
    told: set[State] = set()
    for row in tables.get("account_activity", ()):
        for column in ("from_state", "to_state"):
            state = (row["stratum_id"], row[column])
            if not stocks_of(states, state) and state not in frame.other_states and state not in told:
                told.add(state)
                known = sorted(f"{stratum}: {name}" for stratum, name in {*states, *frame.other_states})
                yield InputError(
                    f"nobody gives the carbon stock of state {state[1]} in stratum {state[0]}",
                    expected="a stock of every state that land changes from or to, also where it is 0",
                    found=", ".join(known) or "no stock at all",
                    where=f"{row.where}, {column}",
                    remedy="add its stock to the table of stocks, or mend the name of the state",
                )


def _gains(tables: Tables, states: States) -> Iterator[InputError]:
    """Yield losses after which the land would hold more carbon, and growth after which it would hold less."""
    told: set[tuple[State, State]] = set()
    for row in tables.get("account_activity", ()):
        before, after = (row["stratum_id"], row["from_state"]), (row["stratum_id"], row["to_state"])
        stocks = [total_tc_ha(stocks_of(states, state), states) for state in (before, after)]
        if (before, after) in told or None in stocks:
            continue
        from_tc, to_tc = (stock or Decimal(0) for stock in stocks)
        is_growth = row["activity"] == "enhancement"
        if (to_tc > from_tc) == is_growth or to_tc == from_tc:
            continue
        told.add((before, after))
        yield InputError(
            f"{row['activity']} from {before[1]} to {after[1]} would {'lose' if is_growth else 'gain'} carbon",
            expected=f"{'less' if is_growth else 'more'} carbon in {before[1]} than in {after[1]}",
            found=f"{from_tc:.1f} tC/ha in {before[1]}, {to_tc:.1f} in {after[1]} (stratum {before[0]})",
            where=f"{row.where}, activity",
            remedy="check the units of both stocks, or mend the activity",
        )
