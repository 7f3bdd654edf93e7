from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import UsageError
from mrv.settings import Settings
from mrv.sources.addresses import Base, is_private, redact, secret_or_mirror, stray_mirrors
from mrv.sources.fetch import base_of


@pytest.mark.parametrize(
    ("text", "path", "asked", "shown"),
    [
        ("https://h/x", "a.tif", "https://h/x/a.tif", "https://h/x/a.tif"),
        ("https://h:8/x/", "a?start=2", "https://h:8/x/a?start=2", "https://h:8/x/a?start=2"),
        ("http://bob:PW@h/x?sig=abc%2B", "a.tif", "http://bob:PW@h/x/a.tif?sig=abc%2B", "http://h/x/a.tif"),
        ("http://bob@h:1?sig=abcd#f", "a?start=2", "http://bob@h:1/a?start=2&sig=abcd", "http://h:1/a?start=2"),
        ("http://[::1]:80/x", "a", "http://[::1]:80/x/a", "http://[::1]:80/x/a"),
    ],
)
def test_what_is_asked_and_what_is_shown(text, path, asked, shown) -> None:
    base = Base(text, mirror=True)
    assert (base.url(path), base.shown(path)) == (asked, shown)
    assert "PW" not in repr(base)


def test_secrets_of_a_base_are_taken_out_of_texts() -> None:
    base = Base("http://bob:P%2BW@h/x?sig=ab+cd%2F&v=1", mirror=True)
    told = redact("bob P%2BW ab cd/ ab+cd%2F ab%20cd%2F v=1", base.secrets)
    assert told == "<secret> <secret> <secret> <secret> <secret> v=1"
    assert Base("/some/folder", mirror=True).secrets == ()


@given(st.text("0123456789+/ ", min_size=1), st.text("abc%"), st.text("abc%"))
def test_no_secret_survives(secret, before, after) -> None:
    assert secret not in redact(before + secret + after, [secret])
    assert quote(secret, safe="") not in redact(before + quote(secret, safe="") + after, [secret])


@pytest.mark.parametrize(
    "text",
    ["http://bob:1/2@h/x", "http://bob:p/w@h/x", "http://h:99999/x", "http://[::1/x", "http:///x", "http://b:p#w@h"],
)
def test_an_address_that_cannot_be_read_is_not_shown(text) -> None:
    with pytest.raises(UsageError, match="source k cannot be read") as caught:
        base_of("k", "https://h", Settings(mirrors={"k": text}))
    assert text not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "%-codes" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://h/", True),
        ("http://h/", False),
        ("http://localhost:1/", True),
        ("http://127.8.0.1/", True),
        ("http://[::1]/", True),
        ("http://127.0.0.1.example/", False),
        ("http://localhost.example/", False),
        ("http://10.0.0.1/", False),
        ("ftp://h/", False),
    ],
)
def test_where_nobody_listens(url, private) -> None:
    assert is_private(url) is private
    base = Base(url, mirror=False)
    if private:
        assert secret_or_mirror("key", base=base, variable="V", source="s") == "key"
        return
    with pytest.raises(UsageError, match="key of source s") as caught:
        secret_or_mirror("key", base=base, variable="V", source="s")
    assert caught.value.found == url
    assert "MRV_MIRRORS" in (caught.value.remedy or "")
    assert "key" not in str(caught.value.found)
    assert secret_or_mirror("key", base=Base(url, mirror=True), variable="V", source="s") == "key"


def test_names_that_no_source_has_are_said() -> None:
    sources = {"tiles": "raster_tiles", "scenes": "stac"}
    assert stray_mirrors(["tiles", "scenes", "scenes.assets"], sources) == []
    (first, second) = stray_mirrors(["tiles.assets", "nosuch"], sources)
    assert first == "MRV_MIRRORS names nosuch, no source of this project; its sources are scenes, scenes.assets, tiles"
    assert "names tiles.assets," in second
