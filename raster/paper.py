"""Paper for a page drawn by program: text folded to a width, polygons, in points from the top left corner."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raster.maps import INK, Colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw by the library's defaults, whatever its user's file of settings says."""
    import matplotlib

    defaults: dict[Any, Any] = {key: value for key, value in matplotlib.rcParamsDefault.items() if key != "backend"}
    with matplotlib.rc_context(defaults):
        yield


class Paper:
    """The whole page as axes whose unit is a point, counted from the top left corner."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def write(
        self,
        text: str,
        left: float,
        top: float,
        size: float,
        *,
        bold: bool = False,
        colour: Colour = INK,
        fold: float = math.inf,
        align: str = "left",
    ) -> float:
        """Write a text, in several lines where it is wider than `fold`; return where the next line starts."""
        font = _font(size, bold=bold)
        for line in _fold(text, fold, font):
            # Without `parse_math` a name with two dollar signs would be set as a formula.
            self.axes.text(
                left, top + size, line, font=font, color=share(colour), ha=align, va="baseline", parse_math=False
            )
            top += size * 1.4
        return top

    def patch(self, corners: Sequence[tuple[float, float]], fill: Colour, *, name: str = "") -> None:
        """Draw a filled polygon with a thin edge."""
        from matplotlib.patches import Polygon

        self.axes.add_patch(
            Polygon(corners, closed=True, facecolor=share(fill), edgecolor=share(INK), linewidth=0.5, gid=name)
        )


def _font(size: float, *, bold: bool = False) -> FontProperties:
    """Return the font that the library carries, by its file: a font of the machine would change the bytes."""
    import matplotlib
    from matplotlib.font_manager import FontProperties

    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    return FontProperties(fname=file, size=size)


def _fold(text: str, width: float, font: FontProperties) -> list[str]:
    """Break a text into lines that fit, within a word only where the word alone is too wide."""
    from matplotlib.textpath import text_to_path

    def fits(part: str) -> bool:
        # Drawn letters are moved to whole pixels: a line may become a little wider than its outline.
        return float(text_to_path.get_text_width_height_descent(part, font, False)[0]) * 1.03 <= width

    if fits(text):
        return [text]
    lines, line = [], ""
    for word in text.split():
        if fits(f"{line} {word}".strip()):
            line = f"{line} {word}".strip()
            continue
        lines += [line] if line else []
        while len(word) > 1 and not fits(word):
            cut = max(1, bisect_left(range(1, len(word)), True, key=lambda size: not fits(word[:size])))
            lines.append(word[:cut])
            word = word[cut:]
        line = word
    return [*lines, line]


def share(colour: Colour) -> tuple[float, float, float]:
    """Return a colour as the library wants it: from 0 to 1."""
    red, green, blue = (channel / 255 for channel in colour)
    return red, green, blue
