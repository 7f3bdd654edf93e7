"""Charts for paper: SVG in one language with the page's print colours written into it, and the same as PNG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mrv.errors import PackageError
from mrv.package.monitoring.blocks import Language, Picture
from mrv.package.monitoring.fonts import FAMILY, STAND_IN, faces, stand_ins

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # - only the type

PNG_DPI = 200
_NAMESPACE = "http://www.w3.org/2000/svg"
_VARIABLE = re.compile(r"var\((--[a-z0-9-]+)\)")
_DRAWN = (
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin",
    "stroke-linecap", "font-size", "font-weight", "text-anchor", "opacity",
)  # fmt: skip
"""Properties that are written as attributes; the rest of the sheet is about the page."""
_UNREAD = frozenset({"title", "desc"})
"""Elements for pointers and screen readers; a picture on paper has a caption and an alternative text."""


def print_svg(picture: Picture, language: Language) -> bytes:
    """Return a chart of the summary page as a file that stands alone: one language, no style sheet, no variables.

    Raises:
        PackageError: The picture is no SVG.
    """
    from defusedxml import ElementTree

    source = re.sub(r'\sxmlns="[^"]*"', "", picture.content.decode(), count=1)
    try:
        root = ElementTree.fromstring(source)
    except (ElementTree.ParseError, ValueError) as error:
        raise PackageError(f"a picture of the report is no SVG: {error}", where=picture.caption) from error
    _prune(root, language)
    _style(root)
    width, height = root.get("viewBox", "0 0 720 270").split()[2:]
    attributes = {"xmlns": _NAMESPACE, "width": width, "height": height, "font-family": f"{FAMILY}, {STAND_IN}"}
    for name, value in attributes.items():
        root.set(name, value)
    root.attrib.pop("aria-label", None)
    written: bytes = ElementTree.tostring(root, encoding="utf-8")
    return written


def to_png(picture: Picture, language: Language, *, width_px: int) -> bytes:
    """Return a picture as PNG: a chart drawn so many pixels wide, a PNG as it is."""
    if picture.media_type == "image/png":
        return picture.content
    from resvg_py import svg_to_bytes

    fonts = [*faces().values(), stand_ins() / "DejaVuSans.ttf"]
    return bytes(
        svg_to_bytes(
            svg_string=print_svg(picture, language).decode(),
            width=width_px,
            background="#ffffff",
            skip_system_fonts=True,
            font_files=[str(path) for path in fonts],
            font_family=FAMILY,
            sans_serif_family=FAMILY,
        )
    )


def _prune(element: Element, language: Language) -> None:
    """Take out what is for the other language or for a pointer."""
    for child in list(element):
        if child.tag in _UNREAD or child.get("lang", language) != language:
            element.remove(child)
        else:
            child.attrib.pop("lang", None)
            _prune(child, language)


def _style(root: Element) -> None:
    """Write what the sheet says of each element into its attributes."""
    import cssselect2

    matcher = cssselect2.Matcher()
    for selector, declarations in _rules():
        matcher.add_selector(selector, declarations)
    _style_below(cssselect2.ElementWrapper.from_xml_root(root), matcher, _colours())
    _halos(root)


def _style_below(wrapper: Any, matcher: Any, variables: Mapping[str, str]) -> None:
    matches = sorted(matcher.match(wrapper), key=lambda match: match[:2])
    told = {name: value for *_, declarations in matches for name, value in declarations.items()}
    own = {**variables, **{name: value for name, value in told.items() if name.startswith("--")}}
    for name in (name for name in _DRAWN if name in told):
        wrapper.etree_element.set(name, _valued(told[name], own))
    for child in wrapper.iter_children():
        _style_below(child, matcher, own)


def _valued(value: str, variables: Mapping[str, str]) -> str:
    while match := _VARIABLE.search(value):
        value = value.replace(match[0], variables[match[1]])
    return value


def _halos(root: Element) -> None:
    """Put the light edge of a number behind it: not every renderer draws an edge before the letters."""
    from copy import deepcopy

    for parent in [*root.iter()]:
        for place, child in reversed([*enumerate(parent)]):
            if child.tag == "text" and "stroke" in child.attrib:
                halo = deepcopy(child)
                halo.set("fill", child.get("stroke", ""))
                halo.set("stroke-linejoin", "round")
                parent.insert(place, halo)
                for name in ("stroke", "stroke-width"):
                    child.attrib.pop(name, None)


@cache
def _sheet() -> str:
    return files("mrv.package").joinpath("templates/summary.css").read_text(encoding="utf-8")


@cache
def _rules() -> tuple[tuple[Any, dict[str, str]], ...]:
    """Return the selectors of the sheet that are about charts, with what they declare."""
    import cssselect2
    import tinycss2

    found = []
    for rule in tinycss2.parse_stylesheet(_sheet(), skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule" and tinycss2.serialize(rule.prelude).startswith("svg"):
            declared = dict(_declarations(rule.content))
            found += [(selector, declared) for selector in cssselect2.compile_selector_list(rule.prelude)]
    return tuple(found)


@cache
def _colours() -> dict[str, str]:
    """Return the variables of the page as they are in print."""
    import tinycss2

    for rule in tinycss2.parse_stylesheet(_sheet(), skip_comments=True, skip_whitespace=True):
        if rule.type == "at-rule" and tinycss2.serialize(rule.prelude).strip() == "print":
            for inner in tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True):
                if tinycss2.serialize(inner.prelude).strip() == ":root":
                    return dict(_declarations(inner.content))
    raise PackageError("the style sheet of the summary has no colours for print", where="templates/summary.css")


def _declarations(content: Any) -> Iterator[tuple[str, str]]:
    import tinycss2

    for item in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if item.type == "declaration":
            yield item.name, tinycss2.serialize(item.value).strip()
