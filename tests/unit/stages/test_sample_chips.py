"""Image chips of units: which have one, why others have none, and the page that shows them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from mrv.sources.sample_design_files import read_design
from mrv.stages.measure_scenes import MadeComposite
from mrv.stages.sample_chips import _index, draw_units, span_notes
from mrv.stages.sample_export import BlindUnit, blind_units
from raster.composite import NODATA
from tests.unit.sources.sample_folder import NORTH, UNITS, WEST, freeze, unit

CRS = "EPSG:32718"
SIDE, PIXEL = 120, 10


def composite(path: Path, name: str, *, hidden: slice) -> MadeComposite:
    """A composite around the units of the small design, with some columns that were not seen clear."""
    x, y = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(WEST, NORTH)
    bands = np.full((3, SIDE, SIDE), 2000, dtype=np.int16)
    bands[:, :, hidden] = NODATA
    file = path / f"{name}.tif"
    with rasterio.open(
        file, "w", driver="GTiff", width=SIDE, height=SIDE, count=3, dtype="int16", nodata=NODATA, crs=CRS,
        transform=from_origin(x - 200, y + 200, PIXEL, PIXEL),
    ) as dataset:  # fmt: skip
        dataset.write(bands)
    return MadeComposite(name, "key", {"reflectance": file}, date(2022, 7, 1), date(2022, 8, 1))


@pytest.fixture
def units(tmp_path: Path) -> list[BlindUnit]:
    freeze(tmp_path / "sample")
    return blind_units(read_design(tmp_path / "sample"))


def test_units_that_a_composite_does_not_show_clear_have_no_chip(units, tmp_path: Path) -> None:
    # The units lie 83 m apart from column 20 on: each takes three columns; the first is at 20 to 23, the second at 28 to 31.
    pair = (
        composite(tmp_path, "dry-2022", hidden=slice(0, 25)),
        composite(tmp_path, "dry-2024", hidden=slice(0, 33)),
    )
    folder = tmp_path / "chips"
    folder.mkdir()
    (folder / f"{unit(1)}.png").write_bytes(b"of an earlier run")
    found = [
        (item.unit_id, reason) for item, reason in draw_units(units, pair, folder, crs=CRS, size_m=300, notes=["x"])
    ]
    assert found == [
        (unit(1), "no clear pixel in dry-2022 and dry-2024"),
        (unit(2), "no clear pixel in dry-2024"),
        *((unit(number), None) for number in range(3, len(UNITS) + 1)),
    ]
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{unit(number)}.png" for number in range(3, len(UNITS) + 1)
    ]


def test_the_page_shows_chips_and_names_units_without_one() -> None:
    page = _index("cover", [unit(3)], {unit(1): "no clear pixel in a<b"}, ["a & b"]).decode()
    assert f'src="{unit(3)}.png"' in page
    assert f"<li>{unit(1)}: no clear pixel in a&lt;b</li>" in page
    assert "<p>a &amp; b</p>" in page
    assert "Unidades sin recorte: 1" in page
    assert "Unidades sin recorte" not in _index("cover", [unit(3)], {}, []).decode()


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ((date(2021, 11, 1), date(2022, 1, 1)), (date(2024, 12, 31), date(2025, 2, 1)), None),
        ((date(2021, 12, 1), date(2022, 1, 2)), (date(2025, 1, 1), date(2025, 2, 1)), "loss before 2022-01-02:"),
        ((date(2021, 6, 1), date(2021, 9, 1)), (date(2024, 12, 30), date(2025, 2, 1)), "loss after 2024-12-30:"),
        (
            (date(2022, 7, 1), date(2022, 8, 1)),
            (date(2023, 7, 1), date(2023, 8, 1)),
            "loss before 2022-08-01 or after 2023-07-01:",
        ),
    ],
)
def test_what_the_images_cannot_tell_of_the_years_is_said(
    before: tuple[date, date], after: tuple[date, date], told: str | None
) -> None:
    pair = (MadeComposite("a", "key", None, *before), MadeComposite("b", "key", None, *after))
    asked, warnings = span_notes(pair, first_year=2022, last_year=2024)
    assert [("2022" in line, "2024" in line) for line in asked] == [(True, True)] * 2
    assert len(warnings) == (2 if told else 0)
    assert told is None or told in warnings[0]
    assert all(len(line) <= 125 for line in (*asked, *warnings)), "a line of a chip"
