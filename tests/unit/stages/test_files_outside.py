"""Files that a definition names by mistake or on purpose: what is in them is never shown, and where they lie is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mrv.cli import main
from mrv.errors import InputError
from mrv.refusals import keys_found, names_found
from mrv.scaffold import scaffold
from mrv.sources.csv_reading import CsvFile
from mrv.sources.sniff import kind_of
from mrv.stages.validate import check_project
from tests.unit.stages.test_check_project import edit

SECRET = "s3cr3t"
CONTENTS = {
    "lines like those of a list of users": f"{SECRET}:*:20228:0:99999:7:::\nroot:{SECRET}:0:0::/root:/bin/sh\n".encode(),
    "a table of something else": f"{SECRET},user\n{SECRET},{SECRET}\n".encode(),
    "keys of something else": f"{SECRET}: 1\n'{SECRET}2': {{{SECRET}: x}}\n".encode(),
    "no YAML": f"a: '{SECRET}' {SECRET}\n*{SECRET}\n".encode(),
    "an unknown alias": f"*{SECRET}\n".encode(),
    "a key twice": f"{SECRET}: 1\n{SECRET}: 2\n".encode(),
    "an unknown tag": f"!{SECRET} 1\n".encode(),
    "JSON of something else": json.dumps({SECRET: SECRET}).encode(),
    "broken JSON": ('{"features": ' + SECRET).encode(),
    "bytes": b"\xff\xfe" + SECRET.encode("utf-16-le") + b"\0" + SECRET.encode(),
    "a quote that does not close": f'"{SECRET}\n{SECRET}'.encode(),
}
FEATURE = {"version": "1", "source": "s", "licence": "l"}
KEYS: dict[str, Callable[[dict[str, Any], str], object]] = {
    "boundaries": lambda content, file: content["boundaries"][0].update(file=file),
    "baseline": lambda content, file: content["baseline"][0].update(file=file),
    "products": lambda content, file: content.update(products=file),
    "roads": lambda content, file: content.update(patches={"roads": {"file": file, **FEATURE}}),
    "labels": lambda content, file: content.update(patches={"labels": file}),
    "rules": lambda content, file: content.update(patches={"rules": file}),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    scaffold(tmp_path / "project")
    return tmp_path / "project"


@pytest.mark.parametrize("key", KEYS)
def test_a_refused_file_is_not_quoted_and_its_place_is_noted(folder: Path, key: str) -> None:
    other = folder.parent / "elsewhere" / "file"
    other.parent.mkdir()
    other.touch()
    edit(folder, lambda content: KEYS[key](content, "../elsewhere/file"))
    for what, content in CONTENTS.items():
        other.write_bytes(content)
        done = CliRunner().invoke(main, ["check", str(folder)])
        assert done.exit_code == 1, what
        assert SECRET not in done.output, what
        assert f"note: {other} lies outside the project's folder" in done.output
        for problem in check_project(folder).problems:
            assert SECRET not in str(problem), what


def test_files_of_sources_outside_are_noted_and_those_inside_are_not(folder: Path) -> None:
    table = {"path": "wood.csv", "dataset": "wood_density", "columns": {}, "licence": "l", "citation": "c"}
    source = {"connector": "files", "name": "own", "root": "data", "tables": [table, {**table, "path": "linked.csv"}]}
    edit(folder, lambda content: content["sources"].append(source))
    (folder / "data").mkdir()
    (folder / "data" / "wood.csv").touch()
    (folder.parent / "elsewhere.csv").touch()
    (folder / "data" / "linked.csv").symlink_to(folder.parent / "elsewhere.csv")
    notes = [note for note in check_project(folder).notes if "outside" in note]
    assert notes == [f"{folder.parent / 'elsewhere.csv'} lies outside the project's folder; source own reads it"]


@pytest.mark.parametrize("content", [f"{SECRET},b\n1,2\n".encode(), b"a,b\n\xff" + SECRET.encode()])
def test_a_table_of_a_source_is_not_quoted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        CsvFile(tmp_path / "t.csv", label="t.csv", required=("plot_id",))
    assert SECRET not in str(caught.value)


def test_names_are_told_where_some_are_those_expected() -> None:
    assert names_found(["year", "area"], {"year", "area_ha"}) == "year, area"
    assert names_found(["x", "y"], {"year"}) == "2 other name(s), none of those expected"
    assert names_found([], {"year"}) == "nothing"
    assert keys_found([(("rules", 0, "id"), "bad"), (("x",), "extra"), ((), "no")], {"rules"}) == (
        "rules.0.id: bad; the whole: no; 1 key(s) that are not expected"
    )


def test_what_a_file_of_a_folder_seems_to_be() -> None:
    told = [kind_of(head) for head in (b"", b"root:x", b"\0\1", b"PK\x03\x04rest", b"\n<!DOCTYPE html><p>")]
    assert told == ["(nothing)", "text", "other bytes", "a ZIP archive", "a page of HTML"]
