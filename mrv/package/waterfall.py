"""The way from gross reductions to credits as a waterfall, as inline SVG: what is taken off hangs from where the one before ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from markupsafe import Markup

from mrv.package.charts import HEIGHT, LEFT, RIGHT, WIDTH, Scale, axis, chart_start, group_names, svg_text
from mrv.package.wording import Text, number, signed

_WIDEST = 58.0


@dataclass(frozen=True)
class Step:
    """One bar of the waterfall.

    Attributes:
        name: What it is, below the axis.
        value: A level where the step is a total, else what the step adds (above zero) or takes (below zero).
        is_total: Whether the bar stands on the axis.
    """

    name: Text
    value: Decimal
    is_total: bool = False


def waterfall(*, title: Text, unit: str, steps: Sequence[Step]) -> Markup | None:
    """Draw the steps from left to right, or return None where there are none.

    Args:
        title: What the chart shows; read out by screen readers, with every value.
        unit: Unit of the values, written above the axis.
        steps: Totals and changes; a change starts where the step before it ended.
    """
    if not steps:
        return None
    levels = _levels(steps)
    scale = Scale.covering([end for pair in levels for end in pair])
    slot = (WIDTH - LEFT - RIGHT) / len(steps)
    parts = [
        chart_start(title, HEIGHT, _description(steps, unit)),
        *axis(scale, unit),
        *group_names([step.name for step in steps], slot),
        *_ties(levels, scale, slot),
        *(part for place, step in enumerate(steps) for part in _step(step, levels[place], scale, slot, place)),
        Markup("</svg>"),
    ]
    return Markup("\n").join(parts)


def _levels(steps: Sequence[Step]) -> list[tuple[Decimal, Decimal]]:
    """Return where each bar begins and ends; the end is the level that the next change starts from."""
    levels: list[tuple[Decimal, Decimal]] = []
    for step in steps:
        before = Decimal(0) if step.is_total or not levels else levels[-1][1]
        levels.append((before, before + step.value))
    return levels


def _description(steps: Sequence[Step], unit: str) -> Text:
    def told(step: Step) -> Text:
        value = number(step.value) if step.is_total else signed(step.value)
        return Text(f"{step.name.en} {value.en}", f"{step.name.es} {value.es}")

    texts = [told(step) for step in steps]
    return Text(f"{'; '.join(text.en for text in texts)} {unit}", f"{'; '.join(text.es for text in texts)} {unit}")


def _ties(levels: Sequence[tuple[Decimal, Decimal]], scale: Scale, slot: float) -> Iterator[Markup]:
    """Draw the level at which a bar ended on to the next one."""
    half = min(slot * 0.66, _WIDEST) / 2
    for place, ((_, level), _after) in enumerate(pairwise(levels)):
        middle = LEFT + (place + 0.5) * slot
        yield Markup('<line class="reach" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>').format(
            middle + half, middle + slot - half, scale.y(float(level))
        )


def _step(step: Step, ends: tuple[Decimal, Decimal], scale: Scale, slot: float, place: int) -> Iterator[Markup]:
    width, middle = min(slot * 0.66, _WIDEST), LEFT + (place + 0.5) * slot
    top, bottom = sorted(scale.y(float(end)) for end in ends)
    style = "fill-project" if step.is_total else "fill-taken" if step.value < 0 else "fill-baseline"
    shown = number(step.value) if step.is_total else signed(step.value)
    yield Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>').format(
        style, middle - width / 2, top, width, max(bottom - top, 0.8), f"{step.name.en} / {step.name.es}: {shown.en}",
    )  # fmt: skip
    yield svg_text(shown, x=middle, y=top - 6, style="middle value")
