"""The version watch: what is new, changed or withdrawn upstream, told and measured without touching what was published."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
import yaml
from click.testing import CliRunner, Result

from mrv.cli import main
from mrv.errors import StoreError
from mrv.files import hash_file
from mrv.ledger import metadata
from mrv.simulator.faults import Fault
from mrv.stages.context import open_context
from mrv.stages.land import pull
from mrv.stages.results import mart
from mrv.stages.watch import Watched, watch
from tests.integration.four_tiles import NEWER, SIDE, VERSION, landscape, tile_path, write_tiles

pytestmark = pytest.mark.integration

TILE = "10S_070W"
BAD = f"hansen_gfc/{VERSION}/lossyear/{TILE}"


def look(four: Any, *, measure: bool = False) -> Watched:
    with open_context(str(four.project), "mp1", four.settings) as context:
        return watch(context, measure=measure)


def pulled(four: Any) -> None:
    with open_context(str(four.project), "mp1", four.settings) as context:
        for spec in context.definition.sources:
            pull(context, spec)


def command(four: Any, *words: str) -> Result:
    environment = {
        "MRV_HOME": str(four.home), "MRV_MIRRORS": json.dumps(dict(four.world.mirrors)), "MRV_HTTP_ATTEMPTS": "2"
    }  # fmt: skip
    return CliRunner().invoke(main, ["watch", str(four.project), *words], env=environment)


def statuses(watched: Watched) -> dict[str, tuple[str, str]]:
    """Status and what the last watch said, by file or version."""
    return {item.address or item.version: (item.status, item.since_last) for item in watched.findings}


def rasters(four: Any) -> Path:
    return Path(four.world.folder) / "rasters"


def everything_but_the_watch(four: Any) -> dict[str, str]:
    """Hash every file of the home outside the watch's folder and the store of files; tables of the ledger by their rows."""
    apart = (four.home / "watch", four.home / "raw")
    files = [path for path in four.home.rglob("*") if path.is_file() and not path.name.startswith("ledger.sqlite")]
    state = {
        path.relative_to(four.home).as_posix(): hash_file(path)
        for path in files
        if not any(path.is_relative_to(folder) for folder in apart)
    }
    engine = sa.create_engine(four.settings.ledger_address)
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            state[table.name] = repr(connection.execute(table.select()).all())
    engine.dispose()
    return state


# --- a newer version ---------------------------------------------------------------------------------------------
def newer_landscape() -> dict[str, np.ndarray]:
    """What the next version maps: no loss in 2023 any more, and in the north what was lost in 2022 as lost in 2025."""
    layers = landscape()
    layers["lossyear"][layers["lossyear"] == 23] = 0
    north = layers["lossyear"][:SIDE]
    north[north == 22] = 25
    return layers


