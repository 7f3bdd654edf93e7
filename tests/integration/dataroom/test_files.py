"""Downloads of package files over a real server: names by hash, ranges, resuming, and what is refused (test 22 on a small file)."""

from __future__ import annotations

import base64
import hashlib

import pytest

from mrv.dataroom.permissions import Role
from tests.integration.dataroom.sites import PERIOD, PROJECT

pytestmark = [pytest.mark.integration, pytest.mark.sqlite_only]
ROOT = f"/projects/{PROJECT}/periods/{PERIOD}/versions"


@pytest.fixture(scope="module")
def verifier(room):
    return room.signed_in(Role.VERIFIER)


@pytest.fixture(scope="module")
def listing(verifier):
    return verifier.get(f"/api/v1{ROOT}/1/files").raise_for_status().json()


def by_path(listing, path):
    return next(file for file in listing["files"] if file["path"] == path)


def digest(value):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(value).digest()).decode()}:"


def test_every_file_comes_with_the_bytes_that_the_listing_names(room, verifier, listing):
    files = [listing["archive"], *listing["files"]]
    assert listing["archive"]["path"] == f"VP-{PROJECT}-{PERIOD}-v1.zip"
    for file in files:
        answer = verifier.get(file["download"])
        assert answer.status_code == 200, file["path"]
        assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
        assert hashlib.sha512(answer.content).hexdigest() == file["sha512"]
        assert answer.headers["etag"] == f'"{file["sha256"]}"'
        assert answer.headers["repr-digest"].startswith(digest(answer.content))
        assert int(answer.headers["content-length"]) == len(answer.content) == file["bytes"]
        assert "content-encoding" not in answer.headers
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
    assert (room.home / "packages" / PROJECT / PERIOD / f"VP-{PROJECT}-{PERIOD}-v1/data/package.json").is_file()


