"""The catalogue over a folder: what it keeps, what it notices, and what it does not serve."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace

import pytest

from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.catalogues import catalogue_of
from mrv.dataroom.objects import KeptTables
from mrv.errors import PackageError, UsageError
from mrv.package.build import build
from mrv.settings import Settings
from tests.unit.package.package_samples import sample_contents, sample_key

PLACE = "packages/sample/mp4"
NAME = "VP-sample-mp4-v1"


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    home = tmp_path_factory.mktemp("master")
    contents = sample_contents(home / "sources")
    build(replace(contents, version=1), folder=home / PLACE, key=sample_key())
    return home


@pytest.fixture
def home(master, tmp_path):
    shutil.copytree(master / "packages", tmp_path / "packages")
    return tmp_path


def catalogue(home):
    made = catalogue_of(Settings(home=home))
    made._places.look_again_s = 0.0
    return made


def one(home):
    return catalogue(home).package("sample", "mp4", 1)


def test_files_have_the_hashes_of_the_manifests_and_the_archive_its_own(home):
    files = {file.path: file for file in one(home).files.values()}
    lines = (home / PLACE / NAME / "manifest-sha256.txt").read_text().splitlines()
    listed = {line[66:]: line[:64] for line in lines}
    assert {path: file.sha256 for path, file in files.items() if path in listed} == listed
    assert {"bagit.txt", "tagmanifest-sha512.txt.sig", f"{NAME}.zip"} <= files.keys()
    assert len({file.file_id for file in files.values()}) == len(files)


def test_an_opened_package_is_opened_once_until_something_is_added(home):
    room = catalogue(home)
    first = room.package("sample", "mp4", 1)
    assert room.package("sample", "mp4", 1) is first
    (home / PLACE / f"{NAME}.zip").write_bytes(b"made anew")
    second = room.package("sample", "mp4", 1)
    assert second is not first
    assert next(file.bytes for file in second.files.values() if file.path == f"{NAME}.zip") == len(b"made anew")


def test_a_package_that_comes_later_is_noticed_and_one_that_goes_is_gone(home):
    room = catalogue(home)
    shutil.move(home / PLACE / NAME, home / NAME)
    assert room.projects() == ()
    shutil.move(home / NAME, home / PLACE / NAME)
    assert room.projects() == ("sample",)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "tagmanifest-sha512.txt").unlink(), "tagmanifest-sha512.txt"),
        (lambda folder: (folder / "manifest-sha256.txt").unlink(), "manifest-sha256.txt"),
        (lambda folder: (folder / "manifest-sha256.txt").write_text("x\n"), "not what was signed"),
        (lambda folder: (folder / "data/VERIFY.md").unlink(), "data/VERIFY.md"),
        (lambda folder: (folder / "data/stranger.txt").write_text("x"), "in no manifest"),
        (lambda folder: (folder / "data/package.json").write_text("{}"), "not what the manifest says"),
        (lambda folder: (folder / "data/link").symlink_to("/etc/passwd"), "a link"),
    ],
)
def test_a_package_that_is_not_whole_is_told_with_the_reason_and_not_served(home, spoil, reason):
    spoil(home / PLACE / NAME)
    room = catalogue(home)
    assert room.packages("sample") == ()
    assert reason in room.unusable("sample")[0].reason
    assert room.projects() == ("sample",)
    with pytest.raises(NotFoundError):
        room.package("sample", "mp4", 1)


def test_a_package_under_the_name_of_another_is_not_served(home):
    shutil.move(home / PLACE / NAME, home / PLACE / "VP-sample-mp4-v7")
    room = catalogue(home)
    assert "says that it is another" in room.unusable("sample")[0].reason


def test_a_table_that_was_changed_gives_no_number(home):
    package = one(home)
    path = home / PLACE / NAME / "data/tables/figures.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(PackageError, match="not what the manifest says"):
        package.table("figures")
    with pytest.raises(PackageError, match="not what the manifest says"):
        _ = package.figures


def test_a_file_removed_or_cut_under_our_feet_is_told(home):
    package = one(home)
    file = next(file for file in package.files.values() if file.path == "data/VERIFY.md")
    path = home / PLACE / NAME / file.path
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(PackageError, match="changed after it was published"):
        package.served(file, "attachment")
    path.unlink()
    for ask in (
        lambda: package.served(file, "attachment"),
        lambda: package.local(file.path),
        lambda: package.read(file.path),
    ):
        with pytest.raises(NotFoundError, match="no longer there"):
            ask()
    path.symlink_to("/etc/passwd")
    with pytest.raises(PackageError):
        package.served(file, "attachment")


@pytest.mark.parametrize("path", ["../../x", "/etc/passwd", "data", "", "data/../bagit.txt"])
def test_a_path_that_is_not_listed_is_not_read(home, path):
    with pytest.raises(NotFoundError):
        one(home).read(path)


@pytest.mark.parametrize("name", ["no_such", "../tables/figures", "figures.parquet", ""])
def test_a_table_that_is_not_there_is_not_found(home, name):
    with pytest.raises(NotFoundError):
        one(home).table(name)


def test_verifying_goes_on_in_the_background_and_is_kept(home):
    # Nobody is allowed to sign here, so the signer is refused and every other check is made.
    package = one(home)
    assert package.inspection.state == "running"
    end = time.monotonic() + 60
    while package.inspection.state == "running" and time.monotonic() < end:
        time.sleep(0.1)
    assert package.inspection.state == "refused"
    assert [check.name for check in package.inspection.problems] == ["signer"]
    assert one(home).inspection == package.inspection


def test_tables_are_kept_up_to_a_number_of_bytes():
    import pyarrow as pa

    kept, read = KeptTables(most=1000), []

    def table(name):
        return kept.get(("p", name), lambda: (read.append(name), pa.table({"x": [0] * 60}))[1])

    for name in ("a", "a", "b", "c", "a"):
        table(name)
    assert read == ["a", "b", "c", "a"]


@pytest.mark.parametrize("address", ["http://x/y", "s3://", "s3://key:secret@bucket/x", "s3://bucket/x?y=1"])
def test_an_address_that_is_no_bucket_is_refused(tmp_path, address):
    with pytest.raises(UsageError, match="no bucket"):
        catalogue_of(Settings(home=tmp_path, packages_s3=address, s3_access_key_id="k", s3_secret_access_key="s"))


def test_a_bucket_without_a_key_is_refused(tmp_path):
    with pytest.raises(UsageError, match="need a key"):
        catalogue_of(Settings(home=tmp_path, packages_s3="s3://bucket/x"))
