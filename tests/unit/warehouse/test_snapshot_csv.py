"""CSV of a mart: the same text on every machine."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from mrv.warehouse.snapshot import write_csv


def test_values_are_written_in_full(tmp_path: Path) -> None:
    table = pa.table(
        {
            "zone_id": ["a, b", None],
            "value": pa.array([Decimal("0.000000001"), None], pa.decimal128(28, 9)),
            "month": [date(2022, 7, 1), None],
            "measured": [True, False],
            "vcu": [311941, None],
        }
    )
    path = tmp_path / "csv" / "t.csv"
    write_csv(path, table)
    assert path.read_bytes() == (
        b'zone_id,value,month,measured,vcu\n"a, b",0.000000001,2022-07-01,true,311941\n,,,false,\n'
    )
