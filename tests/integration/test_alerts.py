"""Alerts by the real connector: the key and where it goes, refusals, retrievals kept and frozen, and a whole run with them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from click.testing import CliRunner

from mrv.cli import main
from mrv.errors import SourceError, UsageError
from mrv.files import hash_file
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project import load_project
from mrv.project_sources import RasterTiles
from mrv.settings import Settings
from mrv.simulator.world import simulated_world
from mrv.sources import fetch, raster_tiles
from mrv.sources.contract import Request
from mrv.stages.context import open_context
from mrv.stages.land import pull
from mrv.stages.measure_alerts import measure_alerts
from mrv.units import UM2_PER_HA
from raster.area import row_areas_um2
from raster.grid import Lattice
from tests.integration.conftest import Site, write_project
from tests.integration.hosts import Host, request_of

pytestmark = pytest.mark.integration

ALERTS = {"connector": "raster_tiles", "name": "alerts", "product": "gfw_integrated_alerts", "version": "latest",
          "layers": ["date_conf"]}  # fmt: skip
SPEC = RasterTiles(**{**ALERTS, "layers": ("date_conf",)})
KEY = "k3y-0f-g1w"
PATH = "/dataset/gfw_integrated_alerts/latest/download/geotiff?grid=10/100000&tile_id=00N_080W&pixel_meaning=date_conf"
TIFF = b"II*\x00\x08\x00\x00\x00" + bytes(6)


@pytest.fixture
def request_for(tmp_path: Path, ledger: Ledger) -> Callable[..., Request]:
    def make(address: str | None, *, key: str | None = KEY) -> Request:
        mirrors = {"alerts": address} if address else {}
        settings = Settings(home=tmp_path, mirrors=mirrors, http_timeout_s=2, http_attempts=2, gfw_api_key=key)
        window = Span(date(2022, 7, 1), date(2022, 7, 31))
        return request_of(tmp_path, ledger, settings, window=window, bounds=(-77.4, -7.5, -76.8, -6.9))

    return make


# --- the key -----------------------------------------------------------------------------------------------------
def test_the_key_is_a_header_and_the_address_tells_days_and_retrieval(hosts, request_for) -> None:
    host, _ = hosts
    host.reply = lambda _: (200, {"ETag": '"1"'}, TIFF)
    request = request_for(f"http://{host.address}/dataset")
    (artifact,) = raster_tiles.pull(SPEC, request)
    ((path, headers),) = host.requests
    assert path == PATH
    assert headers["x-api-key"] == KEY
    today = datetime.now(UTC).date()
    series = "gfw_integrated_alerts/latest/date_conf/00N_080W/2022-07-01..2022-07-31"
    assert artifact.address == f"{series}/retrieved-{today}"
    assert KEY not in json.dumps(artifact.record())
    (again,) = raster_tiles.pull(SPEC, request)
    assert (again.sha256, again.unchanged, len(host.requests)) == (artifact.sha256, True, 1), "the days are over"


@pytest.mark.parametrize("other_name", [False, True])
def test_the_key_does_not_follow_a_redirect_to_where_the_tiles_lie(hosts, request_for, other_name) -> None:
    host, bucket = hosts
    target = bucket.address.replace("127.0.0.1", "localhost") if other_name else bucket.address
    host.reply = lambda _: (307, {"Location": f"http://{target}/tile.tif?X-Amz-Signature=abc"}, b"")
    bucket.reply = lambda _: (200, {}, TIFF)
    (artifact,) = raster_tiles.pull(SPEC, request_for(f"http://{host.address}/dataset"))
    assert "x-api-key" in host.requests[0][1]
    assert ["x-api-key" in headers for _, headers in bucket.requests] == [False]
    assert "X-Amz" not in artifact.url


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_has_ended_is_told_with_what_to_do(hosts, request_for, status) -> None:
    host, _ = hosts
    host.reply = lambda _: (status, {}, f'{{"message": "Invalid API key {KEY}"}}'.encode())
    with pytest.raises(SourceError, match="refused") as caught:
        raster_tiles.pull(SPEC, request_for(f"http://{host.address}/dataset"))
    assert caught.value.exit_code == 3
    assert "MRV_GFW_API_KEY" in str(caught.value.remedy)
    assert "ask the source for a new one" in str(caught.value.remedy)
    assert KEY not in str(caught.value)


def test_without_a_key_the_source_itself_is_not_asked(request_for) -> None:
    with pytest.raises(UsageError, match="needs a key") as caught:
        raster_tiles.pull(SPEC, request_for(None, key=None))
    assert "MRV_GFW_API_KEY" in str(caught.value.expected)


def test_a_mirror_does_without_a_key(hosts, request_for) -> None:
    host, _ = hosts
    host.reply = lambda _: (200, {}, TIFF)
    raster_tiles.pull(SPEC, request_for(f"http://{host.address}/dataset", key=None))
    assert "x-api-key" not in host.requests[0][1]


def test_a_busy_source_is_asked_again_when_it_says_and_given_up_in_the_end(hosts, request_for) -> None:
    host, _ = hosts
    replies = iter([(429, {"Retry-After": "0"}, b"busy"), (200, {}, TIFF)])
    host.reply = lambda _: next(replies)
    assert len(raster_tiles.pull(SPEC, request_for(f"http://{host.address}/dataset"))) == 1
    host.reply = lambda _: (429, {"Retry-After": "0"}, b"busy")
    with pytest.raises(SourceError, match="busy") as caught:
        raster_tiles.pull(SPEC.model_copy(update={"version": "v2"}), request_for(f"http://{host.address}/dataset"))
    assert caught.value.exit_code == 3


# --- retrievals --------------------------------------------------------------------------------------------------
LATTICE = Lattice.square(Decimal(-180), Decimal(80), Decimal("0.0001"))
ROW, COL, SIZE = 868_900, 1_025_900, 6_300  # -6.89, -77.41
PA = slice(2_200, 4_100)


def alert_tile(folder: Path, alerts: dict[tuple[int, int], int], **changes: Any) -> bytes:
    """Return a tile with alerts at (row, column) of the zones."""
    values = np.zeros((SIZE, SIZE), np.uint16)
    for place, code in alerts.items():
        values[place] = code
    path = folder / "alerts.tif"
    profile = {
        "driver": "GTiff", "width": SIZE, "height": SIZE, "count": 1, "dtype": "uint16", "crs": "EPSG:4326",
        "transform": rasterio.Affine(0.0001, 0, -77.41, 0, -0.0001, -6.89), "compress": "lzw", **changes,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values, 1)
    return path.read_bytes()


def code(day: date, confidence: int) -> int:
    return confidence * 10_000 + (day - date(2014, 12, 31)).days


@pytest.fixture
def alone(site: Site, hosts: tuple[Host, Host]) -> Site:
    """The small project with alerts as its only source, served by a host."""
    site.edit(lambda content: content.update(sources=[ALERTS]))
    mirrors = {**site.world.mirrors, "alerts": f"http://{hosts[0].address}/dataset"}
    object.__setattr__(site.world, "mirrors", mirrors)
    yield site
    del mirrors["alerts"]


def measured_on(site: Site, day: date, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(fetch, "now", lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    with open_context(str(site.project), "mp1", site.settings) as context:
        pulled = pull(context, context.definition.sources[0])
        return measure_alerts(context, pulled.artifacts)


def test_what_vanishes_between_retrievals_is_counted(alone, hosts, tmp_path, monkeypatch) -> None:
    host, _ = hosts
    first = {(3_000, 3_000): code(date(2023, 1, 5), 2), (3_000, 3_001): code(date(2023, 1, 5), 3)}
    host.reply = lambda _: (200, {}, alert_tile(tmp_path, first))
    one = measured_on(alone, date(2023, 2, 1), monkeypatch)
    assert "alert_changes" not in one.tables
    (retrieval,) = one.tables["alert_retrievals"].to_pylist()
    assert (retrieval["retrieved_on"], retrieval["frozen"], retrieval["in_use"]) == (date(2023, 2, 1), False, True)
    assert retrieval["day_convention"] == "days since 2014-12-31"

    # The low one is gone, the high one was confirmed, another is new.
    second = {(3_000, 3_001): code(date(2023, 1, 5), 4), (3_010, 3_000): code(date(2023, 2, 20), 2)}
    host.reply = lambda _: (200, {}, alert_tile(tmp_path, second))
    two = measured_on(alone, date(2023, 3, 1), monkeypatch)
    listed = two.tables["alert_retrievals"].to_pylist()
    assert [(row["retrieved_on"].month, row["in_use"]) for row in listed] == [(2, False), (3, True)]
    area = {row: int(row_areas_um2(LATTICE, row=ROW + row, height=1)[0]) for row in (3_000, 3_010)}
    changes = {row["confidence"]: row for row in two.tables["alert_changes"].to_pylist()}
    assert [(row["gone_pixel_count"], row["new_pixel_count"]) for row in changes.values()] == [(0, 0), (0, 0), (1, 1)]
    assert changes["low"]["gone_area_um2"] == area[3_000]
    assert changes["low"]["new_area_um2"] == area[3_010]
    assert not measured_on(alone, date(2023, 3, 5), monkeypatch).changed, "the same bytes are the same retrieval"

    # The period ends on 30 June 2023; its alerts are confirmed or withdrawn for 180 days more.
    early = measured_on(alone, date(2023, 12, 27), monkeypatch)
    assert [row["frozen"] for row in early.tables["alert_retrievals"].to_pylist()] == [False, False]
    frozen = measured_on(alone, date(2023, 12, 28), monkeypatch)
    assert [row["frozen"] for row in frozen.tables["alert_retrievals"].to_pylist()] == [False, False, True]
    (span,) = frozen.tables["alert_coverage"].to_pylist()
    assert (span["first_day"], span["last_day"]) == (date(2015, 1, 1), date(2023, 12, 28))
    asked = len(host.requests)
    host.reply = lambda _: (200, {}, alert_tile(tmp_path, {}))
    assert not measured_on(alone, date(2024, 7, 1), monkeypatch).changed
    assert len(host.requests) == asked, "a retrieval after these days is the last"


def test_impossible_codes_and_undeclared_nodata_name_tile_and_pixel(alone, hosts, tmp_path, monkeypatch) -> None:
    host, _ = hosts
    host.reply = lambda _: (200, {}, alert_tile(tmp_path, {(3_000, 3_000): code(date(2023, 3, 2), 3)}))
    with pytest.raises(SourceError, match="does not have") as caught:
        measured_on(alone, date(2023, 3, 1), monkeypatch)
    assert "date_conf/00N_080W/2022-07-01..2023-06-30/retrieved-2023-03-01" in str(caught.value.where)
    assert "row 3000, column 3000" in str(caught.value.where)
    host.reply = lambda _: (200, {}, alert_tile(tmp_path, {}, nodata=999))
    with pytest.raises(SourceError, match="nodata") as caught:
        measured_on(alone, date(2023, 4, 1), monkeypatch)
    assert "999" in str(caught.value.found)
    assert caught.value.exit_code == 3, "what came over the network is the source's fault"


def test_alerts_before_the_first_day_of_their_product_are_refused(alone, hosts, tmp_path, monkeypatch) -> None:
    host, _ = hosts
    alone.edit(lambda content: content.update(sources=[{**ALERTS, "product": "wur_radd_alerts"}]))
    host.reply = lambda _: (200, {}, alert_tile(tmp_path, {(3_000, 3_000): code(date(2019, 12, 31), 3)}))
    with pytest.raises(SourceError, match="before its first day") as caught:
        measured_on(alone, date(2023, 3, 1), monkeypatch)
    assert "2019-12-31" in str(caught.value.found)
    assert "wur_radd_alerts/latest/date_conf/00N_080W" in str(caught.value.where)


# --- a whole run -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """A project with alerts and fires of two satellites, run once."""
    root = tmp_path_factory.mktemp("alerts")
    project = write_project(root / "project")
    made = Site(project, None, root / "home")  # type: ignore[arg-type]

    def change(content: dict[str, Any]) -> None:
        content["sources"] += [ALERTS]
        content["sources"][1]["collections"] = ["VIIRS_SNPP_SP", "VIIRS_NOAA20_SP"]
        content["alerts"] = {"cluster_days": 20, "min_cluster_area_ha": "0.2"}

    made.edit(change)
    with simulated_world(seed=7, project=load_project(project), folder=root / "world") as world:
        made.world = world
        made.run()
        yield made, next((root / "home" / "snapshots").rglob("marts"))


def mart(folder: Path, name: str) -> list[dict[str, Any]]:
    return pq.read_table(folder / f"{name}.parquet").to_pylist()  # type: ignore[no-any-return]


def test_months_and_weeks_hold_the_alerts_of_the_tile(ran) -> None:
    site, marts = ran
    months, weeks = mart(marts, "alerts_monthly"), mart(marts, "alerts_weekly")
    (tile,) = site.world.folder.rglob("gfw_integrated_alerts/latest/*.tif")
    with rasterio.open(tile) as dataset:
        window = (
            rasterio.windows.from_bounds(-77.2, -7.3, -77.0, -7.1, dataset.transform).round_offsets().round_lengths()
        )
        values = dataset.read(1, window=window)
    first, last = code(date(2022, 7, 1), 0), code(date(2023, 6, 30), 0)
    inside = (values > 0) & (values % 10_000 >= first) & (values % 10_000 <= last)
    for confidence, name in ((2, "low"), (3, "high"), (4, "highest")):
        row_area = row_areas_um2(LATTICE, row=871_000, height=2_000)
        own = inside & (values // 10_000 == confidence)
        exact = sum(int(count) * int(area) for count, area in zip(own.sum(axis=1), row_area, strict=True))
        for rows in (months, weeks):
            chosen = [row for row in rows if row["zone_id"] == "pa" and row["confidence"] == name]
            assert sum(row["alert_pixel_count"] for row in chosen) == own.sum()
            total = sum(row["alert_area_ha"] for row in chosen)
            assert abs(total - Decimal(exact) / UM2_PER_HA) < Decimal("0.001")
    assert {row["month"] for row in months} == {date(2022 + (6 + n) // 12, (6 + n) % 12 + 1, 1) for n in range(12)}
    assert all(row["week_start"].isoweekday() == 1 for row in weeks)
    assert all((row["iso_year"], row["iso_week"]) == row["week_start"].isocalendar()[:2] for row in weeks)
    by_zone = {row["zone_id"]: 0 for row in weeks}
    for row in weeks:
        if row["confidence"] == "low":
            by_zone[row["zone_id"]] += row["days"]
    assert set(by_zone.values()) == {365}


def test_clusters_are_polygons_of_their_area(ran) -> None:
    _, marts = ran
    clusters, parts = mart(marts, "alert_clusters"), mart(marts, "alert_cluster_zones")
    assert len(clusters) > 20
    assert {row["cluster_id"] for row in parts} == {row["cluster_id"] for row in clusters}
    for row in clusters:
        shape = shapely.geometry.shape(json.loads(row["geometry_geojson"]))
        assert shape.is_valid
        assert shape.area / 1e-8 == pytest.approx(row["pixel_count"], abs=1e-3)
        assert date(2022, 7, 1) <= row["first_alert"] <= row["last_alert"] <= date(2023, 6, 30)
        assert row["area_ha"] >= Decimal("0.2")


def test_fires_are_counted_as_detections_and_as_fires(ran) -> None:
    _, marts = ran
    fires, months = mart(marts, "fire_events"), mart(marts, "fires_monthly")
    assert any(row["satellites"] == "NOAA-20, Suomi NPP" for row in fires)
    assert all(row["distinct_fire_count"] <= row["fire_count"] for row in months)
    assert sum(row["distinct_fire_count"] for row in months) < sum(row["fire_count"] for row in months)
    assert all((row["distinct_fire_count"] > 0) == (row["fire_count"] > 0) for row in months)
    assert all(row["measured"] and row["days_observed"] == row["days"] and row["reason"] is None for row in months)
    assert {row["basis"] for row in mart(marts, "fire_days")} == {"asked"}
    assert len(mart(marts, "fire_days")) == 2 * 365
    for row in mart(marts, "fires_period"):
        by_month = [month["distinct_fire_count"] for month in months if month["zone_id"] == row["zone_id"]]
        assert max(by_month) <= row["distinct_fire_count"] <= sum(by_month)


def test_clusters_left_out_have_their_hectares(ran) -> None:
    _, marts = ran
    parts, clusters = (
        mart(marts, "alert_cluster_zones"),
        {row["cluster_id"]: row for row in mart(marts, "alert_clusters")},
    )
    for row in mart(marts, "alert_clusters_by_zone"):
        own = [part for part in parts if part["zone_id"] == row["zone_id"]]
        assert row["cluster_count"] == len(own)
        assert row["high_cluster_count"] == sum(clusters[part["cluster_id"]]["confidence"] != "low" for part in own)
        alerts = [alert for alert in mart(marts, "alerts_monthly") if alert["zone_id"] == row["zone_id"]]
        for name, levels in (("low_area_ha", ("low",)), ("high_area_ha", ("high", "highest"))):
            all_of_it = sum(alert["alert_area_ha"] for alert in alerts if alert["confidence"] in levels)
            assert sum(part[name] for part in own) <= all_of_it + Decimal("0.001")
        whole = sum(alert["alert_area_ha"] for alert in alerts)
        assert abs(row["area_ha"] + row["left_out_area_ha"] - whole) < Decimal("0.001"), "nothing else is missing"
    for row in clusters.values():
        assert abs(row["low_area_ha"] + row["high_area_ha"] - row["area_ha"]) <= Decimal("0.000001")
        assert (row["high_area_ha"] > 0) == (row["confidence"] != "low")


def test_the_package_holds_alerts_and_fires_for_a_gis(ran) -> None:
    site, marts = ran
    (tile,) = site.world.folder.rglob("gfw_integrated_alerts/latest/*.tif")
    (package,) = (site.home / "packages").rglob("VP-*-v1")
    with rasterio.open(package / "data/rasters/alerts_gfw_integrated_alerts.tif") as dataset:
        codes, tags = dataset.read(1), dataset.tags()
        with rasterio.open(tile) as source:
            window = rasterio.windows.from_bounds(*dataset.bounds, source.transform).round_offsets().round_lengths()
            values = source.read(1, window=window)
    inside = (values % 10_000 >= code(date(2022, 7, 1), 0)) & (values % 10_000 <= code(date(2023, 6, 30), 0))
    assert ((codes > 0) == inside).all()
    assert ((codes > 120) == (inside & (values // 10_000 == 2))).all()
    september = (values % 10_000 >= code(date(2022, 9, 1), 0)) & (values % 10_000 <= code(date(2022, 9, 30), 0))
    assert (np.isin(codes, (3, 123)) == september).all()
    assert "SIMULATED" in tags["NOTE"]
    assert tags["PRODUCT"] == "gfw_integrated_alerts latest"
    with rasterio.open(package / "data/rasters/fires.tif") as dataset:
        cells, bounds = dataset.read(1), dataset.bounds
    fires = [
        row
        for row in mart(marts, "fire_events")
        if shapely.box(*bounds).contains(shapely.Point(row["longitude"], row["latitude"]))
    ]
    assert cells.sum() == len(fires) > 0
    page = (package / "data/report/summary.html").read_text(encoding="utf-8")
    assert "data/rasters/alerts_gfw_integrated_alerts.tif" in page
    assert "data/rasters/fires.tif" in page


def test_a_second_run_finds_everything_done(ran) -> None:
    site, _ = ran
    asked = len(site.world.faults.requests)
    assert not site.run().changed
    assert not any("gfw_integrated_alerts" in path for path, _, _ in site.world.faults.requests[asked:])


def test_an_ended_key_stops_a_pull_with_exit_code_3(ran, tmp_path, monkeypatch) -> None:
    from mrv.simulator.faults import Fault

    site, _ = ran
    shutil.copytree(site.project, tmp_path / "project")
    site.world.faults.add("/dataset/", Fault("page", status=403, body=b'{"message": "Forbidden"}'))
    monkeypatch.setenv("MRV_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MRV_MIRRORS", json.dumps(dict(site.world.mirrors)))
    done = CliRunner().invoke(main, ["pull", str(tmp_path / "project"), "--dataset", "raster", "--period", "mp1"])
    assert done.exit_code == 3, done.output
    assert "MRV_GFW_API_KEY" in done.output


def test_the_simulated_tile_is_the_one_in_the_store(ran) -> None:
    site, marts = ran
    (tile,) = site.world.folder.rglob("gfw_integrated_alerts/latest/*.tif")
    (retrieval,) = mart(marts, "alert_retrievals")
    assert retrieval["sha256"] == hash_file(tile)
    assert retrieval["frozen"]
