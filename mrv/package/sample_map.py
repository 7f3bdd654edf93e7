"""The map of the sample units over the zones that were sampled, as inline SVG: a dot a unit, by what was seen there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from mrv.boundaries import Zone
from mrv.package.map import WIDTH, Frame, graticule, outline, scale_bar

Row = Mapping[str, Any]

SAMPLED = ("leakage_belt", "project_area")
DOTS = ("stable_non_forest", "stable_forest", "unknown", "gain", "loss")
"""Styles of the dots in the order in which they are drawn, so that rare change lies on top."""


def sample_map(zones: Sequence[Zone], units: Sequence[Row]) -> Markup | None:
    """Draw the units, or return None where there are no units or no zones.

    Args:
        zones: Zones of the project; the sampled kinds are drawn.
        units: Rows of `sample_units`.
    """
    shown = sorted((zone for zone in zones if zone.kind in SAMPLED), key=lambda zone: (zone.kind, zone.zone_id))
    points = {style: [row for row in units if dot_style(row) == style] for style in DOTS}
    if not shown or not any(points.values()):
        return None
    boxes = [zone.geometry.bounds for zone in shown]
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    pad = 0.03 * max(east - west, north - south)
    frame = Frame(west - pad, south - pad, east + pad, north + pad)
    parts = [
        Markup(
            '<svg class="map units" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="Map of the sample units / '
            'Mapa de las unidades de la muestra">'
        ).format(WIDTH, frame.height),
        *graticule(frame),
        *(outline(zone, frame) for zone in shown),
        *(part for style in DOTS for part in _dots(points[style], style, frame)),
        *scale_bar(frame),
        Markup("</svg>"),
    ]
    return Markup("\n").join(parts)


def dot_style(unit: Row) -> str:
    """Return the style of a unit's dot: its reference class, or that nothing is known of it."""
    return unit["reference_class"] or "unknown"


def _dots(units: Sequence[Row], style: str, frame: Frame) -> Iterator[Markup]:
    """Yield one path for all dots of a style: strokes of no length with round ends, a tenth of the bytes of circles."""
    if units:
        places = sorted((float(row["longitude"]), float(row["latitude"])) for row in units)
        path = "".join(f"M{frame.x(longitude):.1f} {frame.y(latitude):.1f}h0" for longitude, latitude in places)
        yield Markup('<path class="dot {}" d="{}"/>').format(style.replace("_", "-"), path)
