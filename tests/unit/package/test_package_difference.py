"""Two sets of tables: every cell that differs is told, and nothing else is."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import PackageError
from mrv.files import write_parquet
from mrv.package.difference import ALL_COLUMNS, figure_differences, folder_differences, table_differences
from mrv.package.staging import cell_text

SCHEMA = pa.schema(
    [("zone_id", pa.string()), ("year", pa.int64()), ("area_ha", pa.decimal128(18, 6)), ("note", pa.string())]
)


def table(*rows: tuple) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA)


def told(old: pa.Table, new: pa.Table, key: tuple[str, ...] = ("zone_id", "year")) -> list[tuple]:
    found = table_differences("t", old, new, key)
    return [(item.change, item.key, item.column, item.old, item.new) for item in found]


A, B, C = ("pa", 2022, Decimal("1.5"), None), ("pa", 2023, Decimal(2), "x"), ("lb", 2022, None, "y")


def test_the_same_tables_differ_in_nothing() -> None:
    assert told(table(A, B, C), table(A, B, C)) == []


def test_a_changed_cell_an_added_and_a_removed_row_are_told() -> None:
    changed = ("pa", 2022, Decimal("1.500001"), None)
    assert told(table(A, B), table(changed, C)) == [
        ("added", "zone_id=lb;year=2022", ALL_COLUMNS, "", ""),
        ("changed", "zone_id=pa;year=2022", "area_ha", "1.500000", "1.500001"),
        ("removed", "zone_id=pa;year=2023", ALL_COLUMNS, "", ""),
    ]


def test_null_is_neither_zero_nor_told_twice() -> None:
    zero = ("lb", 2022, Decimal(0), "y")
    assert told(table(C), table(zero)) == [("changed", "zone_id=lb;year=2022", "area_ha", "", "0.000000")]


def test_another_order_of_rows_is_no_difference() -> None:
    assert told(table(A, B, C), table(C, A, B)) == []


def test_rows_without_a_key_are_compared_whole_and_counted() -> None:
    assert told(table(A, A), table(A), ()) == [
        ("removed", "zone_id=pa;year=2022;area_ha=1.500000;note=", ALL_COLUMNS, "", "")
    ]


def test_columns_that_come_and_go_are_told() -> None:
    new = table(A).drop_columns(["note"]).append_column("source", pa.array(["map"]))
    assert told(table(A), new) == [("removed", "", "note", "", ""), ("added", "", "source", "", "")]


def test_a_table_without_its_key_cannot_be_compared() -> None:
    with pytest.raises(PackageError, match="cannot be compared"):
        told(table(A), table(B).drop_columns(["year"]))


def test_the_same_number_in_another_type_is_the_same() -> None:
    wider = table(A, B).cast(SCHEMA.set(1, pa.field("year", pa.int32())))
    assert told(table(A, B), wider) == []


def test_not_a_number_equals_itself() -> None:
    columns = {"key": ["a", "b"], "value": [float("nan"), 1.0]}
    one = pa.table(columns)
    assert list(table_differences("t", one, pa.table({**columns, "value": [float("nan"), 2.0]}), ["key"])) != []
    assert list(table_differences("t", one, pa.table(columns), ["key"])) == []


rows_strategy = st.dictionaries(
    st.tuples(st.sampled_from(["pa", "lb", "rr"]), st.integers(2020, 2026)),
    st.tuples(st.none() | st.decimals(0, 10, places=3), st.none() | st.sampled_from(["x", "y"])),
    max_size=15,
)


@given(rows_strategy, rows_strategy)
def test_applying_what_is_told_gives_the_new_table(old: dict, new: dict) -> None:
    tables = [table(*((*key, *values) for key, values in rows.items())) for rows in (old, new)]
    after = {key: [cell_text(value) for value in rows] for key, rows in texts(tables[0]).items()}
    whole = texts(tables[1])
    for item in table_differences("t", *tables, ["zone_id", "year"]):
        key = tuple(part.partition("=")[2] for part in item.key.split(";"))
        if item.change == "removed":
            del after[key]
        elif item.change == "added":
            after[key] = whole[key]
        else:
            position = SCHEMA.names.index(item.column) - 2
            assert after[key][position] == item.old
            after[key][position] = item.new
    assert after == whole


def texts(found: pa.Table) -> dict:
    return {
        (row["zone_id"], str(row["year"])): [cell_text(row["area_ha"]), cell_text(row["note"])]
        for row in found.to_pylist()
    }


def figures(path: Path, *rows: tuple) -> Path:
    names = ("figure_id", "label_en", "value", "unit", "reason")
    fixed = {"label_es": "x", "mart": "m", "mart_column": "c", "row_key": "k=1"}
    schema = pa.schema([(name, pa.decimal128(28, 9) if name == "value" else pa.string()) for name in (*names, *fixed)])
    write_parquet(path, pa.Table.from_pylist([{**dict(zip(names, row, strict=True)), **fixed} for row in rows], schema))
    return path


def test_figures_that_differ_are_told_with_their_tonnes(tmp_path: Path) -> None:
    old = figures(
        tmp_path / "old.parquet",
        ("er.vcu.2023", "Units", Decimal(200), "VCU", None),
        ("forest.pa", "Forest", Decimal(10), "ha", None),
        ("gone", "Gone", None, "ha", "not measured"),
        ("same", "Same", Decimal(1), "ha", None),
    )
    new = figures(
        tmp_path / "new.parquet",
        ("er.vcu.2023", "Units", Decimal(150), "VCU", None),
        ("forest.pa", "Forest", None, "ha", "clouds"),
        ("same", "Other words", Decimal(1), "ha", None),
    )
    units, forest, gone = figure_differences(old, new)
    assert (units.difference, units.difference_percent, units.tco2e) == (-50, -25, -50)
    assert (forest.figure_id, forest.difference, forest.difference_percent, forest.tco2e) == (
        "forest.pa",
        None,
        None,
        None,
    )
    assert (gone.figure_id, gone.new, gone.figure.label_en) == ("gone", None, "Gone")


def test_folders_tell_of_tables_that_only_one_has(tmp_path: Path) -> None:
    for side, names in (("old", ("a", "b")), ("new", ("b", "c"))):
        for name in names:
            write_parquet(tmp_path / side / f"{name}.parquet", table(A))
    found = folder_differences(tmp_path / "old", tmp_path / "new", {"b": ["zone_id", "year"]})
    assert [(item.table, item.change, item.column) for item in found] == [("a", "removed", "*"), ("c", "added", "*")]
