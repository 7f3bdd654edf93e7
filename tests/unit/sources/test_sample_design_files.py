"""Frozen designs: read back as they were written, and refused with file and row when anything was edited."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mrv.errors import InputError
from mrv.schemas import DATASETS
from mrv.sources.sample_design_files import (
    FILES,
    UNIT_COLUMNS,
    _check,
    _json,
    checked_line,
    is_frozen,
    read_design,
    read_design_files,
)
from tests.unit.sources.sample_folder import AREA_UM2, STRATA, UNITS, freeze, unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    freeze(tmp_path / "sample")
    return tmp_path / "sample"


def text(folder: Path, name: str) -> str:
    return (folder / name).read_bytes().decode()


def test_rows_have_the_columns_of_the_landed_tables(folder: Path) -> None:
    design = read_design(folder)
    origin = {"_artifact": "0" * 64, "_row": 1}
    designs = DATASETS["sample_designs"].table([{**design.design_row(), **origin}])
    strata = DATASETS["sample_strata"].table([{**row, **origin} for row in design.strata])
    units = DATASETS["sample_units"].table([{**row, **origin} for row in design.units])
    assert designs["design_sha256"].to_pylist() == [design.sha256]
    assert dict(zip(strata["stratum_id"].to_pylist(), strata["drawn_count"].to_pylist(), strict=True)) == {
        name: UNITS.count(name) for name in STRATA
    }
    assert units["unit_id"].to_pylist() == [unit(number) for number in range(1, len(UNITS) + 1)]
    assert units["stratum_id"].to_pylist() == list(UNITS)
    assert set(units["area_um2"].to_pylist()) == {AREA_UM2}
    assert strata["carbon_stratum_id"].null_count == strata.num_rows
    assert json.loads(designs["specification"][0].as_py())["size"] == len(UNITS)


def test_the_files_can_lie_anywhere(folder: Path, tmp_path: Path) -> None:
    paths = {name: tmp_path / str(number) for number, name in enumerate(FILES)}
    for name, path in paths.items():
        path.write_bytes((folder / name).read_bytes())
    labels = {name: f"design/{name}" for name in FILES}
    assert read_design_files(paths, labels) == read_design(folder)
    paths["units.csv"].write_text("x\n", encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        read_design_files(paths, labels)
    assert refusal.value.where == "design/units.csv, header"


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        before = text(folder, name)
        assert old in before
        (folder / name).write_bytes(before.replace(old, new, 1).encode())

    return change


def _lines(name: str, change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def done(folder: Path) -> None:
        lines = text(folder, name).splitlines(keepends=True)
        (folder / name).write_bytes("".join(change(lines)).encode())

    return done


def _content(name: str, content: bytes) -> Callable[[Path], None]:
    def done(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return done


EDITS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a class": (_replace("units.csv", "pa.stable_forest", "pa.loss"), f"units.csv, row 2, {unit(2)}"),
    "a digit": (_replace("units.csv", "760000000000000", "760000000000001"), f"units.csv, row 1, {unit(1)}"),
    "a cell more": (_lines("units.csv", lambda lines: [*lines[:3], "x," + lines[3], *lines[4:]]), "units.csv, row 3, x"),
    "a unit less": (_lines("units.csv", lambda lines: [*lines[:4], *lines[5:]]), f"units.csv, row 4, {unit(5)}"),
    "the last unit less": (_lines("units.csv", lambda lines: lines[:-1]), "units.csv"),
    "a unit twice": (_lines("units.csv", lambda lines: [*lines[:3], *lines[2:]]), f"units.csv, row 3, {unit(2)}"),
    "two units moved": (
        _lines("units.csv", lambda lines: [lines[0], lines[2], lines[1], *lines[3:]]),
        f"units.csv, row 1, {unit(2)}",
    ),
    "a header": (_replace("units.csv", "longitude", "lon"), "units.csv, header"),
    "another program's line ends": (_replace("units.csv", "\n", "\r\n"), "units.csv"),
    "nothing": (_lines("units.csv", lambda lines: []), "units.csv, header"),
    "an area": (_replace("strata.csv", "pa.loss,loss,loss,pa,,40", "pa.loss,loss,loss,pa,,41"), "strata.csv, row 1, pa.loss"),
    "no stratum": (_lines("strata.csv", lambda lines: lines[:1]), "strata.csv"),
    "the seed": (_replace("design.json", '"seed": 1', '"seed": 2'), "design.json"),
    "the layout": (_replace("design.json", "\n ", "\n  "), "design.json"),
    "no JSON": (_content("design.json", b"{"), "design.json"),
    "another JSON": (_content("design.json", b"[]"), "design.json"),
    "a number too long": (_content("design.json", b'{"check": ' + b"9" * 5000 + b"}"), "design.json"),
    "half a character": (_content("design.json", b'{"check": "x", "a": "\\ud800"}'), "design.json"),
    "half a character in the check": (_content("design.json", b'{"check": "\\ud800"}'), "design.json"),
    "depth without end": (_content("design.json", b'{"check": "x", "a": ' + b"[" * 10**5 + b"]" * 10**5 + b"}"), "design.json"),
    "depth to write": (_content("design.json", b'{"check": "x", "a": ' + b"[" * 900 + b"]" * 900 + b"}"), "design.json"),
    "no text": (_content("units.csv", b"\xff\xfe"), "units.csv"),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "where"), EDITS.values(), ids=EDITS.keys())
def test_whatever_was_edited_is_refused(folder: Path, edit: Callable[[Path], None], where: str) -> None:
    edit(folder)
    with pytest.raises(InputError) as refusal:
        read_design(folder)
    assert refusal.value.where == f"{folder}/{where}"
    assert "version control" in str(refusal.value.remedy)


def _forge(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write another document with a check that fits it, as somebody does who knows how."""
    fields = json.loads(text(folder, "design.json"))
    del fields["check"]
    change(fields)
    (folder / "design.json").write_bytes(_json({**fields, "check": _check(fields)}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda fields: fields.update(extra=1), "says what this version does not know"),
        (lambda fields: fields.update(schema_version=2), "says what this version does not know"),
        (lambda fields: fields["strata"][0].update(pixel_count=41), "edited"),
        (lambda fields: fields["steps"][0].update(unit_count=7), "edited"),
        (lambda fields: fields["steps"][0].update(unit_count=-1), "says what this version does not know"),
        (lambda fields: fields.update(pixel_count=2**63), "says what this version does not know"),
        (lambda fields: fields.update(area_um2=10**38), "says what this version does not know"),
        (lambda fields: fields.update(last_year=10**9), "says what this version does not know"),
        (lambda fields: fields.update(design_id="../elsewhere"), "says what this version does not know"),
        (lambda fields: fields["specification"].update(seed=2**63), "says what this version does not know"),
        (lambda fields: fields["steps"][0]["drawn"].update({"pa.loss": 9}), "edited"),
    ],
)
def test_the_files_must_tell_the_same(folder: Path, change: Callable[[dict[str, Any]], None], message: str) -> None:
    _forge(folder, change)
    with pytest.raises(InputError, match=message):
        read_design(folder)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("longitude", "east"),
        ("latitude", "nan"),
        ("inclusion_probability", "1e999"),
        ("pixel_row", str(2**63)),
        ("pixel_column", "9" * 5000),
        ("area_um2", "1" + "0" * 38),
        ("area_um2", "0.5"),
        ("step", ""),
    ],
)
def test_cells_that_no_column_holds_are_refused(folder: Path, column: str, cell: str) -> None:
    cells = text(folder, "units.csv").splitlines()[1].split(",")[:-1]
    cells[UNIT_COLUMNS.index(column)] = cell
    _lines("units.csv", lambda lines: [lines[0], checked_line(cells), *lines[2:]])(folder)
    sha256 = hashlib.sha256((folder / "units.csv").read_bytes()).hexdigest()
    _forge(folder, lambda fields: fields.update(units_sha256=sha256))
    with pytest.raises(InputError, match="holds what it cannot") as refusal:
        read_design(folder)
    assert refusal.value.where == f"{folder}/units.csv, column {column}"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("link", [False, True], ids=["missing", "dangling"])
def test_what_is_left_of_a_design_is_not_nothing(folder: Path, name: str, link: bool) -> None:
    (folder / name).unlink()
    if link:
        (folder / name).symlink_to(folder / "nowhere")
    assert is_frozen(folder)
    with pytest.raises(InputError, match="a frozen design lacks a file") as refusal:
        read_design(folder)
    assert refusal.value.found == f"without {name}"


def test_a_folder_without_the_files_is_no_design(tmp_path: Path) -> None:
    assert not is_frozen(tmp_path)
    with pytest.raises(InputError, match="holds no frozen design") as refusal:
        read_design(tmp_path)
    assert "mrv sample design" in str(refusal.value.remedy)
