"""Pages with a map: colours at known places, every word in both languages, lengths that are true, the same bytes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from matplotlib import rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from pyproj import Geod

from raster.map_page import Border, Mark, Sheet, draw_map, page
from raster.maps import GREEN, GREY, PALE_GREEN, SAND, Ground, year_colour

WEST, NORTH, SIDE, STEP = -77.0, -7.0, 100, 0.001
EDGE, RED, BLUE = (1, 2, 3), (200, 10, 20), (10, 20, 200)


def base(**changes) -> Ground:
    """Return forest of which 10 columns in the west are open and some cells were lost; 7 years after the year 2015."""
    forest, last = np.ones((SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.uint8)
    forest[:, :10], forest[:, 10:20] = 0.1, 0.5
    last[20:30, 40:60], forest[20:30, 40:60] = 6, 0.9
    last[40, 40], last[60, 40] = 8, 2
    forest[40, 40] = forest[60, 40] = 0
    unseen = np.zeros((SIDE, SIDE), np.bool_)
    unseen[:5, 90:] = True
    bounds = (WEST, NORTH - SIDE * STEP, WEST + SIDE * STEP, NORTH)
    values = {"forest": forest, "last": last, "unseen": unseen, "base_year": 2015, "bounds": bounds, "block": 4}
    return Ground(**(values | changes))


def sheet(**changes) -> Sheet:
    values = {
        "title": ("A title", "Un título"), "period": ("A period", "Un período"),
        "warnings": [("A warning.", "Una advertencia.")], "notes": [("A note.", "Una nota.")],
        "forest_year": 2023, "years": range(2021, 2024),
    }  # fmt: skip
    return Sheet(**(values | changes))


def at(column: float, row: float) -> tuple[float, float]:
    """Return longitude and latitude of a place counted in cells from the top left corner."""
    return WEST + column * STEP, NORTH - row * STEP


def drawn(path: Path, figure: Figure, column: float, row: float) -> tuple[int, ...]:
    """Return the colour that a picture has at a place of the map."""
    with Image.open(path) as picture:
        x, y = figure.axes[1].transData.transform(at(column, row))
        red, green, blue = picture.convert("RGB").getpixel((math.floor(x), picture.height - 1 - math.floor(y)))
        return red, green, blue


def words(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.axes[0].texts)


def test_places_have_their_colours(tmp_path: Path) -> None:
    marks = [
        Mark(np.array([at(70.5, 70.5), at(-5, -5)]), RED, ("Red", "Rojo"), size=6),
        Mark(np.array([at(80.5, 70.5)]), BLUE, ("Blue", "Azul"), size=6),
    ]
    area = shapely.box(*at(25, 90), *at(95, 15))
    borders = [Border([area], ("Border", "Límite"), width=3, colour=EDGE)]
    contents = base(), sheet(marks=marks, borders=borders)
    draw_map(contents[0], tmp_path / "map.png", contents[1])
    figure = page(*contents)

    def colour(column: float, row: float) -> tuple[int, ...]:
        return drawn(tmp_path / "map.png", figure, column, row)

    assert colour(5.5, 55.5) == SAND
    assert colour(15.5, 55.5) == PALE_GREEN
    assert colour(50.5, 50.5) == GREEN
    assert colour(92.5, 2.5) == GREY
    assert colour(40.6, 20.6) == colour(59.4, 29.4) == year_colour(0, 3)
    assert colour(39.4, 24.5) == GREEN
    assert colour(40.5, 40.5) == year_colour(2, 3)
    assert colour(60.5, 40.5) == GREEN
    assert colour(40.5, 60.5) == SAND  # lost in a year that the map does not show
    assert colour(70.5, 70.5) == RED
    assert colour(80.5, 70.5) == BLUE
    assert colour(25, 51.7) == colour(95, 51.7) == EDGE
    assert colour(28, 51.7) == GREEN


def test_the_same_contents_give_the_same_bytes_whatever_the_users_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = [Mark(np.array([at(3, 3)]), RED, ("Red", "Rojo"))]
    draw_map(base(), tmp_path / "one.png", sheet(marks=marks))
    for key, value in {
        "font.size": 30,
        "savefig.facecolor": "red",
        "lines.antialiased": False,
        "savefig.dpi": 40,
    }.items():
        monkeypatch.setitem(rcParams, key, value)
    draw_map(base(), tmp_path / "two.png", sheet(marks=marks))
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.text == {}
    draw_map(base(), tmp_path / "three.png", sheet())
    assert (tmp_path / "three.png").read_bytes() != (tmp_path / "one.png").read_bytes()


def test_everything_is_said_in_both_languages() -> None:
    marks = [Mark(np.array([at(3, 3)]), RED, ("Red", "Rojo"))]
    borders = [Border([shapely.box(*at(2, 9), *at(9, 2))], ("Border", "Límite"), dashes=(2, 1))]
    said = words(page(base(), sheet(marks=marks, borders=borders)))
    for text in (
        "A title", "Un título", "A period / Un período", "A warning. / Una advertencia.", "A note.", "Una nota.", "Red",
        "Rojo", "Border", "Límite", "2021", "2022", "2023", "Forest lost", "Bosque perdido", "Forest at the end of 2023",
        "Bosque al final de 2023", "lost before 2021", "pérdida anterior (< 25 % bosque)", "Not observed", "No observado", "N",
    ):  # fmt: skip
        assert text in said
    bare = words(page(base(unseen=np.zeros((SIDE, SIDE), np.bool_)), sheet(years=None)))
    for text in ("Red", "Border", "lost", "2021", "Not observed"):
        assert text not in bare
    assert "Other land (< 25 % forest)" in bare


def test_lines_of_borders_are_told_apart_on_the_map_and_in_the_legend() -> None:
    box = shapely.box(*at(2, 9), *at(9, 2))
    styles = ((), (5.0, 2.0), (1.0, 1.6))
    figure = page(
        base(), sheet(borders=[Border([box], (str(place), "x"), dashes=dashes) for place, dashes in enumerate(styles)])
    )
    # Of each border the second line is its own; the first, white, sets it off.
    on_map = [line.get_linestyle()[0][1] for line in figure.axes[1].collections[:6]][1::2]
    assert len({str(dashes) for dashes in on_map}) == 3
    legend = [line._dash_pattern[1] for line in figure.axes[0].lines]
    assert len({str(dashes) for dashes in legend}) == 3


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    figure = page(base(), sheet())
    FigureCanvasAgg(figure).draw()
    bars = [patch for patch in figure.axes[0].patches if patch.get_gid() == "scale_bar"]
    ends = [point for bar in bars for point in bar.get_window_extent().intervalx]
    west, south, east, north = base().bounds
    middle = (south + north) / 2
    frame = figure.axes[1].get_window_extent()
    kilometres = Geod(ellps="WGS84").inv(west, middle, east, middle)[2] / 1000 * (max(ends) - min(ends)) / frame.width
    [label] = [text.get_text() for text in figure.axes[0].texts if text.get_text().endswith(" km")]
    # The edge of the bar is half a point wider on each side.
    assert kilometres == pytest.approx(float(label.removesuffix(" km")), rel=0.02)
    # Degrees of longitude are shortened as at the middle latitude: the map is as tall as it is wide on the ground.
    tall = Geod(ellps="WGS84").inv(west, south, west, north)[2] / Geod(ellps="WGS84").inv(west, middle, east, middle)[2]
    assert frame.height / frame.width == pytest.approx(tall, rel=0.01)


def test_the_graticule_stands_where_its_labels_say() -> None:
    figure = page(base(), sheet())
    FigureCanvasAgg(figure).draw()
    labels = [text for text in figure.axes[0].texts if text.get_text().endswith("°")]
    assert len(labels) >= 6
    for text in labels:
        value = float(text.get_text().rstrip("°").replace("\u2212", "-"))
        box = text.get_window_extent()
        x, y = figure.axes[1].transData.transform((value, value))
        if text.get_ha() == "center":
            assert (box.x0 + box.x1) / 2 == pytest.approx(x, abs=2)
        else:
            assert (box.y0 + box.y1) / 2 == pytest.approx(y, abs=4)


@pytest.mark.parametrize("shape", [(900, 60), (60, 900), (1, 1)])
def test_nothing_lies_off_the_page_or_in_another_text(shape: tuple[int, int]) -> None:
    rows, columns = shape
    bounds = (WEST, NORTH - rows * STEP, WEST + columns * STEP, NORTH)
    cells = {
        "forest": np.ones(shape, np.float32),
        "last": np.zeros(shape, np.uint8),
        "unseen": np.ones(shape, np.bool_),
    }
    long = "word " * 30 + "W" * 150
    contents = sheet(
        title=(long, "Costs $1 or $2"), notes=[(long, long)], marks=[Mark(np.empty((0, 2)), RED, (long, long))]
    )
    figure = page(base(bounds=bounds, **cells), contents)
    FigureCanvasAgg(figure).draw()
    assert figure.axes[1].get_window_extent().width >= columns - 0.5
    assert figure.axes[1].get_window_extent().height >= rows - 0.5
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    for box in (*boxes, figure.axes[1].get_window_extent()):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.width
        assert box.y1 <= figure.bbox.height
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            over = min(one.x1, other.x1) - max(one.x0, other.x0), min(one.y1, other.y1) - max(one.y0, other.y0)
            assert min(over) <= 2
    assert "Costs $1 or $2" in words(figure)
