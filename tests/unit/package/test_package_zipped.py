"""The archive of a package: the same bytes each time, and a stranger's archive refused before anything lands on the disk."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from mrv.errors import PackageError
from mrv.package.build import build
from mrv.package.verify import verify
from mrv.package.zipped import unpacked, write_zip
from tests.unit.package.package_samples import sample_contents, sample_key


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("zipped")
    return build(sample_contents(folder / "sources"), folder=folder / "packages", key=sample_key()).path


def test_it_lies_beside_the_folder_and_holds_its_files(package: Path) -> None:
    with zipfile.ZipFile(package.with_name(f"{package.name}.zip")) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    files = {f"{package.name}/{path.relative_to(package)}": path for path in package.rglob("*") if path.is_file()}
    assert list(held) == sorted(files)
    assert held == {name: path.read_bytes() for name, path in files.items()}


def test_times_modes_and_order_of_the_files_do_not_matter(package: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for path in sorted(package.rglob("*"), reverse=True):
        if path.is_file():
            target = copy / path.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            target.chmod(0o600)
            os.utime(target, (0, 0))
    write_zip(copy, tmp_path / "a.zip", name=package.name)
    assert (tmp_path / "a.zip").read_bytes() == package.with_name(f"{package.name}.zip").read_bytes()


def test_unpacked_it_verifies_and_is_gone_after(package: Path) -> None:
    with unpacked(package.with_name(f"{package.name}.zip")) as folder:
        assert folder.name == package.name
        assert not verify(folder, any_signer=True).failed
    assert not folder.exists()
    with unpacked(package) as folder:
        assert folder == package


def _entry(name: str, *, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, mode << 16
    return entry


HOSTILE = {
    "climbs": [_entry("VP-x/../../outside")],
    "absolute": [_entry("/etc/x")],
    "link": [_entry("VP-x/a", mode=stat.S_IFLNK | 0o777)],
    "folder": [_entry("VP-x/a/", mode=stat.S_IFDIR | 0o755)],
    "case": [_entry("VP-x/a"), _entry("VP-x/A")],
    "two folders": [_entry("VP-x/a"), _entry("VP-y/a")],
    "file at the top": [_entry("a")],
    "backslash": [_entry("VP-x\\..\\a")],
    "nothing": [],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_archives_are_refused(case: str, tmp_path: Path) -> None:
    path = tmp_path / "VP-x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for entry in HOSTILE[case]:
            archive.writestr(entry, b"x")
    with pytest.raises(PackageError, match="cannot be taken"), unpacked(path):
        pass
    assert sorted(item.name for item in tmp_path.iterdir()) == ["VP-x.zip"]


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "VP-x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_entry("VP-x/a"), b"x")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(_entry("VP-x/a"), b"y")
    with pytest.raises(PackageError, match="taken"), unpacked(path):
        pass


def test_what_unfolds_too_far_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "VP-x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry("VP-x/a"), b"\0" * 10_000_000, zipfile.ZIP_DEFLATED)
    with pytest.raises(PackageError) as refusal, unpacked(path):
        pass
    assert "unfolds" in str(refusal.value)


def test_what_is_no_archive_or_cut_is_refused(package: Path, tmp_path: Path) -> None:
    whole = package.with_name(f"{package.name}.zip").read_bytes()
    for number, content in enumerate((b"", b"no archive", whole[: len(whole) // 2])):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(content)
        with pytest.raises(PackageError), unpacked(path):
            pass
