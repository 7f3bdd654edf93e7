"""Formulas of the ledger: how each column of a vintage follows from others, in words of both languages and in numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mrv.package.arithmetic_rules import Number, Row, minus, plus, times
from mrv.package.trace.graph import Texts, plain

NINE = Decimal("0.000000001")
SIX = Decimal("0.000001")
MINUS, TIMES = "\u2212", "\u00d7"


@dataclass(frozen=True)
class Formula:
    """How a value follows from others of its own row or of the row beside it.

    Attributes:
        terms: Columns that it is made of, in the order of the text.
        words: It in words.
        sign: What stands between the numbers; `sum`, `minus` or `times`.
        compute: The value from the terms' values.
    """

    terms: Sequence[str]
    words: Texts
    sign: str
    compute: Callable[..., Number]


def rounded(value: Number, unit: Decimal = NINE) -> Number:
    """Return a value at the decimals that the tables have, halves away from zero."""
    return None if value is None else value.quantize(unit, ROUND_HALF_UP)


def filled(sign: str, values: Sequence[Any]) -> str | None:
    """Return a formula with its numbers; None where one is not known."""
    if not values or any(value is None for value in values):
        return None
    told = [f"({plain(value)})" if isinstance(value, Decimal) and value < 0 else plain(value) for value in values]
    return f" {sign} ".join(told)


def _floor(value: Number) -> Number:
    return None if value is None else Decimal(value.to_integral_value("ROUND_FLOOR"))


def _half_up(value: Number) -> Number:
    return None if value is None else value.quantize(Decimal(1), ROUND_HALF_UP)


def _carried(earned: Number, opening: Number, carried: Number) -> Number:
    return minus(plus(earned, opening), carried)


_ROUNDING: Mapping[str, tuple[Texts, Callable[[Number], Number]]] = {
    "floor": (("creditable reductions, rounded down", "reducciones acreditables, redondeadas hacia abajo"), _floor),
    "half_up": (("creditable reductions, rounded", "reducciones acreditables, redondeadas"), _half_up),
}


def ledger_formula(column: str, row: Row, rules: Mapping[str, str], buffer: Row | None) -> Formula | None:
    """Return the formula of a column of `emission_reductions`; None where it is told by its parts alone.

    Args:
        column: The column.
        row: The vintage.
        rules: Choices in force by name.
        buffer: Row of the mart `buffer`.
    """
    if column == "credits":
        if rules.get("rounding") not in _ROUNDING:
            return None
        words, compute = _ROUNDING[rules["rounding"]]
        return Formula(("creditable_tco2e",), words, MINUS, compute)
    if column == "creditable_tco2e" and rules.get("deficit_rule") != "earned_back":
        return None
    if column == "earned_tco2e" and row["eligible"] is False:
        return None
    if column in ("deduction_tco2e", "buffer_tco2e") and row["eligible"] is False:
        return None
    if column == "deduction_tco2e" and (
        rules.get("credit_rule") in ("fcpf", "art_trees") or (row["net_tco2e"] or 0) <= 0
    ):
        return None
    if column == "deduction_tco2e" and rules.get("deduction_base") == "gross_reduction":
        return _DEDUCTION_OF_GROSS
    if column == "buffer_tco2e":
        return _BUFFER.get(buffer["buffer_base"] if buffer else "") if (row["net_tco2e"] or 0) > 0 else None
    return LEDGER.get(column)


_DEDUCTION_OF_GROSS = Formula(
    ("gross_reduction_tco2e", "deduction_fraction"),
    (
        "gross reductions, times the share that the rule deducts",
        "reducciones brutas por la fracción que la regla descuenta",
    ),
    TIMES,
    lambda base, share: rounded(times(base, share)),
)
_BUFFER = {
    "stock_change": Formula(
        ("stock_change_tco2e", "buffer_rate"),
        (
            "change of carbon stocks, times the rate of the buffer",
            "cambio de existencias de carbono por la tasa del búfer",
        ),
        TIMES,
        lambda base, rate: rounded(times(base, rate)),
    ),
}
LEDGER: Mapping[str, Formula] = {
    "creditable_tco2e": Formula(
        ("earned_tco2e", "opening_tco2e", "carried_tco2e"),
        (
            "earned in the vintage + carried in \u2212 carried on",
            "ganadas en la añada + traídas de antes \u2212 llevadas adelante",
        ),
        "+ / \u2212",
        _carried,
    ),
    "earned_tco2e": Formula(
        ("net_tco2e", "deduction_tco2e", "transferred_tco2e", "buffer_tco2e"),
        (
            "net reductions \u2212 deduction for uncertainty \u2212 transferred to others \u2212 buffer",
            "reducciones netas \u2212 descuento por incertidumbre \u2212 transferidas a otros \u2212 búfer",
        ),
        MINUS,
        minus,
    ),
    "net_tco2e": Formula(
        ("gross_reduction_tco2e", "removals_left_out_tco2e", "leakage_tco2e"),
        (
            "gross reductions \u2212 removals that are not counted \u2212 leakage",
            "reducciones brutas \u2212 remociones que no se cuentan \u2212 fugas",
        ),
        MINUS,
        minus,
    ),
    "gross_reduction_tco2e": Formula(
        ("baseline_tco2e", "project_tco2e"),
        ("baseline emissions \u2212 project emissions", "emisiones de línea base \u2212 emisiones del proyecto"),
        MINUS,
        minus,
    ),
    "stock_change_tco2e": Formula(
        (), ("baseline \u2212 project, without fires", "línea base \u2212 proyecto, sin incendios"), MINUS, minus
    ),
    "deduction_tco2e": Formula(
        ("net_tco2e", "deduction_fraction"),
        (
            "net reductions, times the share that the rule deducts",
            "reducciones netas por la fracción que la regla descuenta",
        ),
        TIMES,
        lambda net, share: rounded(times(net, share)),
    ),
}