def test_a_newer_version_is_measured_and_nothing_published_is_touched(four: Any) -> None:
    four.run()
    published = next(four.settings.snapshots_dir.rglob("marts")).parent
    before = everything_but_the_watch(four)
    assert any(name.startswith("packages/") for name in before)
    write_tiles(rasters(four), newer_landscape(), NEWER)
    done = command(four, "--measure", "--json")
    assert done.exit_code == 0, done.output
    assert everything_but_the_watch(four) == before

    record = json.loads(done.stdout)
    found = {item["address"] or item["version"]: item["status"] for item in record["findings"]}
    assert found[NEWER] == "available"
    assert found["GFC-2026-v1.14"] == "not available"
    assert [status for name, status in found.items() if "/" in name] == ["same"] * 8
    changes = {(row["quantity"], row["zone_id"], row["year"]): row for row in record["changes"]}
    assert {row["new_version"] for row in record["changes"]} == {NEWER}

    # Old figures are those that were published.
    areas = {(row["zone_id"], row["year"]): row["area_ha"] for row in mart(published, "deforestation_annual")}
    assert areas[("pa", 2022)] > 0
    for (zone, year), area in areas.items():
        assert abs(Decimal(changes[("forest_loss", zone, year)]["old_ha"]) - area) <= Decimal("0.000001")
    lost_2023 = changes[("forest_loss", "pa", 2023)]
    assert Decimal(lost_2023["new_ha"]) == 0
    assert Decimal(lost_2023["difference_percent"]) == -100
    assert Decimal(changes[("forest_loss", "pa", 2021)]["difference_ha"]) == 0

    # The share of 2022 that moved is that of the pixels north of the corner: all are of one size within 0.01 %.
    half = round(0.02 / 0.00025)
    pixels = landscape()["lossyear"][SIDE - half : SIDE + half, SIDE - half : SIDE + half] == 22
    moved = changes[("forest_loss", "pa", 2022)]
    assert float(moved["difference_percent"]) == pytest.approx(-100 * pixels[:half].sum() / pixels.sum(), rel=1e-4)
    new_year = changes[("forest_loss", "pa", 2025)]
    assert new_year["old_ha"] is None
    assert new_year["reason"] == f"{VERSION} does not reach this year"
    assert Decimal(new_year["new_ha"]) == -Decimal(moved["difference_ha"])

    # The tables hold the same, and the next watch does not fetch again.
    folder = Path(record["folder"])
    with (folder / "changes.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(record["changes"]) == pq.read_table(folder / "changes.parquet").num_rows
    assert pq.read_table(folder / "findings.parquet").num_rows == len(record["findings"])
    four.world.faults.requests.clear()
    again = command(four, "--measure")
    assert again.exit_code == 0, again.output
    fetched = [status for path, headers, status in four.world.faults.requests if "range" not in headers]
    assert fetched == [304] * 8
    assert "as before" in again.output
    assert "-100.00" in again.output
    assert everything_but_the_watch(four) == before


def classes_of(code_west: int) -> np.ndarray:
    """Forest (3), and in the western half another class."""
    pixels = np.full((2 * SIDE, 2 * SIDE), 3, dtype=np.uint8)
    pixels[:, :SIDE] = code_west
    return pixels


def declare_classes(four: Any) -> None:
    """Give the project a class product of its own, with two versions at the same server."""
    text = lambda word: {"en": word, "es": word}  # noqa: E731
    row = {
        "product": "own_cover", "name": text("Own"), "licence": "CC0-1.0", "citation": "made by a test",
        "base_url": four.world.mirrors["hansen"], "path": "{version}/Hansen_{version}_{layer}_{tile}.tif",
        "lattice": {"crs": "EPSG:4326", "west": "-180", "north": "80", "pixel_width": "0.00025", "pixel_height": "0.00025"},
        "tiling": {"scheme": "degrees", "tile_deg": 10, "tile_pixels": 40000, "name": "{lat:02d}{NS}_{lon:03d}{EW}",
                   "named_by": "top_left", "north_deg": 80, "south_deg": -60},
        "layers": [{"layer": "cover", "name": text("Cover"), "kind": "class", "dtype": "uint8", "unit": "class", "nodata": [],
                    "classes": [{"value": code, "name": text(f"class {code}")} for code in (3, 15, 18)]}],
        "versions": [{"version": "c1"}, {"version": "c2"}],
    }  # fmt: skip
    (four.project / "products.yaml").write_text(yaml.safe_dump({"products": [row]}), encoding="utf-8")
    source = {"connector": "raster_tiles", "name": "own", "product": "own_cover", "version": "c1", "layers": ["cover"]}
    four.edit(lambda content: content.update(products="products.yaml", sources=[source]))


def test_a_newer_version_of_classes_is_measured_by_class(four: Any) -> None:
    declare_classes(four)
    write_tiles(rasters(four), {"cover": classes_of(15)}, "c1")
    pulled(four)
    write_tiles(rasters(four), {"cover": classes_of(18)}, "c2")
    changes = {(item.quantity, item.zone_id): item for item in look(four, measure=True).changes}
    west, gone, forest = (changes[(name, "pa")] for name in ("18 class 18", "15 class 15", "3 class 3"))
    assert (west.old_ha, gone.new_ha, forest.difference_ha) == (0, 0, 0)
    assert west.new_ha == gone.old_ha
    assert west.difference_percent is None
    assert west.reason == "nothing to take a share of"
    assert gone.difference_percent == -100
    assert float(west.new_ha or 0) == pytest.approx(float(forest.new_ha or 0), rel=1e-4), "the corner halves the zone"
    assert {item.layer for item in changes.values()} == {"cover"}


def test_a_version_that_nobody_has_described_is_told_but_not_measured(four: Any) -> None:
    pulled(four)
    write_tiles(rasters(four), landscape(), "GFC-2026-v1.14")
    watched = look(four, measure=True)
    assert statuses(watched)["GFC-2026-v1.14"] == ("available", "first watch")
    assert "add its row" in watched.findings[-1].detail
    assert watched.changes == ()


def test_a_version_of_which_tiles_are_missing_is_not_measured(four: Any) -> None:
    pulled(four)
    write_tiles(rasters(four), landscape(), NEWER)
    tile_path(rasters(four), "lossyear", TILE, NEWER).unlink()
    watched = look(four, measure=True)
    assert statuses(watched)[NEWER][0] == "partly available"
    assert "7 of 8" in next(item.detail for item in watched.findings if item.version == NEWER)
    assert watched.changes == ()


def test_a_page_in_the_place_of_a_file_is_no_version(four: Any) -> None:
    page = Fault("page", status=200, body=b"<!DOCTYPE html><title>Not found</title>")
    write_tiles(rasters(four), landscape(), NEWER)
    four.world.faults.add(NEWER, page, times=8)
    assert statuses(look(four))[NEWER][0] == "not available"


# --- files in use ------------------------------------------------------------------------------------------------
def test_a_file_that_changes_and_is_withdrawn_is_told_each_time(four: Any) -> None:
    assert statuses(look(four))[BAD] == ("not retrieved", "first watch")
    pulled(four)
    assert statuses(look(four))[BAD] == ("same", "was not retrieved")
    path = tile_path(rasters(four), "lossyear", TILE)
    content = path.read_bytes()

    loss = landscape()["lossyear"]
    loss[SIDE:, SIDE:][loss[SIDE:, SIDE:] == 20] = 0
    write_tiles(rasters(four), {"lossyear": loss})
    watched = look(four, measure=True)
    assert statuses(watched)[BAD] == ("changed", "was same")
    assert [status for status, _ in statuses(watched).values()].count("changed") == 1
    lost = {item.zone_id: item for item in watched.changes if (item.quantity, item.year) == ("forest_loss", 2020)}
    assert lost["pa"].new_version == f"{VERSION} as it is now"
    half = round(0.02 / 0.00025)
    pixels = landscape()["lossyear"][SIDE - half : SIDE + half, SIDE - half : SIDE + half] == 20
    share = -100 * pixels[half:, half:].sum() / pixels.sum()
    assert float(lost["pa"].difference_percent) == pytest.approx(share, rel=1e-4)
    assert statuses(look(four))[BAD] == ("changed", "as before")

    path.write_bytes(content + b"\n")
    assert statuses(look(four))[BAD] == ("changed", "changed again")
    path.unlink()
    gone = look(four, measure=True)
    assert statuses(gone)[BAD] == ("withdrawn", "was changed")
    assert gone.changes == ()
    path.write_bytes(content)
    assert statuses(look(four))[BAD] == ("same", "was withdrawn")
    with open_context(str(four.project), "mp1", four.settings) as context:
        assert len(context.ledger.retrievals_below("four", "hansen_gfc/")) == 8, "a watch notes no retrieval"


def test_a_source_that_cannot_be_asked_is_told_and_the_others_are_asked(four: Any) -> None:
    pulled(four)
    four.world.faults.add(f"{VERSION}_lossyear_{TILE}", Fault("page", status=503), times=2)
    four.world.faults.add(f"{VERSION}_lossyear_00N_070W", Fault("page", status=403), times=1)
    done = command(four)
    assert done.exit_code == 3, done.output
    assert "unreachable" in done.output
    assert "refused" in done.output
    assert "6 file(s)" in done.output
    assert statuses(look(four))[BAD] == ("same", "first watch"), "what was not seen is not noted as seen"


def test_sources_without_versions_say_why(site: Any) -> None:
    with open_context(str(site.project), "mp1", site.settings) as context:
        found = {item.source: item for item in watch(context).findings if item.status == "not watched"}
        wood = [item for item in watch(context).findings if item.source == "wood_density"]
    assert "archive" in found["fires"].detail
    assert "each pull says what is new" in found["plots"].detail
    assert [item.status for item in wood] == ["not retrieved"]


def test_a_record_that_cannot_be_read_is_told(four: Any) -> None:
    folder = four.home / "watch" / "four"
    folder.mkdir(parents=True)
    (folder / "seen.json").write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="last watch"):
        look(four)
