"""Immutable files, atomic writing, and a disk that refuses."""

import errno
import os
from pathlib import Path

import pyarrow as pa
import pytest

from mrv.errors import StoreError
from mrv.files import hash_file, replacing, write_bytes, write_parquet
from mrv.store import Store


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second = store.put_bytes(b"loss"), store.put_bytes(b"loss")
    assert (first.new, second.new) == (True, False)
    assert first.sha256 == second.sha256 == hash_file(store.get(first.sha256))
    assert len(list(tmp_path.glob("??/*"))) == 1


def test_a_flipped_bit_is_found_and_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path)
    hashes = [store.put_bytes(f"file {number}".encode()).sha256 for number in range(20)]
    victim = store.get(hashes[7])
    victim.chmod(0o644)
    content = bytearray(victim.read_bytes())
    content[0] ^= 1
    victim.write_bytes(content)
    assert list(store.damaged()) == [hashes[7]]


@pytest.mark.parametrize("keep_size", [True, False])
def test_a_damaged_file_is_replaced_when_its_bytes_come_again(tmp_path: Path, keep_size: bool) -> None:
    store = Store(tmp_path)
    sha256 = store.put_bytes(b"loss").sha256
    store.path(sha256).chmod(0o644)
    store.path(sha256).write_bytes(b"lose" if keep_size else b"los")
    again = store.put_bytes(b"loss")
    assert (again.sha256, again.new) == (sha256, True)
    assert store.get(sha256).read_bytes() == b"loss"


def test_only_a_damaged_file_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    whole, damaged = store.put_bytes(b"loss").sha256, store.put_bytes(b"gain").sha256
    store.path(damaged).chmod(0o644)
    store.path(damaged).write_bytes(b"gaim")
    assert [store.sound(name) for name in (whole, damaged, "ab" * 32)] == [True, False, False]
    assert [path.name for path in tmp_path.glob("??/*")] == [whole]


def test_a_missing_file_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing") as caught:
        Store(tmp_path).get("ab" * 32)
    assert "restore it" in str(caught.value)


def test_replacing_leaves_the_old_file_when_the_block_fails(tmp_path: Path) -> None:
    target = tmp_path / "figure.txt"
    write_bytes(target, b"old")
    with pytest.raises(RuntimeError), replacing(target) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_told_with_a_remedy_and_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "table.parquet"
    write_bytes(target, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="could not be written") as caught:
        write_bytes(target, b"new")
    assert "No space left" in str(caught.value)
    assert "free space" in str(caught.value)
    assert str(target) in str(caught.value)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_other_system_errors_are_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), replacing(tmp_path / "file") as temporary:
        temporary.unlink()
        temporary.mkdir()
        temporary.open("rb")
    (next(tmp_path.iterdir())).rmdir()


def test_parquet_depends_on_the_table_alone(tmp_path: Path) -> None:
    table = pa.table({"zone_id": ["pa", "lb"], "area_ha": [1.5, 2.5]})
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1, 1)]).combine_chunks()
    write_parquet(tmp_path / "one.parquet", table)
    write_parquet(tmp_path / "two.parquet", chunked)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
