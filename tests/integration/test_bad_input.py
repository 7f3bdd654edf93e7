"""Bad input through the whole run: refused or set aside by name, nothing lost, nothing half-published."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
from click.testing import CliRunner

from mrv.cli import main
from mrv.errors import GridError, InputError, MrvError, SourceError, StoreError
from mrv.files import hash_file
from mrv.package.verify import verify
from mrv.simulator.faults import Fault
from mrv.stages.context import open_context
from mrv.stages.land import pull

pytestmark = pytest.mark.integration


def refused(site: Any, kind: type[MrvError]) -> MrvError:
    """Run, expect a refusal that says where and what to do, and see that nobody can read anything new."""
    before = site.published()
    with pytest.raises(kind) as caught:
        site.run()
    assert caught.value.where, caught.value
    assert caught.value.remedy, caught.value
    assert site.published() == before
    return caught.value


def quarantined(site: Any, dataset: str, rule: str) -> list[dict[str, Any]]:
    files = (site.home / "quarantine").glob(f"{dataset}*/*.parquet")
    return [row for file in files for row in pq.read_table(file).to_pylist() if row["rule"] == rule]


# --- rasters ---------------------------------------------------------------------------------------------------
def test_a_tile_cut_short_on_the_way_is_fetched_again(site: Any) -> None:
    site.world.faults.add("lossyear", Fault("truncate", after_bytes=20_000))
    with open_context(str(site.project), "mp1", site.settings) as context:
        pulled = pull(context, context.definition.sources[0])
    served = site.world.folder / "rasters" / "GFC-2024-v1.12" / "Hansen_GFC-2024-v1.12_lossyear_00N_080W.tif"
    assert hash_file(served) in {artifact.sha256 for artifact in pulled.artifacts}


def test_a_truncated_tile_is_refused_and_mending_it_is_enough(site: Any) -> None:
    write_local_rasters(site)
    file = site.project / "rasters" / "lossyear.tif"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    error = refused(site, InputError)
    assert "lossyear" in str(error.where)
    file.write_bytes(whole)
    result = site.run()
    assert verify(result.published.path, allowed_signers=site.settings.keys_dir / "allowed_signers").accepted


def test_an_html_page_sent_as_a_tile_is_refused(site: Any) -> None:
    page = Fault(
        "page",
        status=200,
        body=b"<!DOCTYPE html><html><body>Sign in</body></html>",
        headers={"content-type": "text/html"},
    )
    site.world.faults.add("treecover2000", page)
    error = refused(site, SourceError)
    assert "treecover2000" in str(error)
    assert "html" in str(error.found).lower()
    assert error.exit_code == 3


def test_an_html_page_saved_as_a_tile_is_refused(site: Any) -> None:
    write_local_rasters(site)
    (site.project / "rasters" / "lossyear.tif").write_bytes(b"<html><body>404 Not Found</body></html>")
    error = refused(site, MrvError)
    assert "lossyear.tif" in str(error)


def test_a_tile_of_another_grid_is_refused(site: Any) -> None:
    write_local_rasters(site, shift_deg=0.0001)
    error = refused(site, GridError)
    assert "grid" in error.message
    assert error.expected
    assert error.found


def write_local_rasters(site: Any, *, shift_deg: float = 0.0) -> None:
    folder = site.project / "rasters"
    folder.mkdir()
    for name, value in (("treecover2000", 90), ("lossyear", 0)):
        shift = shift_deg if name == "lossyear" else 0.0
        profile = {
            "driver": "GTiff", "width": 2480, "height": 2480, "count": 1, "dtype": "uint8", "crs": "EPSG:4326",
            "transform": rasterio.Affine(0.00025, 0, -77.41 + shift, 0, -0.00025, -6.89), "compress": "lzw",
        }  # fmt: skip
        with rasterio.open(folder / f"{name}.tif", "w", **profile) as dataset:
            dataset.write(np.full((1, 2480, 2480), value, dtype=np.uint8))
    raster = {"product": "hansen_gfc", "version": "GFC-2024-v1.12", "licence": "CC0-1.0", "citation": "made by a test"}
    rasters = [{"path": f"{name}.tif", "layer": name, **raster} for name in ("treecover2000", "lossyear")]
    source = {"connector": "files", "name": "local", "root": "rasters", "rasters": rasters}
    site.edit(lambda content: content.update(sources=[source, *content["sources"][1:]]))


# --- boundaries ------------------------------------------------------------------------------------------------
BOW_TIE = [[[-77.2, -7.3], [-77.0, -7.1], [-77.2, -7.1], [-77.0, -7.3], [-77.2, -7.3]]]
UTM_METRES = [[[260000, 9190000], [280000, 9190000], [280000, 9210000], [260000, 9210000], [260000, 9190000]]]


@pytest.mark.parametrize(("ring", "said"), [(BOW_TIE, "bow-tie"), (UTM_METRES, "does not declare its CRS")])
def test_a_bad_polygon_is_named_by_check_and_refused_by_run(site: Any, ring: Any, said: str) -> None:
    file = site.project / "boundaries" / "zones.geojson"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["features"][0]["geometry"]["coordinates"] = ring
    file.write_text(json.dumps(content), encoding="utf-8")
    refused(site, MrvError)
    checked = CliRunner().invoke(main, ["check", str(site.project)])
    assert checked.exit_code == 1
    assert said in checked.output
    assert "zones.geojson, feature 1, zone pa" in checked.output


# --- rows ------------------------------------------------------------------------------------------------------
def test_bad_rows_are_set_aside_by_name_and_the_counts_close(published_site: Any) -> None:
    millimetres = quarantined(published_site, "trees", "dbh_in_range")
    assert millimetres
    assert "divide by 10" in millimetres[0]["reason"]
    assert "dbh_cm=" in millimetres[0]["reason"]
    assert millimetres[0]["reason"].startswith(f"kobo/aSmall/page-0001 row {millimetres[0]['row']} (plot_id=BMS-04")
    assert quarantined(published_site, "plots", "repeated_submission"), "a plot submitted twice"
    assert quarantined(published_site, "plots", "date_in_window"), "a census out of its window"
    for row in millimetres:
        assert row["row"] > 0
        assert len(row["artifact"]) == 64
    batches = next(published_site.settings.snapshots_dir.rglob("marts/data_quality.parquet"))
    assert pq.read_table(batches).num_rows > 0


def test_a_quarantined_tree_is_in_no_table(published_site: Any) -> None:
    bad = {
        (row["plot_id"], row["tree_id"]) for row in map(record, quarantined(published_site, "trees", "dbh_in_range"))
    }
    used = next((published_site.home / "landed" / "tree_biomass").glob("*accepted*"))
    assert bad
    assert bad.isdisjoint({(row["plot_id"], row["tree_id"]) for row in pq.read_table(used).to_pylist()})


def record(row: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(row["record"]))


def test_a_csv_with_a_missing_column_is_refused(site: Any) -> None:
    body = b"latitude,longitude,bright_ti4,scan,track,acq_date,satellite\n-7.2,-77.1,330,0.4,0.4,2022-07-02,N\n"
    site.world.faults.add("/api/area/csv", Fault("page", status=200, body=body, headers={"content-type": "text/csv"}))
    error = refused(site, InputError)
    assert "acq_time" in str(error)
    assert "firms/VIIRS_SNPP_SP" in str(error.where)


def test_a_table_file_with_a_missing_column_is_refused(site: Any) -> None:
    folder = site.project / "reference"
    folder.mkdir()
    (folder / "wood_density.csv").write_text("family,genus,species,density\n", encoding="utf-8")
    mirrors = {name: base for name, base in site.world.mirrors.items() if name != "wood_density"}
    site.world = replace(site.world, mirrors=mirrors)
    error = refused(site, InputError)
    assert "lacks the column level" in error.message
    assert "species, density" in str(error.found)
    assert "wood_density.csv" in str(error.where)


def test_an_empty_page_of_submissions_is_refused(site: Any) -> None:
    site.world.faults.add("/api/v2/assets/aSmall/data", Fault("empty_page"))
    error = refused(site, SourceError)
    assert "empty page" in error.message


# --- the disk --------------------------------------------------------------------------------------------------
@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_is_published(site: Any, small_disk: Path) -> None:
    site.home = small_disk / "home"
    error = refused(site, StoreError)
    assert "No space left" in str(error.found)
    assert "MRV_HOME" in str(error.remedy)


# --- a failure after a publication -----------------------------------------------------------------------------
def test_what_was_published_stays_when_the_next_run_fails(published_site: Any) -> None:
    package = next(published_site.settings.packages_dir.rglob("VP-*-v1"))
    published_site.world.faults.add("/api/v2/assets/aSmall/data", Fault("empty_page"))
    published_site.edit(lambda content: content["sources"][2].update(page_size=9))
    refused(published_site, SourceError)
    assert verify(package, allowed_signers=published_site.settings.keys_dir / "allowed_signers").accepted
