"""The chart of a map's area beside the sample's estimate with its intervals, as inline SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from mrv.package.charts import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, axis, grounds, group_names, svg_text
from mrv.package.wording import Text, number

_CAP = 7.0
_KEY = (
    (0, 17, "map", "mapa"),
    (68, 11, "estimate", "estimación"),
    (160, 22, "90 %", "90 %"),
    (226, 22, "95 %", "95 %"),
)
"""Place of each entry of the key, width of its sign, and its names."""
_KEY_WIDTH = 280


@dataclass(frozen=True)
class Compared:
    """An area by the map and by the sample. What is not known is None.

    Attributes:
        name: What is compared, below the axis.
        mapped: Area that the map counts.
        estimate: Area that the sample estimates.
        ci90: Low and high end of its 90 % interval.
        ci95: Low and high end of its 95 % interval.
        outside: Whether the map lies outside the 95 % interval.
    """

    name: Text
    mapped: Decimal | None
    estimate: Decimal | None
    ci90: tuple[Decimal, Decimal] | None
    ci95: tuple[Decimal, Decimal] | None
    outside: bool


def intervals(*, title: Text, unit: str, items: Sequence[Compared], style: str, bands: Sequence[bool]) -> Markup | None:
    """Draw each mapped area as a bar and its estimate as a dot with intervals, or return None where nothing is estimated.

    Args:
        title: What the chart shows; read out by screen readers.
        unit: Unit of the areas, written above the axis.
        items: What is compared, from left to right.
        style: CSS class of the page that gives dots and intervals their colour.
        bands: Which items get a tinted ground.
    """
    if all(item.estimate is None for item in items):
        return None
    scale = Scale.covering([value for item in items for value in _values(item)])
    slot = (WIDTH - LEFT - RIGHT) / len(items)
    parts = [
        Markup('<svg class="chart {}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            style, WIDTH, HEIGHT, f"{title.en} / {title.es}"
        ),
        *grounds(bands, slot),
        *axis(scale, unit),
        *group_names([item.name for item in items], slot),
        *(part for place, item in enumerate(items) for part in _compared(item, scale, slot, place)),
        *_key(),
        Markup("</svg>"),
    ]
    return Markup("\n").join(parts)


def _values(item: Compared) -> list[Decimal]:
    known = [item.mapped, item.estimate, *(item.ci90 or ()), *(item.ci95 or ())]
    return [value for value in known if value is not None]


def _compared(item: Compared, scale: Scale, slot: float, place: int) -> Iterator[Markup]:
    width = min(slot * 0.3, 46.0)
    middle = LEFT + (place + 0.5) * slot
    left, right = middle - width * 0.75, middle + width * 0.75
    if item.mapped is None:
        yield svg_text("–", x=left, y=scale.y(0) - 4, style="middle none")
    else:
        top, bottom = sorted((scale.y(float(item.mapped)), scale.y(0)))
        yield Markup('<rect class="fill-baseline" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">{}</rect>').format(
            left - width / 2, top, width, max(bottom - top, 0.6), _title(item, "map / mapa", item.mapped),
        )  # fmt: skip
        # The map's height is drawn on across the interval, so that one sees whether it lies inside.
        yield Markup('<line class="reach" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>').format(
            left + width / 2, right + width / 2, scale.y(float(item.mapped))
        )
    if item.estimate is None:
        yield svg_text("–", x=right, y=scale.y(0) - 4, style="middle none")
        return
    if item.ci95:
        yield from _interval(item.ci95, scale, right, "interval-95", cap=_CAP)
    if item.ci90:
        yield from _interval(item.ci90, scale, right, "interval-90", cap=0)
    yield Markup('<circle class="estimate" cx="{:.1f}" cy="{:.1f}" r="4.5">{}</circle>').format(
        right, scale.y(float(item.estimate)), _title(item, "estimate / estimación", item.estimate)
    )
    if item.outside:
        top = min(scale.y(float(value)) for value in _values(item))
        outside = Text("map outside", "mapa fuera")
        yield svg_text(outside, x=middle, y=max(top - 9, TOP - 2), style="middle value")


def _title(item: Compared, what: str, value: Decimal) -> Markup:
    return Markup("<title>{}</title>").format(f"{item.name.en} · {what}: {number(value, 1).en}")


def _interval(ends: tuple[Decimal, Decimal], scale: Scale, x: float, style: str, *, cap: float) -> Iterator[Markup]:
    low, high = (scale.y(float(end)) for end in ends)
    ticks = "".join(f"M{x - cap:.1f} {y:.1f}h{2 * cap:.1f}" for y in (low, high)) if cap else ""
    yield Markup('<path class="{}" d="M{:.1f} {:.1f}V{:.1f}{}"/>').format(style, x, low, high, ticks)


def _key() -> Iterator[Markup]:
    start = float(WIDTH - RIGHT - _KEY_WIDTH)
    signs = (
        Markup('<rect class="fill-baseline" x="{:.1f}" y="8" width="11" height="11"/>'),
        Markup('<circle class="estimate" cx="{:.1f}" cy="13.5" r="4.5"/>'),
        Markup('<path class="interval-90" d="M{:.1f} 13.5h16"/>'),
        Markup('<path class="interval-95" d="M{:.1f} 13.5h16m0 -5v10m-16 -10v10"/>'),
    )
    for (place, width, en, es), sign in zip(_KEY, signs, strict=True):
        yield sign.format(start + place)
        yield svg_text(Text(en, es), x=start + place + width, y=18, style="legend")
