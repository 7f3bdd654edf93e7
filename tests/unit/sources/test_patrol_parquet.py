"""Parquet of patrols from outside: what would end the process or fill the memory is refused before it is built."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from mrv.errors import InputError
from mrv.sources import patrol_parquet

PLACE = (-77.1, -7.2)


def nested(depth: int) -> bytes:
    """Return a point within so many collections."""
    return struct.pack("<BII", 1, 7, 1) * depth + shapely.Point(PLACE).wkb


def written(*, shape: shapely.Geometry, flavor: str = "extended", srid: bool = False, order: int = 1) -> bytes:
    shape = shapely.set_srid(shape, 4326) if srid else shape
    found: bytes = shapely.to_wkb(shape, flavor=flavor, include_srid=srid, byte_order=order, output_dimension=4)
    return found


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("flavor", ["extended", "iso"])
@pytest.mark.parametrize("text", ["POINT(-77.1 -7.2)", "POINT Z(-77.1 -7.2 600)", "POINT M(-77.1 -7.2 5)"])
def test_points_of_each_layout_are_read(text: str, flavor: str, order: int) -> None:
    content = written(shape=shapely.from_wkt(text), flavor=flavor, order=order)
    longitude, latitude = patrol_parquet.places(pa.chunked_array([[content, None], [content]], pa.binary()))
    assert longitude.tolist()[::2] == [-77.1, -77.1]
    assert latitude.tolist()[::2] == [-7.2, -7.2]
    assert np.isnan([longitude[1], latitude[1]]).all()


def test_points_with_a_reference_system_are_read() -> None:
    shapes = [written(shape=shapely.Point(PLACE), srid=True), written(shape=shapely.Point(*PLACE, 600.0), srid=True)]
    assert patrol_parquet.places(pa.chunked_array([shapes], pa.binary()))[0].tolist() == [-77.1, -77.1]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(nested(1), id="collection"),
        pytest.param(nested(20_000), id="collections so deep that a library of shapes crashes"),
        pytest.param(shapely.LineString([(0, 0), PLACE]).wkb, id="line"),
        pytest.param(struct.pack("<BIII", 1, 2, 1, 0) + b"\0" * 8, id="line of the length of a point"),
        pytest.param(struct.pack("<BIdd", 1, 1001, *PLACE), id="heights are told and missing"),
        pytest.param(struct.pack("<BIdd", 1, 0xE0000001, *PLACE), id="bits that do not fit the length"),
        pytest.param(struct.pack("<BIdd", 2, 1, *PLACE), id="no byte order"),
        pytest.param(shapely.Point(PLACE).wkb[:-1], id="cut off"),
        pytest.param(shapely.Point().wkb, id="empty"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_is_no_point_has_no_place(content: bytes) -> None:
    assert np.isnan(patrol_parquet.places(pa.chunked_array([[content]], pa.binary()))[0]).all()


def read(path: Path, *columns: str) -> pa.Table:
    return patrol_parquet.read_table(
        path, label="f.parquet", needed=dict.fromkeys(columns, lambda _: True), optional={}
    )


def test_a_text_that_all_rows_repeat_is_counted_in_each(tmp_path: Path) -> None:
    """20,000 times one text of 1 MB is a file of some kilobytes."""
    repeated = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, dtype=np.int32)), pa.array(["x" * 1_000_000]))
    listed = pa.ListArray.from_arrays(pa.array([0, 20_000], pa.int32()), repeated)
    for name, table in (("flat", pa.table({"id": repeated})), ("nested", pa.table({"id": listed}))):
        path = tmp_path / f"{name}.parquet"
        # Without the schema of Arrow a reader sees plain texts, as in the file of any other program.
        pq.write_table(table, path, compression="zstd", store_schema=False)
        assert path.stat().st_size < 200_000
        with pytest.raises(InputError, match="too large"):
            read(path, "id")


def test_more_values_than_rows_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patrol_parquet, "MAX_ROWS", 1000)
    pq.write_table(pa.table({"id": [[None] * 5000]}, schema=pa.schema([("id", pa.list_(pa.int32()))])), tmp_path / "f")
    with pytest.raises(InputError, match="too large"):
        read(tmp_path / "f", "id")


def test_texts_of_several_groups_of_rows_come_out_as_they_went_in(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [f"p{number % 3}" for number in range(10)],
            "at": pa.array(range(10), pa.timestamp("us", tz="UTC")),
            "parts": [[{"leader": "a" * number, "n": number}] for number in range(10)],
            "shape": pa.array([b"\1" * number for number in range(10)], pa.binary()),
        }
    )
    pq.write_table(table, tmp_path / "f", row_group_size=3)
    found = read(tmp_path / "f", "id", "at", "parts", "shape")
    assert found.to_pylist() == table.to_pylist()
    assert found.schema.field("id").type == pa.string()
    pq.write_table(table.slice(0, 0), tmp_path / "f")
    assert read(tmp_path / "f", "id", "at").num_rows == 0
