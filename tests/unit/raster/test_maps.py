"""Maps: a COG of classes that a GIS shows as meant, and pictures whose colours, places and words can be checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Geod
from rio_cogeo.cogeo import cog_validate

from raster.forest_years import KEPT, OPEN, UNSEEN
from raster.grid import Window
from raster.letters import LETTER_PIXELS, words
from raster.loss import ForestRule
from raster.maps import GREEN, INK, PAPER, SAND, Mark, Sheet, draw_map, ground, write_forest_years, year_colour
from tests.unit.raster.pixels import COL, ROW, box, product, to_degrees
from tests.unit.raster.test_loss_patches import tiles
from tests.unit.raster.test_picture import drawn

SIDE = 600
BORDER, RED = (1, 2, 3), (200, 10, 20)


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory):
    cover, loss = np.full((SIDE, SIDE), 90, np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    cover[:, :100] = 5
    cover[:50, 300:] = 255
    loss[200:220, 200:240] = 21
    loss[400, 400] = 23
    loss[500, 500] = 9
    return tiles(tmp_path_factory.mktemp("tiles"), cover, loss, cuts=((310,), (250,)))


def write(layers, path: Path, last_year: int = 2022) -> Path:
    window = Window(ROW - 20, COL, SIDE + 20, SIDE)
    kept = write_forest_years(
        layers, path, window=window, product=product(), forest=ForestRule(30, "greater"), last_year=last_year
    )
    assert kept == Window(ROW, COL, SIDE, SIDE)
    return path


def sheet(**changes) -> Sheet:
    values = {
        "title": ("Title", "Título"), "note": ("A note.", "Una nota."), "years": range(2021, 2024), "outlines": (),
        "border": ("Border", "Límite"), "marks": (),
    }  # fmt: skip
    return Sheet(**(values | changes))


def colours(path: Path) -> np.ndarray:
    """Decode our own PNG to red, green and blue, shape (rows, columns, 3)."""
    data = path.read_bytes()
    start = data.index(b"PLTE") + 4
    palette = np.frombuffer(data[start : start + int.from_bytes(data[start - 8 : start - 4])], np.uint8).reshape(-1, 3)
    return palette[drawn(path)]


def places(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.argwhere((picture == colour).all(axis=2))


def test_the_cog_holds_codes_colours_and_names_and_the_same_bytes(layers, tmp_path: Path) -> None:
    path = write(layers, tmp_path / "one.tif")
    valid, errors, _ = cog_validate(path)
    assert (valid, errors) == (True, [])
    with rasterio.open(path) as dataset:
        codes, palette, tags = dataset.read(1), dataset.colormap(1), dataset.tags()
        assert dataset.nodata == UNSEEN
        assert dataset.overviews(1)
    assert codes[210, 210] == 21
    assert codes[400, 400] == KEPT  # lost after the last year that is shown
    assert codes[500, 500] == 9
    assert codes[0, 0] == OPEN
    assert codes[0, 400] == UNSEEN
    assert palette[OPEN][:3] == SAND
    assert palette[KEPT][:3] == GREEN
    assert palette[22][:3] == year_colour(21, 22)
    assert tags["CLASS_21"] == "Forest lost in 2021 / Bosque perdido en 2021"
    assert "CLASS_23" not in tags
    assert write(layers, tmp_path / "two.tif").read_bytes() == path.read_bytes()


def test_blocks_show_the_latest_loss_and_the_share_of_forest(layers, tmp_path: Path) -> None:
    base = ground(write(layers, tmp_path / "codes.tif", 2023), base_year=2000, width=60)
    assert base.forest.shape == (60, 60)
    assert base.last[40, 40] == 23
    assert base.last[20, 20] == 21
    assert base.forest[40, 40] == pytest.approx(0.99)
    assert base.forest[30, 5] == 0
    assert base.unseen[2, 45]
    west, south, east, north = base.bounds
    assert (west, north) == pytest.approx((-77, -7))
    assert (east - west, north - south) == pytest.approx((SIDE * 0.00025, SIDE * 0.00025))


def test_a_map_shows_years_borders_and_points_where_they_are(layers, tmp_path: Path) -> None:
    base = ground(write(layers, tmp_path / "codes.tif", 2023), base_year=2000, width=600)
    corner = to_degrees(shapely.Point(450.5, 150.5))
    far = shapely.Point(10, 10)
    marks = [Mark(shapely.get_coordinates([corner, far]), RED, ("Point", "Punto"), size=1)]
    path = tmp_path / "map.png"
    draw_map(base, path, sheet(outlines=[(box(250, 250, 560, 560), BORDER)], marks=marks))
    picture = colours(path)
    ground_only = picture[:SIDE]
    assert places(ground_only, RED).tolist() == [[150, 450]]
    assert {tuple(place) for place in places(ground_only, year_colour(2, 3)).tolist()} == {(400, 400)}
    lost = places(ground_only, year_colour(0, 3))
    assert (lost.min(axis=0).tolist(), lost.max(axis=0).tolist()) == ([200, 200], [219, 239])
    assert tuple(ground_only[500, 500]) == SAND  # lost in a year that the map does not show
    border = places(ground_only, BORDER)
    assert (border.min(axis=0) >= 248).all()
    assert (border.max(axis=0) <= 561).all()
    assert len(border) > 2 * 4 * 300
    # The legend has a swatch of each, and words.
    panel = picture[SIDE:]
    for colour in (RED, BORDER, GREEN, year_colour(0, 3), year_colour(1, 3), year_colour(2, 3)):
        assert len(places(panel, colour)) > 100
    assert len(places(panel, INK)) > 1000
    draw_map(base, tmp_path / "again.png", sheet(outlines=[(box(250, 250, 560, 560), BORDER)], marks=marks))
    assert (tmp_path / "again.png").read_bytes() == path.read_bytes()


def test_the_scale_bar_is_as_long_as_it_says(layers, tmp_path: Path) -> None:
    base = ground(write(layers, tmp_path / "codes.tif"), base_year=2000, width=600)
    path = tmp_path / "map.png"
    draw_map(base, path, sheet())
    ink = places(colours(path)[SIDE - 40 : SIDE, : SIDE // 2], INK)
    line = ink[ink[:, 0] == np.bincount(ink[:, 0]).argmax()][:, 1]
    # The words stand to the right of the bar, after a gap.
    bar = line[: int(np.flatnonzero(np.diff(line) > 1)[0]) + 1]
    west, south, east, north = base.bounds
    middle = (south + north) / 2
    kilometres = Geod(ellps="WGS84").inv(west, middle, east, middle)[2] / 1000 * (bar.max() - bar.min() + 1) / SIDE
    assert kilometres == pytest.approx(2, rel=0.01)  # a fifth of 16.5 km, rounded down to 1, 2 or 5


def test_long_words_are_folded_not_cut(layers, tmp_path: Path) -> None:
    base = ground(write(layers, tmp_path / "codes.tif"), base_year=2000, width=200)
    long = "word " * 40
    draw_map(base, tmp_path / "long.png", sheet(note=(long, long)))
    draw_map(base, tmp_path / "short.png", sheet())
    picture = colours(tmp_path / "long.png")
    assert len(picture) > len(colours(tmp_path / "short.png")) + 2 * 200
    assert len(places(picture[200:, -11:], INK)) == 0
    assert {tuple(colour) for colour in picture[200:, -11:].reshape(-1, 3)} == {PAPER}


def test_letters_differ_and_carry_their_accents() -> None:
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZÁÉÍÓÚÑÜ0123456789.,:/-()%'+_ "
    drawn_signs = {words(sign).tobytes() for sign in signs}
    assert len(drawn_signs) == len(signs)
    assert words("ñ").tobytes() == words("Ñ").tobytes()
    assert words("ab").shape[1] == 2 * LETTER_PIXELS
    assert words("\u2603").tobytes() == words("-").tobytes()
    assert words("").shape[1] == 0
