"""The zones as KML 2.2 for people who open maps in a globe: one Placemark per zone, in folders by kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from mrv.boundaries import Zone
from mrv.package.wording import KINDS, kind_name

NAMESPACE = "http://www.opengis.net/kml/2.2"
STYLE = "_style_"
"""Start of the ids of styles; that of a zone begins with a letter or `_z`."""

_COLOURS = {
    "reference_region": "808080",
    "leakage_belt": "e69f00",
    "project_area": "009e73",
    "concession": "0072b2",
    "stratum": "56b4e9",
    "community": "cc79a7",
    "hcv": "d55e00",
    "exclusion": "000000",
}
"""RGB of the outline of each kind, told apart by people who see colours differently too."""


def kml(zones: Sequence[Zone], *, name: str) -> bytes:
    """Return the zones as KML: lon,lat on WGS84 without heights, outer rings counter-clockwise, holes kept.

    Args:
        zones: Zones, lon/lat on WGS84, in the order in which they shall lie within the folder of their kind.
        name: What the document is called.
    """
    register_namespace("", NAMESPACE)
    root = Element(_tag("kml"))
    document = SubElement(root, _tag("Document"))
    _text(document, "name", name)
    _text(document, "open", "1")
    kinds = sorted({zone.kind for zone in zones}, key=lambda kind: ([*_COLOURS, kind].index(kind), kind))
    for kind in kinds:
        _style(document, kind)
    for kind in kinds:
        folder = SubElement(document, _tag("Folder"))
        _text(folder, "name", _both(kind))
        for zone in zones:
            if zone.kind == kind:
                _placemark(folder, zone)
    indent(root)
    content: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return content + b"\n"


def placemark_id(zone_id: str) -> str:
    """Return a zone's id as XML allows it in an attribute `id`; other characters are written as `_x<code>_`."""
    escaped = re.sub(r"[^A-Za-z0-9_.-]", lambda found: f"_x{ord(found[0]):x}_", zone_id)
    return escaped if re.match(r"[A-Za-z]", escaped) else f"_z{escaped}"


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, _tag(name)).text = text


def _both(kind: str) -> str:
    name = kind_name(kind) if kind in KINDS else None
    return f"{name.en} / {name.es}" if name else kind


def _style(document: Element, kind: str) -> None:
    rgb = _COLOURS.get(kind, "606060")
    bgr = rgb[4:] + rgb[2:4] + rgb[:2]
    style = SubElement(document, _tag("Style"), id=STYLE + kind)
    line = SubElement(style, _tag("LineStyle"))
    _text(line, "color", f"ff{bgr}")
    _text(line, "width", "2")
    _text(SubElement(style, _tag("PolyStyle")), "color", f"26{bgr}")


def _placemark(folder: Element, zone: Zone) -> None:
    placemark = SubElement(folder, _tag("Placemark"), id=placemark_id(zone.zone_id))
    _text(placemark, "name", zone.name)
    _text(placemark, "styleUrl", f"#{STYLE}{zone.kind}")
    extended = SubElement(placemark, _tag("ExtendedData"))
    for name, label, value in (
        ("zone_id", "Zone / Zona", zone.zone_id),
        ("kind", "Kind / Tipo", zone.kind),
        ("area_ha", "Area (ha) / Área (ha)", format(zone.area_ha, "f")),
        ("partner", "Partner / Socio", zone.partner or ""),
        ("boundary_version", "Version of the boundary / Versión del límite", zone.boundary_version),
        ("boundary_sha256", "SHA-256 of the boundary's file / SHA-256 del archivo del límite", zone.sha256),
        ("illustrative", "Illustrative / Ilustrativo", "true" if zone.illustrative else "false"),
    ):
        data = SubElement(extended, _tag("Data"), name=name)
        _text(data, "displayName", label)
        _text(data, "value", value)
    parts = SubElement(placemark, _tag("MultiGeometry"))
    for polygon in _polygons(zone.geometry):
        _polygon(parts, polygon)


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    return [part for part in shapely.get_parts(shapely.orient_polygons(geometry)) if isinstance(part, Polygon)]


def _polygon(parent: Element, polygon: Polygon) -> None:
    element = SubElement(parent, _tag("Polygon"))
    rings = [("outerBoundaryIs", polygon.exterior), *(("innerBoundaryIs", ring) for ring in polygon.interiors)]
    for name, ring in rings:
        linear = SubElement(SubElement(element, _tag(name)), _tag("LinearRing"))
        # `repr` of a float is the shortest text that reads back as the same number.
        _text(linear, "coordinates", " ".join(f"{x!r},{y!r}" for x, y in shapely.get_coordinates(ring).tolist()))
