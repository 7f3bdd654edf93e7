"""One vintage of an account from what it measured to what it earned, computed anew by the rules that the package says are in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
Number = Decimal | None

TOLERANCE_TCO2E = Decimal("0.000001")
"""Tonnes are published with nine decimals; sums of many rounded products may differ in the last of them."""
TOLERANCE_SHARE = Decimal("0.00000001")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Rules:
    """Parameters in force for one vintage of an account, by name: choices and numbers."""

    choices: Mapping[str, str]
    numbers: Mapping[str, Decimal]

    def choice(self, name: str) -> str | None:
        """Return a choice, or None where it is not set."""
        return self.choices.get(name)

    def number(self, name: str) -> Number:
        """Return a number, or None where it is not set."""
        return self.numbers.get(name)


def differ(found: Number, expected: Number, *, tolerance: Decimal = TOLERANCE_TCO2E) -> bool:
    """Return whether two numbers are not the same; what is unknown is the same as unknown alone."""
    if found is None or expected is None:
        return found is not expected
    return abs(found - expected) > tolerance


def plus(*values: Number) -> Number:
    """Return the sum; unknown as soon as one part is."""
    known = [value for value in values if value is not None]
    return sum(known, ZERO) if len(known) == len(values) else None


def times(value: Number, share: Number) -> Number:
    """Return a share of a value; unknown as soon as one of both is."""
    return None if value is None or share is None else value * share


def minus(value: Number, *others: Number) -> Number:
    """Return what is left of a value; unknown as soon as one part is."""
    taken = plus(*others)
    return None if value is None or taken is None else value - taken


def counted(row: Row) -> Number:
    """Return the gross reduction of a vintage without the removals that its rules leave out."""
    return minus(row["gross_reduction_tco2e"], row["removals_left_out_tco2e"])


def reduced(row: Row) -> Number:
    """Return the part of the counted reduction that is no removal."""
    removals = minus(row["removals_tco2e"], row["removals_left_out_tco2e"])
    return minus(counted(row), None if removals is None else max(removals, ZERO))


def deduction(row: Row, rules: Rules, by_proxy: Number) -> Number:
    """Return what uncertainty takes off a vintage.

    Args:
        row: Row of `emission_reductions`.
        rules: Its parameters.
        by_proxy: Reduction of degradation, measured by a proxy where the rules say so, tCO2e.
    """
    base = _deduction_base(row, rules)
    if base is None or base == 0:
        return base
    net, share = row["net_tco2e"], row["deduction_fraction"]
    if rules.choice("credit_rule") == "fcpf" and rules.choice("degradation_by_proxy") == "yes":
        proxy = None if by_proxy is None else min(max(by_proxy, ZERO), net)
        weighted = plus(times(proxy, rules.number("degradation_proxy_factor")), times(minus(net, proxy), share))
        return None if weighted is None else base * weighted / net
    return times(base, share)


def _deduction_base(row: Row, rules: Rules) -> Number:
    """Return what the share for uncertainty is taken of: a loss is not made smaller by being uncertain."""
    rule, net, whole = rules.choice("credit_rule"), row["net_tco2e"], counted(row)
    if net is None or whole is None:
        return None
    if rule == "fcpf":
        left = minus(net, row["transferred_tco2e"])
        return None if left is None else max(left, ZERO)
    if rule == "art_trees":
        removals = minus(row["removals_tco2e"], row["removals_left_out_tco2e"])
        return None if removals is None else abs(whole - removals) + abs(removals)
    return max(whole if rules.choice("deduction_base") == "gross_reduction" else net, ZERO)


def buffer(row: Row, held: Row) -> Number:
    """Return what a vintage pays into the buffer.

    Args:
        row: Row of `emission_reductions`.
        held: Its row of `buffer`.
    """
    base = buffer_base(row, held)
    if row["eligible"] is False or (base is not None and base <= 0):
        return ZERO
    return times(base, held["buffer_rate"])


def buffer_base(row: Row, held: Row) -> Number:
    """Return the tonnes that the buffer rate is taken of."""
    if held["buffer_base"] == "stock_change":
        base: Number = row["stock_change_tco2e"]
        return base
    if held["buffer_base"] == "gross_less_transferred":
        return minus(counted(row), row["transferred_tco2e"])
    return minus(row["net_tco2e"], row["transferred_tco2e"], row["deduction_tco2e"])


def earned(row: Row) -> Number:
    """Return what a vintage adds: a vintage that is not eligible adds no reduction, but its loss."""
    left = minus(row["net_tco2e"], row["transferred_tco2e"])
    if row["eligible"] is False:
        return None if left is None else min(left, ZERO)
    return minus(left, row["deduction_tco2e"], row["buffer_tco2e"])


def share(error: Row, rules: Rules) -> Number:
    """Return the share that a rule deducts of an error; unknown where the error is, or over the limit of the rule.

    Args:
        error: Rule, relative half-width of the 90 % interval (`uncertainty_u90`) and where that came from.
        rules: Parameters of the vintage.
    """
    rule, u90 = error["uncertainty_rule"], error["uncertainty_u90"]
    if rule == "none":
        return ZERO
    if u90 is None:
        return None
    return _SHARES[rule](error, rules) if rule in _SHARES else None


def _x_unc(error: Row, rules: Rules) -> Number:
    is_declared = error["uncertainty_source"] == "declared"
    level = Decimal(1) if is_declared else rules.number("uncertainty_level_factor")
    excess = minus(times(error["uncertainty_u90"], level), rules.number("uncertainty_allowable"))
    return None if excess is None else max(excess, ZERO)


def _scaled(u90: Decimal, rules: Rules) -> Number:
    two_sided = rules.number("t_two_sided_90")
    scaled = times(u90, rules.number("t_one_sided_66_67"))
    return None if scaled is None or not two_sided else scaled / two_sided


def _vcs(error: Row, rules: Rules) -> Number:
    u90, free, limit = error["uncertainty_u90"], rules.number("uncertainty_free_below"), _limit(rules)
    if limit is None or free is None or u90 > limit:
        return None
    return ZERO if u90 <= free else _scaled(u90, rules)


def _scaled_excess(error: Row, rules: Rules) -> Number:
    u90, free, limit = error["uncertainty_u90"], rules.number("uncertainty_free_below"), _limit(rules)
    if limit is None or free is None or u90 > limit:
        return None
    return _scaled(max(u90 - free, ZERO), rules)


def _limit(rules: Rules) -> Number:
    return rules.number("uncertainty_ineligible_above")


def _art(error: Row, rules: Rules) -> Number:
    two_sided = rules.number("art_two_sided_90_quantile")
    scaled = times(error["uncertainty_u90"], rules.number("art_one_sided_quantile"))
    return None if scaled is None or not two_sided else scaled / two_sided


def _fcpf(error: Row, rules: Rules) -> Number:
    for place in range(1, 5):
        limit = rules.number(f"fcpf_limit_{place}")
        if limit is None:
            return None
        if error["uncertainty_u90"] <= limit:
            return rules.number(f"fcpf_factor_{place}")
    return rules.number("fcpf_factor_5")


_SHARES = {
    "x_unc": _x_unc,
    "vcs_mr_2_4": _vcs,
    "scaled_excess_10": _scaled_excess,
    "art_trees": _art,
    "fcpf": _fcpf,
}
RULES = frozenset({"none", *_SHARES})
"""Every rule of uncertainty that is known here."""


def credited(rows: list[Row], rules: Mapping[int, Rules]) -> Iterator[tuple[Number, Number]]:
    """Yield creditable and carried tonnes of each vintage of an account, from first to last.

    A net loss is earned back before anything is credited again, also one of a later vintage: a period is verified as a whole.
    Under rules whose credits may be below zero nothing is carried.
    """
    if rules[rows[0]["vintage_year"]].choice("deficit_rule") == "negative_credits":
        for row in rows:
            value, own = row["earned_tco2e"], reduced(row)
            if value is None or own is None:
                yield None, None
            else:
                yield (value if own < 0 else max(value, ZERO)), ZERO
        return
    sums: list[Number] = []
    for row in rows:
        sums.append(plus(sums[-1] if sums else row["opening_tco2e"], row["earned_tco2e"]))
    known = [value for value in sums if value is not None]
    most = max(known[-1], ZERO) if known else ZERO
    peak, before = ZERO, ZERO
    for value in sums:
        if value is None:
            yield None, None
            continue
        peak = max(peak, value)
        reached = min(peak, most)
        yield reached - before, value - reached
        before = reached
