"""Workbooks that nobody should send are refused as a whole, before a cell of them is read."""

from __future__ import annotations

import io
import zipfile

import pytest

from mrv.errors import InputError
from mrv.sources import xlsx_package
from tests.unit.sources.test_xlsx_tables import HEADER, SHEET, read
from tests.unit.sources.workbooks import cell_text, edited, rows, workbook

PLAIN = workbook(rows(HEADER, ("P1", "2024-03-04", 1)))
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
)


def packed(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def replaced(name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        parts = {item: archive.read(item) for item in archive.namelist()}
    return packed({**parts, name: content})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (edited(PLAIN, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), "holds macros"),
        (edited(PLAIN, {"xl/macrosheets/sheet1.xml": b"<macro/>"}), "holds macros"),
        (
            edited(
                PLAIN,
                {"[Content_Types].xml": lambda text: text.replace("spreadsheetml.sheet.main", "sheet.macroEnabled")},
            ),
            "holds macros",
        ),
        (edited(PLAIN, {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}), "holds links to other files"),
        (edited(PLAIN, {"xl/connections.xml": b"<connections/>"}), "holds connections"),
        (edited(PLAIN, {"xl/embeddings/oleObject1.bin": b"x"}), "holds controls or embedded files"),
        (edited(PLAIN, {"xl/activeX/activeX1.bin": b"x"}), "holds controls or embedded files"),
        (edited(PLAIN, {"xl/worksheets/big.xml": b"0" * 5_000_000}), "unpacks to more than 100 times its size"),
        (edited(PLAIN, {"../../evil.xml": b"x"}), "a name that leads out of it"),
        (packed({f"xl/{number}.xml": b"" for number in range(10_001)}), "more than 10000 files"),
        (packed({"content.xml": b"<ods/>", "mimetype": b"application/vnd.oasis"}), "no Excel workbook"),
        (packed({"xl/workbook.bin": b"x"}), "no Excel workbook"),
        (PLAIN[: len(PLAIN) // 2], "cannot be read"),
        (replaced("xl/workbook.xml", BOMB), "a workbook cannot be read"),
        (replaced("xl/workbook.xml", b"<workbook"), "a workbook cannot be read"),
        (replaced(SHEET, BOMB), "a sheet of a workbook cannot be read"),
        (replaced(SHEET, b"<worksheet><sheetData><row>"), "a sheet of a workbook cannot be read"),
        (
            replaced(SHEET, b'<worksheet><sheetData><row r="1"><c r="1A"/></row></sheetData></worksheet>'),
            "cannot be read",
        ),
        (replaced(SHEET, b'<worksheet><sheetData><row r="x"/></sheetData></worksheet>'), "cannot be read"),
        (
            edited(PLAIN, {SHEET: cell_text("C2", "<v>1</v></c><c r='XFD1048576'><v>1</v>")}),
            "more than 20,000,000 cells",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 500, "something else than was asked for"),
        (b"Parcela;Fecha;Area\n", "something else than was asked for"),
    ],
)
def test_what_is_refused(request_, content, message) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(request_, content)
    assert "plots.xlsx" in (caught.value.where or "")
    assert caught.value.remedy


def test_a_workbook_that_says_it_is_small_is_not_believed(request_) -> None:
    """The header of a zip claims a size; what comes out is counted."""
    bomb = bytearray(edited(PLAIN, {"xl/worksheets/big.xml": b"0" * 3_000_000}))
    size = (3_000_000).to_bytes(4, "little")
    assert bomb.count(size) >= 1
    with pytest.raises(InputError):
        read(request_, bytes(bomb).replace(size, (1000).to_bytes(4, "little")))


def test_an_old_file_or_one_with_a_password_is_named(request_) -> None:
    with pytest.raises(InputError) as caught:
        read(request_, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 500)
    assert caught.value.found == "an old Excel file (.xls), or one with a password"


def test_a_workbook_larger_than_is_accepted(request_, monkeypatch) -> None:
    monkeypatch.setattr(xlsx_package, "MAX_BYTES", 1000)
    with pytest.raises(InputError, match="larger than is accepted"):
        read(request_, PLAIN)


@pytest.mark.parametrize("tag", ["t", "x:t"])
@pytest.mark.parametrize("text", ["x" * 32_768, " " * 32_768])
def test_a_text_longer_than_excel_allows(request_, text, tag) -> None:
    """Cells share texts: one of a megabyte would be held once for each cell that points at it."""
    shared = "xl/sharedStrings.xml"
    item = f'<si xmlns:x="u"><{tag}>{text[:9]}</{tag}><{tag}>{text[9:]}</{tag}></si></sst>'
    with pytest.raises(InputError, match="more text than Excel allows"):
        read(request_, edited(PLAIN, {shared: lambda content: content.replace("</sst>", item)}))
    with pytest.raises(InputError, match="more text than Excel allows"):
        read(request_, edited(PLAIN, {SHEET: cell_text("A2", f"<is><t>{text}</t></is>")}))


def test_the_longest_text_that_excel_allows_is_read(request_) -> None:
    parsed = read(request_, workbook(rows(HEADER, ("P1", "2024-03-04", 1), ("x" * 32_767, "2024-03-04", 1))))
    assert parsed.rows_read == 2


def test_texts_that_many_cells_share_are_counted_in_each(request_, monkeypatch) -> None:
    content = workbook(rows(HEADER, *[("x" * 1000, "2024-03-04", 1)] * 20))
    monkeypatch.setattr(xlsx_package, "MAX_CHARACTERS", 21_000)
    assert read(request_, content).rows_read == 20
    monkeypatch.setattr(xlsx_package, "MAX_CHARACTERS", 20_000)
    with pytest.raises(InputError, match="texts of a sheet have more than"):
        read(request_, content)


@pytest.mark.parametrize("seed", range(40))
def test_damaged_bytes_are_refused_or_read_but_never_crash(request_, seed) -> None:
    import random

    chance = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        parts = {item: bytearray(archive.read(item)) for item in archive.namelist()}
    name = chance.choice([SHEET, "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"])
    for _ in range(chance.randint(1, 6)):
        parts[name][chance.randrange(len(parts[name]))] = chance.randrange(256)
    try:
        parsed = read(request_, packed({item: bytes(content) for item, content in parts.items()}))
    except InputError:
        return
    assert parsed.table.num_rows + len({item["row"] for item in parsed.rejected}) == parsed.rows_read
