"""What a snapshot says to people: the project's own rule set first, others beside it, nothing unknown as a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.stages.results import other_account_rows, total_credits, vintage_rows

TONNES = ("baseline_tco2e", "project_tco2e", "leakage_tco2e", "net_tco2e", "deduction_tco2e", "buffer_tco2e")


def vintage(year: int, rule_set: str, count: int | None, **given: Any) -> dict[str, Any]:
    """One row of the ledger."""
    return {
        "rule_set": rule_set,
        "is_primary": rule_set == "vm0015_v1_1",
        "vintage_year": year,
        "days": 365,
        **dict.fromkeys(TONNES, 1234.5),
        "credits": count,
        "credit_unit": "VCU",
        "reason": None,
        **given,
    }


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    (tmp_path / "marts").mkdir()
    return tmp_path


def write(snapshot: Path, *rows: dict[str, Any]) -> Path:
    pq.write_table(pa.Table.from_pylist(list(rows)), snapshot / "marts" / "emission_reductions.parquet")
    return snapshot


def test_accounts_are_told_apart(snapshot: Path) -> None:
    write(
        snapshot,
        vintage(2023, "vm0015_v1_1", 2000),
        vintage(2022, "vm0007_v1_6", 900),
        vintage(2022, "vm0015_v1_1", 1000),
    )
    assert [(row["vintage"], row["credits"]) for row in vintage_rows(snapshot)] == [
        ("2022", "1,000"),
        ("2023", "2,000"),
    ]
    assert [(row["rule set"], row["credits"]) for row in other_account_rows(snapshot)] == [("vm0007_v1_6", "900")]
    assert total_credits(snapshot) == 3000


def test_unknown_vintage_leaves_the_period_unknown(snapshot: Path) -> None:
    write(
        snapshot,
        vintage(2022, "vm0015_v1_1", 1000),
        vintage(2023, "vm0015_v1_1", None, net_tco2e=None, reason="belt not measured"),
    )
    row = vintage_rows(snapshot)[1]
    assert (row["net_tco2e"], row["credits"], row["reason"]) == ("not computed", "not computed", "belt not measured")
    assert total_credits(snapshot) is None
    assert other_account_rows(snapshot) == []
