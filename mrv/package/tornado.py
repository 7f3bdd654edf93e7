"""Which input moves the result how far: a tornado chart as inline SVG, the input with the widest swing on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from mrv.package.charts import RIGHT, WIDTH, Scale, chart_start, svg_text
from mrv.package.wording import Text, number, percent

_ROW, _NAMES, _TOP, _BOTTOM = 24, 250, 40, 30
_SHARES = 70
"""Pixels kept at the right for the share of the variance."""


@dataclass(frozen=True)
class Swing:
    """One input.

    Attributes:
        name: What varies.
        low: Result at the low end while only this input varies.
        high: Result at the high end.
        share: Part of the variance that this input makes alone, a fraction; None where it is not known.
    """

    name: Text
    low: Decimal
    high: Decimal
    share: Decimal | None


def tornado(*, title: Text, unit: str, middle: Decimal, swings: Sequence[Swing]) -> Markup | None:
    """Draw one bar per input around the middle, or return None where there is none.

    Args:
        title: What the chart shows; read out by screen readers, with every value.
        unit: Unit of the result.
        middle: The result while nothing varies; a line marks it.
        swings: Inputs, drawn from the top down.
    """
    if not swings:
        return None
    # The ends matter, not zero: a result far from zero would leave no room for them.
    ends = [value - middle for swing in swings for value in (swing.low, swing.high)]
    scale = Scale.covering([*ends, *(-end for end in ends)])
    height = _TOP + _ROW * len(swings) + _BOTTOM
    parts = [
        chart_start(title, height, _description(swings, unit)),
        *_axis(scale, middle, height, unit),
        *(part for place, swing in enumerate(swings) for part in _swing(swing, scale, middle, place)),
        svg_text(Text("of variance", "de la varianza"), x=WIDTH - RIGHT, y=_TOP - 8, style="end unit"),
        Markup("</svg>"),
    ]
    return Markup("\n").join(parts)


def _x(scale: Scale, offset: float) -> float:
    left, right = _NAMES, WIDTH - RIGHT - _SHARES
    return left + (right - left) * (offset - scale.low) / (scale.high - scale.low)


def _description(swings: Sequence[Swing], unit: str) -> Text:
    def told(swing: Swing, low: str, high: str, name: str, between: str) -> str:
        return f"{name} {low} {between} {high}"

    en = [told(item, number(item.low).en, number(item.high).en, item.name.en, "to") for item in swings]
    es = [told(item, number(item.low).es, number(item.high).es, item.name.es, "a") for item in swings]
    return Text(f"{'; '.join(en)} {unit}", f"{'; '.join(es)} {unit}")


def _axis(scale: Scale, middle: Decimal, height: int, unit: str) -> Iterator[Markup]:
    yield svg_text(unit, x=_NAMES, y=12, style="unit")
    for mark in (scale.low, 0.0, scale.high):
        x = _x(scale, mark)
        yield Markup('<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>').format(
            "grid" if mark else "zero", x, x, _TOP - 4, height - _BOTTOM
        )
        value = middle + Decimal(repr(round(mark, 6)))
        yield svg_text(number(value), x=x, y=height - _BOTTOM + 18, style="middle")


def _swing(swing: Swing, scale: Scale, middle: Decimal, place: int) -> Iterator[Markup]:
    y = _TOP + _ROW * place
    low, centre, high = (_x(scale, float(value)) for value in (swing.low - middle, 0, swing.high - middle))
    yield svg_text(swing.name, x=_NAMES - 8, y=y + 14, style="end")
    # Two lightnesses tell the sides apart without colour.
    for style, start, end, value in (
        ("fill-taken", low, centre, swing.low),
        ("fill-project", centre, high, swing.high),
    ):
        left, right = sorted((start, end))
        yield Markup('<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"><title>{}</title></rect>').format(
            style, left, y + 3, max(right - left, 0.6), _ROW - 8, f"{swing.name.en} / {swing.name.es}: {number(value).en}",
        )  # fmt: skip
    yield svg_text(percent(swing.share), x=WIDTH - RIGHT, y=y + 14, style="end value")
