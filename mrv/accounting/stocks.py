"""Carbon stocks that contradict each other or their unit."""

from __future__ import annotations

from collections import defaultdict
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
    """Return the rows of a state, or else those of the state in every stratum."""
    return states.get(state) or states.get((EVERY_STRATUM, state[1]), ())


def forest_states(tables: Tables, states: States) -> set[State]:
    """Return the states that are intact forest: `forest`, and those that are degraded or lost and come from nothing."""
    changes = tables.get("account_activity", ())
    sources = {(row["stratum_id"], row["from_state"]) for row in changes if row["activity"] != "enhancement"}
    derived = {(row["stratum_id"], row["to_state"]) for row in changes}
    return (sources - derived) | {state for state in states if state[1] == "forest"}


def total_tc_ha(rows: Sequence[InputRow], states: States) -> Decimal | None:
    """Return the stock of a state as its rows give it, tC/ha; None where it cannot be told from them."""
    biomass = {row["pool"]: row["value"] for row in rows if row["method"] == "biomass"}
    total = Decimal(0)
    for row in rows:
        fraction = row["carbon_fraction"] or CARBON_FRACTION
        if row["method"] == "stock":
            total += row["value"] / (TCO2E_PER_TC if row["unit"] == "tCO2e/ha" else 1)
        elif row["method"] == "biomass":
            total += row["value"] * fraction
        elif row["method"] == "ratio" and "above_ground" in biomass:
            total += biomass["above_ground"] * row["value"] * fraction
        elif row["method"] == "ratio":
            total += row["value"] * _above_ground_tc_ha(rows)
        else:
            base = total_tc_ha(stocks_of(states, (row["stratum_id"], row["base_state"])), {})
            if base is None:
                return None
            total += base * row["value"]
    return total if rows else None


def _above_ground_tc_ha(rows: Sequence[InputRow]) -> Decimal:
    for row in rows:
        if row["pool"] == "above_ground" and row["method"] == "stock":
            return Decimal(row["value"]) / (TCO2E_PER_TC if row["unit"] == "tCO2e/ha" else 1)
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
    """Yield strata in which some stocks are tC/ha and others tCO2e/ha: one of the two was not converted."""
    by_stratum: dict[str, dict[str, list[InputRow]]] = defaultdict(lambda: defaultdict(list))
    for (stratum, _), rows in states.items():
        for row in rows:
            if row["method"] == "stock" and row["value"] > 0:
                by_stratum[stratum][row["unit"]].append(row)
    for stratum, units in by_stratum.items():
        if len(units) > 1:
            fewer = min(units.values(), key=len)[0]
            yield InputError(
                f"stocks of stratum {stratum} are in two units",
                expected="all of a stratum in tC/ha, or all in tCO2e/ha",
                found=", ".join(f"{len(rows)} in {unit}" for unit, rows in sorted(units.items())),
                where=f"{fewer.where}, unit",
                remedy="convert one: 1 tC is 44/12 tCO2e; a unit that was only renamed is wrong by a factor of 3.67",
            )


def _plausible(rows: Sequence[InputRow], frame: Frame) -> Iterator[InputError]:
    for row in rows:
        if row["method"] not in ("stock", "biomass") or row["pool"] not in ("above_ground", "total"):
            continue
        one = {"tCO2e/ha": TCO2E_PER_TC, "tC/ha": Decimal(1)}.get(row["unit"])
        per_tc = one or 1 / (row["carbon_fraction"] or CARBON_FRACTION)
        most = frame.most_total_tc_ha if row["pool"] == "total" else frame.most_tc_ha
        stock_tc_ha = row["value"] / per_tc
        if frame.least_tc_ha <= stock_tc_ha <= most:
            continue
        yield InputError(
            f"a forest stock is implausible in {row['unit']}",
            expected=f"{frame.least_tc_ha * per_tc:.0f} to {most * per_tc:.0f} {row['unit']} "
            f"({plain(frame.least_tc_ha)} to {plain(most)} tC/ha)",
            found=f"{plain(row['value'])} {row['unit']}, which is {stock_tc_ha:.1f} tC/ha",
            where=f"{row.where}, value and unit",
            remedy="mend the unit if it is another (1 tC is 44/12 tCO2e), or declare accounting.stock_range with its source",
        )


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
