"""Fetching from real servers on loopback that misbehave: nothing corrupt is kept, attempts are bounded, nothing leaks."""

from __future__ import annotations

import contextlib
import gzip
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import rasterio

from mrv.errors import InputError, SourceError, UsageError
from mrv.files import hash_file
from mrv.simulator.faults import Fault
from mrv.simulator.server import HANSEN_ROOT
from mrv.sources import raster_tiles
from mrv.sources.download import CHUNK
from tests.integration.network_place import HANSEN, SIZE, VERSION, Place, pull_tile

pytestmark = pytest.mark.integration


# --- the plain way ------------------------------------------------------------------------------------------------
def test_a_tile_comes_whole_and_is_marked_simulated(place: Place) -> None:
    artifact = pull_tile(place)
    assert artifact.sha256 == hash_file(place.tile)
    assert (artifact.bytes, artifact.simulated, artifact.unchanged) == (SIZE, True, False)
    assert artifact.media_type == "image/tiff"
    assert place.request.ledger.last_retrieval("p", artifact.address) == artifact


def test_unchanged_is_asked_not_fetched(place: Place) -> None:
    first, second = pull_tile(place), pull_tile(place)
    assert [status for _, status in place.tile_requests()] == [200, 304]
    assert (second.unchanged, second.sha256, second.simulated, second.etag) == (True, first.sha256, True, first.etag)


def test_a_file_lost_from_the_store_is_fetched_again(place: Place) -> None:
    first = pull_tile(place)
    place.request.store.path(first.sha256).unlink()
    second = pull_tile(place)
    assert [status for _, status in place.tile_requests()] == [200, 200]
    assert second.sha256 == first.sha256


def test_a_file_damaged_in_the_store_is_removed_and_fetched_without_condition(place: Place) -> None:
    first = pull_tile(place)
    damage(place.request.store.path(first.sha256))
    second = pull_tile(place)
    assert [status for _, status in place.tile_requests()] == [200, 200]
    assert "if-none-match" not in place.tile_requests()[-1][0]
    assert second.sha256 == first.sha256
    assert list(place.request.store.damaged()) == []


def test_a_damaged_file_is_not_relied_on_when_the_source_is_away(place: Place) -> None:
    first = pull_tile(place)
    damage(place.request.store.path(first.sha256))
    place.faults.add(VERSION, Fault("page", status=502), times=4)
    with pytest.raises(SourceError, match="in 4 attempt"):
        raster_tiles.pull(HANSEN, place.request)
    assert place.stored() == []


