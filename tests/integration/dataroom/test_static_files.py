"""Styles and scripts: packed to who takes them packed, asked for once, and the same bytes either way."""

from __future__ import annotations

import pytest

from mrv.dataroom.static_files import takes_gzip
from tests.integration.dataroom.sites import Room

pytestmark = [pytest.mark.integration, pytest.mark.sqlite_only]
MODULE = "/static/vendor/maplibre-gl/maplibre-gl.mjs"


@pytest.mark.parametrize("path", ["/static/room.css", "/static/room.js", MODULE])
def test_a_text_goes_out_packed_or_plain_and_is_the_same(room: Room, path: str) -> None:
    client = room.client()
    packed, plain = (client.get(path, headers={"Accept-Encoding": coding}) for coding in ("gzip, br", "identity"))
    assert (packed.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < 0.45 * int(plain.headers["content-length"])
    assert packed.headers["content-type"] == plain.headers["content-type"]
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.headers["etag"] != plain.headers["etag"]
    for answer, coding in ((packed, "gzip"), (plain, "identity")):
        known = {"Accept-Encoding": coding, "If-None-Match": answer.headers["etag"]}
        again = client.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["cache-control"], again.headers["vary"]) == ("no-cache", "Accept-Encoding")
    assert "immutable" in client.get(f"{path}?stamp", headers={"Accept-Encoding": "gzip"}).headers["cache-control"]


def test_a_range_is_one_of_the_plain_bytes_and_head_has_no_body(room: Room) -> None:
    client = room.client()
    part = client.get("/static/room.css", headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert (part.status_code, len(part.content), part.headers.get("content-encoding")) == (206, 10, None)
    head = client.head("/static/room.css", headers={"Accept-Encoding": "gzip"})
    assert (head.status_code, head.content, head.headers["content-encoding"]) == (200, b"", "gzip")


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [("gzip, br", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip;q=0, br", False), ("gzip; q=0.000", False),
     ("x-gzip", False), ("", False), ("gzip;q=0, *", False), ("gzip;q=high", False)],
)  # fmt: skip
def test_who_takes_texts_packed(accepted: str, taken: bool) -> None:
    assert takes_gzip(accepted) is taken
