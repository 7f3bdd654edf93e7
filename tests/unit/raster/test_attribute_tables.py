"""Raster attribute tables: both formats, and what does not say what the codes mean."""

import struct

import pytest

from mrv.errors import InputError
from raster.attribute_tables import MAX_TABLE_BYTES, attribute_table

COLUMN = '<FieldDefn index="{0}"><Name>{1}</Name><Type>{2}</Type><Usage>{3}</Usage></FieldDefn>'


def xml(path, columns, rows):
    fields = "".join(COLUMN.format(index, *column) for index, column in enumerate(columns))
    lines = "".join(f"<Row index='{i}'>{''.join(f'<F>{cell}</F>' for cell in row)}</Row>" for i, row in enumerate(rows))
    path.write_text(
        f'<PAMDataset><PAMRasterBand band="1"><GDALRasterAttributeTable tableType="thematic">{fields}{lines}'
        "</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>",
        encoding="utf-8",
    )
    return path


def dbf(path, columns, rows, *, deleted=(), encoding="utf-8"):
    width = 1 + sum(size for _, _, size in columns)
    header = 32 + 32 * len(columns) + 1
    content = struct.pack("<B3BIHH20x", 3, 126, 11, 22, len(rows), header, width)
    for name, kind, size in columns:
        content += struct.pack("11sc4xBB14x", name.encode(), kind.encode(), size, 0)
    content += b"\r"
    for number, row in enumerate(rows):
        content += b"*" if number in deleted else b" "
        for (_, kind, size), cell in zip(columns, row, strict=True):
            text = str(cell).encode(encoding)
            content += text.rjust(size) if kind == "N" else text.ljust(size)
    path.write_bytes(content + b"\x1a")
    return path


VALUE, NAME = ("Value", 0, 5), ("Class", 2, 2)


def test_an_aux_xml_by_the_use_of_its_columns(tmp_path):
    columns = [("Count", 1, 1), ("c1", 0, 5), ("c2", 2, 2), ("name", 2, 0)]
    path = xml(
        tmp_path / "a.tif.aux.xml", columns, [(9, 2, "Pérdida 2001", "x"), (5, 1, "Bosque", "y"), (1, 3, "", "z")]
    )
    assert attribute_table(path) == {1: "Bosque", 2: "Pérdida 2001"}


def test_columns_without_a_use_go_by_their_usual_names(tmp_path):
    path = xml(tmp_path / "a.xml", [("VALUE", 1, 0), ("CLASE", 2, 0)], [("1.0", "Bosque"), ("12.0", "No bosque")])
    assert attribute_table(path) == {1: "Bosque", 12: "No bosque"}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_vat_dbf_in_either_encoding(tmp_path, encoding):
    columns = [("Value", "N", 9), ("Count", "N", 9), ("Class_Name", "C", 20)]
    rows = [(1, 400, "Bosque 2000"), (7, 3, "Pérdida 2001"), (9, 1, "gone")]
    path = dbf(tmp_path / "a.tif.vat.dbf", columns, rows, deleted={2}, encoding=encoding)
    assert attribute_table(path) == {1: "Bosque 2000", 7: "Pérdida 2001"}


@pytest.mark.parametrize(
    ("columns", "rows", "found"),
    [
        ([VALUE, ("Count", 1, 1)], [(1, 5)], "Value, Count"),
        ([VALUE, NAME], [(1, "a"), (1, "b")], "1: a and b"),
        ([VALUE, NAME], [("1.5", "a")], "1.5"),
        ([VALUE, NAME], [("inf", "a")], "inf"),
        ([VALUE, NAME], [], "no row"),
        ([VALUE, NAME], [(1,)], "another number"),
    ],
)
def test_tables_that_do_not_say_what_codes_mean(tmp_path, columns, rows, found):
    with pytest.raises(InputError, match="what the codes mean") as caught:
        attribute_table(xml(tmp_path / "a.xml", columns, rows))
    assert found in str(caught.value.found)
    assert "declare the classes" in str(caught.value.remedy)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"II*\x00 a raster",
        b"<PAMDataset/>",
        b"<PAMDataset><unclosed>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><GDALRasterAttributeTable/>",
    ],
)
def test_what_is_no_table(tmp_path, content):
    path = tmp_path / "a.tif.aux.xml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="what the codes mean"):
        attribute_table(path)


def test_a_table_cut_short_too_large_or_missing(tmp_path):
    path = dbf(tmp_path / "a.dbf", [("Value", "N", 9), ("Name", "C", 9)], [(1, "a"), (2, "b")])
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match="codes mean"):
        attribute_table(path)
    with pytest.raises(InputError, match="codes mean"):
        attribute_table(tmp_path / "none.dbf")
    with (tmp_path / "large.dbf").open("wb") as stream:
        stream.truncate(MAX_TABLE_BYTES + 1)
    with pytest.raises(InputError, match="codes mean") as caught:
        attribute_table(tmp_path / "large.dbf")
    assert "bytes" in str(caught.value.found)
