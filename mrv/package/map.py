"""The map of the zones as inline SVG: simplified outlines, a frame with degrees, a scale bar."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from markupsafe import Markup
from shapely.geometry.base import BaseGeometry

from mrv.boundaries import GEOD, Zone
from mrv.package.charts import svg_text
from mrv.package.contents import LossPicture
from mrv.package.wording import Text, kind_name

WIDTH, MAX_HEIGHT = 720.0, 720.0
SIDE, MARGIN = 52.0, 22.0
DRAWN = ("reference_region", "leakage_belt", "project_area", "stratum", "hcv", "exclusion", "concession", "community")
"""Kinds in the order in which they are drawn, the widest first."""
BORDERS = ("project_area", "leakage_belt", "reference_region")
NUMBERED = ("concession", "hcv", "community", "exclusion")
_TOLERANCE_PX = 0.4
_HIDDEN = frozenset({"stratum"})


@dataclass(frozen=True)
class Frame:
    """Degrees to pixels: equidistant along the middle parallel."""

    west: float
    south: float
    east: float
    north: float

    @property
    def squeeze(self) -> float:
        """Length of a degree of longitude in degrees of latitude."""
        return math.cos(math.radians((self.south + self.north) / 2))

    @property
    def pixels_per_degree(self) -> float:
        """Pixels per degree of latitude."""
        across = (WIDTH - 2 * SIDE) / ((self.east - self.west) * self.squeeze)
        return min(across, (MAX_HEIGHT - 2 * MARGIN) / (self.north - self.south))

    @property
    def height(self) -> float:
        """Height of the drawing in pixels."""
        return (self.north - self.south) * self.pixels_per_degree + 2 * MARGIN

    @property
    def left(self) -> float:
        """Left edge of the frame in pixels; a narrow map stands in the middle."""
        return (WIDTH - (self.east - self.west) * self.squeeze * self.pixels_per_degree) / 2

    def x(self, longitude: float) -> float:
        """Return pixels from the left."""
        return self.left + (longitude - self.west) * self.squeeze * self.pixels_per_degree

    def y(self, latitude: float) -> float:
        """Return pixels from the top."""
        return MARGIN + (self.north - latitude) * self.pixels_per_degree


def numbered(zones: Sequence[Zone]) -> dict[str, int]:
    """Return the number that stands in the map for each zone too small to carry its name."""
    chosen = [zone for kind in NUMBERED for zone in sorted(zones, key=lambda item: item.zone_id) if zone.kind == kind]
    return {zone.zone_id: position for position, zone in enumerate(chosen, start=1)}


def zone_map(zones: Sequence[Zone]) -> Markup | None:
    """Draw the zones, or return None where there are none."""
    shown = [zone for zone in zones if zone.kind not in _HIDDEN]
    if not shown:
        return None
    boxes = [zone.geometry.bounds for zone in shown]
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    pad = 0.03 * max(east - west, north - south)
    frame = Frame(west - pad, south - pad, east + pad, north + pad)
    ordered = sorted(shown, key=lambda zone: (DRAWN.index(zone.kind), zone.zone_id))
    parts = [
        Markup(
            '<svg class="map" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="Map of the zones / Mapa de las zonas">'
        ).format(WIDTH, frame.height),
        *graticule(frame),
        *(outline(zone, frame) for zone in ordered),
        *_numbers(ordered, frame),
        *scale_bar(frame),
        Markup("</svg>"),
    ]
    return Markup("\n").join(parts)


def loss_map(zones: Sequence[Zone], picture: LossPicture) -> Markup:
    """Draw the borders of the accounted zones over the picture of forest and its loss, which the page then holds itself."""
    west, south, east, north = picture.bounds
    frame = Frame(west, south, east, north)
    data = base64.b64encode(picture.path.read_bytes()).decode()
    shown = [zone for zone in zones if zone.kind in BORDERS]
    parts = [
        Markup(
            '<svg class="map" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="Map of forest and its loss / '
            'Mapa del bosque y su pérdida">'
        ).format(WIDTH, frame.height),
        *graticule(frame),
        Markup(
            '<image x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" preserveAspectRatio="none" '
            'href="data:image/png;base64,{}"/>'
        ).format(frame.x(west), frame.y(north), frame.x(east) - frame.x(west), frame.y(south) - frame.y(north), data),
        *(outline(zone, frame, style="border") for zone in sorted(shown, key=lambda zone: zone.zone_id)),
        *scale_bar(frame),
        Markup("</svg>"),
    ]
    return Markup("\n").join(parts)


def outline(zone: Zone, frame: Frame, *, style: str | None = None) -> Markup:
    """Draw a zone, simplified, in the style of its kind or another; its name is read out."""
    simple = shapely.simplify(zone.geometry, _TOLERANCE_PX / frame.pixels_per_degree, preserve_topology=True)
    path = "".join(
        _ring(ring, frame) for part in shapely.get_parts(simple) for ring in (part.exterior, *part.interiors)
    )
    kind = kind_name(zone.kind)
    label = f"{zone.name} · {kind.en} / {kind.es}"
    return Markup('<path class="zone {}" d="{}"><title>{}</title></path>').format(
        style or zone.kind.replace("_", "-"), path, label
    )


def _ring(ring: BaseGeometry, frame: Frame) -> str:
    points = [f"{frame.x(lon):.1f} {frame.y(lat):.1f}" for lon, lat in shapely.get_coordinates(ring)[:-1]]
    return f"M{'L'.join(points)}Z"


def _numbers(zones: Sequence[Zone], frame: Frame) -> Iterator[Markup]:
    numbers = numbered(zones)
    for zone in zones:
        if zone.zone_id in numbers:
            point = zone.geometry.representative_point()
            x, y = frame.x(point.x), frame.y(point.y)
            yield Markup('<circle class="tag" cx="{:.1f}" cy="{:.1f}" r="8.5"/>').format(x, y)
            yield svg_text(str(numbers[zone.zone_id]), x=x, y=y + 3.8, style="tag-number")


def graticule(frame: Frame) -> Iterator[Markup]:
    """Draw the ground of the map with meridians and parallels and their degrees."""
    right, bottom = WIDTH - frame.left, frame.height - MARGIN
    yield Markup('<rect class="frame" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        frame.left, MARGIN, right - frame.left, bottom - MARGIN
    )
    step = _round_step((frame.north - frame.south) / 4)
    for longitude in _multiples(frame.west, frame.east, step):
        x = frame.x(longitude)
        yield Markup('<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>').format(
            x, MARGIN, bottom
        )
        yield svg_text(_degrees(longitude, step, "E", "W"), x=x, y=bottom + 15, style="middle")
    for latitude in _multiples(frame.south, frame.north, step):
        y = frame.y(latitude)
        yield Markup('<line class="grid" x1="{1:.1f}" x2="{2:.1f}" y1="{0:.1f}" y2="{0:.1f}"/>').format(
            y, frame.left, right
        )
        yield svg_text(_degrees(latitude, step, "N", "S"), x=frame.left - 7, y=y + 4, style="end")


def scale_bar(frame: Frame) -> Iterator[Markup]:
    """Draw the scale bar, true along its own parallel."""
    latitude = frame.south + 0.1 * (frame.north - frame.south)
    km_per_pixel = GEOD.inv(frame.west, latitude, frame.east, latitude)[2] / 1000 / (WIDTH - 2 * frame.left)
    length_km = _round_step(km_per_pixel * WIDTH / 6)
    length, x, y = length_km / km_per_pixel, WIDTH - frame.left - 16, frame.height - MARGIN - 16
    yield Markup('<path class="scale" d="M{0:.1f} {2:.1f}v6H{1:.1f}v-6"/>').format(x - length, x, y - 6)
    yield svg_text(f"{length_km:g} km", x=x - length / 2, y=y - 8, style="middle scale-text")


def _round_step(value: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(value))
    return max(factor * magnitude for factor in (1, 2, 5) if factor * magnitude <= value * 1.0000001)


def _multiples(low: float, high: float, step: float) -> list[float]:
    return [index * step for index in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _degrees(value: float, step: float, positive: str, negative: str) -> Text:
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    text, side = f"{abs(value):.{digits}f}°", positive if value >= 0 else negative
    return Text(f"{text} {side}", f"{text.replace('.', ',')} {side.replace('W', 'O')}")
