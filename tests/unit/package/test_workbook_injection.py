"""Text of the data never becomes a formula of the workbook, and stays as it is in the published tables."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.files import write_parquet
from mrv.package.contents import Contents
from mrv.package.staging import Staging
from mrv.package.workbook.book import cell_text
from mrv.package.workbook.reductions_workbook import INPUTS, NAME, write_workbook
from tests.integration.recalculated import formulas
from tests.unit.package.package_samples import artifact, sample_contents

HOSTILE = ("=cmd|' /C calc'!A0", "-2+3", "\r=1+1")
NAMED = ("zone_id", "zone_name", "stratum_id", "sampling_stratum_id", "reason", "from_state", "to_state")
"""Columns whose text the project gives."""
DECLARED = (*NAMED, "source")
"""The same of landed tables, where a source is what the project says; in marts it is a word of the ledger."""


def hostile(contents: Contents, folder: Path, text: str) -> Contents:
    """Return contents whose zones, strata, states, sources and reasons begin with a text."""

    def written(path: Path, kind: str, names: Iterable[str]) -> Path:
        table = pq.read_table(path)
        for name in set(table.column_names) & set(names):
            if pa.types.is_string(table.schema.field(name).type):
                column = [None if value is None else text + value for value in table[name].to_pylist()]
                table = table.set_column(table.column_names.index(name), name, pa.array(column, pa.string()))
        write_parquet(folder / kind / path.name, table)
        return folder / kind / path.name

    for path in contents.marts_folder.glob("*.parquet"):
        written(path, "marts", NAMED)
    return replace(
        contents,
        project=replace(contents.project, name=text + contents.project.name),
        marts_folder=folder / "marts",
        landed={name: written(path, "landed", DECLARED) for name, path in contents.landed.items()},
        inputs=[
            *contents.inputs,
            artifact(b"x", dataset="fires", address=text, url="https://example.org/x", product=text, source=text),
        ],
    )


def workbook_of(contents: Contents, folder: Path) -> Path:
    folder.mkdir()
    staging = Staging(folder)
    staging.write_csv(
        INPUTS, ("dataset", "source", "product"), ((x.dataset, x.source, x.product) for x in contents.inputs)
    )
    write_workbook(staging, contents)
    return folder / NAME


@pytest.mark.parametrize("text", HOSTILE)
def test_only_our_formulas_are_formulas(tmp_path: Path, text: str) -> None:
    honest = sample_contents(tmp_path / "sources")
    plain = workbook_of(replace(honest, inputs=[*honest.inputs, honest.inputs[-1]]), tmp_path / "plain")
    attacked = workbook_of(hostile(honest, tmp_path / "hostile", text), tmp_path / "attacked")

    assert set(formulas(attacked).values()) == set(formulas(plain).values())
    book = openpyxl.load_workbook(attacked)
    texts = [
        cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.data_type == "s"
    ]
    assert any(text.strip() in value for value in texts), "nothing hostile came so far"
    assert not [value for value in texts if value.startswith(("=", "+", "-", "@", "\t", "\r", "_x000"))]
    with zipfile.ZipFile(attacked) as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name or "/vba" in name]


@pytest.mark.parametrize("text", ["=1+1", '+HYPERLINK("http://x")', "-2", "@SUM(1)", "\t=1+1", "\r=1+1"])
def test_such_text_gets_an_apostrophe(text: str) -> None:
    assert cell_text(text) == f"'{text}"


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    contents = sample_contents(tmp_path / "sources")
    first, second = (workbook_of(contents, tmp_path / name).read_bytes() for name in ("first", "second"))
    assert first == second
