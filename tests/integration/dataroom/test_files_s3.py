"""Packages in object storage: a real S3 server on loopback, and a data room that reads and links from it."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from mrv.dataroom.permissions import Role
from tests.integration.dataroom.sites import PERIOD, PROJECT, running
from tests.integration.test_sources_s3 import BUCKET, KEY_ID, SECRET, storage  # noqa: F401 - a fixture

pytestmark = pytest.mark.integration
ROOT = f"/api/v1/projects/{PROJECT}/periods/{PERIOD}/versions/1"


@pytest.fixture(scope="module")
def bucket_room(packaged_home, storage, tmp_path_factory):  # noqa: F811 - the fixture itself
    """A data room whose home is empty: its packages lie in the bucket, version 2 with an empty manifest."""
    packages = packaged_home / "packages"
    for path in packages.rglob("*"):
        if path.is_file():
            storage.put(f"rooms/{path.relative_to(packages)}", path.read_bytes())
    victim = f"rooms/{PROJECT}/{PERIOD}/VP-{PROJECT}-{PERIOD}-v2/manifest-sha512.txt"
    storage.put(victim, b"")
    home = tmp_path_factory.mktemp("bucket") / "home"
    home.mkdir()
    environment = {
        "MRV_PACKAGES_S3": f"s3://{BUCKET}/rooms",
        "MRV_S3_ENDPOINT_URL": storage.endpoint,
        "MRV_S3_ACCESS_KEY_ID": KEY_ID,
        "MRV_S3_SECRET_ACCESS_KEY": SECRET,
    }
    with running(home, **environment) as room:
        yield room


def test_the_list_comes_from_the_bucket_and_the_bytes_by_a_short_link(bucket_room):
    verifier = bucket_room.signed_in(Role.VERIFIER)
    listing = verifier.get(f"{ROOT}/files").raise_for_status().json()
    files = {file["path"]: file for file in [listing["archive"], *listing["files"]]}
    for path in ("data/package.json", "bagit.txt", listing["archive"]["path"]):
        answer = verifier.get(files[path]["download"])
        assert answer.status_code == 303
        link = answer.headers["location"]
        assert int(parse_qs(urlsplit(link).query)["X-Amz-Expires"][0]) <= 60
        assert SECRET not in link
        given = httpx.get(link)
        assert hashlib.sha256(given.content).hexdigest() == files[path]["sha256"]
        assert given.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
        part = httpx.get(link, headers={"Range": "bytes=3-9"})
        assert (part.status_code, part.content) == (206, given.content[3:10])
    assert httpx.get(link.replace("X-Amz-Signature=", "X-Amz-Signature=0")).status_code == 403


def test_no_link_without_the_right_to_download(bucket_room):
    verifier = bucket_room.signed_in(Role.VERIFIER)
    file = verifier.get(f"{ROOT}/files").json()["archive"]
    refused = bucket_room.client().get(file["download"])
    assert (refused.status_code, "location" in refused.headers) == (401, False)
    assert bucket_room.signed_in(None).get(file["download"]).status_code in {403, 404}


def test_tables_and_pages_shown_are_read_through_the_cache(bucket_room):
    verifier = bucket_room.signed_in(Role.VERIFIER)
    assert verifier.get(f"{ROOT}/tables/figures").raise_for_status().json()["total"] > 0
    kept = list((bucket_room.home / "dataroom/objects").glob("??/*"))
    assert kept
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in kept)
    summary = verifier.get(f"{ROOT}/files", params={"q": "summary.html"}).json()["files"][0]
    shown = verifier.get(verifier.get(summary["view"].removeprefix("/api/v1")).headers["location"])
    assert (shown.status_code, "sandbox" in shown.headers["content-security-policy"]) == (200, True)


def test_a_package_that_is_half_there_is_told_with_the_reason(bucket_room):
    told = bucket_room.signed_in(Role.VERIFIER).get(f"/api/v1/projects/{PROJECT}").json()
    assert [one["version"] for one in told["packages"]] == [1]
    assert [(one["version"], "manifest-sha512.txt" in one["reason"]) for one in told["unusable"]] == [(2, True)]
