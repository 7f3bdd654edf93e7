"""Bar charts as inline SVG: series are told apart by lightness and outline, not by hue alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from mrv.package.wording import Text, number

WIDTH, HEIGHT = 720, 270
LEFT, RIGHT, TOP, BOTTOM = 64, 10, 30, 30
_GAP = 0.28
_MIN_LABEL_PX = 34


@dataclass(frozen=True)
class Series:
    """One set of bars. `style` is a CSS class of the page: it gives fill and outline in light, dark and print.

    Attributes:
        intervals: Low and high end of the interval of each value; empty where no value has one.
    """

    name: Text
    style: str
    values: Sequence[Decimal | None]
    intervals: Sequence[tuple[Decimal, Decimal] | None] = ()


@dataclass(frozen=True)
class Scale:
    """Values to pixels, with its marks."""

    low: float
    high: float
    step: float

    @classmethod
    def covering(cls, values: Sequence[Decimal]) -> Scale:
        """Return a scale from zero (or lower) with 3 to 6 round marks."""
        low, high = min([0.0, *map(float, values)]), max([0.0, *map(float, values)])
        spread = (high - low) or 1.0
        magnitude = 10.0 ** math.floor(math.log10(spread / 4))
        step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if spread / (factor * magnitude) <= 5)
        return cls(math.floor(low / step) * step, max(math.ceil(high / step) * step, step), step)

    def y(self, value: float) -> float:
        """Return the height of a value in pixels from the top."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)

    @property
    def marks(self) -> list[float]:
        """The values that get a line."""
        return [self.low + index * self.step for index in range(round((self.high - self.low) / self.step) + 1)]


def bars(
    *,
    title: Text,
    unit: str,
    groups: Sequence[str],
    series: Sequence[Series],
    labels: bool = False,
    bands: Sequence[bool] = (),
) -> Markup | None:
    """Draw bars side by side in groups, or return None where there is nothing to draw.

    Args:
        title: What the chart shows; read out by screen readers.
        unit: Unit of the values, written above the axis.
        groups: Names along the axis.
        series: One value per group each; null leaves a gap with a mark.
        labels: Write each value above its bar.
        bands: Whether each group lies in the monitoring period, and gets a tinted ground.
    """
    values = [value for item in series for value in item.values if value is not None]
    if not groups or not values:
        return None
    ends = [end for item in series for interval in item.intervals if interval for end in interval]
    scale, slot = Scale.covering([*values, *ends]), (WIDTH - LEFT - RIGHT) / len(groups)
    parts = [
        chart_start(title, HEIGHT),
        *grounds(bands, slot),
        *axis(scale, unit),
        *group_names(groups, slot),
        *_bars(groups, series, scale, slot, labels=labels),
        *_legend(series),
        Markup("</svg>"),
    ]
    return Markup("\n").join(parts)


def chart_start(title: Text, height: int, description: Text | None = None) -> Markup:
    """Open a chart so wide as the page and so many pixels high, with its title, and with its values in words, if given."""
    start = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        WIDTH, height, f"{title.en} / {title.es}"
    )
    if description is None:
        return start
    return start + Markup("<desc>{}</desc>").format(f"{description.en} / {description.es}")


def svg_text(text: Text | str, *, x: float, y: float, style: str) -> Markup:
    """Return SVG text in both languages, or once where they agree."""
    if isinstance(text, Text) and text.en != text.es:
        one = Markup('<text lang="{}" class="{}" x="{:.1f}" y="{:.1f}">{}</text>')
        return one.format("en", style, x, y, text.en) + one.format("es", style, x, y, text.es)
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(
        style, x, y, text.en if isinstance(text, Text) else text
    )


def grounds(bands: Sequence[bool], slot: float) -> Iterator[Markup]:
    """Tint the ground of the groups that are marked; a slot is so many pixels wide."""
    for index, inside in enumerate(bands):
        if inside:
            yield Markup('<rect class="band" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
                LEFT + index * slot, TOP, slot, HEIGHT - TOP - BOTTOM
            )


def axis(scale: Scale, unit: str) -> Iterator[Markup]:
    """Draw a line and a number for each mark of the scale, and the unit above."""
    exponent = Decimal(repr(round(scale.step, 12))).normalize().as_tuple().exponent
    digits = max(0, -int(exponent))
    yield svg_text(unit, x=0, y=TOP - 14, style="unit")
    for mark in scale.marks:
        y = scale.y(mark)
        style = "zero" if abs(mark) < scale.step / 2 else "grid"
        yield Markup('<line class="{}" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
            style, LEFT, WIDTH - RIGHT, y, y
        )
        yield svg_text(number(Decimal(repr(round(mark, 9))), digits), x=LEFT - 8, y=y + 4, style="end")


def group_names(groups: Sequence[Text | str], slot: float) -> Iterator[Markup]:
    """Write the names below the groups, as many as there is room for, the last one always."""
    every = max(1, math.ceil(_MIN_LABEL_PX / slot))
    for index, group in enumerate(groups):
        if (len(groups) - 1 - index) % every == 0:
            yield svg_text(group, x=LEFT + (index + 0.5) * slot, y=HEIGHT - BOTTOM + 18, style="middle")


def _bars(
    groups: Sequence[str], series: Sequence[Series], scale: Scale, slot: float, *, labels: bool
) -> Iterator[Markup]:
    width = min(slot * (1 - _GAP) / len(series), 46.0)
    for order, item in enumerate(series):
        for index, value in enumerate(item.values):
            middle = LEFT + (index + 0.5) * slot + (order - (len(series) - 1) / 2) * width
            if value is None:
                yield svg_text("–", x=middle, y=scale.y(0) - 4, style="middle none")
                continue
            top, bottom = scale.y(max(float(value), 0.0)), scale.y(min(float(value), 0.0))
            shown = number(value, 0 if abs(value) >= 100 else 1)
            yield Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>').format(
                item.style, middle - width / 2 + 0.5, top, max(width - 1, 1.0), max(bottom - top, 0.6),
                f"{groups[index]} · {item.name.en} / {item.name.es}: {shown.en}",
            )  # fmt: skip
            if interval := item.intervals[index] if item.intervals else None:
                yield _whisker(interval, scale, middle)
            if labels:
                yield svg_text(shown, x=middle, y=top - 6, style="middle value")


def _whisker(interval: tuple[Decimal, Decimal], scale: Scale, x: float) -> Markup:
    low, high = (scale.y(float(end)) for end in interval)
    return Markup(
        '<path class="interval-95" d="M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {1:.1f}h8M{3:.1f} {2:.1f}h8"/>'
    ).format(x, low, high, x - 4)


def _legend(series: Sequence[Series]) -> Iterator[Markup]:
    if len(series) < 2:
        return
    x = float(WIDTH - RIGHT - sum(_legend_width(item) for item in series))
    for item in series:
        yield Markup('<rect class="{}" x="{:.1f}" y="8" width="11" height="11"/>').format(item.style, x)
        yield svg_text(item.name, x=x + 17, y=18, style="legend")
        x += _legend_width(item)


def _legend_width(item: Series) -> float:
    return 34 + 6.6 * max(len(item.name.en), len(item.name.es))


def swatch(style: str) -> Markup:
    """Return the small square that stands for a style in a table or legend."""
    return Markup(
        '<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class="{}" x="1" y="1" width="10" height="10"/></svg>'
    ).format(escape(style))