def test_the_page_and_the_api_give_the_same_bytes_with_head_and_not_modified(verifier, listing):
    file = by_path(listing, "data/package.json")
    own = f"{ROOT}/1/files/{file['file_id']}"
    whole = verifier.get(own)
    assert whole.content == verifier.get(file["download"]).content
    for address in (own, file["download"]):
        head = verifier.head(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(file["bytes"])
        for name in ("etag", "last-modified", "repr-digest", "accept-ranges"):
            assert head.headers[name] == whole.headers[name]
    tags = (whole.headers["etag"], f"W/{whole.headers['etag']}", f'"other", {whole.headers["etag"]}', "*")
    for tag in tags:
        same = verifier.get(own, headers={"If-None-Match": tag})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == whole.headers["etag"]
    assert verifier.get(own, headers={"If-None-Match": '"other"'}).status_code == 200
    assert verifier.get(own, headers={"If-Modified-Since": whole.headers["last-modified"]}).status_code == 304
    assert verifier.get(own, headers={"If-Modified-Since": "not a day"}).status_code == 200


def test_ranges_single_open_last_and_several(verifier, listing):
    file = listing["archive"]
    whole = verifier.get(file["download"]).content
    size = len(whole)
    for asked, start, end in (("0-0", 0, 1), ("5-1004", 5, 1005), (f"{size - 7}-", size - 7, size),
                              ("-9", size - 9, size), (f"10-{size * 3}", 10, size)):  # fmt: skip
        part = verifier.get(file["download"], headers={"Range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, whole[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        # The digest is that of the whole representation, whatever part was asked for.
        assert part.headers["repr-digest"].startswith(digest(whole))
    several = verifier.get(file["download"], headers={"Range": "bytes=0-9,100-199,-5"})
    assert several.status_code == 206
    assert several.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert int(several.headers["content-length"]) == len(several.content)
    for part in (whole[:10], whole[100:200], whole[-5:]):
        assert part in several.content
    assert verifier.head(file["download"], headers={"Range": "bytes=0-9"}).headers["content-length"] == "10"


@pytest.mark.parametrize("asked", ["bytes=999999999999-", "bytes=999999999999-9999999999999"])
def test_a_range_that_is_not_there_is_refused_with_the_length(verifier, listing, asked):
    answer = verifier.get(listing["archive"]["download"], headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{listing['archive']['bytes']}"


@pytest.mark.parametrize("asked", ["bytes=", "bytes=a-b", "bytes=9-3", "lines=1-2", "nonsense", "bytes=--5"])
def test_a_range_that_cannot_be_read_is_refused_and_nothing_breaks(verifier, listing, asked):
    assert verifier.get(listing["archive"]["download"], headers={"Range": asked}).status_code in {200, 400, 416}


def test_a_flood_of_ranges_gives_the_whole_file_once(verifier, listing):
    file = listing["archive"]
    asked = ",".join(f"{at}-{at}" for at in range(0, 2000, 2))
    answer = verifier.get(file["download"], headers={"Range": f"bytes={asked}"})
    assert (answer.status_code, len(answer.content)) == (200, file["bytes"])


def test_a_transfer_resumed_after_a_new_version_starts_over(verifier, listing):
    """If-Range names the bytes that the reader has: those of version 1 are not continued with version 2."""
    old, new = listing["archive"], verifier.get(f"/api/v1{ROOT}/2/files").json()["archive"]
    start = verifier.get(old["download"], headers={"Range": "bytes=0-99"})
    resumed = verifier.get(old["download"], headers={"Range": "bytes=100-", "If-Range": start.headers["etag"]})
    assert resumed.status_code == 206
    assert hashlib.sha256(start.content + resumed.content).hexdigest() == old["sha256"]
    other = verifier.get(new["download"], headers={"Range": "bytes=100-", "If-Range": start.headers["etag"]})
    assert (other.status_code, hashlib.sha256(other.content).hexdigest()) == (200, new["sha256"])
    weak = verifier.get(old["download"], headers={"Range": "bytes=100-", "If-Range": f"W/{start.headers['etag']}"})
    assert (weak.status_code, len(weak.content)) == (200, old["bytes"])


@pytest.mark.parametrize(
    "tail",
    ["0" * 16, "data/package.json", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "../../../../../etc/passwd", "x" * 300,
     "%00", "bagit.txt", "data%2Fpackage.json"],
)  # fmt: skip
def test_what_is_no_id_of_a_file_is_not_found(verifier, tail):
    for root in (f"{ROOT}/1/files", f"/api/v1{ROOT}/1/files"):
        answer = verifier.get(f"{root}/{tail}")
        assert answer.status_code in {404, 400}
        assert "root:" not in answer.text


@pytest.mark.parametrize("root", ["/projects/other/periods/mp4/versions/1", f"{ROOT}/9", f"{ROOT}/1/../../x/1",
                                  "/projects/..%2f/periods/mp4/versions/1"])  # fmt: skip
def test_files_of_another_project_or_version_are_not_found(verifier, listing, root):
    file = by_path(listing, "data/package.json")
    assert verifier.get(f"{root}/files/{file['file_id']}").status_code == 404
    assert verifier.get(f"{root}/files").status_code == 404


def test_nobody_downloads_without_signing_in(room, listing):
    assert room.client().get(listing["archive"]["download"]).status_code == 401
    assert room.signed_in(None).get(listing["archive"]["download"]).status_code in {403, 404}


def test_what_a_browser_shows_is_walled_in(verifier, listing):
    page = by_path(listing, "data/report/summary.html")
    shown = f"{ROOT}/1/files/{page['file_id']}/view"
    assert verifier.get(shown).headers["location"] == f"{shown}/data/report/summary.html"
    answer = verifier.get(f"{shown}/data/report/summary.html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-same-origin allow-downloads; default-src 'none'")
    assert "script" not in policy
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert hashlib.sha256(answer.content).hexdigest() == page["sha256"]
    parquet = by_path(listing, "data/tables/figures.parquet")
    assert verifier.get(f"{ROOT}/1/files/{parquet['file_id']}/view").status_code == 404


def test_links_of_a_page_that_is_shown_lead_to_the_files_of_its_package_and_nowhere_else(verifier, listing):
    page = by_path(listing, "data/report/summary.html")
    shown = f"{ROOT}/1/files/{page['file_id']}/view"
    linked = verifier.get(f"{shown}/data/tables/csv/figures.csv")
    assert (linked.status_code, linked.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    saved = verifier.get(f"{shown}/data/workbook/emission_reductions.xlsx")
    assert saved.headers["content-disposition"].startswith("attachment")
    for path in ("data/none.csv", "%2e%2e/%2e%2e/keys/signing_key", "/etc/passwd", "data%2f..%2f..%2fpackage.json"):
        assert verifier.get(f"{shown}/{path}").status_code == 404


def test_the_page_lists_folders_finds_by_name_and_by_hash_and_tells_how_to_check(verifier, listing):
    text = verifier.get(f"{ROOT}/1/files").text
    for words in ("ssh-keygen -Y verify", "sha512sum --strict", "verify.py", "-C -", listing["archive"]["sha256"]):
        assert words in text
    one = by_path(listing, "data/package.json")
    for asked in ("package.json", one["sha256"]):
        found = verifier.get(f"{ROOT}/1/files", params={"q": asked}).text
        assert one["file_id"] in found
        assert by_path(listing, "bagit.txt")["file_id"] not in found
    assert "No file has that" in verifier.get(f"{ROOT}/1/files", params={"q": "<script>"}).text
    inside = verifier.get(f"{ROOT}/1/files", params={"folder": "data/report/"}).text
    assert "summary.html" in inside
    spanish = verifier.get(f"{ROOT}/1/files?lang=es").text
    assert "Compruébelo usted mismo" in spanish


def test_the_api_tells_projects_packages_and_rows(verifier):
    known = verifier.get("/api/v1/projects").json()["projects"]
    assert {"id": PROJECT, "address": f"/api/v1/projects/{PROJECT}"} in known
    told = verifier.get(f"/api/v1/projects/{PROJECT}").json()
    assert [one["version"] for one in told["packages"]] == [2, 1]
    one = verifier.get(told["packages"][1]["address"]).json()
    assert one["facts"]["name"] == f"VP-{PROJECT}-{PERIOD}-v1"
    assert len(one["manifest_sha512"]) == 128
    tables = verifier.get(f"{told['packages'][1]['address']}/tables").json()["tables"]
    rows = verifier.get(f"{told['packages'][1]['address']}/tables/figures", params={"count": 2}).json()
    assert "figures" in tables
    assert len(rows["rows"]) == min(2, rows["total"])
    assert len(rows["rows"][0]) == len(rows["columns"])
    assert verifier.get(f"{told['packages'][1]['address']}/tables/no_such").status_code == 404
    assert verifier.get("/api/v1/projects/other").status_code == 404
