"""Formulas of a spreadsheet together with what they give, so that no cell is written with a value that is not its formula's.

An expression has a text and a value. What one operand does not know, the whole does not know: its value is None, and a formula
that would refer to an empty cell is never written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

_SUM, _PRODUCT, _ATOM = 1, 2, 3


@dataclass(frozen=True)
class Expression:
    """A part of a formula.

    Attributes:
        text: As a spreadsheet writes it, without the sign of equality.
        value: What it gives; None where it is not known.
        rank: How tightly its outermost sign binds.
    """

    text: str
    value: float | None
    rank: int = _ATOM

    def __add__(self, other: Operand) -> Expression:
        """Return the sum."""
        return _joined(self, "+", _of(other), _SUM, lambda a, b: a + b)

    def __sub__(self, other: Operand) -> Expression:
        """Return the difference."""
        return _joined(self, "-", _of(other), _SUM, lambda a, b: a - b)

    def __mul__(self, other: Operand) -> Expression:
        """Return the product."""
        return _joined(self, "*", _of(other), _PRODUCT, lambda a, b: a * b)

    def __truediv__(self, other: Operand) -> Expression:
        """Return the quotient; nothing is known where the divisor is zero."""
        divisor = _of(other)
        if divisor.value == 0:
            return Expression("0", None)
        return _joined(self, "/", divisor, _PRODUCT, lambda a, b: a / b)


Operand = Expression | int | float | Decimal
UNKNOWN = Expression("0", None)


@dataclass(frozen=True)
class Condition:
    """What a formula asks; None where it is not known."""

    text: str
    holds: bool | None


def number(value: Decimal | float | None) -> Expression:
    """Return a number as it stands in a formula."""
    if value is None:
        return UNKNOWN
    exact = Decimal(str(value))
    text = format(exact.normalize() if exact else Decimal(0), "f")
    return Expression(text, float(exact), _SUM if exact < 0 else _ATOM)


def _of(value: Operand) -> Expression:
    return value if isinstance(value, Expression) else number(value)


def _held(part: Expression, rank: int) -> str:
    return part.text if part.rank >= rank else f"({part.text})"


def _joined(
    left: Expression, sign: str, right: Expression, rank: int, give: Callable[[float, float], float]
) -> Expression:
    known = None if left.value is None or right.value is None else give(left.value, right.value)
    # The right side of a difference or quotient keeps its brackets.
    tighter = rank + 1 if sign in "-/" else rank
    return Expression(f"{_held(left, rank)}{sign}{_held(right, tighter)}", known, rank)


def _called(name: str, parts: Sequence[Expression], give: Callable[..., float]) -> Expression:
    values = [part.value for part in parts]
    known = None if any(value is None for value in values) else give(*values)
    return Expression(f"{name}({','.join(part.text for part in parts)})", known)


def largest(*parts: Operand) -> Expression:
    """Return the largest of some values."""
    return _called("MAX", [_of(part) for part in parts], max)


def smallest(*parts: Operand) -> Expression:
    """Return the smallest of some values."""
    return _called("MIN", [_of(part) for part in parts], min)


def size(part: Expression) -> Expression:
    """Return a value without its sign."""
    return _called("ABS", [part], abs)


def root(part: Expression) -> Expression:
    """Return the square root."""
    return _called("SQRT", [part], math.sqrt)


def square(part: Expression) -> Expression:
    """Return the square."""
    return Expression(f"{_held(part, _ATOM)}^2", None if part.value is None else part.value**2, _PRODUCT)


def rounded(part: Expression, places: Operand) -> Expression:
    """Return a value rounded half away from zero, as the ledger rounds."""

    def give(value: float, digits: float) -> float:
        step = Decimal(1).scaleb(-int(digits))
        return float(Decimal(repr(value)).quantize(step, ROUND_HALF_UP))

    return _called("ROUND", [part, _of(places)], give)


def floored(part: Expression) -> Expression:
    """Return the whole number at or below; the last digits of a double are not taken for a fraction."""
    return _called("INT", [rounded(part, 9)], math.floor)


def raised(part: Expression) -> Expression:
    """Return the whole number at or above a value that is not below zero."""

    def give(value: float, _: float) -> float:
        return float(Decimal(repr(value)).quantize(Decimal(1), ROUND_CEILING))

    return _called("ROUNDUP", [rounded(part, 9), number(0)], give)


def added(parts: Sequence[Expression]) -> Expression:
    """Return the sum of some cells; zero where there are none."""
    if not parts:
        return number(0)
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def at_most(left: Expression, right: Operand) -> Condition:
    """Ask whether a value is at or below another."""
    return _compared(left, "<=", _of(right), lambda a, b: a <= b)


def below(left: Expression, right: Operand) -> Condition:
    """Ask whether a value is below another."""
    return _compared(left, "<", _of(right), lambda a, b: a < b)


def _compared(left: Expression, sign: str, right: Expression, ask: Callable[[float, float], bool]) -> Condition:
    known = None if left.value is None or right.value is None else ask(left.value, right.value)
    return Condition(f"{left.text}{sign}{right.text}", known)


def every(*parts: Condition) -> Condition:
    """Ask whether all hold."""
    known = None if any(part.holds is None for part in parts) else all(part.holds for part in parts)
    return Condition(f"AND({','.join(part.text for part in parts)})", known)


def when(condition: Condition, then: Operand, otherwise: Operand) -> Expression:
    """Return one of two values; only the one that is taken must be known."""
    first, second = _of(then), _of(otherwise)
    known = None if condition.holds is None else (first if condition.holds else second).value
    return Expression(f"IF({condition.text},{first.text},{second.text})", known)
