"""A package of 1 GiB over a real server: cut 20 times and resumed, in parallel ranges, and removed while it is served (test 22)."""

from __future__ import annotations

import base64
import hashlib
import random
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mrv.dataroom.permissions import Role
from tests.integration.dataroom.sites import PERIOD, PROJECT, running, sample_home

pytestmark = pytest.mark.integration
GIB = 2**30
CHUNK = 2**20


@pytest.fixture(scope="module")
def large_room(tmp_path_factory):
    """A data room whose archive of version 1 is 1 GiB of noise; nothing in the data room opens archives."""
    home = sample_home(tmp_path_factory.mktemp("large") / "home")
    noise = random.Random(22).randbytes(16 * CHUNK)
    with archive_of(home).open("wb") as stream:
        for turn in range(GIB // len(noise)):
            stream.write(turn.to_bytes(8, "big") + noise[8:])
    with running(home) as room:
        yield room


def archive_of(home, version=1):
    return home / "packages" / PROJECT / PERIOD / f"VP-{PROJECT}-{PERIOD}-v{version}.zip"


@pytest.fixture(scope="module")
def reader(large_room):
    client = large_room.signed_in(Role.VERIFIER)
    client.timeout = httpx.Timeout(120)
    return client


def listed(reader, version=1):
    address = f"/api/v1/projects/{PROJECT}/periods/{PERIOD}/versions/{version}/files"
    return reader.get(address).raise_for_status().json()["archive"]


def same_as(digest, header):
    return header.startswith(f"sha-256=:{base64.b64encode(digest).decode()}:")


def test_a_download_cut_at_20_offsets_is_whole_after_all(reader):
    file = listed(reader)
    assert file["bytes"] == GIB
    cuts = [*sorted(random.Random(1).sample(range(1, GIB), 20)), GIB]
    digest, have, tag = hashlib.sha256(), 0, ""
    for cut in cuts:
        headers = {"Range": f"bytes={have}-", "If-Range": tag} if have else {}
        with reader.stream("GET", file["download"], headers=headers) as answer:
            assert answer.status_code == (206 if have else 200)
            tag, named = answer.headers["etag"], answer.headers["repr-digest"]
            for piece in answer.iter_raw(CHUNK):
                taken = piece[: cut - have]
                digest.update(taken)
                have += len(taken)
                if have == cut:
                    break  # leaving the block with bytes unread cuts the connection
    assert have == GIB
    assert same_as(digest.digest(), named)
    assert digest.hexdigest() == file["sha256"]


def test_parallel_ranges_put_together_are_the_file(large_room, reader, tmp_path):
    file, parts = listed(reader), 8
    step = GIB // parts
    target = tmp_path / "whole"
    with target.open("wb") as stream:
        stream.truncate(GIB)

    def fetch(number):
        headers = {"Range": f"bytes={number * step}-{(number + 1) * step - 1}"}
        with reader.stream("GET", file["download"], headers=headers) as answer, target.open("r+b") as stream:
            assert answer.status_code == 206
            stream.seek(number * step)
            for piece in answer.iter_raw(CHUNK):
                stream.write(piece)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fetch, range(parts)))
    with target.open("rb") as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == file["sha256"]


def test_a_transfer_is_not_continued_with_the_bytes_of_a_later_version(reader):
    old, new = listed(reader), listed(reader, 2)
    headers = {"Range": "bytes=100-", "If-Range": f'"{old["sha256"]}"'}
    answer = reader.get(new["download"], headers=headers)
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == new["sha256"]


def test_a_file_removed_while_it_goes_is_whole_and_then_not_found(large_room, reader):
    file, digest = listed(reader), hashlib.sha256()
    with reader.stream("GET", file["download"]) as answer:
        for number, piece in enumerate(answer.iter_raw(CHUNK)):
            digest.update(piece)
            if number == 3:
                archive_of(large_room.home).unlink()
    assert digest.hexdigest() == file["sha256"]
    assert reader.get(file["download"]).status_code == 404
    assert reader.get("/healthz").status_code == 200