def damage(path: Path) -> None:
    """Flip one bit in the middle: the size stays."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def test_what_changed_upstream_is_kept_beside_the_old(place: Place) -> None:
    first = pull_tile(place)
    place.faults.changed.add(f"/{HANSEN_ROOT}/{VERSION}/{place.tile.name}?")
    second = pull_tile(place)
    assert not second.unchanged
    assert place.stored() == sorted((first.sha256, second.sha256))


# --- faults ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("after", [70_000, 200_000, SIZE - 1])
def test_a_cut_is_resumed(place: Place, after: int) -> None:
    place.faults.add(VERSION, Fault("cut", after_bytes=after))
    artifact = pull_tile(place)
    assert artifact.sha256 == hash_file(place.tile)
    (_, status), (headers, resumed) = place.tile_requests()
    assert (status, resumed) == (200, 206)
    assert headers["if-range"] == artifact.etag
    assert 0 < int(headers["range"].removeprefix("bytes=").removesuffix("-")) <= after


def test_many_cuts_each_bring_it_further(place: Place) -> None:
    place.faults.add(VERSION, Fault("cut", after_bytes=150_000), times=3)
    assert pull_tile(place).sha256 == hash_file(place.tile)
    begins = [int(headers["range"][6:-1]) for headers, status in place.tile_requests() if status == 206]
    assert len(begins) == 3
    assert begins == sorted(set(begins))


def test_a_run_that_failed_is_resumed_by_the_next(place: Place) -> None:
    place.faults.add(VERSION, Fault("cut", after_bytes=200_000), times=1)
    place.faults.add(VERSION, Fault("page", status=503), times=3)
    with pytest.raises(SourceError, match="in 4 attempt") as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert "what was received is kept" in (caught.value.remedy or "")
    assert place.stored() == []
    assert len(place.left_over()) == 2
    assert pull_tile(place).sha256 == hash_file(place.tile)
    assert place.tile_requests()[-1][1] == 206


def test_a_file_that_changes_in_the_middle_starts_over(place: Place) -> None:
    place.faults.add(VERSION, Fault("change", after_bytes=200_000))
    artifact = pull_tile(place)
    assert artifact.bytes == SIZE + 1
    assert [status for _, status in place.tile_requests()] == [200, 200]


@pytest.mark.parametrize("kind", ["longer", "truncate"])
def test_a_wrong_length_is_never_kept(place: Place, kind: str) -> None:
    place.faults.add(VERSION, Fault(kind, after_bytes=200_000), times=9)
    with pytest.raises(SourceError) as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert place.stored() == []
    assert caught.value.exit_code == 3
    assert caught.value.remedy


def test_a_truncated_file_with_a_fitting_length_is_found_by_its_digest(place: Place) -> None:
    place.faults.add(VERSION, Fault("truncate", after_bytes=200_000))
    assert pull_tile(place).sha256 == hash_file(place.tile)
    assert len(place.tile_requests()) == 2


def test_a_page_with_status_200_is_refused(place: Place) -> None:
    page = b"<!DOCTYPE html>\n<title>Sign in</title>"
    place.faults.add(VERSION, Fault("page", status=200, body=page))
    with pytest.raises(SourceError) as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert caught.value.found == "<!DOCTYPE html>"
    assert "GeoTIFF" in (caught.value.expected or "")
    assert len(place.tile_requests()) == 1
    assert place.stored() == place.left_over() == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_not_asked_again(place: Place, status: int) -> None:
    place.faults.add(VERSION, Fault("page", status=status, body=b"AccessDenied"))
    with pytest.raises(SourceError) as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert caught.value.found == f"status {status}: AccessDenied"
    assert ("wrong or expired" in caught.value.message) == (status != 404)
    assert caught.value.exit_code == 3
    assert len(place.tile_requests()) == 1
    assert place.waits == []


def test_a_burst_of_errors_passes_with_growing_waits(place: Place) -> None:
    place.faults.add(VERSION, Fault("page", status=500), times=3)
    pull_tile(place)
    assert len(place.waits) == 3
    assert [0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(place.waits)] == [True] * 3


def test_errors_without_end_are_bounded(place: Place) -> None:
    place.faults.add(VERSION, Fault("page", status=502), times=50)
    with pytest.raises(SourceError, match="in 4 attempt"):
        raster_tiles.pull(HANSEN, place.request)
    assert len(place.tile_requests()) == 4


@pytest.mark.parametrize(("told", "waited"), [("7", 7.0), ("Wed, 01 Jan 2020 00:00:00 GMT", 0.0)])
def test_retry_after_is_kept(place: Place, told: str, waited: float) -> None:
    place.faults.add(VERSION, Fault("page", status=429, headers={"Retry-After": told}))
    pull_tile(place)
    assert place.waits == [waited]


def test_retry_after_as_a_date_is_kept(place: Place) -> None:
    told = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    place.faults.add(VERSION, Fault("page", status=503, headers={"Retry-After": told}))
    pull_tile(place)
    assert 45 < place.waits[0] <= 50


def test_a_source_that_asks_for_any_number_is_left_alone(place: Place) -> None:
    place.faults.add(VERSION, Fault("page", status=429, headers={"Retry-After": "9" * 400}))
    with pytest.raises(SourceError, match="come back later") as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert "365 days" in (caught.value.found or "")


@pytest.mark.parametrize("as_date", [False, True])
def test_a_source_that_asks_for_hours_is_left_alone_and_the_hour_is_told(place: Place, as_date: bool) -> None:
    back = datetime.now(UTC) + timedelta(hours=5)
    told = format_datetime(back, usegmt=True) if as_date else "18000"
    place.faults.add(VERSION, Fault("page", status=429, headers={"Retry-After": told}), times=9)
    with pytest.raises(SourceError, match="come back later") as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert len(place.tile_requests()) == 1
    assert place.waits == []
    named = datetime.strptime((caught.value.remedy or "")[16:32], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert abs(named - back) <= timedelta(seconds=65)
    assert caught.value.exit_code == 3


def test_a_stall_is_given_up_and_tried_again(place: Place) -> None:
    place.faults.add(VERSION, Fault("stall", seconds=1.5))
    assert pull_tile(place).sha256 == hash_file(place.tile)
    assert len(place.tile_requests()) == 2


def test_a_stall_in_the_middle_is_resumed_where_it_was(place: Place) -> None:
    place.faults.add(VERSION, Fault("stall", after_bytes=200_000, seconds=1.5))
    assert pull_tile(place).sha256 == hash_file(place.tile)
    headers, status = place.tile_requests()[-1]
    assert (status, headers["range"]) == (206, f"bytes={200_000 // CHUNK * CHUNK}-")


def test_a_source_that_stalls_every_time_is_given_up(place: Place) -> None:
    place.faults.add(VERSION, Fault("stall", after_bytes=100_000, seconds=1.5), times=4)
    with pytest.raises(SourceError, match=r"did not answer, in 4 attempt") as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert "ReadTimeout" in (caught.value.found or "")
    assert "goes on from there" in (caught.value.remedy or "")
    assert pull_tile(place).sha256 == hash_file(place.tile)
    assert place.tile_requests()[-1][0]["range"] == f"bytes={4 * (100_000 // CHUNK) * CHUNK}-"


# --- lies about the length ------------------------------------------------------------------------------------------
def test_an_end_that_is_missing_by_its_own_directory_is_told_without_a_digest(place: Place) -> None:
    write_tile(place.tile)
    place.faults.add(VERSION, Fault("truncate", after_bytes=60_000, digest=False))
    assert pull_tile(place).sha256 == hash_file(place.tile)
    assert [status for _, status in place.tile_requests()] == [200, 200]


def test_a_file_without_its_end_is_never_kept(place: Place) -> None:
    write_tile(place.tile)
    place.faults.add(VERSION, Fault("truncate", after_bytes=60_000, digest=False), times=4)
    with pytest.raises(SourceError, match="cut short") as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert caught.value.found is not None
    assert caught.value.found.startswith("60000 bytes of at least")
    assert place.stored() == place.left_over() == []


def write_tile(path: Path) -> None:
    """A real GeoTIFF of noise, whose directory stands before its pixels."""
    path.unlink()
    noise = np.random.default_rng(2).integers(0, 255, (1, 400, 400), dtype=np.uint8)
    profile = {"driver": "GTiff", "width": 400, "height": 400, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **profile, transform=rasterio.Affine(0.00025, 0, -77, 0, -0.00025, -7)) as dataset:
        dataset.write(noise)


@pytest.mark.parametrize("digest", ["sha-256=:no base64:", "sha-256=:AAAA:", "sha-256", "x=1", ""])
def test_a_digest_that_is_none_is_passed_over(place: Place, digest: str, caplog: pytest.LogCaptureFixture) -> None:
    body = place.tile.read_bytes()
    place.faults.add(VERSION, Fault("page", status=200, body=body, headers={"Repr-Digest": digest}))
    assert pull_tile(place).sha256 == hash_file(place.tile)
    assert ("declares a digest that is none" in caplog.text) == digest.startswith("sha-256")


def test_an_extent_that_contradicts_the_length_starts_over(place: Place) -> None:
    place.faults.add(VERSION, Fault("cut", after_bytes=200_000))
    place.faults.add(VERSION, Fault("contradict"))
    assert pull_tile(place).sha256 == hash_file(place.tile)
    assert [status for _, status in place.tile_requests()] == [200, 206, 200]


def spoil(tile: Path) -> None:
    """Write a tile packed with DEFLATE and overwrite the middle of its second strip; the length stays."""
    tile.unlink()
    pixels = np.random.default_rng(1).integers(0, 3, (64, 4000), dtype=np.uint8)
    profile = {"driver": "GTiff", "width": 4000, "height": 64, "count": 1, "dtype": "uint8", "blockysize": 32}
    transform = rasterio.Affine(0.00025, 0, -80, 0, -0.00025, 0)
    with rasterio.open(tile, "w", **profile, compress="deflate", crs="EPSG:4326", transform=transform) as target:
        target.write(pixels, 1)
    content = bytearray(tile.read_bytes())
    middle = len(content) * 3 // 4
    content[middle : middle + 2000] = b"\xff" * 2000
    tile.write_bytes(content)


def test_a_damaged_strip_is_never_kept(place: Place) -> None:
    spoil(place.tile)
    with pytest.raises(SourceError, match="GeoTIFF is damaged") as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert caught.value.exit_code == 3
    assert "strip 1 (rows 32 to 63)" in str(caught.value.found) and place.tile.name in str(caught.value.where)
    assert (place.stored(), place.left_over()) == ([], [])


def test_a_damaged_strip_in_a_folder_is_our_fault(place: Place) -> None:
    spoil(place.tile)
    settings = place.request.settings.model_copy(update={"mirrors": {"h": str(place.tile.parents[1])}})
    with pytest.raises(InputError, match="GeoTIFF is damaged") as caught:
        raster_tiles.pull(HANSEN, replace(place.request, settings=settings))
    assert "strip 1 (rows 32 to 63)" in str(caught.value.found)
    assert (place.stored(), place.left_over()) == ([], [])


@pytest.mark.parametrize("surplus", [-1000, 1000])
def test_a_length_that_is_not_that_of_the_body(place: Place, surplus: int) -> None:
    """A server that closes early, or sends more than it said: bytes that nobody announced are not read."""
    whole = place.tile.read_bytes()

    class Liar(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(SIZE - surplus))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(whole)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        mirrors = {"h": f"http://127.0.0.1:{server.server_port}"}
        request = replace(place.request, settings=place.request.settings.model_copy(update={"mirrors": mirrors}))
        try:
            if surplus < 0:
                with pytest.raises(SourceError, match="broke off") as caught:
                    raster_tiles.pull(HANSEN, request)
                assert caught.value.exit_code == 3
                assert place.stored() == []
            else:
                (artifact,) = raster_tiles.pull(HANSEN, request)
                assert artifact.bytes == SIZE - surplus
        finally:
            server.shutdown()


@pytest.mark.parametrize("rest", [b"\x00\xff pixels" * 50, b":s\xe0=\x9fj\r\n\r\n"], ids=["zero", "text"])
def test_the_rest_of_an_answer_is_not_shown_as_the_next(place: Place, rest: bytes) -> None:
    """What stands on the connection where an answer should begin is told in words, not as bytes."""

    class Babbler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(rest)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Babbler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        mirrors = {"h": f"http://127.0.0.1:{server.server_port}"}
        try:
            with pytest.raises(SourceError, match="broke off") as caught:
                raster_tiles.pull(
                    HANSEN,
                    replace(place.request, settings=place.request.settings.model_copy(update={"mirrors": mirrors})),
                )
        finally:
            server.shutdown()
    assert "more bytes than announced" in str(caught.value.found) and "bytearray" not in str(caught.value.found)


# --- what comes in another form -------------------------------------------------------------------------------------
def test_a_body_that_was_packed_on_the_way_is_refused(place: Place) -> None:
    packed = gzip.compress(place.tile.read_bytes())
    place.faults.add(VERSION, Fault("page", status=200, body=packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceError, match="compressed what was asked for plainly") as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert caught.value.found == "Content-Encoding: gzip"


@pytest.mark.parametrize(("body", "named"), [(gzip.compress(b"II*\x00", mtime=0), "gzip"), (b"PK\x03\x04rest", "ZIP")])
def test_a_packed_file_is_named(place: Place, body: bytes, named: str) -> None:
    place.faults.add(VERSION, Fault("page", status=200, body=body))
    with pytest.raises(SourceError, match="something else") as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert named in (caught.value.found or "")


def test_redirects_without_end_are_given_up(place: Place) -> None:
    place.faults.add(VERSION, Fault("page", status=302, headers={"Location": f"/{HANSEN_ROOT}/{VERSION}/x"}))
    place.faults.add(VERSION, Fault("page", status=302, headers={"Location": "./y"}), times=9)
    (place.tile.parent / "x").write_bytes(b"")
    (place.tile.parent / "y").write_bytes(b"")
    with pytest.raises(SourceError, match="cannot be asked") as caught:
        raster_tiles.pull(HANSEN, place.request)
    assert "TooManyRedirects" in (caught.value.found or "")
    assert len(place.tile_requests()) == 4


def test_a_file_above_the_limit_is_refused(place: Place) -> None:
    settings = place.request.settings.model_copy(update={"max_file_bytes": SIZE - 1})
    with pytest.raises(SourceError, match="larger than is accepted"):
        raster_tiles.pull(HANSEN, replace(place.request, settings=settings))
    assert place.stored() == []


def test_nobody_there(place: Place) -> None:
    settings = place.request.settings.model_copy(update={"mirrors": {"h": "http://127.0.0.1:9"}})
    with pytest.raises(SourceError, match="in 4 attempt") as caught:
        raster_tiles.pull(HANSEN, replace(place.request, settings=settings))
    assert "ConnectError" in (caught.value.found or "")
    assert caught.value.remedy == "try again later"


def test_two_runs_at_once_do_not_mix_their_bytes(place: Place) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(pull_one(place))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [hash_file(place.tile)] * 6
    assert place.stored() == [hash_file(place.tile)]


def pull_one(place: Place) -> str:
    (artifact,) = raster_tiles.pull(HANSEN, place.request)
    return artifact.sha256


def test_a_folder_is_a_mirror_too(place: Place) -> None:
    settings = place.request.settings.model_copy(update={"mirrors": {"h": place.tile.parents[1].as_uri()}})
    request = replace(place.request, settings=settings)
    (artifact,) = raster_tiles.pull(HANSEN, request)
    assert artifact.sha256 == hash_file(place.tile)
    assert artifact.url == f"file:{VERSION}/{place.tile.name}"
    assert not artifact.simulated
    assert place.tile_requests() == []


def test_a_copy_of_a_folder_heals_a_damaged_file(place: Place) -> None:
    settings = place.request.settings.model_copy(update={"mirrors": {"h": str(place.tile.parents[1])}})
    request = replace(place.request, settings=settings)
    (first,) = raster_tiles.pull(HANSEN, request)
    damage(place.request.store.path(first.sha256))
    raster_tiles.pull(HANSEN, request)
    assert place.stored() == [first.sha256]
    assert list(place.request.store.damaged()) == []


def test_a_mirror_folder_without_the_file(place: Place, tmp_path: Path) -> None:
    settings = place.request.settings.model_copy(update={"mirrors": {"h": str(tmp_path / "none")}})
    with pytest.raises(InputError, match="missing in the folder"):
        raster_tiles.pull(HANSEN, replace(place.request, settings=settings))


def test_a_scheme_that_nothing_speaks_is_refused_at_once(place: Place) -> None:
    settings = place.request.settings.model_copy(update={"mirrors": {"h": "ftp://bob:secret@h/tiles"}})
    with pytest.raises(UsageError, match="scheme") as caught:
        raster_tiles.pull(HANSEN, replace(place.request, settings=settings))
    assert (caught.value.exit_code, caught.value.found, caught.value.where) == (2, "ftp://", "MRV_MIRRORS")
    assert place.waits == [] and "secret" not in str(caught.value)
