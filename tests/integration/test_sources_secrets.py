"""What goes where and what is shown: mirrors with passwords, signed addresses, tokens and redirects, on loopback servers."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from mrv.errors import MrvError, SourceError, UsageError
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import Firms, Kobo, RasterTiles
from mrv.settings import Settings
from mrv.sources import firms, kobo, raster_tiles
from mrv.sources.contract import Request
from tests.integration.hosts import request_of

pytestmark = pytest.mark.integration

HANSEN = RasterTiles(
    connector="raster_tiles", name="h", product="hansen_gfc", version="GFC-2024-v1.12", layers=("lossyear",)
)
FIRES = Firms(connector="firms", name="f", collections=("VIIRS_SNPP_SP",), days_per_request=5)
EMPTY_TIFF = b"II*\x00\x08\x00\x00\x00" + bytes(6)
TOKEN, KEY = "t0k3n", "s3cr3t+key"


@pytest.fixture
def request_for(tmp_path: Path, ledger: Ledger) -> Callable[..., Request]:
    def make(**mirrors: str) -> Request:
        settings = Settings(
            home=tmp_path, mirrors=mirrors, http_timeout_s=2, http_attempts=2, firms_map_key=KEY, kobo_token=TOKEN
        )
        window = Span(date(2022, 7, 2), date(2022, 7, 6))
        return request_of(tmp_path, ledger, settings, window=window, bounds=(-77.5, -7.87, -76.62, -6.61))

    return make


def page(next_: str | None, *ids: int) -> bytes:
    return json.dumps({"count": 2, "next": next_, "results": [{"_id": number} for number in ids]}).encode()


def plots(base_url: str = "https://kf.kobotoolbox.org") -> Kobo:
    return Kobo(connector="kobo", name="k", asset="aX", form="forest_plot_census", page_size=1, base_url=base_url)


# --- mirrors with a password and a signature ----------------------------------------------------------------------
def test_user_password_and_signature_are_used_and_not_kept(hosts, request_for, caplog) -> None:
    host, _ = hosts
    caplog.set_level(logging.DEBUG)
    replies = iter([(503, {}, b""), (200, {"ETag": '"1"'}, EMPTY_TIFF), (304, {}, b"")])
    host.reply = lambda _: next(replies)
    request = request_for(h=f"http://bob:PW#1@{host.address}/x?sig=abcd%2Bef".replace("#", "%23"))
    (artifact,) = raster_tiles.pull(HANSEN, request)
    (again,) = raster_tiles.pull(HANSEN, request)
    assert again.unchanged
    for path, headers in host.requests:
        assert path.endswith(".tif?sig=abcd%2Bef")
        assert headers["authorization"] == "Basic " + b64encode(b"bob:PW#1").decode()
    kept = json.dumps([artifact.record(), again.record()]) + caplog.text
    assert f"http://{host.address}/x/GFC-2024-v1.12/" in kept
    assert "attempt 1 of 2 failed" in kept
    assert not [word for word in ("bob", "PW", "sig", "abcd") if word in kept]


@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_mirror_that_echoes_is_told_without_its_secrets(hosts, request_for, status) -> None:
    host, _ = hosts
    host.reply = lambda path: (status, {}, f"bob PW {path}".encode())
    with pytest.raises(SourceError) as caught:
        raster_tiles.pull(HANSEN, request_for(h=f"http://bob:PW@{host.address}/x?sig=abcd%2Bef"))
    assert not [word for word in ("bob", "PW", "abcd") if word in str(caught.value)]
    assert host.address in (caught.value.where or "")


def test_a_signature_in_the_next_link_is_neither_kept_nor_asked_twice(hosts, request_for) -> None:
    host, _ = hosts
    link = f"http://{host.address}/m/api/v2/assets/aX/data/?start=1&sig=abcdef"
    host.reply = lambda path: (200, {}, page(None, 2) if "start=1" in path else page(link, 1))
    artifacts = kobo.pull(plots(), request_for(k=f"http://{host.address}/m?sig=abcdef"))
    assert [path.count("sig=abcdef") for path, _ in host.requests] == [1, 1]
    assert [item.url.rpartition("/")[2] for item in artifacts][1] == "?start=1"
    assert "abcdef" not in json.dumps([item.record() for item in artifacts])


def test_nobody_at_a_mirror_with_a_password(hosts, request_for) -> None:
    del hosts
    with pytest.raises(SourceError) as caught:
        raster_tiles.pull(HANSEN, request_for(h="http://bob:PW@127.0.0.1:9/x?sig=abcdef"))
    assert not [word for word in ("bob", "PW", "abcdef") if word in str(caught.value)]
    assert "kept" not in (caught.value.remedy or "")


# --- where a key may go -------------------------------------------------------------------------------------------
def test_a_token_is_not_sent_in_the_open(request_for) -> None:
    with pytest.raises(UsageError) as caught:
        kobo.pull(plots("http://forms.example"), request_for())
    assert caught.value.exit_code == 2
    assert ("source k" in str(caught.value), "http://forms.example" in str(caught.value)) == (True, True)
    assert "https" in (caught.value.remedy or "")
    assert TOKEN not in str(caught.value)


def test_a_token_is_sent_within_this_machine(hosts, request_for) -> None:
    host, _ = hosts
    host.reply = lambda path: (200, {}, page(None, 2, 1))
    kobo.pull(plots(f"http://{host.address}"), request_for())
    assert [headers["authorization"] for _, headers in host.requests] == [f"Token {TOKEN}"]


@pytest.mark.parametrize("where", ["other port", "other name"])
def test_a_token_does_not_follow_a_redirect_to_another_host(hosts, request_for, where) -> None:
    host, other = hosts
    target = other.address if where == "other port" else other.address.replace("127.0.0.1", "localhost")
    host.reply = lambda path: (302, {"Location": f"http://{target}{path}"}, b"")
    other.reply = lambda _: (401, {}, b"no token")
    with pytest.raises(SourceError, match="refused"):
        kobo.pull(plots(), request_for(k=f"http://{host.address}"))
    assert host.requests[0][1]["authorization"] == f"Token {TOKEN}"
    assert ["authorization" in headers for _, headers in other.requests] == [False]


@pytest.mark.parametrize("target", ["http://elsewhere.example", "http://10.255.255.1"])
def test_a_key_in_an_address_does_not_follow_a_redirect_into_the_open(hosts, request_for, target) -> None:
    host, _ = hosts
    host.reply = lambda path: (302, {"Location": f"{target}{path}"}, b"")
    with pytest.raises(SourceError, match="must not go") as caught:
        firms.pull(FIRES, request_for(f=f"http://{host.address}"))
    assert caught.value.found == target
    assert "s3cr3t" not in str(caught.value)


def test_a_mirror_password_does_not_follow_a_redirect(hosts, request_for) -> None:
    host, other = hosts
    host.reply = lambda path: (302, {"Location": f"http://{other.address}/y.tif"}, b"")
    other.reply = lambda _: (200, {}, EMPTY_TIFF)
    raster_tiles.pull(HANSEN, request_for(h=f"http://bob:PW@{host.address}"))
    assert "authorization" in host.requests[0][1]
    assert ["authorization" in headers for _, headers in other.requests] == [False]


# --- what a form may send -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        b'{"count": 1, "next": null, "results": [{"_id": [1]}]}',
        b'{"count": 1, "next": null, "results": [{"_id": 1, "_id": 2}]}',
        b'{"count": 1, "next": null, "results": [{"_id": 1, "a": ' + b'{"a": ' * 800 + b"1" + b"}" * 800 + b"}]}",
        b'{"count": 2, "next": "http://[", "results": [{"_id": 1}]}',
        b'{"count": 2, "next": {"a": 1}, "results": [{"_id": 1}]}',
        b'{"count": 2, "next": "\\ud800", "results": [{"_id": 1}]}',
    ],
)
def test_pages_that_cannot_be_used_are_refused_by_name(hosts, request_for, body) -> None:
    host, _ = hosts
    host.reply = lambda _: (200, {}, body)
    with pytest.raises(MrvError) as caught:
        kobo.pull(plots(), request_for(k=f"http://{host.address}"))
    assert "kobo/aX/page-0001" in (caught.value.where or "")
    str(caught.value).encode()
