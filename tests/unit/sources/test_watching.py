"""Same, changed, withdrawn or unknown: what can be told of a file by what its source says; and names of versions to come."""

from dataclasses import replace
from pathlib import Path

import pytest

from mrv.files import hash_file
from mrv.ledger import Artifact
from mrv.sources.newer import next_name
from mrv.sources.products import builtin
from mrv.sources.watching import Answer, compare

RETRIEVED = Artifact(
    project="p", source="s", dataset="raster", product="x", version="1", layer="a", address="x/1/a", url="https://h/a.tif",
    sha256="ab" * 32, bytes=100, media_type="image/tiff", etag='"e1"', last_modified="Wed, 01 Jan 2025 00:00:00 GMT",
    licence="CC0-1.0", citation="c", simulated=False, retrieved_at="2026-01-01T00:00:00+00:00",
)  # fmt: skip
SAME = Answer("there", RETRIEVED.url, etag='"e1"', last_modified=RETRIEVED.last_modified, bytes=100)
LATER = "Thu, 02 Jan 2025 00:00:00 GMT"


@pytest.mark.parametrize(
    ("answer", "verdict", "ground"),
    [
        (SAME, "same", "ETag"),
        (replace(SAME, etag='"e2"', last_modified=LATER), "changed", '"e1" then, "e2" now'),
        (replace(SAME, etag='"e2"'), "unknown", "same length and Last-Modified"),
        (replace(SAME, etag=None), "same", "Last-Modified and length"),
        (replace(SAME, etag=None, last_modified=LATER), "changed", "Last-Modified"),
        (replace(SAME, etag=None, last_modified=None), "unknown", "neither"),
        (replace(SAME, bytes=101), "changed", "100 bytes then, 101 now"),
        (replace(SAME, bytes=None), "same", "ETag"),
        (replace(SAME, shown="https://mirror/a.tif"), "unknown", "another address"),
        (replace(SAME, shown="https://mirror/a.tif", bytes=7), "changed", "bytes"),
        (replace(SAME, digests=(("sha256", "ab" * 32),), etag='"e2"', bytes=7), "same", "sha256"),
        (replace(SAME, digests=(("sha256", "cd" * 32),)), "changed", "sha256"),
        (replace(SAME, digests=(("md5", "00"),)), "same", "ETag"),
        (Answer("absent", RETRIEVED.url, "status 404"), "withdrawn", "status 404"),
        (Answer("refused", RETRIEVED.url, "status 403"), "refused", "status 403"),
        (Answer("unreachable", RETRIEVED.url, "nobody"), "unreachable", "nobody"),
    ],
)
def test_what_can_be_told(tmp_path: Path, answer: Answer, verdict: str, ground: str) -> None:
    found = compare(answer, RETRIEVED, tmp_path / "not stored")
    assert found[0] == verdict
    assert ground in found[1]


def test_a_digest_of_another_kind_is_compared_with_the_stored_file(tmp_path: Path) -> None:
    stored = tmp_path / "file"
    stored.write_bytes(b"content")
    md5 = hash_file(stored, "md5")
    assert compare(replace(SAME, digests=(("md5", md5),), etag='"e2"'), RETRIEVED, stored)[0] == "same"
    assert compare(replace(SAME, digests=(("md5", "00" * 16),)), RETRIEVED, stored)[0] == "changed"


def test_two_states_of_a_file_have_two_marks() -> None:
    states = [SAME, replace(SAME, etag='"e2"'), replace(SAME, bytes=1), Answer("absent", RETRIEVED.url)]
    assert len({state.mark for state in states}) == len(states)
    assert replace(SAME, detail="other words").mark == SAME.mark


@pytest.mark.parametrize(
    ("names", "following"),
    [
        (["GFC-2024-v1.12", "GFC-2025-v1.13"], "GFC-2026-v1.14"),
        (["v100", "v200"], "v300"),
        (["v1_2022", "v1_2023"], "v1_2024"),
        (["c08", "c09"], "c10"),
        (["2020", "2020"], None),
        (["b", "a"], None),
        (["first-1", "second-2"], None),
        (["v2", "v1"], None),
        (["v1"], None),
        ([], None),
    ],
)
def test_the_name_that_would_come_next(names: list[str], following: str | None) -> None:
    assert next_name(names) == following


def test_the_pattern_holds_for_the_versions_of_the_loss_series() -> None:
    names = [entry.version for entry in builtin().product("hansen_gfc").versions]
    assert [next_name(names[: count + 2]) for count in range(len(names) - 2)] == names[2:]
