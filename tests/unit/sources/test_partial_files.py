"""The partial file of one run is never taken away by another."""

from __future__ import annotations

from pathlib import Path

from mrv.sources.partial import discard, forget_note, kept, locked, note_validator


def test_the_file_that_another_run_began_under_the_same_name_stays(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    with locked(part) as held:
        part.write_bytes(b"first")
        note_validator(part, etag='"1"', url="u")
        forget_note(part)
        part.replace(tmp_path / "stored")
        with locked(part):
            part.write_bytes(b"second")
            note_validator(part, etag='"2"', url="u")
            discard(part, held)
            assert kept(part, "u") == (6, '"2"')


def test_our_own_file_is_removed_with_its_note(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    with locked(part) as held:
        part.write_bytes(b"first")
        note_validator(part, etag='"1"', url="u")
        discard(part, held)
    assert list(tmp_path.iterdir()) == []
    assert kept(part, "u") == (0, "")


def test_a_note_without_its_file_resumes_nothing(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    note_validator(part, etag='"1"', url="u")
    assert kept(part, "u") == (0, "")
